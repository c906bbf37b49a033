/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SONDE_SYMBOLS_PARSER_H
#define SONDE_SYMBOLS_PARSER_H

#include "syntax.h"

/**
 * Makes a tree of @p text, which has @p length bytes and a NUL behind them. It may be
 * an assignment if @p assignments. The caller deinits @p ret.
 */
SONDE_NODISCARD struct sonde_error *sonde_parse(
	const char *text, size_t length, bool assignments, struct sonde_syntax_tree *ret);

#endif
