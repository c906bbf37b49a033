/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A machine of two CPUs that exists in memory only, without any protocol: the
 * reference on which the conformance suite shows what it expects. Each CPU runs
 * sixteen one-byte instructions in a circle; the ninth counts in memory.
 */
#ifndef SONDE_TESTS_FAKE_MACHINE_H
#define SONDE_TESTS_FAKE_MACHINE_H

#include <sonde/target.h>

enum {
	FAKE_MACHINE_BASE = 0x10000,
	FAKE_MACHINE_BYTES = 0x10000,
	FAKE_MACHINE_HOT = FAKE_MACHINE_BASE + 4,
	FAKE_MACHINE_COUNTER = FAKE_MACHINE_BASE + 0x8000,
	FAKE_MACHINE_DATA = FAKE_MACHINE_BASE + 0x9000,
};

/** The driver behind "fake:" specifications. */
struct sonde_driver;
extern const struct sonde_driver fake_machine_driver;

#endif
