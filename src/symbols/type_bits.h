/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Integers in memory, bit-fields included. Bits are counted as compilers lay them out:
 * on a little-endian machine from the lowest of the first byte, on a big-endian one
 * from the highest.
 */
#ifndef SONDE_SYMBOLS_TYPE_BITS_H
#define SONDE_SYMBOLS_TYPE_BITS_H

#include <sonde/space.h>

#include "error.h"

struct sonde_bits {
	/** From the address, below 8. */
	unsigned offset;
	/** 1..64; 0: no bit-field, but all of @ref bytes. */
	unsigned size;
	/** Of the integer that it is: 1, 2, 4, 8. */
	uint64_t bytes;
	bool is_signed;
	bool big_endian;
};

/** Of the bytes at hand that have all the bits; extended. 0: no integer is like that. */
uint64_t sonde_bits_get(const struct sonde_bits *bits, const uint8_t *bytes);

/** Reads the least bytes that have all the bits; the result is extended. */
SONDE_NODISCARD struct sonde_error *sonde_bits_read(const struct sonde_bits *bits,
	struct sonde_space *space, uint64_t address, uint64_t *ret);

/** Writes the same bytes, with the bits around them as they were read. */
SONDE_NODISCARD struct sonde_error *sonde_bits_write(const struct sonde_bits *bits,
	struct sonde_space *space, uint64_t address, uint64_t integer);

#endif
