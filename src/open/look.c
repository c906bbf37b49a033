/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What can be connected to of one QEMU. Nothing here may disturb it: whoever waits to be
 * the first client of a monitor keeps that place, whoever is connected is not pushed, and
 * no name that a stranger wrote is looked up in the network.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "found.h"
#include "host_port.h"
#include "inquiry.h"
#include "socket_holder.h"

enum {
	/** How long one that does not answer is waited for. */
	ANSWER_MS = 1000,
	/** How long a client that has left may stand in the tables. */
	PATIENCE_MS = 50,
};

/* --- whether a place is free ------------------------------------------------------ */

/* An address of this machine; the others are not for us. */
static bool is_numeric(const char *host, const char *port, struct sockaddr_storage *ret)
{
	struct sockaddr_in *in = (void *)ret;
	struct sockaddr_in6 *in6 = (void *)ret;
	unsigned short number = htons((unsigned short)strtoul(port, NULL, 10));

	*ret = (struct sockaddr_storage){0};
	if (!strcmp(host, "localhost"))
		host = "127.0.0.1";
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = number;
		return true;
	}
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) != 1)
		return false;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = number;
	return true;
}

static struct sonde_error *check_port(
	const struct sonde_qemu_process *process, const char *address)
{
	CLEANUP(cleanup_free) char *copy = strdup(address);
	struct sockaddr_storage place;
	char *host, *port;

	if (!copy)
		return sonde_error_no_memory();
	CHECK(sonde_host_port_split(copy, &host, &port));
	if (!is_numeric(host, port, &place))
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"the name of its host is not looked up for a list");
	CHECK(sonde_socket_check_tcp_holder_within(
		(const struct sockaddr *)&place, PATIENCE_MS));
	/* A client from elsewhere has come over another of our addresses. */
	if (sonde_qemu_process_has_client(process, strtoul(port, NULL, 10)))
		return sonde_error_create(
			SONDE_ERROR_BUSY, "another client is connected there");
	return NULL;
}

/* SONDE_ERROR_BUSY where somebody is connected. */
static struct sonde_error *check_free(
	const struct sonde_qemu_process *process, const char *address)
{
	return strchr(address, '/')
		       ? sonde_socket_check_unix_holder_within(address, PATIENCE_MS)
		       : check_port(process, address);
}

/* Makes a reason of @p error, unless nobody is to be blamed for it but us. */
static struct sonde_error *explain(struct sonde_look *look, const char *what,
	const char *address, struct sonde_error *error)
{
	static const char *const help[] = {
		[SONDE_ERROR_BUSY] = " (QEMU can have several, one for each client)",
		[SONDE_ERROR_PERMISSION] = " (its user and root may)",
	};
	enum sonde_error_kind kind = sonde_error_kind(error);
	struct sonde_error *failure;
	const char *advice = "";

	if (kind == SONDE_ERROR_NO_MEMORY || kind == SONDE_ERROR_INTERRUPTED)
		return error;
	if ((size_t)kind < ARRAY_SIZE(help) && help[kind])
		advice = help[kind];
	look->found.hindrance = kind;
	failure = sonde_look_explain(look, "%s at %s: %s%s", what, address,
		sonde_error_why(error), strcmp(what, "QMP") != 0 ? "" : advice);
	sonde_error_destroy(error);
	return failure;
}

/* --- QMP -------------------------------------------------------------------------- */

/* What QEMU says counts more than what can be guessed. */
static struct sonde_error *take_answers(
	struct sonde_look *look, struct sonde_qemu_inquiry *inquiry)
{
	struct sonde_found_qemu *qemu = &look->found.qemu;
	const char *accel = inquiry->kvm		  ? "kvm"
			    : !strcmp(qemu->accel, "kvm") ? "tcg"
							  : NULL;

	qemu->state = inquiry->state;
	inquiry->state = NULL;
	if (!qemu->name) {
		qemu->name = inquiry->name;
		inquiry->name = NULL;
	}
	if (!inquiry->kvm_known || !accel)
		return NULL;
	free((char *)qemu->accel);
	qemu->accel = strdup(accel);
	return qemu->accel ? NULL : sonde_error_no_memory();
}

static struct sonde_error *inquire(struct sonde_look *look,
	const struct sonde_qemu_channel *channel, const char *address,
	struct sonde_qemu_inquiry *ret)
{
	if (look->process.stopped)
		return sonde_error_create(SONDE_ERROR_TIMEOUT,
			"the process is stopped and answers nobody (kill -CONT %d lets "
			"it go on)",
			(int)look->process.pid);
	if (sonde_qemu_process_waits(&look->process, channel))
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"QEMU waits for its first client there before it starts, and "
			"that shall not be us (wait=off lets it start)");
	/* Whoever connects looks, too: a choice is what has to be made here. */
	if (!look->brief || look->process.line.qmp_count > 1 ||
		look->process.line.libvirt)
		CHECK(check_free(&look->process, address));
	if (look->brief)
		return NULL;
	return sonde_qemu_inquire(look->sonde, address, ANSWER_MS, ret);
}

/* Tries the one at @p address, which is taken over. */
static struct sonde_error *try_qmp(struct sonde_look *look,
	const struct sonde_qemu_channel *channel, char *address,
	struct sonde_qemu_inquiry *inquiry)
{
	struct sonde_found *found = &look->found;
	struct sonde_error *error = inquire(look, channel, address, inquiry);

	if (error)
		error = explain(look, "QMP", address, error);
	else
		found->qmp_free = true;
	/* The first one is told, unless a later one answers. */
	if (found->qmp_free || !found->qemu.qmp) {
		free((char *)found->qemu.qmp);
		found->qemu.qmp = address;
	} else
		free(address);
	return error;
}

static struct sonde_error *try_all_qmp(
	struct sonde_look *look, struct sonde_qemu_inquiry *inquiry)
{
	const struct sonde_qemu_command_line *line = &look->process.line;
	static const struct sonde_qemu_channel unknown;
	char *address;
	const char *why;

	for (size_t i = 0; i < line->qmp_count && !look->found.qmp_free; i++) {
		const struct sonde_qemu_channel *channel = &line->qmp[i];

		CHECK(sonde_qemu_process_resolve(
			&look->process, channel, look->listeners, &address, &why));
		if (address)
			CHECK(try_qmp(look, channel, address, inquiry));
		else
			CHECK(sonde_look_explain(
				look, "QMP at %s: %s", channel->address, why));
	}
	if (look->found.qemu.qmp)
		return NULL;
	CHECK(sonde_qemu_process_find_monitor(&look->process, look->listeners, &address));
	return address ? try_qmp(look, &unknown, address, inquiry) : NULL;
}

static struct sonde_error *look_at_qmp(
	struct sonde_look *look, struct sonde_qemu_inquiry *inquiry)
{
	size_t known = look->why.length;

	CHECK(try_all_qmp(look, inquiry));
	if (look->process.line.libvirt)
		CHECK(sonde_look_at_libvirt(look, inquiry));
	if (look->found.qmp_free) {
		/* One is enough: why others did not answer is of no interest. */
		if (look->why.data)
			look->why.data[known] = '\0';
		look->why.length = known;
		return take_answers(look, inquiry);
	}
	if (look->found.qemu.qmp || look->process.line.qmp_count)
		return NULL;
	return sonde_look_explain(look,
		"it has no QMP socket (-qmp unix:PATH,server=on,wait=off makes one)");
}

/* --- the stub --------------------------------------------------------------------- */

/* Takes the stub on @p channel if it is there; @p held is what QEMU says, if anything. */
static struct sonde_error *try_stub(struct sonde_look *look,
	const struct sonde_qemu_channel *channel, const bool *held, const char **why)
{
	struct sonde_found *found = &look->found;
	struct sonde_error *error;
	char *address;

	CHECK(sonde_qemu_process_resolve(
		&look->process, channel, look->listeners, &address, why));
	if (!address)
		return NULL;
	found->qemu.gdb = address;
	if (held && !*held) {
		found->gdb_free = true;
		return NULL;
	}
	error = check_free(&look->process, address);
	if (!error && held)
		error = sonde_error_create(
			SONDE_ERROR_BUSY, "another client is connected there");
	found->gdb_free = !error && !look->process.stopped;
	return error ? explain(look, "GDB stub", address, error) : NULL;
}

/* QEMU knows of one that was started later, but not of one on a -chardev. */
static struct sonde_error *look_at_stub(
	struct sonde_look *look, const struct sonde_qemu_inquiry *inquiry)
{
	const struct sonde_qemu_channel *said = &look->process.line.gdb;
	const char *why;

	if (inquiry->stub.kind != SONDE_QEMU_CHANNEL_NONE)
		CHECK(try_stub(look, &inquiry->stub, &inquiry->stub_held, &why));
	if (look->found.qemu.gdb || said->kind == SONDE_QEMU_CHANNEL_NONE)
		return NULL;
	CHECK(try_stub(look, said, NULL, &why));
	if (!look->found.qemu.gdb)
		return sonde_look_explain(look, "GDB stub at %s: %s", said->address, why);
	return NULL;
}

/* ---------------------------------------------------------------------------------- */

static struct sonde_error *look_at_monitor(struct sonde_look *look)
{
	const struct sonde_qemu_channel *channel = &look->process.line.monitor;
	char *address;
	const char *why;

	CHECK(sonde_qemu_process_resolve(
		&look->process, channel, look->listeners, &address, &why));
	look->found.qemu.monitor = address;
	return NULL;
}

struct sonde_error *sonde_look_at_channels(struct sonde_look *look)
{
	struct sonde_qemu_inquiry inquiry = {0};
	struct sonde_error *error = look_at_qmp(look, &inquiry);

	if (!error)
		error = look_at_stub(look, &inquiry);
	if (!error)
		error = look_at_monitor(look);
	sonde_qemu_inquiry_deinit(&inquiry);
	return error;
}
