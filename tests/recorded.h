/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What real programs have printed, kept as seeds for the fuzzers. */
#ifndef TESTS_RECORDED_H
#define TESTS_RECORDED_H

#include <stdio.h>

#include "wire_check.h"

/** All of @p path, from the top of the sources, with a NUL behind it. The caller frees.
 */
static inline char *recorded(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = calloc(1, 1 << 16);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
	fclose(file);
	return text;
}

#endif
