/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two architectures of x86 share. */
#ifndef SONDE_ARCH_X86_H
#define SONDE_ARCH_X86_H

#include "group.h"

/* clang-format off */
/** Rows of a table of struct sonde_arch_register: the x87 part, 112 bytes. */
#define SONDE_X86_FLOAT_REGISTERS                                                        \
	{"st0", 80, "float"}, {"st1", 80, "float"}, {"st2", 80, "float"},                \
	{"st3", 80, "float"}, {"st4", 80, "float"}, {"st5", 80, "float"},                \
	{"st6", 80, "float"}, {"st7", 80, "float"},                                      \
	{"fctrl", 32, "float"}, {"fstat", 32, "float"}, {"ftag", 32, "float"},           \
	{"fiseg", 32, "float"}, {"fioff", 32, "float"}, {"foseg", 32, "float"},          \
	{"fooff", 32, "float"}, {"fop", 32, "float"}

/** Rows of the same: the first eight registers of SSE, 128 bytes. */
#define SONDE_X86_VECTOR_REGISTERS                                                       \
	{"xmm0", 128, "vector"}, {"xmm1", 128, "vector"}, {"xmm2", 128, "vector"},       \
	{"xmm3", 128, "vector"}, {"xmm4", 128, "vector"}, {"xmm5", 128, "vector"},       \
	{"xmm6", 128, "vector"}, {"xmm7", 128, "vector"}
/* clang-format on */

/** For the registers of x86 that are in no layout of `g`. */
extern const struct sonde_arch_group sonde_x86_groups[];

/** EFER.LMA of @p efer: the CPU is in IA-32e mode. */
bool sonde_x86_is_long_mode(uint64_t efer);

/** Capstone's mode outside of IA-32e mode; @p if_unknown where CR0 cannot be read. */
int sonde_x86_legacy_mode(const struct sonde_arch_reader *reader, int if_unknown);

/** As find_call of struct sonde_arch: E8 and 32 bits. */
size_t sonde_x86_find_call(uint64_t address, const uint8_t *code, size_t length,
	size_t from, uint64_t target);

#endif
