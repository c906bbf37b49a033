/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The texts of a list of tasks: as many as come, in large pieces that stay. */
#include <string.h>

#include <stdlib.h>
#include "error.h"
#include "task_list.h"

enum {
	PIECE_BYTES = 32 << 10,
	/** Of all texts of a list: more is a guest that wants to fill our memory. */
	BYTES_MAX = 64 << 20,
};

struct sonde_linux_task_texts {
	struct sonde_linux_task_texts *next;
	size_t used;
	char bytes[PIECE_BYTES];
};

struct sonde_error *sonde_linux_task_keep(
	struct sonde_tasks *tasks, const char *bytes, size_t length, const char **ret)
{
	struct sonde_linux_task_texts *texts = tasks->texts;

	*ret = NULL;
	if (length >= PIECE_BYTES || tasks->text_bytes > BYTES_MAX) {
		tasks->incomplete = "their texts are longer than any system's";
		return NULL;
	}
	if (!texts || PIECE_BYTES - texts->used <= length) {
		texts = malloc(sizeof(*texts));
		if (!texts)
			return sonde_error_no_memory();
		texts->used = 0;
		texts->next = tasks->texts;
		tasks->texts = texts;
	}
	*ret = memcpy(texts->bytes + texts->used, bytes, length);
	texts->bytes[texts->used + length] = '\0';
	texts->used += length + 1;
	tasks->text_bytes += length + 1;
	return NULL;
}

void sonde_linux_task_texts_destroy(struct sonde_tasks *tasks)
{
	while (tasks->texts) {
		struct sonde_linux_task_texts *texts = tasks->texts;

		tasks->texts = texts->next;
		free(texts);
	}
}
