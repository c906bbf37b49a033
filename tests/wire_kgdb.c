/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* KGDB's oddities: fake_kgdb.h names them, and the real one is make check-kgdb's. */
#include "wire_case.h"

#include <stdio.h>
#include <termios.h>
#include <unistd.h>

static const struct fake_options stopped = {.kind = FAKE_KGDB, .cpus = 2};
static const struct fake_options running = {
	.kind = FAKE_KGDB, .cpus = 2, .transport = FAKE_TELNET};

/* A terminal of the fake stub's has no BREAK: what telnet has for it is written. */
int tcsendbreak(int fd, int duration)
{
	(void)duration;
	return write(fd, "\xff\xf3", 2) == 2 ? 0 : -1;
}

/* The first question goes unheard as long as the kernel runs: that need not take long. */
static void open_running(struct wire_case *wire, const struct fake_options *options)
{
	wire_prepare(wire, options);
	wire->hurry = "qSupported";
	check(wire_attach(wire));
	fake_stub_forget(wire->stub);
}

static struct sonde_thread *cpu(struct wire_case *wire, unsigned number)
{
	struct sonde_thread *thread;

	check(sonde_target_find_thread(wire->target, number, &thread));
	return thread;
}

static struct sonde_breakpoint *trap_at(
	struct wire_case *wire, enum sonde_breakpoint_kind kind, uint64_t address)
{
	struct sonde_breakpoint *breakpoint;
	uint64_t length = kind >= SONDE_BREAKPOINT_WATCH_WRITE ? 8 : 0;

	check(sonde_breakpoint_create(wire->target, kind, address, length, &breakpoint));
	return breakpoint;
}

static void check_hit(struct wire_case *wire, unsigned number, uint64_t pc)
{
	struct sonde_stop stop;
	uint64_t read;

	wire_run(wire, &stop);
	assert_int_equal(stop.reason, SONDE_STOP_BREAKPOINT);
	assert_int_equal(sonde_thread_number(stop.thread), number);
	assert_int_equal(stop.pc, pc);
	check(sonde_thread_read_pc(stop.thread, &read));
	assert_int_equal(read, pc);
	assert_int_equal(fake_stub_pc(wire->stub, number), pc);
}

/* --- CPUs --------------------------------------------------------------------------- */

static void test_first_conversation(void **state)
{
	struct sonde_thread *const *threads;
	struct wire_case wire;
	size_t count;

	(void)state;
	wire_prepare(&wire, &stopped);
	check(wire_attach(&wire));
	/* Which CPU the first stop is of, its stack pointer tells. */
	wire_expect(&wire, "qSupported:xmlRegisters=i386,arm;swbreak+;hwbreak+;"
			   "vContSupported+ qqemu.sstepbits Hg0 ? vCont? g qfThreadInfo "
			   "g Hgfffffffe p7");
	assert_string_equal(sonde_target_kind(wire.target), "KGDB");
	assert_string_equal(sonde_target_architecture(wire.target), "x86_64");
	assert_int_equal(sonde_target_found_state(wire.target), SONDE_STATE_STOPPED);
	/* The tasks are none of them. */
	check(sonde_target_threads(wire.target, &threads, &count));
	assert_int_equal(count, 2);
	assert_string_equal(sonde_thread_name(threads[0]), "fffffffe");
	assert_string_equal(sonde_thread_name(threads[1]), "fffffffd");
	wire_close(&wire);
}

/* A stop names a task: it is the CPU with the stack that the task has. */
static void test_stop_of_a_task(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &stopped);
	fake_stub_set_pc(wire.stub, 1, 0x1008);
	breakpoint = trap_at(&wire, SONDE_BREAKPOINT_SOFTWARE, 0x100a);
	fake_stub_forget(wire.stub);
	check_hit(&wire, 1, 0x100a);
	wire_expect(
		&wire, "Hc-1 c g Hgfffffffe p7 Hgfffffffd p7 P10=0a10000000000000 p10");
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

static void test_only_the_cpu_that_stopped(void **state)
{
	struct sonde_thread *first, *second;
	const struct sonde_register *reg;
	struct sonde_register_value value;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &stopped);
	first = cpu(&wire, 0);
	second = cpu(&wire, 1);
	reg = sonde_thread_find_register(second, "rbx");
	check(sonde_thread_read_register(second, reg, &value));
	fake_stub_forget(wire.stub);
	check_says(sonde_target_step(wire.target, second, false, &stop),
		SONDE_ERROR_UNSUPPORTED, "but the one that stopped");
	check_says(sonde_thread_write_register(second, reg, &value),
		SONDE_ERROR_UNSUPPORTED, "but the one that stopped");
	/* The target has not moved, and nothing was tried. */
	assert_int_equal(sonde_target_state(wire.target), SONDE_STATE_STOPPED);
	wire_expect(&wire, "");
	check(sonde_target_step(wire.target, first, false, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_STEP);
	wire_expect(&wire, "Hcfffffffe s g");
	check(sonde_thread_write_register(first, reg, &value));
	wire_close(&wire);
}

/* --- memory ------------------------------------------------------------------------- */

/* It announces no size; 0x1ff bytes are the most that it reads without harm. */
static void test_sizes(void **state)
{
	struct wire_case wire;
	uint8_t byte;

	(void)state;
	wire_open(&wire, &stopped);
	wire_check_memory(&wire, 0x4000, 0x400);
	wire_expect(&wire, "m4000,1ff m41ff,1ff m43fe,2");
	/* "E22" is decimal, which nobody needs to know: it is a fault. */
	check_fails(sonde_space_read(wire.memory, 0x10, &byte, 1), SONDE_ERROR_FAULT);
	wire_close(&wire);
}

/* --- breakpoints -------------------------------------------------------------------- */

static void test_hit_cycle(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &stopped);
	breakpoint = trap_at(&wire, SONDE_BREAKPOINT_SOFTWARE, 0x1004);
	check_hit(&wire, 0, 0x1004);
	fake_stub_forget(wire.stub);
	check_hit(&wire, 1, 0x1004);
	check_hit(&wire, 0, 0x1004);
	assert_int_equal(fake_stub_progress(wire.stub, 0), 20);
	check(sonde_breakpoint_destroy(breakpoint));
	assert_int_equal(fake_stub_traps(wire.stub), 0);
	wire_close(&wire);
}

/* The PC behind the first is the place of the second. */
static void test_breakpoints_side_by_side(void **state)
{
	struct fake_options options = {.kind = FAKE_KGDB, .cpus = 1};
	struct sonde_breakpoint *first, *second;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &options);
	first = trap_at(&wire, SONDE_BREAKPOINT_SOFTWARE, 0x1004);
	second = trap_at(&wire, SONDE_BREAKPOINT_SOFTWARE, 0x1005);
	for (unsigned i = 0; i < 3; i++) {
		check_hit(&wire, 0, 0x1004);
		check_hit(&wire, 0, 0x1005);
	}
	assert_int_equal(fake_stub_progress(wire.stub, 0), 2 * 16 + 5);
	check(sonde_breakpoint_destroy(first));
	check(sonde_breakpoint_destroy(second));
	wire_close(&wire);
}

/* A step may end behind a breakpoint that it did not hit. */
static void test_step_behind_a_breakpoint(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &stopped);
	breakpoint = trap_at(&wire, SONDE_BREAKPOINT_SOFTWARE, 0x1003);
	fake_stub_set_pc(wire.stub, 0, 0x1003);
	check(sonde_target_step(wire.target, cpu(&wire, 0), false, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_STEP);
	assert_int_equal(fake_stub_pc(wire.stub, 0), 0x1004);
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

static void test_hardware_breakpoint(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &stopped);
	breakpoint = trap_at(&wire, SONDE_BREAKPOINT_HARDWARE, 0x1004);
	check_hit(&wire, 0, 0x1004);
	check_hit(&wire, 1, 0x1004);
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

/* A stop does not say that it is one's; reads alone cannot be watched. */
static void test_watchpoints(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &stopped);
	check_says(sonde_breakpoint_create(wire.target, SONDE_BREAKPOINT_WATCH_READ,
			   FAKE_COUNTER, 8, &breakpoint),
		SONDE_ERROR_UNSUPPORTED, "reads alone");
	breakpoint = trap_at(&wire, SONDE_BREAKPOINT_WATCH_WRITE, FAKE_COUNTER);
	wire_run(&wire, &stop);
	assert_int_equal(stop.reason, SONDE_STOP_WATCHPOINT);
	assert_true(sonde_breakpoint_caused(breakpoint, &stop));
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

/* --- stopping it -------------------------------------------------------------------- */

static void check_pauses(struct wire_case *wire)
{
	struct sonde_stop stop;

	check(sonde_target_resume(wire->target));
	assert_true(fake_stub_runs(wire->stub));
	check(sonde_target_pause(wire->target, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_INTERRUPT);
	assert_int_equal(sonde_thread_number(stop.thread), 1);
	assert_false(fake_stub_runs(wire->stub));
}

static void test_break_and_g(void **state)
{
	struct fake_options options = running;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct wire_case wire;

		options.transport = i ? FAKE_SERIAL_BREAK : FAKE_TELNET;
		open_running(&wire, &options);
		assert_int_equal(
			sonde_target_found_state(wire.target), SONDE_STATE_RUNNING);
		check_pauses(&wire);
		check_pauses(&wire);
		check(sonde_target_detach(wire.target));
		/* The acknowledgement of D came as well. */
		assert_true(fake_stub_runs(wire.stub));
		wire_close(&wire);
	}
}

/* A pause is none of the watchpoint's hits, of which nothing tells it but the place. */
static void test_pause_beside_a_watchpoint(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	open_running(&wire, &running);
	breakpoint = trap_at(&wire, SONDE_BREAKPOINT_WATCH_WRITE, 0x5000);
	check_pauses(&wire);
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

/* Found in KGDB, it stays there, also for a client that comes later. */
static void test_found_stopped(void **state)
{
	struct fake_options options = running;
	struct wire_case wire;

	(void)state;
	options.found_paused = true;
	wire_open(&wire, &options);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(
			sonde_target_found_state(wire.target), SONDE_STATE_STOPPED);
		assert_int_equal(fake_stub_interrupts(wire.stub), 0);
		sonde_target_close(wire.target);
		fake_stub_wait_left(wire.stub);
		assert_false(fake_stub_runs(wire.stub));
		/* The last reply was not acknowledged: what comes first is refused. */
		check(wire_attach(&wire));
	}
	wire_close(&wire);
}

static void test_terminal_that_echoes(void **state)
{
	struct fake_options options = running;
	struct wire_case wire;

	(void)state;
	options.echoes = true;
	open_running(&wire, &options);
	assert_int_equal(sonde_target_found_state(wire.target), SONDE_STATE_RUNNING);
	check_pauses(&wire);
	wire_close(&wire);
}

/* An earlier client has died: whoever calls KGDB gets a stop before any answer. */
static void test_earlier_client(void **state)
{
	struct fake_options options = running;
	struct wire_case wire;

	(void)state;
	options.connected = true;
	open_running(&wire, &options);
	check_pauses(&wire);
	check(sonde_target_detach(wire.target));
	assert_true(fake_stub_runs(wire.stub));
	wire_close(&wire);
}

static void test_lost_break(void **state)
{
	struct fake_options options = running;
	struct wire_case wire;

	(void)state;
	options.faults[0] = (struct fake_fault){FAKE_LOSE, "\3", .times = 1};
	open_running(&wire, &options);
	assert_int_equal(fake_stub_interrupts(wire.stub), 2);
	fake_stub_set_fault(wire.stub, &(struct fake_fault){FAKE_LOSE, "\3", .times = 1});
	check_pauses(&wire);
	assert_int_equal(fake_stub_interrupts(wire.stub), 4);
	wire_close(&wire);
}

static void test_break_is_never_heard(void **state)
{
	struct fake_options options = running;
	struct sonde_error *error;
	struct wire_case wire;

	(void)state;
	options.faults[0] = (struct fake_fault){FAKE_LOSE, "\3"};
	wire_prepare(&wire, &options);
	wire.hurry = "qSupported";
	error = wire_attach(&wire);
	assert_non_null(error);
	assert_non_null(strstr(sonde_error_hint(error), "kgdboc"));
	check_fails(error, SONDE_ERROR_TIMEOUT);
	assert_true(fake_stub_runs(wire.stub));
	wire_close(&wire);
}

/* The hit is told; the call that another CPU keeps must not stop the kernel later. */
static void test_break_that_comes_late(void **state)
{
	struct fake_options options = running;
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	options.hit_beats_interrupt = true;
	for (unsigned i = 0; i < 2; i++) {
		open_running(&wire, &options);
		breakpoint = trap_at(&wire, SONDE_BREAKPOINT_SOFTWARE, 0x1800);
		check(sonde_target_resume(wire.target));
		check(sonde_target_pause(wire.target, &stop));
		assert_int_equal(stop.reason, SONDE_STOP_BREAKPOINT);
		check(sonde_breakpoint_destroy(breakpoint));
		if (i) {
			fake_stub_set_pc(wire.stub, 0, FAKE_PROGRAM);
			check(sonde_target_resume(wire.target));
			check_fails(sonde_target_wait(wire.target, 100, &stop),
				SONDE_ERROR_TIMEOUT);
			assert_true(fake_stub_runs(wire.stub));
		}
		check(sonde_target_detach(wire.target));
		assert_true(fake_stub_runs(wire.stub));
		wire_close(&wire);
	}
}

/* Another CPU stands in the breakpoint that is gone: it must be let out before D. */
static void test_hit_that_is_kept(void **state)
{
	struct fake_options options = running;
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	options.hits_together = true;
	open_running(&wire, &options);
	breakpoint = trap_at(&wire, SONDE_BREAKPOINT_SOFTWARE, 0x1004);
	check_hit(&wire, 0, 0x1004);
	check(sonde_breakpoint_destroy(breakpoint));
	check(sonde_target_detach(wire.target));
	assert_true(fake_stub_runs(wire.stub));
	assert_int_equal(fake_stub_count_of(wire.stub, "D"), 1);
	wire_close(&wire);
	/* Where it cannot be stopped again, it is left by letting it go on. */
	options.transport = FAKE_UNIX;
	wire_open(&wire, &options);
	breakpoint = trap_at(&wire, SONDE_BREAKPOINT_SOFTWARE, 0x1004);
	check_hit(&wire, 0, 0x1004);
	check(sonde_breakpoint_destroy(breakpoint));
	sonde_target_leave(wire.target, SONDE_STATE_RUNNING);
	check(sonde_target_detach(wire.target));
	assert_true(fake_stub_runs(wire.stub));
	assert_int_equal(fake_stub_count_of(wire.stub, "D"), 0);
	wire_close(&wire);
}

/* Not acknowledged in time, a reply comes again, when a stop is waited for. */
static void test_reply_comes_twice(void **state)
{
	struct fake_options options = running;
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	options.cpus = 1;
	options.faults[0] = (struct fake_fault){FAKE_RAW, "c", .text = "$OK#9a"};
	options.faults[1] = (struct fake_fault){FAKE_RAW, "s", .text = "$0102#c3"};
	open_running(&wire, &options);
	breakpoint = trap_at(&wire, SONDE_BREAKPOINT_SOFTWARE, 0x1004);
	check_hit(&wire, 0, 0x1004);
	check_hit(&wire, 0, 0x1004);
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

/* Slower than a request is sent again, it answers twice: the second one is nobody's. */
static void test_request_is_answered_twice(void **state)
{
	struct fake_options options = running;
	struct wire_case wire;

	(void)state;
	open_running(&wire, &options);
	fake_stub_set_fault(wire.stub, &(struct fake_fault){FAKE_LOSE, "m", .times = 1});
	wire_check_memory(&wire, 0x4000, 8);
	fake_stub_set_fault(wire.stub,
		&(struct fake_fault){FAKE_RAW, "qC", .times = 1, .text = "$0102#c3"});
	fake_stub_forget(wire.stub);
	wire_check_memory(&wire, 0x4010, 8);
	wire_expect(&wire, "qC m4010,8");
	wire_close(&wire);
}

/* Without a BREAK there is no way; that is said, and the byte is not sent. */
static void test_no_way_to_stop_it(void **state)
{
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &stopped);
	check(sonde_target_resume(wire.target));
	assert_non_null(strstr(wire.log[SONDE_LOG_INFO], "nothing but its breakpoints"));
	check_says(sonde_target_pause(wire.target, &stop), SONDE_ERROR_UNSUPPORTED,
		"no interrupt byte");
	assert_int_equal(fake_stub_interrupts(wire.stub), 0);
	wire_close(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_conversation),
		cmocka_unit_test(test_stop_of_a_task),
		cmocka_unit_test(test_only_the_cpu_that_stopped),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_hit_cycle),
		cmocka_unit_test(test_breakpoints_side_by_side),
		cmocka_unit_test(test_step_behind_a_breakpoint),
		cmocka_unit_test(test_hardware_breakpoint),
		cmocka_unit_test(test_watchpoints),
		cmocka_unit_test(test_break_and_g),
		cmocka_unit_test(test_pause_beside_a_watchpoint),
		cmocka_unit_test(test_found_stopped),
		cmocka_unit_test(test_terminal_that_echoes),
		cmocka_unit_test(test_earlier_client),
		cmocka_unit_test(test_lost_break),
		cmocka_unit_test(test_break_is_never_heard),
		cmocka_unit_test(test_break_that_comes_late),
		cmocka_unit_test(test_hit_that_is_kept),
		cmocka_unit_test(test_reply_comes_twice),
		cmocka_unit_test(test_request_is_answered_twice),
		cmocka_unit_test(test_no_way_to_stop_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
