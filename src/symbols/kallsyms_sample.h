/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the tables of kallsyms may be, by samples: for memory that takes minutes to be
 * searched, such as that behind a serial line. The offsets are the largest table of
 * numbers that rise (or fall) all the way, so a few bytes of each page tell it; the
 * tokens lie right before it, or behind the names that follow it: see
 * kallsyms_locate.c.
 */
#ifndef SONDE_SYMBOLS_KALLSYMS_SAMPLE_H
#define SONDE_SYMBOLS_KALLSYMS_SAMPLE_H

#include "kallsyms.h"

enum {
	/** Tables of addresses that a kernel has, with those of its unwinder. */
	SONDE_KALLSYMS_SAMPLE_RANGES = 16,
};

/** Both included. */
struct sonde_kallsyms_range {
	uint64_t first, last;
};

/**
 * Where tokens may be, in the order in which it is best looked there. Returns how many
 * ranges of @p ret were filled in, in *@p count; 0: nothing is like such a table.
 */
SONDE_NODISCARD struct sonde_error *sonde_kallsyms_sample(struct sonde_space *space,
	const struct sonde_kallsyms_place *place,
	struct sonde_kallsyms_range ret[SONDE_KALLSYMS_SAMPLE_RANGES], unsigned *count);

#endif
