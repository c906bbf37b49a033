/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * looper.c for another architecture, without that one's libc: Linux on arm64, one thread,
 * linked at a fixed address.
 */
#include <stdint.h>

enum {
	SYSTEM_CALL_NANOSLEEP = 101,
	SYSTEM_CALL_MPROTECT = 226,
	PAGE = 4096,
};

volatile uint64_t counter;
uint8_t data[1 << 17] __attribute__((aligned(PAGE)));

void hot(void);
_Noreturn void _start(void);

static void system_call(long number, uint64_t first, uint64_t second, uint64_t third)
{
	register long x8 __asm__("x8") = number;
	register uint64_t x0 __asm__("x0") = first;
	register uint64_t x1 __asm__("x1") = second;
	register uint64_t x2 __asm__("x2") = third;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
}

__attribute__((noinline)) void hot(void)
{
	counter++;
}

void _start(void)
{
	static const struct {
		uint64_t seconds, nanoseconds;
	} pause = {.nanoseconds = 1000 * 1000};

	/* A page without permissions behind the data: reads must stop at its edge. */
	system_call(
		SYSTEM_CALL_MPROTECT, (uint64_t)(data + sizeof(data) - PAGE), PAGE, 0);
	for (;;) {
		hot();
		system_call(SYSTEM_CALL_NANOSLEEP, (uint64_t)&pause, 0, 0);
	}
}
