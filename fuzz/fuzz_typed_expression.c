/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An expression over types and memory that come from the input as well: its text ends
 * with a NUL, BTF follows, and what is behind that is the guest's memory, 64 KiB at most,
 * from address 0x10000 on. The scope calls variables by the numbers of their types:
 * v7 is of type 7, p7 one of each CPU, u7 of none that is known. All lie at one place.
 */
#include <stdlib.h>
#include <string.h>

#include "btf.h"
#include "scope.h"
#include "type_facet.h"

enum {
	BASE = 0x10000,
	MEMORY_BYTES = 0x10000,
	/** Of an expression. */
	TEXT_MAX = 4096,
};

struct sonde_target {
	unsigned address_bits;
};

struct sonde_thread {
	unsigned number;
};

struct sonde_space {
	uint8_t *bytes;
	size_t length;
};

static struct sonde_thread current = {1};
static struct sonde_space memory;
static struct sonde_types *types;

const struct sonde_register *sonde_thread_find_register(
	const struct sonde_thread *thread, const char *name)
{
	static const struct sonde_register reg = {.name = "r", .bits = 64};

	(void)thread;
	return *name == 'r' ? &reg : NULL;
}

struct sonde_error *sonde_thread_read_register(struct sonde_thread *thread,
	const struct sonde_register *which, struct sonde_register_value *ret)
{
	(void)thread;
	memset(ret, 0, sizeof(*ret));
	ret->bits = which->bits;
	ret->available = true;
	return NULL;
}

uint64_t sonde_register_value_integer(const struct sonde_register_value *value)
{
	(void)value;
	return BASE + 64;
}

unsigned sonde_thread_number(const struct sonde_thread *thread)
{
	return thread->number;
}

unsigned sonde_target_address_bits(const struct sonde_target *target)
{
	return target->address_bits;
}

struct sonde_error *sonde_target_current_thread(
	struct sonde_target *target, struct sonde_thread **ret)
{
	(void)target;
	*ret = &current;
	return NULL;
}

struct sonde_error *sonde_target_virtual(struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_space **ret)
{
	(void)target;
	(void)thread;
	*ret = &memory;
	return NULL;
}

static bool is_within(const struct sonde_space *space, uint64_t address, size_t length)
{
	return address >= BASE && length <= space->length &&
	       address - BASE <= space->length - length;
}

struct sonde_error *sonde_space_read(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	if (!is_within(space, address, length))
		return sonde_error_fault(address, NULL);
	if (length)
		memcpy(buffer, space->bytes + (address - BASE), length);
	return NULL;
}

struct sonde_error *sonde_space_write(
	struct sonde_space *space, uint64_t address, const void *data, size_t length)
{
	if (!is_within(space, address, length))
		return sonde_error_fault(address, NULL);
	if (length)
		memcpy(space->bytes + (address - BASE), data, length);
	return NULL;
}

struct sonde_error *sonde_space_read_integer(
	struct sonde_space *space, uint64_t address, unsigned bytes, uint64_t *ret)
{
	uint64_t integer = 0;

	if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8)
		abort();
	CHECK(sonde_space_read(space, address, &integer, bytes));
	*ret = integer;
	return NULL;
}

struct sonde_error *sonde_space_read_string(
	struct sonde_space *space, uint64_t address, size_t maximum, char **ret)
{
	size_t length = 0;

	for (; length < maximum; length++) {
		uint8_t byte;

		CHECK(sonde_space_read(space, address + length, &byte, 1));
		if (!byte) {
			*ret = strdup((char *)space->bytes + (address - BASE));
			return NULL;
		}
	}
	return sonde_error_create(SONDE_ERROR_BAD_DATA, "no end");
}

static struct sonde_error *find_variable(struct sonde_scope *scope,
	struct sonde_thread *thread, const char *name, bool *found,
	struct sonde_variable *ret)
{
	unsigned long id = strtoul(name + 1, NULL, 10);

	(void)scope;
	(void)thread;
	*found = strchr("vpu", *name) && id < types->count;
	if (!*found)
		return NULL;
	ret->address = BASE + 256;
	ret->per_cpu = *name == 'p';
	return *name == 'u' ? NULL : sonde_type_make(types, id, &ret->type);
}

static struct sonde_error *find_per_cpu(
	struct sonde_scope *scope, uint64_t address, uint64_t cpu, uint64_t *ret)
{
	(void)scope;
	*ret = address + 64 * cpu;
	return NULL;
}

static const struct sonde_scope_ops ops = {
	.variable = find_variable,
	.per_cpu = find_per_cpu,
};

static struct sonde_scope scope = {&ops, "fuzzed", NULL};

struct sonde_error *sonde_target_types(
	struct sonde_target *target, const struct sonde_types **ret)
{
	(void)target;
	*ret = types;
	return NULL;
}

struct sonde_error *sonde_target_scope(
	struct sonde_target *target, struct sonde_scope **ret)
{
	(void)target;
	scope.types = types;
	*ret = &scope;
	return NULL;
}

static void show(const struct sonde_value *value)
{
	struct sonde_value_format how = {
		.size = sizeof(how), .depth = 2, .elements = 20, .text = 30};
	struct sonde_error *error;
	char *text = NULL;

	error = sonde_value_format(value, &how, &text);
	if ((error == NULL) != (text != NULL))
		abort();
	sonde_error_destroy(error);
	free(text);
}

static void evaluate(const struct sonde_expression *expression, unsigned address_bits)
{
	struct sonde_target target = {address_bits};
	struct sonde_value *values = NULL;
	struct sonde_error *error;
	bool is_list;
	size_t count = 0;

	error = sonde_expression_evaluate_all(
		expression, &target, &current, &is_list, &values, &count);
	if (error && !strstr(sonde_error_what(error), "evaluating '"))
		abort();
	sonde_error_destroy(error);
	for (size_t i = 0; i < count && i < 4; i++)
		show(&values[i]);
	free(values);
}

static void run(const char *text)
{
	struct sonde_expression *expression = NULL;
	struct sonde_error *error = sonde_expression_create_assignment(text, &expression);

	if ((error == NULL) == (expression == NULL))
		abort();
	sonde_error_destroy(error);
	if (!expression)
		return;
	evaluate(expression, 64);
	evaluate(expression, 32);
	sonde_expression_destroy(expression);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, 0, size);
	size_t text_bytes = end ? (size_t)(end - data) + 1 : 0, btf_bytes = 0;
	struct sonde_error *error;

	if (!end || text_bytes > TEXT_MAX)
		return 0;
	data += text_bytes;
	size -= text_bytes;
	types = NULL;
	error = sonde_btf_create(data, size, NULL, 8, &types);
	if (!error)
		error = sonde_btf_size(data, &btf_bytes);
	sonde_error_destroy(error);
	if (!types)
		return 0;
	/* Memory of its own, so that nobody reads or writes beside it. */
	memory.length = size - btf_bytes < MEMORY_BYTES ? size - btf_bytes : MEMORY_BYTES;
	memory.bytes = malloc(memory.length + 1);
	if (memory.bytes) {
		memcpy(memory.bytes, data + btf_bytes, memory.length);
		memory.bytes[memory.length] = 0;
		run((const char *)data - text_bytes);
	}
	free(memory.bytes);
	sonde_types_destroy(types);
	return 0;
}
