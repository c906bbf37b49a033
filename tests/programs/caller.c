/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls the kernel so often and says how often that was, on Linux for x86-64, arm64 and
 * riscv64, without a C library:
 *
 *     caller PROCESSES ROUNDS
 *
 * Each process asks ROUNDS times for its scheduler's interval, sleeps a little after
 * every fourth, and goes to another CPU before each. It prints "calls C sleeps S ends P";
 * only what the kernel has said yes to is counted.
 */
#include <stdint.h>

#include "linux_call.h"

#ifdef __x86_64__
enum {
	CALL_WRITE = 1,
	CALL_NANOSLEEP = 35,
	CALL_CLONE = 56,
	CALL_WAIT4 = 61,
	CALL_INTERVAL = 148,
	CALL_SETAFFINITY = 203,
	CALL_EXIT_GROUP = 231,
};
#else
/* arm64 and riscv64 have the same ones. */
enum {
	CALL_WRITE = 64,
	CALL_EXIT_GROUP = 94,
	CALL_NANOSLEEP = 101,
	CALL_SETAFFINITY = 122,
	CALL_INTERVAL = 127,
	CALL_CLONE = 220,
	CALL_WAIT4 = 260,
};
#endif

enum {
	SIGNAL_CHILD = 17,
	SLEEP_EVERY = 4,
	CPUS = 4,
};

static long call(long number, long a, long b, long c, long d, long e)
{
	return linux_call(number, a, b, c, d, e, 0);
}

static long number_of(const char *text)
{
	long number = 0;

	while (*text >= '0' && *text <= '9')
		number = 10 * number + (*text++ - '0');
	return number;
}

static void print(const char *word, long number)
{
	char text[32];
	int at = sizeof(text);
	long length = 0;

	text[--at] = ' ';
	do {
		text[--at] = (char)('0' + number % 10);
	} while ((number /= 10));
	while (word[length])
		length++;
	call(CALL_WRITE, 1, (long)word, length, 0, 0);
	call(CALL_WRITE, 1, (long)(text + at), (long)sizeof(text) - at, 0, 0);
}

/* How often the kernel did as it was asked, twice 16 bits do not fit an exit status. */
static int work(long rounds, long self)
{
	long interval[2], pause[2] = {0, 20 * 1000};
	int failed = 0;

	for (long i = 0; i < rounds; i++) {
		/* Of fewer CPUs not all masks are taken. */
		uint64_t mask = 1UL << ((i + self) % CPUS);

		call(CALL_SETAFFINITY, 0, sizeof(mask), (long)&mask, 0, 0);
		if (call(CALL_INTERVAL, 0, (long)interval, 0, 0, 0) != 0)
			failed = 1;
		if (i % SLEEP_EVERY == 0 &&
			call(CALL_NANOSLEEP, (long)pause, 0, 0, 0, 0) != 0)
			failed = 1;
	}
	return failed;
}

void begin(const uint64_t *stack)
{
	long processes = stack[0] > 1 ? number_of((const char *)stack[2]) : 1;
	long rounds = stack[0] > 2 ? number_of((const char *)stack[3]) : 1;
	int status, failed = 0;

	for (long i = 0; i < processes; i++)
		if (call(CALL_CLONE, SIGNAL_CHILD, 0, 0, 0, 0) == 0)
			call(CALL_EXIT_GROUP, work(rounds, i), 0, 0, 0, 0);
	for (long i = 0; i < processes; i++)
		if (call(CALL_WAIT4, -1, (long)&status, 0, 0, 0) < 0 || status)
			failed = 1;
	if (!failed) {
		print("calls ", processes * rounds);
		print("sleeps ", processes * ((rounds + SLEEP_EVERY - 1) / SLEEP_EVERY));
		/* The one that prints ends, too. */
		print("ends ", processes + 1);
		call(CALL_WRITE, 1, (long)"\n", 1, 0, 0);
	}
	call(CALL_EXIT_GROUP, failed, 0, 0, 0, 0);
}
