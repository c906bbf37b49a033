/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stub that is not one: it runs in a thread, answers as QEMU, gdbserver, KGDB
 * (fake_kgdb.h), gdbsx or OpenOCD do, breaks where a test wants it to break, and writes
 * down all that it is sent.
 *
 * Behind it is a small machine. Its CPUs run the sixteen one-byte instructions at
 * FAKE_PROGRAM round and round; the ninth stores to FAKE_COUNTER. Breakpoints,
 * watchpoints, steps and interrupts mean there what they mean on the real one, so
 * that a test sees whether a program makes progress, not only which packets went by.
 * Where no breakpoint is met in two rounds, the machine runs until it is interrupted.
 *
 * Memory is FAKE_RAM_BYTES at FAKE_RAM, and the last page of the address space; byte
 * by byte it holds fake_byte(). Physical memory is as long, from 0 on, and holds
 * the complement. Everything else cannot be read, or reads zero if it is physical.
 */
#ifndef TESTS_FAKE_STUB_H
#define TESTS_FAKE_STUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FAKE_PROGRAM = 0x1000,
	FAKE_PROGRAM_BYTES = 16,
	/** The instruction that stores. */
	FAKE_STORE = FAKE_PROGRAM + 8,
	FAKE_COUNTER = 0x2000,
	FAKE_RAM = 0x1000,
	FAKE_RAM_BYTES = 0x40000,
	FAKE_RAM_END = FAKE_RAM + FAKE_RAM_BYTES,
	FAKE_CPUS_MAX = 4,
	FAKE_FAULTS_MAX = 6,
};

#define FAKE_LAST_PAGE UINT64_C(0xfffffffffffff000)

static inline uint8_t fake_byte(uint64_t address)
{
	return (uint8_t)((address ^ address >> 8 ^ address >> 13) | 1);
}

enum fake_kind {
	/** 7.2 */
	FAKE_QEMU,
	/** 8.1 and later: no unsolicited T02, p before the description. */
	FAKE_NEW_QEMU,
	FAKE_GDBSERVER,
	/** No description, no vCont, no PacketSize, no thread in a stop. */
	FAKE_PLAIN,
	/** The same, and what fake_kgdb.h says. */
	FAKE_KGDB,
	/**
	 * Xen's, as its source (tools/debugger/gdbsx/gx/gx_main.c) has it: no qSupported,
	 * no p, no vCont, no Z. CPUs are counted from 0, their list and its end come in
	 * one packet, H of any kind chooses whom g, G and s mean, and a monitor command
	 * is answered by the bare text.
	 */
	FAKE_GDBSX,
	/**
	 * As its user's guide (chapter "GDB and OpenOCD") and its source
	 * (src/server/gdb_server.c of 2025) have it, for a board with one CPU: connecting
	 * halts it, D does not let it run, no thread has a name, memory that cannot be
	 * read is zeros (gdb_report_data_abort is off), X is answered before it is done
	 * and its failure given to the next X, and the debug unit has four breakpoints
	 * and two watchpoints.
	 */
	FAKE_OPENOCD,
};

enum fake_transport {
	FAKE_UNIX,
	FAKE_TCP,
	FAKE_UDP,
	/** A pseudo-terminal. */
	FAKE_SERIAL,
	/**
	 * The same, to be opened with ",break-g". It has no BREAK: a test's own
	 * tcsendbreak() writes what telnet has for it.
	 */
	FAKE_SERIAL_BREAK,
	/** A Unix socket, to be opened by "telnet:" and with ",break-g". */
	FAKE_TELNET,
};

enum fake_trouble {
	FAKE_NO_TROUBLE,
	/** The text in place of the answer; nothing is done. NULL is the empty packet. */
	FAKE_ANSWER,
	/** Done, but never answered. */
	FAKE_SILENCE,
	/** Not done, and never answered: the machine runs on. */
	FAKE_STUCK,
	/** Not even seen. */
	FAKE_LOSE,
	/** Answered after so many milliseconds. */
	FAKE_DELAY,
	/** Answered with a wrong checksum, and well when asked again. */
	FAKE_CORRUPT,
	/** The same, however often it is asked. */
	FAKE_CORRUPT_ALWAYS,
	/** Acknowledged with '-' and forgotten. */
	FAKE_NAK,
	/** Half of the answer's bytes, or the text, and the connection is closed. */
	FAKE_HANG_UP,
	/** The text, as it is, in front of the answer. */
	FAKE_RAW,
	/** The text, as a packet, in front of the answer. */
	FAKE_PACKET,
};

struct fake_fault {
	enum fake_trouble trouble;
	/** Requests that begin so; an interrupt is "\3". NULL: all. */
	const char *request;
	/** As many of them are passed over first. */
	unsigned after;
	/** As many of them have the trouble; 0: all that follow. */
	unsigned times;
	const char *text;
	unsigned delay_ms;
};

struct fake_options {
	enum fake_kind kind;
	enum fake_transport transport;
	/** 0: one. */
	unsigned cpus;
	/** QEMU: an operator had stopped the guest. */
	bool found_paused;
	/** QEMU: an earlier client has left this on. */
	bool process_ids;
	bool physical_mode;
	/** QEMU: the guest is run by KVM (fake_kvm.h). */
	bool kvm;
	/** QEMU: what was executed can be undone. */
	bool replays;
	/** Of CPU 0: a step that holds back interrupts never ends. */
	bool halted;
	/** A breakpoint is hit just before an interrupt arrives. */
	bool hit_beats_interrupt;
	/** Running for long ends in W00. */
	bool exits;
	bool no_traps;
	/** Neither p nor P. */
	bool no_single_registers;
	bool no_vcont;
	bool no_features;
	/** No target description; g has so many bytes (0: as the kind has). */
	size_t g_bytes;
	/** In place of target.xml. */
	const char *target_xml;
	/** In place of the answer to qSupported. */
	const char *supported;
	/** Registers come with every stop. */
	bool expedites;
	/** Sent on connecting; with @ref deaf, the only thing that is ever sent. */
	const char *greeting;
	bool deaf;
	/** Lets nobody in: connections are made and never taken. */
	bool held;
	/** Replies are written in pieces of so many bytes; 0: whole. */
	unsigned piece;
	/** Replies use runs. */
	bool runs;
	/** Nothing more is sent before what was sent is acknowledged. */
	bool waits_for_acks;
	/** KGDB: when the first CPU hits a breakpoint, the last one hits it too. */
	bool hits_together;
	/** KGDB: what comes while the kernel runs is echoed. */
	bool echoes;
	/** KGDB: it greets whoever calls it with a stop, as an earlier client left it. */
	bool connected;
	/** Answers come from this file: see fake_dialogue.c. */
	const char *dialogue;
	struct fake_fault faults[FAKE_FAULTS_MAX];
};

struct fake_stub;

/** Fails the test where it cannot be made. */
struct fake_stub *fake_stub_create(const struct fake_options *options);
void fake_stub_destroy(struct fake_stub *stub);

/** "gdb:/tmp/...", ready for sonde_open(). */
const char *fake_stub_name(const struct fake_stub *stub);

/** Waits until all that was sent has been seen. */
void fake_stub_settle(struct fake_stub *stub);
/** Waits until the client has left; fails the test after two seconds. */
void fake_stub_wait_left(struct fake_stub *stub);

/** Whether somebody is connected. */
bool fake_stub_is_connected(struct fake_stub *stub);
/** Whether the machine runs. */
bool fake_stub_runs(struct fake_stub *stub);

/* --- what was received ------------------------------------------------------------ */

/** Forgets all requests so far. */
void fake_stub_forget(struct fake_stub *stub);
/** Requests since then. */
unsigned fake_stub_count(struct fake_stub *stub);
/** Of them, those that begin with @p prefix. */
unsigned fake_stub_count_of(struct fake_stub *stub, const char *prefix);
/** All of them, with a blank between; lives until the next call. */
const char *fake_stub_requests(struct fake_stub *stub);
/** Bytes but for interrupts that came while the machine ran; ever. */
unsigned fake_stub_stray_bytes(struct fake_stub *stub);
/** Bytes that came after a detach that was answered; ever. */
unsigned fake_stub_bytes_after_detach(struct fake_stub *stub);
/** Interrupts; ever. */
unsigned fake_stub_interrupts(struct fake_stub *stub);
/** '-' that came; ever. */
unsigned fake_stub_naks(struct fake_stub *stub);

/* --- the machine ------------------------------------------------------------------ */

/** Instructions that CPU @p cpu has executed. */
unsigned long fake_stub_progress(struct fake_stub *stub, unsigned cpu);
uint64_t fake_stub_pc(struct fake_stub *stub, unsigned cpu);
void fake_stub_set_pc(struct fake_stub *stub, unsigned cpu, uint64_t pc);
/** The 8 bytes at @p offset of what `g` has of CPU @p cpu. */
uint64_t fake_stub_register(struct fake_stub *stub, unsigned cpu, size_t offset);
uint8_t fake_stub_memory(struct fake_stub *stub, uint64_t address);
void fake_stub_set_memory(struct fake_stub *stub, uint64_t address, uint8_t byte);
/** Traps that are set; one that was set twice counts twice. */
unsigned fake_stub_traps(struct fake_stub *stub);
unsigned fake_stub_step_bits(struct fake_stub *stub);
void fake_stub_set_step_bits(struct fake_stub *stub, unsigned bits);
bool fake_stub_physical_mode(struct fake_stub *stub);
/** Sends @p payload as a packet, whatever goes on. */
void fake_stub_say(struct fake_stub *stub, const char *payload);
/** From now on, in place of all faults. */
void fake_stub_set_fault(struct fake_stub *stub, const struct fake_fault *fault);

#endif
