/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recorded.h"

#include "macros.h"
#include "memory_map.h"

#define PLACE "fuzz/corpus/fuzz_memory_map/"
#define MIB   (UINT64_C(1) << 20)
#define GIB   (UINT64_C(1) << 30)
#define OF_SYSTEM \
	"FlatView #0\n AS \"memory\", root: system\n Root memory region: system\n"

/* One range, or with a NULL region the end of them. */
struct expected {
	uint64_t first, last, offset;
	bool read_only;
	const char *region;
};

static void check_map(
	const char *text, const struct expected *expected, uint64_t ram_bytes)
{
	struct sonde_qemu_memory_map map;
	size_t count = 0;

	check(sonde_qemu_memory_map_parse(text, &map));
	for (; expected[count].region && count < map.count; count++) {
		const struct sonde_qemu_range *range = &map.ranges[count];

		assert_int_equal(range->first, expected[count].first);
		assert_int_equal(range->last, expected[count].last);
		assert_int_equal(range->offset, expected[count].offset);
		assert_int_equal(range->read_only, expected[count].read_only);
		assert_string_equal(range->region, expected[count].region);
	}
	assert_null(expected[count].region);
	assert_int_equal(map.count, count);
	assert_int_equal(sonde_qemu_memory_map_ram_bytes(&map), ram_bytes);
	sonde_qemu_memory_map_deinit(&map);
	assert_int_equal(map.count, 0);
}

static void check_recorded(
	const char *path, const struct expected *expected, uint64_t ram_bytes)
{
	CLEANUP(cleanup_free) char *text = recorded(path);

	check_map(text, expected, ram_bytes);
}

static void test_recorded_x86(void **state)
{
	static const struct expected pc[] = {{0, 0xbffff, 0, false, "pc.ram"},
		{0xc0000, 0xdffff, 0, true, "pc.rom"},
		{0xe0000, 0xfffff, 0x20000, true, "pc.bios"},
		{0x100000, 256 * MIB - 1, 0x100000, false, "pc.ram"},
		{0xfffc0000, 0xffffffff, 0, true, "pc.bios"}, {.region = NULL}};
	/* Split at 2 GiB, the rest from 4 GiB on. */
	static const struct expected q35[] = {{0, 0xbffff, 0, false, "pc.ram"},
		{0xc0000, 0xdffff, 0, true, "pc.rom"},
		{0xe0000, 0xfffff, 0x20000, true, "pc.bios"},
		{0x100000, 2 * GIB - 1, 0x100000, false, "pc.ram"},
		{0xfffc0000, 0xffffffff, 0, true, "pc.bios"},
		{4 * GIB, 7 * GIB - 1, 2 * GIB, false, "pc.ram"}, {.region = NULL}};
	static const struct expected numa[] = {{0, 0xbffff, 0, false, "m0"},
		{0xc0000, 0xdffff, 0, true, "pc.rom"},
		{0xe0000, 0xfffff, 0x20000, true, "pc.bios"},
		{0x100000, 256 * MIB - 1, 0x100000, false, "m0"},
		{256 * MIB, 512 * MIB - 1, 0, false, "m1"},
		{0xfffc0000, 0xffffffff, 0, true, "pc.bios"}, {.region = NULL}};
	/* Firmware has made parts of RAM its ROM. */
	static const struct expected guest[] = {{0, 0xc2fff, 0, false, "pc.ram"},
		{0xc3000, 0xe7fff, 0xc3000, true, "pc.ram"},
		{0xe8000, 0xeffff, 0xe8000, false, "pc.ram"},
		{0xf0000, 0xfffff, 0xf0000, true, "pc.ram"},
		{0x100000, 512 * MIB - 1, 0x100000, false, "pc.ram"},
		{0xfffc0000, 0xffffffff, 0, true, "pc.bios"}, {.region = NULL}};

	(void)state;
	check_recorded(PLACE "qemu-7.2-pc", pc, 256 * MIB - 0x40000);
	check_recorded(PLACE "qemu-7.2-q35-5g", q35, 5 * GIB - 0x40000);
	check_recorded(PLACE "qemu-7.2-numa", numa, 512 * MIB - 0x40000);
	check_recorded(PLACE "qemu-7.2-amd64-guest", guest, 512 * MIB - 0x35000);
}

static void test_recorded_others(void **state)
{
	static const struct expected arm[] = {{0, 0x3ffffff, 0, true, "virt.flash0"},
		{0x4000000, 0x7ffffff, 0, true, "virt.flash1"},
		{GIB, GIB + 512 * MIB - 1, 0, false, "mach-virt.ram"}, {.region = NULL}};
	static const struct expected riscv[] = {
		{0x1000, 0xffff, 0, true, "riscv_virt_board.mrom"},
		{0x20000000, 0x21ffffff, 0, true, "virt.flash0"},
		{0x22000000, 0x23ffffff, 0, true, "virt.flash1"},
		{0x80000000, 0x8fffffff, 0, false, "riscv_virt_board.ram"},
		{.region = NULL}};

	(void)state;
	check_recorded(PLACE "qemu-7.2-aarch64-virt", arm, 512 * MIB);
	check_recorded(PLACE "qemu-7.2-riscv64-virt", riscv, 256 * MIB);
}

static void test_kinds(void **state)
{
	static const struct expected expected[] = {{0, 0xfff, 0, false, "a"},
		{0x1000, 0x1fff, 0, true, "b"}, {0x2000, 0x2fff, 0, true, "c"},
		{0x5000, 0x5fff, 0, false, "f"}, {0x6000, 0x6fff, 0, true, "g"},
		{.region = NULL}};

	(void)state;
	check_map(OF_SYSTEM "  0000000000000000-0000000000000fff (prio 0, ram): a\n"
			    "  0000000000001000-0000000000001fff (prio -1, rom): b\n"
			    "  0000000000002000-0000000000002fff (prio 4096, romd): c\n"
			    "  0000000000003000-0000000000003fff (prio 0, i/o): d\n"
			    "  0000000000004000-0000000000004fff (prio 0, ramd): e\n"
			    "  0000000000005000-0000000000005fff (prio 0, nv-ram): f\n"
			    "  0000000000006000-0000000000006fff (prio 0, nv-rom): g\n"
			    "  0000000000007000-0000000000007fff (prio 0, container): h\n"
			    "  0000000000008000-ffffffffffffffff (prio 0, nv-i/o): i\n",
		expected, 0x2000);
}

static void test_names(void **state)
{
	static const struct expected expected[] = {{0, 0xfff, 0x10, false, "pc.ram"},
		{0x1000, 0x1fff, 0, false, "a (b) c, d"},
		{0x2000, 0x2fff, 0x30, false, "at @ @0 @000000000000001"},
		{0x3000, 0x3fff, 0, false, ""},
		{0x4000, 0x4fff, 0, false, "/rom@etc/acpi/tables"},
		{0x5000, 0x5fff, UINT64_MAX - 0xfff, false, "far"},
		{0x6000, 0x6fff, 0x40, false, ""},
		{0x7000, 0x7fff, 0, false, "x@0000000000000050"},
		{0x8000, 0x8fff, 0, false, "KVM"}, {.region = NULL}};

	(void)state;
	check_map(OF_SYSTEM
		"  0000000000000000-0000000000000fff (prio 0, ram): pc.ram "
		"@0000000000000010 KVM KVM\r\n"
		"  0000000000001000-0000000000001fff (prio 0, ram): a (b) c, d KVM\r\n"
		"  0000000000002000-0000000000002fff (prio 0, ram): at @ @0 "
		"@000000000000001 @0000000000000030\r\n"
		"  0000000000003000-0000000000003fff (prio 0, ram): \r\n"
		"  0000000000004000-0000000000004fff (prio 0, ram): "
		"/rom@etc/acpi/tables\r\n"
		"  0000000000005000-0000000000005fff (prio 0, ram): far "
		"@fffffffffffff000\r\n"
		"  0000000000006000-0000000000006fff (prio 0, ram):  "
		"@0000000000000040\r\n"
		"  0000000000007000-0000000000007fff (prio 0, ram): "
		"x@0000000000000050\r\n"
		"  0000000000008000-0000000000008fff (prio 0, ram): KVM",
		expected, 0x9000);
}

static void test_merging(void **state)
{
	static const struct expected expected[] = {{0, 0x2fff, 0, false, "a"},
		/* The offset jumps. */
		{0x3000, 0x3fff, 0x4000, false, "a"},
		/* Another region. */
		{0x4000, 0x4fff, 0x5000, false, "ab"},
		/* ROM from here. */
		{0x5000, 0x5fff, 0x6000, true, "ab"},
		/* A hole. */
		{0x7000, 0x7fff, 0x7000, true, "ab"}, {.region = NULL}};

	(void)state;
	check_map(OF_SYSTEM
		"  0000000000000000-0000000000000fff (prio 0, ram): a\n"
		"  0000000000001000-0000000000001fff (prio 1, ram): a @0000000000001000\n"
		"  0000000000002000-0000000000002fff (prio 0, nv-ram): a "
		"@0000000000002000\n"
		"  0000000000003000-0000000000003fff (prio 0, ram): a @0000000000004000\n"
		"  0000000000004000-0000000000004fff (prio 0, ram): ab "
		"@0000000000005000\n"
		"  0000000000005000-0000000000005fff (prio 0, rom): ab "
		"@0000000000006000\n"
		"  0000000000007000-0000000000007fff (prio 0, rom): ab "
		"@0000000000007000\n",
		expected, 0x5000);
}

#define VIEW(number, name, root, region)                      \
	"FlatView #" number "\n AS \"" name "\", root: " root \
	"\n Root memory region: " root                        \
	"\n  0000000000000000-0000000000000fff (prio 0, ram): " region "\n\n"

static void check_choice(const char *text, const char *region)
{
	const struct expected expected[] = {
		{0, 0xfff, 0, false, region}, {.region = NULL}};

	check_map(text, expected, 0x1000);
}

static void test_which_view(void **state)
{
	(void)state;
	check_choice(VIEW("0", "I/O", "io", "x") VIEW("1", "cpu-memory-0", "system", "y")
			     VIEW("2", "memory", "system", "right"),
		"right");
	check_choice(VIEW("0", "memory", "system", "right")
			     VIEW("1", "cpu-memory-0", "system", "y"),
		"right");
	check_choice(VIEW("0", "virtio", "system", "x") VIEW("1", "cpu-memory-0",
			     "memory", "right") VIEW("2", "cpu-memory-1", "memory", "y"),
		"right");
	check_choice(VIEW("0", "gpex", "bus master container", "x")
			     VIEW("1", "virtio", "system", "right"),
		"right");
	/* One that is empty is none. */
	check_choice("FlatView #0\n AS \"memory\", root: system\n"
		     " Root memory region: system\n  No rendered FlatView\n\n" VIEW(
			     "1", "cpu-memory-0", "cpu-container", "right"),
		"right");
	/* What comes after it is another's. */
	check_choice(
		VIEW("0", "memory", "system",
			"right") "  0000000000001000-0000000000001fff (prio 0, ram): x\n",
		"right");
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"\n\r\n",
		"unknown command: 'info mtree'",
		"FlatView #0\n AS \"I/O\", root: io\n"
		"  0000000000000000-0000000000000fff (prio 0, ram): a\n",
		OF_SYSTEM "  No rendered FlatView\n",
		/* As 2.9 prints it: without offsets. */
		"address-space (flat view): memory\n"
		"  0000000000000000-0000000000000fff (prio 0, ram): a\n",
		OF_SYSTEM "  0000000000001000-0000000000000fff (prio 0, ram): a\n",
		OF_SYSTEM "  0000000000000000-0000000000000fff (prio 0, ram): a\n"
			  "  0000000000000fff-0000000000001fff (prio 0, ram): b\n",
		OF_SYSTEM "  0000000000001000-0000000000001fff (prio 0, ram): a\n"
			  "  0000000000000000-0000000000000fff (prio 0, ram): b\n",
		OF_SYSTEM "  0000000000001000-0000000000001fff (prio 0, i/o): a\n"
			  "  0000000000000000-0000000000000fff (prio 0, i/o): b\n",
		OF_SYSTEM "  0000000000000000-ffffffffffffffff (prio 0, ram): a\n"
			  "  0000000000000000-ffffffffffffffff (prio 0, ram): a\n",
		OF_SYSTEM "  0000000000000000-0000000000000fff (prio 0, ram): a "
			  "@fffffffffffff001\n",
		OF_SYSTEM "  00000000000000000000-0000000000000fff (prio 0, ram): a\n"
			  "  10000000000000000-0000000000000fff (prio 0, ram): a\n",
		OF_SYSTEM "  0-f\n",
		OF_SYSTEM "  0-f (prio\n",
		OF_SYSTEM "  0-f (prio 0\n",
		OF_SYSTEM "  0-f (prio x, ram): a\n",
		OF_SYSTEM "  0-f (prio 0, ram\n",
		OF_SYSTEM "  0-f (prio 0, ram)\n",
		OF_SYSTEM "  0-f (prio 0, ram)x\n",
		OF_SYSTEM "  0-f (prio 0, ram):x\n",
		OF_SYSTEM "  0 f (prio 0, ram): x\n",
		OF_SYSTEM "  0\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct sonde_qemu_memory_map map = {.count = 77};

		check_fails(
			sonde_qemu_memory_map_parse(bad[i], &map), SONDE_ERROR_BAD_DATA);
		assert_int_equal(map.count, 77);
	}
}

/* @p count ranges that do not adjoin. */
static char *make_many(size_t count)
{
	size_t size = sizeof(OF_SYSTEM) + count * 80, used;
	char *text = malloc(size);

	assert_non_null(text);
	used = (size_t)snprintf(text, size, "%s", OF_SYSTEM);
	for (size_t i = 0; i < count; i++)
		used += (size_t)snprintf(text + used, size - used,
			"  %016zx-%016zx (prio 0, ram): a\n", i * 0x2000,
			i * 0x2000 + 0xfff);
	return text;
}

static void test_bounded(void **state)
{
	CLEANUP(cleanup_free) char *most = make_many(SONDE_QEMU_RANGES_MAX);
	CLEANUP(cleanup_free) char *more = make_many(SONDE_QEMU_RANGES_MAX + 1);
	struct sonde_qemu_memory_map map;

	(void)state;
	check(sonde_qemu_memory_map_parse(most, &map));
	assert_int_equal(map.count, SONDE_QEMU_RANGES_MAX);
	for (size_t i = 0; i < map.count; i++) {
		assert_ptr_equal(
			sonde_qemu_memory_map_find(&map, i * 0x2000), &map.ranges[i]);
		assert_ptr_equal(sonde_qemu_memory_map_find(&map, i * 0x2000 + 0xfff),
			&map.ranges[i]);
		assert_null(sonde_qemu_memory_map_find(&map, i * 0x2000 + 0x1000));
	}
	assert_null(sonde_qemu_memory_map_find(&map, UINT64_MAX));
	sonde_qemu_memory_map_deinit(&map);
	assert_null(sonde_qemu_memory_map_find(&map, 0));
	check_fails(sonde_qemu_memory_map_parse(more, &map), SONDE_ERROR_BAD_DATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded_x86),
		cmocka_unit_test(test_recorded_others),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_merging),
		cmocka_unit_test(test_which_view),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
