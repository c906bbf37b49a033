/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests and replies over the socket of a monitor.
 *
 * Each request has a number of its own, and QEMU repeats it in the reply. So the reply to
 * one that nobody waits for any longer is known when it comes, and dropped. Requests that
 * are still to be answered are counted, those included: QEMU stops reading when it has
 * queued eight, and then hears nobody.
 */
#ifndef SONDE_QEMU_QMP_CONNECTION_H
#define SONDE_QEMU_QMP_CONNECTION_H

#include "qmp_transport.h"

enum {
	/** QMP_REQ_QUEUE_LEN_MAX of QEMU's monitor/monitor-internal.h. */
	SONDE_QMP_OUTSTANDING_MAX = 8,
};

struct sonde_qmp_connection {
	struct sonde_qmp qmp;
	int fd;
	struct sonde_qmp_listener listener;
	struct sonde_qmp_parser parser;
	/** Requests that wait to be sent. */
	struct sonde_buffer out;
	/** Of the request that was queued last. */
	uint64_t id;
	/** Sent, and not answered yet. */
	unsigned outstanding;
	/** Why nothing can be said any more, or NULL. Never freed. */
	const char *dead;
};

/** SONDE_ERROR_IO if nothing can be said any more. */
SONDE_NODISCARD struct sonde_error *sonde_qmp_check_alive(
	const struct sonde_qmp_connection *connection);

/** Lets old requests be answered until there is place for another one. */
SONDE_NODISCARD struct sonde_error *sonde_qmp_make_place(
	struct sonde_qmp_connection *connection, int64_t deadline);

/** Writes a request, to be sent later. @p arguments are borrowed, NULL for none. */
SONDE_NODISCARD struct sonde_error *sonde_qmp_queue(
	struct sonde_qmp_connection *connection, const char *command,
	struct json_object *arguments);

/** Sends what was queued. */
SONDE_NODISCARD struct sonde_error *sonde_qmp_flush(
	struct sonde_qmp_connection *connection, int64_t deadline);

/** Receives some bytes. */
SONDE_NODISCARD struct sonde_error *sonde_qmp_fill(
	struct sonde_qmp_connection *connection, int64_t deadline);

/** The next message; events are told of and passed over. The caller deinits it. */
SONDE_NODISCARD struct sonde_error *sonde_qmp_next(
	struct sonde_qmp_connection *connection, int64_t deadline,
	struct sonde_qmp_message *ret);

/**
 * The reply to one of the @p count requests from @p first on: *@p ret_index says which.
 * Others are dropped. An error without a number is about what could not be read as a
 * request: it counts as the first one's.
 */
SONDE_NODISCARD struct sonde_error *sonde_qmp_receive_reply(
	struct sonde_qmp_connection *connection, uint64_t first, size_t count,
	int64_t deadline, size_t *ret_index, struct sonde_qmp_message *ret);

/** Takes the events that have come, without waiting. */
SONDE_NODISCARD struct sonde_error *sonde_qmp_take_events(
	struct sonde_qmp_connection *connection);

#endif
