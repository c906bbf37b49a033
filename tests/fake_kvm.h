/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a QEMU does otherwise that runs its guest by KVM, as QEMU 7.2 was seen to do it,
 * and as its source has it (gdbstub/gdbstub.c, target/i386/kvm/kvm.c): a software
 * breakpoint is an instruction in memory; a step from any breakpoint meets it again; a
 * CPU has four debug registers, of 1, 2, 4 or 8 aligned bytes, and none for reads alone;
 * and until g or m was sent at a stop, p tells registers of an earlier one, and P is
 * lost.
 */
#ifndef TESTS_FAKE_KVM_H
#define TESTS_FAKE_KVM_H

#include "fake_stub_guest.h"

/** False: nothing special, the usual answer will do. */
bool fake_kvm_answer(struct fake_guest *guest, const char *request, size_t length);

#endif
