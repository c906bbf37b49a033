/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What only some stubs do: going back, user mode, debug probes, Xen. */
#include "wire_case.h"

#include <stdio.h>

#include "machine.h"

static const struct fake_options qemu = {.kind = FAKE_QEMU};
static const struct fake_options replaying = {.kind = FAKE_QEMU, .replays = true};
static const struct fake_options openocd = {.kind = FAKE_OPENOCD};

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

/* --- OpenOCD ------------------------------------------------------------------------ */

static void test_probe_is_let_run(void **state)
{
	struct fake_options paused = {.kind = FAKE_OPENOCD, .found_paused = true};
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &openocd);
	assert_int_equal(sonde_target_found_state(wire.target), SONDE_STATE_UNKNOWN);
	check(sonde_target_detach(wire.target));
	fake_stub_wait_left(wire.stub);
	wire_expect(&wire, "vCont;c");
	assert_true(fake_stub_runs(wire.stub));
	wire_close(&wire);
	wire_open(&wire, &paused);
	assert_int_equal(sonde_target_found_state(wire.target), SONDE_STATE_STOPPED);
	check(sonde_target_detach(wire.target));
	fake_stub_wait_left(wire.stub);
	wire_expect(&wire, "");
	wire_close(&wire);
}

/* X would be answered with OK, and M with the truth. */
static void test_probe_writes_are_checked(void **state)
{
	static const uint8_t bytes[64];
	struct sonde_error *error;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &openocd);
	error = sonde_space_write(wire.memory, FAKE_RAM_END - 16, bytes, sizeof(bytes));
	assert_non_null(error);
	assert_int_equal(sonde_error_kind(error), SONDE_ERROR_FAULT);
	assert_int_equal(sonde_error_address(error), FAKE_RAM_END);
	sonde_error_destroy(error);
	assert_int_equal(fake_stub_count_of(wire.stub, "X"), 0);
	wire_close(&wire);
}

static void test_probe_says_that_it_is_alive(void **state)
{
	struct fake_options options = {.kind = FAKE_OPENOCD,
		.faults = {{FAKE_PACKET, "vCont", .text = "O"},
			{FAKE_RAW, "m", .text = "%oocd_keepalive:00#24"}}};
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &options);
	wire_check_memory(&wire, 0x5000, 0x4000);
	breakpoint = break_at(&wire, SONDE_BREAKPOINT_SOFTWARE, 0x1004);
	wire_run(&wire, &stop);
	assert_true(sonde_breakpoint_caused(breakpoint, &stop));
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

static void test_probe_runs_out_of_units(void **state)
{
	struct sonde_breakpoint *used[4], *more;
	struct sonde_error *error;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &openocd);
	for (unsigned i = 0; i < 4; i++)
		used[i] = break_at(&wire, SONDE_BREAKPOINT_HARDWARE, 0x1004 + i);
	error = sonde_breakpoint_create(
		wire.target, SONDE_BREAKPOINT_HARDWARE, 0x1009, 0, &more);
	assert_non_null(error);
	assert_int_equal(sonde_error_kind(error), SONDE_ERROR_BUSY);
	assert_non_null(
		strstr(sonde_error_why(error), "4 of 4 debug registers are in use: a "
					       "hardware breakpoint at 0x1007, a "));
	assert_non_null(strstr(sonde_error_hint(error), "remove one of these first"));
	sonde_error_destroy(error);
	/* One that is given up makes room. */
	check(sonde_breakpoint_destroy(used[0]));
	used[0] = break_at(&wire, SONDE_BREAKPOINT_HARDWARE, 0x1009);
	for (unsigned i = 0; i < 4; i++)
		check(sonde_breakpoint_destroy(used[i]));
	assert_int_equal(fake_stub_traps(wire.stub), 0);
	wire_close(&wire);
}

static struct sonde_error *monitor(
	struct wire_case *wire, const char *command, char **ret)
{
	return sonde_gdb_stub_monitor(
		&sonde_gdb_machine_of(wire->target)->stub, command, ret);
}

/* What is printed meanwhile, and then the text that is returned, or nothing, or an error.
 */
static void test_probe_monitor(void **state)
{
	struct wire_case wire;
	char *text;

	(void)state;
	wire_open(&wire, &openocd);
	check(monitor(&wire, "targets", &text));
	assert_string_equal(text, "halted due to debug-request\none\n");
	free(text);
	check(monitor(&wire, "halt", &text));
	assert_string_equal(text, "halted due to debug-request\n");
	free(text);
	check_fails(monitor(&wire, "nonsense", &text), SONDE_ERROR_PROTOCOL);
	wire_check_memory(&wire, 0x5000, 8);
	wire_close(&wire);
}

/* --- Xen ---------------------------------------------------------------------------- */

static void test_xen(void **state)
{
	struct fake_options options = {.kind = FAKE_GDBSX, .cpus = 3};
	struct sonde_register_value value;
	const struct sonde_register *reg;
	struct sonde_thread *thread;
	struct sonde_stop stop;
	struct wire_case wire;
	uint64_t pc;
	char *text;

	(void)state;
	wire_open(&wire, &options);
	check(sonde_target_find_thread(wire.target, 2, &thread));
	assert_string_equal(sonde_thread_name(thread), "2");
	check_fails(
		sonde_target_find_thread(wire.target, 3, &thread), SONDE_ERROR_NOT_FOUND);
	check(sonde_target_step(wire.target, thread, false, &stop));
	assert_ptr_equal(stop.thread, thread);
	assert_int_equal(fake_stub_pc(wire.stub, 2), 0x1001);
	assert_int_equal(fake_stub_pc(wire.stub, 0), 0x1000);
	check(sonde_thread_read_pc(wire.thread, &pc));
	assert_int_equal(pc, 0x1000);
	/* By G, of the CPU that was meant. */
	reg = sonde_thread_find_register(thread, "pc");
	sonde_register_value_set_integer(&value, 0x1005, reg->bits);
	check(sonde_thread_write_register(thread, reg, &value));
	assert_int_equal(fake_stub_pc(wire.stub, 2), 0x1005);
	assert_int_equal(fake_stub_pc(wire.stub, 0), 0x1000);
	check(monitor(&wire, "pgd3 1000", &text));
	assert_string_equal(text, "Bad monitor command\n");
	free(text);
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
		cmocka_unit_test(test_probe_is_let_run),
		cmocka_unit_test(test_probe_writes_are_checked),
		cmocka_unit_test(test_probe_says_that_it_is_alive),
		cmocka_unit_test(test_probe_runs_out_of_units),
		cmocka_unit_test(test_probe_monitor),
		cmocka_unit_test(test_xen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
