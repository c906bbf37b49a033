/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How commands travel to QEMU and answers back: over a socket of its own (qmp_direct.c),
 * or by the hands of libvirt, whose daemon holds that socket (qmp_libvirt.c). What a
 * command and an answer mean is the same, and qmp.c's.
 */
#ifndef SONDE_QEMU_QMP_TRANSPORT_H
#define SONDE_QEMU_QMP_TRANSPORT_H

#include "qmp.h"
#include "qmp_parser.h"

struct sonde_qmp_transport {
	/**
	 * Says @p command and waits for its answer, a return or an error of QEMU, which
	 * the caller deinits. @p arguments are borrowed, and may be NULL.
	 */
	struct sonde_error *(*ask)(struct sonde_qmp *qmp, const char *command,
		struct json_object *arguments, struct sonde_qmp_message *ret);
	/** As sonde_qmp_monitor(); @p texts, zeroed, are owned by the caller also on
	 * failure. */
	struct sonde_error *(*ask_monitor)(struct sonde_qmp *qmp, unsigned cpu,
		const char *const *commands, size_t count, char **texts);
	bool (*can_hand_over)(const struct sonde_qmp *qmp);
	/** As ask(), handing @p fd over along with it. */
	struct sonde_error *(*hand_over)(struct sonde_qmp *qmp, const char *command,
		struct json_object *arguments, int fd, struct sonde_qmp_message *ret);
	struct sonde_error *(*poll)(struct sonde_qmp *qmp);
	void (*close)(struct sonde_qmp *qmp);
};

/** What all of them begin with. */
struct sonde_qmp {
	const struct sonde_qmp_transport *transport;
	struct sonde *sonde;
	/** See sonde_qmp_meanwhile(); NULL: there is nothing to do. */
	void (*meanwhile)(void *user);
	void *meanwhile_user;
};

/** Does what was to be done while QEMU answers. */
static inline void sonde_qmp_use_time(struct sonde_qmp *qmp)
{
	if (qmp->meanwhile)
		qmp->meanwhile(qmp->meanwhile_user);
	qmp->meanwhile = NULL;
}

/** The first line of what was said; @p direction is "->" or "<-". */
void sonde_qmp_log(const struct sonde *sonde, const char *direction, const char *text,
	size_t length);

/** `human-monitor-command`'s arguments, which the caller puts; NULL: no memory. */
struct json_object *sonde_qmp_monitor_arguments(unsigned cpu, const char *command);

/** What @p message returned, as a string that the caller frees; *@p ret is freed first.
 */
SONDE_NODISCARD struct sonde_error *sonde_qmp_monitor_text(
	const struct sonde_qmp_message *message, char **ret);

#endif
