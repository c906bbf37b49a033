/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program for a RISC-V machine without firmware: every hart calls hot() for ever, which
 * counts. Machine mode, no paging. No compressed instructions: any of these may be
 * replaced by an ebreak.
 */
	.option	norvc
	.globl	_start, hot, counter
_start:
	csrr	t0, mhartid
	slli	t0, t0, 12
	la	sp, stacks + 4096
	add	sp, sp, t0
again:
	call	hot
	li	t1, 1000
1:	addi	t1, t1, -1
	bnez	t1, 1b
	j	again

hot:
	la	t2, counter
	ld	t3, 0(t2)
	addi	t3, t3, 1
	sd	t3, 0(t2)
	ret

	.bss
	.balign	8
counter:
	.skip	8
	.balign	4096
stacks:
	.skip	2 * 4096
