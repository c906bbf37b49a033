/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client of QEMU's machine protocol (QEMU's docs/interop/qmp-spec.txt): greeting,
 * capabilities, commands with ids, events between replies. One command is a line of JSON.
 *
 * A QMP socket has one client at a time: a second connect succeeds and is then left
 * without a greeting until the first one leaves. So who holds it is looked up first.
 */
#ifndef SONDE_QEMU_QMP_H
#define SONDE_QEMU_QMP_H

#include <json-c/json_object.h>
#include <stddef.h>

#include "context.h"

struct sonde_qmp;
struct sonde_libvirt_place;

/** What somebody who is interested in events is told. */
struct sonde_qmp_listener {
	/**
	 * STOP, RESUME, SHUTDOWN, RESET..; called from within the functions below, none
	 * of which it may call. @p data is borrowed, NULL where there is none.
	 */
	void (*event)(void *user, const char *name, struct json_object *data);
	void *user;
};

/**
 * Connects to @p address, a socket's path (it has a slash) or HOST:PORT, and negotiates.
 * Timeouts and interrupts are @p sonde's. SONDE_ERROR_BUSY, naming who, where somebody
 * else holds it; SONDE_ERROR_PROTOCOL where it is no QMP. @p listener may be NULL, and is
 * copied.
 */
SONDE_NODISCARD struct sonde_error *sonde_qmp_connect(struct sonde *sonde,
	const char *address, const struct sonde_qmp_listener *listener,
	struct sonde_qmp **ret);

/**
 * The same for a domain of libvirt, whose daemon is connected to its monitor, and hands
 * commands on: one after the other, and no events. Fails as sonde_libvirt_domain_open()
 * does.
 */
SONDE_NODISCARD struct sonde_error *sonde_qmp_connect_libvirt(struct sonde *sonde,
	const struct sonde_libvirt_place *place, struct sonde_qmp **ret);

/** Closes the connection, so that others may have it. NULL is allowed. */
void sonde_qmp_close(struct sonde_qmp *qmp);

/**
 * Runs @p command. @p arguments may be NULL, else it is taken over, also on failure.
 * *@p ret is what it returned, to be freed with json_object_put(), NULL for JSON's null;
 * @p ret may be NULL. An error of QEMU is SONDE_ERROR_PROTOCOL with QEMU's own words, or
 * SONDE_ERROR_UNSUPPORTED for a command that it does not know; the connection goes on.
 *
 * After SONDE_ERROR_TIMEOUT and SONDE_ERROR_INTERRUPTED it goes on as well, and a reply
 * that still comes is dropped. After SONDE_ERROR_IO, all functions fail so.
 */
SONDE_NODISCARD struct sonde_error *sonde_qmp_execute(struct sonde_qmp *qmp,
	const char *command, struct json_object *arguments, struct json_object **ret);

/**
 * Runs commands of the human monitor on CPU @p cpu (an index of query-cpus-fast), all of
 * them sent before the first answer is awaited, or eight at a time, as many as QEMU
 * queues. @p texts gets @p count strings; the caller frees each. A command that QEMU
 * refuses is an error of its own kind only on QMP's level: HMP tells errors as text.
 */
SONDE_NODISCARD struct sonde_error *sonde_qmp_monitor(struct sonde_qmp *qmp, unsigned cpu,
	const char *const *commands, size_t count, char **texts);

/** Whether QEMU can be handed a descriptor: over Unix sockets, and by libvirt 8.2. */
bool sonde_qmp_can_hand_over(const struct sonde_qmp *qmp);

/**
 * As sonde_qmp_execute(), of a command that takes a descriptor along: `add-fd`, `getfd`.
 * QEMU has a copy of @p fd then, until it is told to close it.
 */
SONDE_NODISCARD struct sonde_error *sonde_qmp_hand_over(struct sonde_qmp *qmp,
	const char *command, struct json_object *arguments, int fd,
	struct json_object **ret);

/**
 * Has @p work called once, when what is said next has been sent: QEMU takes its time for
 * an answer. It may call none of the functions here. NULL takes it back: to be done by
 * whoever's @p user goes away, since what is said next may fail before it is sent.
 */
void sonde_qmp_meanwhile(struct sonde_qmp *qmp, void (*work)(void *user), void *user);

/** Takes the events that have come, without waiting. */
SONDE_NODISCARD struct sonde_error *sonde_qmp_poll(struct sonde_qmp *qmp);

#endif
