/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Types and values, as people and as JSON have them. */
#ifndef SONDE_CLI_TYPED_H
#define SONDE_CLI_TYPED_H

#include "output.h"

/** Lines that have words of the guest's in them, made safe; a newline ends the last. */
void cli_print_lines(const char *text);

/** Of struct sonde_value_format: "schedule+0x10", by symbols; @p context: the target. */
void cli_name_address(void *context, uint64_t address, char *ret, size_t bytes);

/** As C writes it, or "?". The caller frees. NULL: no memory. */
char *cli_type_name(struct sonde_type type);

/**
 * Integers and booleans as they are, enumerators by name, addresses as "0x..", text as
 * strings, structures as objects with the members of anonymous ones among their own,
 * arrays as arrays. null: what cannot be read, or lies deeper than @p depth.
 */
struct json_object *cli_value_json(const struct sonde_value *value, unsigned depth);

#endif
