/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Instructions of a kind within a function: calls, returns, jumps. */
#include <string.h>

#include "probe.h"

struct inside {
	const struct sonde_probe_question *question;
	struct sonde_symbol function;
	struct sonde_probe_findings *found;
};

static unsigned kinds_of(const struct sonde_probe_question *question)
{
	return question->kind == SONDE_PROBE_CALLS ? (unsigned)SONDE_INSIDE_CALLS
						   : question->instructions;
}

/* "f.cold" is "f", in another place. */
static bool is_part_of(const char *part, const char *whole)
{
	size_t length = strlen(whole);

	return !strncmp(part, whole, length) && (!part[length] || part[length] == '.');
}

static struct sonde_error *classify_jump(
	const struct inside *inside, const struct sonde_flow *flow, unsigned *ret)
{
	struct sonde_target *target = inside->question->target;
	const struct sonde_symbol *function = &inside->function;
	char name[SONDE_SYMBOL_NAME_BYTES] = "";

	*ret = SONDE_INSIDE_JUMPS;
	if (!flow->has_target || flow->target - function->address < function->bytes)
		return NULL;
	CHECK(sonde_probe_name_function(target, flow->target, name));
	if (!*name || is_part_of(name, function->name))
		return NULL;
	*ret = sonde_symbol_is_return(target, name) ? SONDE_INSIDE_RETURNS
						    : SONDE_INSIDE_TAIL_CALLS;
	return NULL;
}

static struct sonde_error *look(void *user, const struct sonde_flow *flow)
{
	const struct inside *inside = user;
	enum sonde_probe_role role = SONDE_PROBE_AT_NONE;
	unsigned kind = 0;

	if (flow->kind == SONDE_FLOW_CALL)
		kind = SONDE_INSIDE_CALLS;
	else if (flow->kind == SONDE_FLOW_RETURN)
		kind = SONDE_INSIDE_RETURNS;
	else if (flow->kind == SONDE_FLOW_JUMP)
		CHECK(classify_jump(inside, flow, &kind));
	if (!(kind & kinds_of(inside->question)))
		return NULL;
	if (kind == SONDE_INSIDE_RETURNS)
		role = SONDE_PROBE_AT_RETURN;
	return sonde_probe_found_add(
		inside->found, flow->address, role, inside->function.name);
}

static struct sonde_error *read_code(
	const struct inside *inside, uint8_t *code, size_t length)
{
	struct sonde_space *space;

	CHECK(sonde_target_virtual(inside->question->target, NULL, &space));
	return sonde_space_read(space, inside->function.address, code, length);
}

struct sonde_error *sonde_probe_find_inside(const struct sonde_probe_question *question,
	uint64_t address, struct sonde_probe_findings *ret)
{
	struct inside inside = {.question = question, .found = ret};
	struct sonde_symbol *function = &inside.function;
	struct sonde_error *error;
	uint8_t *code;

	CHECK(sonde_symbol_at(question->target, address, function));
	if (!function->bytes || function->bytes > SONDE_PROBE_FUNCTION_MAX)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"nobody knows where '%s' ends", function->name);
	code = malloc(function->bytes);
	if (!code)
		return sonde_error_no_memory();
	error = read_code(&inside, code, (size_t)function->bytes);
	if (!error)
		error = sonde_target_walk_code(question->target, function->address, code,
			(size_t)function->bytes, look, &inside);
	free(code);
	if (!error && !ret->count)
		error = question->kind == SONDE_PROBE_CALLS
				? sonde_error_create(SONDE_ERROR_INVALID,
					  "the function calls nothing")
				: sonde_error_create(SONDE_ERROR_INVALID,
					  "the function has no such instruction");
	return error;
}
