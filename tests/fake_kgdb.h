/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What KGDB does its own way, as Linux 6.1 was seen to do it: its CPUs are ids beside the
 * tasks' ones, a stop names a task, only the CPU that stopped can be stepped or written,
 * a software breakpoint leaves the PC behind it, and a called KGDB stands behind a
 * breakpoint instruction of the kernel's.
 */
#ifndef TESTS_FAKE_KGDB_H
#define TESTS_FAKE_KGDB_H

#include "fake_stub_guest.h"

enum {
	/** Where the kernel has a breakpoint instruction of its own. */
	FAKE_KGDB_CALL = 0x3800,
};

/** The id in a stop of CPU @p cpu: the first one is idle, a task runs on any other. */
void fake_kgdb_thread_text(unsigned cpu, char *ret, size_t size);

/** Stops CPU @p cpu in the kernel's own breakpoint. */
void fake_kgdb_call(struct fake_guest *guest, unsigned cpu);
/** Back from there; false where the CPU is elsewhere. */
bool fake_kgdb_return(struct fake_guest *guest, unsigned cpu);

/** False: nothing special, the usual answer will do. */
bool fake_kgdb_answer(struct fake_guest *guest, const char *request, size_t length);

#endif
