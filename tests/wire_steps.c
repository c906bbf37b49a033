/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps over the wire: off breakpoints, with stubs whose stops are late, lost, or come
 * twice. */
#include "wire_case.h"

static const struct fake_options two_cpus = {.kind = FAKE_QEMU, .cpus = 2};
static const struct fake_options qemu = {.kind = FAKE_QEMU};
static const struct fake_options gdbserver = {.kind = FAKE_GDBSERVER};

struct stepping {
	struct wire_case wire;
	struct sonde_probes *probes;
	struct sonde_probe *probe;
	unsigned seen;
};

static struct sonde_error *count(struct sonde_probe_hit *hit, void *user)
{
	struct stepping *stepping = user;

	stepping->seen++;
	sonde_probe_hit_stay(hit);
	return NULL;
}

/* CPU 0 stands at a breakpoint, the others far from any. */
static void begin(struct stepping *stepping, const struct fake_options *options)
{
	struct sonde_probe_options probe = {.size = sizeof(probe),
		.kind = SONDE_PROBE_INSTRUCTION,
		.address = 0x1004,
		.handler = count,
		.user = stepping};
	struct sonde_probes_end ending;

	*stepping = (struct stepping){.seen = 0};
	wire_open(&stepping->wire, options);
	for (unsigned cpu = 1; cpu < options->cpus; cpu++)
		fake_stub_set_pc(stepping->wire.stub, cpu, 0x5000);
	check(sonde_probes_create(stepping->wire.target, &stepping->probes));
	check(sonde_probe_create(stepping->probes, &probe, &stepping->probe));
	check(sonde_probes_run(stepping->probes, 5000, &ending));
	assert_int_equal(stepping->seen, 1);
	fake_stub_forget(stepping->wire.stub);
}

static void end(struct stepping *stepping)
{
	check(sonde_probes_destroy(stepping->probes));
	assert_int_equal(fake_stub_traps(stepping->wire.stub), 0);
	wire_close(&stepping->wire);
}

static void fault(struct stepping *stepping, enum fake_trouble trouble,
	const char *request, const char *text)
{
	fake_stub_set_fault(stepping->wire.stub,
		&(struct fake_fault){trouble, request, .times = 1, .text = text});
}

/* One round of the program, and not one instruction less or more. */
static void check_one_round(struct stepping *stepping)
{
	unsigned long before = fake_stub_progress(stepping->wire.stub, 0);
	struct sonde_probes_end ending;

	stepping->seen = 0;
	check(sonde_probes_run(stepping->probes, 5000, &ending));
	assert_int_equal(ending.state, SONDE_PROBES_STAYED);
	assert_int_equal(ending.stop.pc, 0x1004);
	assert_int_equal(stepping->seen, 1);
	assert_int_equal(
		fake_stub_progress(stepping->wire.stub, 0) - before, FAKE_PROGRAM_BYTES);
}

/*
 * Another CPU came to a breakpoint at the same time, and that is told when the first one
 * is to step off it: as a stop of either. The step has not been made.
 */
static void test_late_stop_instead_of_a_step(void **state)
{
	static const char *const stops[] = {"T05thread:01;", "T05thread:02;"};
	struct stepping stepping;
	struct sonde_stop stop;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		begin(&stepping, &two_cpus);
		fault(&stepping, FAKE_ANSWER, "vCont;s", stops[i]);
		check_one_round(&stepping);
		assert_int_equal(fake_stub_count_of(stepping.wire.stub, "vCont;s"), 2);
		/* The same of a step that is asked for. */
		fault(&stepping, FAKE_ANSWER, "vCont;s", stops[i]);
		check(sonde_target_step(
			stepping.wire.target, stepping.wire.thread, false, &stop));
		assert_int_equal(stop.reason, SONDE_STOP_STEP);
		assert_ptr_equal(stop.thread, stepping.wire.thread);
		assert_int_equal(fake_stub_pc(stepping.wire.stub, 0), 0x1005);
		end(&stepping);
	}
}

/* Of both CPUs, which run the same program: each round of each is one hit. */
static void test_two_cpus_at_once(void **state)
{
	struct sonde_probes_end ending;
	struct stepping stepping;
	unsigned long rounds = 0;

	(void)state;
	begin(&stepping, &two_cpus);
	fake_stub_set_pc(stepping.wire.stub, 1, 0x1004);
	stepping.seen = 0;
	for (unsigned i = 0; i < 20; i++) {
		/* Whoever is second is told of too late, now and then. */
		if (i % 3 == 0)
			fault(&stepping, FAKE_ANSWER, "vCont;s",
				i % 2 ? "T05thread:01;" : "T05thread:02;");
		check(sonde_probes_run(stepping.probes, 5000, &ending));
		assert_int_equal(ending.state, SONDE_PROBES_STAYED);
	}
	for (unsigned cpu = 0; cpu < 2; cpu++)
		rounds +=
			fake_stub_progress(stepping.wire.stub, cpu) / FAKE_PROGRAM_BYTES;
	assert_int_equal(stepping.seen, 20);
	assert_in_range(rounds, 19, 20);
	end(&stepping);
}

/* x86's string instructions stay where they are, and have been executed all the same. */
static void test_step_that_stays(void **state)
{
	struct stepping stepping;
	struct sonde_stop stop;

	(void)state;
	begin(&stepping, &two_cpus);
	/* rep movsb */
	fake_stub_set_memory(stepping.wire.stub, 0x1004, 0xf3);
	fake_stub_set_memory(stepping.wire.stub, 0x1005, 0xa4);
	fault(&stepping, FAKE_ANSWER, "vCont;s", "T05thread:01;");
	check(sonde_target_step(
		stepping.wire.target, stepping.wire.thread, false, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_STEP);
	assert_int_equal(fake_stub_count_of(stepping.wire.stub, "vCont;s"), 1);
	end(&stepping);
}

/* A stop that is told twice is no answer to what was asked in between. */
static void test_stop_that_comes_twice(void **state)
{
	struct stepping stepping;

	(void)state;
	begin(&stepping, &qemu);
	fault(&stepping, FAKE_PACKET, "vCont;c", "T05thread:01;");
	check_one_round(&stepping);
	check_one_round(&stepping);
	end(&stepping);
}

/* The step is made, and nobody hears of it: that is said, and nothing is left running. */
static void test_lost_stop_of_a_step(void **state)
{
	struct sonde_probes_end ending;
	struct stepping stepping;

	(void)state;
	begin(&stepping, &gdbserver);
	/* Whatever is asked then. */
	stepping.wire.hurry = "";
	fault(&stepping, FAKE_SILENCE, "vCont;s", NULL);
	check_fails(
		sonde_probes_run(stepping.probes, 5000, &ending), SONDE_ERROR_TIMEOUT);
	sonde_error_destroy(sonde_probes_destroy(stepping.probes));
	wire_close(&stepping.wire);
}

/* It runs on for us, since a stop that was lost cannot be told from none. */
static void test_lost_stop(void **state)
{
	struct sonde_probes_end ending;
	struct stepping stepping;

	(void)state;
	begin(&stepping, &qemu);
	fault(&stepping, FAKE_SILENCE, "vCont;c", NULL);
	check_fails(sonde_probes_run(stepping.probes, 200, &ending), SONDE_ERROR_TIMEOUT);
	assert_int_equal(sonde_target_state(stepping.wire.target), SONDE_STATE_RUNNING);
	/* What comes at last is that stop. */
	fake_stub_say(stepping.wire.stub, "T05thread:01;");
	check(sonde_probes_run(stepping.probes, 5000, &ending));
	assert_int_equal(ending.state, SONDE_PROBES_STAYED);
	assert_int_equal(ending.stop.pc, 0x1004);
	end(&stepping);
}

/* The step leads to another breakpoint, which is met once. */
static void test_step_onto_a_breakpoint(void **state)
{
	struct sonde_probes_end ending;
	struct sonde_breakpoint *next;
	struct stepping stepping;
	struct sonde_stop stop;

	(void)state;
	begin(&stepping, &two_cpus);
	check(sonde_breakpoint_create(
		stepping.wire.target, SONDE_BREAKPOINT_SOFTWARE, 0x1005, 0, &next));
	check(sonde_target_step(
		stepping.wire.target, stepping.wire.thread, false, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_STEP);
	assert_int_equal(stop.pc, 0x1005);
	check(sonde_probes_run(stepping.probes, 5000, &ending));
	assert_int_equal(ending.stop.pc, 0x1004);
	assert_int_equal(stepping.seen, 2);
	check(sonde_breakpoint_destroy(next));
	end(&stepping);
}

/* In the middle of stepping off it the stub is gone. */
static void test_gone_in_a_step(void **state)
{
	struct sonde_probes_end ending;
	struct stepping stepping;

	(void)state;
	begin(&stepping, &two_cpus);
	fault(&stepping, FAKE_HANG_UP, "vCont;s", "$T05thr");
	check_fails(sonde_probes_run(stepping.probes, 5000, &ending), SONDE_ERROR_IO);
	assert_int_equal(sonde_target_state(stepping.wire.target), SONDE_STATE_ENDED);
	sonde_error_destroy(sonde_probes_destroy(stepping.probes));
	wire_close(&stepping.wire);
}

/*
 * QEMU ends the steps of the CPU that Hc chose alone: a step of another one that is
 * broken off would stay armed.
 */
static void test_steps_of_other_cpus(void **state)
{
	struct sonde_thread *second;
	struct stepping stepping;
	struct sonde_stop stop;

	(void)state;
	begin(&stepping, &two_cpus);
	check(sonde_target_find_thread(stepping.wire.target, 1, &second));
	check(sonde_target_step(stepping.wire.target, second, false, &stop));
	assert_int_equal(fake_stub_count_of(stepping.wire.stub, "Hc2"), 1);
	check(sonde_target_step(stepping.wire.target, second, false, &stop));
	assert_int_equal(fake_stub_count_of(stepping.wire.stub, "Hc"), 1);
	check(sonde_target_step(
		stepping.wire.target, stepping.wire.thread, false, &stop));
	assert_int_equal(fake_stub_count_of(stepping.wire.stub, "Hc1"), 1);
	end(&stepping);
}

/* Another client let interrupts into its steps: they would lead ours away. */
static void test_interrupts_are_held_back(void **state)
{
	struct stepping stepping;
	struct sonde_stop stop;

	(void)state;
	stepping = (struct stepping){.seen = 0};
	wire_prepare(&stepping.wire, &qemu);
	fake_stub_set_step_bits(stepping.wire.stub, 1);
	check(wire_attach(&stepping.wire));
	check(sonde_target_step(
		stepping.wire.target, stepping.wire.thread, false, &stop));
	assert_int_equal(fake_stub_step_bits(stepping.wire.stub), 7);
	check(sonde_target_detach(stepping.wire.target));
	assert_int_equal(fake_stub_step_bits(stepping.wire.stub), 1);
	wire_close(&stepping.wire);
}

/* Interrupts alone do not wake it: somebody else has to. */
static void test_halted_until_others_run(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .cpus = 2, .halted = true};
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &options);
	fake_stub_set_fault(wire.stub,
		&(struct fake_fault){FAKE_STUCK, "vCont;s:1", .after = 1, .times = 1});
	check(sonde_target_step(wire.target, wire.thread, false, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_STEP);
	assert_int_equal(fake_stub_count_of(wire.stub, "vCont;s:1;c"), 1);
	assert_int_equal(fake_stub_step_bits(wire.stub), 7);
	wire_close(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_late_stop_instead_of_a_step),
		cmocka_unit_test(test_two_cpus_at_once),
		cmocka_unit_test(test_step_that_stays),
		cmocka_unit_test(test_stop_that_comes_twice),
		cmocka_unit_test(test_lost_stop_of_a_step),
		cmocka_unit_test(test_lost_stop),
		cmocka_unit_test(test_step_onto_a_breakpoint),
		cmocka_unit_test(test_gone_in_a_step),
		cmocka_unit_test(test_steps_of_other_cpus),
		cmocka_unit_test(test_interrupts_are_held_back),
		cmocka_unit_test(test_halted_until_others_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
