/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Replies to qfThreadInfo and qsThreadInfo, one a line. */
#include <stdlib.h>
#include <string.h>

#include "thread_id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read can be written, and read again. */
static void check(const struct sonde_gdb_thread_id *id)
{
	struct sonde_gdb_thread_id again;
	char text[SONDE_GDB_THREAD_ID_TEXT];
	const char *p = text;

	sonde_gdb_thread_id_format(id, text);
	if (!sonde_gdb_thread_id_parse(&p, text + strlen(text), &again) || *p)
		abort();
	if (!sonde_gdb_thread_id_equal(id, &again) || id->process != again.process)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sonde_gdb_thread_ids ids = {0};
	struct sonde_error *error = NULL;
	bool last = false;

	while (size && !last && !error) {
		const uint8_t *stop = memchr(data, '\n', size);
		size_t length = stop ? (size_t)(stop - data) : size;
		char *copy = malloc(length ? length : 1);

		memcpy(copy, data, length);
		error = sonde_gdb_thread_ids_add(&ids, copy, length, &last);
		free(copy);
		length += stop != NULL;
		data += length;
		size -= length;
	}
	for (size_t i = 0; i < ids.count; i++)
		check(&ids.list[i]);
	if (ids.count > SONDE_GDB_THREADS_MAX)
		abort();
	sonde_error_destroy(error);
	sonde_gdb_thread_ids_deinit(&ids);
	return 0;
}
