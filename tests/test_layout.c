/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where registers are on the wire, and what is remembered of them. */
#include "wire_check.h"

#include <stdio.h>

#include "layout.h"
#include "macros.h"

static const char small_xml[] =
	"<target><architecture>i386:x86-64</architecture>"
	"<feature name=\"org.gnu.gdb.i386.core\">"
	"<reg name=\"rax\" bitsize=\"64\" regnum=\"0\"/>"
	"<reg name=\"rip\" bitsize=\"64\" regnum=\"16\"/>"
	"<reg name=\"eflags\" bitsize=\"32\" regnum=\"17\"/>"
	"<reg name=\"st0\" bitsize=\"80\" regnum=\"24\"/>"
	"<reg name=\"odd\" bitsize=\"1\" regnum=\"70\" group=\"strange\"/>"
	"<reg name=\"odder\" bitsize=\"9\"/></feature></target>";

enum {
	RAX,
	RIP,
	EFLAGS,
	ST0,
	ODD,
	ODDER,
	COUNT,
	BYTES = 8 + 8 + 4 + 10 + 1 + 2,
};

static struct sonde_error *fetch(void *user, const char *name, char **ret, size_t *length)
{
	(void)user, (void)name;
	*ret = strdup(small_xml);
	*length = strlen(small_xml);
	return NULL;
}

static void make_layout(struct sonde_gdb_layout *layout)
{
	struct sonde_gdb_document_source source = {.fetch = fetch};
	struct sonde_gdb_description description;

	check(sonde_gdb_description_read(&source, &description));
	check(sonde_gdb_layout_from_description(
		&sonde_arch_x86_64, &description, layout));
	assert_int_equal(description.count, 0);
}

static void test_from_description(void **state)
{
	CLEANUP(sonde_gdb_layout_deinit) struct sonde_gdb_layout layout;
	static const size_t offsets[] = {0, 8, 16, 20, 30, 31};

	(void)state;
	make_layout(&layout);
	assert_int_equal(layout.count, COUNT);
	assert_int_equal(layout.bytes, BYTES);
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(layout.registers[i].index, i);
		assert_int_equal(layout.slots[i].offset, offsets[i]);
	}
	assert_int_equal(layout.slots[ODD].bytes, 1);
	assert_int_equal(layout.slots[ODDER].bytes, 2);
	assert_string_equal(layout.registers[RIP].group, "general");
	assert_string_equal(layout.registers[ODD].group, "strange");
	assert_string_equal(layout.registers[ODDER].group, "core");
}

static void test_find(void **state)
{
	CLEANUP(sonde_gdb_layout_deinit) struct sonde_gdb_layout layout;

	(void)state;
	make_layout(&layout);
	assert_int_equal(sonde_gdb_layout_find(&layout, 0), RAX);
	assert_int_equal(sonde_gdb_layout_find(&layout, 16), RIP);
	assert_int_equal(sonde_gdb_layout_find(&layout, 71), ODDER);
	assert_int_equal(sonde_gdb_layout_find(&layout, 1), -1);
	assert_int_equal(sonde_gdb_layout_find(&layout, 72), -1);
	assert_int_equal(sonde_gdb_layout_find(&layout, UINT64_MAX), -1);
}

/* Behind the stub's; what the protocol knows stays as it is. */
static void test_list(void **state)
{
	static const struct sonde_register more[] = {
		{.name = "tr", .bits = 16},
		{.name = "rax", .group = "general", .bits = 64},
		{.name = "dr7", .group = "debug", .bits = 64},
		{.name = "tr", .bits = 32},
	};
	CLEANUP(sonde_gdb_layout_deinit) struct sonde_gdb_layout layout;

	(void)state;
	make_layout(&layout);
	assert_int_equal(layout.listed, COUNT);
	check(sonde_gdb_layout_list(&layout, NULL, 0));
	check(sonde_gdb_layout_list(&layout, more, ARRAY_SIZE(more)));
	assert_int_equal(layout.count, COUNT);
	assert_int_equal(layout.bytes, BYTES);
	assert_int_equal(layout.listed, COUNT + 2);
	assert_string_equal(layout.registers[COUNT].name, "tr");
	assert_string_equal(layout.registers[COUNT].group, "system");
	assert_int_equal(layout.registers[COUNT].bits, 16);
	assert_string_equal(layout.registers[COUNT + 1].name, "dr7");
	assert_string_equal(layout.registers[COUNT + 1].group, "debug");
	for (size_t i = 0; i < layout.listed; i++)
		assert_int_equal(layout.registers[i].index, i);
	check_fails(sonde_gdb_layout_list(&layout, more, SONDE_GDB_REGISTERS_MAX + 1),
		SONDE_ERROR_INVALID);
	assert_int_equal(layout.listed, COUNT + 2);
}

static void test_find_in_nothing(void **state)
{
	struct sonde_gdb_layout layout = {0};

	(void)state;
	assert_int_equal(sonde_gdb_layout_find(&layout, 0), -1);
}

/* What stubs without a description send, and what they leave out. */
static void test_from_arch(void **state)
{
	static const struct {
		const struct sonde_arch *arch;
		size_t bytes;
		const char *last;
	} stubs[] = {
		{&sonde_arch_x86_64, 156, "es"},
		{&sonde_arch_x86_64, 164, "gs"},
		{&sonde_arch_x86_64, 536, "mxcsr"},
		{&sonde_arch_x86_64, 552, "gs_base"},
		{&sonde_arch_i386, 64, "gs"},
		{&sonde_arch_i386, 308, "mxcsr"},
		{&sonde_arch_aarch64, 268, "cpsr"},
		{&sonde_arch_aarch64, 788, "fpcr"},
		{&sonde_arch_riscv64, 264, "pc"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stubs); i++) {
		CLEANUP(sonde_gdb_layout_deinit) struct sonde_gdb_layout layout;

		assert_ptr_equal(
			sonde_arch_find_by_g_length(stubs[i].bytes), stubs[i].arch);
		check(sonde_gdb_layout_from_arch(stubs[i].arch, stubs[i].bytes, &layout));
		assert_int_equal(layout.g_bytes, stubs[i].bytes);
		assert_int_equal(layout.bytes, stubs[i].bytes);
		assert_string_equal(
			layout.registers[layout.count - 1].name, stubs[i].last);
	}
	assert_null(sonde_arch_find_by_g_length(608));
}

static void test_from_arch_with_a_tail(void **state)
{
	CLEANUP(sonde_gdb_layout_deinit) struct sonde_gdb_layout layout;

	(void)state;
	check(sonde_gdb_layout_from_arch(&sonde_arch_x86_64, 10, &layout));
	assert_int_equal(layout.count, 1);
	assert_int_equal(layout.bytes, 8);
}

/* --- the cache ------------------------------------------------------------------ */

struct fixture {
	struct sonde_gdb_layout layout;
	struct sonde_gdb_register_cache cache;
};

static int set_up(void **state)
{
	static struct fixture fixture;

	make_layout(&fixture.layout);
	check(sonde_gdb_register_cache_init(&fixture.cache, &fixture.layout));
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	sonde_gdb_register_cache_deinit(&fixture->cache);
	sonde_gdb_layout_deinit(&fixture->layout);
	return 0;
}

static bool put(struct fixture *fixture, size_t index, const char *hex)
{
	return sonde_gdb_register_cache_put(
		&fixture->cache, &fixture->layout, index, hex, strlen(hex));
}

static struct sonde_error *put_all(struct fixture *fixture, const char *hex)
{
	return sonde_gdb_register_cache_put_all(
		&fixture->cache, &fixture->layout, hex, strlen(hex));
}

static void test_put(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(fixture->cache.states[RIP], SONDE_GDB_REGISTER_UNKNOWN);
	assert_true(put(fixture, RIP, "0100000000000080"));
	assert_int_equal(fixture->cache.states[RIP], SONDE_GDB_REGISTER_VALID);
	assert_memory_equal(fixture->cache.bytes + 8, "\1\0\0\0\0\0\0\x80", 8);
	assert_int_equal(fixture->cache.states[RAX], SONDE_GDB_REGISTER_UNKNOWN);
}

static void test_put_unavailable(void **state)
{
	struct fixture *fixture = *state;

	assert_true(put(fixture, RIP, "xxxxxxxxxxxxxxxx"));
	assert_int_equal(fixture->cache.states[RIP], SONDE_GDB_REGISTER_UNAVAILABLE);
	/* Half of it is not a value either. */
	assert_true(put(fixture, RAX, "00000000xxxxxxxx"));
	assert_int_equal(fixture->cache.states[RAX], SONDE_GDB_REGISTER_UNAVAILABLE);
}

static void test_put_refuses(void **state)
{
	struct fixture *fixture = *state;

	assert_false(put(fixture, RIP, ""));
	assert_false(put(fixture, RIP, "00000000"));
	assert_false(put(fixture, RIP, "000000000000000000"));
	assert_false(put(fixture, RIP, "000000000000000g"));
	assert_int_equal(fixture->cache.states[RIP], SONDE_GDB_REGISTER_UNKNOWN);
}

static void test_put_all(void **state)
{
	struct fixture *fixture = *state;
	char hex[2 * BYTES + 1];

	for (unsigned i = 0; i < BYTES; i++)
		sprintf(hex + 2 * i, "%02x", i);
	check(put_all(fixture, hex));
	assert_true(fixture->cache.has_g);
	for (unsigned i = 0; i < BYTES; i++)
		assert_int_equal(fixture->cache.bytes[i], i);
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(fixture->cache.states[i], SONDE_GDB_REGISTER_VALID);
}

static void test_put_all_with_unavailable(void **state)
{
	struct fixture *fixture = *state;

	check(put_all(fixture, "0000000000000000xxxxxxxxxxxxxxxx46020000"));
	assert_int_equal(fixture->cache.states[RAX], SONDE_GDB_REGISTER_VALID);
	assert_int_equal(fixture->cache.states[RIP], SONDE_GDB_REGISTER_UNAVAILABLE);
	assert_int_equal(fixture->cache.states[EFLAGS], SONDE_GDB_REGISTER_VALID);
	assert_int_equal(fixture->cache.states[ST0], SONDE_GDB_REGISTER_UNKNOWN);
}

/* QEMU's aarch64 sends the core registers and nothing of the rest. */
static void test_put_all_short(void **state)
{
	struct fixture *fixture = *state;

	check(put_all(fixture, "112233445566778801000000000000004602"));
	assert_int_equal(fixture->cache.states[RIP], SONDE_GDB_REGISTER_VALID);
	/* Cut in the middle: not known, rather than half known. */
	assert_int_equal(fixture->cache.states[EFLAGS], SONDE_GDB_REGISTER_UNKNOWN);
}

static void test_put_all_longer(void **state)
{
	struct fixture *fixture = *state;
	char hex[2 * BYTES + 41];

	memset(hex, '7', sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	check(put_all(fixture, hex));
	assert_int_equal(fixture->cache.states[ODDER], SONDE_GDB_REGISTER_VALID);
}

static void test_put_all_garbage(void **state)
{
	struct fixture *fixture = *state;

	check_says(put_all(fixture, "000000000000000000000000000000zz"),
		SONDE_ERROR_BAD_DATA, "rip");
	assert_false(fixture->cache.has_g);
}

static void test_clear(void **state)
{
	struct fixture *fixture = *state;

	assert_true(put(fixture, RAX, "0000000000000000"));
	fixture->cache.singles = 1;
	fixture->cache.has_g = true;
	sonde_gdb_register_cache_clear(&fixture->cache, &fixture->layout);
	assert_int_equal(fixture->cache.states[RAX], SONDE_GDB_REGISTER_UNKNOWN);
	assert_int_equal(fixture->cache.singles, 0);
	assert_false(fixture->cache.has_g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_description),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_find_in_nothing),
		cmocka_unit_test(test_from_arch),
		cmocka_unit_test(test_from_arch_with_a_tail),
		cmocka_unit_test_setup_teardown(test_put, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_put_unavailable, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_put_refuses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_put_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_put_all_with_unavailable, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_put_all_short, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_put_all_longer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_put_all_garbage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_clear, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
