/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Dialogues with real stubs, replayed whole and in pieces. With an address as its
 * argument, this program looks around there: dialogues/record writes down what is said
 * then.
 */
#include "wire_case.h"

#include <stdio.h>

#ifndef DIALOGUES
#define DIALOGUES "tests/dialogues"
#endif

struct recorded {
	const char *file;
	enum fake_kind kind;
	const char *stub;
	const char *architecture;
	enum sonde_state found;
	size_t cpus;
	size_t registers;
};

static const struct recorded dialogues[] = {
	{"qemu-7.2-x86_64-running", FAKE_QEMU, "QEMU", "x86_64", SONDE_STATE_RUNNING, 1,
		66},
	{"qemu-7.2-x86_64-paused", FAKE_QEMU, "QEMU", "x86_64", SONDE_STATE_STOPPED, 2,
		66},
	{"qemu-7.2-aarch64-paused", FAKE_QEMU, "QEMU", "aarch64", SONDE_STATE_STOPPED, 1,
		0},
	{"gdbserver-13-x86_64", FAKE_GDBSERVER, "GDB stub", "x86_64", SONDE_STATE_STOPPED,
		1, 0},
	{"kgdb-6.1-x86_64", FAKE_KGDB, "KGDB", "x86_64", SONDE_STATE_STOPPED, 2, 22},
};

/* What was seen, for comparison between replays. */
struct seen {
	uint64_t pc;
	uint64_t sum;
	uint8_t code[16];
};

static void read_all_registers(
	struct sonde_target *target, struct sonde_thread *thread, struct seen *seen)
{
	const struct sonde_register *registers;
	size_t count;

	check(sonde_target_registers(target, &registers, &count));
	for (size_t i = 0; i < count; i++) {
		struct sonde_register_value value;

		/* Beyond g each one costs a packet: some are enough. */
		if (i > 60)
			break;
		check(sonde_thread_read_register(thread, &registers[i], &value));
		if (value.available)
			seen->sum = seen->sum * 31 + sonde_register_value_integer(&value);
	}
}

/* Registers, memory, a fault, a breakpoint, a step; a run where one comes back. */
static void look_around(struct sonde_target *target, struct seen *seen)
{
	struct sonde_breakpoint *breakpoint;
	struct sonde_thread *thread;
	struct sonde_space *memory;
	struct sonde_error *error;
	struct sonde_stop stop;
	uint64_t pc;
	uint8_t byte;

	memset(seen, 0, sizeof(*seen));
	check(sonde_target_current_thread(target, &thread));
	check(sonde_thread_read_pc(thread, &seen->pc));
	read_all_registers(target, thread, seen);
	check(sonde_target_virtual(target, thread, &memory));
	error = sonde_space_read(memory, seen->pc & ~UINT64_C(15), seen->code, 16);
	sonde_error_destroy(error);
	sonde_error_destroy(sonde_space_read(memory, 0, &byte, 1));
	check(sonde_breakpoint_create(
		target, SONDE_BREAKPOINT_SOFTWARE, seen->pc, 0, &breakpoint));
	check(sonde_target_step(target, thread, false, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_STEP);
	check(sonde_thread_read_pc(thread, &pc));
	check(sonde_breakpoint_destroy(breakpoint));
}

static void replay(const struct recorded *recorded, unsigned piece, struct seen *seen)
{
	const struct sonde_register *registers;
	struct sonde_thread *const *threads;
	struct wire_case wire;
	char path[512];
	size_t count;

	snprintf(path, sizeof(path), "%s/%s", DIALOGUES, recorded->file);
	wire_open(&wire, &(struct fake_options){.kind = recorded->kind,
				 .found_paused = true,
				 .dialogue = path,
				 .piece = piece});
	assert_string_equal(sonde_target_kind(wire.target), recorded->stub);
	assert_string_equal(
		sonde_target_architecture(wire.target), recorded->architecture);
	assert_int_equal(sonde_target_found_state(wire.target), recorded->found);
	check(sonde_target_threads(wire.target, &threads, &count));
	assert_int_equal(count, recorded->cpus);
	check(sonde_target_registers(wire.target, &registers, &count));
	if (recorded->registers)
		assert_int_equal(count, recorded->registers);
	look_around(wire.target, seen);
	check(sonde_target_detach(wire.target));
	wire_close(&wire);
}

static void test_replay(void **state)
{
	const struct recorded *recorded = *state;
	static const unsigned pieces[] = {97, 11};
	struct seen whole, pieced;

	replay(recorded, 0, &whole);
	for (unsigned i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		replay(recorded, pieces[i], &pieced);
		assert_true(pieced.pc == whole.pc);
		assert_true(pieced.sum == whole.sum);
		assert_memory_equal(pieced.code, whole.code, sizeof(whole.code));
	}
}

static void test_visit(void **state)
{
	struct sonde_options options = {.size = sizeof(options)};
	struct sonde_target *target;
	struct sonde *sonde;
	struct seen seen;

	check(sonde_create(&options, &sonde));
	check(sonde_open(sonde, *state, &target));
	look_around(target, &seen);
	check(sonde_target_detach(target));
	sonde_target_close(target);
	sonde_destroy(sonde);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[sizeof(dialogues) / sizeof(dialogues[0])];
	size_t count = sizeof(dialogues) / sizeof(dialogues[0]);

	if (argc > 1) {
		const struct CMUnitTest visit[] = {
			cmocka_unit_test_prestate(test_visit, argv[1])};

		return cmocka_run_group_tests(visit, NULL, NULL);
	}
	for (size_t i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){.name = dialogues[i].file,
			.test_func = test_replay,
			.initial_state = (void *)&dialogues[i]};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
