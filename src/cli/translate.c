/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel.h"
#include "number.h"
#include "options.h"
#include "output.h"
#include "report.h"
#include "session.h"
#include "table.h"

static const struct cli_column columns[] = {
	{"virtual"},
	{"physical"},
	{"page_bytes"},
	{"writable"},
	{"executable"},
	{"user"},
	{"levels"},
	{NULL},
};

static struct json_object *hex(uint64_t value)
{
	char text[2 + 16 + 1];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return json_object_new_string(text);
}

static struct json_object *levels_as_json(const struct sonde_translation *translation)
{
	struct json_object *levels = json_object_new_array();

	for (unsigned i = 0; i < translation->step_count; i++) {
		const struct sonde_translation_step *step = &translation->steps[i];
		struct json_object *level = json_object_new_object();

		json_object_object_add(level, "name", json_object_new_string(step->name));
		json_object_object_add(level, "entry_address", hex(step->entry_address));
		json_object_object_add(level, "entry", hex(step->entry));
		json_object_array_add(levels, level);
	}
	return levels;
}

/* A line for each; NULL: no memory. The caller frees. */
static char *levels_as_text(const struct sonde_translation *translation)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	for (unsigned i = 0; i < translation->step_count; i++) {
		const struct sonde_translation_step *step = &translation->steps[i];

		fprintf(stream, "%s%-8s  0x%016" PRIx64 "  0x%" PRIx64, i ? "\n" : "",
			step->name, step->entry_address, step->entry);
	}
	return fclose(stream) == 0 ? text : NULL;
}

static void put_levels(
	struct cli_output *output, const struct sonde_translation *translation)
{
	char *text;

	if (!translation->step_count) {
		cli_put_null(output);
		return;
	}
	text = levels_as_text(translation);
	cli_put_json(
		output, output->cli->json ? levels_as_json(translation) : NULL, text);
	free(text);
}

static void put_known(struct cli_output *output, bool known, bool value)
{
	if (known)
		cli_put_boolean(output, value);
	else
		cli_put_null(output);
}

static int show(struct cli *cli, const struct sonde_translation *translation)
{
	bool known = translation->permissions_known;
	struct cli_output output;

	cli_output_begin(&output, cli, CLI_LIST, columns);
	cli_put_hex(&output, translation->virtual_address);
	cli_put_hex(&output, translation->physical_address);
	if (translation->page_bytes)
		cli_put_integer(&output, translation->page_bytes);
	else
		cli_put_null(&output);
	put_known(&output, known, translation->writable);
	put_known(&output, known, translation->executable);
	put_known(&output, known, translation->user);
	put_levels(&output, translation);
	cli_output_row(&output);
	return cli_output_end(&output);
}

static int check(struct cli *cli, const struct cli_arguments *arguments)
{
	return cli_check_place(cli, arguments->operands[0]);
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_translation translation;
	struct sonde_thread *thread;
	uint64_t address;
	int status;

	CLI_TRY(cli, cli_find_thread(cli, arguments, &thread));
	status = cli_find_place(cli, arguments->operands[0], thread, &address);
	if (status != CLI_DONE)
		return status;
	CLI_TRY(cli, sonde_target_translate(cli->target, thread, address, &translation));
	return show(cli, &translation);
}

static const struct cli_option options[] = {
	{"--pid", "N", "as this process sees memory", "the process level"},
	{"--cpu", "N", "as this CPU sees memory [the one that stopped last]",
		.number = true},
	{NULL},
};

const struct cli_command cli_command_translate = {
	.name = "translate",
	.operands = "ADDR",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "the page walk: where an address is in physical memory",
	.example = "'$rsp' --cpu 1",
	.options = options,
	.completes_symbols = true,
	.use = CLI_OBSERVES_TARGET,
	.check = check,
	.run = run,
};
