/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "channel.h"
#include "option_list.h"

static struct sonde_error *fill(
	struct sonde_qemu_channel *ret, enum sonde_qemu_channel_kind kind, char *address)
{
	if (!address)
		return sonde_error_no_memory();
	*ret = (struct sonde_qemu_channel){.kind = kind, .address = address};
	return NULL;
}

static struct sonde_error *fill_other(struct sonde_qemu_channel *ret, const char *text)
{
	return fill(ret, SONDE_QEMU_CHANNEL_OTHER, strdup(text));
}

/* A server waits unless it is told not to. */
static struct sonde_error *take_wait(
	const char *text, const char *implied, struct sonde_qemu_channel *channel)
{
	CLEANUP(cleanup_free) char *wait = NULL;

	CHECK(sonde_qemu_option_get(text, implied, "wait", &wait));
	if (!wait)
		channel->waits = true;
	else
		CHECK(sonde_qemu_option_get_flag(text, implied, "wait", &channel->waits));
	return NULL;
}

/* Whoever listens on all addresses is reached on this machine's own. */
static struct sonde_error *fill_tcp(
	struct sonde_qemu_channel *ret, const char *host, const char *port)
{
	char *address;

	if (!*host)
		host = "localhost";
	else if (!strcmp(host, "0.0.0.0"))
		host = "127.0.0.1";
	else if (!strcmp(host, "::"))
		host = "::1";
	if (asprintf(&address, strchr(host, ':') && *host != '[' ? "[%s]:%s" : "%s:%s",
		    host, port) < 0)
		address = NULL;
	return fill(ret, SONDE_QEMU_CHANNEL_TCP, address);
}

void sonde_qemu_channel_deinit(struct sonde_qemu_channel *channel)
{
	free(channel->address);
	*channel = (struct sonde_qemu_channel){0};
}

/* --- the old way ------------------------------------------------------------------ */

/* @p text is what stands behind the first colon of @p whole. */
static struct sonde_error *parse_unix(
	const char *whole, const char *text, struct sonde_qemu_channel *ret)
{
	CLEANUP(cleanup_free) char *path = NULL;
	bool server, abstract;

	CHECK(sonde_qemu_option_get(text, "path", "path", &path));
	CHECK(sonde_qemu_option_get_flag(text, "path", "server", &server));
	CHECK(sonde_qemu_option_get_flag(text, "path", "abstract", &abstract));
	if (!path || !*path || abstract || !server)
		return fill_other(ret, whole);
	CHECK(fill(ret, SONDE_QEMU_CHANNEL_UNIX, path));
	path = NULL;
	return NULL;
}

/* "HOST:PORT,server=on", in which the host may be empty. */
static struct sonde_error *parse_tcp(
	const char *whole, const char *text, bool listens, struct sonde_qemu_channel *ret)
{
	size_t length = strcspn(text, ",");
	CLEANUP(cleanup_free) char *place = strndup(text, length);
	bool server;
	char *colon;

	if (!place)
		return sonde_error_no_memory();
	CHECK(sonde_qemu_option_get_flag(
		text[length] ? text + length + 1 : "", NULL, "server", &server));
	colon = strrchr(place, ':');
	if (!colon || !colon[1] || (!server && !listens))
		return fill_other(ret, whole);
	*colon = '\0';
	return fill_tcp(ret, place, colon + 1);
}

/* Adds whether it waits to what was found. */
static struct sonde_error *finish(const char *options, const char *implied,
	struct sonde_qemu_channel *channel, struct sonde_qemu_channel *ret)
{
	struct sonde_error *error = NULL;

	if (channel->kind == SONDE_QEMU_CHANNEL_UNIX ||
		channel->kind == SONDE_QEMU_CHANNEL_TCP ||
		channel->kind == SONDE_QEMU_CHANNEL_DESCRIPTOR)
		error = take_wait(options, implied, channel);
	if (error)
		sonde_qemu_channel_deinit(channel);
	else
		*ret = *channel;
	return error;
}

struct sonde_error *sonde_qemu_channel_parse(
	const char *text, bool listens, struct sonde_qemu_channel *ret)
{
	struct sonde_qemu_channel channel;

	if (!strcmp(text, "none") || !strcmp(text, "null") || !*text) {
		*ret = (struct sonde_qemu_channel){0};
		return NULL;
	}
	if (!strncmp(text, "unix:", 5)) {
		/* Even -gdb leaves it to the user to say that it is a server. */
		CHECK(parse_unix(text, text + 5, &channel));
		return finish(text + 5, "path", &channel, ret);
	}
	if (!strncmp(text, "tcp:", 4)) {
		CHECK(parse_tcp(text, text + 4, listens, &channel));
		return finish(text + 4, "place", &channel, ret);
	}
	return fill_other(ret, text);
}

/* --- behind -chardev -------------------------------------------------------------- */

static struct sonde_error *parse_socket(const char *text, struct sonde_qemu_channel *ret)
{
	CLEANUP(cleanup_free) char *path = NULL;
	CLEANUP(cleanup_free) char *host = NULL;
	CLEANUP(cleanup_free) char *port = NULL;
	CLEANUP(cleanup_free) char *fd = NULL;
	bool server, abstract;

	CHECK(sonde_qemu_option_get(text, "backend", "path", &path));
	CHECK(sonde_qemu_option_get(text, "backend", "host", &host));
	CHECK(sonde_qemu_option_get(text, "backend", "port", &port));
	CHECK(sonde_qemu_option_get(text, "backend", "fd", &fd));
	CHECK(sonde_qemu_option_get_flag(text, "backend", "server", &server));
	CHECK(sonde_qemu_option_get_flag(text, "backend", "abstract", &abstract));
	if (!server || abstract)
		return fill_other(ret, text);
	if (path && *path) {
		CHECK(fill(ret, SONDE_QEMU_CHANNEL_UNIX, path));
		path = NULL;
		return NULL;
	}
	if (port && *port)
		return fill_tcp(ret, host ? host : "", port);
	if (!fd || !*fd)
		return fill_other(ret, text);
	CHECK(fill(ret, SONDE_QEMU_CHANNEL_DESCRIPTOR, fd));
	fd = NULL;
	return NULL;
}

struct sonde_error *sonde_qemu_channel_parse_options(
	const char *text, struct sonde_qemu_channel *ret)
{
	CLEANUP(cleanup_free) char *backend = NULL;
	struct sonde_qemu_channel channel;

	CHECK(sonde_qemu_option_get(text, "backend", "backend", &backend));
	if (backend && !strcmp(backend, "socket")) {
		CHECK(parse_socket(text, &channel));
		return finish(text, "backend", &channel, ret);
	}
	return fill_other(ret, text);
}
