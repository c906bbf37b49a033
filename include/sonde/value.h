/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values: a type, and where in memory something of it lies, or what it is. Nothing is
 * read of a structure or an array before somebody asks for a part of it. A value lives
 * as long as its target, and is of the moment at which it is read.
 */
#ifndef SONDE_VALUE_H
#define SONDE_VALUE_H

#include <sonde/space.h>
#include <sonde/type.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_value {
	/** void where it lies in memory, and nobody knows what it is. */
	struct sonde_type type;
	/**
	 * Sign- or zero-extended from the type, where that is an integer, an enumeration
	 * or a pointer; else the address.
	 */
	uint64_t integer;
	/** Where it lies in memory, if has_address. */
	uint64_t address;
	/** Of which @ref address is one; NULL: there is no memory. */
	struct sonde_space *space;
	/** Size of the type; 0: it has none. */
	uint64_t bytes;
	/** Of a bit-field: bits from @ref address on; a @ref bit_size of 0: it is none.
	 */
	unsigned bit_offset, bit_size;
	bool has_address;
	bool is_signed;
};

/** Whether it is made of parts: a struct, union or array. */
SONDE_PUBLIC bool sonde_value_is_compound(const struct sonde_value *value);

/** Member @p index of a struct or union, or element of an array, read if it is simple. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_value_part(
	const struct sonde_value *value, uint64_t index, struct sonde_value *ret);

/** The member that @p path names, as sonde_type_find_member() takes it. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_value_member(
	const struct sonde_value *value, const char *path, struct sonde_value *ret);

/** What a pointer points to; SONDE_ERROR_INVALID for a void *. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_value_dereference(
	const struct sonde_value *value, struct sonde_value *ret);

/**
 * The text of an array of char, up to a NUL or its end, or that a char * points to,
 * at most @p maximum bytes. The caller frees @p ret. SONDE_ERROR_INVALID: it is no text.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_value_string(
	const struct sonde_value *value, size_t maximum, char **ret);

/** The enumerator that an enumeration's value has; NULL: none, or it is no enumeration.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_value_enumerator(
	const struct sonde_value *value, const char **ret);

/**
 * Writes an integer, an enumeration, a pointer, or a bit-field, whose neighbours are
 * read and written back. @p value has what was written afterwards.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_value_write(
	struct sonde_value *value, uint64_t integer);

struct sonde_value_format {
	/** sizeof(struct sonde_value_format). */
	size_t size;
	/** How deep structures within structures are shown; {...} stands for the rest. */
	unsigned depth;
	/** Elements of an array that are shown; 0: 200. */
	unsigned elements;
	/** Bytes of a text that are shown; 0: 200. */
	unsigned text;
	/** Optional: writes what lies at @p address, such as "schedule+0x10", or "". */
	void (*name_address)(void *context, uint64_t address, char *ret, size_t bytes);
	void *context;
};

/**
 * As C writes it: 42, RUNNING, "text", {.next = 0xffff.., ..}, one member a line.
 * What cannot be read is said in its place. The caller frees @p ret.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_value_format(
	const struct sonde_value *value, const struct sonde_value_format *format,
	char **ret);

#ifdef __cplusplus
}
#endif

#endif
