/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A helper for tests/wire_helpers.c: it has one register, and does with questions about
 * it, and about where addresses are, what its options say. Built several times, in all
 * ways that are to be refused.
 */
#include <sonde/helper.h>
#include <stdlib.h>
#include <string.h>

struct answer {
	struct sonde_helper helper;
	struct sonde_helper_host *host;
	struct sonde_register reg;
	/* How often it was told that the target stopped or runs. */
	unsigned changes;
};

/* Shows that code of this file was executed. */
__attribute__((constructor)) static void say_so(void)
{
	setenv("SONDE_TEST_HELPER", "was loaded", 1);
}

static unsigned number(const struct sonde_helper_host *host, const char *name)
{
	const char *text = sonde_helper_option(host, name);

	return text ? (unsigned)strtoul(text, NULL, 0) : 0;
}

static struct sonde_error *describe(
	struct sonde_helper *helper, struct sonde_helper_description *ret)
{
	struct answer *answer = (struct answer *)helper;

	ret->registers = &answer->reg;
	ret->register_count = 1;
	return NULL;
}

static struct sonde_error *registers(struct sonde_helper *helper,
	const struct sonde_register_request *request, bool *handled)
{
	struct answer *answer = (struct answer *)helper;

	if (strcmp(request->reg->name, answer->reg.name) != 0 ||
		sonde_helper_option(answer->host, "pass"))
		return NULL;
	if (request->value || sonde_helper_option(answer->host, "fail"))
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED, "told to fail");
	sonde_register_value_set_integer(request->ret,
		sonde_helper_option(answer->host, "changes")
			? answer->changes
			: number(answer->host, "value"),
		request->reg->bits);
	*handled = true;
	return NULL;
}

/* Above @ref offset everything is that much lower. */
static struct sonde_error *translate(struct sonde_helper *helper,
	struct sonde_thread *thread, uint64_t address, uint64_t *ret, bool *handled)
{
	struct answer *answer = (struct answer *)helper;
	unsigned offset = number(answer->host, "offset");

	(void)thread;
	if (!offset || address < offset)
		return NULL;
	if (sonde_helper_option(answer->host, "fail"))
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED, "told to fail");
	*ret = address - offset;
	*handled = true;
	return NULL;
}

static void state_changed(struct sonde_helper *helper, enum sonde_state state)
{
	(void)state;
	((struct answer *)helper)->changes++;
}

static const struct sonde_helper_ops ops = {
	.describe = describe,
	.registers = registers,
	.translate = translate,
	.state_changed = state_changed,
};

static struct sonde_error *create(
	struct sonde_helper_host *host, struct sonde_helper **ret)
{
	struct answer *answer = calloc(1, sizeof(*answer));

	if (!answer)
		return sonde_error_create(SONDE_ERROR_NO_MEMORY, "no memory");
	answer->helper.ops = &ops;
	answer->host = host;
	answer->reg.name = sonde_helper_option(host, "register");
	answer->reg.bits = sonde_helper_option(host, "bits") ? number(host, "bits") : 32;
	*ret = &answer->helper;
	return NULL;
}

static void destroy(struct sonde_helper *helper)
{
	free(helper);
}

static const struct sonde_helper_option options[] = {
	{"register", "NAME", "the register to answer for"},
	{"value", "N", "what it holds"},
	{"bits", "N", "its width"},
	{"changes", NULL, "it holds how often the state changed"},
	{"offset", "N", "addresses from here on are that much lower"},
	{"pass", NULL, "pass on whatever is asked"},
	{"fail", NULL, "end every question with an error"},
	{NULL},
};

#ifndef ABI
#define ABI SONDE_HELPER_ABI
#endif
#ifndef SIZE
#define SIZE sizeof(struct sonde_helper_descriptor)
#endif
#ifndef HAS_CREATE
#define HAS_CREATE 1
#endif
#ifdef UNNAMED
#undef SONDE_HELPER_EXPORT
#define SONDE_HELPER_EXPORT SONDE_PUBLIC const struct sonde_helper_descriptor another
#endif

SONDE_HELPER_EXPORT = {
	.abi = ABI,
	.size = SIZE,
	.name = "answer",
	.options = options,
	.create = HAS_CREATE ? create : NULL,
	.destroy = destroy,
};
