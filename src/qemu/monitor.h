/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QEMU's monitor as the helper uses it: connected when something is asked, released when
 * nothing will be for a while, so that others can have it in between.
 */
#ifndef SONDE_QEMU_MONITOR_H
#define SONDE_QEMU_MONITOR_H

#include <sonde/control.h>
#include "libvirt_domain.h"
#include "qmp.h"

struct sonde_qemu_monitor {
	struct sonde *sonde;
	/** Borrowed; NULL: there is none. */
	const char *address;
	/** The domain that it is of, where libvirt holds it; borrowed, zeroed: none. */
	struct sonde_libvirt_place place;
	struct sonde_qmp *qmp;
	/** It was tried in vain since the last release: why, as text. Owned. */
	char *why_not;
	enum sonde_error_kind why_kind;
	/** As QEMU said it last. */
	enum sonde_state state;
	/** QEMU could not write into a file of ours. */
	bool no_saving;
	/** Told when QEMU says that it runs or has stopped, and it was otherwise before.
	 */
	void (*state_changed)(void *user, enum sonde_state state);
	void *user;
};

void sonde_qemu_monitor_release(struct sonde_qemu_monitor *monitor);

/** Whether it can be asked; else, why not. Afterwards @p monitor's state is known. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_monitor_need(
	struct sonde_qemu_monitor *monitor);

/** A QMP command without arguments. The caller puts @p ret. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_monitor_query(
	struct sonde_qemu_monitor *monitor, const char *command,
	struct json_object **ret);

/** Commands of the human monitor; see sonde_qmp_monitor(). The caller frees each text. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_monitor_say(
	struct sonde_qemu_monitor *monitor, unsigned cpu, const char *const *commands,
	size_t count, char **texts);

/** Physical memory, all of it or a fault: SONDE_ERROR_FAULT where there is no RAM. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_monitor_read(
	struct sonde_qemu_monitor *monitor, uint64_t address, void *buffer,
	size_t length);

/** Numbers that `xp /Nxb` printed; false where there are not @p length of them. */
bool sonde_qemu_parse_dump(const char *text, uint8_t *buffer, size_t length);

/**
 * `gva2gpa`: what @p text says; false where the address is not mapped, or @p text is
 * something else.
 */
bool sonde_qemu_parse_gva2gpa(const char *text, uint64_t *ret);

/** `gpa2hva`: the same. */
bool sonde_qemu_parse_gpa2hva(const char *text, uint64_t *ret);

#endif
