/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Helpers from shared objects: which files are refused, and what those that are not
 * do in a chain. The objects are tests/helper_answer.c, built in several ways, and the
 * example that users start from.
 */
#include "wire_case.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hex.h"
#include "macros.h"

static const struct fake_options qemu = {.kind = FAKE_QEMU};

enum {
	SPECIFICATION_BYTES = PATH_MAX + 256,
};

/* --- a directory of our own, with a copy of a helper in it ------------------------ */

struct scratch {
	char directory[64];
	char file[128];
	struct sonde *sonde;
};

static void copy(const char *from, const char *to)
{
	FILE *source = fopen(from, "rb"), *destination = fopen(to, "wb");
	char bytes[4096];
	size_t length;

	assert_non_null(source);
	assert_non_null(destination);
	while ((length = fread(bytes, 1, sizeof(bytes), source)))
		assert_int_equal(fwrite(bytes, 1, length, destination), length);
	fclose(source);
	assert_int_equal(fclose(destination), 0);
	assert_int_equal(chmod(to, 0644), 0);
}

static void scratch_init(struct scratch *scratch, const char *module)
{
	const char *modules = getenv("SONDE_TEST_MODULES");
	char path[PATH_MAX];

	assert_non_null(modules);
	strcpy(scratch->directory, "/tmp/sonde-helpers-XXXXXX");
	assert_non_null(mkdtemp(scratch->directory));
	snprintf(scratch->file, sizeof(scratch->file), "%s/one.so", scratch->directory);
	snprintf(path, sizeof(path), "%s/%s.so", modules, module);
	copy(path, scratch->file);
	check(sonde_create(NULL, &scratch->sonde));
	unsetenv("SONDE_TEST_HELPER");
}

static void scratch_deinit(struct scratch *scratch)
{
	sonde_destroy(scratch->sonde);
	unlink(scratch->file);
	assert_int_equal(rmdir(scratch->directory), 0);
}

/* Refused, and without a look at what it would do. */
static void refuse_unseen(
	const struct scratch *scratch, enum sonde_error_kind kind, const char *word)
{
	check_says(sonde_load_helper(scratch->sonde, scratch->file), kind, word);
	assert_null(getenv("SONDE_TEST_HELPER"));
}

static void accept(const struct scratch *scratch, const char *path)
{
	char specification[SPECIFICATION_BYTES];

	snprintf(specification, sizeof(specification), "%s,register=r", path);
	check(sonde_load_helper(scratch->sonde, specification));
	assert_non_null(getenv("SONDE_TEST_HELPER"));
}

/* --- whose files they are --------------------------------------------------------- */

static void test_own_file(void **state)
{
	struct scratch scratch;

	(void)state;
	scratch_init(&scratch, "answer");
	accept(&scratch, scratch.file);
	scratch_deinit(&scratch);
}

static void test_writable_file(void **state)
{
	static const mode_t modes[] = {0664, 0646, 0602, 0777, 0622};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct scratch scratch;

		scratch_init(&scratch, "answer");
		assert_int_equal(chmod(scratch.file, modes[i]), 0);
		refuse_unseen(&scratch, SONDE_ERROR_PERMISSION, "changed by others");
		assert_int_equal(chmod(scratch.file, 0600), 0);
		accept(&scratch, scratch.file);
		scratch_deinit(&scratch);
	}
}

static void test_writable_directory(void **state)
{
	static const mode_t modes[] = {0777, 0770, 0702};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct scratch scratch;

		scratch_init(&scratch, "answer");
		assert_int_equal(chmod(scratch.directory, modes[i]), 0);
		refuse_unseen(&scratch, SONDE_ERROR_PERMISSION, "changed by others");
		/* Others may add to it, but not change what is ours. */
		assert_int_equal(chmod(scratch.directory, modes[i] | S_ISVTX), 0);
		accept(&scratch, scratch.file);
		scratch_deinit(&scratch);
	}
}

/* Whoever can rename a directory above it can put another file in its place. */
static void test_writable_directory_above(void **state)
{
	struct scratch scratch;
	char below[96], inside[128];

	(void)state;
	scratch_init(&scratch, "answer");
	snprintf(below, sizeof(below), "%s/below", scratch.directory);
	snprintf(inside, sizeof(inside), "%s/one.so", below);
	assert_int_equal(mkdir(below, 0700), 0);
	assert_int_equal(rename(scratch.file, inside), 0);
	assert_int_equal(chmod(scratch.directory, 0777), 0);
	check_says(sonde_load_helper(scratch.sonde, inside), SONDE_ERROR_PERMISSION,
		"changed by others");
	assert_null(getenv("SONDE_TEST_HELPER"));
	assert_int_equal(chmod(scratch.directory, 0755), 0);
	accept(&scratch, inside);
	assert_int_equal(unlink(inside), 0);
	assert_int_equal(rmdir(below), 0);
	scratch_deinit(&scratch);
}

static void test_files_of_others(void **state)
{
	struct scratch scratch;

	(void)state;
	if (geteuid() != 0) {
		print_message("only root can give files away\n");
		skip();
	}
	scratch_init(&scratch, "answer");
	assert_int_equal(chown(scratch.file, 65533, 0), 0);
	refuse_unseen(&scratch, SONDE_ERROR_PERMISSION, "user 65533");
	assert_int_equal(chown(scratch.file, 0, 0), 0);
	assert_int_equal(chown(scratch.directory, 65533, 0), 0);
	refuse_unseen(&scratch, SONDE_ERROR_PERMISSION, "user 65533");
	assert_int_equal(chown(scratch.directory, 0, 0), 0);
	accept(&scratch, scratch.file);
	scratch_deinit(&scratch);
}

/* Packages have links. What is judged is what they lead to. */
static void test_links(void **state)
{
	struct scratch scratch;
	char link[128];

	(void)state;
	scratch_init(&scratch, "answer");
	snprintf(link, sizeof(link), "%s/link", scratch.directory);
	assert_int_equal(symlink("one.so", link), 0);
	assert_int_equal(chmod(scratch.file, 0666), 0);
	check_says(sonde_load_helper(scratch.sonde, link), SONDE_ERROR_PERMISSION,
		"one.so can be changed");
	assert_int_equal(chmod(scratch.file, 0644), 0);
	accept(&scratch, link);
	assert_int_equal(unlink(link), 0);
	scratch_deinit(&scratch);
}

/* --- what is in them -------------------------------------------------------------- */

static void test_nothing_there(void **state)
{
	struct scratch scratch;

	(void)state;
	scratch_init(&scratch, "answer");
	check_says(sonde_load_helper(scratch.sonde, "/nowhere/one.so"),
		SONDE_ERROR_NOT_FOUND, "/nowhere/one.so");
	check_says(sonde_load_helper(scratch.sonde, "no-such-helper"),
		SONDE_ERROR_NOT_FOUND, "sonde/helpers/no-such-helper.so");
	check_fails(sonde_load_helper(scratch.sonde, ""), SONDE_ERROR_INVALID);
	check_fails(sonde_load_helper(scratch.sonde, ",value=1"), SONDE_ERROR_INVALID);
	check_fails(sonde_load_helper(scratch.sonde, scratch.directory),
		SONDE_ERROR_BAD_DATA);
	scratch_deinit(&scratch);
}

/* What opening it would wait for ever for. */
static void test_pipe(void **state)
{
	struct scratch scratch;

	(void)state;
	scratch_init(&scratch, "answer");
	assert_int_equal(unlink(scratch.file), 0);
	assert_int_equal(mkfifo(scratch.file, 0600), 0);
	refuse_unseen(&scratch, SONDE_ERROR_BAD_DATA, "no file");
	scratch_deinit(&scratch);
}

static void test_no_shared_object(void **state)
{
	static const char *const contents[] = {
		"", "#!/bin/sh\n", "\177ELF", "text, plain"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(contents); i++) {
		struct scratch scratch;
		FILE *file;

		scratch_init(&scratch, "answer");
		file = fopen(scratch.file, "w");
		assert_non_null(file);
		fputs(contents[i], file);
		assert_int_equal(fclose(file), 0);
		refuse_unseen(&scratch, SONDE_ERROR_BAD_DATA, "one.so");
		scratch_deinit(&scratch);
	}
}

static void refuse_module(
	const char *module, enum sonde_error_kind kind, const char *word)
{
	struct scratch scratch;

	scratch_init(&scratch, module);
	check_says(sonde_load_helper(scratch.sonde, scratch.file), kind, word);
	/* And let go of. */
	assert_null(dlopen(scratch.file, RTLD_NOW | RTLD_NOLOAD));
	scratch_deinit(&scratch);
}

static void test_other_descriptors(void **state)
{
	char word[64];

	(void)state;
	refuse_module("answer_unnamed", SONDE_ERROR_BAD_DATA, "sonde_helper_exported");
	snprintf(word, sizeof(word), "this library has ABI %u", SONDE_HELPER_ABI);
	refuse_module("answer_abi", SONDE_ERROR_UNSUPPORTED, "for helper ABI 77,");
	refuse_module("answer_abi", SONDE_ERROR_UNSUPPORTED, word);
	refuse_module("answer_size", SONDE_ERROR_UNSUPPORTED, "descriptor of 8 bytes");
	snprintf(word, sizeof(word), "with %zu bytes",
		sizeof(struct sonde_helper_descriptor));
	refuse_module("answer_size", SONDE_ERROR_UNSUPPORTED, word);
	refuse_module("answer_create", SONDE_ERROR_INVALID, "lacks");
}

/* --- options ---------------------------------------------------------------------- */

static void test_wrong_options(void **state)
{
	static const struct {
		const char *options, *word;
	} wrong[] = {
		{"valu=1", "no option \"valu\""},
		{"register=r,,pass", "no option \"\""},
		{"register=r,", "no option \"\""},
		{"register", "\"register\" wants a value"},
		{"register=r,pass=1", "\"pass\" takes no value"},
		{"=", "no option \"\""},
	};
	char specification[SPECIFICATION_BYTES];
	struct sonde_error *error;
	struct scratch scratch;

	(void)state;
	scratch_init(&scratch, "answer");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		snprintf(specification, sizeof(specification), "%s,%s", scratch.file,
			wrong[i].options);
		check_says(sonde_load_helper(scratch.sonde, specification),
			SONDE_ERROR_INVALID, wrong[i].word);
		assert_null(dlopen(scratch.file, RTLD_NOW | RTLD_NOLOAD));
	}
	error = sonde_load_helper(scratch.sonde, specification);
	assert_non_null(error);
	assert_non_null(sonde_error_hint(error));
	assert_non_null(strstr(sonde_error_hint(error),
		"register=NAME (the register to answer for), value=N (what it holds)"));
	sonde_error_destroy(error);
	scratch_deinit(&scratch);
}

/* --- in the chain ----------------------------------------------------------------- */

struct chain {
	struct wire_case wire;
	struct scratch scratch;
};

/* Loads the same file once for each line of @p options, in this order. */
static void chain_prepare(struct chain *chain, const char *const *options)
{
	char specification[SPECIFICATION_BYTES];

	scratch_init(&chain->scratch, "answer");
	wire_prepare(&chain->wire, &qemu);
	for (; *options; options++) {
		snprintf(specification, sizeof(specification), "%s,%s",
			chain->scratch.file, *options);
		check(sonde_load_helper(chain->wire.sonde, specification));
	}
}

static void chain_open(struct chain *chain, const char *const *options)
{
	chain_prepare(chain, options);
	check(wire_attach(&chain->wire));
	fake_stub_forget(chain->wire.stub);
}

static void chain_close(struct chain *chain)
{
	wire_close(&chain->wire);
	assert_null(dlopen(chain->scratch.file, RTLD_NOW | RTLD_NOLOAD));
	scratch_deinit(&chain->scratch);
}

static struct sonde_error *read_value(
	struct chain *chain, const char *name, struct sonde_register_value *ret)
{
	const struct sonde_register *reg =
		sonde_thread_find_register(chain->wire.thread, name);

	assert_non_null(reg);
	return sonde_thread_read_register(chain->wire.thread, reg, ret);
}

static void test_adds_a_register(void **state)
{
	static const char *const options[] = {
		"register=extra,value=0x1234,bits=16", NULL};
	const struct sonde_register *list, *reg;
	struct chain chain;
	size_t count;

	(void)state;
	chain_open(&chain, options);
	check(sonde_target_registers(chain.wire.target, &list, &count));
	reg = sonde_thread_find_register(chain.wire.thread, "extra");
	assert_ptr_equal(reg, &list[count - 1]);
	assert_int_equal(reg->index, count - 1);
	assert_int_equal(reg->bits, 16);
	assert_string_equal(reg->group, "system");
	assert_int_equal(wire_register(&chain.wire, "extra"), 0x1234);
	wire_expect(&chain.wire, "");
	/* The rest is the stub's, as before. */
	assert_int_equal(wire_register(&chain.wire, "rip"), FAKE_PROGRAM);
	assert_int_equal(fake_stub_count_of(chain.wire.stub, "p"), 1);
	chain_close(&chain);
}

/* Told each time, so that it can forget; and not for a read. */
static void test_is_told_of_changes(void **state)
{
	static const char *const options[] = {"register=x,changes", NULL};
	struct sonde_stop stop;
	struct chain chain;

	(void)state;
	chain_open(&chain, options);
	assert_int_equal(wire_register(&chain.wire, "x"), 0);
	for (unsigned i = 1; i <= 3; i++) {
		check(sonde_target_step(
			chain.wire.target, chain.wire.thread, false, &stop));
		assert_int_equal(wire_register(&chain.wire, "x"), 2 * i);
		assert_int_equal(wire_register(&chain.wire, "x"), 2 * i);
	}
	chain_close(&chain);
}

static void test_answers_before_the_stub(void **state)
{
	static const char *const options[] = {"register=rax,value=7", NULL};
	const struct sonde_register *list;
	struct chain chain;
	size_t count, named = 0;

	(void)state;
	chain_open(&chain, options);
	check(sonde_target_registers(chain.wire.target, &list, &count));
	for (size_t i = 0; i < count; i++)
		named += !strcmp(list[i].name, "rax");
	assert_int_equal(named, 1);
	assert_int_equal(wire_register(&chain.wire, "rax"), 7);
	wire_expect(&chain.wire, "");
	chain_close(&chain);
}

/* Who was asked for first is asked first, and one that passes on changes nothing. */
static void test_order(void **state)
{
	static const struct {
		const char *options[4];
		unsigned value;
	} chains[] = {
		{{"register=x,value=1", "register=x,value=2"}, 1},
		{{"register=x,value=2", "register=x,value=1"}, 2},
		{{"register=x,value=1,pass", "register=x,value=2"}, 2},
		{{"register=y,value=1", "register=x,value=2", "register=x,value=3"}, 2},
		{{"register=x,value=1,value=5"}, 5},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(chains); i++) {
		struct chain chain;

		chain_open(&chain, chains[i].options);
		assert_int_equal(wire_register(&chain.wire, "x"), chains[i].value);
		chain_close(&chain);
	}
}

static void test_nobody_knows(void **state)
{
	static const char *const options[] = {"register=x,pass", NULL};
	struct sonde_register_value value = {.bits = 32, .available = true};
	struct chain chain;

	(void)state;
	chain_open(&chain, options);
	check_says(sonde_thread_write_register(chain.wire.thread,
			   sonde_thread_find_register(chain.wire.thread, "x"), &value),
		SONDE_ERROR_UNSUPPORTED, "does not have");
	check(read_value(&chain, "x", &value));
	assert_false(value.available);
	assert_int_equal(value.bits, 32);
	wire_expect(&chain.wire, "");
	chain_close(&chain);
}

static void test_errors_end_the_question(void **state)
{
	static const char *const options[] = {
		"register=x,fail", "register=x,value=2", NULL};
	struct sonde_register_value value;
	struct chain chain;

	(void)state;
	chain_open(&chain, options);
	check_says(
		read_value(&chain, "x", &value), SONDE_ERROR_UNSUPPORTED, "told to fail");
	chain_close(&chain);
}

/* A helper that describes nonsense ends the attach, and the guest goes on. */
/* A helper tells the address alone; for the rest the registers do not tell. */
static void test_translates(void **state)
{
	static const char *const options[] = {
		"register=x,offset=0x2000", "register=y,offset=0x1000", NULL};
	static const char *const failing[] = {
		"register=x,offset=0x2000,fail", "register=y,offset=0x1000", NULL};
	struct sonde_translation found;
	struct chain chain;

	(void)state;
	chain_open(&chain, options);
	check(sonde_target_translate(chain.wire.target, NULL, 0x2345, &found));
	assert_int_equal(found.virtual_address, 0x2345);
	assert_int_equal(found.physical_address, 0x345);
	assert_true(!found.page_bytes && !found.permissions_known && !found.step_count);
	check(sonde_target_translate(
		chain.wire.target, chain.wire.thread, 0x1fff, &found));
	assert_int_equal(found.physical_address, 0xfff);
	wire_expect(&chain.wire, "");
	check_says(sonde_target_translate(chain.wire.target, NULL, 0xfff, &found),
		SONDE_ERROR_UNSUPPORTED, "do not tell");
	chain_close(&chain);
	chain_open(&chain, failing);
	check_says(sonde_target_translate(chain.wire.target, NULL, 0x2345, &found),
		SONDE_ERROR_UNSUPPORTED, "translating 0x2345");
	chain_close(&chain);
}

static void test_impossible_registers(void **state)
{
	static const char *const impossible[][2] = {
		{"register=x,bits=0"}, {"register=x,bits=2049"}, {"register="}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(impossible); i++) {
		struct chain chain;

		chain_prepare(&chain, impossible[i]);
		check_says(wire_attach(&chain.wire), SONDE_ERROR_INVALID,
			"helper \"answer\"");
		fake_stub_wait_left(chain.wire.stub);
		assert_true(fake_stub_runs(chain.wire.stub));
		chain_close(&chain);
	}
}

/* --- examples/helper, with a monitor that says what it likes ---------------------- */

static void open_example(struct chain *chain, const char *text)
{
	char reply[1024] = "";
	struct fake_options options = qemu;

	sonde_hex_encode(text, strlen(text), reply);
	options.faults[0] = (struct fake_fault){.trouble = FAKE_ANSWER,
		.request = "qRcmd",
		.text = *text ? reply : "E01"};
	scratch_init(&chain->scratch, "qemu-x86");
	wire_prepare(&chain->wire, &options);
	check(sonde_load_helper(chain->wire.sonde, chain->scratch.file));
	check(wire_attach(&chain->wire));
}

static void test_example_reads(void **state)
{
	static const char text[] = "\r\nCPU#0\r\nRAX=1\r\nLDT=0000 00000000 0000ffff\r\n"
				   "TR =0040 fffffe0000003000 0000206f 00008900 DPL=0\r\n"
				   "GDT=     fffffe0000001000 0000007f\r\n"
				   "DR0=0000000000000001 DR1=0000000000000002 \r\n"
				   "DR6=00000000ffff0ff0 DR7=0000000000000400\r\n"
				   "CPU#1\r\nDR3=0000000000000007\r\n";
	static const struct {
		const char *name;
		uint64_t value;
	} known[] = {
		{"gdtr_base", 0xfffffe0000001000},
		{"gdtr_limit", 0x7f},
		{"ldtr_limit", 0xffff},
		{"tr", 0x40},
		{"tr_base", 0xfffffe0000003000},
		{"tr_limit", 0x206f},
		{"dr1", 2},
		{"dr7", 0x400},
	};
	struct sonde_register_value value;
	struct chain chain;

	(void)state;
	open_example(&chain, text);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		assert_int_equal(
			wire_register(&chain.wire, known[i].name), known[i].value);
	/* It is there for another CPU only, or not at all. */
	check(read_value(&chain, "dr3", &value));
	assert_false(value.available);
	check(read_value(&chain, "idtr_base", &value));
	assert_false(value.available);
	/* All of that was asked for once; "info kvm" was, at attach. */
	assert_int_equal(fake_stub_count_of(chain.wire.stub, "qRcmd"), 2);
	chain_close(&chain);
}

/* No value comes of a number that is cut off, too long or none. */
static void test_example_believes_nothing(void **state)
{
	static const char *const texts[] = {
		"GDT= 1 2\n",
		"CPU#",
		"CPU#0",
		"CPU#0\nGDT=",
		"CPU#0\nGDT= ",
		"CPU#0\nGDT= 12",
		"CPU#0\nGDT= 123456789abcdef01 1\n",
		"CPU#0\nGDT= x1 1\n",
		"CPU#0\nGDT= -1 1\n",
		"CPU#0\nGDT=\n1 1\n",
		"CPU#0\nGDT= 1,1\n",
		"CPU#0\nLGDT= 1 1\n",
		"CPU#0\nCPU#1\nGDT= 1 1\n",
		"CPU#00\nGDT= 1 1\n",
		"CPU#01\nCPU#02\nGDT= 1 1\n",
		"CPU#0\nGDT= CPU#11 1\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct sonde_register_value value = {.available = true};
		struct chain chain;

		open_example(&chain, texts[i]);
		if (strstr(texts[i], "GDT="))
			check(read_value(&chain, "gdtr_base", &value));
		else
			assert_null(sonde_thread_find_register(
				chain.wire.thread, "gdtr_base"));
		if (strstr(texts[i], "GDT=") && value.available)
			fail_msg("a value came of \"%s\"", texts[i]);
		chain_close(&chain);
	}
}

static void test_example_without_a_monitor(void **state)
{
	struct chain chain;

	(void)state;
	open_example(&chain, "");
	assert_null(sonde_thread_find_register(chain.wire.thread, "gdtr_base"));
	assert_int_equal(wire_register(&chain.wire, "rip"), FAKE_PROGRAM);
	chain_close(&chain);
}

/* -------------------------------------------------------------------------------- */

static void test_too_many(void **state)
{
	struct scratch scratch;
	struct sonde_error *error = NULL;
	unsigned count = 0;

	(void)state;
	scratch_init(&scratch, "answer");
	for (; count < 1000 && !error; count += !error)
		error = sonde_load_helper(scratch.sonde, scratch.file);
	assert_int_equal(count, 16);
	check_says(error, SONDE_ERROR_INVALID, "16 helpers");
	scratch_deinit(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_file),
		cmocka_unit_test(test_writable_file),
		cmocka_unit_test(test_writable_directory),
		cmocka_unit_test(test_writable_directory_above),
		cmocka_unit_test(test_files_of_others),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_nothing_there),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_no_shared_object),
		cmocka_unit_test(test_other_descriptors),
		cmocka_unit_test(test_wrong_options),
		cmocka_unit_test(test_adds_a_register),
		cmocka_unit_test(test_is_told_of_changes),
		cmocka_unit_test(test_answers_before_the_stub),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_nobody_knows),
		cmocka_unit_test(test_errors_end_the_question),
		cmocka_unit_test(test_translates),
		cmocka_unit_test(test_impossible_registers),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_example_reads),
		cmocka_unit_test(test_example_believes_nothing),
		cmocka_unit_test(test_example_without_a_monitor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
