/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * BTF of structures that are written down in C, so that tests can say what a kernel has:
 *
 *	c_types_add(&btf,
 *		"struct list_head { struct list_head *next, *prev; };"
 *		"struct module { int state; struct list_head list; char name[56]; };"
 *		"enum state { LIVE, GONE = 7 };");
 *
 * Members lie where a compiler for a 64-bit machine puts them. There are integers (char
 *to long, u8 to u64, s8 to s64, bool), pointers, arrays, bit-fields of unsigned types,
 * structures and unions, also nested and anonymous ones, and enumerations; pointers to
 * structures that come later. What is wrong ends the test.
 */
#ifndef SONDE_TESTS_C_TYPES_H
#define SONDE_TESTS_C_TYPES_H

#include "btf_builder.h"

void c_types_add(struct btf_builder *btf, const char *text);

#endif
