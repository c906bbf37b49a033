/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Its second thread executes another program, and so takes the number of the first
 * (de_thread() of the kernel): successor PROGRAM [ARGUMENT...]. For Linux on x86-64 and
 * arm64, without a C library.
 */
typedef unsigned long word;

enum {
	/** CLONE_VM | _FS | _FILES | _SIGHAND | _THREAD | _SYSVSEM */
	THREAD = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000,
	STACK_WORDS = 1024,
};

static word stack[STACK_WORDS];

#ifdef __x86_64__
/* clone(); the child, whose stack is at @p top: execve(program, arguments, environment),
 * the other one: pause() for ever. */
__attribute__((noreturn)) static void succeed(
	word *top, const char *program, const word *arguments, const word *environment)
{
	register const word *r12 __asm__("r12") = arguments;
	register const word *r13 __asm__("r13") = environment;
	register const char *r14 __asm__("r14") = program;

	__asm__ volatile(
		"mov $56, %%eax\n\txor %%r10d, %%r10d\n\txor %%r8d, %%r8d\n"
		"\tsyscall\n\ttest %%eax, %%eax\n\tjz 1f\n"
		"0:\tmov $34, %%eax\n\tsyscall\n\tjmp 0b\n"
		"1:\tmov $59, %%eax\n\tmov %%r14, %%rdi\n\tmov %%r12, %%rsi\n"
		"\tmov %%r13, %%rdx\n\tsyscall\n\thlt"
		:
		: "D"((word)THREAD), "S"(top), "d"(0L), "r"(r12), "r"(r13), "r"(r14)
		: "rax", "rcx", "r8", "r10", "r11", "memory");
	__builtin_unreachable();
}

__asm__(".globl _start\n"
	"_start: mov %rsp, %rdi\n"
	"and $-16, %rsp\n"
	"call begin\n");
#else
__attribute__((noreturn)) static void succeed(
	word *top, const char *program, const word *arguments, const word *environment)
{
	register word x0 __asm__("x0") = THREAD;
	register word *x1 __asm__("x1") = top;
	register const char *x19 __asm__("x19") = program;
	register const word *x20 __asm__("x20") = arguments;
	register const word *x21 __asm__("x21") = environment;

	__asm__ volatile("mov x8, #220\n\tmov x2, #0\n\tmov x3, #0\n\tmov x4, #0\n"
			 "\tsvc #0\n\tcbz x0, 1f\n"
			 "0:\tmov x8, #73\n\tmov x0, #0\n\tmov x1, #0\n\tmov x2, #0\n"
			 "\tmov x3, #0\n\tsvc #0\n\tb 0b\n"
			 "1:\tmov x8, #221\n\tmov x0, x19\n\tmov x1, x20\n\tmov x2, x21\n"
			 "\tsvc #0\n\tbrk #0"
			 :
			 : "r"(x0), "r"(x1), "r"(x19), "r"(x20), "r"(x21)
			 : "x2", "x3", "x4", "x8", "memory");
	__builtin_unreachable();
}

__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl begin\n");
#endif

__attribute__((used)) void begin(const word *first)
{
	const word *arguments = first + 2;

	succeed(stack + STACK_WORDS - 2, (const char *)arguments[0], arguments,
		first + first[0] + 2);
}
