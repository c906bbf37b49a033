/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Registers are described by the target, not by this library: which there are,
 * how wide, in which group. Values are byte strings with the least significant
 * byte first, whatever the byte order of the target.
 */
#ifndef SONDE_REGISTER_H
#define SONDE_REGISTER_H

#include <sonde/error.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	/** No register of a supported target is wider (bytes). */
	SONDE_REGISTER_MAX_BYTES = 256,
};

struct sonde_register {
	const char *name;
	/** "general", "system", "float", "vector", or the target description's own word.
	 */
	const char *group;
	/** Width; a value has (bits + 7) / 8 bytes. */
	unsigned bits;
	/** The place in the target's table, from 0. */
	unsigned index;
};

struct sonde_register_value {
	uint8_t bytes[SONDE_REGISTER_MAX_BYTES];
	unsigned bits;
	/** False where the target knows the register but not its value. */
	bool available;
};

/** The lowest 64 bits. */
SONDE_PUBLIC uint64_t sonde_register_value_integer(
	const struct sonde_register_value *value);

/** Fills @p ret with the integer, extended with zeros to @p bits. */
SONDE_PUBLIC void sonde_register_value_set_integer(
	struct sonde_register_value *ret, uint64_t integer, unsigned bits);

#ifdef __cplusplus
}
#endif

#endif
