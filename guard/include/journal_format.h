/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a journal looks like on disk: the one thing that the library, which writes it,
 * and the guard, which reads it, have to agree on.
 *
 * A journal says what would undo all that was done to one target, and is always ahead
 * of it: first the entry, then the deed. It must make sense whenever its writer dies,
 * between two writes or in the middle of one. So each slot is written at once, with a
 * checksum over it: a slot that was cut short does not count, and what it would have
 * undone has not been done. What is known of the target (the facts) is written in two
 * slots by turns; the valid one with the higher sequence number is the newest.
 *
 *   0      struct sonde_journal_head, written once, before the target is touched
 *   1024   one byte, enum sonde_journal_mode
 *   2048   slots of 512 bytes: two of facts, then entries, undone from the highest
 *          sequence number down
 *
 * Integers are the machine's own: a journal never leaves it.
 */
#ifndef SONDE_GUARD_JOURNAL_FORMAT_H
#define SONDE_GUARD_JOURNAL_FORMAT_H

#include <stddef.h>
#include <stdint.h>

enum {
	/** Changes whenever anything here does: a journal of another one is left alone.
	 */
	SONDE_JOURNAL_VERSION = 3,
	SONDE_JOURNAL_MODE_OFFSET = 1024,
	SONDE_JOURNAL_SLOTS_OFFSET = 2048,
	SONDE_JOURNAL_SLOT_BYTES = 512,
	SONDE_JOURNAL_FACTS_SLOTS = 2,
	SONDE_JOURNAL_SLOTS_MAX = 8192,
	SONDE_JOURNAL_THREAD_TEXT = 40,
};

#define SONDE_JOURNAL_MAGIC "sondejrn"

struct sonde_journal_head {
	char magic[8];
	uint32_t version;
	/** Of all that follows. */
	uint32_t checksum;
	/** Who wrote it, and when that process began (clock ticks since boot). */
	int32_t owner;
	uint32_t reserved;
	uint64_t owner_started;
	/** Which stub: "unix:/run/vm.sock", "tcp:127.0.0.1:1234". NUL-terminated. */
	char key[256];
	/** What tells this stub from another one at the same place, or empty. */
	char identity[128];
	/** The owner's command line, for messages. */
	char command[256];
};

/** Bits of the byte at SONDE_JOURNAL_MODE_OFFSET. */
enum sonde_journal_mode {
	/** The target may be running: it has to be interrupted first. */
	SONDE_JOURNAL_RUNNING = 1,
	/**
	 * It was resumed with instructions of ours in it, which leave the PC behind them.
	 * Then RUNNING goes before the stop reply is taken.
	 */
	SONDE_JOURNAL_PC_OWED = 2,
};

enum sonde_journal_kind {
	SONDE_JOURNAL_NOTHING,
	SONDE_JOURNAL_FACTS,
	/** struct sonde_journal_trap: a trap that the stub manages. */
	SONDE_JOURNAL_TRAP,
	/** struct sonde_journal_bytes: memory that we replaced. */
	SONDE_JOURNAL_BYTES,
	/** struct sonde_journal_packet: packets of the stub's protocol. */
	SONDE_JOURNAL_PACKET,
	/** The path of a QMP socket, with its NUL: say `cont` there. */
	SONDE_JOURNAL_QMP_CONT,
	/** The same: let QEMU drop its stub, which was started for us. */
	SONDE_JOURNAL_QMP_DROP_STUB,
};

struct sonde_journal_slot {
	/** Of all that follows; 0: the slot is free. */
	uint32_t checksum;
	uint16_t kind;
	/** Bytes of payload. */
	uint16_t length;
	/** Rises with each slot that is written, facts included. */
	uint64_t sequence;
	uint8_t payload[SONDE_JOURNAL_SLOT_BYTES - 16];
};

enum sonde_journal_state {
	/** Not known yet. */
	SONDE_JOURNAL_STATE_UNKNOWN,
	SONDE_JOURNAL_STATE_RUNNING,
	SONDE_JOURNAL_STATE_STOPPED,
	/** It was asked, and does not tell. */
	SONDE_JOURNAL_STATE_UNTOLD,
};

enum sonde_journal_call {
	/** 0x03, as the protocol has it. */
	SONDE_JOURNAL_CALL_INTERRUPT,
	/** A BREAK on a serial line, and then "g". */
	SONDE_JOURNAL_CALL_SERIAL_BREAK,
	/** A BREAK as telnet has it (RFC 854), and then "g". */
	SONDE_JOURNAL_CALL_TELNET_BREAK,
};

struct sonde_journal_facts {
	/** enum sonde_journal_state: what the target is left in. */
	uint8_t leave;
	/** The stub is QEMU's: what that means, guard/rescue.c says. */
	uint8_t qemu;
	/** The last words are being said: nothing may follow them on this connection. */
	uint8_t leaving;
	/** How far behind a written instruction the PC stops; 0: not at all (bytes). */
	uint8_t pc_adjust;
	/** The program counter: its number, where it stands in `g`, its size (bytes). */
	uint16_t pc_number;
	uint16_t pc_offset;
	uint8_t pc_bytes;
	uint8_t big_endian;
	/** QEMU's user mode: what interrupts it is a signal to the process. */
	uint8_t user_mode;
	/** @ref detach lets the target run, and is not answered. */
	uint8_t detach_is_mute;
	/** Linux's own stub: what that means, guard/rescue.c says. */
	uint8_t kgdb;
	/** enum sonde_journal_call: what makes it listen while the kernel runs. */
	uint8_t call;
	uint8_t reserved[2];
	/** Sizes of @ref question and of the whole answer to it (bytes); 0: none. */
	uint16_t question_length;
	uint32_t answer_length;
	/** The stub's process, if we started it, else 0; and when it began. */
	int32_t child;
	uint64_t child_started;
	/** What detaches, such as "D;1". NUL-terminated. */
	char detach[SONDE_JOURNAL_THREAD_TEXT];
	/** A question whose answer is unmistakable, and the beginning of that answer. */
	char question[96];
	char answer[96];
};

struct sonde_journal_trap {
	uint64_t address;
	uint64_t length;
	/** Z0 to Z4. */
	uint32_t kind;
};

struct sonde_journal_bytes {
	uint64_t address;
	uint8_t length;
	uint8_t original[8];
	/** What we wrote: where it is not there any more, nothing is put back. */
	uint8_t written[8];
	/** As the thread with this id sees memory; empty: as the current one does. */
	char thread[SONDE_JOURNAL_THREAD_TEXT];
};

struct sonde_journal_packet {
	/** Selected first, unless empty. */
	char thread[SONDE_JOURNAL_THREAD_TEXT];
	/** NUL-terminated; several have a newline between them, and are said in order. */
	char text[400];
};

/** FNV-1a; never 0, which means a free slot. */
static inline uint32_t sonde_journal_checksum(const void *data, size_t length)
{
	const uint8_t *bytes = data;
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < length; i++)
		sum = (sum ^ bytes[i]) * 16777619u;
	return sum ? sum : 1;
}

static inline uint32_t sonde_journal_head_checksum(const struct sonde_journal_head *head)
{
	const size_t skipped = offsetof(struct sonde_journal_head, owner);

	return sonde_journal_checksum(&head->owner, sizeof(*head) - skipped);
}

/** @p slot's length must be believable. */
static inline uint32_t sonde_journal_slot_checksum(const struct sonde_journal_slot *slot)
{
	const size_t skipped = offsetof(struct sonde_journal_slot, kind);
	const size_t fixed = offsetof(struct sonde_journal_slot, payload) - skipped;

	return sonde_journal_checksum(&slot->kind, fixed + slot->length);
}

/* --- what is said on the guard's control socket (SOCK_SEQPACKET) ------------------- */

enum {
	/** Descriptors that the guard is started with. */
	SONDE_GUARD_CONTROL_FD = 3,
	SONDE_GUARD_JOURNAL_FD = 4,
	/** A pidfd of the process that is watched. */
	SONDE_GUARD_OWNER_FD = 5,
};

enum sonde_guard_verb {
	/** With a descriptor: hold this connection, which goes to @ref address. */
	SONDE_GUARD_HOLD = 'h',
	/** All is undone and the journal is gone: let go and end. */
	SONDE_GUARD_BYE = 'b',
	/** Undo now what a dead process left; the descriptor, if any, is the way. */
	SONDE_GUARD_RECOVER = 'r',
	/** The guard's answers: done; or that it could not be. */
	SONDE_GUARD_DONE = 'd',
	SONDE_GUARD_FAILED = 'f',
};

struct sonde_guard_message {
	uint8_t verb;
	/** A struct sockaddr to connect to again; 0: it cannot be. */
	uint8_t address_length;
	uint8_t address[128];
};

#endif
