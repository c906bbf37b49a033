/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes BTF, a record after the other: each function returns the number of the type
 * that it adds. What is wrong is put together by hand, after sonde_btf_finish().
 */
#ifndef SONDE_TESTS_BTF_BUILDER_H
#define SONDE_TESTS_BTF_BUILDER_H

#include "buffer.h"

struct btf_builder {
	struct sonde_buffer records, strings, out;
	/** The number of the type that is added next. */
	uint32_t next;
	/** Where strings begin, those of a base before them. */
	uint32_t strings_first;
	/** The other byte order than ours. */
	bool swapped;
};

struct btf_part {
	const char *name;
	uint32_t type;
	/** In bits. */
	uint32_t offset;
	uint32_t bit_size;
	/** Of enumerators. */
	int64_t value;
};

enum {
	BTF_SIGNED = 1,
	BTF_CHAR = 2,
	BTF_BOOL = 4,
	BTF_MAX_PARTS = 64,
};

/** An empty one; @p base is NULL, or what this one stands on. */
void btf_begin(struct btf_builder *btf, const struct btf_builder *base);

void btf_end(struct btf_builder *btf);

/** All of it, in @p btf->out. */
void btf_finish(struct btf_builder *btf);

/** Any record: @p extra words follow the first three. */
uint32_t btf_add(struct btf_builder *btf, const char *name, uint32_t info, uint32_t word,
	const uint32_t *extra, size_t extra_count);

uint32_t btf_integer(
	struct btf_builder *btf, const char *name, unsigned bytes, unsigned encoding);
uint32_t btf_pointer(struct btf_builder *btf, uint32_t target);
uint32_t btf_array(struct btf_builder *btf, uint32_t element, uint32_t count);
uint32_t btf_typedef(struct btf_builder *btf, const char *name, uint32_t target);
uint32_t btf_const(struct btf_builder *btf, uint32_t target);
uint32_t btf_volatile(struct btf_builder *btf, uint32_t target);
/** @p parts end with one whose name is NULL. Bit-fields are written by kind_flag. */
uint32_t btf_struct(struct btf_builder *btf, const char *name, unsigned bytes,
	const struct btf_part *parts);
uint32_t btf_union(struct btf_builder *btf, const char *name, unsigned bytes,
	const struct btf_part *parts);
uint32_t btf_enum(struct btf_builder *btf, const char *name, unsigned bytes,
	bool is_signed, const struct btf_part *parts);
uint32_t btf_enum64(struct btf_builder *btf, const char *name, bool is_signed,
	const struct btf_part *parts);
uint32_t btf_forward(struct btf_builder *btf, const char *name, bool is_union);
uint32_t btf_prototype(
	struct btf_builder *btf, uint32_t result, const struct btf_part *parts);
uint32_t btf_function(struct btf_builder *btf, const char *name, uint32_t prototype);
uint32_t btf_variable(struct btf_builder *btf, const char *name, uint32_t type);

#endif
