/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bytes that grow. A zeroed structure is an empty buffer. */
#ifndef SONDE_BASE_BUFFER_H
#define SONDE_BASE_BUFFER_H

#include <stddef.h>

#include "error.h"

struct sonde_buffer {
	uint8_t *data;
	size_t length;
	size_t capacity;
};

/** Frees the contents; the buffer is empty afterwards. */
void sonde_buffer_deinit(struct sonde_buffer *buffer);

/** Makes room for @p more bytes behind the end. */
SONDE_NODISCARD struct sonde_error *sonde_buffer_reserve(
	struct sonde_buffer *buffer, size_t more);

SONDE_NODISCARD struct sonde_error *sonde_buffer_append(
	struct sonde_buffer *buffer, const void *data, size_t length);

/** Appends text; a NUL byte stands behind the end and is not counted. */
SONDE_NODISCARD struct sonde_error *sonde_buffer_append_format(
	struct sonde_buffer *buffer, const char *format, ...) PRINTF(2, 3);

/** Forgets the first @p length bytes. */
void sonde_buffer_consume(struct sonde_buffer *buffer, size_t length);

#endif
