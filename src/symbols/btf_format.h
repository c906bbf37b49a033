/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What btf.c, which takes BTF in, and btf_index.c, which finds names, share. */
#ifndef SONDE_SYMBOLS_BTF_FORMAT_H
#define SONDE_SYMBOLS_BTF_FORMAT_H

#include <string.h>

#include "btf.h"

enum {
	/** Of a name; the kernel takes no longer ones. */
	SONDE_BTF_NAME_MAX = 511,
};

/**
 * Names to numbers: open addressing, a power of two of slots. A slot has a type's
 * number in its low half, 0 if it is free, and a hash of the name in its high half.
 */
struct sonde_btf_index {
	/** Owned; NULL: not made yet. */
	uint64_t *slots;
	uint32_t mask;
};

struct sonde_btf {
	struct sonde_types types;
	/** Owned: all of it. */
	uint8_t *data;
	size_t bytes;
	/** Above 0: it is a mapping of so many bytes. */
	size_t mapped;
	/** The section of types. */
	const uint8_t *records;
	uint32_t records_bytes;
	const char *strings;
	uint32_t strings_bytes;
	/** Of all bases together: lower offsets are theirs. */
	uint32_t strings_first;
	/** Where the record of each type begins, types.first being number 0; owned. */
	uint32_t *offsets;
	/** Records that have a name other than functions, and functions. */
	uint32_t named_count, function_count;
	/** Made when somebody first asks: of names, and of functions. */
	struct sonde_btf_index names, functions;
	/** The other byte order than ours. */
	bool swapped;
};

static inline uint32_t sonde_btf_u32(const struct sonde_btf *btf, const uint8_t *place)
{
	uint32_t word;

	memcpy(&word, place, sizeof(word));
	return btf->swapped ? __builtin_bswap32(word) : word;
}

/** "" for an offset that is not in range. */
const char *sonde_btf_string(const struct sonde_btf *btf, uint32_t offset);

/** Where the name of type @p id is looked for; @p ret_name: "" if it has none. */
enum sonde_type_space sonde_btf_space(
	const struct sonde_btf *btf, uint32_t id, const char **ret_name);

/** As the find() of struct sonde_types_ops. */
SONDE_NODISCARD struct sonde_error *sonde_btf_find(const struct sonde_types *types,
	enum sonde_type_space space, const char *name, size_t length, uint32_t *ret);

#endif
