/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buffer.h"

void sonde_buffer_deinit(struct sonde_buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct sonde_buffer){0};
}

struct sonde_error *sonde_buffer_reserve(struct sonde_buffer *buffer, size_t more)
{
	size_t capacity = buffer->capacity ? buffer->capacity : 256;
	uint8_t *data;

	if (buffer->capacity - buffer->length >= more)
		return NULL;
	while (capacity - buffer->length < more) {
		if (capacity > SIZE_MAX / 2)
			return sonde_error_no_memory();
		capacity *= 2;
	}
	data = realloc(buffer->data, capacity);
	if (!data)
		return sonde_error_no_memory();
	buffer->data = data;
	buffer->capacity = capacity;
	return NULL;
}

struct sonde_error *sonde_buffer_append(
	struct sonde_buffer *buffer, const void *data, size_t length)
{
	CHECK(sonde_buffer_reserve(buffer, length));
	if (length)
		memcpy(buffer->data + buffer->length, data, length);
	buffer->length += length;
	return NULL;
}

struct sonde_error *sonde_buffer_append_format(
	struct sonde_buffer *buffer, const char *format, ...)
{
	va_list arguments, again;
	int length;

	va_start(arguments, format);
	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	struct sonde_error *error =
		length < 0 ? sonde_error_no_memory()
			   : sonde_buffer_reserve(buffer, (size_t)length + 1);
	if (!error) {
		vsnprintf((char *)buffer->data + buffer->length, (size_t)length + 1,
			format, again);
		buffer->length += (size_t)length;
	}
	va_end(again);
	return error;
}

void sonde_buffer_consume(struct sonde_buffer *buffer, size_t length)
{
	buffer->length -= length;
	memmove(buffer->data, buffer->data + length, buffer->length);
}
