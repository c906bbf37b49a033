/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tasks to be looked at, for guests of any architecture, without a C library:
 *
 *	tasks name HEX		is called so (bytes in hexadecimal), and sleeps
 *	tasks threads N		has N threads beside the first, which sleep
 *	tasks owner R E S	has these users and groups: real, effective, saved
 *	tasks zombie		has a child that has ended
 *	tasks many N		has N children, which sleep
 *	tasks churn N CPU HOW	for N seconds children are born and end on this CPU, as
 *				many as can be; then it writes how many. HOW: "own", with
 *				memory of their own; "shared", with their parent's
 */
#include <stdbool.h>

#include "linux_call.h"

typedef unsigned long word;

enum {
#if defined(__x86_64__)
	SYS_WRITE = 1,
	SYS_CLONE = 56,
	SYS_EXIT = 60,
	SYS_SIGACTION = 13,
	SYS_SETRESUID = 117,
	SYS_SETRESGID = 119,
	SYS_SLEEP = 35,
	SYS_PRCTL = 157,
	SYS_CLOCK = 228,
	SYS_AFFINITY = 203,
#else
	SYS_WRITE = 64,
	SYS_CLONE = 220,
	SYS_EXIT = 93,
	SYS_SIGACTION = 134,
	SYS_SETRESUID = 147,
	SYS_SETRESGID = 149,
	SYS_SLEEP = 101,
	SYS_PRCTL = 167,
	SYS_CLOCK = 113,
	SYS_AFFINITY = 122,
#endif
	NAME_BYTES = 16,
	THREADS_MAX = 64,
	/** So many are born between two looks at the clock. */
	CHILDREN_A_LOOK = 8,
	STACK_BYTES = 4096,
	PR_SET_NAME = 15,
	SIGCHLD = 17,
	/** CLONE_VM | _FS | _FILES | _SIGHAND | _THREAD | _SYSVSEM */
	THREAD = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000,
	/** CLONE_VM | CLONE_VFORK */
	VFORK = 0x100 | 0x4000,
};

#if defined(__x86_64__)
/* A thread has nothing on its stack to return to. */
static void start_thread(word flags, void *stack)
{
	word result = SYS_CLONE;

	__asm__ volatile("syscall\n\ttest %%eax, %%eax\n\tjnz 1f\n"
			 "0:\n\tmovl %[sleep], %%eax\n\tmovq %[time], %%rdi\n"
			 "\txorl %%esi, %%esi\n\tsyscall\n\tjmp 0b\n1:"
			 : "+a"(result)
			 : "D"(flags), "S"(stack),
			 "d"(0L), [sleep] "i"(SYS_SLEEP), [time] "r"(stack)
			 : "rcx", "r11", "memory");
}

#elif defined(__aarch64__)
static void start_thread(word flags, void *stack)
{
	register word x8 __asm__("x8") = SYS_CLONE;
	register word x0 __asm__("x0") = flags;
	register word x1 __asm__("x1") = (word)stack;
	register word x2 __asm__("x2") = 0;
	register word x3 __asm__("x3") = 0;
	register word x4 __asm__("x4") = 0;

	__asm__ volatile(
		"svc #0\n\tcbnz x0, 1f\n"
		"0:\n\tmov x8, %[sleep]\n\tmov x0, sp\n\tmov x1, #0\n"
		"\tsvc #0\n\tb 0b\n1:"
		: "+r"(x0)
		: "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), [sleep] "i"(SYS_SLEEP)
		: "memory");
}

#elif defined(__riscv)
static void start_thread(word flags, void *stack)
{
	register word a7 __asm__("a7") = SYS_CLONE;
	register word a0 __asm__("a0") = flags;
	register word a1 __asm__("a1") = (word)stack;
	register word a2 __asm__("a2") = 0;
	register word a3 __asm__("a3") = 0;
	register word a4 __asm__("a4") = 0;

	__asm__ volatile(
		"ecall\n\tbnez a0, 1f\n"
		"0:\n\tli a7, %[sleep]\n\tmv a0, sp\n\tli a1, 0\n"
		"\tecall\n\tj 0b\n1:"
		: "+r"(a0)
		: "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), [sleep] "i"(SYS_SLEEP)
		: "memory");
}

#endif

static long call(word number, word a, word b, word c, word d)
{
	return linux_call((long)number, (long)a, (long)b, (long)c, (long)d, 0, 0);
}

static void sleep_for_ever(void)
{
	word time[2] = {1000000, 0};

	for (;;)
		call(SYS_SLEEP, (word)time, 0, 0, 0);
}

static void end(word status)
{
	call(SYS_EXIT, status, 0, 0, 0);
	__builtin_unreachable();
}

static word number(const char *text)
{
	word value = 0;

	for (; *text; text++)
		value = value * 10 + (word)(*text - '0');
	return value;
}

static word digit(char character)
{
	return (word)(character <= '9' ? character - '0' : character - 'a' + 10);
}

static void name(const char *hex)
{
	char bytes[NAME_BYTES] = {0};

	for (unsigned i = 0; i < NAME_BYTES - 1 && hex[2 * i]; i++)
		bytes[i] = (char)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	call(SYS_PRCTL, PR_SET_NAME, (word)bytes, 0, 0);
	sleep_for_ever();
}

static void threads(word count)
{
	static word stacks[THREADS_MAX][STACK_BYTES / sizeof(word)];

	for (word i = 0; i < count && i < THREADS_MAX; i++) {
		word *top = stacks[i] + STACK_BYTES / sizeof(word) - 2;

		top[0] = 1000000;
		top[1] = 0;
		start_thread(THREAD, top);
	}
	sleep_for_ever();
}

static void owner(word real, word effective, word saved)
{
	call(SYS_SETRESGID, real, effective, saved, 0);
	call(SYS_SETRESUID, real, effective, saved, 0);
	sleep_for_ever();
}

static void zombie(void)
{
	if (call(SYS_CLONE, SIGCHLD, 0, 0, 0) == 0)
		end(0);
	sleep_for_ever();
}

static void many(word count)
{
	for (word i = 0; i < count; i++)
		if (call(SYS_CLONE, SIGCHLD, 0, 0, 0) == 0)
			sleep_for_ever();
	sleep_for_ever();
}

static word seconds(void)
{
	word time[2];

	call(SYS_CLOCK, 1, (word)time, 0, 0);
	return time[0];
}

static void say(word count)
{
	char text[24];
	char *at = text + sizeof(text);

	*--at = '\n';
	do
		*--at = (char)('0' + count % 10);
	while (count /= 10);
	call(SYS_WRITE, 1, (word)at, (word)(text + sizeof(text) - at), 0);
}

/* A CPU's children are of one kind, and stay there: changing between memories, and
 * between CPUs, is what takes an emulated CPU most of its time. Nobody wants to know how
 * children ended. */
static void churn(word limit, word cpu, bool own)
{
	word count = 0, until = seconds() + limit, mask = (word)1 << cpu;
	word how = own ? SIGCHLD : (word)SIGCHLD | VFORK;
	const word ignore[4] = {1};

	call(SYS_AFFINITY, 0, sizeof(mask), (word)&mask, 0);
	call(SYS_SIGACTION, SIGCHLD, (word)ignore, 0, 8);
	for (word i = 0; i % CHILDREN_A_LOOK || seconds() < until; i++) {
		long child = call(SYS_CLONE, how, 0, 0, 0);

		if (child == 0)
			end(0);
		count += child > 0;
	}
	say(count);
	end(0);
}

__attribute__((used)) void begin(const word *stack)
{
	const char *const *words = (const char *const *)(stack + 1);
	word count = stack[0];
	char kind = count > 1 ? words[1][0] : 0;

	if (kind == 'n' && count > 2)
		name(words[2]);
	if (kind == 't' && count > 2)
		threads(number(words[2]));
	if (kind == 'o' && count > 4)
		owner(number(words[2]), number(words[3]), number(words[4]));
	if (kind == 'm' && count > 2)
		many(number(words[2]));
	if (kind == 'z')
		zombie();
	if (kind == 'c' && count > 4)
		churn(number(words[2]), number(words[3]), words[4][0] == 'o');
	end(2);
}
