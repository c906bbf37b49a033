/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "hex.h"
#include "stop_reply.h"

enum {
	SIGNAL_INTERRUPT = 2,
};

struct field {
	const char *key;
	size_t key_length;
	const char *value;
	const char *end;
};

static bool key_is(const struct field *field, const char *name)
{
	return field->key_length == strlen(name) &&
	       !memcmp(field->key, name, field->key_length);
}

static struct sonde_error *bad(const char *what)
{
	return sonde_error_create(SONDE_ERROR_BAD_DATA, "a stop reply has %s", what);
}

static struct sonde_error *take_watch(const struct field *field,
	enum sonde_watch_kind kind, struct sonde_gdb_stop_reply *ret)
{
	const char *p = field->value;

	if (!sonde_hex_parse(&p, field->end, &ret->address))
		return bad("no address of the watchpoint");
	ret->reason = SONDE_STOP_WATCHPOINT;
	ret->watch_kind = kind;
	return NULL;
}

static struct sonde_error *take_field(
	const struct field *field, struct sonde_gdb_stop_reply *ret)
{
	const char *p = field->key;
	uint64_t number;

	if (key_is(field, "thread")) {
		p = field->value;
		if (!sonde_gdb_thread_id_parse(&p, field->end, &ret->thread))
			return bad("a thread that cannot be read");
		ret->has_thread = true;
		return NULL;
	}
	if (key_is(field, "watch"))
		return take_watch(field, SONDE_WATCH_WRITE, ret);
	if (key_is(field, "rwatch"))
		return take_watch(field, SONDE_WATCH_READ, ret);
	if (key_is(field, "awatch"))
		return take_watch(field, SONDE_WATCH_ACCESS, ret);
	if (key_is(field, "swbreak") || key_is(field, "hwbreak")) {
		ret->reason = SONDE_STOP_BREAKPOINT;
		return NULL;
	}
	if (key_is(field, "replaylog")) {
		ret->reason = SONDE_STOP_RECORD_END;
		return NULL;
	}
	/* "library", "core", "fork" and what is to come are left alone. */
	if (!sonde_hex_parse(&p, field->key + field->key_length, &number) ||
		p != field->key + field->key_length)
		return NULL;
	if (ret->expedited_count < SONDE_GDB_EXPEDITED_MAX)
		ret->expedited[ret->expedited_count++] = (struct sonde_gdb_expedited){
			.number = number,
			.hex = field->value,
			.hex_length = (size_t)(field->end - field->value),
		};
	return NULL;
}

static struct sonde_error *take_fields(
	const char *p, const char *end, struct sonde_gdb_stop_reply *ret)
{
	while (p < end) {
		const char *stop = memchr(p, ';', (size_t)(end - p));
		const char *colon;
		struct field field = {.key = p};

		if (!stop)
			stop = end;
		colon = memchr(p, ':', (size_t)(stop - p));
		if (colon) {
			field.key_length = (size_t)(colon - p);
			field.value = colon + 1;
			field.end = stop;
			CHECK(take_field(&field, ret));
		}
		p = stop < end ? stop + 1 : end;
	}
	return NULL;
}

struct sonde_error *sonde_gdb_stop_reply_parse(
	const char *reply, size_t length, struct sonde_gdb_stop_reply *ret)
{
	const char *p;
	uint8_t code;

	ret->reason = SONDE_STOP_SIGNAL;
	ret->has_thread = false;
	ret->address = 0;
	ret->watch_kind = SONDE_WATCH_WRITE;
	ret->expedited_count = 0;
	if (length < 3 || !memchr("STWX", reply[0], 4))
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"\"%.*s\" is no stop reply", (int)(length < 20 ? length : 20),
			reply);
	if (!sonde_hex_decode(reply + 1, 1, &code))
		return bad("no signal");
	ret->signal = code;
	p = reply + 3;
	if (reply[0] == 'W')
		ret->reason = SONDE_STOP_EXITED;
	else if (reply[0] == 'X')
		ret->reason = SONDE_STOP_KILLED;
	else if (code == SIGNAL_INTERRUPT || code == 0)
		ret->reason = SONDE_STOP_INTERRUPT;
	return reply[0] == 'T' ? take_fields(p, reply + length, ret) : NULL;
}
