/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A disk's first sector, which a PC's BIOS loads to 0x7c00: fills 128 KiB of RAM from
 * 0x20000 on, two bytes at a time with the number of the pair, marks that at 0x600, and
 * halts.
 */
	.code16
	.globl	_start
_start:
	cli
	cld
	movw	$0x2000, %bx
1:	movw	%bx, %es
	xorw	%di, %di
	xorw	%ax, %ax
2:	stosw
	incw	%ax
	cmpw	$0x8000, %ax
	jne	2b
	addw	$0x1000, %bx
	cmpw	$0x4000, %bx
	jne	1b
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	$0x600d, 0x600
3:	hlt
	jmp	3b

	.org	510
	.word	0xaa55
