/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A machine that does nothing but call and return, as a test has written it down: tasks
 *with stacks of their own, on two CPUs that they change at will. It has a level's facets,
 *too: symbols, types, tasks. Functions and what they are called with:
 *
 *	int open_file(struct file *file, const char *name, unsigned short flags)
 *	long pair(struct pair by_value, char last)
 *	long wide(struct wide by_value, long a, .. long f)
 *	void tick(void)
 *	untyped		of which no type is known; a jump to it is a return, and tasks
 *			come there at last
 *
 * Line 12 of fs/file.c begins at the entry of tick() and 16 bytes behind that of pair().
 */
#ifndef SONDE_TESTS_FAKE_CALLS_H
#define SONDE_TESTS_FAKE_CALLS_H

#include <sonde/target.h>

enum {
	CALLS_TASKS = 6,
	CALLS_CPUS = 2,
	CALLS_STACK_BYTES = 16384,
	CALLS_FUNCTION_BYTES = 0x100,
	CALLS_ARGUMENTS = 10,
	/** More cannot be set. */
	CALLS_TRAPS = 600,
};

#define CALLS_CODE  UINT64_C(0xffffffff81000000)
#define CALLS_DATA  UINT64_C(0xffff888000000000)
#define CALLS_STACK UINT64_C(0xffffc90000000000)

enum calls_function {
	CALLS_OPEN_FILE,
	CALLS_PAIR,
	CALLS_WIDE,
	CALLS_TICK,
	CALLS_UNTYPED,
	CALLS_FUNCTIONS,
};

enum calls_event {
	/** CPU calls FUNCTION, from the site numbered VALUE. */
	CALLS_CALL,
	/** The function that runs there returns VALUE. */
	CALLS_RETURN,
	/** It ends by jumping to FUNCTION. */
	CALLS_TAIL_CALL,
	/** It never returns: so many frames (VALUE) are left without. */
	CALLS_ABANDON,
	/** CPU runs task VALUE. */
	CALLS_SWITCH,
	/** CPU writes VALUE to CALLS_DATA. */
	CALLS_WRITE,
	/** CPU comes to the instruction at CALLS_CODE and VALUE. */
	CALLS_AT,
	/** CPU is at VALUE. */
	CALLS_GO,
};

struct calls_step {
	enum calls_event event;
	unsigned cpu;
	enum calls_function function;
	uint64_t value;
	/** Of a call. */
	uint64_t arguments[CALLS_ARGUMENTS];
};

/** The driver behind "calls:", "calls:arm" and "calls:riscv". */
struct sonde_driver;
extern const struct sonde_driver calls_driver;

/** What shall happen next; the array must live. Behind it the machine ends. */
void calls_play(
	struct sonde_target *target, const struct calls_step *steps, size_t count);

/** Where a single step leads; with @ref switches, that CPU runs @ref task then. */
struct calls_move {
	uint64_t pc;
	bool switches;
	unsigned task;
};

/** What the next single steps do; the array must live. Behind it, each is one byte. */
void calls_move(
	struct sonde_target *target, const struct calls_move *moves, size_t count);

/** Single steps that are not made yet. */
size_t calls_moves_left(const struct sonde_target *target);

/** Of the machine, with breakpoints that are set twice counted twice. */
unsigned calls_traps(const struct sonde_target *target);

/** Traps that were set and removed, so far. */
unsigned calls_trap_changes(const struct sonde_target *target);

/** A function that is not there yet, or has come; whoever waits looks at each tick(). */
void calls_hide(struct sonde_target *target, enum calls_function function, bool hidden);

/** A second symbol that is called as @p function is, at the address of @p other. */
void calls_add_name(struct sonde_target *target, enum calls_function function,
	enum calls_function other);

/** Task @p task is gone; they all are there at first. */
void calls_end_task(struct sonde_target *target, unsigned task);

/** Another task is at the place of @p task, with its stack, from now on. */
void calls_replace_task(struct sonde_target *target, unsigned task);

uint64_t calls_address(enum calls_function function);

/** To where a call from that site returns. */
uint64_t calls_site(unsigned number);

void calls_set_register(
	struct sonde_target *target, unsigned cpu, const char *name, uint64_t value);
uint64_t calls_register(struct sonde_target *target, unsigned cpu, const char *name);

/** Functions that were executed, not only called. */
unsigned calls_executed(const struct sonde_target *target);

void calls_write(
	struct sonde_target *target, uint64_t address, const void *data, size_t length);

#endif
