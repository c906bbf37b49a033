/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Never run, but for its DWARF. Comments at lines' ends name these lines for the tests.
 */
#include "dwarf_sample.h"

struct sample sample_global = {.number = 42};
struct sample_open *sample_open;
static int sample_static = 3;
extern int sample_table[];
/* As the kernel's jiffies is: declared in C, and defined to be where another one is. */
extern volatile unsigned long sample_ticks;
unsigned long sample_ticks_64 = 64;
__asm__(".globl sample_ticks\n.set sample_ticks, sample_ticks_64\n");
static const char *const sample_words[] = {"one", "two"};

volatile int sample_sink;

static inline __attribute__((always_inline)) int sample_inner(int factor)
{
	int product = factor * sample_sink; /* inner product */

	sample_sink = product;
	return product + sample_from_header(sample_sink); /* inner result */
}

static inline __attribute__((always_inline)) int sample_outer(int left, int right)
{
	int sum = sample_inner(left); /* outer first */

	sum += sample_inner(right); /* outer second */
	return sum;
}

__attribute__((noinline)) int sample_function(int first, long second, const char *text)
{ /* function begin */
	struct sample on_stack = {.number = first};
	int total = sample_outer(first, (int)second); /* function outer */

	sample_other((void *)&on_stack, text, &on_stack); /* function call */
	sample_static += total + on_stack.number;
	return sample_static + (int)sample_ticks; /* function end */
}

int main(int count, char **words)
{
	return sample_function(count, sample_table[1], words[0] ?: sample_words[0]);
}
