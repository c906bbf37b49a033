/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text that others wrote, made safe for terminals and for JSON. */
#ifndef SONDE_CLI_ESCAPE_H
#define SONDE_CLI_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * A copy with control and invalid bytes as \xHH. With @p guest a backslash is
 * doubled, so that the bytes can be told back. NULL: no memory. The caller frees.
 */
char *cli_escape(const char *text, size_t length, bool guest);

#endif
