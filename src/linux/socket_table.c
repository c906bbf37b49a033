/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel.h"
#include "socket_table.h"

enum {
	/** Of one table. */
	SOCKETS_MAX = 1 << 20,
	CHAINS_MAX = 1 << 22,
	/** That are read at once. */
	PIECE_BYTES = 16 << 10,
	/** Of an end; above it is what tells one kind of tables from another
	   (LISTENING_NULLS_BASE). */
	NUMBER = (1 << 29) - 1,
	/** How often a chain is walked that leads astray. */
	TRIES = 4,
};

struct walk {
	struct sonde_linux *kernel;
	const struct sonde_linux_socket_table *table;
	struct sonde_linux_addresses *found;
	/** Links that are followed yet. */
	uint64_t left;
	const char *incomplete;
};

static struct sonde_space *memory(const struct walk *walk)
{
	return &walk->kernel->space.space;
}

static bool is_end(uint64_t link)
{
	return !link || link & 1;
}

static bool is_own_end(const struct walk *walk, uint64_t link, uint64_t number)
{
	return is_end(link) && (!walk->table->numbered || (link >> 1 & NUMBER) == number);
}

/* *@p good: it ends where it should. */
static struct sonde_error *walk_chain(
	struct walk *walk, uint64_t first, uint64_t number, bool *good)
{
	uint64_t mark = 0, age = 0, limit = 1, link = first;

	while (!is_end(link)) {
		struct sonde_error *error;

		*good = walk->left && link != mark && link >> 63 && !(link & 7);
		if (!*good)
			return NULL;
		walk->left--;
		/* Brent's way: the distance at which marks are set doubles. */
		if (++age == limit) {
			mark = link;
			age = 0;
			limit *= 2;
		}
		CHECK(sonde_linux_addresses_add(walk->found, link - walk->table->links));
		error = sonde_space_read_integer(memory(walk), link, 8, &link);
		if (sonde_error_is(error, SONDE_ERROR_FAULT)) {
			sonde_error_destroy(error);
			*good = false;
			return NULL;
		}
		CHECK(error);
	}
	*good = is_own_end(walk, link, number);
	return NULL;
}

/* An end is the head's own address, and odd. */
static uint64_t unlocked(const struct walk *walk, uint64_t first, uint64_t head)
{
	return walk->table->locks && (first | 1) != (head | 1) ? first & ~UINT64_C(1)
							       : first;
}

static struct sonde_error *read_chain(struct walk *walk, uint64_t first, uint64_t number)
{
	uint64_t head = walk->table->heads + number * walk->table->stride;
	size_t before = walk->found->count;
	bool good;

	first = unlocked(walk, first, head);
	good = is_own_end(walk, first, number);

	for (unsigned i = 0; i < TRIES && !good; i++) {
		if (i)
			CHECK(sonde_space_read_integer(memory(walk), head, 8, &first));
		first = unlocked(walk, first, head);
		walk->found->count = before;
		CHECK(walk_chain(walk, first, number, &good));
	}
	if (!good)
		walk->incomplete = "a chain does not end where it should";
	return NULL;
}

static uint64_t pointer_at(const uint8_t *bytes)
{
	uint64_t value = 0;

	for (unsigned i = 8; i > 0; i--)
		value = value << 8 | bytes[i - 1];
	return value;
}

/* So many chains from the one with the number @p from on. */
static struct sonde_error *read_piece(
	struct walk *walk, uint8_t *piece, uint64_t from, uint64_t count)
{
	uint32_t stride = walk->table->stride;

	CHECK(sonde_context_check_interrupt(walk->kernel->target.sonde));
	/* Of the last one the head alone. */
	CHECK(sonde_space_read(memory(walk), walk->table->heads + from * stride, piece,
		(count - 1) * stride + 8));
	for (uint64_t i = 0; i < count && walk->left; i++)
		CHECK(read_chain(walk, pointer_at(piece + i * stride), from + i));
	return NULL;
}

static struct sonde_error *read_all(struct walk *walk)
{
	CLEANUP(cleanup_free) uint8_t *piece = malloc(PIECE_BYTES);
	const struct sonde_linux_socket_table *table = walk->table;
	uint64_t at_once = PIECE_BYTES / table->stride;

	if (!piece)
		return sonde_error_no_memory();
	for (uint64_t at = 0; at < table->count; at += at_once)
		CHECK(read_piece(walk, piece, at,
			table->count - at < at_once ? table->count - at : at_once));
	return NULL;
}

struct sonde_error *sonde_linux_socket_table_read(struct sonde_linux *kernel,
	const struct sonde_linux_socket_table *table, struct sonde_linux_addresses *ret,
	const char **incomplete)
{
	struct walk walk = {
		.kernel = kernel, .table = table, .found = ret, .left = SOCKETS_MAX};
	struct sonde_error *error;

	if (table->stride < 8 || table->stride > PIECE_BYTES || table->count > CHAINS_MAX)
		walk.incomplete = "a table is larger than any";
	else {
		error = read_all(&walk);
		if (error && !sonde_error_is(error, SONDE_ERROR_FAULT))
			return error;
		if (error)
			walk.incomplete = "a table cannot be read";
		sonde_error_destroy(error);
	}
	if (!walk.left)
		walk.incomplete = "there are more than any system has";
	if (walk.incomplete)
		*incomplete = walk.incomplete;
	return sonde_linux_addresses_drop_doubles(ret);
}
