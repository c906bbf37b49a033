/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Machine code as text, by capstone, which is loaded when it is first needed. */
#ifndef SONDE_DISASSEMBLE_H
#define SONDE_DISASSEMBLE_H

#include <sonde/target.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_instruction {
	uint64_t address;
	uint8_t bytes[16];
	unsigned length;
	/** Mnemonic and operands; "(bad)" for bytes that are no instruction. */
	char text[192];
};

/**
 * Decodes the instruction at the start of @p code as @p thread would execute it.
 * SONDE_ERROR_UNSUPPORTED where capstone is missing or does not know the
 * architecture; SONDE_ERROR_BAD_DATA where @p code is cut short.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_disassemble(
	struct sonde_target *target, struct sonde_thread *thread, uint64_t address,
	const uint8_t *code, size_t length, struct sonde_instruction *ret);

#ifdef __cplusplus
}
#endif

#endif
