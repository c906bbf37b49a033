/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What hangs on the kernel's list heads (include/linux/list.h), and what its trees have,
 * which evaluate_tree.c walks. How many elements are followed is bounded, and a list that
 * runs in a circle without coming back to its head is found by a mark that is set anew
 * whenever twice as many have been seen (Brent). The guest may change a list meanwhile.
 */
#include <inttypes.h>
#include <string.h>

#include "evaluate_walk.h"

enum {
	/** At first. */
	CAPACITY = 64,
};

struct sonde_error *sonde_walk_add(struct sonde_walk *walk, uint64_t links)
{
	uint64_t *larger;

	if (walk->count == SONDE_EVALUATE_ELEMENTS_MAX)
		return sonde_evaluate_error(walk->evaluator, walk->node,
			SONDE_ERROR_BAD_DATA,
			"more than %d elements were followed without coming to an end",
			SONDE_EVALUATE_ELEMENTS_MAX);
	if (walk->count == walk->capacity) {
		walk->capacity = walk->capacity ? 2 * walk->capacity : CAPACITY;
		larger = realloc(walk->found, walk->capacity * sizeof(*larger));
		if (!larger)
			return sonde_error_no_memory();
		walk->found = larger;
	}
	walk->found[walk->count++] = links;
	return NULL;
}

struct sonde_error *sonde_walk_member(const struct sonde_walk *walk, const char *tag,
	const char *member, struct sonde_type_member *ret)
{
	struct sonde_type whole;
	bool exists = false;

	CHECK(sonde_evaluate_at(walk->evaluator, walk->node,
		sonde_evaluate_look_up(
			walk->evaluator, SONDE_TYPE_STRUCTS, tag, &exists, &whole)));
	if (!exists)
		return sonde_evaluate_error(walk->evaluator, walk->node,
			SONDE_ERROR_NOT_FOUND, "no type is called 'struct %s'", tag);
	return sonde_evaluate_at(
		walk->evaluator, walk->node, sonde_type_find_member(whole, member, ret));
}

struct sonde_error *sonde_walk_read(
	const struct sonde_walk *walk, uint64_t address, uint64_t *ret)
{
	unsigned bytes = walk->evaluator->address_bits > 32 ? 8 : 4;

	return sonde_error_while(
		sonde_space_read_integer(walk->space, address, bytes, ret),
		"following %s() behind %zu elements", walk->node->text, walk->count);
}

struct sonde_error *sonde_walk_offset(
	const struct sonde_walk *walk, const char *tag, const char *member, uint64_t *ret)
{
	struct sonde_type_member found = {.name = ""};

	CHECK(sonde_walk_member(walk, tag, member, &found));
	*ret = found.bit_offset / 8;
	return NULL;
}

static struct sonde_error *walk_list(struct sonde_walk *walk)
{
	uint64_t next, mark, address = 0;

	CHECK(sonde_walk_offset(walk, "list_head", "next", &next));
	CHECK(sonde_walk_read(walk, walk->head + next, &address));
	mark = walk->head;
	while (address != walk->head) {
		if (address == mark || !address)
			return sonde_evaluate_error(walk->evaluator, walk->node,
				SONDE_ERROR_BAD_DATA,
				address ? "the list runs in a circle behind %zu elements"
					: "the list breaks off behind %zu elements",
				walk->count);
		CHECK(sonde_walk_add(walk, address));
		if (!(walk->count & (walk->count - 1)))
			mark = address;
		CHECK(sonde_walk_read(walk, address + next, &address));
	}
	return NULL;
}

/* Of a head of either kind, and of the nodes that it points to. */
static struct sonde_error *find_hlist(
	const struct sonde_walk *walk, uint64_t *ret_first, uint64_t *ret_next)
{
	struct sonde_type_member first, next;
	struct sonde_type node;

	CHECK(sonde_type_find_member(walk->head_type, "first", &first));
	CHECK(sonde_type_resolve(first.type, &node));
	CHECK(sonde_type_target(node, &node));
	CHECK(sonde_type_find_member(node, "next", &next));
	*ret_first = first.bit_offset / 8;
	*ret_next = next.bit_offset / 8;
	return NULL;
}

/* It ends with 0, or, where it "nulls", with an odd number. */
static struct sonde_error *walk_hlist(struct sonde_walk *walk)
{
	uint64_t first = 0, next = 0, mark = 0, address;

	CHECK(sonde_evaluate_at(
		walk->evaluator, walk->node, find_hlist(walk, &first, &next)));
	CHECK(sonde_walk_read(walk, walk->head + first, &address));
	while (address && !(address & 1)) {
		if (address == mark)
			return sonde_evaluate_error(walk->evaluator, walk->node,
				SONDE_ERROR_BAD_DATA,
				"the list runs in a circle behind %zu elements",
				walk->count);
		CHECK(sonde_walk_add(walk, address));
		if (!(walk->count & (walk->count - 1)))
			mark = address;
		CHECK(sonde_walk_read(walk, address + next, &address));
	}
	return NULL;
}

/* What was given: the head itself, or a pointer to it. */
static struct sonde_error *find_head(struct sonde_walk *walk)
{
	const struct sonde_syntax *argument = walk->node->operands[0];
	struct sonde_operand operand;
	struct sonde_type type;

	CHECK(sonde_evaluate(walk->evaluator, argument, &operand));
	CHECK(sonde_evaluate_at(
		walk->evaluator, argument, sonde_type_resolve(operand.type, &type)));
	if (!sonde_type_is(type, SONDE_TYPE_STRUCT)) {
		CHECK(sonde_evaluate_load(walk->evaluator, argument, &operand));
		CHECK(sonde_evaluate_dereference(
			walk->evaluator, argument, &operand, &operand));
	}
	if (!operand.has_address)
		return sonde_evaluate_error(walk->evaluator, argument,
			SONDE_ERROR_INVALID, "the head of a list is needed here");
	walk->head = operand.address;
	walk->head_type = operand.type;
	return NULL;
}

static struct sonde_error *check_head(struct sonde_walk *walk, const char *const *heads)
{
	char name[SONDE_TYPE_NAME_BYTES];
	struct sonde_type type;

	CHECK(sonde_type_resolve(walk->head_type, &type));
	for (unsigned i = 0; heads[i]; i++) {
		if (!strcmp(sonde_type_tag(type), heads[i]))
			return NULL;
	}
	sonde_type_declare(walk->head_type, "", name, sizeof(name));
	return sonde_evaluate_error(walk->evaluator, walk->node->operands[0],
		SONDE_ERROR_INVALID, "%s() goes along a struct %s, this is a %s",
		walk->node->text, heads[0], name);
}

static struct sonde_error *finish(
	const struct sonde_walk *walk, struct sonde_operand *ret)
{
	struct sonde_operand *elements;

	CHECK(sonde_evaluate_at(walk->evaluator, walk->node,
		sonde_evaluate_allocate(walk->evaluator, walk->count, &elements)));
	for (size_t i = 0; i < walk->count; i++)
		elements[i] = (struct sonde_operand){
			.type = walk->type,
			.address = walk->found[i] - walk->links,
			.has_address = true,
		};
	*ret = (struct sonde_operand){
		.type = walk->type,
		.is_list = true,
		.elements = elements,
		.element_count = walk->count,
	};
	return NULL;
}

static const struct kind {
	const char *name;
	/** The tags that what is walked may have. */
	const char *heads[3];
	/** It leads to the elements themselves, and not to a member of each. */
	bool direct;
	struct sonde_error *(*walk)(struct sonde_walk *walk);
} kinds[] = {
	{"list", {"list_head"}, false, walk_list},
	{"hlist", {"hlist_head", "hlist_nulls_head"}, false, walk_hlist},
	{"rbtree", {"rb_root", "rb_root_cached"}, false, sonde_walk_rbtree},
	{"xarray", {"xarray"}, true, sonde_walk_xarray},
	{"maple", {"maple_tree"}, true, sonde_walk_maple},
};

static struct sonde_error *evaluate_kind(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, const struct kind *kind,
	struct sonde_operand *ret)
{
	struct sonde_walk walk = {.evaluator = evaluator, .node = node};
	struct sonde_type_member member;
	struct sonde_error *error;

	if (!node->operands[1] || !node->operands[2] != kind->direct)
		return sonde_evaluate_error(evaluator, node, SONDE_ERROR_INVALID,
			kind->direct ? "%s() takes 2 arguments: %s(&tree, struct TYPE)"
				     : "%s() takes 3 arguments: %s(&head, struct TYPE, "
				       "member)",
			node->text, node->text);
	CHECK(find_head(&walk));
	CHECK(check_head(&walk, kind->heads));
	CHECK(sonde_evaluate_type(evaluator, node->operands[1], &walk.type));
	if (!kind->direct) {
		CHECK(sonde_evaluate_path(
			evaluator, node->operands[2], walk.type, &member));
		walk.links = member.bit_offset / 8;
	}
	if (evaluator->types_only)
		return finish(&walk, ret);
	CHECK(sonde_evaluate_space(evaluator, node, &walk.space));
	error = kind->walk(&walk);
	if (!error)
		error = finish(&walk, ret);
	free(walk.found);
	return error;
}

struct sonde_error *sonde_evaluate_list(const struct sonde_evaluator *evaluator,
	const struct sonde_syntax *node, bool *found, struct sonde_operand *ret)
{
	*found = false;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(node->text, kinds[i].name) != 0)
			continue;
		*found = true;
		return evaluate_kind(evaluator, node, &kinds[i], ret);
	}
	return NULL;
}
