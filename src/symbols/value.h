/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What <sonde/value.h> promises, as the library sees it. */
#ifndef SONDE_SYMBOLS_VALUE_H
#define SONDE_SYMBOLS_VALUE_H

#include <sonde/value.h>

#include "type.h"

/** How a value is dealt with, whatever its typedefs. */
struct sonde_value_class {
	/** The type without typedefs. */
	struct sonde_type type;
	enum sonde_type_kind kind;
	/** Integers, enumerations and pointers: for arithmetic, a pointer to void. */
	struct sonde_scalar_type scalar;
	bool is_scalar;
};

/**
 * SONDE_ERROR_UNSUPPORTED for a number that is no integer of 1, 2, 4 or 8 bytes;
 * what is no number at all is no error.
 */
SONDE_NODISCARD struct sonde_error *sonde_value_classify(
	struct sonde_type type, struct sonde_value_class *ret);

/** A value of @p type at @p address, read if it is an integer or a pointer. */
SONDE_NODISCARD struct sonde_error *sonde_value_at(struct sonde_space *space,
	uint64_t address, struct sonde_type type, struct sonde_value *ret);

/** Whether @p type is an integer of one byte. */
bool sonde_value_is_char(struct sonde_type type);

#endif
