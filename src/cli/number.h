/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers in options, bytes in hex, and expressions: what users write for values. */
#ifndef SONDE_CLI_NUMBER_H
#define SONDE_CLI_NUMBER_H

#include "cli.h"

/** A whole number, decimal or 0x hex, and nothing else. */
bool cli_parse_number(const char *text, uint64_t *ret);

/** Appends the bytes that hex digits in @p text stand for; spaces may be between. */
bool cli_parse_hex(const char *text, uint8_t *bytes, size_t capacity, size_t *length);

/** Whether @p text is an expression at all: CLI_USAGE, reported, if not. */
int cli_check_expression(struct cli *cli, const char *text);

/** What @p text means on @p thread; NULL: on the one that stopped last. */
struct sonde_error *cli_evaluate(struct cli *cli, const char *text,
	struct sonde_thread *thread, struct sonde_value *ret);

/** A length: an expression, with K, M or G behind it if need be. */
int cli_check_length(struct cli *cli, const char *text);
int cli_evaluate_length(
	struct cli *cli, const char *text, struct sonde_thread *thread, uint64_t *ret);

/** The value's own bits: a negative int is 0xffffffff. */
uint64_t cli_value_bits(const struct sonde_value *value);

#endif
