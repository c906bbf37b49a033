/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Instructions of a kind within a function: calls, returns, jumps. */
#include <inttypes.h>
#include <string.h>

#include "probe.h"

enum {
	/** No architecture has a longer instruction. */
	INSTRUCTION_BYTES = 16,
};

struct inside {
	const struct sonde_probe_question *question;
	struct sonde_symbol function;
	struct sonde_probe_findings *found;
};

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
	if (!(kind & inside->question->instructions))
		return NULL;
	if (kind == SONDE_INSIDE_RETURNS)
		role = SONDE_PROBE_AT_RETURN;
	return sonde_probe_found_add(
		inside->found, flow->address, role, inside->function.name);
}

static struct sonde_error *walk(struct sonde_target *target, uint64_t address,
	size_t length, sonde_flow_visitor *visit, void *user)
{
	CLEANUP(cleanup_free) uint8_t *code = malloc(length);
	struct sonde_space *space;

	if (!code)
		return sonde_error_no_memory();
	CHECK(sonde_target_virtual(target, NULL, &space));
	CHECK(sonde_space_read(space, address, code, length));
	return sonde_target_walk_code(target, address, code, length, visit, user);
}

struct sonde_error *sonde_probe_find_inside(const struct sonde_probe_question *question,
	uint64_t address, struct sonde_probe_findings *ret)
{
	struct inside inside = {.question = question, .found = ret};
	struct sonde_symbol *function = &inside.function;

	CHECK(sonde_symbol_at(question->target, address, function));
	if (!function->bytes || function->bytes > SONDE_PROBE_FUNCTION_MAX)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"nobody knows where '%s' ends", function->name);
	CHECK(walk(question->target, function->address, (size_t)function->bytes, look,
		&inside));
	if (ret->count)
		return NULL;
	return sonde_error_create(
		SONDE_ERROR_INVALID, question->instructions == SONDE_INSIDE_CALLS
					     ? "the function calls nothing"
					     : "the function has no such instruction");
}

/* --- where instructions begin ----------------------------------------------------------
 */

struct beginning {
	uint64_t address;
	/** The last one that begins there, or before. */
	uint64_t last;
};

static struct sonde_error *come_to(void *user, const struct sonde_flow *flow)
{
	struct beginning *beginning = user;

	if (flow->address <= beginning->address)
		beginning->last = flow->address;
	return NULL;
}

struct sonde_error *sonde_probe_check_beginning(
	struct sonde_target *target, const struct sonde_symbol *symbol, uint64_t offset)
{
	struct beginning beginning = {.address = symbol->address + offset};
	struct sonde_error *error;

	if (offset > SONDE_PROBE_FUNCTION_MAX)
		return NULL;
	error = walk(target, symbol->address, (size_t)offset + INSTRUCTION_BYTES, come_to,
		&beginning);
	if (!error && beginning.last != beginning.address)
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_INVALID,
				"this is within an instruction, which begins at "
				"%s+0x%" PRIx64,
				symbol->name, beginning.last - symbol->address),
			"an address as a number is taken as it is");
	/* It cannot be told. */
	sonde_error_destroy(error);
	return NULL;
}
