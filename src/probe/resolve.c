/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a user's words to addresses: symbols, lines of source code, expressions. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sonde/line.h>

#include "grow.h"
#include "probe.h"

enum {
	/** Symbols with the same name that are listed in an error. */
	LISTED_MAX = 8,
};

/* --- what was found --------------------------------------------------------------------
 */

struct sonde_error *sonde_probe_found_add(struct sonde_probe_findings *findings,
	uint64_t address, enum sonde_probe_role role, const char *function)
{
	struct sonde_probe_found found = {.address = address, .role = role};

	if (findings->count == SONDE_PROBE_PLACES_MAX)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"a probe has at most %d places, there are more",
			SONDE_PROBE_PLACES_MAX);
	CHECK(SONDE_GROW(&findings->list, findings->count, &findings->capacity));
	if (role != SONDE_PROBE_AT_NONE && *function) {
		found.function = strdup(function);
		if (!found.function)
			return sonde_error_no_memory();
	} else {
		found.role = SONDE_PROBE_AT_NONE;
	}
	findings->list[findings->count++] = found;
	return NULL;
}

void sonde_probe_findings_deinit(struct sonde_probe_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		free(findings->list[i].function);
	free(findings->list);
}

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

/* "2 symbols are called so: 0xffffffff81000000, 0xffffffffc0000000 [ext4]". */
static struct sonde_error *refuse_several(
	struct sonde_target *target, const char *name, size_t count)
{
	char list[64 * LISTED_MAX] = "";
	struct sonde_symbol symbol;

	for (unsigned i = 0; i < count && i < LISTED_MAX; i++) {
		size_t length = strlen(list);

		CHECK(sonde_symbol_find(target, name, i, &symbol));
		snprintf(list + length, sizeof(list) - length, "%s0x%" PRIx64 "%s%.32s%s",
			i ? ", " : "", symbol.address, *symbol.module ? " [" : "",
			symbol.module, *symbol.module ? "]" : "");
	}
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_INVALID, "%zu symbols are called so: %s%s",
			count, list, count > LISTED_MAX ? ", .." : ""),
		"take an address of one of them, or all");
}

/* Each one's address once; @p offset is added. */
static struct sonde_error *add_symbols(const struct sonde_probe_question *question,
	const char *name, uint64_t offset, struct sonde_probe_findings *ret)
{
	enum sonde_probe_role role = offset ? SONDE_PROBE_AT_NONE : SONDE_PROBE_AT_ENTRY;
	struct sonde_symbol symbol;
	struct sonde_error *error;
	size_t first = ret->count;

	for (unsigned number = 0;; number++) {
		bool known = false;

		error = sonde_symbol_find(question->target, name, number, &symbol);
		if (number && sonde_error_is(error, SONDE_ERROR_NOT_FOUND)) {
			sonde_error_destroy(error);
			break;
		}
		CHECK(error);
		if (offset)
			CHECK(sonde_probe_check_beginning(
				question->target, &symbol, offset));
		for (size_t i = first; i < ret->count && !known; i++)
			known = ret->list[i].address == symbol.address + offset;
		if (!known)
			CHECK(sonde_probe_found_add(
				ret, symbol.address + offset, role, symbol.name));
	}
	if (ret->count - first > 1 && !question->all)
		return refuse_several(question->target, name, ret->count - first);
	return NULL;
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

/* A path, a colon, a number: nothing that an expression could be. */
bool sonde_probe_is_line(const char *text)
{
	const char *colon = strrchr(text, ':');

	return colon && colon > text && strpbrk(text, "./") && colon[1] &&
	       strspn(colon + 1, "0123456789") == strlen(colon + 1) &&
	       !strpbrk(text, "?*[]()$&|+ \t\"'<>=!,;");
}

struct sonde_error *sonde_probe_name_function(
	struct sonde_target *target, uint64_t address, char name[SONDE_SYMBOL_NAME_BYTES])
{
	struct sonde_symbol symbol;
	struct sonde_error *error = sonde_symbol_at(target, address, &symbol);

	*name = '\0';
	if (!error && symbol.address == address)
		memcpy(name, symbol.name, sizeof(symbol.name));
	if (!error || sonde_error_is(error, SONDE_ERROR_NOT_FOUND) ||
		sonde_error_is(error, SONDE_ERROR_UNSUPPORTED)) {
		sonde_error_destroy(error);
		return NULL;
	}
	return error;
}

static struct sonde_error *add_address(const struct sonde_probe_question *question,
	uint64_t address, struct sonde_probe_findings *ret)
{
	char name[SONDE_SYMBOL_NAME_BYTES];

	CHECK(sonde_probe_name_function(question->target, address, name));
	return sonde_probe_found_add(ret, address, SONDE_PROBE_AT_ENTRY, name);
}

/* Each address where the line begins, once in each function and inlined copy. */
static struct sonde_error *add_line(const struct sonde_probe_question *question,
	const char *text, struct sonde_probe_findings *ret)
{
	const char *colon = strrchr(text, ':');
	unsigned long wanted = strtoul(colon + 1, NULL, 10);
	struct sonde_error *error;
	struct sonde_line line;
	uint64_t *addresses;
	size_t count;
	char *file;

	if (!wanted || wanted > INT32_MAX)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "lines are counted from 1");
	file = strndup(text, (size_t)(colon - text));
	if (!file)
		return sonde_error_no_memory();
	error = sonde_line_find(
		question->target, file, (unsigned)wanted, &line, &addresses, &count);
	free(file);
	CHECK(error);
	for (size_t i = 0; i < count && !error; i++)
		error = add_address(question, addresses[i], ret);
	free(addresses);
	return error;
}

/* As the user's words have them, before the kind of probe has its say. */
static struct sonde_error *add_named(
	const struct sonde_probe_question *question, struct sonde_probe_findings *ret)
{
	const char *text = question->text;
	struct sonde_error *error;
	struct sonde_value value;
	uint64_t offset;
	size_t length;
	char *name;

	if (!text)
		return add_address(question, question->address, ret);
	if (sonde_probe_is_line(text))
		return add_line(question, text, ret);
	length = split(text, &offset);
	if (!length) {
		CHECK(evaluate(question->target, text, &value));
		return add_address(question, value.integer, ret);
	}
	name = strndup(text, length);
	if (!name)
		return sonde_error_no_memory();
	error = add_symbols(question, name, offset, ret);
	free(name);
	return error;
}

/* --- all kinds -------------------------------------------------------------------------
 */

static struct sonde_error *add_by_kind(const struct sonde_probe_question *question,
	uint64_t address, struct sonde_probe_findings *ret)
{
	if (question->kind == SONDE_PROBE_CALL_SITES)
		return sonde_probe_find_call_sites(question->target, address, ret);
	return sonde_probe_find_inside(question, address, ret);
}

/* Only there the address to return to is where the calling convention has it. */
static struct sonde_error *check_entry(
	struct sonde_target *target, const struct sonde_probe_found *found)
{
	struct sonde_symbol symbol;
	struct sonde_error *error;

	if (found->role == SONDE_PROBE_AT_ENTRY)
		return NULL;
	error = sonde_symbol_at(target, found->address, &symbol);
	/* Where no symbols are, whoever says that it is one is believed. */
	if (error) {
		sonde_error_destroy(error);
		return NULL;
	}
	return sonde_error_create(SONDE_ERROR_INVALID,
		"0x%" PRIx64 " is not the first instruction of '%s'", found->address,
		symbol.name);
}

struct sonde_error *sonde_probe_resolve(
	const struct sonde_probe_question *question, struct sonde_probe_findings *ret)
{
	struct sonde_probe_findings functions = {.count = 0};
	struct sonde_error *error;

	if (question->kind != SONDE_PROBE_INSIDE &&
		question->kind != SONDE_PROBE_CALL_SITES) {
		CHECK(add_named(question, ret));
		for (size_t i = 0; question->kind == SONDE_PROBE_RETURN && i < ret->count;
			i++)
			CHECK(check_entry(question->target, &ret->list[i]));
		return NULL;
	}
	error = add_named(question, &functions);
	for (size_t i = 0; i < functions.count && !error; i++)
		error = add_by_kind(question, functions.list[i].address, ret);
	sonde_probe_findings_deinit(&functions);
	return error;
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

static struct sonde_error *take_addresses(
	const struct sonde_probe_findings *findings, uint64_t **ret, size_t *count)
{
	uint64_t *list = calloc(findings->count + 1, sizeof(*list));
	size_t kept = 0;

	if (!list)
		return sonde_error_no_memory();
	for (size_t i = 0; i < findings->count; i++)
		list[i] = findings->list[i].address;
	qsort(list, findings->count, sizeof(*list), compare);
	for (size_t i = 0; i < findings->count; i++)
		if (!kept || list[kept - 1] != list[i])
			list[kept++] = list[i];
	*ret = list;
	*count = kept;
	return NULL;
}

struct sonde_error *sonde_probe_find_places(struct sonde_target *target,
	const struct sonde_probe_options *options, uint64_t **ret, size_t *count)
{
	struct sonde_probe_question question = {target, options->kind,
		options->instructions, options->all, options->place, options->address};
	struct sonde_probe_findings findings = {.count = 0};
	struct sonde_error *error;

	CHECK(sonde_probe_check_options(options));
	if (options->kind >= SONDE_PROBE_WATCH_WRITE &&
		options->kind <= SONDE_PROBE_WATCH_ACCESS)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "watched memory is one place");
	error = sonde_probe_resolve(&question, &findings);
	if (!error)
		error = take_addresses(&findings, ret, count);
	sonde_probe_findings_deinit(&findings);
	return sonde_error_while(
		error, "looking for places of '%s'", options->place ?: "an address");
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
	probe->watched_typed = value.has_address && value.bytes;
	probe->watched_type = value.type;
	if (!*length)
		*length = value.has_address && value.bytes
				  ? value.bytes
				  : sonde_target_address_bits(target) / 8;
	return NULL;
}
