/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files with symbols: System.map and ELF files that are made here, whole, broken at each
 * byte and cut at each length; what is no build-id.
 */
#include "wire_check.h"

#include <elf.h>
#include <stdio.h>
#include <unistd.h>

#include "btf_builder.h"
#include "elf_builder.h"
#include "error.h"
#include "symbol_file.h"
#include "system_map.h"
#include "type.h"

/* --- tables ------------------------------------------------------------------------- */

static void check_symbol(const struct sonde_symbol_table *table, uint32_t index,
	uint64_t address, char kind, const char *name)
{
	assert_true(index < sonde_symbol_table_count(table));
	assert_int_equal(sonde_symbol_table_address(table, index), address);
	assert_int_equal(sonde_symbol_table_kind(table, index), kind);
	assert_string_equal(sonde_symbol_table_name(table, index), name);
}

static void test_table(void **state)
{
	char name[SONDE_SYMBOL_NAME_BYTES + 1];
	struct sonde_symbol_table *table;
	uint32_t index;

	(void)state;
	memset(name, 'n', sizeof(name));
	check(sonde_symbol_table_create(&table));
	check(sonde_symbol_table_add(table, 0x3000, 'D', "c", 1));
	check(sonde_symbol_table_add(table, 0x1000, 'T', "a.", 1));
	check(sonde_symbol_table_add(table, 0x2000, 't', "same", 4));
	check(sonde_symbol_table_add(table, 0x2000, 't', "b", 1));
	check(sonde_symbol_table_add(table, 0x1800, 't', "same", 4));
	check(sonde_symbol_table_add(table, 0x4000, 't', name, sizeof(name) - 2));
	check_fails(sonde_symbol_table_add(table, 1, 't', name, sizeof(name) - 1),
		SONDE_ERROR_BAD_DATA);
	check_fails(sonde_symbol_table_add(table, 1, 't', "", 0), SONDE_ERROR_BAD_DATA);
	check(sonde_symbol_table_finish(table));
	assert_int_equal(sonde_symbol_table_count(table), 6);
	/* By address; of one address as they were added. */
	check_symbol(table, 0, 0x1000, 'T', "a");
	check_symbol(table, 2, 0x2000, 't', "same");
	check_symbol(table, 3, 0x2000, 't', "b");
	assert_true(sonde_symbol_table_find(table, "same", 0, &index));
	check_symbol(table, index, 0x1800, 't', "same");
	assert_true(sonde_symbol_table_find(table, "same", 1, &index));
	check_symbol(table, index, 0x2000, 't', "same");
	assert_false(sonde_symbol_table_find(table, "same", 2, &index));
	assert_false(sonde_symbol_table_find(table, "a.", 0, &index));
	assert_int_equal(sonde_symbol_table_above(table, 0xfff), 0);
	assert_int_equal(sonde_symbol_table_above(table, 0x1000), 1);
	assert_int_equal(sonde_symbol_table_above(table, 0x2000), 4);
	assert_int_equal(sonde_symbol_table_above(table, UINT64_MAX), 6);
	sonde_symbol_table_destroy(table);
}

/* --- System.map --------------------------------------------------------------------- */

/* From memory of exactly this size. */
static struct sonde_error *parse(const char *text, struct sonde_symbol_table **ret)
{
	size_t length = strlen(text);
	char *copy = malloc(length + !length);
	struct sonde_error *error;

	assert_non_null(copy);
	memcpy(copy, text, length);
	error = sonde_system_map_parse(copy, length, ret);
	free(copy);
	return error;
}

static void test_system_map(void **state)
{
	static const char *const endings[] = {"", "\n"};
	struct sonde_symbol_table *table;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
		char text[256];

		snprintf(text, sizeof(text),
			"0000000000000000 D fixed_percpu_data\n"
			"ffffffff81000000 T _text\n"
			"ffffffffc0000000 t module_code\t[module]\n"
			"ffffffff81000010 t b.isra.0%s",
			endings[i]);
		check(parse(text, &table));
		assert_int_equal(sonde_symbol_table_count(table), 3);
		check_symbol(table, 0, 0, 'D', "fixed_percpu_data");
		check_symbol(table, 1, 0xffffffff81000000, 'T', "_text");
		check_symbol(table, 2, 0xffffffff81000010, 't', "b.isra.0");
		sonde_symbol_table_destroy(table);
	}
}

static void test_no_system_map(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"", "no symbols"},
		{"\n", "line 1"},
		{"hello\n", "line 1"},
		{"ffffffff81000000 T _text\nffffffff8100000g T b\n", "line 2"},
		{"ffffffff81000000 T _text\nffffffff81000001 T \n", "line 2"},
		{"ffffffff81000000 T _text\nffffffff81000001 1 a\n", "line 2"},
		{"ffffffff81000000 T _text\nffffffff81000001 T\n", "line 2"},
		{"0ffffffff81000000 T a\n", "line 1"},
		{"ffffffff81000000 T a b\n", "line 1"},
		{"ffffffff81000000 T a\tb\n", "line 1"},
		{"ffffffff81000000 T a\n\nffffffff81000001 T b\n", "line 2"},
		{" T a\n", "line 1"},
		{"0000000000000000 T a\n0000000000000000 T b\n", "the same"},
		{"0000000000000000 T a\t[m]\n0000000000000001 T b\t[m]\n", "no symbols"},
		{"ffffffffffffffff B The real System.map is in the "
		 "linux-image-<version>-dbg package\n",
			"elsewhere"},
	};
	struct sonde_symbol_table *table;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check_says(parse(cases[i].text, &table), SONDE_ERROR_BAD_DATA,
			cases[i].says);
}

/* --- ELF ------------------------------------------------------------------------------
 */

static const uint8_t build_id[20] = {0x01, 0x23, 0xab, 0xff};

static const struct elf_builder_symbol symbols[] = {
	{"vmlinux.c", 0, ELF64_ST_INFO(STB_LOCAL, STT_FILE), SHN_ABS},
	{"", 0x1000, ELF64_ST_INFO(STB_LOCAL, STT_SECTION), ELF_BUILDER_CODE},
	{".Llabel", 0x1001, ELF64_ST_INFO(STB_LOCAL, STT_NOTYPE), ELF_BUILDER_CODE},
	{"$x", 0x1002, ELF64_ST_INFO(STB_LOCAL, STT_NOTYPE), ELF_BUILDER_CODE},
	{"local", 0x1100, ELF64_ST_INFO(STB_LOCAL, STT_FUNC), ELF_BUILDER_CODE},
	{"constant", 0x11, ELF64_ST_INFO(STB_LOCAL, STT_NOTYPE), SHN_ABS},
	{"absolute", 0x10, ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), SHN_ABS},
	{"_text", 0x1000, ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), ELF_BUILDER_CODE},
	{"weak", 0x1200, ELF64_ST_INFO(STB_WEAK, STT_FUNC), ELF_BUILDER_CODE},
	{"elsewhere", 0, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), SHN_UNDEF},
	{"variable", 0x2000, ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT), ELF_BUILDER_DATA},
};

static struct btf_builder btf;

static int make_btf(void **state)
{
	(void)state;
	btf_begin(&btf, NULL);
	btf_struct(&btf, "task", 4,
		(struct btf_part[]){
			{"pid", btf_integer(&btf, "int", 4, BTF_SIGNED), 0}, {NULL}});
	btf_finish(&btf);
	return 0;
}

static int drop_btf(void **state)
{
	(void)state;
	btf_end(&btf);
	return 0;
}

static struct elf_builder whole(void)
{
	return (struct elf_builder){
		.machine = EM_X86_64,
		.build_id = build_id,
		.build_id_bytes = sizeof(build_id),
		.symbols = symbols,
		.symbol_count = ARRAY_SIZE(symbols),
		.btf = btf.out.data,
		.btf_bytes = btf.out.length,
	};
}

/* Through a file, as users have it. */
static struct sonde_error *open_bytes(
	const void *bytes, size_t length, struct sonde_symbol_file **ret)
{
	char path[] = "/tmp/sonde-elf-XXXXXX";
	int fd = mkstemp(path);
	struct sonde_error *error;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), (ssize_t)length);
	close(fd);
	error = sonde_symbol_file_open(path, ret);
	unlink(path);
	return error;
}

static void test_elf(void **state)
{
	static uint8_t bytes[ELF_BUILDER_MAX];
	struct elf_builder builder = whole();
	struct sonde_symbol_file *file;
	struct sonde_types *types;
	struct sonde_type type;

	(void)state;
	check(open_bytes(bytes, elf_build(&builder, bytes), &file));
	assert_string_equal(file->architecture, "x86_64");
	assert_string_equal(file->build_id, "0123abff00000000000000000000000000000000");
	assert_non_null(file->symbols);
	assert_int_equal(sonde_symbol_table_count(file->symbols), 5);
	check_symbol(file->symbols, 0, 0x10, 'A', "absolute");
	check_symbol(file->symbols, 1, 0x1000, 'T', "_text");
	check_symbol(file->symbols, 2, 0x1100, 't', "local");
	check_symbol(file->symbols, 3, 0x1200, 'W', "weak");
	check_symbol(file->symbols, 4, 0x2000, 'D', "variable");
	assert_true(sonde_symbol_file_has_types(file));
	check(sonde_symbol_file_types(file, 8, &types));
	check(sonde_types_find(types, "struct task", &type));
	sonde_types_destroy(types);
	sonde_symbol_file_close(file);
}

static void test_stripped_elf(void **state)
{
	static uint8_t bytes[ELF_BUILDER_MAX];
	struct elf_builder builder = {.machine = EM_AARCH64};
	struct sonde_symbol_file *file;
	struct sonde_types *types;

	(void)state;
	check(open_bytes(bytes, elf_build(&builder, bytes), &file));
	assert_string_equal(file->architecture, "aarch64");
	assert_string_equal(file->build_id, "");
	assert_null(file->symbols);
	assert_false(sonde_symbol_file_has_types(file));
	check(sonde_symbol_file_types(file, 8, &types));
	assert_null(types);
	sonde_symbol_file_close(file);
}

/* Whatever it says, it is an error, or a file whose symbols can be listed. */
static void try_bytes(const uint8_t *bytes, size_t length)
{
	struct sonde_symbol_file *file;
	struct sonde_error *error = open_bytes(bytes, length, &file);
	struct sonde_types *types = NULL;

	if (error) {
		assert_true(*sonde_error_why(error));
		sonde_error_destroy(error);
		return;
	}
	for (uint32_t i = 0; file->symbols && i < sonde_symbol_table_count(file->symbols);
		i++)
		assert_true(*sonde_symbol_table_name(file->symbols, i));
	assert_true(!*file->build_id || sonde_build_id_is_sane(file->build_id));
	error = sonde_symbol_file_types(file, 8, &types);
	if (!error)
		sonde_types_destroy(types);
	sonde_error_destroy(error);
	sonde_symbol_file_close(file);
}

static void test_broken_elf(void **state)
{
	static const uint8_t values[] = {0, 0x7f, 0xff};
	static uint8_t bytes[ELF_BUILDER_MAX];
	struct elf_builder builder = whole();
	size_t length = elf_build(&builder, bytes);

	(void)state;
	for (size_t cut = 0; cut < length; cut++)
		try_bytes(bytes, cut);
	for (size_t at = 0; at < length; at++) {
		uint8_t good = bytes[at];

		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			bytes[at] = values[i];
			try_bytes(bytes, length);
		}
		bytes[at] = good;
	}
}

static void test_no_file(void **state)
{
	struct sonde_symbol_file *file;

	(void)state;
	check_fails(sonde_symbol_file_open("/nonexistent/vmlinux", &file),
		SONDE_ERROR_NOT_FOUND);
	check_fails(sonde_symbol_file_open("/dev/zero", &file), SONDE_ERROR_INVALID);
	check_fails(open_bytes("\177ELF", 4, &file), SONDE_ERROR_BAD_DATA);
	check_fails(open_bytes("", 0, &file), SONDE_ERROR_BAD_DATA);
}

/* --- build-ids ------------------------------------------------------------------------
 */

static void test_build_ids(void **state)
{
	char text[SONDE_BUILD_ID_BYTES + 8], written[SONDE_BUILD_ID_BYTES];
	static const uint8_t bytes[65] = {0xfe};

	(void)state;
	assert_true(sonde_build_id_is_sane("0123456789abcdef"));
	assert_false(sonde_build_id_is_sane(""));
	assert_false(sonde_build_id_is_sane("0123456789abcd"));
	assert_false(sonde_build_id_is_sane("0123456789abcdef0"));
	assert_false(sonde_build_id_is_sane("0123456789ABCDEF"));
	assert_false(sonde_build_id_is_sane("../../../../etc/"));
	memset(text, 'a', sizeof(text));
	text[SONDE_BUILD_ID_BYTES + 7] = '\0';
	assert_false(sonde_build_id_is_sane(text));
	text[128] = '\0';
	assert_true(sonde_build_id_is_sane(text));
	sonde_build_id_write(bytes, 8, written);
	assert_string_equal(written, "fe00000000000000");
	sonde_build_id_write(bytes, 7, written);
	assert_string_equal(written, "");
	sonde_build_id_write(bytes, 64, written);
	assert_int_equal(strlen(written), 128);
	sonde_build_id_write(bytes, 65, written);
	assert_string_equal(written, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_system_map),
		cmocka_unit_test(test_no_system_map),
		cmocka_unit_test(test_elf),
		cmocka_unit_test(test_stripped_elf),
		cmocka_unit_test(test_broken_elf),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_build_ids),
	};

	return cmocka_run_group_tests_name("symbol files", tests, make_btf, drop_btf);
}
