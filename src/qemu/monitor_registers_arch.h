/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the architectures of monitor_registers.h have to say: which registers there are,
 * and which of them a field of the printed text is.
 */
#ifndef SONDE_QEMU_MONITOR_REGISTERS_ARCH_H
#define SONDE_QEMU_MONITOR_REGISTERS_ARCH_H

#include "monitor_registers.h"

enum {
	/** More words than this no field has (ZMM). */
	SONDE_QEMU_WORDS_MAX = 8,
};

/** "NAME=WORD WORD", or "NAME WORD". */
struct sonde_qemu_field {
	/** Not terminated. */
	const char *name;
	size_t name_length;
	/** Hexadecimal, in the order printed; more than fit are dropped at the front. */
	uint64_t words[SONDE_QEMU_WORDS_MAX];
	/** How many digits each was printed with. */
	unsigned digits[SONDE_QEMU_WORDS_MAX];
	unsigned count;
};

/** What is being filled in. */
struct sonde_qemu_dump {
	const struct sonde_qemu_architecture *architecture;
	struct sonde_register_value *values;
	/** Registers that were recognized. */
	unsigned known;
	/** x86's: a segment's base was printed with 32 bits. */
	bool is_narrow;
};

struct sonde_qemu_architecture {
	const char *name;
	const struct sonde_qemu_register *registers;
	size_t count;
	/** A field's name stands right before its '=': else before a blank. */
	bool equal_signs;
	/** Gives registers what @p field says. Others' fields come, too. */
	void (*take)(struct sonde_qemu_dump *dump, const struct sonde_qemu_field *field);
	/** At the end, for what needs more than one field. Optional. */
	void (*finish)(struct sonde_qemu_dump *dump);
};

extern const struct sonde_qemu_architecture sonde_qemu_architecture_x86_64;
extern const struct sonde_qemu_architecture sonde_qemu_architecture_i386;
extern const struct sonde_qemu_architecture sonde_qemu_architecture_aarch64;
extern const struct sonde_qemu_architecture sonde_qemu_architecture_riscv64;

/** The value of register @p name, or NULL where none of that name is ever told. */
struct sonde_register_value *sonde_qemu_dump_find(
	const struct sonde_qemu_dump *dump, const char *name);

/** Register @p name has been told: @p low, and above it @p high. One that the
 * architecture does not have is passed over. */
void sonde_qemu_dump_set(
	struct sonde_qemu_dump *dump, const char *name, uint64_t low, uint64_t high);

/** The decimal number that the field's name has behind @p prefix, or -1. */
int sonde_qemu_field_number(const struct sonde_qemu_field *field, const char *prefix);

bool sonde_qemu_field_is(const struct sonde_qemu_field *field, const char *name);

#endif
