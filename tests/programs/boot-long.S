/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A disk's first sectors, which a PC's BIOS starts at 0x7c00: starts all CPUs, takes them
 * to long mode, and there calls functions and touches variables for ever, counting what it
 * does. It is linked at 0; the same memory is mapped at 0xffffffff80000000, where it runs
 * after boot.
 *
 * Only the first CPU touches the variables; all of them call hot(). If "timer"
 * is 1 by then, a timer interrupts the first CPU 1,000 times a second. While "wanted" is not 0, the first CPU calls lab() in each
 * round, too, a function with instructions that are hard to step: those of its bits.
 */
	.set	high, 0xffffffff80000000
	.set	sectors, 7		/* that follow the first one */
	.set	tables, 0x10000		/* of pages: 5 of them */
	.set	stacks, 0x20000		/* 4 KiB each, downwards */
	.set	apic, 0xfee00000

	.macro	wait_for_apic
	movl	$0x1000, %ecx
1:	loop	1b
	.endm

	.code16
	.globl	_start
_start:
	cli
	cld
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movw	$0x7c00, %sp
	movw	$(0x0200 + sectors), %ax
	movw	$second, %bx
	movw	$2, %cx
	xorb	%dh, %dh
	int	$0x13
	jc	.
	cli
	jmp	real_mode

	.org	510
	.word	0xaa55
second:

/* --- 16 bits ------------------------------------------------------------------------- */

/* The loop of real mode ends when somebody writes to "go". */
real_mode:
	movw	$16, %cx
1:	call	real_hot
	loop	1b
	cmpb	$0, go
	je	real_mode
	jmp	enter

	.globl	real_hot
real_hot:
	incl	real_calls
	ret

	.org	0x400			/* 0x8000: where the other CPUs begin */
other:
	cli
	ljmp	$0, $enter

enter:
	xorw	%ax, %ax
	movw	%ax, %ds
	lgdt	gdt_pointer
	movl	$0x11, %eax
	movl	%eax, %cr0
	ljmpl	$8, $protected

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9a000000ffff	/* 8: code, 32 bits */
	.quad	0x00cf92000000ffff	/* 16: data */
	.quad	0x00af9a000000ffff	/* 24: code, 64 bits */
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt

/* --- 32 bits ------------------------------------------------------------------------- */

	.code32
protected:
	movw	$16, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movl	$1, %ebx
	lock xaddl %ebx, cpus
	testl	%ebx, %ebx
	jnz	to_long_mode

	/* The first 2 MiB, at 0 and at "high". */
	movl	$tables, %edi
	xorl	%eax, %eax
	movl	$(5 * 1024), %ecx
	rep stosl
	movl	$(tables + 0x1000 + 3), tables
	movl	$(tables + 0x1000 + 3), tables + 511 * 8
	movl	$(tables + 0x2000 + 3), tables + 0x1000
	movl	$(tables + 0x2000 + 3), tables + 0x1000 + 510 * 8
	movl	$0x83, tables + 0x2000
	movl	$idt, %edi
	movl	$1024, %ecx
	rep stosl

	/* The others: INIT, STARTUP. */
	movl	$0xc4500, apic + 0x300
	wait_for_apic
	movl	$0xc4608, apic + 0x300
	wait_for_apic

to_long_mode:
	movl	$0x6b0, %eax		/* MCE, PGE, PAE, PSE; OSFXSR, OSXMMEXCPT */
	movl	%eax, %cr4
	movl	$tables, %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx	/* EFER: LME */
	rdmsr
	orl	$0x100, %eax
	wrmsr
	movl	$0x80010033, %eax	/* PG, WP, NE, ET, MP, PE */
	movl	%eax, %cr0
	ljmp	$24, $low

/* --- 64 bits ------------------------------------------------------------------------- */

	.code64
low:
	movq	$(high + at_home), %rax
	jmp	*%rax
at_home:
	movl	%ebx, %eax
	shll	$12, %eax
	leaq	high + stacks + 0x1000(%rax), %rsp
	testl	%ebx, %ebx
	jnz	others_loop

	leaq	interrupted(%rip), %rdx
	movl	$32, %edi
	call	set_gate
	leaq	called(%rip), %rdx
	movl	$0x80, %edi
	call	set_gate
	leaq	broken(%rip), %rdx
	movl	$3, %edi
	call	set_gate
	leaq	debugged(%rip), %rdx
	movl	$1, %edi
	call	set_gate
	leaq	idt(%rip), %rax
	movq	%rax, idt_pointer + 2(%rip)
	lidt	idt_pointer(%rip)

	/* The interrupt controllers: from 32 on, only the timer. */
	movb	$0x11, %al
	outb	%al, $0x20
	movb	$32, %al
	outb	%al, $0x21
	movb	$4, %al
	outb	%al, $0x21
	movb	$1, %al
	outb	%al, $0x21
	movb	$0xff, %al
	subb	timer(%rip), %al
	outb	%al, $0x21
	movb	$0xff, %al
	outb	%al, $0xa1
	movb	$0x34, %al		/* channel 0, both bytes, rate generator */
	outb	%al, $0x43
	movb	$0xa9, %al		/* 1193: 1 kHz */
	outb	%al, $0x40
	movb	$0x04, %al
	outb	%al, $0x40
	sti

	.globl	again
again:
	call	hot
	call	store
	call	fetch
	incq	rounds(%rip)
	cmpb	$0, wanted(%rip)
	je	again
	call	lab
	jmp	again

others_loop:
	call	hot
	movl	$100, %ecx
1:	loop	1b
	jmp	others_loop

	.globl	hot
hot:
	lock incq calls(%rip)
	ret

/* Each variable is written once. */
	.globl	store
store:
	movq	rounds(%rip), %rax
	movb	%al, var1(%rip)
	movw	%ax, var2(%rip)
	movl	%eax, var4(%rip)
	movq	%rax, var8(%rip)
	movb	%al, odd + 1(%rip)
	incq	stores(%rip)
	ret

/* And read once. */
	.globl	fetch
fetch:
	movb	var1(%rip), %al
	movw	var2(%rip), %ax
	movl	var4(%rip), %eax
	movq	var8(%rip), %rax
	movb	odd + 1(%rip), %al
	incq	fetches(%rip)
	ret

/* Gate EDI leads to RDX. */
set_gate:
	leaq	idt(%rip), %rax
	shll	$4, %edi
	addq	%rdi, %rax
	movw	%dx, (%rax)
	movw	$24, 2(%rax)
	movw	$0x8e00, 4(%rax)
	shrq	$16, %rdx
	movw	%dx, 6(%rax)
	shrq	$16, %rdx
	movl	%edx, 8(%rax)
	ret

interrupted:
	pushq	%rax
	incq	ticks(%rip)
	movb	$0x20, %al
	outb	%al, $0x20
	popq	%rax
	iretq

	.globl	called
called:
	incq	syscalls(%rip)
	iretq

	.globl	broken
broken:
	incq	breaks(%rip)
	iretq

/* Nobody should come here: the guest traces nothing. */
	.globl	debugged
debugged:
	incq	debugs(%rip)
	andl	$0xfffffeff, 16(%rsp)
	iretq

/* What a step may stumble over: a bit of "wanted" each. */
	.globl	lab, lab_flags, lab_iret, lab_sti, lab_rep, lab_hlt, lab_stack, lab_break
	.globl	lab_call, lab_end
lab:
	movzbl	wanted(%rip), %ebx
	testb	$1, %bl
	jz	2f
lab_flags:
	pushfq
	movq	(%rsp), %rax
	orq	%rax, flags(%rip)
	popfq
	nop
2:	testb	$2, %bl
	jz	4f
	movq	%rsp, %rax
	movl	%ss, %ecx
	pushq	%rcx
	pushq	%rax
	pushfq
	pushq	$24
	leaq	3f(%rip), %rcx
	pushq	%rcx
lab_iret:
	iretq
3:	nop
4:	testb	$4, %bl
	jz	8f
lab_sti:
	cli
	nop
	sti
	nop
8:	testb	$8, %bl
	jz	16f
	leaq	scratch(%rip), %rdi
	movl	$16, %ecx
	movb	$0x5a, %al
lab_rep:
	rep stosb
	nop
16:	testb	$16, %bl
	jz	32f
lab_hlt:
	hlt
	nop
32:	testb	$32, %bl
	jz	64f
	movl	%ss, %ecx
lab_stack:
	movl	%ecx, %ss
	nop
	nop
64:	testb	$64, %bl
	jz	128f
lab_break:
	int3
	nop
128:	testb	$128, %bl
	jz	lab_end
lab_call:
	int	$0x80
	nop
lab_end:
	incq	labs(%rip)
	ret

/* --- data ---------------------------------------------------------------------------- */

	.org	0xc00
	.globl	calls, stores, fetches, rounds, ticks, syscalls, breaks, debugs, labs, flags
	.globl	cpus, real_calls, go, timer, wanted, var1, var2, var4, var8, odd, scratch
calls:	.quad	0
stores:	.quad	0
fetches: .quad	0
rounds:	.quad	0
ticks:	.quad	0
syscalls: .quad	0
breaks:	.quad	0
debugs:	.quad	0
labs:	.quad	0
flags:	.quad	0
cpus:	.long	0
real_calls: .long 0
go:	.byte	0
timer:	.byte	0
wanted:	.byte	0
	.balign	64
var1:	.quad	0
var2:	.quad	0
var4:	.quad	0
var8:	.quad	0
odd:	.quad	0
scratch: .fill	16
idt_pointer:
	.word	0x0fff
	.quad	0

	.org	(sectors + 1) * 512
	.set	idt, . + 0x400		/* behind what is loaded */
