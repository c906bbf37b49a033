/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sys_call_table (arch/x86/entry/syscall_64.c, arch/arm64/kernel/sys.c) has the address
 * of a function for each number. A kernel that does not name its data (arm64 without
 * KALLSYMS_ALL) has it where the functions of the first two numbers stand side by side.
 */
#include <inttypes.h>
#include <sonde/syscall.h>
#include <stdio.h>
#include <string.h>

#include "kernel.h"
#include "space_search.h"
#include "syscall_names.h"

enum {
	/** There are not half as many. */
	CALLS_MAX = 1024,
	/** Of a function that branches to each of them (bytes). */
	DISPATCHER_MAX = 64 << 10,
	NAME_BYTES = 128,
};

struct entry {
	struct sonde_syscall call;
	char name[NAME_BYTES], expected[NAME_BYTES];
	char symbol[SONDE_SYMBOL_NAME_BYTES];
	char module[SONDE_SYMBOL_MODULE_BYTES];
};

struct sonde_syscalls {
	const struct sonde_linux_syscall_names *names;
	struct entry *entries;
	size_t count, next;
	const char *incomplete;
	const char *dispatcher;
	/** Of the function that says that there is no such call; 0: unknown. */
	uint64_t not_there;
};

/* --- where the table is ----------------------------------------------------------- */

/* 0: the kernel has no function of that name. */
static struct sonde_error *find_function(struct sonde_linux *kernel,
	const struct sonde_linux_syscall_names *names, const char *name, uint64_t *ret)
{
	struct sonde_symbol symbol;
	char whole[NAME_BYTES];
	bool found;

	snprintf(whole, sizeof(whole), "%s%s", names->prefix, name);
	CHECK(sonde_linux_own_find(kernel, whole, 0, &symbol, &found));
	*ret = found ? symbol.address : 0;
	return NULL;
}

static struct sonde_error *search_table(struct sonde_linux *kernel,
	const struct sonde_linux_syscall_names *names, uint64_t *ret, bool *found)
{
	const struct sonde_linux_image *image = &kernel->image;
	uint64_t first[2];
	uint8_t bytes[sizeof(first)];

	*found = false;
	for (unsigned i = 0; i < 2; i++) {
		CHECK(find_function(kernel, names, sonde_linux_syscall_function(names, i),
			&first[i]));
		if (!first[i])
			return NULL;
		for (unsigned k = 0; k < 8; k++)
			bytes[8 * i + k] = (uint8_t)(first[i] >> 8 * k);
	}
	return sonde_space_search(&kernel->image_space.space, image->first, image->last,
		bytes, sizeof(bytes), ret, found);
}

/* *@p most: how many entries there may be. */
static struct sonde_error *find_table(struct sonde_linux *kernel,
	const struct sonde_linux_syscall_names *names, uint64_t *ret, size_t *most)
{
	struct sonde_symbol symbol;
	bool found;

	*most = CALLS_MAX;
	CHECK(sonde_linux_own_find(kernel, "sys_call_table", 0, &symbol, &found));
	if (found) {
		*ret = symbol.address;
		if (symbol.bytes && symbol.bytes / 8 < CALLS_MAX)
			*most = (size_t)(symbol.bytes / 8);
		return NULL;
	}
	CHECK(search_table(kernel, names, ret, &found));
	if (found)
		return NULL;
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_NOT_FOUND,
			"the kernel's symbols do not tell where sys_call_table is, and "
			"nothing in its image begins as it does"),
		"--symbols FILE tells where it is");
}

/* --- what is in it ---------------------------------------------------------------- */

static bool is_in_image(const struct sonde_linux *kernel, uint64_t address)
{
	return address >= kernel->image.first && address <= kernel->image.last;
}

/* As many as have a function that is known to be in the table. */
static struct sonde_error *count_known(struct sonde_linux *kernel,
	const struct sonde_linux_syscall_names *names, size_t *ret)
{
	for (*ret = names->count; *ret > 0; --*ret) {
		const char *name = sonde_linux_syscall_function(names, *ret - 1);
		uint64_t address = 0;

		if (name && strcmp(name, "ni_syscall") != 0)
			CHECK(find_function(kernel, names, name, &address));
		if (address)
			break;
	}
	return NULL;
}

/* Behind the last one is something else, which does not lead into the image. */
static struct sonde_error *read_table(struct sonde_linux *kernel, uint64_t address,
	size_t most, struct sonde_syscalls *calls)
{
	CLEANUP(cleanup_free) uint64_t *table = calloc(most + 1, sizeof(*table));
	size_t got, known;

	if (!table)
		return sonde_error_no_memory();
	CHECK(sonde_space_read_part(
		&kernel->space.space, address, table, most * sizeof(*table), &got));
	calls->entries = calloc(most + 1, sizeof(*calls->entries));
	if (!calls->entries)
		return sonde_error_no_memory();
	CHECK(count_known(kernel, calls->names, &known));
	if (!known)
		return sonde_error_create(SONDE_ERROR_NOT_FOUND,
			"the kernel has no functions that are called %s*",
			calls->names->prefix);
	while (known < got / 8 && is_in_image(kernel, table[known]))
		known++;
	if (known > got / 8) {
		calls->incomplete = "a part of the table cannot be read";
		known = got / 8;
	}
	for (size_t i = 0; i < known; i++)
		calls->entries[i].call = (struct sonde_syscall){
			.number = (unsigned)i,
			.entry = address + 8 * i,
			.address = table[i],
		};
	calls->count = known;
	return NULL;
}

/* What the address belongs to: the kernel's own, or a module's. */
static struct sonde_error *name_address(struct sonde_linux *kernel, struct entry *entry)
{
	struct sonde_symbol symbol;
	bool found = false;

	if (entry->call.address >> 63)
		CHECK(kernel->target.symbols->at(
			&kernel->target, entry->call.address, &symbol, &found));
	if (!found)
		return NULL;
	memcpy(entry->symbol, symbol.name, sizeof(entry->symbol));
	memcpy(entry->module, symbol.module, sizeof(entry->module));
	entry->call.symbol = entry->symbol;
	entry->call.module = *entry->module ? entry->module : NULL;
	entry->call.offset = entry->call.address - symbol.address;
	return NULL;
}

/* The name of a call's function without what all of them begin with; NULL: it is none. */
static const char *without_prefix(
	const struct sonde_syscalls *calls, const struct entry *entry)
{
	size_t length = strlen(calls->names->prefix);

	return entry->call.symbol && !entry->call.module &&
			       !strncmp(entry->symbol, calls->names->prefix, length)
		       ? entry->symbol + length
		       : NULL;
}

static void name_call(const struct sonde_syscalls *calls, struct entry *entry)
{
	const char *name, *own = without_prefix(calls, entry);
	const char *function =
		sonde_linux_syscall_function(calls->names, entry->call.number);
	size_t length = sonde_linux_syscall_name(calls->names, entry->call.number, &name);

	if (length)
		snprintf(entry->name, sizeof(entry->name), "%.*s", (int)length, name);
	else if (own && strcmp(own, "ni_syscall") != 0)
		snprintf(entry->name, sizeof(entry->name), "%s", own);
	if (*entry->name)
		entry->call.name = entry->name;
	if (!function)
		return;
	snprintf(entry->expected, sizeof(entry->expected), "%s%s", calls->names->prefix,
		function);
	entry->call.expected = entry->expected;
}

/* Of several names of one address the one that is meant. */
static void rename_symbol(
	const struct sonde_syscalls *calls, struct entry *entry, const char *function)
{
	snprintf(entry->symbol, sizeof(entry->symbol), "%s%s", calls->names->prefix,
		function);
	entry->call.symbol = entry->symbol;
	entry->call.offset = 0;
	entry->call.module = NULL;
}

/* *@p expected: where the function is that it should lead to; 0: nobody knows. */
static struct sonde_error *check(struct sonde_linux *kernel,
	const struct sonde_syscalls *calls, struct entry *entry, uint64_t *expected)
{
	struct sonde_syscall *call = &entry->call;

	bool not_there = calls->not_there && call->address == calls->not_there;

	*expected = 0;
	if (not_there)
		rename_symbol(calls, entry, "ni_syscall");
	if (!call->expected) {
		call->ok = not_there || (without_prefix(calls, entry) && !call->offset);
		return NULL;
	}
	/* Nearly all are what the nearest symbol says; else that may be another name. */
	if (!call->offset && call->symbol && !call->module &&
		!strcmp(entry->symbol, entry->expected)) {
		*expected = call->address;
	} else {
		CHECK(find_function(kernel, calls->names,
			entry->expected + strlen(calls->names->prefix), expected));
		if (!*expected)
			*expected = calls->not_there;
	}
	call->ok = *expected && call->address == *expected;
	if (call->ok && !not_there)
		rename_symbol(
			calls, entry, entry->expected + strlen(calls->names->prefix));
	return NULL;
}

/* --- what the kernel does instead ------------------------------------------------- */

/* Whether somewhere in the code is a branch (call, jmp or jcc rel32) to @p wanted, which
 * is far enough away for nothing else to look like it. */
static bool branches_to(
	const uint8_t *code, size_t length, uint64_t address, uint64_t wanted)
{
	for (size_t at = 0; at + 5 <= length; at++) {
		bool jcc = at && code[at - 1] == 0x0f && (code[at] & 0xf0) == 0x80;
		int32_t distance;

		if (code[at] != 0xe8 && code[at] != 0xe9 && !jcc)
			continue;
		memcpy(&distance, code + at + 1, sizeof(distance));
		if (address + at + 5 + (uint64_t)(int64_t)distance == wanted)
			return true;
	}
	return false;
}

/* A kernel whose function is made otherwise would seem to branch to few of them. */
static void judge(struct sonde_syscalls *calls)
{
	size_t count = 0;

	for (size_t i = 0; i < calls->count; i++)
		count += calls->entries[i].call.dispatched;
	for (size_t i = 0; i < calls->count; i++) {
		struct sonde_syscall *call = &calls->entries[i].call;

		call->dispatched_known &= count > calls->count / 2;
		call->dispatched &= call->dispatched_known;
		if (call->dispatched_known)
			call->ok &= call->dispatched;
	}
}

static struct sonde_error *check_dispatcher(struct sonde_linux *kernel,
	struct sonde_syscalls *calls, const uint64_t *expected)
{
	CLEANUP(cleanup_free) uint8_t *code = NULL;
	struct sonde_symbol symbol;
	bool found = false;
	size_t length;

	if (calls->names->dispatcher)
		CHECK(sonde_linux_own_find(
			kernel, calls->names->dispatcher, 0, &symbol, &found));
	if (!found)
		return NULL;
	calls->dispatcher = calls->names->dispatcher;
	length = symbol.bytes < DISPATCHER_MAX ? (size_t)symbol.bytes : DISPATCHER_MAX;
	code = malloc(length + 1);
	if (!code)
		return sonde_error_no_memory();
	CHECK(sonde_space_read_part(
		&kernel->space.space, symbol.address, code, length, &length));
	for (size_t i = 0; i < calls->count; i++) {
		struct sonde_syscall *call = &calls->entries[i].call;

		call->dispatched_known = expected[i] != 0;
		call->dispatched = expected[i] &&
				   branches_to(code, length, symbol.address, expected[i]);
	}
	judge(calls);
	return NULL;
}

/* ---------------------------------------------------------------------------------- */

struct sorted {
	uint64_t address;
	struct entry *entry;
};

static int compare(const void *left, const void *right)
{
	const struct sorted *a = left, *b = right;

	return (a->address > b->address) - (a->address < b->address);
}

/* In the order of addresses: neighbours' names lie together, and are read together. */
static struct sonde_error *name_addresses(
	struct sonde_linux *kernel, struct sonde_syscalls *calls)
{
	CLEANUP(cleanup_free)
	struct sorted *order = calloc(calls->count + 1, sizeof(*order));

	if (!order)
		return sonde_error_no_memory();
	for (size_t i = 0; i < calls->count; i++)
		order[i] = (struct sorted){
			calls->entries[i].call.address, &calls->entries[i]};
	qsort(order, calls->count, sizeof(*order), compare);
	for (size_t i = 0; i < calls->count; i++) {
		CHECK(sonde_context_check_interrupt(kernel->target.sonde));
		CHECK(name_address(kernel, order[i].entry));
	}
	return NULL;
}

static struct sonde_error *read_all(
	struct sonde_linux *kernel, struct sonde_syscalls *calls)
{
	CLEANUP(cleanup_free) uint64_t *expected = NULL;
	uint64_t address = 0;
	size_t most;

	CHECK(find_table(kernel, calls->names, &address, &most));
	CHECK(find_function(kernel, calls->names, "ni_syscall", &calls->not_there));
	CHECK(read_table(kernel, address, most, calls));
	expected = calloc(calls->count + 1, sizeof(*expected));
	if (!expected)
		return sonde_error_no_memory();
	CHECK(name_addresses(kernel, calls));
	for (size_t i = 0; i < calls->count; i++) {
		CHECK(sonde_context_check_interrupt(kernel->target.sonde));
		name_call(calls, &calls->entries[i]);
		CHECK(check(kernel, calls, &calls->entries[i], &expected[i]));
	}
	return check_dispatcher(kernel, calls, expected);
}

static struct sonde_error *open_syscalls(
	struct sonde_target *target, struct sonde_syscalls **ret)
{
	const struct sonde_arch *arch = sonde_target_base(target)->arch;
	const struct sonde_linux_syscall_names *names = sonde_linux_syscall_names(arch);
	struct sonde_syscalls *calls;
	struct sonde_error *error;

	if (!names)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"the numbers of system calls are known for x86_64, aarch64 and "
			"riscv64, and this is %s",
			arch->name);
	calls = calloc(1, sizeof(*calls));
	if (!calls)
		return sonde_error_no_memory();
	calls->names = names;
	error = read_all(sonde_linux_below(target), calls);
	if (error) {
		sonde_syscalls_close(calls);
		return error;
	}
	*ret = calls;
	return NULL;
}

struct sonde_error *sonde_syscalls_open(
	struct sonde_target *target, struct sonde_syscalls **ret)
{
	CHECK(sonde_kernel_find(target));
	return sonde_error_while(open_syscalls(target, ret),
		"reading the table of system calls of %s", sonde_target_name(target));
}

const struct sonde_syscall *sonde_syscalls_next(struct sonde_syscalls *syscalls)
{
	return syscalls->next < syscalls->count
		       ? &syscalls->entries[syscalls->next++].call
		       : NULL;
}

const char *sonde_syscalls_incomplete(const struct sonde_syscalls *syscalls)
{
	return syscalls->incomplete;
}

const char *sonde_syscalls_dispatcher(const struct sonde_syscalls *syscalls)
{
	return syscalls->dispatcher;
}

void sonde_syscalls_close(struct sonde_syscalls *syscalls)
{
	if (!syscalls)
		return;
	free(syscalls->entries);
	free(syscalls);
}
