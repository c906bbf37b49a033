/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The machine behind the fake stub, and what it answers. No bytes, no threads. */
#ifndef TESTS_FAKE_STUB_GUEST_H
#define TESTS_FAKE_STUB_GUEST_H

#include "fake_stub.h"

enum {
	FAKE_TRAPS_MAX = 256,
	FAKE_REGISTER_BYTES = 256,
};

struct fake_cpu {
	/** As in g, and what only p shows behind it. */
	uint8_t registers[FAKE_REGISTER_BYTES];
	unsigned long progress;
	/** KGDB: where it was when KGDB was called. */
	uint64_t called_from;
};

struct fake_trap {
	int kind;
	uint64_t address;
	uint64_t length;
};

/** What a breakpoint has replaced. */
struct fake_kvm_byte {
	bool used;
	uint64_t address;
	uint8_t byte;
};

struct fake_guest {
	const struct fake_options *options;
	struct fake_cpu cpus[FAKE_CPUS_MAX];
	unsigned cpu_count;
	uint8_t ram[FAKE_RAM_BYTES];
	uint8_t last_page[4096];
	uint8_t physical[FAKE_RAM_BYTES];
	struct fake_trap traps[FAKE_TRAPS_MAX];
	unsigned trap_count;
	/** KVM: what is under breakpoints; whose registers were fetched at this stop. */
	struct fake_kvm_byte saved[FAKE_TRAPS_MAX + 1];
	bool fetched[FAKE_CPUS_MAX];
	/** It runs. */
	bool runs;
	/** Nothing is sent any more: it was detached from. */
	bool detached;
	/** It has ended, and the stub hangs up. */
	bool ended;
	bool no_acks;
	bool physical_mode;
	bool process_ids;
	/** On this connection: the description was read, a thread was selected. */
	bool read_description, selected_any;
	/** KGDB: which CPU stopped, which one `c` and `s` shall be for. */
	unsigned stopped, continued;
	/** KGDB: where the last CPU waits for its hit to be told; 0: nowhere. */
	uint64_t pending_hit;
	/** KGDB: D was answered, and the acknowledgement is awaited. */
	bool leaving;
	/** gdbserver, KGDB: an interrupt that came when it was about to stop anyway. */
	bool interrupt_kept;
	/** OpenOCD: an X failed after it was answered. */
	bool write_failed;
	char document[4096];
	/** OpenOCD: it ran, and connecting has halted it. */
	bool halted_by_us;
	unsigned step_bits;
	unsigned selected;
	/** Where the answers go. */
	void (*say)(void *user, const char *payload, size_t length);
	void *user;
};

void fake_guest_init(struct fake_guest *guest, const struct fake_options *options);

/** A document of the target description (fake_stub_documents.c), or NULL. */
const char *fake_guest_document(
	struct fake_guest *guest, const char *name, size_t length);

/** Whether it takes QStartNoAckMode. */
bool fake_guest_knows_no_ack(const struct fake_guest *guest);

/** A client has come. */
void fake_guest_connect(struct fake_guest *guest);
void fake_guest_interrupt(struct fake_guest *guest);
void fake_guest_answer(struct fake_guest *guest, const char *request, size_t length);

uint64_t fake_guest_pc(const struct fake_guest *guest, unsigned cpu);
void fake_guest_set_pc(struct fake_guest *guest, unsigned cpu, uint64_t pc);

/** The byte at a virtual address, or NULL. */
uint8_t *fake_guest_memory(struct fake_guest *guest, uint64_t address);

#endif
