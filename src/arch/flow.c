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
				? own <= length && !strncmp(*words, text, own - 1)
				: own == length && !memcmp(*words, text, own))
			return true;
	}
	return false;
}

/* x86's prefixes, which capstone writes as words of their own. */
static const char *skip_prefixes(const char *text)
{
	static const char *const prefixes[] = {
		"bnd", "notrack", "rep", "repz", "repe", "repne", "repnz", NULL};

	while (is_one_of(prefixes, text)) {
		text += strcspn(text, " \t");
		text += strspn(text, " \t");
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
	const struct sonde_arch_calls *calls = arch->calls;

	flow->kind = SONDE_FLOW_ON;
	flow->has_target = false;
	if (!calls)
		return;
	text = skip_prefixes(text);
	if (is_one_of(calls->call_words, text))
		flow->kind = SONDE_FLOW_CALL;
	else if (is_one_of(calls->return_words, text))
		flow->kind = SONDE_FLOW_RETURN;
	else if (is_one_of(calls->jump_words, text))
		flow->kind = SONDE_FLOW_JUMP;
	if (flow->kind == SONDE_FLOW_CALL || flow->kind == SONDE_FLOW_JUMP)
		flow->has_target = find_target(text, &flow->target);
}
