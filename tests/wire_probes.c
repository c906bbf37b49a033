/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Probes over the wire: which packets a hit takes, and stubs that say too much or too
 * late. */
#include "wire_case.h"

#include <poll.h>

static const struct fake_options qemu = {.kind = FAKE_QEMU};
static const struct fake_options gdbserver = {.kind = FAKE_GDBSERVER};

struct probing {
	struct wire_case wire;
	struct sonde_probes *probes;
	/** Hits after which the loop ends; 0: at once. */
	unsigned wanted, seen;
	struct sonde_probe *victim;
};

static void begin(struct probing *probing, const struct fake_options *options)
{
	*probing = (struct probing){.wanted = 1};
	wire_open(&probing->wire, options);
	check(sonde_probes_create(probing->wire.target, &probing->probes));
}

static void end(struct probing *probing)
{
	check(sonde_probes_destroy(probing->probes));
	assert_int_equal(fake_stub_traps(probing->wire.stub), 0);
	wire_close(&probing->wire);
}

static struct sonde_error *count(struct sonde_probe_hit *hit, void *user)
{
	struct probing *probing = user;

	if (++probing->seen >= probing->wanted)
		sonde_probe_hit_stay(hit);
	return NULL;
}

static struct sonde_probe *probe(struct probing *probing, uint64_t address,
	const char *condition, sonde_probe_handler *handler)
{
	struct sonde_probe_options options = {.size = sizeof(options),
		.kind = SONDE_PROBE_INSTRUCTION,
		.address = address,
		.condition = condition,
		.handler = handler,
		.user = probing};
	struct sonde_probe *ret;

	check(sonde_probe_create(probing->probes, &options, &ret));
	return ret;
}

/* Runs until so many hits have come; packets are recorded from then on. */
static void run(struct probing *probing, unsigned hits)
{
	struct sonde_probes_end ending;

	probing->wanted = hits;
	probing->seen = 0;
	fake_stub_forget(probing->wire.stub);
	check(sonde_probes_run(probing->probes, 5000, &ending));
	assert_int_equal(ending.state, SONDE_PROBES_STAYED);
	assert_int_equal(probing->seen, hits);
}

/* --- packets a hit
 * ---------------------------------------------------------------------- */

/* As many as a breakpoint takes by itself. */
static void test_bare_hit(void **state)
{
	struct probing probing;

	(void)state;
	begin(&probing, &qemu);
	probe(&probing, 0x1004, NULL, count);
	wire_expect(&probing.wire, "Z0,1004,1");
	run(&probing, 1);
	wire_expect(&probing.wire, "vCont;c p10");
	run(&probing, 2);
	wire_expect(&probing.wire, "vCont;s:1 p10 vCont;c p10 vCont;s:1 p10 vCont;c p10");
	/* Another one at the same place costs nothing. */
	probe(&probing, 0x1004, NULL, NULL);
	wire_expect(&probing.wire, "");
	run(&probing, 1);
	wire_expect(&probing.wire, "vCont;s:1 p10 vCont;c p10");
	end(&probing);
}

static void test_bare_hit_of_gdbserver(void **state)
{
	struct probing probing;

	(void)state;
	begin(&probing, &gdbserver);
	probe(&probing, 0x1004, NULL, count);
	run(&probing, 1);
	run(&probing, 1);
	wire_expect(&probing.wire, "z0,1004,1 vCont;s:1 Z0,1004,1 vCont;c p10");
	end(&probing);
}

/* One `g` more for a register, and nothing for what is known. */
static void test_false_conditions(void **state)
{
	struct sonde_probe *never;
	struct probing probing;

	(void)state;
	begin(&probing, &qemu);
	never = probe(&probing, 0x1004, "cpu == 7", count);
	probe(&probing, 0x1006, NULL, count);
	run(&probing, 1);
	wire_expect(&probing.wire, "vCont;c p10 vCont;s:1 p10 vCont;c p10");
	check(sonde_probe_destroy(never));
	never = probe(&probing, 0x1004, "$rbx == 0x123456789 && $rdi == 1", count);
	run(&probing, 1);
	wire_expect(
		&probing.wire, "vCont;s:1 p10 vCont;c p10 g vCont;s:1 p10 vCont;c p10");
	assert_int_equal(sonde_probe_hits(never), 0);
	end(&probing);
}

static struct sonde_probe *fed(struct probing *probing, struct sonde_probe *source,
	const struct sonde_filter *filter)
{
	struct sonde_probe_options options = {.size = sizeof(options),
		.source = source,
		.filter = filter,
		.handler = count,
		.user = probing};
	struct sonde_probe *ret;

	check(sonde_probe_create(probing->probes, &options, &ret));
	return ret;
}

/* What a probe feeds costs nothing, nor does the number of the CPU. */
static void test_fed_by_a_probe(void **state)
{
	struct sonde_filter cpu = {
		.size = sizeof(cpu), .fields = SONDE_FILTER_CPU, .cpu = 7};
	struct sonde_probe_options options = {.size = sizeof(options)};
	struct sonde_probe *source, *never, *always;
	struct probing probing;

	(void)state;
	begin(&probing, &qemu);
	source = probe(&probing, 0x1004, NULL, NULL);
	wire_expect(&probing.wire, "Z0,1004,1");
	never = fed(&probing, source, &cpu);
	fed(&probing, never, NULL);
	cpu.cpu = 0;
	always = fed(&probing, source, &cpu);
	wire_expect(&probing.wire, "");
	run(&probing, 2);
	wire_expect(&probing.wire, "vCont;c p10 vCont;s:1 p10 vCont;c p10");
	assert_int_equal(sonde_probe_hits(never), 0);
	assert_int_equal(sonde_probe_hits(always), 2);
	/* This is the machine level. */
	options.source = source;
	options.filter = &cpu;
	cpu.fields |= SONDE_FILTER_PID;
	check_fails(sonde_probe_create(probing.probes, &options, &never),
		SONDE_ERROR_UNSUPPORTED);
	end(&probing);
}

static void test_two_cpus(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .cpus = 2};
	struct sonde_probe *first, *second;
	struct probing probing;

	(void)state;
	begin(&probing, &options);
	first = probe(&probing, 0x1004, "cpu == 0", count);
	second = probe(&probing, 0x1004, "cpu == 1", count);
	run(&probing, 9);
	assert_in_range(sonde_probe_hits(first), 4, 5);
	assert_in_range(sonde_probe_hits(second), 4, 5);
	end(&probing);
}

/* --- stubs that say too much, or too late
 * ------------------------------------------------ */

static void say_instead(struct probing *probing, const char *request, const char *text)
{
	fake_stub_set_fault(probing->wire.stub,
		&(struct fake_fault){FAKE_ANSWER, request, .times = 1, .text = text});
}

/* Nothing has moved, and no breakpoint is there: it is let run again. */
static void test_stop_without_a_reason(void **state)
{
	struct probing probing;

	(void)state;
	begin(&probing, &qemu);
	probe(&probing, 0x1004, NULL, count);
	run(&probing, 1);
	say_instead(&probing, "vCont;c", "T05thread:01;");
	run(&probing, 1);
	wire_expect(&probing.wire, "vCont;s:1 p10 vCont;c p10 vCont;c p10");
	end(&probing);
}

/* Of another CPU, which is nowhere near. */
static void test_stop_of_the_wrong_cpu(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .cpus = 2};
	struct probing probing;

	(void)state;
	begin(&probing, &options);
	fake_stub_set_pc(probing.wire.stub, 1, 0x5000);
	probe(&probing, 0x1004, NULL, count);
	run(&probing, 1);
	say_instead(&probing, "vCont;c", "T05thread:02;");
	run(&probing, 1);
	assert_int_equal(fake_stub_progress(probing.wire.stub, 0), 20);
	end(&probing);
}

/* Gdbserver's program may have trapped by itself: that is for its user to know. */
static void test_trap_of_the_program(void **state)
{
	struct sonde_probes_end ending;
	struct probing probing;

	(void)state;
	begin(&probing, &gdbserver);
	probe(&probing, 0x1004, NULL, count);
	run(&probing, 1);
	say_instead(&probing, "vCont;c", "T05thread:p01.01;");
	check(sonde_probes_run(probing.probes, 5000, &ending));
	assert_int_equal(ending.state, SONDE_PROBES_OTHER_STOP);
	assert_int_equal(ending.stop.reason, SONDE_STOP_SIGNAL);
	end(&probing);
}

/* A stub that stops for nothing again and again is not let run for ever. */
static void test_stops_without_end(void **state)
{
	struct sonde_probes_end ending;
	struct probing probing;

	(void)state;
	begin(&probing, &qemu);
	probe(&probing, 0x1004, NULL, count);
	run(&probing, 1);
	fake_stub_set_fault(probing.wire.stub,
		&(struct fake_fault){FAKE_ANSWER, "vCont;c", .text = "T05thread:01;"});
	check(sonde_probes_run(probing.probes, 60000, &ending));
	assert_int_equal(ending.state, SONDE_PROBES_OTHER_STOP);
	assert_int_equal(ending.stop.reason, SONDE_STOP_SIGNAL);
	assert_in_range(fake_stub_count_of(probing.wire.stub, "vCont;c"), 50, 200);
	fake_stub_set_fault(probing.wire.stub, &(struct fake_fault){FAKE_NO_TROUBLE});
	end(&probing);
}

static struct sonde_error *remove_victim(struct sonde_probe_hit *hit, void *user)
{
	struct probing *probing = user;

	check(sonde_probe_destroy(probing->victim));
	probing->victim = NULL;
	sonde_probe_hit_stay(hit);
	return NULL;
}

/* One CPU's handler takes out what another one has come to already. */
static void test_hit_of_one_just_removed(
	const struct fake_options *options, const char *late)
{
	struct sonde_probes_end ending;
	struct probing probing;

	begin(&probing, options);
	probe(&probing, 0x1004, NULL, remove_victim);
	probing.victim = probe(&probing, 0x1006, NULL, count);
	check(sonde_probes_run(probing.probes, 5000, &ending));
	assert_int_equal(ending.state, SONDE_PROBES_STAYED);
	fake_stub_set_pc(probing.wire.stub, 1, 0x1006);
	say_instead(&probing, "vCont;c", late);
	check(sonde_probes_run(probing.probes, 5000, &ending));
	assert_int_equal(ending.state, SONDE_PROBES_STAYED);
	assert_int_equal(ending.stop.pc, 0x1004);
	assert_int_equal(probing.seen, 0);
	end(&probing);
}

static void test_late_hit(void **state)
{
	struct fake_options two = {.kind = FAKE_QEMU, .cpus = 2};

	(void)state;
	test_hit_of_one_just_removed(&two, "T05thread:02;");
	two.kind = FAKE_GDBSERVER;
	test_hit_of_one_just_removed(&two, "T05thread:p01.02;");
	test_hit_of_one_just_removed(&two, "T05swbreak:;thread:p01.02;");
}

/* In the middle of stepping over it the stub is gone. */
static void test_gone_while_stepping_over(void **state)
{
	struct sonde_probes_end ending;
	struct probing probing;

	(void)state;
	begin(&probing, &qemu);
	probe(&probing, 0x1004, NULL, count);
	run(&probing, 1);
	fake_stub_set_fault(probing.wire.stub,
		&(struct fake_fault){FAKE_HANG_UP, "vCont;s", .text = ""});
	check_fails(sonde_probes_run(probing.probes, 5000, &ending), SONDE_ERROR_IO);
	assert_int_equal(sonde_target_state(probing.wire.target), SONDE_STATE_ENDED);
	sonde_error_destroy(sonde_probes_destroy(probing.probes));
	wire_close(&probing.wire);
}

/* --- while it runs
 * ------------------------------------------------------------------------ */

/* Until there is more than the acknowledgement of a packet, or nothing for so long. */
static enum sonde_probes_state watch_descriptor(
	struct probing *probing, struct pollfd *fd, int timeout_ms)
{
	struct sonde_probes_end ending = {.state = SONDE_PROBES_RUNNING};

	while (ending.state == SONDE_PROBES_RUNNING && poll(fd, 1, timeout_ms) == 1)
		check(sonde_probes_dispatch(probing->probes, &ending));
	return ending.state;
}

/* Nothing comes to 0x5000: the descriptor tells, and probes come and go meanwhile. */
static void test_while_it_runs(void **state)
{
	struct pollfd fd = {.events = POLLIN};
	struct sonde_probes_end ending;
	struct sonde_probe *idle;
	struct probing probing;

	(void)state;
	begin(&probing, &qemu);
	idle = probe(&probing, 0x5000, NULL, count);
	check(sonde_probes_dispatch(probing.probes, &ending));
	assert_int_equal(ending.state, SONDE_PROBES_RUNNING);
	check(sonde_probes_descriptor(probing.probes, &fd.fd));
	assert_int_equal(watch_descriptor(&probing, &fd, 50), SONDE_PROBES_RUNNING);
	probe(&probing, 0x1004, NULL, count);
	assert_int_equal(sonde_target_state(probing.wire.target), SONDE_STATE_RUNNING);
	assert_int_equal(watch_descriptor(&probing, &fd, 5000), SONDE_PROBES_STAYED);
	check(sonde_probe_destroy(idle));
	assert_int_equal(fake_stub_traps(probing.wire.stub), 1);
	end(&probing);
}

/* A hit that comes just before the pause that removes another probe is not lost. */
static void test_hit_beats_a_pause(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .hit_beats_interrupt = true};
	struct sonde_probes_end ending;
	struct sonde_probe *idle;
	struct probing probing;

	(void)state;
	begin(&probing, &options);
	probe(&probing, 0x5000, NULL, count);
	idle = probe(&probing, 0x6000, NULL, NULL);
	check(sonde_probes_dispatch(probing.probes, &ending));
	assert_int_equal(ending.state, SONDE_PROBES_RUNNING);
	check(sonde_probe_destroy(idle));
	check(sonde_probes_run(probing.probes, 5000, &ending));
	assert_int_equal(ending.state, SONDE_PROBES_STAYED);
	assert_int_equal(ending.stop.pc, 0x5000);
	end(&probing);
}

static void test_timeout_leaves_it_running(void **state)
{
	struct sonde_probes_end ending;
	struct probing probing;

	(void)state;
	begin(&probing, &qemu);
	probe(&probing, 0x5000, NULL, count);
	check_fails(sonde_probes_run(probing.probes, 50, &ending), SONDE_ERROR_TIMEOUT);
	assert_int_equal(sonde_target_state(probing.wire.target), SONDE_STATE_RUNNING);
	sonde_interrupt(probing.wire.sonde);
	check_fails(
		sonde_probes_run(probing.probes, -1, &ending), SONDE_ERROR_INTERRUPTED);
	end(&probing);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bare_hit),
		cmocka_unit_test(test_bare_hit_of_gdbserver),
		cmocka_unit_test(test_false_conditions),
		cmocka_unit_test(test_fed_by_a_probe),
		cmocka_unit_test(test_two_cpus),
		cmocka_unit_test(test_stop_without_a_reason),
		cmocka_unit_test(test_stop_of_the_wrong_cpu),
		cmocka_unit_test(test_trap_of_the_program),
		cmocka_unit_test(test_stops_without_end),
		cmocka_unit_test(test_late_hit),
		cmocka_unit_test(test_gone_while_stepping_over),
		cmocka_unit_test(test_while_it_runs),
		cmocka_unit_test(test_hit_beats_a_pause),
		cmocka_unit_test(test_timeout_leaves_it_running),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
