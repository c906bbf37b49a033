/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What watched memory held, and holds: at a hit of a probe that watches it. */
#ifndef SONDE_CHANGE_H
#define SONDE_CHANGE_H

#include <sonde/probe.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What watched memory held when it was looked at last, and what it holds. */
struct sonde_probe_change {
	uint64_t address;
	size_t length;
	/** NULL: it could not be read. They live as long as the hit. */
	const uint8_t *before, *now;
};

/** SONDE_ERROR_INVALID: nothing is watched here. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probe_hit_change(
	struct sonde_probe_hit *hit, struct sonde_probe_change *ret);

/**
 * As sonde_probe_hit_change(), as values of @p type; NULL: of the type that
 * sonde_probe_options.place has. What is made of parts has its parts read from what was
 * there at that time; pointers lead to what is there now. *@p has_before, *@p has_now:
 * it could be read. They live as long as the hit. SONDE_ERROR_INVALID: nothing is watched
 * here, no type is known, or it is larger than what is watched.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_probe_hit_change_values(
	struct sonde_probe_hit *hit, const struct sonde_type *type, bool *has_before,
	struct sonde_value *before, bool *has_now, struct sonde_value *now);

#ifdef __cplusplus
}
#endif

#endif
