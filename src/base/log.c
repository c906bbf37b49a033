/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>

#include "log.h"

void sonde_log(
	const struct sonde_log *log, enum sonde_log_level level, const char *format, ...)
{
	char message[1024];
	va_list arguments;

	if (!sonde_log_wants(log, level))
		return;
	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	log->callback(log->user, level, message);
}
