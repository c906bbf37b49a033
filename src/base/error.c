/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Errors are allocated; when that fails, or adding words to one fails, what is
 * already there is kept: an error never turns into success.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SONDE_ERROR_IMPLEMENTATION
#include "error.h"

struct sonde_error {
	enum sonde_error_kind kind;
	uint64_t address;
	char *what;
	char *why;
	char *hint;
};

static struct sonde_error no_memory_error = {.kind = SONDE_ERROR_NO_MEMORY};

struct sonde_error *sonde_error_no_memory(void)
{
	return &no_memory_error;
}

struct sonde_error *sonde_error_create(
	enum sonde_error_kind kind, const char *why_format, ...)
{
	struct sonde_error *error = calloc(1, sizeof(*error));
	va_list arguments;

	if (!error)
		return sonde_error_no_memory();
	error->kind = kind;
	va_start(arguments, why_format);
	if (vasprintf(&error->why, why_format, arguments) < 0)
		error->why = NULL;
	va_end(arguments);
	return error;
}

struct sonde_error *sonde_error_system(int number)
{
	enum sonde_error_kind kind = SONDE_ERROR_IO;

	if (number == ENOMEM)
		return sonde_error_no_memory();
	if (number == EACCES || number == EPERM)
		kind = SONDE_ERROR_PERMISSION;
	return sonde_error_create(kind, "%s", strerrordesc_np(number) ?: "unknown error");
}

struct sonde_error *sonde_error_fault(uint64_t address, const char *why)
{
	struct sonde_error *error = sonde_error_create(SONDE_ERROR_FAULT,
		"%s at 0x%" PRIx64, why ? why : "no memory can be accessed", address);

	if (error != &no_memory_error)
		error->address = address;
	return error;
}

struct sonde_error *sonde_error_while(
	struct sonde_error *error, const char *what_format, ...)
{
	char *context, *joined;
	va_list arguments;
	int length;

	if (!error || error == &no_memory_error)
		return error;
	va_start(arguments, what_format);
	length = vasprintf(&context, what_format, arguments);
	va_end(arguments);
	if (length < 0)
		return error;
	if (!error->what) {
		error->what = context;
		return error;
	}
	if (asprintf(&joined, "%s: %s", context, error->what) >= 0) {
		free(error->what);
		error->what = joined;
	}
	free(context);
	return error;
}

struct sonde_error *sonde_error_suggest(
	struct sonde_error *error, const char *hint_format, ...)
{
	va_list arguments;

	if (!error || error == &no_memory_error || error->hint)
		return error;
	va_start(arguments, hint_format);
	if (vasprintf(&error->hint, hint_format, arguments) < 0)
		error->hint = NULL;
	va_end(arguments);
	return error;
}

struct sonde_error *sonde_error_first(
	struct sonde_error *first, struct sonde_error *second)
{
	if (!first)
		return second;
	sonde_error_destroy(second);
	return first;
}

enum sonde_error_kind sonde_error_kind(const struct sonde_error *error)
{
	return error->kind;
}

const char *sonde_error_kind_name(enum sonde_error_kind kind)
{
	static const char *const names[] = {
		[SONDE_ERROR_NO_MEMORY] = "no memory",
		[SONDE_ERROR_FAULT] = "fault",
		[SONDE_ERROR_NOT_FOUND] = "not found",
		[SONDE_ERROR_UNSUPPORTED] = "unsupported",
		[SONDE_ERROR_PROTOCOL] = "protocol",
		[SONDE_ERROR_IO] = "i/o",
		[SONDE_ERROR_BAD_DATA] = "bad data",
		[SONDE_ERROR_PERMISSION] = "permission",
		[SONDE_ERROR_INTERRUPTED] = "interrupted",
		[SONDE_ERROR_TIMEOUT] = "timeout",
		[SONDE_ERROR_BUSY] = "busy",
		[SONDE_ERROR_INVALID] = "invalid",
		[SONDE_ERROR_RUNNING] = "running",
	};

	return (unsigned)kind < ARRAY_SIZE(names) ? names[kind] : "unknown";
}

const char *sonde_error_what(const struct sonde_error *error)
{
	return error->what ? error->what : "";
}

const char *sonde_error_why(const struct sonde_error *error)
{
	return error->why ? error->why : sonde_error_kind_name(error->kind);
}

const char *sonde_error_hint(const struct sonde_error *error)
{
	return error->hint;
}

uint64_t sonde_error_address(const struct sonde_error *error)
{
	return error->address;
}

void sonde_error_destroy(struct sonde_error *error)
{
	if (!error || error == &no_memory_error)
		return;
	free(error->what);
	free(error->why);
	free(error->hint);
	free(error);
}
