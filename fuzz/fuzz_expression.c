/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any text as an expression, evaluated without a target and on targets made up
 * here, whose memory and registers hold numbers that depend on the address. Link
 * with src/symbols and src/base alone.
 */
#include <stdlib.h>
#include <string.h>

#include <sonde/expression.h>

#include "scope.h"
#include "type_facet.h"

struct sonde_target {
	unsigned address_bits;
};

struct sonde_thread {
	unsigned number;
};

struct sonde_space {
	unsigned reads;
};

static struct sonde_thread current = {1};
static struct sonde_space memory;
/* The width is the name's length: any name is a register. */
static struct sonde_register reg = {.name = "r"};

const struct sonde_register *sonde_thread_find_register(
	const struct sonde_thread *thread, const char *name)
{
	(void)thread;
	reg.bits = (unsigned)strlen(name) * 8;
	return reg.bits < 100 ? &reg : NULL;
}

struct sonde_error *sonde_thread_read_register(struct sonde_thread *thread,
	const struct sonde_register *which, struct sonde_register_value *ret)
{
	(void)thread;
	memset(ret, 0x81, sizeof(*ret));
	ret->bits = which->bits;
	ret->available = true;
	return NULL;
}

uint64_t sonde_register_value_integer(const struct sonde_register_value *value)
{
	return value->bits < 64 ? (UINT64_C(1) << value->bits) - 1 : UINT64_MAX;
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

struct sonde_error *sonde_target_types(
	struct sonde_target *target, const struct sonde_types **ret)
{
	(void)target;
	(void)ret;
	return sonde_error_create(SONDE_ERROR_UNSUPPORTED, "no types");
}

struct sonde_error *sonde_target_scope(
	struct sonde_target *target, struct sonde_scope **ret)
{
	(void)target;
	*ret = NULL;
	return NULL;
}

/* Without types there are neither bit-fields nor assignments. */
struct sonde_error *sonde_space_read(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	(void)space;
	(void)address;
	(void)buffer;
	(void)length;
	abort();
}

struct sonde_error *sonde_space_write(
	struct sonde_space *space, uint64_t address, const void *data, size_t length)
{
	(void)space;
	(void)address;
	(void)data;
	(void)length;
	abort();
}

struct sonde_error *sonde_space_read_integer(
	struct sonde_space *space, uint64_t address, unsigned bytes, uint64_t *ret)
{
	space->reads++;
	if (address % 7 == 3)
		return sonde_error_fault(address, NULL);
	*ret = address * UINT64_C(0x9e3779b97f4a7c15) >> (64 - 8 * bytes);
	return NULL;
}

struct sonde_error *sonde_space_read_string(
	struct sonde_space *space, uint64_t address, size_t maximum, char **ret)
{
	space->reads++;
	if (address % 7 == 3 || maximum < 2)
		return sonde_error_create(SONDE_ERROR_BAD_DATA, "no end");
	*ret = strdup("a");
	return NULL;
}

static void evaluate(const struct sonde_expression *expression,
	struct sonde_target *target, struct sonde_thread *thread)
{
	struct sonde_value value;
	struct sonde_error *error =
		sonde_expression_evaluate(expression, target, thread, &value);

	if (!error && (!value.bytes || value.bytes > 8) && !value.type.count)
		abort();
	if (error && !strstr(sonde_error_what(error), "evaluating '"))
		abort();
	sonde_error_destroy(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sonde_target wide = {64}, narrow = {32}, odd = {20};
	struct sonde_expression *expression = NULL;
	char *text = malloc(size + 1);
	struct sonde_error *error;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	error = sonde_expression_create(text, &expression);
	free(text);
	if ((error == NULL) == (expression == NULL))
		abort();
	if (error && !strstr(sonde_error_why(error), "column "))
		abort();
	sonde_error_destroy(error);
	if (!expression)
		return 0;
	evaluate(expression, NULL, NULL);
	evaluate(expression, &wide, &current);
	evaluate(expression, &narrow, NULL);
	evaluate(expression, &odd, &current);
	sonde_expression_destroy(expression);
	return 0;
}
