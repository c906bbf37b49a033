/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only some stubs do: going back, user mode, what valgrind does not hear. */
#include "wire_case.h"

static const struct fake_options qemu = {.kind = FAKE_QEMU};
static const struct fake_options replaying = {.kind = FAKE_QEMU, .replays = true};

static struct sonde_breakpoint *break_at(
	struct wire_case *wire, enum sonde_breakpoint_kind kind, uint64_t address)
{
	struct sonde_breakpoint *breakpoint;

	check(sonde_breakpoint_create(wire->target, kind, address, 0, &breakpoint));
	return breakpoint;
}

static void step(struct wire_case *wire, unsigned times)
{
	struct sonde_stop stop;

	while (times--)
		check(sonde_target_step(wire->target, wire->thread, false, &stop));
}

/* --- backwards ---------------------------------------------------------------------- */

static void test_step_back(void **state)
{
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &replaying);
	step(&wire, 3);
	assert_int_equal(wire_register(&wire, "rip"), 0x1003);
	fake_stub_forget(wire.stub);
	check(sonde_target_reverse_step(wire.target, wire.thread, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_STEP);
	assert_ptr_equal(stop.thread, wire.thread);
	wire_expect(&wire, "bs");
	/* Nothing that was read before is believed. */
	assert_int_equal(wire_register(&wire, "rip"), 0x1002);
	check(sonde_target_reverse_step(wire.target, wire.thread, &stop));
	check(sonde_target_reverse_step(wire.target, wire.thread, &stop));
	assert_int_equal(wire_register(&wire, "rip"), 0x1000);
	check_fails(sonde_target_reverse_step(wire.target, wire.thread, &stop),
		SONDE_ERROR_NOT_FOUND);
	assert_int_equal(sonde_target_state(wire.target), SONDE_STATE_STOPPED);
	step(&wire, 1);
	assert_int_equal(wire_register(&wire, "rip"), 0x1001);
	wire_close(&wire);
}

static void test_run_back(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &replaying);
	breakpoint = break_at(&wire, SONDE_BREAKPOINT_SOFTWARE, 0x1004);
	wire_run(&wire, &stop);
	step(&wire, 2);
	fake_stub_forget(wire.stub);
	check(sonde_target_reverse_resume(wire.target));
	assert_int_equal(sonde_target_state(wire.target), SONDE_STATE_RUNNING);
	check(sonde_target_wait(wire.target, WIRE_PATIENT_MS, &stop));
	assert_true(sonde_breakpoint_caused(breakpoint, &stop));
	assert_int_equal(stop.pc, 0x1004);
	/* "info replay": whether this is where the record begins. */
	wire_expect(&wire, "bc qRcmd,696e666f207265706c6179 p10");
	assert_int_equal(fake_stub_progress(wire.stub, 0), 4);
	/* From there it is the breakpoint that was reported, and is stepped off. */
	wire_run(&wire, &stop);
	assert_int_equal(fake_stub_progress(wire.stub, 0), 20);
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

static void test_run_back_to_the_beginning(void **state)
{
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &replaying);
	step(&wire, 5);
	check(sonde_target_reverse_resume(wire.target));
	check(sonde_target_wait(wire.target, WIRE_PATIENT_MS, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_RECORD_END);
	assert_int_equal(wire_register(&wire, "rip"), 0x1000);
	step(&wire, 5);
	/* Others say it themselves. */
	fake_stub_set_fault(wire.stub,
		&(struct fake_fault){FAKE_ANSWER, "bc", .text = "T05replaylog:begin;"});
	check(sonde_target_reverse_resume(wire.target));
	check(sonde_target_wait(wire.target, WIRE_PATIENT_MS, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_RECORD_END);
	wire_close(&wire);
}

/* A record may be long: what goes back is not taken for the step of a halted CPU. */
static void test_step_back_takes_its_time(void **state)
{
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &replaying);
	step(&wire, 1);
	fake_stub_set_fault(
		wire.stub, &(struct fake_fault){FAKE_DELAY, "bs", .delay_ms = 500});
	wire.hurry = "bs";
	check(sonde_target_reverse_step(wire.target, wire.thread, &stop));
	assert_int_equal(fake_stub_interrupts(wire.stub), 0);
	wire_close(&wire);
}

static void test_no_way_back(void **state)
{
	struct fake_options no_traps = {
		.kind = FAKE_QEMU, .replays = true, .no_traps = true};
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &qemu);
	check_says(sonde_target_reverse_step(wire.target, wire.thread, &stop),
		SONDE_ERROR_UNSUPPORTED, "no record");
	check_fails(sonde_target_reverse_resume(wire.target), SONDE_ERROR_UNSUPPORTED);
	assert_int_equal(sonde_target_state(wire.target), SONDE_STATE_STOPPED);
	wire_expect(&wire, "");
	wire_close(&wire);
	/* Going back would take a written breakpoint out of memory. */
	wire_open(&wire, &no_traps);
	breakpoint = break_at(&wire, SONDE_BREAKPOINT_SOFTWARE, 0x1004);
	check_says(sonde_target_reverse_resume(wire.target), SONDE_ERROR_UNSUPPORTED,
		"written");
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

/* --- QEMU's user mode --------------------------------------------------------------- */

/* It hears nothing while it runs, and the process at the other end is no QEMU: ours. */
static void test_user_mode(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU,
		.found_paused = true,
		.faults = {{FAKE_ANSWER, "qqemu.PhyMemMode"},
			{FAKE_ANSWER, "qOffsets", .text = "Text=0;Data=0;Bss=0"}}};
	struct sonde_space *physical;
	struct wire_case wire;
	struct sonde_stop stop;
	uint64_t value;

	(void)state;
	wire_open(&wire, &options);
	check(sonde_target_physical(wire.target, &physical));
	check_fails(sonde_space_read_integer(physical, 0x1000, 8, &value),
		SONDE_ERROR_UNSUPPORTED);
	check(sonde_target_resume(wire.target));
	check_says(sonde_target_pause(wire.target, &stop), SONDE_ERROR_UNSUPPORTED,
		"does not listen");
	assert_int_equal(fake_stub_interrupts(wire.stub), 0);
	wire_close(&wire);
}

/* --- valgrind ----------------------------------------------------------------------- */

static void test_interrupt_is_not_heard(void **state)
{
	struct fake_options options = {
		.kind = FAKE_GDBSERVER, .faults = {{FAKE_LOSE, "\3", .times = 1}}};
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &options);
	check(sonde_target_resume(wire.target));
	check(sonde_target_pause(wire.target, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_INTERRUPT);
	assert_int_equal(fake_stub_interrupts(wire.stub), 2);
	/* The next one is told, and not taken for the first. */
	check(sonde_target_resume(wire.target));
	check(sonde_target_pause(wire.target, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_INTERRUPT);
	assert_int_equal(fake_stub_interrupts(wire.stub), 3);
	wire_close(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_step_back),
		cmocka_unit_test(test_run_back),
		cmocka_unit_test(test_run_back_to_the_beginning),
		cmocka_unit_test(test_step_back_takes_its_time),
		cmocka_unit_test(test_no_way_back),
		cmocka_unit_test(test_user_mode),
		cmocka_unit_test(test_interrupt_is_not_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
