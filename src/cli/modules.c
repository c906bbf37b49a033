/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "kernel.h"
#include "options.h"
#include "report.h"
#include "standstill.h"
#include "table.h"

static const struct cli_column columns[] = {
	{"name", 20},
	{"address", 18},
	{"bytes", 8},
	{"refcount", 8},
	{"state", 7},
	{"taints", 6},
	{"used_by"},
	{"structure", .json_only = true},
	{"torn", .json_only = true},
	{NULL},
};

/* Text as lsmod has it: "a,b". */
static void put_users(struct cli_output *output, const struct sonde_module *module)
{
	struct json_object *array = json_object_new_array();
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	for (size_t i = 0; i < module->user_count && stream; i++) {
		const char *user = module->users[i];
		char *name = cli_escape(user, strlen(user), true);

		fprintf(stream, "%s%s", i ? "," : "", name ?: "");
		json_object_array_add(array, json_object_new_string(name ?: ""));
		free(name);
	}
	if (stream)
		fclose(stream);
	cli_put_json(output, array, text && *text ? text : "-");
	free(text);
}

static bool put(struct cli_output *output, const struct sonde_module *module)
{
	char taints[32];

	sonde_module_taint_letters(module->taints, taints, sizeof(taints));
	cli_put_guest_text(output, module->name);
	if (module->address)
		cli_put_hex(output, module->address);
	else
		cli_put_null(output);
	cli_put_integer(output, module->bytes);
	if (module->refcount < 0)
		cli_put_null(output);
	else
		cli_put_integer(output, (uint64_t)module->refcount);
	cli_put_text(output, sonde_module_state_name(module->state));
	cli_put_text(output, *taints || output->cli->json ? taints : NULL);
	put_users(output, module);
	cli_put_hex(output, module->structure);
	cli_put_boolean(output, module->torn);
	return cli_output_row(output);
}

static int show(struct cli *cli, struct sonde_modules *modules)
{
	const char *incomplete = sonde_modules_incomplete(modules);
	const struct sonde_module *module;
	struct cli_output output;

	cli_output_begin(&output, cli, CLI_TABLE, columns);
	while ((module = sonde_modules_next(modules)))
		if (!put(&output, module))
			break;
	if (incomplete)
		cli_notice(cli, "modules may be missing: %s", incomplete);
	return cli_output_end(&output);
}

static struct sonde_error *read_modules(struct cli *cli, void *user)
{
	const struct sonde_modules_options options = {
		.size = sizeof(options), .users = true};
	struct sonde_modules **modules = user;

	sonde_modules_close(*modules);
	*modules = NULL;
	return sonde_modules_open(cli->target, &options, modules);
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_modules *modules = NULL;
	int status = cli_need_kernel(cli);

	(void)arguments;
	if (status == CLI_DONE)
		status = cli_read_standing(cli, read_modules, &modules);
	if (status == CLI_DONE)
		status = show(cli, modules);
	sonde_modules_close(modules);
	return status;
}

const struct cli_command cli_command_modules = {
	.name = "modules",
	.summary = "the kernel's modules: where they are, and who uses them",
	.example = "",
	.use = CLI_OBSERVES_TARGET,
	.stops_itself = true,
	.run = run,
};
