/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The members that somebody needs of a target's structures, by a table: where each
 * lies is looked up once, by name, and what is missing has its name in the error.
 *
 *	struct fields {
 *		struct sonde_field state, pid, pgd;
 *	};
 *
 *	static const struct sonde_field_wish wishes[] = {
 *		{"struct task_struct", "__state|state", offsetof(struct fields, state)},
 *		{"struct task_struct", "pid", offsetof(struct fields, pid)},
 *		{"struct mm_struct", "pgd", offsetof(struct fields, pgd), true},
 *	};
 *
 *	CHECK(sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), &fields));
 *	CHECK(sonde_field_read(&fields.pid, space, task, &pid));
 */
#ifndef SONDE_SYMBOLS_TYPE_FIELDS_H
#define SONDE_SYMBOLS_TYPE_FIELDS_H

#include <sonde/space.h>

#include "type.h"

struct sonde_field {
	/** False only for a wish that was optional. */
	bool present;
	bool is_signed;
	bool big_endian;
	/** 0: no bit-field. The bits are counted from @ref offset. */
	uint8_t bit_size, bit_offset;
	/** In bytes, from the beginning of the structure. */
	uint64_t offset;
	/** In bytes; 0: the type has no size. */
	uint64_t bytes;
	struct sonde_type type;
};

struct sonde_field_wish {
	/** As sonde_types_find() takes it; alternatives are separated by '|'. */
	const char *type;
	/** As sonde_type_find_member() takes it; NULL: the type itself, for its size. */
	const char *member;
	/** Where its struct sonde_field lies in what is filled in. */
	size_t place;
	/** Its lack is no error. */
	bool optional;
};

/**
 * Fills in a struct sonde_field within @p ret for each wish; on failure @p ret is
 * untouched in part. SONDE_ERROR_NOT_FOUND names the type and the member.
 */
SONDE_NODISCARD struct sonde_error *sonde_fields_resolve(const struct sonde_types *types,
	const struct sonde_field_wish *wishes, size_t count, void *ret);

/**
 * The integer or pointer that @p field is in the structure at @p address, extended by
 * its sign. SONDE_ERROR_INVALID: it has no 1, 2, 4 or 8 bytes.
 */
SONDE_NODISCARD struct sonde_error *sonde_field_read(const struct sonde_field *field,
	struct sonde_space *space, uint64_t address, uint64_t *ret);

#endif
