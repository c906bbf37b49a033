/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory through the stub: m, M, X and x, in chunks that the stub takes, several of
 * them under way at once. The stubs disagree on what a range means that cannot be
 * read to its end: QEMU refuses all of it, gdbserver returns the part before. Both
 * lead to the same answer here: everything before the first bad address, and that
 * address.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "stub.h"

enum {
	/** Where a range of memory usually ends: the smallest page of all (bytes). */
	PAGE = 4096,
	REQUEST_TEXT = 48,
};

/* --- reading -------------------------------------------------------------------- */

static char *put_hex(char *to, uint64_t value)
{
	int shift = value ? (63 - __builtin_clzll(value)) & ~3 : 0;

	for (; shift >= 0; shift -= 4)
		*to++ = "0123456789abcdef"[value >> shift & 15];
	return to;
}

/* By hand: printf() would be the dearest part of a small read. */
static size_t format_read(
	const struct sonde_gdb_stub *stub, char *request, uint64_t address, size_t length)
{
	char *end = request;

	*end++ = stub->offers_binary_read ? 'x' : 'm';
	end = put_hex(end, address);
	*end++ = ',';
	end = put_hex(end, length);
	return (size_t)(end - request);
}

static struct sonde_error *queue_read(
	struct sonde_gdb_stub *stub, uint64_t address, size_t length)
{
	char request[REQUEST_TEXT];
	size_t size = format_read(stub, request, address, length);

	return sonde_gdb_queue(&stub->connection, request, size);
}

/* Decodes a reply; *@p got may be less than @p length, and 0 for a refusal. */
static struct sonde_error *take_read(const struct sonde_gdb_stub *stub,
	const struct sonde_gdb_reply *reply, void *buffer, size_t length, size_t *got)
{
	*got = 0;
	if (sonde_gdb_reply_is_error(reply))
		return NULL;
	if (stub->offers_binary_read) {
		if (!reply->length || reply->data[0] != 'b' || reply->length - 1 > length)
			return sonde_gdb_unexpected(reply);
		memcpy(buffer, reply->data + 1, reply->length - 1);
		*got = reply->length - 1;
		return NULL;
	}
	if (!reply->length || reply->length % 2 || reply->length / 2 > length ||
		!sonde_hex_decode(reply->data, reply->length / 2, buffer))
		return sonde_gdb_unexpected(reply);
	*got = reply->length / 2;
	return NULL;
}

static struct sonde_error *read_once(struct sonde_gdb_stub *stub, uint64_t address,
	uint8_t *buffer, size_t length, size_t *got)
{
	char request[REQUEST_TEXT];
	struct sonde_gdb_reply reply;
	size_t size = format_read(stub, request, address, length);

	CHECK(sonde_gdb_exchange(&stub->connection, request, size, &reply));
	return take_read(stub, &reply, buffer, length, got);
}

/*
 * [address, address + length) was refused as a whole. Finds how much of it can be
 * read, and reads that. Nearly always it ends at a page's edge, so that is tried
 * before halving.
 */
static struct sonde_error *read_up_to_fault(struct sonde_gdb_stub *stub, uint64_t address,
	uint8_t *buffer, size_t length, size_t *done)
{
	size_t good = 0, bad = length, guess = PAGE - (size_t)(address & (PAGE - 1));
	uint8_t byte;
	size_t got;

	while (bad - good > 1 || good == 0) {
		size_t tried =
			guess > good && guess < bad ? guess : good + (bad - good) / 2;

		if (tried == good)
			break;
		guess = 0;
		CHECK(read_once(stub, address + good, buffer + good, tried - good, &got));
		if (got < tried - good) {
			good += got;
			bad = got ? good + 1 : tried;
			continue;
		}
		good = tried;
		if (good == bad)
			break;
		/* Is the edge of the page the place? */
		CHECK(read_once(stub, address + good, &byte, 1, &got));
		if (!got)
			bad = good + 1;
		else
			buffer[good++] = byte;
	}
	*done = good;
	return NULL;
}

/* One chunk that came back short or refused: the rest of it, or the fault. */
static struct sonde_error *read_rest(
	struct sonde_gdb_stub *stub, uint64_t address, uint8_t *buffer, size_t length)
{
	size_t done = 0;

	while (done < length) {
		size_t got;

		CHECK(read_once(
			stub, address + done, buffer + done, length - done, &got));
		if (!got && length - done > 1)
			CHECK(read_up_to_fault(stub, address + done, buffer + done,
				length - done, &got));
		if (!got)
			return sonde_error_fault(address + done, NULL);
		done += got;
	}
	return NULL;
}

static size_t chunk_at(const struct sonde_gdb_stub *stub, size_t offset, size_t length)
{
	size_t left = length - offset;

	return left < stub->read_chunk ? left : stub->read_chunk;
}

/* Takes the replies that are still under way, after @p error ended the reading. */
static struct sonde_error *give_up(
	struct sonde_gdb_stub *stub, unsigned in_flight, struct sonde_error *error)
{
	if (!stub->connection.dead)
		sonde_gdb_abandon(&stub->connection, in_flight);
	return error;
}

/*
 * Many chunks. Replies come in order; *@p done is how much arrived whole before
 * the first chunk that did not, and whatever came behind it is dropped.
 */
static struct sonde_error *read_pipelined(struct sonde_gdb_stub *stub, uint64_t address,
	uint8_t *buffer, size_t length, size_t *done)
{
	size_t asked = 0;
	unsigned in_flight = 0;

	*done = 0;
	stub->connection.several = true;
	while (*done < length) {
		struct sonde_gdb_reply reply;
		struct sonde_error *error;
		size_t wanted, got;

		/* Refill in one go, when half of the window is free. */
		if (in_flight <= stub->in_flight / 2 && asked < length) {
			while (in_flight < stub->in_flight && asked < length) {
				wanted = chunk_at(stub, asked, length);
				CHECK(queue_read(stub, address + asked, wanted));
				asked += wanted;
				in_flight++;
			}
			error = sonde_gdb_flush(&stub->connection);
			if (error)
				return give_up(stub, in_flight, error);
		}
		error = sonde_gdb_receive(&stub->connection, &reply);
		in_flight--;
		if (sonde_error_is(error, SONDE_ERROR_BAD_DATA)) {
			sonde_error_destroy(error);
			return give_up(stub, in_flight, NULL);
		}
		if (error)
			return give_up(stub, in_flight, error);
		wanted = chunk_at(stub, *done, length);
		error = take_read(stub, &reply, buffer + *done, wanted, &got);
		if (error || got < wanted)
			return give_up(stub, in_flight, error);
		*done += wanted;
	}
	return NULL;
}

struct sonde_error *sonde_gdb_stub_read_memory(
	struct sonde_gdb_stub *stub, uint64_t address, void *buffer, size_t length)
{
	uint8_t *bytes = buffer;
	unsigned lined_up;
	size_t done = 0;

	if (stub->in_flight > 1 && length > stub->read_chunk) {
		CHECK(sonde_gdb_settle(&stub->connection));
		CHECK(read_pipelined(stub, address, bytes, length, &done));
		lined_up = stub->connection.lined_up;
		CHECK(sonde_gdb_settle(&stub->connection));
		/* A reply was missing, so all of them may belong elsewhere. */
		if (stub->connection.lined_up != lined_up)
			done = 0;
	}
	while (done < length) {
		size_t wanted = chunk_at(stub, done, length);

		CHECK(read_rest(stub, address + done, bytes + done, wanted));
		done += wanted;
	}
	return NULL;
}

/* --- writing -------------------------------------------------------------------- */

/* Escaped bytes take two. */
static size_t fits_escaped(const uint8_t *data, size_t length, size_t room)
{
	size_t used = 0, i;

	for (i = 0; i < length; i++) {
		used += data[i] == '$' || data[i] == '#' || data[i] == '}' ||
					data[i] == '*'
				? 2
				: 1;
		if (used > room)
			break;
	}
	return i;
}

static struct sonde_error *probe_binary_write(
	struct sonde_gdb_stub *stub, uint64_t address)
{
	struct sonde_gdb_reply reply;

	if (stub->binary_write != SONDE_GDB_OFFER_UNKNOWN)
		return NULL;
	/* Telnet takes 0xff for its own. */
	if (stub->is_qemu || stub->connection.transport.telnet) {
		stub->binary_write = SONDE_GDB_OFFER_NO;
		return NULL;
	}
	CHECK(sonde_gdb_ask(&stub->connection, &reply, "X%" PRIx64 ",0:", address));
	stub->binary_write = sonde_gdb_reply_is(&reply, "OK") ? SONDE_GDB_OFFER_YES
							      : SONDE_GDB_OFFER_NO;
	return NULL;
}

/* Writes the first *@p taken bytes; *@p refused says that the stub would not. */
static struct sonde_error *write_once(struct sonde_gdb_stub *stub, uint64_t address,
	const uint8_t *data, size_t length, size_t *taken, bool *refused)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer packet = {0};
	bool binary = stub->binary_write == SONDE_GDB_OFFER_YES;
	size_t room = stub->payload_max - REQUEST_TEXT;
	struct sonde_gdb_reply reply;

	*taken = binary ? fits_escaped(data, length, room) : room / 2;
	if (*taken > length)
		*taken = length;
	CHECK(sonde_buffer_append_format(
		&packet, "%c%" PRIx64 ",%zx:", binary ? 'X' : 'M', address, *taken));
	if (binary) {
		CHECK(sonde_buffer_append(&packet, data, *taken));
	} else {
		CHECK(sonde_buffer_reserve(&packet, 2 * *taken));
		sonde_hex_encode(data, *taken, (char *)packet.data + packet.length);
		packet.length += 2 * *taken;
	}
	CHECK(sonde_gdb_exchange(&stub->connection, packet.data, packet.length, &reply));
	*refused = !sonde_gdb_reply_is(&reply, "OK");
	if (*refused && !sonde_gdb_reply_is_error(&reply))
		return sonde_gdb_unexpected(&reply);
	return NULL;
}

/*
 * A refused range: written page by page, then by halves of the page that is refused,
 * so that everything before the first bad address is written and that address known.
 */
static struct sonde_error *write_up_to_fault(
	struct sonde_gdb_stub *stub, uint64_t address, const uint8_t *data, size_t length)
{
	size_t done = 0, step = PAGE - (size_t)(address & (PAGE - 1));
	bool halving = false;

	while (done < length) {
		size_t taken;
		bool refused;

		if (step > length - done)
			step = length - done;
		CHECK(write_once(
			stub, address + done, data + done, step, &taken, &refused));
		if (!refused) {
			done += taken;
			if (!halving)
				step = PAGE;
			else if (step > 1)
				step /= 2;
		} else if (step > 1) {
			halving = true;
			step /= 2;
		} else {
			return sonde_error_fault(address + done, NULL);
		}
	}
	return NULL;
}

struct sonde_error *sonde_gdb_stub_write_memory(
	struct sonde_gdb_stub *stub, uint64_t address, const void *data, size_t length)
{
	const uint8_t *bytes = data;
	size_t done = 0;

	CHECK(probe_binary_write(stub, address));
	while (done < length) {
		size_t taken;
		bool refused;

		CHECK(write_once(stub, address + done, bytes + done, length - done,
			&taken, &refused));
		if (refused)
			CHECK(write_up_to_fault(
				stub, address + done, bytes + done, taken));
		done += taken;
	}
	return NULL;
}
