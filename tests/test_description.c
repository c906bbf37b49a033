/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Target descriptions: as QEMU and gdbserver write them, and as nobody should. */
#include "wire_check.h"

#include <stdio.h>

#include "buffer.h"
#include "description.h"

/* A handful of documents by name; the last one has no name. */
struct library {
	const char *name;
	const char *text;
};

static unsigned fetched;

static struct sonde_error *fetch(void *user, const char *name, char **ret, size_t *length)
{
	const struct library *document = user;

	fetched++;
	for (; document->name; document++) {
		if (strcmp(document->name, name))
			continue;
		*ret = strdup(document->text);
		*length = strlen(document->text);
		return NULL;
	}
	return sonde_error_create(SONDE_ERROR_PROTOCOL, "the stub answered \"E00\"");
}

static struct sonde_error *read_library(
	const struct library *library, struct sonde_gdb_description *ret)
{
	struct sonde_gdb_document_source source = {
		.fetch = fetch, .user = (void *)library};

	fetched = 0;
	return sonde_gdb_description_read(&source, ret);
}

static struct sonde_error *read_text(const char *text, struct sonde_gdb_description *ret)
{
	const struct library library[] = {{"target.xml", text}, {0}};

	return read_library(library, ret);
}

static void refuse(const char *text, const char *word)
{
	struct sonde_gdb_description description;

	check_says(read_text(text, &description), SONDE_ERROR_BAD_DATA, word);
}

#define HEAD "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"

static void test_plain(void **state)
{
	static const char text[] = HEAD
		"<target version=\"1.0\"><architecture>i386:x86-64</architecture>"
		"<feature name=\"org.gnu.gdb.i386.core\">"
		"<reg name=\"rax\" bitsize=\"64\" type=\"int64\" regnum=\"0\"/>"
		"<reg name=\"rip\" bitsize=\"64\" type=\"code_ptr\"/>"
		"<reg name=\"st0\" bitsize=\"80\" type=\"i387_ext\" group=\"float\"/>"
		"</feature></target>";
	struct sonde_gdb_description description;

	(void)state;
	check(read_text(text, &description));
	assert_string_equal(description.architecture, "i386:x86-64");
	assert_int_equal(description.count, 3);
	assert_string_equal(description.registers[1].name, "rip");
	assert_int_equal(description.registers[1].number, 1);
	assert_int_equal(description.registers[1].bits, 64);
	assert_string_equal(description.registers[1].type, "code_ptr");
	assert_string_equal(description.registers[1].feature, "core");
	assert_null(description.registers[1].group);
	assert_string_equal(description.registers[2].group, "float");
	assert_int_equal(description.registers[2].bits, 80);
	assert_int_equal(fetched, 1);
	sonde_gdb_description_deinit(&description);
}

/* QEMU 7.2 for x86_64: one include, types, flags, unions, comments. */
static void test_qemu(void **state)
{
	static const struct library library[] = {
		{"target.xml", "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM "
			       "\"gdb-target.dtd\">"
			       "<target><architecture>i386:x86-64</architecture>"
			       "<xi:include href=\"i386-64bit.xml\"/></target>"},
		{"i386-64bit.xml",
			"<?xml version=\"1.0\"?>\n"
			"<!-- Copyright (C) 2010-2017 Free Software Foundation, Inc. "
			"-->\n"
			"<!-- I386 64bit -->\n"
			"<!DOCTYPE feature SYSTEM \"gdb-target.dtd\">\n"
			"<feature name=\"org.gnu.gdb.i386.core\">\n"
			"  <flags id=\"x64_eflags\" size=\"4\">\n"
			"    <field name=\"\" start=\"22\" end=\"31\"/>\n"
			"    <field name=\"CF\" start=\"0\" end=\"0\"/>\n"
			"  </flags>\n"
			"  <reg name=\"rax\" bitsize=\"64\" type=\"int64\" "
			"regnum=\"0\"/>\n"
			"  <reg name=\"rbx\" bitsize=\"64\" type=\"int64\"/>\n"
			"  <reg name=\"eflags\" bitsize=\"32\" type=\"x64_eflags\"/>\n"
			"  <!-- <reg name=\"orig_rax\" bitsize=\"64\"/> -->\n"
			"  <vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>\n"
			"  <union id=\"vec128\"><field name=\"v4_float\" "
			"type=\"v4f\"/></union>\n"
			"  <reg name=\"xmm0\" bitsize=\"128\" type=\"vec128\" "
			"regnum=\"40\"/>\n"
			"  <reg name=\"mxcsr\" bitsize=\"32\" type=\"int\" "
			"group=\"vector\"/>\n"
			"</feature>"},
		{0}};
	struct sonde_gdb_description description;

	(void)state;
	check(read_library(library, &description));
	assert_int_equal(fetched, 2);
	assert_int_equal(description.count, 5);
	assert_string_equal(description.registers[2].name, "eflags");
	assert_string_equal(description.registers[3].name, "xmm0");
	assert_int_equal(description.registers[3].number, 40);
	assert_int_equal(description.registers[4].number, 41);
	sonde_gdb_description_deinit(&description);
}

/* Numbers decide the order, wherever a register is written. */
static void test_numbering(void **state)
{
	static const char text[] =
		"<target><feature name=\"a\">"
		"<reg name=\"c\" bitsize=\"8\" regnum=\"10\"/>"
		"<reg name=\"d\" bitsize=\"8\"/></feature><feature name=\"b\">"
		"<reg name=\"a\" bitsize=\"8\" regnum=\"2\"/>"
		"<reg name=\"b\" bitsize=\"8\"/></feature></target>";
	static const unsigned numbers[] = {2, 3, 10, 11};
	struct sonde_gdb_description description;

	(void)state;
	check(read_text(text, &description));
	assert_int_equal(description.count, 4);
	for (unsigned i = 0; i < 4; i++) {
		const char name[] = {(char)('a' + i), 0};

		assert_string_equal(description.registers[i].name, name);
		assert_int_equal(description.registers[i].number, numbers[i]);
	}
	assert_string_equal(description.registers[0].feature, "b");
	assert_string_equal(description.registers[2].feature, "a");
	sonde_gdb_description_deinit(&description);
}

static void test_numbers_go_on_across_documents(void **state)
{
	static const struct library library[] = {
		{"target.xml",
			"<target><include href=\"a\"/><include href=\"b\"/></target>"},
		{"a", "<feature name=\"x\"><reg name=\"r0\" bitsize=\"64\"/></feature>"},
		{"b", "<feature name=\"y\"><reg name=\"r1\" bitsize=\"64\"/></feature>"},
		{0}};
	struct sonde_gdb_description description;

	(void)state;
	check(read_library(library, &description));
	assert_int_equal(description.count, 2);
	assert_string_equal(description.registers[1].name, "r1");
	assert_int_equal(description.registers[1].number, 1);
	sonde_gdb_description_deinit(&description);
}

/* QEMU's arm description has some names twice. */
static void test_duplicate_names(void **state)
{
	struct sonde_gdb_description description;

	(void)state;
	check(read_text("<target><reg name=\"a\" bitsize=\"32\"/>"
			"<reg name=\"a\" bitsize=\"64\"/></target>",
		&description));
	assert_int_equal(description.count, 2);
	sonde_gdb_description_deinit(&description);
}

static void test_duplicate_numbers(void **state)
{
	(void)state;
	refuse("<target><reg name=\"a\" bitsize=\"32\" regnum=\"1\"/>"
	       "<reg name=\"b\" bitsize=\"32\"/>"
	       "<reg name=\"c\" bitsize=\"32\" regnum=\"2\"/></target>",
		"same number");
}

static void test_bad_sizes(void **state)
{
	static const char *const sizes[] = {"", "0", "-8", "x", "64x", "0x40", "2049",
		"4294967297", "18446744073709551616", "99999999999999999999999"};
	char text[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		snprintf(text, sizeof(text),
			"<target><reg name=\"a\" bitsize=\"%s\"/></target>", sizes[i]);
		refuse(text, "size out of range");
	}
	refuse("<target><reg name=\"a\"/></target>", "size out of range");
	refuse("<target><reg bitsize=\"8\"/></target>", "no name");
	refuse("<target><reg name=\"\" bitsize=\"8\"/></target>", "no name");
}

static void test_widest(void **state)
{
	struct sonde_gdb_description description;

	(void)state;
	check(read_text("<target><reg name=\"z0\" bitsize=\"2048\"/>"
			"<reg name=\"f\" bitsize=\"1\"/></target>",
		&description));
	assert_int_equal(description.registers[0].bits, 2048);
	assert_int_equal(description.registers[1].bits, 1);
	sonde_gdb_description_deinit(&description);
}

static void test_bad_numbers(void **state)
{
	static const char *const numbers[] = {
		"", "-1", "x", "0x1", "1048577", "4294967296", "18446744073709551616"};
	char text[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		snprintf(text, sizeof(text),
			"<target><reg name=\"a\" bitsize=\"8\" regnum=\"%s\"/></target>",
			numbers[i]);
		refuse(text, "number out of range");
	}
}

static void test_too_many_registers(void **state)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer text = {0};
	struct sonde_gdb_description description;

	(void)state;
	check(sonde_buffer_append_format(&text, "<target>"));
	for (unsigned i = 0; i <= SONDE_GDB_REGISTERS_MAX; i++)
		check(sonde_buffer_append_format(
			&text, "<reg name=\"r%u\" bitsize=\"8\"/>", i));
	check(sonde_buffer_append_format(&text, "</target>"));
	check_says(read_text((const char *)text.data, &description), SONDE_ERROR_BAD_DATA,
		"more than 4096");
}

/* --- includes ------------------------------------------------------------------- */

static void test_include_of_itself(void **state)
{
	(void)state;
	refuse("<target><include href=\"target.xml\"/></target>", "never end");
	assert_true(fetched < 20);
}

static void test_include_loop(void **state)
{
	static const struct library library[] = {
		{"target.xml", "<target><xi:include href=\"a\"/></target>"},
		{"a", "<x><xi:include href=\"b\"/><xi:include href=\"b\"/></x>"},
		{"b", "<x><xi:include href=\"a\"/><xi:include href=\"a\"/></x>"}, {0}};
	struct sonde_gdb_description description;

	(void)state;
	check_says(
		read_library(library, &description), SONDE_ERROR_BAD_DATA, "never end");
	assert_true(fetched < 20);
}

/* Not deep, but wide: every document includes the next one ten times. */
static void test_include_flood(void **state)
{
#define TEN(x) x x x x x x x x x x
	static const struct library library[] = {
		{"target.xml", "<t>" TEN("<include href=\"a\"/>") "</t>"},
		{"a", "<t>" TEN("<include href=\"b\"/>") "</t>"},
		{"b", "<t>" TEN("<include href=\"c\"/>") "</t>"}, {"c", "<t/>"}, {0}};
	struct sonde_gdb_description description;

	(void)state;
	check_fails(read_library(library, &description), SONDE_ERROR_BAD_DATA);
	assert_true(fetched <= SONDE_GDB_INCLUDES_MAX + 1);
}

static void test_include_missing(void **state)
{
	struct sonde_gdb_description description;

	(void)state;
	check_says(
		read_text("<target><include href=\"gone.xml\"/></target>", &description),
		SONDE_ERROR_PROTOCOL, "gone.xml");
	refuse("<target><include/></target>", "names no document");
	refuse("<target><include href=\"\"/></target>", "names no document");
}

static void test_include_with_a_long_name(void **state)
{
	char text[400] = "<target><include href=\"";

	(void)state;
	memset(text + strlen(text), 'a', 200);
	strcat(text, "\"/></target>");
	refuse(text, "names no document");
}

static void test_broken_include(void **state)
{
	static const struct library library[] = {
		{"target.xml", "<target><include href=\"a\"/>"
			       "<reg name=\"a\" bitsize=\"8\"/></target>"},
		{"a", "<feature><reg name=\"b\" bitsize=\"8\"/>"}, {0}};
	struct sonde_gdb_description description;

	(void)state;
	check_fails(read_library(library, &description), SONDE_ERROR_BAD_DATA);
}

/* --- what is no description ------------------------------------------------------ */

static void test_no_xml(void **state)
{
	(void)state;
	refuse("", "line 1");
	refuse("hello", "line 1");
	refuse("<target>", "line 1");
	refuse("<target></feature></target>", "line 1");
	refuse("<target>\n<reg name=\"a\" bitsize=\"8\">\n</target>", "line 3");
}

static void test_entities(void **state)
{
	(void)state;
	refuse("<!DOCTYPE target [<!ENTITY a \"aaaaaaaaaa\">"
	       "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
	       "<target><architecture>&b;&b;&b;</architecture></target>",
		"entities");
	refuse("<!DOCTYPE target [<!ENTITY a SYSTEM "
	       "\"/etc/passwd\">]><target>&a;</target>",
		"entities");
}

static void test_known_entities(void **state)
{
	struct sonde_gdb_description description;

	(void)state;
	check(read_text(
		"<target><reg name=\"a&lt;b\" bitsize=\"8\"/></target>", &description));
	assert_string_equal(description.registers[0].name, "a<b");
	sonde_gdb_description_deinit(&description);
}

static void test_empty_target(void **state)
{
	struct sonde_gdb_description description;

	(void)state;
	check(read_text("<target/>", &description));
	assert_int_equal(description.count, 0);
	assert_null(description.architecture);
	sonde_gdb_description_deinit(&description);
	check(read_text("<target><architecture>\n  aarch64\n</architecture></target>",
		&description));
	assert_string_equal(description.architecture, "aarch64");
	sonde_gdb_description_deinit(&description);
}

static void test_long_words(void **state)
{
	char text[1000] = "<target><architecture>", name[401];
	struct sonde_gdb_description description;

	(void)state;
	memset(name, 'a', 400);
	name[400] = '\0';
	strcat(text, name);
	strcat(text, "</architecture><feature name=\"");
	strcat(text, name);
	strcat(text, "\"><reg name=\"r\" bitsize=\"8\"/></feature></target>");
	check(read_text(text, &description));
	assert_true(strlen(description.architecture) < 100);
	assert_true(strlen(description.registers[0].feature) < 100);
	sonde_gdb_description_deinit(&description);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_qemu),
		cmocka_unit_test(test_numbering),
		cmocka_unit_test(test_numbers_go_on_across_documents),
		cmocka_unit_test(test_duplicate_names),
		cmocka_unit_test(test_duplicate_numbers),
		cmocka_unit_test(test_bad_sizes),
		cmocka_unit_test(test_widest),
		cmocka_unit_test(test_bad_numbers),
		cmocka_unit_test(test_too_many_registers),
		cmocka_unit_test(test_include_of_itself),
		cmocka_unit_test(test_include_loop),
		cmocka_unit_test(test_include_flood),
		cmocka_unit_test(test_include_missing),
		cmocka_unit_test(test_include_with_a_long_name),
		cmocka_unit_test(test_broken_include),
		cmocka_unit_test(test_no_xml),
		cmocka_unit_test(test_entities),
		cmocka_unit_test(test_known_entities),
		cmocka_unit_test(test_empty_target),
		cmocka_unit_test(test_long_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
