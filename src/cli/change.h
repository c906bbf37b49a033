/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has changed in watched memory, by its type. */
#ifndef SONDE_CLI_CHANGE_H
#define SONDE_CLI_CHANGE_H

#include "output.h"

/**
 * For people: the values as C writes them on a line; of structures and arrays the members
 * that differ, "refs.counter = 1". NULL: could not be read. The caller frees both. And
 * for programs, in @p ret_changed, which the caller puts: an array of objects with
 * member, old and new; NULL: the value has no parts.
 */
void cli_describe_change(struct cli *cli, const struct sonde_value *before,
	const struct sonde_value *now, char **ret_before, char **ret_now,
	struct json_object **ret_changed);

#endif
