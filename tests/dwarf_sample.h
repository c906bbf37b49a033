/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What dwarf_sample.c and dwarf_sample_other.c are made of: compiled several times, with
 * DWARF of several versions, and looked at by test_dwarf.c, which knows by the compiler
 * how all of it is laid out. */
#ifndef SONDE_TESTS_DWARF_SAMPLE_H
#define SONDE_TESTS_DWARF_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

struct sample_opaque;

enum sample_color {
	SAMPLE_RED,
	SAMPLE_GREEN = 7,
	SAMPLE_HIGH = 0xf0,
};

enum sample_sign {
	SAMPLE_MINUS = -5,
	SAMPLE_PLUS = 200,
};

typedef unsigned int sample_word;
typedef int sample_handler(struct sample_opaque *opaque, const char *text, ...);

struct sample_node {
	struct sample_node *next, *previous;
};

struct sample {
	int number;
	unsigned int low : 3, high : 5;
	signed int sign : 4;
	unsigned long wide : 40;
	char name[16];
	short matrix[3][4][5];
	union {
		uint64_t whole;
		struct {
			uint32_t first, second;
		};
	};
	struct sample_node node;
	struct sample_opaque *opaque;
	sample_handler *handler;
	enum sample_color color;
	enum sample_sign sample_sign;
	bool flag;
	double real;
	const volatile sample_word *words[2];
};

struct sample_open {
	int length;
	char rest[];
};

/* The kernel has many that only one unit knows. */
#ifdef SAMPLE_KNOWS_OPAQUE
struct sample_opaque {
	long secret;
	struct sample *back;
};
#endif

extern volatile int sample_sink;

static inline __attribute__((always_inline)) int sample_from_header(int value)
{
	return value + sample_sink + 77; /* header result */
}

int sample_function(int first, long second, const char *text);
int sample_other(struct sample_opaque *opaque, const char *text, ...);

#endif
