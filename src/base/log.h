/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One callback takes all that the library has to say; without one, nothing is formatted.
 */
#ifndef SONDE_BASE_LOG_H
#define SONDE_BASE_LOG_H

#include <sonde/context.h>
#include "macros.h"

struct sonde_log {
	void (*callback)(void *user, enum sonde_log_level level, const char *message);
	void *user;
	enum sonde_log_level level;
};

static inline bool sonde_log_wants(
	const struct sonde_log *log, enum sonde_log_level level)
{
	return log->callback && level <= log->level;
}

void sonde_log(const struct sonde_log *log, enum sonde_log_level level,
	const char *format, ...) PRINTF(3, 4);

#endif
