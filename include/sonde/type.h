/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * C types as a target's own description has them (BTF), and C's built-in ones. A type
 * is a small structure that is passed by value; it lives as long as the types that it
 * came from. What is described by a target is not believed: whatever makes no sense
 * is SONDE_ERROR_BAD_DATA, and nothing is followed for ever.
 */
#ifndef SONDE_TYPE_H
#define SONDE_TYPE_H

#include <sonde/target.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum sonde_type_kind {
	SONDE_TYPE_VOID,
	SONDE_TYPE_BOOL,
	SONDE_TYPE_INTEGER,
	SONDE_TYPE_FLOAT,
	SONDE_TYPE_POINTER,
	SONDE_TYPE_ARRAY,
	SONDE_TYPE_STRUCT,
	SONDE_TYPE_UNION,
	SONDE_TYPE_ENUM,
	/** A struct or union of which only the name is known. */
	SONDE_TYPE_INCOMPLETE,
	SONDE_TYPE_FUNCTION,
	SONDE_TYPE_TYPEDEF,
	SONDE_TYPE_CONST,
	SONDE_TYPE_VOLATILE,
	SONDE_TYPE_RESTRICT,
};

/** All types of one source, such as a kernel's, or those that a module adds. */
struct sonde_types;

/** To be passed by value; its fields are no business of its users. */
struct sonde_type {
	const struct sonde_types *types;
	uint32_t id;
	/** So many pointers to it. */
	uint32_t pointers;
	/** Above 0: an array of so many of that. */
	uint64_t count;
};

struct sonde_type_member {
	/** "": anonymous. Lives as long as the types. */
	const char *name;
	struct sonde_type type;
	/** From the beginning of the structure that was asked. */
	uint64_t bit_offset;
	/** Above 0: a bit-field. */
	unsigned bit_size;
};

struct sonde_type_enumerator {
	/** Lives as long as the types. */
	const char *name;
	/** Extended to 64 bits by its type's sign. */
	uint64_t value;
};

struct sonde_type_parameter {
	/** "": it has none. Lives as long as the types. */
	const char *name;
	struct sonde_type type;
};

SONDE_PUBLIC enum sonde_type_kind sonde_type_kind(struct sonde_type type);

/** "struct", "integer", .. Never freed. */
SONDE_PUBLIC const char *sonde_type_kind_name(enum sonde_type_kind kind);

/** Its tag or name without "struct"; "": anonymous. Lives as long as the types. */
SONDE_PUBLIC const char *sonde_type_tag(struct sonde_type type);

/** Whether it is an integer or an enumeration with negative values. */
SONDE_PUBLIC bool sonde_type_is_signed(struct sonde_type type);

/** The type without typedefs, const and their like. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_type_resolve(
	struct sonde_type type, struct sonde_type *ret);

/**
 * What a pointer points to, an array has elements of, a function returns, a typedef or
 * a qualifier stands before. SONDE_ERROR_INVALID: the type is none of these.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_type_target(
	struct sonde_type type, struct sonde_type *ret);

/** SONDE_ERROR_INVALID where there are too many pointers already. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_type_pointer_to(
	struct sonde_type type, struct sonde_type *ret);

/** As sizeof says. SONDE_ERROR_INVALID: void, functions, incomplete types. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_type_bytes(
	struct sonde_type type, uint64_t *ret);

/** How many elements, members, enumerators, parameters; 0 for other kinds. */
SONDE_PUBLIC uint64_t sonde_type_count(struct sonde_type type);

/** Member @p index of a struct or union, below sonde_type_count(). */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_type_member(
	struct sonde_type type, uint64_t index, struct sonde_type_member *ret);

SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_type_enumerator(
	struct sonde_type type, uint64_t index, struct sonde_type_enumerator *ret);

SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_type_parameter(
	struct sonde_type type, uint64_t index, struct sonde_type_parameter *ret);

/** Whether a function takes more arguments than those that are named. */
SONDE_PUBLIC bool sonde_type_is_variadic(struct sonde_type type);

/**
 * The member that @p path names: "pid", or "mm.pgd" within a member that is a struct.
 * Members of anonymous structs and unions are found, as in C. Alternatives are
 * separated by '|', and the first that there is is taken: "__state|state".
 * SONDE_ERROR_NOT_FOUND names the type and what is missing, with a name that is
 * close to it.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_type_find_member(
	struct sonde_type type, const char *path, struct sonde_type_member *ret);

/**
 * By its name as C writes it: "struct task_struct", "pid_t", "unsigned long",
 * "struct list_head *". SONDE_ERROR_NOT_FOUND with a name that is close to it.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_types_find(
	const struct sonde_types *types, const char *name, struct sonde_type *ret);

/** The same among all types of @p target, those of a kernel's modules included. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_find_type(
	struct sonde_target *target, const char *name, struct sonde_type *ret);

/**
 * The type as C writes it, such as "char [16]". The caller frees @p ret.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_type_name(
	struct sonde_type type, char **ret);

/**
 * Its whole declaration, on several lines, with the offset and the size of each
 * member (bytes). Structures within are shown whole, down to @p depth levels.
 * The caller frees @p ret.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_type_format(
	struct sonde_type type, unsigned depth, char **ret);

#ifdef __cplusplus
}
#endif

#endif
