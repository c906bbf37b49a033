/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of system calls: as it should be, with entries that lead elsewhere, and in a
 * kernel that goes by a function instead. */
#include "wire_check.h"

#include <sonde/syscall.h>
#include <stdio.h>

#include "linux_image.h"

enum {
	/** That this kernel has; it lacks those in between. */
	CALLS = 8,
	/** Functions are so far apart, and there are as many as calls, and "no such call"
	    (bytes). */
	APART = 64,
};

static const char *const functions[CALLS] = {
	"read", "write", "open", NULL, "newstat", "newfstat", "newlstat", "poll"};

static struct linux_image image;
static uint64_t table, code, not_there, dispatcher;

static uint64_t function_of(unsigned number)
{
	return functions[number] ? code + (uint64_t)number * APART : not_there;
}

static void put_entry(unsigned number, uint64_t address)
{
	linux_image_put(&image, table + 8 * (uint64_t)number, address, 8);
}

/* A branch of @p bytes of operation and a distance, at @p at in the function. */
static void put_branch(unsigned at, unsigned operation, unsigned bytes, uint64_t to)
{
	linux_image_put(&image, dispatcher + at, operation, bytes);
	linux_image_put(
		&image, dispatcher + at + bytes, to - (dispatcher + at + bytes + 4), 4);
}

static void begin(bool named, bool dispatches)
{
	char name[32];

	linux_image_begin(&image, 1 << 16, "struct list_head { void *next, *prev; };");
	code = linux_image_allocate(&image, (CALLS + 2) * APART);
	not_there = code + CALLS * APART;
	dispatcher = linux_image_allocate(&image, 256);
	/* Something before it, and behind it. */
	linux_image_allocate(&image, 64);
	table = linux_image_allocate(&image, 8 * CALLS);
	linux_image_allocate(&image, 256);
	for (unsigned i = 0; i < CALLS; i++) {
		put_entry(i, function_of(i));
		if (!functions[i])
			continue;
		snprintf(name, sizeof(name), "__x64_sys_%s", functions[i]);
		linux_image_symbol(&image, name, function_of(i));
	}
	linux_image_symbol(&image, "__do_sys_ni_syscall", not_there);
	linux_image_symbol(&image, "__x64_sys_ni_syscall", not_there);
	linux_image_symbol(&image, "something_else", not_there + APART);
	if (dispatches)
		linux_image_symbol(&image, "x64_sys_call", dispatcher);
	linux_image_symbol(&image, "before", dispatcher + 256);
	if (named)
		linux_image_symbol(&image, "sys_call_table", table);
	linux_image_symbol(&image, "behind", table + 8 * CALLS);
	/* je, jmp and call; the last of them ends the function. */
	for (unsigned i = 0; i < CALLS; i++)
		if (i % 3 == 0)
			put_branch(8 * i, 0x840f, 2, function_of(i));
		else
			put_branch(8 * i, i % 3 == 1 ? 0xe9 : 0xe8, 1, function_of(i));
	linux_image_ready(&image);
}

static struct sonde_syscalls *open_calls(void)
{
	struct sonde_syscalls *calls;

	check(sonde_syscalls_open(&image.kernel.target, &calls));
	return calls;
}

/* A bit for each that is not ok. */
static unsigned wrong_ones(struct sonde_syscalls *calls)
{
	const struct sonde_syscall *call;
	unsigned wrong = 0, count = 0;

	while ((call = sonde_syscalls_next(calls))) {
		assert_int_equal(call->number, count);
		wrong |= (unsigned)!call->ok << count++;
	}
	assert_int_equal(count, CALLS);
	assert_null(sonde_syscalls_incomplete(calls));
	sonde_syscalls_close(calls);
	return wrong;
}

static void test_as_it_should_be(void **state)
{
	(void)state;
	for (unsigned named = 0; named < 2; named++) {
		const struct sonde_syscall *call;
		struct sonde_syscalls *calls;

		begin(named, false);
		calls = open_calls();
		assert_null(sonde_syscalls_dispatcher(calls));
		for (unsigned i = 0; i < 5; i++) {
			call = sonde_syscalls_next(calls);
			assert_true(call->ok);
			assert_false(call->dispatched_known);
			assert_int_equal(call->entry, table + 8 * (uint64_t)i);
		}
		assert_string_equal(call->name, "stat");
		assert_string_equal(call->symbol, "__x64_sys_newstat");
		sonde_syscalls_close(calls);
		assert_int_equal(wrong_ones(open_calls()), 0);
		/* One that the kernel lacks, by the name that is meant of several. */
		calls = open_calls();
		for (unsigned i = 0; i <= 3; i++)
			call = sonde_syscalls_next(calls);
		assert_string_equal(call->name, "close");
		assert_string_equal(call->symbol, "__x64_sys_ni_syscall");
		sonde_syscalls_close(calls);
		linux_image_end(&image);
	}
}

static void test_entries_that_lead_elsewhere(void **state)
{
	const uint64_t elsewhere[] = {0, 0x401000, UINT64_MAX,
		UINT64_C(0xffffffffc0400000), UINT64_C(0xffff888000001000)};

	(void)state;
	begin(true, false);
	for (size_t i = 0; i < ARRAY_SIZE(elsewhere); i++)
		for (unsigned k = 0; k < CALLS; k++) {
			linux_image_restore(&image);
			put_entry(k, elsewhere[i]);
			assert_int_equal(wrong_ones(open_calls()), 1 << k);
		}
	/* Another call's, into the middle, what is none, and a call that is gone. */
	linux_image_restore(&image);
	put_entry(0, function_of(1));
	put_entry(2, function_of(2) + 4);
	put_entry(4, not_there + APART);
	put_entry(5, not_there);
	put_entry(3, function_of(1));
	assert_int_equal(wrong_ones(open_calls()), 1 | 4 | 8 | 16 | 32);
	linux_image_end(&image);
}

static void test_by_a_function(void **state)
{
	const struct sonde_syscall *call;
	struct sonde_syscalls *calls;

	(void)state;
	begin(true, true);
	calls = open_calls();
	assert_string_equal(sonde_syscalls_dispatcher(calls), "x64_sys_call");
	while ((call = sonde_syscalls_next(calls)))
		assert_true(call->dispatched_known && call->dispatched && call->ok);
	sonde_syscalls_close(calls);
	/* Somebody goes elsewhere instead. */
	put_branch(8, 0xe9, 1, UINT64_C(0xffffffffc0400000));
	assert_int_equal(wrong_ones(open_calls()), 2);
	/* The table still counts. */
	linux_image_restore(&image);
	put_entry(6, 0);
	assert_int_equal(wrong_ones(open_calls()), 64);
	/* A function that is made otherwise says nothing. */
	linux_image_restore(&image);
	memset(linux_image_at(&image, dispatcher, 256), 0x90, 256);
	calls = open_calls();
	while ((call = sonde_syscalls_next(calls)))
		assert_true(call->ok && !call->dispatched_known);
	sonde_syscalls_close(calls);
	linux_image_end(&image);
}

static void test_no_table(void **state)
{
	struct sonde_syscalls *calls;

	(void)state;
	begin(false, false);
	put_entry(1, 0);
	check_says(sonde_syscalls_open(&image.kernel.target, &calls),
		SONDE_ERROR_NOT_FOUND, "sys_call_table");
	image.kernel.target.arch = &sonde_arch_i386;
	check_says(sonde_syscalls_open(&image.kernel.target, &calls),
		SONDE_ERROR_UNSUPPORTED, "i386");
	linux_image_end(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_it_should_be),
		cmocka_unit_test(test_entries_that_lead_elsewhere),
		cmocka_unit_test(test_by_a_function),
		cmocka_unit_test(test_no_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
