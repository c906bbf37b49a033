/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One suite for every target: what the faces of a machine promise, checked on the fake
 * machine, on QEMUs and on other stubs alike. What a target cannot do is skipped by
 * name, with the reason; docs/support.md is made from that.
 *
 *     conformance TARGET [NAME=VALUE]...
 *
 * hot: a function that is called often. data: 16 KiB whose bytes may change for a moment
 * while everything is stopped. watch: 8 bytes that are written often. stack=1: hot()
 * runs on a kernel's stack of 16 KiB, whose far end is the data and whose next words are
 * those to watch. cpus: how many threads there are. hole: an address without memory, 0x10
 * if not given. What a stub does that cannot be seen from here: once=1: it serves one
 * client and then no other; zeros=1: it reads zeros where there is no memory; drops=1: it
 * drops what is written there; switches=1: it steps the thread that stopped last,
 * whichever it is told to; unfrozen=1: it lets the others run while one CPU is stepped;
 * deaf=1: hits of the CPU's debug registers do not reach it; no_debug_registers=1: those
 * of the machine under it stop nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sonde/sonde.h>
#include "conformance.h"
#include "context.h"
#include "fake_machine.h"
#include "fake_stub.h"

enum {
	/** THREAD_SIZE of Linux on amd64 and arm64. */
	STACK_BYTES = 16 << 10,
};

static uint64_t parameter(int argc, char **argv, const char *name)
{
	size_t length = strlen(name);

	for (int i = 2; i < argc; i++)
		if (!strncmp(argv[i], name, length) && argv[i][length] == '=')
			return strtoull(argv[i] + length + 1, NULL, 0);
	return 0;
}

static void print_log(void *user, enum sonde_log_level level, const char *message)
{
	(void)user, (void)level;
	printf("# %s\n", message);
}

/* "stub:qemu" and the like: a stub in a thread of ours; NULL for anything else. */
static struct fake_stub *start_fake_stub(struct subject *subject)
{
	static const struct {
		const char *name;
		struct fake_options options;
	} stubs[] = {
		{"stub:qemu", {.kind = FAKE_QEMU, .cpus = 2}},
		{"stub:qemu-8.1", {.kind = FAKE_NEW_QEMU, .cpus = 2}},
		{"stub:gdbserver", {.kind = FAKE_GDBSERVER,
					   .cpus = 2,
					   .expedites = true,
					   .runs = true}},
		{"stub:kgdb", {.kind = FAKE_KGDB, .cpus = 2, .transport = FAKE_TELNET}},
		{"stub:gdbsx", {.kind = FAKE_GDBSX, .cpus = 2}},
		{"stub:openocd", {.kind = FAKE_OPENOCD, .cpus = 1}},
		{"stub:bytewise", {.kind = FAKE_QEMU, .cpus = 2, .piece = 1}},
	};

	for (size_t i = 0; i < sizeof(stubs) / sizeof(stubs[0]); i++) {
		struct fake_stub *stub;

		if (strcmp(subject->specification, stubs[i].name))
			continue;
		stub = fake_stub_create(&stubs[i].options);
		subject->specification = fake_stub_name(stub);
		subject->hot = FAKE_PROGRAM + 4;
		subject->data = FAKE_RAM_END - 0x8000;
		subject->watch = FAKE_COUNTER;
		subject->cpus = stubs[i].options.cpus;
		subject->zeros = stubs[i].options.kind == FAKE_OPENOCD;
		return stub;
	}
	return NULL;
}

static void open_target(void *argument)
{
	struct subject *subject = argument;

	TAP_OK(&subject->tap,
		sonde_open(subject->sonde, subject->specification, &subject->target));
}

static uint64_t stack_pointer(struct subject *subject, struct sonde_thread *thread)
{
	const struct sonde_register *reg = sonde_thread_find_register(thread, "sp");
	struct sonde_register_value value;

	TAP_OK(&subject->tap, sonde_thread_read_register(thread, reg, &value));
	return sonde_register_value_integer(&value);
}

static void run_to_hot_code(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_breakpoint *breakpoint;
	struct sonde_stop stop;

	if (!subject->hot)
		tap_skip(tap, "no hot code was named");
	TAP_OK(tap, sonde_breakpoint_create(subject->target, SONDE_BREAKPOINT_SOFTWARE,
			    subject->hot, 0, &breakpoint));
	TAP_OK(tap, sonde_target_resume(subject->target));
	TAP_OK(tap, sonde_target_wait(subject->target, 20000, &stop));
	TAP_OK(tap, sonde_breakpoint_destroy(breakpoint));
	TAP_TRUE(tap, stop.reason == SONDE_STOP_BREAKPOINT);
	if (subject->stack) {
		uint64_t sp = stack_pointer(subject, stop.thread);

		subject->data = sp & ~(uint64_t)(STACK_BYTES - 1);
		subject->watch = (sp & ~(uint64_t)7) - 16;
	}
}

static void close_target(void *argument)
{
	struct subject *subject = argument;

	if (!subject->target)
		tap_fail(&subject->tap, "nothing is attached");
	TAP_OK(&subject->tap, sonde_target_detach(subject->target));
	sonde_target_close(subject->target);
	subject->target = NULL;
}

int main(int argc, char **argv)
{
	struct sonde_options options = {
		.size = sizeof(options),
		.log = print_log,
		.log_level = getenv("SONDE_DEBUG") ? SONDE_LOG_DEBUG : SONDE_LOG_CONSOLE,
		.timeout_ms = 20000,
	};
	static struct subject subject;
	struct fake_stub *stub;
	struct sonde_error *error;

	if (argc < 2) {
		fprintf(stderr, "usage: conformance TARGET [NAME=VALUE]...\n");
		return 2;
	}
	subject.specification = argv[1];
	subject.hot = parameter(argc, argv, "hot");
	subject.data = parameter(argc, argv, "data");
	subject.watch = parameter(argc, argv, "watch");
	subject.stack = parameter(argc, argv, "stack") != 0;
	subject.no_debug_registers = parameter(argc, argv, "no_debug_registers") != 0;
	subject.unfrozen = parameter(argc, argv, "unfrozen") != 0;
	subject.deaf_debug_registers = parameter(argc, argv, "deaf") != 0;
	subject.cpus = (unsigned)parameter(argc, argv, "cpus");
	subject.hole = parameter(argc, argv, "hole") ?: 0x10;
	subject.once = parameter(argc, argv, "once") != 0;
	subject.zeros = parameter(argc, argv, "zeros") != 0;
	subject.switches = parameter(argc, argv, "switches") != 0;
	subject.drops = parameter(argc, argv, "drops") != 0;
	stub = start_fake_stub(&subject);
	error = sonde_create(&options, &subject.sonde);
	if (!error)
		error = sonde_context_add_driver(subject.sonde, &fake_machine_driver);
	if (error)
		return 1;
	tap_run(&subject.tap, "attach", open_target, &subject);
	if (subject.target) {
		conformance_describe(&subject);
		/* User code may see nothing of the kernel's data. */
		tap_run(&subject.tap, "run to hot code", run_to_hot_code, &subject);
		conformance_memory(&subject);
		conformance_control(&subject);
		conformance_reverse(&subject);
		conformance_breakpoints(&subject);
		tap_run(&subject.tap, "detach", close_target, &subject);
		conformance_states(&subject);
	}
	sonde_target_close(subject.target);
	sonde_destroy(subject.sonde);
	if (stub)
		fake_stub_destroy(stub);
	return tap_finish(&subject.tap);
}
