/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "macros.h"

/* A word that ends with '*' stands for all that begin so. */
static bool is_one_of(const char *const *words, const char *text)
{
	size_t length = strcspn(text, " \t");

	for (; words && *words; words++) {
		size_t own = strlen(*words);

		if ((*words)[own - 1] == '*'
				? own - 1 <= length && !strncmp(*words, text, own - 1)
				: own == length && !memcmp(*words, text, own))
			return true;
	}
	return false;
}

/* x86's prefixes, which capstone writes as words of their own. With some of them string
 * instructions repeat themselves; in front of others they mean nothing. */
static const char *skip_prefixes(const char *text, bool *repeats)
{
	static const char *const prefixes[] = {"bnd", "lock", "notrack", "rep*", NULL};

	while (is_one_of(prefixes, text) && strchr(text, ' ')) {
		*repeats = *repeats || !strncmp(text, "rep", 3);
		text = strchr(text, ' ');
		text += strspn(text, " ");
	}
	return text;
}

/* The last operand, if it is a number: "0xffffffff81000000", "#0x1000". */
static bool find_target(const char *text, uint64_t *ret)
{
	const char *operand = strrchr(text, ' ');
	char *end;

	if (!operand)
		return false;
	operand += 1 + (operand[1] == '#');
	if (strncmp(operand, "0x", 2) != 0)
		return false;
	*ret = strtoull(operand, &end, 16);
	return !*end;
}

void sonde_flow_classify(
	const struct sonde_arch *arch, const char *text, struct sonde_flow *flow)
{
	const struct sonde_arch_calls none = {0}, *calls = arch->calls ?: &none;
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

	flow->kind = SONDE_FLOW_ON;
	flow->has_target = flow->repeats = false;
	text = skip_prefixes(text, &flow->repeats);
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && flow->kind == SONDE_FLOW_ON; i++)
		if (is_one_of(kinds[i].words, text))
			flow->kind = kinds[i].kind;
	flow->repeats = flow->repeats && flow->kind == SONDE_FLOW_ON;
	if (flow->kind == SONDE_FLOW_CALL || flow->kind == SONDE_FLOW_JUMP)
		flow->has_target = find_target(text, &flow->target);
}
