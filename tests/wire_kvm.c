/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A QEMU with KVM: fake_kvm.h says what it does its own way. */
#include "wire_case.h"

#include <string.h>

static const struct fake_options kvm = {.kind = FAKE_QEMU, .cpus = 1, .kvm = true};

static struct sonde_error *try_at(struct wire_case *wire, enum sonde_breakpoint_kind kind,
	uint64_t address, uint64_t length, struct sonde_breakpoint **ret)
{
	return sonde_breakpoint_create(wire->target, kind, address, length, ret);
}

static struct sonde_breakpoint *trap_at(struct wire_case *wire,
	enum sonde_breakpoint_kind kind, uint64_t address, uint64_t length)
{
	struct sonde_breakpoint *breakpoint;

	check(try_at(wire, kind, address, length, &breakpoint));
	return breakpoint;
}

static void check_refused(struct wire_case *wire, enum sonde_breakpoint_kind kind,
	uint64_t address, uint64_t length, const char *why, const char *hint)
{
	struct sonde_breakpoint *breakpoint;
	struct sonde_error *error = try_at(wire, kind, address, length, &breakpoint);

	assert_non_null(error);
	assert_non_null(strstr(sonde_error_why(error), why));
	assert_non_null(strstr(sonde_error_hint(error) ?: "", hint));
	sonde_error_destroy(error);
}

static void check_hit(struct wire_case *wire, uint64_t pc)
{
	struct sonde_stop stop;

	wire_run(wire, &stop);
	assert_int_equal(stop.reason, SONDE_STOP_BREAKPOINT);
	assert_int_equal(stop.pc, pc);
}

/* The trap is out for the step: it would be met again. */
static void test_hit_cycle(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &kvm);
	breakpoint = trap_at(&wire, SONDE_BREAKPOINT_HARDWARE, 0x1004, 0);
	check_hit(&wire, 0x1004);
	fake_stub_forget(wire.stub);
	check_hit(&wire, 0x1004);
	wire_expect(&wire, "z1,1004,1 vCont;s:1 g Z1,1004,1 vCont;c g");
	assert_int_equal(fake_stub_progress(wire.stub, 0), 4 + 16);
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

static void test_visible_bytes(void **state)
{
	static const uint8_t written[] = {0x66, 0x90};
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;
	uint8_t seen[3];

	(void)state;
	wire_open(&wire, &kvm);
	breakpoint = trap_at(&wire, SONDE_BREAKPOINT_SOFTWARE, 0x1004, 0);
	assert_int_equal(fake_stub_memory(wire.stub, 0x1004), 0xcc);
	check(sonde_space_read(wire.memory, 0x1003, seen, 3));
	assert_memory_equal(seen, "\x90\x90\x90", 3);
	for (unsigned i = 0; i < 3; i++)
		check_hit(&wire, 0x1004);
	assert_int_equal(fake_stub_progress(wire.stub, 0), 4 + 2 * 16);
	/* What is written goes under it, and comes back with it. */
	check(sonde_space_write(wire.memory, 0x1004, written, 2));
	assert_int_equal(fake_stub_memory(wire.stub, 0x1004), 0xcc);
	check(sonde_space_read(wire.memory, 0x1003, seen, 3));
	assert_memory_equal(seen, "\x90\x66\x90", 3);
	check(sonde_breakpoint_destroy(breakpoint));
	assert_int_equal(fake_stub_memory(wire.stub, 0x1004), 0x66);
	assert_int_equal(fake_stub_traps(wire.stub), 0);
	wire_close(&wire);
}

/* Left in, it is taken out by the detach. */
static void test_detach(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &kvm);
	breakpoint = trap_at(&wire, SONDE_BREAKPOINT_SOFTWARE, 0x1004, 0);
	check(sonde_target_detach(wire.target));
	assert_int_equal(fake_stub_memory(wire.stub, 0x1004), 0x90);
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

/* Where the CPU has nothing mapped there is nothing to write to. */
static void test_unmapped(void **state)
{
	static const uint64_t unmapped = 0x50000;
	struct sonde_breakpoint *more[4];
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &kvm);
	more[0] = trap_at(&wire, SONDE_BREAKPOINT_SOFTWARE, unmapped, 0);
	assert_int_equal(fake_stub_count_of(wire.stub, "Z1,50000,1"), 1);
	for (unsigned i = 1; i < 4; i++)
		more[i] = trap_at(&wire, SONDE_BREAKPOINT_HARDWARE, 0x1008 + i, 0);
	check_refused(&wire, SONDE_BREAKPOINT_SOFTWARE, unmapped + 1, 0, "",
		"no debug register was to be had");
	check_refused(&wire, SONDE_BREAKPOINT_HARDWARE, 0x100e, 0,
		"a software breakpoint at 0x50000", "set a software breakpoint");
	for (unsigned i = 0; i < 4; i++)
		check(sonde_breakpoint_destroy(more[i]));
	assert_int_equal(fake_stub_traps(wire.stub), 0);
	wire_close(&wire);
}

static void test_four_debug_registers(void **state)
{
	struct sonde_breakpoint *used[4], *whole;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &kvm);
	for (unsigned i = 0; i < 4; i++)
		used[i] = trap_at(&wire,
			i % 2 ? SONDE_BREAKPOINT_WATCH_WRITE : SONDE_BREAKPOINT_HARDWARE,
			0x1008 + 8 * i, 8);
	check_refused(&wire, SONDE_BREAKPOINT_HARDWARE, 0x1004, 0,
		"4 of 4 debug registers are in use: a write watchpoint at 0x1020, a ",
		"remove one of these first, or set a software breakpoint");
	check_refused(
		&wire, SONDE_BREAKPOINT_WATCH_ACCESS, 0x2000, 8, "4 of 4", "remove one");
	/* Software breakpoints need none. */
	check(sonde_breakpoint_destroy(
		trap_at(&wire, SONDE_BREAKPOINT_SOFTWARE, 0x1004, 0)));
	check_hit(&wire, 0x1008);
	check(sonde_breakpoint_destroy(used[3]));
	whole = trap_at(&wire, SONDE_BREAKPOINT_HARDWARE, 0x1004, 0);
	check(sonde_breakpoint_destroy(whole));
	for (unsigned i = 0; i < 3; i++)
		check(sonde_breakpoint_destroy(used[i]));
	assert_int_equal(fake_stub_traps(wire.stub), 0);
	wire_close(&wire);
}

/* What one does not watch, several do. */
static void test_pieces(void **state)
{
	struct sonde_breakpoint *breakpoint, *other;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &kvm);
	breakpoint = trap_at(&wire, SONDE_BREAKPOINT_WATCH_WRITE, FAKE_COUNTER - 3, 11);
	wire_expect(&wire, "Z2,1ffd,b Z2,1ffd,1 Z2,1ffe,2 Z2,2000,8");
	wire_run(&wire, &stop);
	assert_int_equal(stop.reason, SONDE_STOP_WATCHPOINT);
	assert_true(sonde_breakpoint_caused(breakpoint, &stop));
	/* One of them is shared. */
	other = trap_at(&wire, SONDE_BREAKPOINT_WATCH_WRITE, 0x1ffe, 2);
	assert_int_equal(fake_stub_traps(wire.stub), 3);
	check_refused(
		&wire, SONDE_BREAKPOINT_WATCH_ACCESS, 0x3001, 8, "4 of 4", "remove one");
	assert_int_equal(fake_stub_traps(wire.stub), 3);
	check(sonde_breakpoint_destroy(breakpoint));
	assert_int_equal(fake_stub_traps(wire.stub), 1);
	check_refused(&wire, SONDE_BREAKPOINT_WATCH_WRITE, 0x3001, 40,
		"40 bytes there are more than 4 debug registers watch", "1, 2, 4 or 8");
	check_refused(&wire, SONDE_BREAKPOINT_WATCH_READ, 0x3000, 8,
		"KVM does not watch reads alone", "watch reads and writes together");
	assert_int_equal(fake_stub_traps(wire.stub), 1);
	check(sonde_breakpoint_destroy(other));
	wire_close(&wire);
}

/* p is of an earlier stop, and P is lost, before g was sent. */
static void test_registers(void **state)
{
	const struct sonde_register *reg;
	struct sonde_register_value value;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &kvm);
	check(sonde_target_step(wire.target, wire.thread, false, &stop));
	assert_int_equal(wire_register(&wire, "rip"), 0x1001);
	check(sonde_target_step(wire.target, wire.thread, false, &stop));
	reg = sonde_thread_find_register(wire.thread, "rip");
	sonde_register_value_set_integer(&value, 0x1009, reg->bits);
	check(sonde_thread_write_register(wire.thread, reg, &value));
	assert_int_equal(fake_stub_pc(wire.stub, 0), 0x1009);
	wire_close(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hit_cycle),
		cmocka_unit_test(test_visible_bytes),
		cmocka_unit_test(test_detach),
		cmocka_unit_test(test_unmapped),
		cmocka_unit_test(test_four_debug_registers),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
