/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel level on a machine that has none; what a kernel says of itself; patterns. */
#include "wire_check.h"

#include <sonde/kernel.h>
#include <sonde/sonde.h>
#include <stdio.h>
#include <string.h>

#include "banner.h"
#include "error.h"
#include "fake_machine.h"
#include "kallsyms_image.h"
#include "recorded.h"
#include "symbol.h"
#include "target.h"
#include "vmcoreinfo.h"

/* --- a level on a machine ---------------------------------------------------------- */

static struct sonde *sonde;

static struct sonde_target *open_level(enum sonde_kernel_view view)
{
	struct sonde_target *machine = NULL, *kernel = NULL;

	check(sonde_create(NULL, &sonde));
	check(sonde_context_add_driver(sonde, &fake_machine_driver));
	check(sonde_open(sonde, "fake:", &machine));
	check(sonde_kernel_open(machine, view, &kernel));
	return kernel;
}

static void close_level(struct sonde_target *kernel)
{
	sonde_target_close(kernel);
	sonde_destroy(sonde);
}

/* All but memory and symbols is the machine's, and a thread's target is the machine. */
static void test_the_rest_is_below(void **state)
{
	struct sonde_target *kernel = open_level(SONDE_KERNEL_VIEW_CPU);
	const struct sonde_register *registers;
	struct sonde_thread *thread;
	struct sonde_stop stop;
	size_t count;

	(void)state;
	assert_string_equal(sonde_target_architecture(kernel), "x86_64");
	assert_string_equal(sonde_target_name(kernel), "fake:");
	assert_int_equal(sonde_target_address_bits(kernel), 64);
	assert_int_equal(sonde_target_state(kernel), SONDE_STATE_STOPPED);
	check(sonde_target_registers(kernel, &registers, &count));
	assert_true(count > 16);
	check(sonde_target_find_thread(kernel, 1, &thread));
	assert_ptr_equal(thread->target, kernel->below);
	check(sonde_target_step(kernel, thread, false, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_STEP);
	check(sonde_target_current_thread(kernel, &thread));
	assert_int_equal(sonde_thread_number(thread), 1);
	close_level(kernel);
}

static void test_traps_are_below(void **state)
{
	struct sonde_target *kernel = open_level(SONDE_KERNEL_VIEW_CPU);
	struct sonde_breakpoint *breakpoint;
	struct sonde_stop stop;

	(void)state;
	check(sonde_breakpoint_create(
		kernel, SONDE_BREAKPOINT_SOFTWARE, FAKE_MACHINE_HOT, 0, &breakpoint));
	assert_null(kernel->traps.first);
	assert_non_null(kernel->below->traps.first);
	check(sonde_target_resume(kernel));
	check(sonde_target_wait(kernel, 5000, &stop));
	assert_true(sonde_breakpoint_caused(breakpoint, &stop));
	/* Detaching takes it out, whichever target is asked. */
	check(sonde_target_detach(kernel));
	assert_true(kernel->below->detached);
	check(sonde_breakpoint_destroy(breakpoint));
	close_level(kernel);
}

static struct sonde_control_facet counting;
static const struct sonde_control_facet *counted;
static unsigned steps;

static struct sonde_error *count_steps(
	struct sonde_target *target, const struct sonde_resume_plan *plan)
{
	steps += plan->step != NULL;
	return counted->resume(target, plan);
}

static void check_hits_of_no_op(bool at_once, unsigned expected)
{
	struct sonde_target *kernel = open_level(SONDE_KERNEL_VIEW_CPU);
	struct sonde_target *machine = kernel->below;
	struct sonde_breakpoint *breakpoint;
	struct sonde_stop stop;

	machine->observable = at_once;
	counted = machine->control;
	counting = *counted;
	counting.resume = count_steps;
	machine->control = &counting;
	steps = 0;
	check(sonde_breakpoint_create(
		kernel, SONDE_BREAKPOINT_SOFTWARE, FAKE_MACHINE_HOT, 0, &breakpoint));
	for (unsigned i = 0; i < 5; i++) {
		check(sonde_target_resume(kernel));
		check(sonde_target_wait(kernel, 5000, &stop));
		assert_true(sonde_breakpoint_caused(breakpoint, &stop));
	}
	assert_int_equal(steps, expected);
	check(sonde_breakpoint_destroy(breakpoint));
	close_level(kernel);
}

/* Where memory is at hand, a breakpoint at a no-op is passed without a step. */
static void test_no_op_is_passed(void **state)
{
	(void)state;
	check_hits_of_no_op(true, 0);
	check_hits_of_no_op(false, 4);
}

/* By default memory is what a CPU sees, and no kernel is looked for. */
static void test_memory_of_a_cpu(void **state)
{
	struct sonde_target *kernel = open_level(SONDE_KERNEL_VIEW_CPU);
	struct sonde_space *space, *again, *below;
	uint8_t bytes[8], same[8];

	(void)state;
	check(sonde_target_virtual(kernel, NULL, &space));
	check(sonde_target_virtual(kernel, NULL, &again));
	assert_ptr_equal(space, again);
	check(sonde_target_virtual(kernel->below, NULL, &below));
	check(sonde_space_write(space, FAKE_MACHINE_DATA, "changed", 8));
	check(sonde_space_read(space, FAKE_MACHINE_DATA, bytes, 8));
	check(sonde_space_read(below, FAKE_MACHINE_DATA, same, 8));
	assert_memory_equal(bytes, "changed", 8);
	assert_memory_equal(bytes, same, 8);
	check_fails(sonde_space_read(space, 0x1000, bytes, 8), SONDE_ERROR_FAULT);
	/* There is no kernel: the fault is what counts. */
	check_fails(sonde_space_read(space, UINT64_C(0xffffffff81000000), bytes, 8),
		SONDE_ERROR_FAULT);
	close_level(kernel);
}

static void test_no_kernel(void **state)
{
	struct sonde_target *kernel = open_level(SONDE_KERNEL_VIEW_KERNEL);
	struct sonde_kernel_info info = {.size = sizeof(info)};
	struct sonde_space *space;
	struct sonde_symbol symbol;

	(void)state;
	/* It has no physical memory, no register that tells page tables, and no CPU that
	 * is in a kernel. */
	check_fails(sonde_kernel_find(kernel), SONDE_ERROR_NOT_FOUND);
	check_fails(sonde_kernel_info(kernel, &info), SONDE_ERROR_NOT_FOUND);
	check_fails(sonde_target_virtual(kernel, NULL, &space), SONDE_ERROR_NOT_FOUND);
	check_fails(
		sonde_symbol_find(kernel, "schedule", 0, &symbol), SONDE_ERROR_NOT_FOUND);
	check_says(sonde_symbol_at(kernel->below, 1, &symbol), SONDE_ERROR_UNSUPPORTED,
		"machine level");
	check_says(sonde_kernel_find(kernel->below), SONDE_ERROR_UNSUPPORTED,
		"machine level");
	info.size = 1;
	check_fails(sonde_kernel_info(kernel, &info), SONDE_ERROR_INVALID);
	close_level(kernel);
}

/* --- a stub that knows virtual memory and a PC, and nothing else -------------------- */

struct bare {
	struct sonde_target target;
	struct sonde_thread thread;
	struct sonde_thread *threads[1];
	struct sonde_register pc;
	uint64_t pc_value;
	struct kallsyms_image image;
};

static struct bare *bare_of(const struct sonde_target *target)
{
	return CONTAINER_OF(target, struct bare, target);
}

static struct sonde_error *bare_virtual(struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_space **ret)
{
	(void)thread;
	*ret = &bare_of(target)->image.space;
	return NULL;
}

static const char *bare_means(const struct sonde_target *target)
{
	(void)target;
	return "stub";
}

static void bare_registers(const struct sonde_target *target,
	const struct sonde_register **ret, size_t *count)
{
	*ret = &bare_of(target)->pc;
	*count = 1;
}

static struct sonde_error *bare_read(struct sonde_thread *thread,
	const struct sonde_register *reg, struct sonde_register_value *ret,
	const char **why)
{
	(void)why;
	sonde_register_value_set_integer(
		ret, bare_of(thread->target)->pc_value, reg->bits);
	return NULL;
}

static struct sonde_error *bare_threads(
	struct sonde_target *target, struct sonde_thread *const **ret, size_t *count)
{
	*ret = bare_of(target)->threads;
	*count = 1;
	return NULL;
}

static struct sonde_error *bare_detach(
	struct sonde_target *target, enum sonde_state leave)
{
	(void)target;
	(void)leave;
	return NULL;
}

static void bare_destroy(struct sonde_target *target)
{
	sonde_target_deinit(target);
	sonde_space_deinit(&bare_of(target)->image.space);
	free(bare_of(target));
}

static struct bare *bare_create(void)
{
	static const struct sonde_target_ops ops = {
		.detach = bare_detach, .destroy = bare_destroy};
	static const struct sonde_memory_facet memory = {
		.virtual_space = bare_virtual, .means = bare_means};
	static const struct sonde_register_facet registers = {
		.list = bare_registers, .read = bare_read};
	static const struct sonde_thread_facet threads = {.list = bare_threads};
	struct bare *bare = calloc(1, sizeof(*bare));

	assert_non_null(bare);
	check(sonde_create(NULL, &sonde));
	check(sonde_target_init(&bare->target, sonde, "bare:"));
	bare->target.ops = &ops;
	bare->target.kind = "bare";
	bare->target.arch = &sonde_arch_x86_64;
	bare->target.memory = &memory;
	bare->target.registers = &registers;
	bare->target.threads = &threads;
	bare->target.state = SONDE_STATE_STOPPED;
	bare->pc = (struct sonde_register){.name = "rip", .group = "general", .bits = 64};
	bare->thread = (struct sonde_thread){.target = &bare->target, .name = "0"};
	bare->threads[0] = &bare->thread;
	kallsyms_image_init(&bare->image, LAYOUT_6_1, 1300);
	return bare;
}

static void test_found_by_pc(void **state)
{
	struct bare *bare = bare_create();
	struct sonde_target *kernel;
	struct sonde_symbol symbol;
	struct sonde_space *space;
	uint8_t byte;

	(void)state;
	check(sonde_kernel_open(&bare->target, SONDE_KERNEL_VIEW_KERNEL, &kernel));
	/* A program, and something that is no kernel. */
	bare->pc_value = 0x401000;
	check_fails(sonde_kernel_find(kernel), SONDE_ERROR_NOT_FOUND);
	bare->pc_value = UINT64_C(0xffffffffc0000000);
	bare->target.epoch++;
	check_fails(sonde_kernel_find(kernel), SONDE_ERROR_NOT_FOUND);
	/* In one epoch the answer stays what it is. */
	bare->pc_value = KALLSYMS_IMAGE_BASE + 0x1234;
	check_fails(sonde_kernel_find(kernel), SONDE_ERROR_NOT_FOUND);
	bare->target.epoch++;
	check(sonde_symbol_find(kernel, "symbol_0100", 0, &symbol));
	assert_true(symbol.address == KALLSYMS_IMAGE_BASE + 100 * KALLSYMS_IMAGE_STEP);
	check(sonde_target_virtual(kernel, NULL, &space));
	check(sonde_space_read(space, symbol.address, &byte, 1));
	check_says(sonde_space_read(space, 0x401000, &byte, 1), SONDE_ERROR_FAULT,
		"kernel's");
	/* It is gone, and another one has come. */
	bare->target.epoch++;
	bare->pc_value = 0x401000;
	check_fails(sonde_symbol_find(kernel, "symbol_0100", 0, &symbol),
		SONDE_ERROR_NOT_FOUND);
	close_level(kernel);
}

static void test_levels_by_name(void **state)
{
	struct sonde_target *target;

	(void)state;
	check(sonde_create(NULL, &sonde));
	check(sonde_context_add_driver(sonde, &fake_machine_driver));
	check(sonde_open_level(sonde, "fake:", NULL, &target));
	assert_null(target->below);
	sonde_target_close(target);
	check(sonde_open_level(sonde, "fake:", "machine", &target));
	assert_null(target->below);
	sonde_target_close(target);
	check(sonde_open_level(sonde, "fake:", "kernel", &target));
	assert_non_null(target->below);
	sonde_target_close(target);
	check_says(sonde_open_level(sonde, "fake:", "kern", &target), SONDE_ERROR_INVALID,
		"kern");
	sonde_destroy(sonde);
}

/* --- what a kernel says of itself -------------------------------------------------- */

static void test_vmcoreinfo(void **state)
{
	CLEANUP(cleanup_free)
	char *text = recorded("fuzz/corpus/fuzz_vmcoreinfo/linux-6.1-x86_64");
	struct sonde_vmcoreinfo info;
	char value[64];
	uint64_t number;

	(void)state;
	assert_true(
		sonde_vmcoreinfo_parse((const uint8_t *)text, strlen(text) + 1, &info));
	assert_string_equal(info.release, "6.1.0-56-cloud-amd64");
	assert_true(sonde_vmcoreinfo_text(&info, "BUILD-ID", value, sizeof(value)));
	assert_int_equal(strlen(value), 40);
	assert_false(sonde_vmcoreinfo_text(&info, "BUILD-ID", value, 40));
	assert_false(sonde_vmcoreinfo_text(&info, "BUILD", value, sizeof(value)));
	assert_true(sonde_vmcoreinfo_number(&info, "PAGESIZE", &number));
	assert_int_equal(number, 4096);
	assert_true(sonde_vmcoreinfo_hex(&info, "SYMBOL(swapper_pg_dir)", &number));
	assert_true(number >> 31 == UINT64_C(0x1ffffffff));
	assert_false(sonde_vmcoreinfo_number(&info, "OSRELEASE", &number));
	assert_false(sonde_vmcoreinfo_hex(&info, "OSRELEASE", &number));
}

static bool parses(const char *text)
{
	struct sonde_vmcoreinfo info;

	return sonde_vmcoreinfo_parse((const uint8_t *)text, strlen(text) + 1, &info);
}

static void test_bad_vmcoreinfo(void **state)
{
	static const char rest[] = "PAGESIZE=4096\nSYMBOL(init_uts_ns)=ffffffff82a1bb60\n"
				   "OFFSET(uts_namespace.name)=0\n";
	struct sonde_vmcoreinfo info;
	char text[512];
	uint64_t number;

	(void)state;
	snprintf(text, sizeof(text), "OSRELEASE=6.1\n%s", rest);
	assert_true(parses(text));
	snprintf(text, sizeof(text), "OSRELEASE=\n%s", rest);
	assert_false(parses(text));
	snprintf(text, sizeof(text), "osrelease=6.1\n%s", rest);
	assert_false(parses(text));
	snprintf(text, sizeof(text), "OSRELEASE=6.1\n\033[2J=\n%s", rest);
	assert_false(parses(text));
	snprintf(text, sizeof(text), "OSRELEASE=6.1\nno value\n%s", rest);
	assert_false(parses(text));
	assert_false(parses("OSRELEASE=6.1\n"));
	snprintf(text, sizeof(text),
		"OSRELEASE=6.1\nA=-16\nB=0x10\nC=99999999999999999999\nD=1x\nE=-\nF=\n%s",
		rest);
	assert_true(
		sonde_vmcoreinfo_parse((const uint8_t *)text, strlen(text) + 1, &info));
	assert_true(sonde_vmcoreinfo_number(&info, "A", &number));
	assert_true(number == (uint64_t)-16);
	assert_true(sonde_vmcoreinfo_number(&info, "B", &number));
	assert_int_equal(number, 16);
	for (const char *name = "CDEFG"; *name; name++) {
		const char one[] = {*name, '\0'};

		assert_false(sonde_vmcoreinfo_number(&info, one, &number));
	}
}

static bool is_banner(const char *text, struct sonde_linux_banner *ret)
{
	return sonde_linux_banner_parse((const uint8_t *)text, strlen(text) + 1, ret);
}

static void test_banner(void **state)
{
	struct sonde_linux_banner banner;

	(void)state;
	assert_true(is_banner("Linux version 6.1.0-9-amd64 (me@host) (gcc (Debian) 12, "
			      "ld) #1 SMP Debian 6.1 (2023-05-08)\n",
		&banner));
	assert_string_equal(banner.release, "6.1.0-9-amd64");
	assert_string_equal(banner.version, "#1 SMP Debian 6.1 (2023-05-08)");
	/* As logs, formats and placeholders have it. */
	assert_false(is_banner("Linux version 6.1.0-9-amd64 (me) (gcc) #1 SMP", &banner));
	assert_false(is_banner("Linux version %s (%s)\n", &banner));
	assert_false(is_banner("Linux version 6.1 (me) (gcc) # SMP\n", &banner));
	assert_false(is_banner("Linux version 6 1 (me) (gcc) #1 SMP\n", &banner));
	assert_false(is_banner("Linux version 6.1\033 (me) (gcc) #1 SMP\n", &banner));
	assert_false(is_banner("Linux version ", &banner));
	assert_false(sonde_linux_banner_parse(
		(const uint8_t *)"Linux version 6.1 (me) (gcc) #1\n", 32, &banner));
}

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {
		{"", "", true},
		{"", "a", false},
		{"abc", "abc", true},
		{"abc", "abcd", false},
		{"*", "", true},
		{"a*", "a", true},
		{"*a*b", "xaybzb", true},
		{"*a*b", "xaybzbc", false},
		{"?", "", false},
		{"a?c", "a\377c", true},
		{"[a-c]x", "bx", true},
		{"[a-c]x", "dx", false},
		{"[!a-c]x", "dx", true},
		{"[]]", "]", true},
		{"[a-]", "-", true},
		{"[", "[", true},
		{"[ab", "[ab", true},
		{"\\*", "*", true},
		{"\\*", "a", false},
		{"a\\", "a\\", true},
		{"vfs_*d", "vfs_read", true},
	};
	char text[SONDE_SYMBOL_NAME_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (sonde_glob_matches(cases[i].pattern, cases[i].text) !=
			cases[i].matches)
			fail_msg("%s %s", cases[i].pattern, cases[i].text);
	/* What takes others for ever. */
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_false(sonde_glob_matches("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_rest_is_below),
		cmocka_unit_test(test_traps_are_below),
		cmocka_unit_test(test_no_op_is_passed),
		cmocka_unit_test(test_memory_of_a_cpu),
		cmocka_unit_test(test_no_kernel),
		cmocka_unit_test(test_found_by_pc),
		cmocka_unit_test(test_levels_by_name),
		cmocka_unit_test(test_vmcoreinfo),
		cmocka_unit_test(test_bad_vmcoreinfo),
		cmocka_unit_test(test_banner),
		cmocka_unit_test(test_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
