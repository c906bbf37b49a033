/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a function is called from. All code is searched for bytes that call it; where
 * instructions have various lengths such bytes may be part of another one, so the
 * function around them is decoded from its beginning.
 */
#include <string.h>

#include "probe.h"
#include "space_search.h"

enum {
	/** Of code that is read at a time (bytes). */
	PIECE = 1 << 20,
	/** What is read before and behind a piece: a call may begin in one and end in the
	 * next, and RISC-V's are two instructions. */
	MARGIN = 8,
	/** Of all code: a level that says that it has more is not believed. */
	CODE_MAX = 1 << 30,
	/** Ranges of code. */
	RANGES_MAX = 1 << 16,
};

struct search {
	struct sonde_target *target;
	const struct sonde_arch *arch;
	struct sonde_space *space;
	/** Who is called; its name, or "". */
	uint64_t callee;
	char name[SONDE_SYMBOL_NAME_BYTES];
	uint8_t *buffer;
	uint64_t searched;
	/** Bytes that may be calls, ascending within a range. */
	struct sonde_probe_findings candidates;
	struct sonde_probe_findings *found;
};

/* --- bytes ----------------------------------------------------------------------------
 */

/* In the @p length bytes of the buffer from @p begin on: those within the piece. */
static struct sonde_error *search_piece(struct search *search, uint64_t begin,
	size_t length, uint64_t piece, uint64_t piece_end)
{
	size_t at = 0;

	for (;;) {
		uint64_t address;

		at = search->arch->find_call(
			begin, search->buffer, length, at, search->callee);
		if (at >= length)
			return NULL;
		address = begin + at++;
		if (address >= piece && address < piece_end)
			CHECK(sonde_probe_found_add(&search->candidates, address,
				SONDE_PROBE_AT_CALL, search->name));
	}
}

/* Up to the next page that cannot be read, or a piece. *@p address: where to go on. */
static struct sonde_error *search_some(
	struct search *search, uint64_t first, uint64_t end, uint64_t *address)
{
	uint64_t left = end - *address, begin = *address;
	size_t piece = left < PIECE ? (size_t)left : PIECE;
	size_t before = begin - first < MARGIN ? (size_t)(begin - first) : MARGIN;
	size_t behind = left - piece < MARGIN ? (size_t)(left - piece) : MARGIN, got;
	unsigned page = search->arch->page_bytes;

	CHECK(sonde_context_check_interrupt(search->target->sonde));
	CHECK(sonde_space_read_part(search->space, begin - before, search->buffer,
		before + piece + behind, &got));
	if (got <= before) {
		/* What is before it may be what cannot be read. */
		before = 0;
		CHECK(sonde_space_read_part(
			search->space, begin, search->buffer, piece + behind, &got));
	}
	if (got < piece + before)
		piece = got > before ? got - before : 0;
	CHECK(search_piece(search, begin - before, got, begin, begin + piece));
	*address = begin + piece;
	if (!piece)
		*address = begin - begin % page + page;
	return NULL;
}

static struct sonde_error *search_range(
	struct search *search, uint64_t first, uint64_t bytes)
{
	uint64_t end = first + bytes;

	search->searched += bytes;
	if (end < first || search->searched > CODE_MAX)
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "there is more code than can be");
	for (uint64_t address = first; address < end && address >= first;)
		CHECK(search_some(search, first, end, &address));
	return NULL;
}

/* --- proofs --------------------------------------------------------------------------
 */

/* Candidates that are in the function that is being decoded. */
struct proof {
	struct search *search;
	size_t next, end;
};

static struct sonde_error *prove(void *user, const struct sonde_flow *flow)
{
	struct proof *proof = user;
	const struct sonde_probe_found *list = proof->search->candidates.list;

	while (proof->next < proof->end && list[proof->next].address < flow->address)
		proof->next++;
	if (proof->next == proof->end || list[proof->next].address != flow->address ||
		flow->kind != SONDE_FLOW_CALL)
		return NULL;
	return sonde_probe_found_add(proof->search->found, flow->address,
		SONDE_PROBE_AT_CALL, proof->search->name);
}

/* From @p first on those in the same function; *@p ret: the first that is in none. */
static struct sonde_error *prove_in_function(
	struct search *search, size_t first, size_t *ret)
{
	const struct sonde_probe_findings *candidates = &search->candidates;
	struct proof proof = {search, first, first + 1};
	struct sonde_symbol symbol;
	struct sonde_error *error;
	size_t got;

	*ret = first + 1;
	error = sonde_symbol_at(search->target, candidates->list[first].address, &symbol);
	if (sonde_error_is(error, SONDE_ERROR_NOT_FOUND)) {
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	if (symbol.bytes > SONDE_PROBE_FUNCTION_MAX)
		return NULL;
	while (proof.end < candidates->count &&
		candidates->list[proof.end].address - symbol.address < symbol.bytes)
		proof.end++;
	*ret = proof.end;
	CHECK(sonde_space_read_part(search->space, symbol.address, search->buffer,
		(size_t)symbol.bytes, &got));
	return sonde_target_walk_code(
		search->target, symbol.address, search->buffer, got, prove, &proof);
}

static struct sonde_error *prove_all(struct search *search)
{
	const struct sonde_probe_findings *candidates = &search->candidates;

	if (search->arch->instruction_bytes) {
		for (size_t i = 0; i < candidates->count; i++)
			CHECK(sonde_probe_found_add(search->found,
				candidates->list[i].address, SONDE_PROBE_AT_CALL,
				search->name));
		return NULL;
	}
	for (size_t i = 0; i < candidates->count;) {
		CHECK(sonde_context_check_interrupt(search->target->sonde));
		CHECK(prove_in_function(search, i, &i));
	}
	return NULL;
}

/* --- both ----------------------------------------------------------------------------
 */

static struct sonde_error *search_all(struct search *search)
{
	uint64_t address, bytes;
	bool found = true;
	unsigned number;

	for (number = 0; number < RANGES_MAX; number++) {
		CHECK(sonde_symbol_code(
			search->target, number, &address, &bytes, &found));
		if (!found)
			break;
		CHECK(search_range(search, address, bytes));
	}
	if (!search->searched)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"nobody knows where all code is: the kernel has no symbols "
			"'_stext' and '_etext'");
	CHECK(prove_all(search));
	if (search->found->count)
		return NULL;
	return sonde_error_suggest(sonde_error_create(SONDE_ERROR_INVALID,
					   "nothing calls it by its address"),
		"it may be called by a pointer, jumped to, or have been inlined: probe "
		"its "
		"entry");
}

struct sonde_error *sonde_probe_find_call_sites(
	struct sonde_target *target, uint64_t address, struct sonde_probe_findings *ret)
{
	struct search search = {.target = target,
		.arch = sonde_target_base(target)->arch,
		.callee = address,
		.found = ret};
	struct sonde_error *error;

	if (!search.arch->find_call)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"how functions are called on %s is not known", search.arch->name);
	CHECK(sonde_probe_name_function(target, address, search.name));
	CHECK(sonde_target_virtual(target, NULL, &search.space));
	search.buffer = malloc(PIECE + 2 * MARGIN);
	error = search.buffer ? search_all(&search) : sonde_error_no_memory();
	sonde_probe_findings_deinit(&search.candidates);
	free(search.buffer);
	return error;
}
