/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The types that C has built in, pointers to them, and the rules by which they
 * convert (C11 6.3.1), for a machine whose int has 32 bits and long 64. Plain char
 * is signed. Types are passed by value; nothing here allocates.
 */
#ifndef SONDE_SYMBOLS_SCALAR_TYPE_H
#define SONDE_SYMBOLS_SCALAR_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** From char's two on, an unsigned type follows the signed one of its rank. */
enum sonde_scalar {
	SONDE_SCALAR_VOID,
	SONDE_SCALAR_BOOL,
	SONDE_SCALAR_CHAR,
	SONDE_SCALAR_SIGNED_CHAR,
	SONDE_SCALAR_UNSIGNED_CHAR,
	SONDE_SCALAR_SHORT,
	SONDE_SCALAR_UNSIGNED_SHORT,
	SONDE_SCALAR_INT,
	SONDE_SCALAR_UNSIGNED_INT,
	SONDE_SCALAR_LONG,
	SONDE_SCALAR_UNSIGNED_LONG,
	SONDE_SCALAR_LONG_LONG,
	SONDE_SCALAR_UNSIGNED_LONG_LONG,
};

enum {
	/** Stars behind a type's name. */
	SONDE_SCALAR_POINTERS_MAX = 16,
	/** Room for any type's name and its NUL. */
	SONDE_SCALAR_NAME_BYTES = 64,
};

struct sonde_scalar_type {
	enum sonde_scalar scalar;
	/** 0: the scalar itself, 1: a pointer to it, 2: a pointer to that.. */
	unsigned pointers;
};

/** A type that is no pointer. */
static inline struct sonde_scalar_type sonde_scalar_type(enum sonde_scalar scalar)
{
	return (struct sonde_scalar_type){.scalar = scalar};
}

/** What a pointer of @p type points to. */
static inline struct sonde_scalar_type sonde_scalar_type_pointee(
	struct sonde_scalar_type type)
{
	return (struct sonde_scalar_type){type.scalar, type.pointers - 1};
}

static inline struct sonde_scalar_type sonde_scalar_type_pointer_to(
	struct sonde_scalar_type type)
{
	return (struct sonde_scalar_type){type.scalar, type.pointers + 1};
}

static inline bool sonde_scalar_type_is_void(struct sonde_scalar_type type)
{
	return type.scalar == SONDE_SCALAR_VOID && !type.pointers;
}

/** As sizeof says, and 1 for void; pointers depend on the target's @p address_bits. */
unsigned sonde_scalar_type_bytes(struct sonde_scalar_type type, unsigned address_bits);

bool sonde_scalar_type_is_signed(struct sonde_scalar_type type);

/** Such as "unsigned long" or "char *". */
void sonde_scalar_type_name(
	struct sonde_scalar_type type, char ret[SONDE_SCALAR_NAME_BYTES]);

/** What @p integer is after a conversion to @p type, extended to 64 bits again. */
uint64_t sonde_scalar_type_convert(
	struct sonde_scalar_type type, unsigned address_bits, uint64_t integer);

/** The integer promotion: what is narrower than int becomes int. */
struct sonde_scalar_type sonde_scalar_type_promote(struct sonde_scalar_type type);

/** The usual arithmetic conversions of two integer types. */
struct sonde_scalar_type sonde_scalar_type_common(
	struct sonde_scalar_type a, struct sonde_scalar_type b);

/** The low @p bits (1..64) of @p integer, extended with zeros or by their sign. */
uint64_t sonde_integer_extend(uint64_t integer, unsigned bits, bool is_signed);

/** Collects the words of a type's name. A zeroed structure has seen none. */
struct sonde_scalar_words {
	/** Two bits count each word that may stand beside others. */
	unsigned seen;
	enum sonde_scalar alias;
};

/** Whether @p word may stand in a type's name: unsigned, char, u8, uint32_t.. */
bool sonde_scalar_words_know(const char *word, size_t length);

/** Adds @p word, which must be known; false if it stands there too often. */
bool sonde_scalar_words_add(
	struct sonde_scalar_words *words, const char *word, size_t length);

/** Which type the words make, in whatever order they came; false if none. */
bool sonde_scalar_words_type(
	const struct sonde_scalar_words *words, enum sonde_scalar *ret);

#endif
