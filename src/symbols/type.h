/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What <sonde/type.h> promises, as the library sees it: sources of types are tables of
 * functions over numbered records (BTF, C's built-in types), and everything that
 * follows references from one record to another is in type*.c, once, with its bounds.
 *
 * A handle is only made of a number that is in range, so that what describes it need
 * not fail.
 */
#ifndef SONDE_SYMBOLS_TYPE_H
#define SONDE_SYMBOLS_TYPE_H

#include <sonde/type.h>

#include "closest.h"
#include "error.h"
#include "scalar_type.h"

enum {
	/** Typedefs, qualifiers, dimensions, pointers in a row. */
	SONDE_TYPE_CHAIN_MAX = 64,
	/** How deep anonymous structures may nest. */
	SONDE_TYPE_NESTING_MAX = 16,
	/** How many members one lookup looks at. */
	SONDE_TYPE_VISITS_MAX = 1 << 15,
	/** Room for a type's name in errors; longer ones are cut. */
	SONDE_TYPE_NAME_BYTES = 128,
	/** Numbers of builtin types are values of enum sonde_scalar; this one follows. */
	SONDE_TYPE_BUILTINS = SONDE_SCALAR_UNSIGNED_LONG_LONG + 1,
};

/** What a name may name; tags and names are apart in C. */
enum sonde_type_space {
	SONDE_TYPE_NAMES,
	SONDE_TYPE_STRUCTS,
	SONDE_TYPE_UNIONS,
	SONDE_TYPE_ENUMS,
	/** Their type is the variable's. */
	SONDE_TYPE_VARIABLES,
	/** Their type is the function's. */
	SONDE_TYPE_FUNCTIONS,
	/** Records that only others need. */
	SONDE_TYPE_NOWHERE,
};

/** A type by itself, references as numbers. */
struct sonde_type_record {
	enum sonde_type_kind kind;
	enum sonde_type_space space;
	/** "": none. */
	const char *name;
	/** Where the kind has it: target, elements, what is returned, a variable's type.
	 */
	uint32_t target;
	/** Of what has a size of its own; in bytes. */
	uint64_t bytes;
	/** As sonde_type_count(). */
	uint64_t count;
	bool is_signed;
	bool is_variadic;
	/** An incomplete type that is a union. */
	bool is_union;
	/** An integer that is a part of its @ref bytes, as old BTF has bit-fields. */
	unsigned bit_offset, bit_size;
};

/** A member, an enumerator or a parameter. */
struct sonde_type_part {
	const char *name;
	uint32_t target;
	uint64_t bit_offset;
	unsigned bit_size;
	uint64_t value;
};

struct sonde_types_ops {
	/** Mandatory. @p id is in range, and of this source, not of its base. */
	void (*describe)(const struct sonde_types *types, uint32_t id,
		struct sonde_type_record *ret);
	/** Mandatory. @p index is below the count of @p id. */
	struct sonde_error *(*part)(const struct sonde_types *types, uint32_t id,
		uint64_t index, struct sonde_type_part *ret);
	/** Mandatory. A record of this source alone; @p ret 0: there is none. */
	struct sonde_error *(*find)(const struct sonde_types *types,
		enum sonde_type_space space, const char *name, size_t length,
		uint32_t *ret);
	/**
	 * Optional: the number of an enumeration of this source that has the enumerator;
	 * @p ret 0: none has. Absent, all records from first to count are looked at.
	 */
	struct sonde_error *(*enumeration)(
		const struct sonde_types *types, const char *enumerator, uint32_t *ret);
	/** Optional: offers the names of @p space to @p closest. Absent, as above. */
	void (*offer)(const struct sonde_types *types, enum sonde_type_space space,
		struct sonde_closest *closest);
	/**
	 * Optional: what the incomplete type @p id is elsewhere, in this source or in
	 * another; @p found false: nobody knows.
	 */
	struct sonde_error *(*complete)(const struct sonde_types *types, uint32_t id,
		bool *found, struct sonde_type *ret);
	/** Optional. */
	void (*destroy)(struct sonde_types *types);
};

struct sonde_types {
	const struct sonde_types_ops *ops;
	/** Lower numbers are types of this one. NULL: there are none. Borrowed. */
	const struct sonde_types *base;
	uint32_t first;
	/** One more than the highest number. */
	uint32_t count;
	/** sizeof(void *): 4 or 8. */
	unsigned pointer_bytes;
	bool big_endian;
};

/** C's built-in types, whose numbers are those of enum sonde_scalar. */
const struct sonde_types *sonde_types_builtin(unsigned pointer_bytes);

/** NULL is allowed. */
void sonde_types_destroy(struct sonde_types *types);

/** The type with number @p id; SONDE_ERROR_BAD_DATA where there is none. */
SONDE_NODISCARD struct sonde_error *sonde_type_make(
	const struct sonde_types *types, uint64_t id, struct sonde_type *ret);

/** Needs no pointers and count of @p type, which are not described by a record. */
void sonde_type_describe(struct sonde_type type, struct sonde_type_record *ret);

/** What is called @p name, without stars and words before it; false: nothing is. */
SONDE_NODISCARD struct sonde_error *sonde_types_look_up(const struct sonde_types *types,
	enum sonde_type_space space, const char *name, size_t length, bool *found,
	struct sonde_type *ret);

/** As sonde_types_find(), without a name that is close: for what may well be missing,
 * since looking through all names takes long. */
SONDE_NODISCARD struct sonde_error *sonde_types_find_plainly(
	const struct sonde_types *types, const char *name, struct sonde_type *ret);

/** The value of an enumerator of any enumeration, and which it is. */
SONDE_NODISCARD struct sonde_error *sonde_types_find_enumerator(
	const struct sonde_types *types, const char *name, bool *found,
	struct sonde_type *ret_type, uint64_t *ret);

/** Whether values of the one are values of the other, as C's compatible types. */
bool sonde_type_same(struct sonde_type a, struct sonde_type b);

/**
 * Writes a declaration of @p name, which may be "", cut where it does not fit.
 */
void sonde_type_declare(
	struct sonde_type type, const char *name, char *ret, size_t bytes);

static inline bool sonde_type_is(struct sonde_type type, enum sonde_type_kind kind)
{
	return sonde_type_kind(type) == kind;
}

#endif
