/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Instructions are told by the words that capstone has for them. */
#include "flow.h"

#include <sonde/disassemble.h>
#include <string.h>

enum {
	CODE_BYTES = 16,
	/** A call to no further than this is no function's. */
	NEAR_BYTES = 32,
};

static bool is_word(const char *pattern, const char *text, size_t length)
{
	size_t size = strlen(pattern);

	if (size && pattern[size - 1] == '*')
		return length >= size - 1 && !memcmp(pattern, text, size - 1);
	return length == size && !memcmp(pattern, text, size);
}

static bool is_one_of(const char *const *words, const char *text)
{
	size_t length = strcspn(text, " \t");

	for (; words && *words; words++)
		if (is_word(*words, text, length))
			return true;
	return false;
}

/* What x86 writes in front of an instruction's name. */
static const char *skip_prefixes(const char *text, bool *repeats)
{
	static const char *const prefixes[] = {"bnd", "lock", "notrack", "rep*", NULL};

	while (is_one_of(prefixes, text) && strchr(text, ' ')) {
		*repeats = *repeats || !strncmp(text, "rep", 3);
		text = strchr(text, ' ') + 1;
	}
	return text;
}

/* "call 0xffffffff81000000"; what a register or memory holds is a function. */
static bool leads_near(const struct sonde_instruction *instruction)
{
	const char *operand = strstr(instruction->text, "0x");
	uint64_t address = operand && operand > instruction->text && operand[-1] == ' '
				   ? strtoull(operand, NULL, 16)
				   : 0;

	return address - instruction->address <= NEAR_BYTES;
}

static void classify(const struct sonde_arch_calls *calls,
	const struct sonde_instruction *instruction, struct sonde_flow *flow)
{
	const struct {
		const char *const *words;
		enum sonde_flow_kind kind;
	} kinds[] = {
		{calls->call_words, SONDE_FLOW_CALL},
		{calls->return_words, SONDE_FLOW_RETURN},
		{calls->jump_words, SONDE_FLOW_JUMP},
		{calls->trap_return_words, SONDE_FLOW_TRAP_RETURN},
		{calls->trap_words, SONDE_FLOW_TRAP},
	};
	const char *text = skip_prefixes(instruction->text, &flow->repeats);

	flow->length = instruction->length;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!is_one_of(kinds[i].words, text))
			continue;
		flow->kind = kinds[i].kind;
		flow->near = flow->kind == SONDE_FLOW_CALL && leads_near(instruction);
		return;
	}
}

struct sonde_error *sonde_flow_read(const struct sonde_probes *probes,
	const struct sonde_arch_calls *calls, struct sonde_thread *thread, uint64_t pc,
	struct sonde_flow *ret)
{
	struct sonde_target *target = probes->target;
	struct sonde_flow flow = {.kind = SONDE_FLOW_ON, .address = pc};
	size_t length = CODE_BYTES, left = 4096 - pc % 4096;
	struct sonde_instruction instruction;
	uint8_t code[CODE_BYTES] = {0};
	struct sonde_space *space;
	struct sonde_error *error;

	CHECK(sonde_target_virtual(target, thread, &space));
	error = sonde_space_read(space, pc, code, length);
	if (sonde_error_is(error, SONDE_ERROR_FAULT) && left < length) {
		/* There is nothing behind its page. */
		sonde_error_destroy(error);
		length = left;
		error = sonde_space_read(space, pc, code, length);
	}
	if (!error)
		error = sonde_disassemble(target, thread, pc, code, length, &instruction);
	if (!error)
		classify(calls, &instruction, &flow);
	*ret = flow;
	/* Nothing is there, or no more than its beginning. */
	if (!sonde_error_is(error, SONDE_ERROR_FAULT) &&
		(length == CODE_BYTES || !sonde_error_is(error, SONDE_ERROR_BAD_DATA)))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

bool sonde_flow_was_left(const struct sonde_flow *flow, uint64_t pc)
{
	if (flow->kind == SONDE_FLOW_ON || flow->kind == SONDE_FLOW_TRAP)
		return pc != flow->address && pc != flow->address + flow->length;
	return false;
}
