/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "stop_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(
	const struct sonde_gdb_stop_reply *reply, const char *text, size_t length)
{
	char id[SONDE_GDB_THREAD_ID_TEXT];

	if (reply->expedited_count > SONDE_GDB_EXPEDITED_MAX)
		abort();
	for (size_t i = 0; i < reply->expedited_count; i++) {
		const struct sonde_gdb_expedited *one = &reply->expedited[i];

		if (one->hex < text || one->hex_length > length ||
			one->hex + one->hex_length > text + length)
			abort();
	}
	if (reply->has_thread) {
		sonde_gdb_thread_id_format(&reply->thread, id);
		if (strlen(id) >= sizeof(id))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sonde_gdb_stop_reply reply;
	struct sonde_error *error;
	/* Of exactly this size, so that reading past the end is noticed. */
	char *text = malloc(size ? size : 1);

	if (size)
		memcpy(text, data, size);
	error = sonde_gdb_stop_reply_parse(text, size, &reply);
	if (!error)
		check(&reply, text, size);
	sonde_error_destroy(error);
	free(text);
	return 0;
}
