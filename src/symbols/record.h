/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Structures of the target's that are read as a whole, as far as they are needed: the
 * members lie in a few pieces, each piece is one read, and what is taken from the copy
 * is of one moment. All members are of one type.
 *
 *	struct fields {
 *		struct sonde_field state, pid;
 *	};
 *
 *	static const struct sonde_field_wish wishes[] = {
 *		{"struct task_struct", "__state|state", offsetof(struct fields, state)},
 *		{"struct task_struct", "pid", offsetof(struct fields, pid)},
 *	};
 *
 *	CHECK(sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), &fields));
 *	CHECK(sonde_record_plan(wishes, ARRAY_SIZE(wishes), &fields, gap, &record));
 *	...
 *	CHECK(sonde_record_read(&record, space, address, copy));
 *	pid = sonde_record_integer(&fields.pid, copy);
 */
#ifndef SONDE_SYMBOLS_RECORD_H
#define SONDE_SYMBOLS_RECORD_H

#include "type_fields.h"

enum {
	SONDE_RECORD_PIECES = 24,
	/** Of a structure, up to the last member that is needed. */
	SONDE_RECORD_BYTES = 32 << 10,
};

struct sonde_record {
	struct {
		uint32_t offset, bytes;
	} pieces[SONDE_RECORD_PIECES];
	unsigned count;
	/** What a copy takes: from the structure's beginning to the last piece's end. */
	size_t bytes;
};

/**
 * Plans the reading of those of @p fields that are present. What lies between two of them
 * is read along if it is at most @p gap bytes: a few where memory is mapped, many where
 * each read is a packet. SONDE_ERROR_BAD_DATA: the structure is larger than any.
 */
SONDE_NODISCARD struct sonde_error *sonde_record_plan(
	const struct sonde_field_wish *wishes, size_t count, const void *fields,
	uint64_t gap, struct sonde_record *ret);

/** Reads the pieces to where they belong in @p copy; what is between is left alone. */
SONDE_NODISCARD struct sonde_error *sonde_record_read(const struct sonde_record *record,
	struct sonde_space *space, uint64_t address, void *copy);

/** The integer or pointer that @p field is, extended by its sign; 0 if it is absent, or
 * has no 1, 2, 4 or 8 bytes. */
uint64_t sonde_record_integer(const struct sonde_field *field, const void *copy);

/** As many bytes of the array that @p field is as fit into @p bytes with a NUL behind:
 * up to a NUL in it. */
void sonde_record_text(
	const struct sonde_field *field, const void *copy, char *ret, size_t bytes);

#endif
