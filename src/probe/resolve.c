/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a user's words to addresses: symbols, expressions, instructions that call. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "probe.h"

enum {
	/** Of a function that is looked through for calls. */
	FUNCTION_MAX = 1 << 20,
};

typedef struct sonde_error *finder(
	struct sonde_probe *probe, uint64_t address, const char *function);

/* --- words -----------------------------------------------------------------------------
 */

/* "schedule", "a.isra.0", "schedule+0x10": how long the name is, 0 if it is no symbol. */
static size_t split(const char *text, uint64_t *offset)
{
	size_t length = 0;
	char *end;

	*offset = 0;
	if (!isalpha((unsigned char)*text) && *text != '_' && *text != '.')
		return 0;
	while (isalnum((unsigned char)text[length]) ||
		(text[length] && strchr("_.$", text[length])))
		length++;
	if (!text[length])
		return length;
	if (text[length] != '+' || !isdigit((unsigned char)text[length + 1]))
		return 0;
	*offset = strtoull(text + length + 1, &end, 0);
	return *end ? 0 : length;
}

static struct sonde_error *find_symbol(struct sonde_target *target, const char *text,
	size_t length, struct sonde_symbol *ret)
{
	struct sonde_symbol other;
	struct sonde_error *error;
	char *name = strndup(text, length);

	if (!name)
		return sonde_error_no_memory();
	error = sonde_symbol_find(target, name, 0, ret);
	if (!error) {
		error = sonde_symbol_find(target, name, 1, &other);
		if (!error && other.address != ret->address)
			error = sonde_error_suggest(
				sonde_error_create(SONDE_ERROR_INVALID,
					"several symbols are called so"),
				"take an address of one of them");
		else if (sonde_error_is(error, SONDE_ERROR_NOT_FOUND)) {
			sonde_error_destroy(error);
			error = NULL;
		}
	}
	free(name);
	return error;
}

static struct sonde_error *evaluate(
	struct sonde_target *target, const char *text, struct sonde_value *ret)
{
	struct sonde_expression *expression;
	struct sonde_error *error;

	CHECK(sonde_expression_create(text, &expression));
	error = sonde_expression_evaluate(expression, target, NULL, ret);
	sonde_expression_destroy(expression);
	return error;
}

static struct sonde_error *find_address(
	struct sonde_target *target, const char *text, uint64_t *ret, char *name)
{
	struct sonde_symbol symbol;
	struct sonde_value value;
	uint64_t offset;
	size_t length = split(text, &offset);

	*name = '\0';
	if (!length) {
		CHECK(evaluate(target, text, &value));
		*ret = value.integer;
		return NULL;
	}
	CHECK(find_symbol(target, text, length, &symbol));
	*ret = symbol.address + offset;
	if (!offset)
		memcpy(name, symbol.name, sizeof(symbol.name));
	return NULL;
}

/* The function that begins at @p address; *@p name is "" where nobody knows one. */
static struct sonde_error *name_function(
	struct sonde_target *target, uint64_t address, char *name)
{
	struct sonde_symbol symbol;
	struct sonde_error *error = sonde_symbol_at(target, address, &symbol);

	if (!error && symbol.address == address)
		memcpy(name, symbol.name, sizeof(symbol.name));
	if (!error || sonde_error_is(error, SONDE_ERROR_NOT_FOUND) ||
		sonde_error_is(error, SONDE_ERROR_UNSUPPORTED)) {
		sonde_error_destroy(error);
		return NULL;
	}
	return error;
}

/* --- calls in a function ---------------------------------------------------------------
 */

static bool is_call(const struct sonde_arch_calls *calls, const char *text)
{
	size_t length = strcspn(text, " \t");

	for (const char *const *word = calls->call_words; *word; word++)
		if (strlen(*word) == length && !memcmp(*word, text, length))
			return true;
	return false;
}

static struct sonde_error *find_calls_in(struct sonde_probe *probe, uint64_t address,
	const uint8_t *code, size_t length, finder *found)
{
	struct sonde_target *target = probe->probes->target;
	const struct sonde_arch_calls *calls;
	struct sonde_instruction instruction;
	struct sonde_error *error;

	CHECK(sonde_probe_calls(probe->probes, &calls));
	for (size_t at = 0; at < length; at += instruction.length) {
		error = sonde_disassemble(
			target, NULL, address + at, code + at, length - at, &instruction);
		if (sonde_error_is(error, SONDE_ERROR_BAD_DATA)) {
			/* The last one is cut short: what follows is not of this
			 * function. */
			sonde_error_destroy(error);
			break;
		}
		CHECK(error);
		if (is_call(calls, instruction.text))
			CHECK(found(probe, address + at, ""));
		if (!instruction.length)
			break;
	}
	return NULL;
}

static struct sonde_error *find_calls(
	struct sonde_probe *probe, uint64_t address, finder *found)
{
	struct sonde_target *target = probe->probes->target;
	struct sonde_space *space;
	struct sonde_symbol symbol;
	struct sonde_error *error;
	uint8_t *code;

	CHECK(sonde_symbol_at(target, address, &symbol));
	if (!symbol.bytes || symbol.bytes > FUNCTION_MAX)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"nobody knows where '%s' ends", symbol.name);
	code = malloc(symbol.bytes);
	if (!code)
		return sonde_error_no_memory();
	error = sonde_target_virtual(target, NULL, &space);
	if (!error)
		error = sonde_space_read(
			space, symbol.address, code, (size_t)symbol.bytes);
	if (!error)
		error = find_calls_in(
			probe, symbol.address, code, (size_t)symbol.bytes, found);
	free(code);
	if (!error && !probe->links)
		error = sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "the function calls nothing");
	return error;
}

struct sonde_error *sonde_probe_resolve(
	struct sonde_probe *probe, const char *text, uint64_t address, finder *found)
{
	struct sonde_target *target = probe->probes->target;
	char name[SONDE_SYMBOL_NAME_BYTES] = "";

	if (text)
		CHECK(find_address(target, text, &address, name));
	if (probe->kind == SONDE_PROBE_CALLS)
		return find_calls(probe, address, found);
	if (!*name)
		CHECK(name_function(target, address, name));
	return found(probe, address, name);
}

/* --- memory ----------------------------------------------------------------------------
 */

struct sonde_error *sonde_probe_resolve_watched(
	struct sonde_probe *probe, const char *text, uint64_t *address, uint64_t *length)
{
	struct sonde_target *target = probe->probes->target;
	struct sonde_value value = {.has_address = false};

	if (text) {
		CHECK(evaluate(target, text, &value));
		*address = value.has_address ? value.address : value.integer;
	}
	if (!*length)
		*length = value.has_address && value.bytes
				  ? value.bytes
				  : sonde_target_address_bits(target) / 8;
	return NULL;
}
