/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running and stopping: which packets that takes, and what the machine made of them. */
#include "wire_case.h"

#include <poll.h>
#include <stdio.h>

static const struct fake_options qemu = {.kind = FAKE_QEMU};
static const struct fake_options gdbserver = {.kind = FAKE_GDBSERVER};
static const struct fake_options plain = {.kind = FAKE_PLAIN};

static struct sonde_breakpoint *trap_at(
	struct wire_case *wire, enum sonde_breakpoint_kind kind, uint64_t address)
{
	struct sonde_breakpoint *breakpoint;
	uint64_t length = kind >= SONDE_BREAKPOINT_WATCH_WRITE ? 8 : 0;

	check(sonde_breakpoint_create(wire->target, kind, address, length, &breakpoint));
	return breakpoint;
}

static struct sonde_breakpoint *break_at(struct wire_case *wire, uint64_t address)
{
	return trap_at(wire, SONDE_BREAKPOINT_SOFTWARE, address);
}

static void check_hit(struct wire_case *wire, uint64_t pc)
{
	struct sonde_stop stop;

	wire_run(wire, &stop);
	assert_int_equal(stop.reason, SONDE_STOP_BREAKPOINT);
	assert_true(stop.pc_known);
	assert_int_equal(stop.pc, pc);
	assert_ptr_equal(stop.thread, wire->thread);
	assert_int_equal(sonde_target_state(wire->target), SONDE_STATE_STOPPED);
}

/* --- breakpoints -------------------------------------------------------------------- */

static void test_claims_share_a_trap(void **state)
{
	struct sonde_breakpoint *first, *second, *elsewhere;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &qemu);
	first = break_at(&wire, 0x1004);
	second = break_at(&wire, 0x1004);
	elsewhere = break_at(&wire, 0x1005);
	wire_expect(&wire, "Z0,1004,1 Z0,1005,1");
	wire_run(&wire, &stop);
	assert_true(sonde_breakpoint_caused(first, &stop));
	assert_true(sonde_breakpoint_caused(second, &stop));
	assert_false(sonde_breakpoint_caused(elsewhere, &stop));
	assert_int_equal(sonde_breakpoint_address(second), 0x1004);
	fake_stub_forget(wire.stub);
	check(sonde_breakpoint_destroy(first));
	wire_expect(&wire, "");
	check(sonde_breakpoint_destroy(second));
	wire_expect(&wire, "z0,1004,1");
	check(sonde_breakpoint_destroy(elsewhere));
	check(sonde_breakpoint_destroy(NULL));
	assert_int_equal(fake_stub_traps(wire.stub), 0);
	wire_close(&wire);
}

/* One register, one step that is looked after, one resume. */
static void test_hit_cycle(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	breakpoint = break_at(&wire, 0x1004);
	fake_stub_forget(wire.stub);
	check_hit(&wire, 0x1004);
	/* QEMU has selected the CPU that stopped. */
	wire_expect(&wire, "vCont;c p10");
	for (unsigned i = 1; i < 5; i++) {
		check_hit(&wire, 0x1004);
		wire_expect(&wire, "vCont;s:1 p10 vCont;c p10");
		assert_int_equal(fake_stub_progress(wire.stub, 0), 4 + 16 * i);
	}
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

/* A step from a breakpoint stops there again: it must be out meanwhile. */
static void test_hit_cycle_of_gdbserver(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &gdbserver);
	breakpoint = break_at(&wire, 0x1004);
	check_hit(&wire, 0x1004);
	fake_stub_forget(wire.stub);
	check_hit(&wire, 0x1004);
	wire_expect(&wire, "z0,1004,1 vCont;s:1 Z0,1004,1 vCont;c p10");
	assert_int_equal(fake_stub_progress(wire.stub, 0), 20);
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

static void test_hit_cycle_without_vcont(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &plain);
	breakpoint = break_at(&wire, 0x1004);
	check_hit(&wire, 0x1004);
	fake_stub_forget(wire.stub);
	check_hit(&wire, 0x1004);
	wire_expect(&wire, "z0,1004,1 s Z0,1004,1 c p10");
	assert_int_equal(fake_stub_progress(wire.stub, 0), 20);
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

/* The program counter comes with the stop: nothing is asked. */
static void test_expedited_registers(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .expedites = true};
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &options);
	assert_int_equal(wire_register(&wire, "pc"), FAKE_PROGRAM);
	breakpoint = break_at(&wire, 0x1004);
	fake_stub_forget(wire.stub);
	check_hit(&wire, 0x1004);
	assert_int_equal(wire_register(&wire, "pc"), 0x1004);
	check_hit(&wire, 0x1004);
	wire_expect(&wire, "vCont;c vCont;s:1 vCont;c");
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

static void test_hardware_breakpoint(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	breakpoint = trap_at(&wire, SONDE_BREAKPOINT_HARDWARE, 0x1004);
	wire_expect(&wire, "Z1,1004,1");
	check_hit(&wire, 0x1004);
	check_hit(&wire, 0x1004);
	check(sonde_breakpoint_destroy(breakpoint));
	assert_int_equal(fake_stub_count_of(wire.stub, "z1,1004,1"), 1);
	wire_close(&wire);
}

/* Two next to each other: the step over one ends on the other. */
static void test_neighbours(void **state)
{
	struct sonde_breakpoint *first, *second;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	first = break_at(&wire, 0x1004);
	second = break_at(&wire, 0x1005);
	for (unsigned i = 0; i < 3; i++) {
		check_hit(&wire, 0x1004);
		check_hit(&wire, 0x1005);
	}
	assert_int_equal(fake_stub_progress(wire.stub, 0), 5 + 2 * 16);
	check(sonde_breakpoint_destroy(first));
	check(sonde_breakpoint_destroy(second));
	wire_close(&wire);
}

/* Both come by; each is stepped alone, and none is missed. */
static void test_two_cpus_on_one_breakpoint(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .cpus = 2};
	struct sonde_breakpoint *breakpoint;
	unsigned hits[2] = {0};
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &options);
	breakpoint = break_at(&wire, 0x1004);
	for (unsigned i = 0; i < 8; i++) {
		struct sonde_stop stop;

		wire_run(&wire, &stop);
		assert_int_equal(stop.reason, SONDE_STOP_BREAKPOINT);
		hits[sonde_thread_number(stop.thread)]++;
	}
	assert_int_equal(hits[0], 4);
	assert_int_equal(hits[1], 4);
	assert_in_range(fake_stub_progress(wire.stub, 1), 4 + 3 * 16 - 1, 4 + 3 * 16 + 1);
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

/* Sent elsewhere and back, a thread meets the breakpoint anew. */
static void test_moved_away_and_back(void **state)
{
	const struct sonde_register *pc;
	struct sonde_register_value value;
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	breakpoint = break_at(&wire, 0x1004);
	check_hit(&wire, 0x1004);
	pc = sonde_thread_find_register(wire.thread, "rip");
	sonde_register_value_set_integer(&value, 0x1002, 64);
	check(sonde_thread_write_register(wire.thread, pc, &value));
	check_hit(&wire, 0x1004);
	assert_int_equal(fake_stub_progress(wire.stub, 0), 6);
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

static void test_refused_traps(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct sonde_error *error;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	fake_stub_set_fault(
		wire.stub, &(struct fake_fault){FAKE_ANSWER, "Z", .text = "E22"});
	error = sonde_breakpoint_create(
		wire.target, SONDE_BREAKPOINT_WATCH_WRITE, 0x2000, 8, &breakpoint);
	assert_non_null(error);
	assert_int_equal(sonde_error_kind(error), SONDE_ERROR_PROTOCOL);
	assert_non_null(sonde_error_hint(error));
	sonde_error_destroy(error);
	check_fails(sonde_breakpoint_create(wire.target, SONDE_BREAKPOINT_SOFTWARE,
			    0x1004, 0, &breakpoint),
		SONDE_ERROR_PROTOCOL);
	fake_stub_forget(wire.stub);
	check_fails(sonde_breakpoint_create(wire.target, SONDE_BREAKPOINT_WATCH_READ,
			    UINT64_MAX, 2, &breakpoint),
		SONDE_ERROR_INVALID);
	check_fails(sonde_breakpoint_create(
			    wire.target, SONDE_BREAKPOINT_WATCH_READ, 0, 0, &breakpoint),
		SONDE_ERROR_INVALID);
	check_fails(sonde_breakpoint_create(wire.target, 17, 0, 1, &breakpoint),
		SONDE_ERROR_INVALID);
	/* Nothing is left to be removed. */
	check(sonde_target_detach(wire.target));
	fake_stub_wait_left(wire.stub);
	wire_expect(&wire, "D");
	wire_close(&wire);
}

/* --- breakpoints that we write
 * ---------------------------------------------------------- */

static void test_written_breakpoints(void **state)
{
	struct fake_options options = {.kind = FAKE_PLAIN, .no_traps = true};
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;
	uint8_t code[4];

	(void)state;
	wire_open(&wire, &options);
	breakpoint = break_at(&wire, 0x1004);
	assert_int_equal(fake_stub_memory(wire.stub, 0x1004), 0xcc);
	for (unsigned i = 0; i < 3; i++) {
		check_hit(&wire, 0x1004);
		assert_int_equal(fake_stub_pc(wire.stub, 0), 0x1004);
		assert_int_equal(wire_register(&wire, "pc"), 0x1004);
		assert_int_equal(fake_stub_progress(wire.stub, 0), 4 + 16 * i);
	}
	/* It asks once whether the stub has breakpoints. */
	assert_int_equal(fake_stub_count_of(wire.stub, "Z"), 1);
	check(sonde_space_read(wire.memory, 0x1002, code, 4));
	assert_memory_equal(code, "\x90\x90\x90\x90", 4);
	/* Written over, it stays; removed, what was written is there. */
	check(sonde_space_write(wire.memory, 0x1003, "\x91\x92\x93", 3));
	assert_int_equal(fake_stub_memory(wire.stub, 0x1004), 0xcc);
	check(sonde_space_read(wire.memory, 0x1002, code, 4));
	assert_memory_equal(code, "\x90\x91\x92\x93", 4);
	check(sonde_breakpoint_destroy(breakpoint));
	assert_int_equal(fake_stub_memory(wire.stub, 0x1004), 0x92);
	wire_close(&wire);
}

static void test_written_breakpoints_are_taken_out(void **state)
{
	struct fake_options options = {.kind = FAKE_PLAIN, .no_traps = true};
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &options);
	breakpoint = break_at(&wire, 0x1004);
	check(sonde_target_resume(wire.target));
	check(sonde_target_wait(wire.target, 1000, &(struct sonde_stop){0}));
	check(sonde_target_detach(wire.target));
	assert_int_equal(fake_stub_memory(wire.stub, 0x1004), 0x90);
	sonde_error_destroy(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

static void test_written_watchpoints_do_not_exist(void **state)
{
	struct fake_options options = {.kind = FAKE_PLAIN, .no_traps = true};
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &options);
	check_fails(sonde_breakpoint_create(wire.target, SONDE_BREAKPOINT_WATCH_WRITE,
			    0x2000, 8, &breakpoint),
		SONDE_ERROR_UNSUPPORTED);
	/* Where nothing can be written, either. */
	check_fails(sonde_breakpoint_create(wire.target, SONDE_BREAKPOINT_SOFTWARE,
			    FAKE_RAM_END, 0, &breakpoint),
		SONDE_ERROR_FAULT);
	wire_close(&wire);
}

/* --- watchpoints
 * ------------------------------------------------------------------------ */

static void test_watchpoints(void **state)
{
	struct sonde_breakpoint *breakpoint, *other;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &qemu);
	breakpoint = trap_at(&wire, SONDE_BREAKPOINT_WATCH_WRITE, FAKE_COUNTER);
	other = trap_at(&wire, SONDE_BREAKPOINT_WATCH_WRITE, FAKE_COUNTER + 8);
	wire_expect(&wire, "Z2,2000,8 Z2,2008,8");
	for (unsigned i = 1; i < 4; i++) {
		wire_run(&wire, &stop);
		assert_int_equal(stop.reason, SONDE_STOP_WATCHPOINT);
		assert_int_equal(stop.address, FAKE_COUNTER);
		assert_int_equal(stop.watch_kind, SONDE_WATCH_WRITE);
		assert_true(sonde_breakpoint_caused(breakpoint, &stop));
		assert_false(sonde_breakpoint_caused(other, &stop));
		assert_int_equal(fake_stub_memory(wire.stub, FAKE_COUNTER), i);
		/* Nothing is stepped over: the store has been done. */
		wire_expect(&wire, "vCont;c");
	}
	check(sonde_breakpoint_destroy(breakpoint));
	check(sonde_breakpoint_destroy(other));
	wire_expect(&wire, "z2,2000,8 z2,2008,8");
	wire_close(&wire);
}

static void test_watch_kinds(void **state)
{
	struct sonde_breakpoint *access, *reads;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &qemu);
	access = trap_at(&wire, SONDE_BREAKPOINT_WATCH_ACCESS, FAKE_COUNTER);
	reads = trap_at(&wire, SONDE_BREAKPOINT_WATCH_READ, 0x3000);
	wire_expect(&wire, "Z4,2000,8 Z3,3000,8");
	wire_run(&wire, &stop);
	assert_int_equal(stop.watch_kind, SONDE_WATCH_ACCESS);
	check(sonde_breakpoint_destroy(access));
	check(sonde_breakpoint_destroy(reads));
	wire_close(&wire);
}

/* The instruction under the breakpoint is the one that stores. */
static void test_stop_during_the_step_over(void **state)
{
	struct sonde_breakpoint *breakpoint, *watch;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &qemu);
	breakpoint = break_at(&wire, FAKE_STORE);
	watch = trap_at(&wire, SONDE_BREAKPOINT_WATCH_WRITE, FAKE_COUNTER);
	for (unsigned i = 0; i < 3; i++) {
		check_hit(&wire, FAKE_STORE);
		fake_stub_forget(wire.stub);
		wire_run(&wire, &stop);
		assert_int_equal(stop.reason, SONDE_STOP_WATCHPOINT);
		assert_int_equal(sonde_target_state(wire.target), SONDE_STATE_STOPPED);
		wire_expect(&wire, "vCont;s:1");
	}
	check(sonde_breakpoint_destroy(breakpoint));
	check(sonde_breakpoint_destroy(watch));
	wire_close(&wire);
}

/* A stop that waits to be fetched is no running target: leaving works. */
static void test_detach_with_a_stop_in_hand(void **state)
{
	struct sonde_breakpoint *breakpoint, *watch;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	breakpoint = break_at(&wire, FAKE_STORE);
	watch = trap_at(&wire, SONDE_BREAKPOINT_WATCH_WRITE, FAKE_COUNTER);
	check_hit(&wire, FAKE_STORE);
	check(sonde_target_resume(wire.target));
	fake_stub_forget(wire.stub);
	check(sonde_target_detach(wire.target));
	fake_stub_wait_left(wire.stub);
	assert_int_equal(fake_stub_interrupts(wire.stub), 0);
	assert_int_equal(fake_stub_traps(wire.stub), 0);
	assert_true(fake_stub_runs(wire.stub));
	sonde_error_destroy(sonde_breakpoint_destroy(breakpoint));
	sonde_error_destroy(sonde_breakpoint_destroy(watch));
	wire_close(&wire);
}

/* --- steps
 * ------------------------------------------------------------------------------ */

static void test_steps(void **state)
{
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &qemu);
	check(sonde_target_step(wire.target, wire.thread, false, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_STEP);
	wire_expect(&wire, "vCont;s:1");
	check(sonde_target_step(wire.target, wire.thread, true, &stop));
	wire_expect(&wire, "vCont;s:1;c");
	assert_int_equal(wire_register(&wire, "pc"), FAKE_PROGRAM + 2);
	wire_close(&wire);
}

static void test_steps_onto_and_off_a_breakpoint(void **state)
{
	static const struct fake_options *const kinds[] = {&qemu, &gdbserver, &plain};

	(void)state;
	for (unsigned kind = 0; kind < 3; kind++) {
		struct sonde_breakpoint *breakpoint;
		struct wire_case wire;
		struct sonde_stop stop;

		wire_open(&wire, kinds[kind]);
		breakpoint = break_at(&wire, 0x1001);
		for (unsigned i = 1; i < 4; i++) {
			check(sonde_target_step(wire.target, wire.thread, false, &stop));
			assert_int_equal(stop.reason, SONDE_STOP_STEP);
			assert_int_equal(stop.pc, FAKE_PROGRAM + i);
		}
		/* Its user saw it arrive at 0x1001, so it goes all the way round. */
		check_hit(&wire, 0x1001);
		assert_int_equal(fake_stub_progress(wire.stub, 0), 17);
		check(sonde_breakpoint_destroy(breakpoint));
		wire_close(&wire);
	}
}

static void test_step_other_cpu(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .cpus = 2};
	struct sonde_thread *second;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &options);
	check(sonde_target_find_thread(wire.target, 1, &second));
	check(sonde_target_step(wire.target, second, false, &stop));
	assert_ptr_equal(stop.thread, second);
	assert_int_equal(fake_stub_progress(wire.stub, 0), 0);
	assert_int_equal(fake_stub_progress(wire.stub, 1), 1);
	wire_close(&wire);
}

/* A halted CPU does not step until interrupts are let through. */
static void test_halted_step(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .halted = true};
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &options);
	check(sonde_target_step(wire.target, wire.thread, false, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_STEP);
	wire_expect(&wire, "vCont;s:1 Qqemu.sstep:1 vCont;s:1 Qqemu.sstep:7");
	assert_int_equal(fake_stub_interrupts(wire.stub), 1);
	assert_int_equal(fake_stub_step_bits(wire.stub), 7);
	assert_int_equal(fake_stub_progress(wire.stub, 0), 1);
	wire_close(&wire);
}

/* The bits outlive a connection: whatever happens, they are put back. */
static void test_halted_step_that_never_ends(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .halted = true};
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &options);
	fake_stub_set_fault(
		wire.stub, &(struct fake_fault){FAKE_STUCK, "vCont;s", .after = 1});
	wire.hurry = "vCont;s";
	check_fails(sonde_target_step(wire.target, wire.thread, false, &stop),
		SONDE_ERROR_TIMEOUT);
	check(sonde_target_detach(wire.target));
	assert_int_equal(fake_stub_step_bits(wire.stub), 7);
	fake_stub_wait_left(wire.stub);
	wire_close(&wire);
}

/* --- interrupts
 * --------------------------------------------------------------------------- */

static void test_wait_and_interrupt(void **state)
{
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &qemu);
	check(sonde_target_resume(wire.target));
	assert_int_equal(sonde_target_state(wire.target), SONDE_STATE_RUNNING);
	check_fails(sonde_target_wait(wire.target, 0, &stop), SONDE_ERROR_TIMEOUT);
	check_fails(sonde_target_wait(wire.target, 20, &stop), SONDE_ERROR_TIMEOUT);
	assert_int_equal(sonde_target_state(wire.target), SONDE_STATE_RUNNING);
	check(sonde_target_interrupt(wire.target));
	check(sonde_target_wait(wire.target, 2000, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_INTERRUPT);
	assert_int_equal(stop.signal, 2);
	assert_ptr_equal(stop.thread, wire.thread);
	assert_int_equal(fake_stub_interrupts(wire.stub), 1);
	wire_expect(&wire, "vCont;c");
	wire_close(&wire);
}

static void test_pause(void **state)
{
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &qemu);
	check(sonde_target_pause(wire.target, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_INTERRUPT);
	check(sonde_target_interrupt(wire.target));
	assert_int_equal(fake_stub_count(wire.stub), 0);
	assert_int_equal(fake_stub_interrupts(wire.stub), 0);
	check(sonde_target_resume(wire.target));
	check(sonde_target_pause(wire.target, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_INTERRUPT);
	assert_int_equal(fake_stub_interrupts(wire.stub), 1);
	wire_close(&wire);
}

static void test_interrupted_wait(void **state)
{
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &qemu);
	check(sonde_target_resume(wire.target));
	sonde_interrupt(wire.sonde);
	check_fails(sonde_target_wait(wire.target, -1, &stop), SONDE_ERROR_INTERRUPTED);
	assert_int_equal(sonde_target_state(wire.target), SONDE_STATE_RUNNING);
	assert_int_equal(fake_stub_interrupts(wire.stub), 0);
	check(sonde_target_pause(wire.target, &stop));
	wire_close(&wire);
}

/* QEMU forgets an interrupt that comes when it has stopped already. */
static void test_interrupt_comes_late_for_qemu(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .hit_beats_interrupt = true};
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &options);
	breakpoint = break_at(&wire, 0x5000);
	check(sonde_target_resume(wire.target));
	check(sonde_target_pause(wire.target, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_BREAKPOINT);
	check(sonde_breakpoint_destroy(breakpoint));
	fake_stub_set_pc(wire.stub, 0, FAKE_PROGRAM);
	breakpoint = break_at(&wire, 0x1004);
	wire_run(&wire, &stop);
	assert_int_equal(stop.reason, SONDE_STOP_BREAKPOINT);
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

/* gdbserver keeps it: the next resume ends at once, which nobody wants to know. */
static void test_interrupt_comes_late_for_gdbserver(void **state)
{
	struct fake_options options = {
		.kind = FAKE_GDBSERVER, .hit_beats_interrupt = true};
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &options);
	breakpoint = break_at(&wire, 0x1004);
	fake_stub_set_pc(wire.stub, 0, 0x6000);
	check(sonde_target_resume(wire.target));
	check(sonde_target_pause(wire.target, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_BREAKPOINT);
	wire_run(&wire, &stop);
	assert_int_equal(stop.reason, SONDE_STOP_BREAKPOINT);
	assert_int_equal(fake_stub_interrupts(wire.stub), 1);
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

static void test_descriptor(void **state)
{
	struct wire_case wire;
	struct sonde_stop stop;
	struct pollfd fd = {.events = POLLIN};

	(void)state;
	wire_open(&wire, &qemu);
	check(sonde_target_resume(wire.target));
	check(sonde_target_descriptor(wire.target, &fd.fd));
	/* The acknowledgement of the resume is to be read, too. */
	fake_stub_settle(wire.stub);
	check_fails(sonde_target_wait(wire.target, 0, &stop), SONDE_ERROR_TIMEOUT);
	check(sonde_target_interrupt(wire.target));
	assert_int_equal(poll(&fd, 1, 2000), 1);
	check(sonde_target_wait(wire.target, 0, &stop));
	wire_close(&wire);
}

/* --- while it runs
 * -------------------------------------------------------------------------- */

static void test_nothing_is_asked_while_it_runs(void **state)
{
	struct sonde_breakpoint *breakpoint, *other;
	struct sonde_thread *const *threads;
	struct wire_case wire;
	struct sonde_stop stop;
	uint64_t value;
	size_t count;

	(void)state;
	wire_open(&wire, &qemu);
	breakpoint = break_at(&wire, 0x5000);
	check(sonde_target_resume(wire.target));
	fake_stub_forget(wire.stub);
	check_fails(sonde_space_read_integer(wire.memory, 0x3000, 8, &value),
		SONDE_ERROR_RUNNING);
	check_fails(sonde_thread_read_pc(wire.thread, &value), SONDE_ERROR_RUNNING);
	check_fails(sonde_breakpoint_create(
			    wire.target, SONDE_BREAKPOINT_SOFTWARE, 0x1004, 0, &other),
		SONDE_ERROR_RUNNING);
	check_fails(sonde_target_resume(wire.target), SONDE_ERROR_RUNNING);
	check_fails(sonde_target_step(wire.target, wire.thread, false, &stop),
		SONDE_ERROR_RUNNING);
	check(sonde_target_threads(wire.target, &threads, &count));
	assert_int_equal(count, 1);
	assert_int_equal(fake_stub_count(wire.stub), 0);
	assert_int_equal(fake_stub_stray_bytes(wire.stub), 0);
	check(sonde_target_pause(wire.target, &stop));
	check(sonde_breakpoint_destroy(breakpoint));
	check_fails(sonde_target_wait(wire.target, 10, &stop), SONDE_ERROR_INVALID);
	wire_close(&wire);
}

/* A trap that could not be removed while it ran is taken out on leaving. */
static void test_breakpoint_destroyed_while_it_runs(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	breakpoint = break_at(&wire, 0x5000);
	check(sonde_target_resume(wire.target));
	check_fails(sonde_breakpoint_destroy(breakpoint), SONDE_ERROR_RUNNING);
	check(sonde_target_detach(wire.target));
	fake_stub_wait_left(wire.stub);
	assert_int_equal(fake_stub_traps(wire.stub), 0);
	wire_close(&wire);
}

static void test_console_output(void **state)
{
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &qemu);
	check(sonde_target_resume(wire.target));
	fake_stub_settle(wire.stub);
	fake_stub_say(wire.stub, "O48656c6c6f0a");
	check_fails(sonde_target_wait(wire.target, 50, &stop), SONDE_ERROR_TIMEOUT);
	assert_int_equal(wire.logged[SONDE_LOG_CONSOLE], 1);
	assert_string_equal(wire.log[SONDE_LOG_CONSOLE], "Hello");
	/* An acknowledgement would have stopped it. */
	assert_int_equal(fake_stub_stray_bytes(wire.stub), 0);
	check(sonde_target_pause(wire.target, &stop));
	wire_close(&wire);
}

static void test_refused_resume(void **state)
{
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &qemu);
	fake_stub_set_fault(wire.stub,
		&(struct fake_fault){FAKE_ANSWER, "vCont;c", .times = 1, .text = "E22"});
	check(sonde_target_resume(wire.target));
	check_says(
		sonde_target_wait(wire.target, 1000, &stop), SONDE_ERROR_PROTOCOL, "E22");
	/* It did not run, and can be asked. */
	assert_int_equal(sonde_target_state(wire.target), SONDE_STATE_STOPPED);
	wire_check_memory(&wire, 0x3000, 8);
	wire_close(&wire);
}

static void test_signal_of_the_program(void **state)
{
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &gdbserver);
	fake_stub_set_fault(wire.stub,
		&(struct fake_fault){FAKE_ANSWER, "vCont;c", .text = "T0bthread:1;"});
	wire_run(&wire, &stop);
	assert_int_equal(stop.reason, SONDE_STOP_SIGNAL);
	assert_int_equal(stop.signal, 11);
	wire_close(&wire);
}

static void test_new_thread_stops(void **state)
{
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &gdbserver);
	fake_stub_set_fault(wire.stub,
		&(struct fake_fault){FAKE_ANSWER, "vCont;c", .text = "T0bthread:77;"});
	wire_run(&wire, &stop);
	assert_int_equal(sonde_thread_number(stop.thread), 1);
	assert_string_equal(sonde_thread_name(stop.thread), "77");
	wire_close(&wire);
}

static void test_exit(void **state)
{
	struct fake_options options = {.kind = FAKE_GDBSERVER, .exits = true};
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;
	struct sonde_stop stop;
	uint64_t value;

	(void)state;
	wire_open(&wire, &options);
	breakpoint = break_at(&wire, 0x5000);
	wire_run(&wire, &stop);
	assert_int_equal(stop.reason, SONDE_STOP_EXITED);
	assert_int_equal(stop.signal, 0);
	assert_null(stop.thread);
	assert_int_equal(sonde_target_state(wire.target), SONDE_STATE_ENDED);
	check_fails(sonde_thread_read_pc(wire.thread, &value), SONDE_ERROR_NOT_FOUND);
	check_fails(sonde_target_resume(wire.target), SONDE_ERROR_NOT_FOUND);
	sonde_error_destroy(sonde_breakpoint_destroy(breakpoint));
	check(sonde_target_detach(wire.target));
	wire_close(&wire);
}

/* --- leaving
 * ------------------------------------------------------------------------------- */

static void test_detach_while_it_runs(void **state)
{
	struct sonde_breakpoint *first, *second;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	first = break_at(&wire, 0x5000);
	second = trap_at(&wire, SONDE_BREAKPOINT_WATCH_WRITE, 0x3000);
	check(sonde_target_resume(wire.target));
	fake_stub_forget(wire.stub);
	check(sonde_target_detach(wire.target));
	fake_stub_wait_left(wire.stub);
	assert_int_equal(fake_stub_interrupts(wire.stub), 1);
	assert_int_equal(fake_stub_count_of(wire.stub, "z"), 2);
	assert_int_equal(fake_stub_count_of(wire.stub, "D"), 1);
	assert_int_equal(fake_stub_traps(wire.stub), 0);
	assert_true(fake_stub_runs(wire.stub));
	sonde_error_destroy(sonde_breakpoint_destroy(first));
	sonde_error_destroy(sonde_breakpoint_destroy(second));
	wire_close(&wire);
}

static void test_detach_leaves_it_paused(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .found_paused = true};
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &options);
	breakpoint = break_at(&wire, 0x5000);
	check(sonde_target_resume(wire.target));
	check(sonde_target_detach(wire.target));
	fake_stub_wait_left(wire.stub);
	assert_int_equal(fake_stub_count_of(wire.stub, "D"), 0);
	assert_int_equal(fake_stub_traps(wire.stub), 0);
	assert_false(fake_stub_runs(wire.stub));
	sonde_error_destroy(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

/* Detaching is not cut short, and can be asked for twice. */
static void test_detach_is_not_interrupted(void **state)
{
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	fake_stub_set_fault(
		wire.stub, &(struct fake_fault){FAKE_DELAY, .delay_ms = 40, .times = 2});
	sonde_interrupt(wire.sonde);
	check(sonde_target_detach(wire.target));
	check(sonde_target_detach(wire.target));
	fake_stub_wait_left(wire.stub);
	assert_true(fake_stub_runs(wire.stub));
	wire_close(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_claims_share_a_trap),
		cmocka_unit_test(test_hit_cycle),
		cmocka_unit_test(test_hit_cycle_of_gdbserver),
		cmocka_unit_test(test_hit_cycle_without_vcont),
		cmocka_unit_test(test_expedited_registers),
		cmocka_unit_test(test_hardware_breakpoint),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_two_cpus_on_one_breakpoint),
		cmocka_unit_test(test_moved_away_and_back),
		cmocka_unit_test(test_refused_traps),
		cmocka_unit_test(test_written_breakpoints),
		cmocka_unit_test(test_written_breakpoints_are_taken_out),
		cmocka_unit_test(test_written_watchpoints_do_not_exist),
		cmocka_unit_test(test_watchpoints),
		cmocka_unit_test(test_watch_kinds),
		cmocka_unit_test(test_stop_during_the_step_over),
		cmocka_unit_test(test_detach_with_a_stop_in_hand),
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_steps_onto_and_off_a_breakpoint),
		cmocka_unit_test(test_step_other_cpu),
		cmocka_unit_test(test_halted_step),
		cmocka_unit_test(test_halted_step_that_never_ends),
		cmocka_unit_test(test_wait_and_interrupt),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_interrupted_wait),
		cmocka_unit_test(test_interrupt_comes_late_for_qemu),
		cmocka_unit_test(test_interrupt_comes_late_for_gdbserver),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_nothing_is_asked_while_it_runs),
		cmocka_unit_test(test_breakpoint_destroyed_while_it_runs),
		cmocka_unit_test(test_console_output),
		cmocka_unit_test(test_refused_resume),
		cmocka_unit_test(test_signal_of_the_program),
		cmocka_unit_test(test_new_thread_stops),
		cmocka_unit_test(test_exit),
		cmocka_unit_test(test_detach_while_it_runs),
		cmocka_unit_test(test_detach_leaves_it_paused),
		cmocka_unit_test(test_detach_is_not_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
