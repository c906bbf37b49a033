/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory and registers: what is asked for them, and where faults are. */
#include "wire_case.h"

#include <stdio.h>

static const struct fake_options qemu = {.kind = FAKE_QEMU};
static const struct fake_options gdbserver = {.kind = FAKE_GDBSERVER};
static const struct fake_options plain = {.kind = FAKE_PLAIN};

/* --- reading ------------------------------------------------------------------------ */

static void test_one_packet_for_a_word(void **state)
{
	struct wire_case wire;
	uint64_t value;

	(void)state;
	wire_open(&wire, &qemu);
	check(sonde_space_read_integer(wire.memory, 0x3000, 8, &value));
	wire_expect(&wire, "Hg1 m3000,8");
	check(sonde_space_read_integer(wire.memory, 0x3008, 4, &value));
	assert_int_equal(value & 0xff, fake_byte(0x3008));
	assert_int_equal(value >> 24, fake_byte(0x300b));
	wire_expect(&wire, "m3008,4");
	wire_close(&wire);
}

static void test_nothing_to_read(void **state)
{
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	check(sonde_space_read(wire.memory, 0x3000, NULL, 0));
	assert_int_equal(fake_stub_count(wire.stub), 0);
	wire_close(&wire);
}

/* As long as the stub takes, one at a time or many under way: the bytes are the same. */
static void test_chunks(void **state)
{
	static const struct fake_options *const kinds[] = {&qemu, &gdbserver, &plain};
	static const size_t limits[] = {0x800, 0x23ff, 200};
	static const size_t lengths[] = {1, 199, 200, 201, 0x7ff, 0x800, 0x801, 0x1000,
		0x2400, 70 * 0x800, FAKE_RAM_BYTES - 0x1001};

	(void)state;
	for (size_t kind = 0; kind < 3; kind++) {
		struct wire_case wire;

		wire_open(&wire, kinds[kind]);
		wire_check_memory(&wire, 0x3000, 1);
		fake_stub_forget(wire.stub);
		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			size_t length = lengths[i];

			if (kind == 2 && length > 0x2400)
				continue;
			wire_check_memory(&wire, 0x2001, length);
			assert_int_equal(fake_stub_count(wire.stub),
				(length + limits[kind] - 1) / limits[kind]);
			fake_stub_forget(wire.stub);
		}
		wire_close(&wire);
	}
}

static void expect_fault(
	struct wire_case *wire, uint64_t from, size_t length, uint64_t at)
{
	uint8_t *bytes = malloc(length + 1);
	struct sonde_error *error;

	memset(bytes, 0xee, length + 1);
	error = sonde_space_read(wire->memory, from, bytes, length);
	assert_non_null(error);
	assert_int_equal(sonde_error_kind(error), SONDE_ERROR_FAULT);
	if (sonde_error_address(error) != at)
		fail_msg("read of %#zx bytes at %#jx: fault at %#jx in place of %#jx",
			length, (uintmax_t)from, (uintmax_t)sonde_error_address(error),
			(uintmax_t)at);
	sonde_error_destroy(error);
	/* Everything before it has been read, and nothing behind the buffer. */
	for (uint64_t i = 0; i < at - from; i++)
		assert_int_equal(bytes[i], fake_byte(from + i));
	assert_int_equal(bytes[length], 0xee);
	free(bytes);
}

static void test_faults(void **state)
{
	static const struct fake_options *const kinds[] = {&qemu, &gdbserver, &plain};
	static const size_t before[] = {0, 1, 2, 7, 100, 199, 200, 201, 0x7ff, 0x800,
		0x801, 0xfff, 0x1000, 0x1001, 0x1fff, 0x2345, 40 * 0x800 + 5};
	static const size_t behind[] = {1, 2, 100, 0x800, 0x1001, 50 * 0x800};

	(void)state;
	for (size_t kind = 0; kind < 3; kind++) {
		struct wire_case wire;

		wire_open(&wire, kinds[kind]);
		for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
			for (size_t j = 0; j < sizeof(behind) / sizeof(behind[0]); j++)
				expect_fault(&wire, FAKE_RAM_END - before[i],
					before[i] + behind[j], FAKE_RAM_END);
		/* And what comes next is right. */
		wire_check_memory(&wire, 0x3000, 0x1000);
		wire_close(&wire);
	}
}

/* A refused byte costs one packet, a page that ends in the middle only a few. */
static void test_faults_are_cheap(void **state)
{
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	wire_check_memory(&wire, 0x3000, 1);
	fake_stub_forget(wire.stub);
	expect_fault(&wire, 0, 1, 0);
	wire_expect(&wire, "m0,1");
	expect_fault(&wire, FAKE_RAM_END - 8, 16, FAKE_RAM_END);
	assert_in_range(fake_stub_count(wire.stub), 1, 10);
	wire_close(&wire);
}

static void test_end_of_the_address_space(void **state)
{
	struct wire_case wire;
	uint8_t bytes[32];
	uint64_t value;

	(void)state;
	wire_open(&wire, &qemu);
	wire_check_memory(&wire, UINT64_MAX - 15, 16);
	check(sonde_space_read_integer(wire.memory, UINT64_MAX - 7, 8, &value));
	wire_check_memory(&wire, UINT64_MAX, 1);
	fake_stub_forget(wire.stub);
	check_fails(sonde_space_read(wire.memory, UINT64_MAX - 15, bytes, 17),
		SONDE_ERROR_FAULT);
	check_fails(sonde_space_read_integer(wire.memory, 0x3000, 3, &value),
		SONDE_ERROR_INVALID);
	assert_int_equal(fake_stub_count(wire.stub), 0);
	wire_close(&wire);
}

/* --- strings -------------------------------------------------------------------------
 */

static void check_string(struct wire_case *wire, uint64_t address, size_t length)
{
	char *text;

	fake_stub_set_memory(wire->stub, address + length, 0);
	check(sonde_space_read_string(wire->memory, address, 100000, &text));
	assert_int_equal(strlen(text), length);
	for (size_t i = 0; i < length; i++)
		assert_int_equal((uint8_t)text[i], fake_byte(address + i));
	free(text);
	fake_stub_set_memory(wire->stub, address + length, fake_byte(address + length));
}

static void test_strings(void **state)
{
	struct wire_case wire;
	char *text;

	(void)state;
	wire_open(&wire, &qemu);
	check_string(&wire, 0x3000, 0);
	check_string(&wire, 0x3000, 1);
	check_string(&wire, 0x3ffe, 255);
	check_string(&wire, 0x3001, 5000);
	/* The last byte of memory: nothing behind is asked for. */
	fake_stub_forget(wire.stub);
	check_string(&wire, FAKE_RAM_END - 8, 7);
	wire_expect(&wire, "m40ff8,8");
	check_fails(sonde_space_read_string(wire.memory, FAKE_RAM_END - 8, 100, &text),
		SONDE_ERROR_FAULT);
	check_fails(sonde_space_read_string(wire.memory, 0x3000, 100, &text),
		SONDE_ERROR_BAD_DATA);
	check_fails(sonde_space_read_string(wire.memory, 0x3000, 0, &text),
		SONDE_ERROR_BAD_DATA);
	wire_close(&wire);
}

/* It does not go on at address 0. */
static void test_string_at_the_very_end(void **state)
{
	struct wire_case wire;
	char *text;

	(void)state;
	wire_open(&wire, &qemu);
	check_string(&wire, UINT64_MAX - 4, 4);
	fake_stub_forget(wire.stub);
	check_fails(sonde_space_read_string(wire.memory, UINT64_MAX - 4, 100, &text),
		SONDE_ERROR_FAULT);
	assert_int_equal(fake_stub_count_of(wire.stub, "m0"), 0);
	wire_close(&wire);
}

/* --- writing -------------------------------------------------------------------------
 */

static void write_and_check(struct wire_case *wire, uint64_t address, size_t length)
{
	uint8_t *bytes = calloc(1, length);

	/* All that needs escaping is in it. */
	for (size_t i = 0; i < length; i++)
		bytes[i] = (uint8_t)(i * 7 + 0x23);
	check(sonde_space_write(wire->memory, address, bytes, length));
	for (size_t i = 0; i<length; i += length> 600 ? 97 : 1)
		assert_int_equal(fake_stub_memory(wire->stub, address + i), bytes[i]);
	assert_int_equal(fake_stub_memory(wire->stub, address + length),
		fake_byte(address + length));
	assert_int_equal(
		fake_stub_memory(wire->stub, address - 1), fake_byte(address - 1));
	free(bytes);
}

static void test_writes(void **state)
{
	static const struct fake_options *const kinds[] = {&qemu, &gdbserver, &plain};

	(void)state;
	for (size_t kind = 0; kind < 3; kind++) {
		struct wire_case wire;

		wire_open(&wire, kinds[kind]);
		write_and_check(&wire, 0x3001, 1);
		write_and_check(&wire, 0x4001, 256);
		write_and_check(&wire, 0x5001, 5000);
		check(sonde_space_write(wire.memory, 0x3000, NULL, 0));
		wire_close(&wire);
	}
}

static void test_one_packet_for_a_write(void **state)
{
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	check(sonde_space_write(wire.memory, 0x3000, "abc", 3));
	wire_expect(&wire, "Hg1 M3000,3:616263");
	wire_close(&wire);
	wire_open(&wire, &gdbserver);
	check(sonde_space_write(wire.memory, 0x3000, "a#c", 3));
	/* The empty X asks whether there is X; only once. */
	wire_expect(&wire, "Hg1 X3000,0: X3000,3:a#c");
	check(sonde_space_write(wire.memory, 0x3000, "a", 1));
	wire_expect(&wire, "X3000,1:a");
	wire_close(&wire);
}

static void test_write_faults(void **state)
{
	static const struct fake_options *const kinds[] = {&qemu, &gdbserver, &plain};
	static const size_t before[] = {0, 1, 3, 200, 0x1000, 0x1234};
	uint8_t bytes[0x3000];

	(void)state;
	memset(bytes, 0x77, sizeof(bytes));
	for (size_t kind = 0; kind < 3; kind++) {
		struct wire_case wire;

		wire_open(&wire, kinds[kind]);
		for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
			uint64_t from = FAKE_RAM_END - before[i];
			struct sonde_error *error = sonde_space_write(
				wire.memory, from, bytes, before[i] + 0x1001);

			assert_non_null(error);
			assert_int_equal(sonde_error_kind(error), SONDE_ERROR_FAULT);
			assert_int_equal(sonde_error_address(error), FAKE_RAM_END);
			sonde_error_destroy(error);
			/* What reaches into another page was looked at before. */
			if (before[i])
				assert_int_equal(fake_stub_memory(wire.stub, from),
					fake_byte(from));
		}
		wire_close(&wire);
	}
}

/* --- physical memory ------------------------------------------------------------------
 */

static void test_physical(void **state)
{
	struct sonde_space *physical;
	struct wire_case wire;
	uint8_t bytes[3];

	(void)state;
	wire_open(&wire, &qemu);
	check(sonde_target_physical(wire.target, &physical));
	assert_string_equal(sonde_space_name(physical), "physical");
	check(sonde_space_read(physical, 0x3000, bytes, 3));
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(bytes[i], fake_byte(0x3000 + i) ^ 0xff);
	check(sonde_space_read(physical, 0x3010, bytes, 3));
	wire_expect(&wire, "Qqemu.PhyMemMode:1 m3000,3 m3010,3");
	wire_check_memory(&wire, 0x3000, 3);
	wire_expect(&wire, "Qqemu.PhyMemMode:0 Hg1 m3000,3");
	check(sonde_space_write(physical, 0x3000, "x", 1));
	check(sonde_target_detach(wire.target));
	/* The mode would stay on for the next client. */
	assert_false(fake_stub_physical_mode(wire.stub));
	wire_close(&wire);
}

static void test_physical_only_on_qemu(void **state)
{
	struct sonde_space *physical;
	struct wire_case wire;
	uint8_t byte;

	(void)state;
	wire_open(&wire, &gdbserver);
	check(sonde_target_physical(wire.target, &physical));
	check_fails(
		sonde_space_read(physical, 0x3000, &byte, 1), SONDE_ERROR_UNSUPPORTED);
	assert_int_equal(fake_stub_count(wire.stub), 0);
	wire_close(&wire);
}

/* A breakpoint that is set while the mode is on would be set at a physical address. */
static void test_physical_mode_ends_before_a_breakpoint(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct sonde_space *physical;
	struct wire_case wire;
	uint8_t byte;

	(void)state;
	wire_open(&wire, &qemu);
	check(sonde_target_physical(wire.target, &physical));
	check(sonde_space_read(physical, 0x3000, &byte, 1));
	fake_stub_forget(wire.stub);
	check(sonde_breakpoint_create(
		wire.target, SONDE_BREAKPOINT_SOFTWARE, 0x1004, 0, &breakpoint));
	wire_expect(&wire, "Qqemu.PhyMemMode:0 Z0,1004,1");
	check(sonde_space_read(physical, 0x3000, &byte, 1));
	fake_stub_forget(wire.stub);
	check(sonde_target_resume(wire.target));
	wire_expect(&wire, "Qqemu.PhyMemMode:0 vCont;c");
	check(sonde_target_wait(wire.target, 2000, &(struct sonde_stop){0}));
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

/* --- registers ------------------------------------------------------------------------
 */

/* One by p, the second brings all of them, and then nothing more is asked. */
static void test_registers_cost(void **state)
{
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	assert_int_equal(wire_register(&wire, "pc"), FAKE_PROGRAM);
	wire_expect(&wire, "Hg1 p10");
	assert_int_equal(wire_register(&wire, "pc"), FAKE_PROGRAM);
	assert_int_equal(fake_stub_count(wire.stub), 0);
	wire_register(&wire, "rsp");
	wire_expect(&wire, "g");
	wire_register(&wire, "rax");
	wire_register(&wire, "cr3");
	assert_int_equal(fake_stub_count(wire.stub), 0);
	/* What g does not carry comes by itself. */
	wire_register(&wire, "hidden");
	wire_expect(&wire, "p50");
	wire_close(&wire);
}

static void test_register_values(void **state)
{
	const struct sonde_register *reg;
	struct sonde_register_value value;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	/* The least byte first; byte i of a CPU's registers is 3 * i + 1. */
	assert_true(wire_register(&wire, "rax") == 0x1613100d0a070401);
	assert_int_equal(wire_register(&wire, "eflags") >> 32, 0);
	reg = sonde_thread_find_register(wire.thread, "st0");
	check(sonde_thread_read_register(wire.thread, reg, &value));
	assert_int_equal(value.bits, 80);
	for (unsigned i = 0; i < 10; i++)
		assert_int_equal(value.bytes[i], (uint8_t)((164 + i) * 3 + 1));
	assert_null(sonde_thread_find_register(wire.thread, "nonsense"));
	wire_close(&wire);
}

static void set_register(struct wire_case *wire, const char *name, uint64_t integer)
{
	const struct sonde_register *reg = sonde_thread_find_register(wire->thread, name);
	struct sonde_register_value value;

	sonde_register_value_set_integer(&value, integer, reg->bits);
	check(sonde_thread_write_register(wire->thread, reg, &value));
}

static void test_register_writes(void **state)
{
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	set_register(&wire, "rip", 0x1008);
	wire_expect(&wire, "Hg1 P10=0810000000000000");
	assert_int_equal(fake_stub_pc(wire.stub, 0), 0x1008);
	assert_int_equal(wire_register(&wire, "pc"), 0x1008);
	set_register(&wire, "eflags", 0x246);
	wire_expect(&wire, "p10 P11=46020000");
	assert_int_equal(wire_register(&wire, "eflags"), 0x246);
	wire_close(&wire);
}

/* Neither p nor P: all of g, and all of G with the one changed. */
static void test_stub_without_single_registers(void **state)
{
	struct fake_options options = plain;
	struct wire_case wire;
	uint64_t rax;

	(void)state;
	options.no_single_registers = true;
	wire_open(&wire, &options);
	assert_int_equal(wire_register(&wire, "pc"), FAKE_PROGRAM);
	wire_expect(&wire, "Hg1 p10 g");
	rax = wire_register(&wire, "rax");
	set_register(&wire, "rip", 0x1009);
	assert_int_equal(fake_stub_pc(wire.stub, 0), 0x1009);
	assert_int_equal(fake_stub_count_of(wire.stub, "G"), 1);
	assert_int_equal(wire_register(&wire, "pc"), 0x1009);
	assert_true(wire_register(&wire, "rax") == rax);
	/* It is not asked again whether there is a p. */
	assert_int_equal(fake_stub_count_of(wire.stub, "p"), 0);
	wire_close(&wire);
}

/* A refused register is not available, which is no error. */
static void test_refused_register(void **state)
{
	const struct sonde_register *reg;
	struct sonde_register_value value;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	fake_stub_set_fault(
		wire.stub, &(struct fake_fault){FAKE_ANSWER, "p50", .text = "E14"});
	reg = sonde_thread_find_register(wire.thread, "hidden");
	check(sonde_thread_read_register(wire.thread, reg, &value));
	assert_false(value.available);
	assert_int_equal(value.bits, 64);
	wire_close(&wire);
}

static void test_odd_register_replies(void **state)
{
	static const struct {
		const char *reply;
		bool fails;
		bool available;
	} replies[] = {{"xxxxxxxxxxxxxxxx", false, false}, {"00", true, false},
		{"000000000000000000", true, false}, {"zzzzzzzzzzzzzzzz", true, false},
		{"OK", true, false}, {"E14", false, false}, {"E.no", false, false},
		{"0010000000000000", false, true}};

	(void)state;
	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		struct sonde_register_value value;
		const struct sonde_register *reg;
		struct wire_case wire;

		wire_open(&wire, &qemu);
		fake_stub_set_fault(wire.stub, &(struct fake_fault){FAKE_ANSWER, "p10",
						       .text = replies[i].reply});
		reg = sonde_thread_find_register(wire.thread, "rip");
		if (replies[i].fails) {
			check_fails(sonde_thread_read_register(wire.thread, reg, &value),
				SONDE_ERROR_PROTOCOL);
		} else {
			check(sonde_thread_read_register(wire.thread, reg, &value));
			assert_int_equal(value.available, replies[i].available);
		}
		wire_close(&wire);
	}
}

static void test_short_g(void **state)
{
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	fake_stub_set_fault(wire.stub,
		&(struct fake_fault){FAKE_ANSWER, "g", .text = "0102030405060708"});
	wire_register(&wire, "pc");
	/* This one asks for g, which is short, and then for itself. */
	wire_register(&wire, "rsp");
	wire_expect(&wire, "Hg1 p10 g p7");
	assert_true(wire_register(&wire, "rax") == 0x0807060504030201);
	wire_register(&wire, "rbx");
	wire_expect(&wire, "p1");
	wire_close(&wire);
}

static void test_each_cpu_has_its_own(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .cpus = 2};
	struct sonde_register_value value;
	const struct sonde_register *reg;
	struct sonde_thread *second;
	struct sonde_space *memory;
	struct wire_case wire;
	uint64_t pc;

	(void)state;
	wire_open(&wire, &options);
	fake_stub_set_pc(wire.stub, 1, 0x1007);
	check(sonde_target_find_thread(wire.target, 1, &second));
	check(sonde_thread_read_pc(second, &pc));
	assert_int_equal(pc, 0x1007);
	assert_int_equal(wire_register(&wire, "pc"), FAKE_PROGRAM);
	wire_expect(&wire, "Hg2 p10 Hg1 p10");
	reg = sonde_thread_find_register(second, "rax");
	check(sonde_thread_read_register(second, reg, &value));
	wire_expect(&wire, "Hg2 g");
	/* Memory, too, is as that CPU sees it. */
	check(sonde_target_virtual(wire.target, second, &memory));
	check(sonde_space_read_integer(memory, 0x3000, 1, &pc));
	wire_expect(&wire, "m3000,1");
	wire_check_memory(&wire, 0x3000, 1);
	wire_expect(&wire, "Hg1 m3000,1");
	check_fails(
		sonde_target_find_thread(wire.target, 2, &second), SONDE_ERROR_NOT_FOUND);
	wire_close(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_packet_for_a_word),
		cmocka_unit_test(test_nothing_to_read),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_faults_are_cheap),
		cmocka_unit_test(test_end_of_the_address_space),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_string_at_the_very_end),
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_one_packet_for_a_write),
		cmocka_unit_test(test_write_faults),
		cmocka_unit_test(test_physical),
		cmocka_unit_test(test_physical_only_on_qemu),
		cmocka_unit_test(test_physical_mode_ends_before_a_breakpoint),
		cmocka_unit_test(test_registers_cost),
		cmocka_unit_test(test_register_values),
		cmocka_unit_test(test_register_writes),
		cmocka_unit_test(test_stub_without_single_registers),
		cmocka_unit_test(test_refused_register),
		cmocka_unit_test(test_odd_register_replies),
		cmocka_unit_test(test_short_g),
		cmocka_unit_test(test_each_cpu_has_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
