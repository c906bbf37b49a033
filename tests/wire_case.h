/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One test through the public API: a fake stub, a context, a target. */
#ifndef TESTS_WIRE_CASE_H
#define TESTS_WIRE_CASE_H

#include <sonde/helper.h>
#include <sonde/sonde.h>

#include "fake_stub.h"
#include "wire_check.h"

enum {
	/** How long an answer may take: long, since the machine may be busy. */
	WIRE_PATIENT_MS = 8000,
	/** Where none is expected. */
	WIRE_HURRY_MS = 300,
};

struct wire_case {
	struct fake_stub *stub;
	struct sonde *sonde;
	struct sonde_target *target;
	struct sonde_thread *thread;
	struct sonde_space *memory;
	/** Requests that begin so wait for WIRE_HURRY_MS only; "interrupt" is one. */
	const char *hurry;
	/** What was logged: how often at each level, and the last line of each. */
	unsigned logged[SONDE_LOG_DEBUG + 1];
	char log[SONDE_LOG_DEBUG + 1][256];
};

/** Stub and context; nothing is connected. */
void wire_prepare(struct wire_case *wire, const struct fake_options *options);

/** And attached; the record is empty afterwards. */
void wire_open(struct wire_case *wire, const struct fake_options *options);

/** Attaches; the caller checks how that went. */
struct sonde_error *wire_attach(struct wire_case *wire);

/** Closes what is open and checks what must hold after every test. */
void wire_close(struct wire_case *wire);

/** The packets since the record was emptied, with blanks between; empties it. */
void wire_expect(struct wire_case *wire, const char *requests);

/** Reads and compares @p length bytes with fake_byte(). */
void wire_check_memory(struct wire_case *wire, uint64_t address, size_t length);

uint64_t wire_register(struct wire_case *wire, const char *name);

/** Runs until the next stop, which must come at once. */
void wire_run(struct wire_case *wire, struct sonde_stop *ret);

#endif
