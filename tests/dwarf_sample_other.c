/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The other unit of the sample: what that has but the names of. */
#define SAMPLE_KNOWS_OPAQUE
#include "dwarf_sample.h"

static int sample_static = 5;
int sample_table[6] = {1, 2};
struct sample_opaque sample_opaque = {.secret = 1};

__attribute__((noinline)) int sample_other(
	struct sample_opaque *opaque, const char *text, ...)
{
	sample_static += sample_from_header(*text);
	return opaque->secret + sample_static + sample_opaque.secret > 0;
}
