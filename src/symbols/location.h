/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a variable is, by DWARF's location expressions (DWARF 5, 2.5 and 2.6): a program
 * for a small stack machine, whose steps and stack are bounded here. Registers and memory
 * are asked for by functions, so nothing of a target is needed.
 */
#ifndef SONDE_SYMBOLS_LOCATION_H
#define SONDE_SYMBOLS_LOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum {
	/** Of one expression. */
	SONDE_LOCATION_OPERATIONS_MAX = 256,
	/** Executed in one evaluation, frame base and CFA included. */
	SONDE_LOCATION_STEPS_MAX = 4096,
	SONDE_LOCATION_STACK_MAX = 64,
};

/** An operation, decoded; <dwarf.h> has the codes. */
struct sonde_location_operation {
	uint8_t code;
	/** Operands as libdw has them (Dwarf_Op); of DW_OP_implicit_value the length, and
	 * the first 8 bytes. */
	uint64_t number, number2;
	/** Of what converts to a type, or reads one: its size in bytes, 0: of an
	 * address; and its sign. */
	uint8_t type_bytes;
	bool type_is_signed;
	/** In bytes from the expression's beginning: what branches count from. */
	uint32_t offset;
};

struct sonde_location_expression {
	/** Owned by whoever has made it. */
	struct sonde_location_operation *operations;
	/** 0: the variable has been optimized out. */
	size_t count;
};

/** What is asked for registers and memory, and where the frame is. */
struct sonde_location_context {
	/** Mandatory. Register @p number of DWARF's numbers for the architecture. */
	struct sonde_error *(*read_register)(void *user, uint64_t number, uint64_t *ret);
	/** Mandatory. An integer of @p bytes, 1 to 8. */
	struct sonde_error *(*read_memory)(
		void *user, uint64_t address, unsigned bytes, uint64_t *ret);
	/** Mandatory. Where in the target @p linked is, an address in the file. */
	uint64_t (*move)(void *user, uint64_t linked);
	void *user;
	/** What DW_OP_fbreg counts from; NULL: it is not known. */
	const struct sonde_location_expression *frame_base;
	/** What DW_OP_call_frame_cfa is; NULL: it is not known. */
	const struct sonde_location_expression *frame;
};

enum sonde_location_kind {
	/** It was optimized out, all of it or a part. */
	SONDE_LOCATION_NOWHERE,
	SONDE_LOCATION_MEMORY,
	/** It is in registers, or known without being anywhere. */
	SONDE_LOCATION_VALUE,
};

struct sonde_location {
	enum sonde_location_kind kind;
	uint64_t address;
	/** The low bits are the variable's. */
	uint64_t value;
};

/**
 * SONDE_ERROR_UNSUPPORTED: it is spread over more than 8 bytes of registers, or by means
 * that are not known; SONDE_ERROR_BAD_DATA: the expression makes no sense.
 */
SONDE_NODISCARD struct sonde_error *sonde_location_evaluate(
	const struct sonde_location_expression *expression,
	const struct sonde_location_context *context, struct sonde_location *ret);

#endif
