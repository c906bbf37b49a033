/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "scalar_type.h"
#include "type_bits.h"

enum {
	/** 64 bits that begin within a byte. */
	BYTES_MAX = 9,
};

static struct sonde_error *check(const struct sonde_bits *bits, unsigned *ret_bits)
{
	uint64_t bytes = bits->bytes;

	if (bits->size) {
		if (bits->size > 64 || bits->offset > 7)
			return sonde_error_create(SONDE_ERROR_BAD_DATA,
				"a bit-field of %u bits is not possible", bits->size);
		*ret_bits = bits->size;
		return NULL;
	}
	if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"an integer of %" PRIu64 " bytes cannot be read", bytes);
	*ret_bits = (unsigned)bytes * 8;
	return NULL;
}

/* Where bit @p i of the integer, counted from its lowest, lies. */
static void place_of(const struct sonde_bits *bits, unsigned width, unsigned i,
	unsigned *ret_byte, unsigned *ret_bit)
{
	unsigned position = bits->offset + (bits->big_endian ? width - 1 - i : i);

	*ret_byte = position / 8;
	*ret_bit = bits->big_endian ? 7 - position % 8 : position % 8;
}

static uint64_t assemble(
	const struct sonde_bits *bits, unsigned width, const uint8_t *bytes)
{
	uint64_t integer = 0;

	/* What nearly all are. */
	if (!bits->size && !bits->big_endian) {
		for (unsigned i = 0; i < width / 8; i++)
			integer |= (uint64_t)bytes[i] << 8 * i;
		return sonde_integer_extend(integer, width, bits->is_signed);
	}
	for (unsigned i = 0; i < width; i++) {
		unsigned byte, bit;

		place_of(bits, width, i, &byte, &bit);
		integer |= (uint64_t)(bytes[byte] >> bit & 1) << i;
	}
	return sonde_integer_extend(integer, width, bits->is_signed);
}

uint64_t sonde_bits_get(const struct sonde_bits *bits, const uint8_t *bytes)
{
	unsigned width = 0;
	struct sonde_error *error = check(bits, &width);

	if (!error)
		return assemble(bits, width, bytes);
	sonde_error_destroy(error);
	return 0;
}

struct sonde_error *sonde_bits_read(const struct sonde_bits *bits,
	struct sonde_space *space, uint64_t address, uint64_t *ret)
{
	uint8_t bytes[BYTES_MAX] = {0};
	unsigned width = 0;

	CHECK(check(bits, &width));
	CHECK(sonde_space_read(space, address, bytes, (bits->offset + width + 7) / 8));
	*ret = assemble(bits, width, bytes);
	return NULL;
}

struct sonde_error *sonde_bits_write(const struct sonde_bits *bits,
	struct sonde_space *space, uint64_t address, uint64_t integer)
{
	uint8_t bytes[BYTES_MAX] = {0};
	unsigned width = 0;
	size_t length;

	CHECK(check(bits, &width));
	length = (bits->offset + width + 7) / 8;
	if (bits->size)
		CHECK(sonde_space_read(space, address, bytes, length));
	for (unsigned i = 0; i < width; i++) {
		unsigned byte, bit;

		place_of(bits, width, i, &byte, &bit);
		bytes[byte] = (uint8_t)((bytes[byte] & ~(1u << bit)) |
					(unsigned)(integer >> i & 1) << bit);
	}
	return sonde_space_write(space, address, bytes, length);
}
