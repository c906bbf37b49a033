/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A ROM of 64 KiB for a PC, which needs no BIOS, no disk and no time to start: it copies
 * its first 512 bytes to RAM, and there calls hot() for ever, which counts.
 *
 * Linked at the address of the copy. In RAM, with the base of CS at 0, rip is the address
 * that a breakpoint is set at.
 */
	.set	copy_bytes, 512
	.set	start_of_rom, 0xf000

	.code16
	.globl	_start, hot, counter
_start:
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movw	$0x7000, %sp
again:
	call	hot
	movw	$100, %cx
1:	loop	1b
	jmp	again

hot:
	incl	counter
	ret

	.balign	8
counter:
	.quad	0

/* Within the ROM, where the CPU starts: 16 bytes before its end. */
	.org	0xff00
	movw	$start_of_rom, %ax
	movw	%ax, %ds
	xorw	%ax, %ax
	movw	%ax, %es
	xorw	%si, %si
	movw	$_start, %di
	movw	$copy_bytes, %cx
	cld
	rep movsb
	ljmp	$0, $_start

	.org	0xfff0
	ljmp	$start_of_rom, $0xff00
	.org	0x10000
