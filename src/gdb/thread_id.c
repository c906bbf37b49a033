/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "hex.h"
#include "thread_id.h"

static bool parse_number(const char **position, const char *end, int64_t *ret)
{
	const char *p = *position;
	bool negative = p < end && *p == '-';
	uint64_t value;

	if (negative)
		p++;
	if (!sonde_hex_parse(&p, end, &value) || value > INT64_MAX)
		return false;
	*position = p;
	*ret = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

bool sonde_gdb_thread_id_parse(
	const char **position, const char *end, struct sonde_gdb_thread_id *ret)
{
	struct sonde_gdb_thread_id id = {0};
	const char *p = *position;

	if (p < end && *p == 'p') {
		p++;
		id.has_process = true;
		if (!parse_number(&p, end, &id.process))
			return false;
		if (p < end && *p == '.')
			p++;
		else
			id.thread = -1;
	}
	if (id.thread != -1 && !parse_number(&p, end, &id.thread))
		return false;
	*position = p;
	*ret = id;
	return true;
}

static int format_number(int64_t value, char *ret, size_t size)
{
	if (value < 0)
		return snprintf(ret, size, "-%" PRIx64, -(uint64_t)value);
	return snprintf(ret, size, "%" PRIx64, (uint64_t)value);
}

void sonde_gdb_thread_id_format(const struct sonde_gdb_thread_id *id, char *ret)
{
	size_t size = SONDE_GDB_THREAD_ID_TEXT;
	int used = 0;

	if (id->has_process) {
		ret[used++] = 'p';
		used += format_number(id->process, ret + used, size - (size_t)used);
		ret[used++] = '.';
	}
	format_number(id->thread, ret + used, size - (size_t)used);
}

void sonde_gdb_thread_ids_deinit(struct sonde_gdb_thread_ids *ids)
{
	free(ids->list);
	*ids = (struct sonde_gdb_thread_ids){0};
}

static struct sonde_error *add(
	struct sonde_gdb_thread_ids *ids, const struct sonde_gdb_thread_id *id)
{
	if (ids->count == SONDE_GDB_THREADS_MAX)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"the stub lists more than %d threads", SONDE_GDB_THREADS_MAX);
	if (ids->count == ids->capacity) {
		size_t capacity = ids->capacity ? 2 * ids->capacity : 16;
		void *list = realloc(ids->list, capacity * sizeof(*ids->list));

		if (!list)
			return sonde_error_no_memory();
		ids->list = list;
		ids->capacity = capacity;
	}
	ids->list[ids->count++] = *id;
	return NULL;
}

struct sonde_error *sonde_gdb_thread_ids_add(
	struct sonde_gdb_thread_ids *ids, const char *reply, size_t length, bool *last)
{
	const char *p = reply, *end = reply + length;

	*last = true;
	if (!length || *p == 'l')
		return NULL;
	if (*p++ != 'm')
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "the list of threads cannot be read");
	*last = false;
	while (p < end) {
		struct sonde_gdb_thread_id id;

		if (*p == ',') {
			p++;
			continue;
		}
		if (*p == 'l') {
			*last = true;
			return NULL;
		}
		if (!sonde_gdb_thread_id_parse(&p, end, &id))
			return sonde_error_create(SONDE_ERROR_BAD_DATA,
				"the list of threads cannot be read");
		CHECK(add(ids, &id));
	}
	return NULL;
}
