/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "grow.h"
#include "kernel.h"
#include "options.h"
#include "socket.h"
#include "socket_table.h"
#include "socket_users.h"

enum {
	/** Sockets between two questions whether somebody wants to end. */
	INTERRUPT_EVERY = 64,
};

struct sonde_sockets {
	struct sonde_socket *list;
	size_t count, capacity, next;
	struct sonde_text_pool texts;
	const char *incomplete;
};

struct reader {
	struct sonde_linux *kernel;
	struct sonde_sockets *sockets;
	struct sonde_linux_socket_reader socket;
	struct sonde_linux_socket_tables tables;
	/** Not 0: only those of this struct net. */
	uint64_t network;
};

static struct sonde_error *add(
	struct sonde_sockets *sockets, const struct sonde_socket *socket)
{
	CHECK(SONDE_GROW(&sockets->list, sockets->count, &sockets->capacity));
	sockets->list[sockets->count++] = *socket;
	return NULL;
}

/* What the table does not have has become something else meanwhile. */
static bool belongs(
	const struct sonde_linux_socket_table *table, const struct sonde_socket *socket)
{
	size_t length = strcspn(table->name, " ");

	return socket->protocol && !strncmp(socket->protocol, table->name, length);
}

static struct sonde_error *is_wanted(struct reader *reader, uint64_t address, bool *ret)
{
	struct sonde_error *error;
	uint64_t network;

	*ret = address >> 63 && !(address & 7);
	if (!*ret || !reader->network || !reader->socket.fields.network.present)
		return NULL;
	error = sonde_field_read(&reader->socket.fields.network,
		&reader->kernel->space.space, address, &network);
	*ret = !error && network == reader->network;
	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

static struct sonde_error *read_found(struct reader *reader,
	const struct sonde_linux_socket_table *table,
	const struct sonde_linux_addresses *addresses)
{
	for (size_t i = 0; i < addresses->count; i++) {
		struct sonde_socket socket;
		bool wanted;

		if (i % INTERRUPT_EVERY == 0)
			CHECK(sonde_context_check_interrupt(
				reader->kernel->target.sonde));
		CHECK(is_wanted(reader, addresses->list[i], &wanted));
		if (!wanted)
			continue;
		CHECK(sonde_linux_socket_read(&reader->socket, addresses->list[i],
			&reader->sockets->texts, &socket));
		if (belongs(table, &socket))
			CHECK(add(reader->sockets, &socket));
	}
	return NULL;
}

static struct sonde_error *read_table(
	struct reader *reader, const struct sonde_linux_socket_table *table)
{
	struct sonde_linux_addresses addresses = {.count = 0};
	struct sonde_error *error;

	error = sonde_linux_socket_table_read(
		reader->kernel, table, &addresses, &reader->sockets->incomplete);
	if (!error)
		error = read_found(reader, table, &addresses);
	sonde_linux_addresses_deinit(&addresses);
	return error;
}

/* One that goes away meanwhile takes its tables with it. */
static struct sonde_error *find_tables(
	struct reader *reader, const struct sonde_linux_addresses *networks)
{
	for (size_t i = 0; i < networks->count; i++) {
		struct sonde_error *error = sonde_linux_socket_tables_add(
			reader->kernel, networks->list[i], &reader->tables);

		if (error && !sonde_error_is(error, SONDE_ERROR_FAULT))
			return error;
		if (error)
			reader->sockets->incomplete = "a network's tables cannot be read";
		sonde_error_destroy(error);
	}
	return NULL;
}

static struct sonde_error *find_networks(
	struct reader *reader, struct sonde_linux_addresses *ret)
{
	if (reader->network)
		return sonde_linux_addresses_add(ret, reader->network);
	return sonde_linux_networks_find(
		reader->kernel, ret, &reader->sockets->incomplete);
}

static struct sonde_error *say_what_is_missing(struct reader *reader)
{
	const struct sonde_linux_socket_tables *tables = &reader->tables;
	char text[256] = "the kernel does not tell where the tables are of ";
	size_t length = strlen(text);

	for (size_t i = 0; i < tables->missing_count && length < sizeof(text); i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
			i ? ", " : "", tables->missing[i]);
	if (!tables->missing_count)
		return NULL;
	return sonde_text_pool_add(
		&reader->sockets->texts, text, &reader->sockets->incomplete);
}

static struct sonde_error *read_tables(struct reader *reader)
{
	struct sonde_linux_addresses networks = {.count = 0};
	struct sonde_error *error;

	error = find_networks(reader, &networks);
	if (!error)
		error = find_tables(reader, &networks);
	sonde_linux_addresses_deinit(&networks);
	CHECK(error);
	CHECK(say_what_is_missing(reader));
	for (size_t i = 0; i < reader->tables.count; i++)
		CHECK(read_table(reader, &reader->tables.list[i]));
	return NULL;
}

static struct sonde_error *read_all(struct sonde_linux *kernel,
	const struct sonde_sockets_options *options, struct sonde_sockets *sockets)
{
	CLEANUP(cleanup_free) struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return sonde_error_no_memory();
	reader->kernel = kernel;
	reader->sockets = sockets;
	CHECK(sonde_linux_socket_reader_init(&reader->socket, kernel));
	if (options->pid)
		CHECK(sonde_linux_network_of(kernel, options->pid, &reader->network));
	CHECK(read_tables(reader));
	if (!options->users)
		return NULL;
	return sonde_linux_socket_users_find(kernel, sockets->list, sockets->count,
		&sockets->texts, &sockets->incomplete);
}

struct sonde_error *sonde_sockets_open(struct sonde_target *target,
	const struct sonde_sockets_options *options, struct sonde_sockets **ret)
{
	struct sonde_sockets_options given = {.size = 0};
	struct sonde_sockets *sockets;
	struct sonde_error *error;

	CHECK(sonde_kernel_find(target));
	CHECK(sonde_linux_take_options(options, &given, sizeof(given)));
	sockets = calloc(1, sizeof(*sockets));
	if (!sockets)
		return sonde_error_no_memory();
	error = read_all(sonde_linux_below(target), &given, sockets);
	if (error) {
		sonde_sockets_close(sockets);
		return sonde_error_while(error, "reading the sockets");
	}
	*ret = sockets;
	return NULL;
}

const struct sonde_socket *sonde_sockets_next(struct sonde_sockets *sockets)
{
	return sockets->next < sockets->count ? &sockets->list[sockets->next++] : NULL;
}

const char *sonde_sockets_incomplete(const struct sonde_sockets *sockets)
{
	return sockets->texts.is_full ? "there is more text than any system has"
				      : sockets->incomplete;
}

void sonde_sockets_close(struct sonde_sockets *sockets)
{
	if (!sockets)
		return;
	sonde_text_pool_deinit(&sockets->texts);
	free(sockets->list);
	free(sockets);
}
