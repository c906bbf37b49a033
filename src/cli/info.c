/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "output.h"
#include "report.h"
#include "table.h"

static const struct cli_column columns[] = {
	{"target"},
	{"arch"},
	{"cpus"},
	{"state"},
	{"ram_bytes"},
	{"memory"},
	{"paging"},
	{"kernel"},
	{"attach_ms"},
	{NULL},
};

/* As it was before we came; at the prompt, as the user has it now. */
static const char *state_of(const struct cli *cli)
{
	if (cli->in_shell)
		return cli->ran_before ? "running" : "paused";
	switch (sonde_target_found_state(cli->target)) {
	case SONDE_STATE_RUNNING:
		return "running";
	case SONDE_STATE_STOPPED:
		return "paused";
	default:
		return NULL;
	}
}

static struct json_object *hex(uint64_t value)
{
	char text[2 + 16 + 1];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	return json_object_new_string(text);
}

static struct json_object *text_or_null(const char *text)
{
	return *text ? json_object_new_string(text) : NULL;
}

static struct json_object *kernel_as_json(const struct sonde_kernel_info *info)
{
	struct json_object *kernel = json_object_new_object();

	json_object_object_add(kernel, "release", text_or_null(info->release));
	json_object_object_add(kernel, "version", text_or_null(info->version));
	json_object_object_add(kernel, "text", info->text ? hex(info->text) : NULL);
	json_object_object_add(
		kernel, "slide", info->slide_known ? hex(info->slide) : NULL);
	json_object_object_add(kernel, "build_id", text_or_null(info->build_id));
	json_object_object_add(kernel, "types", json_object_new_string(info->types));
	json_object_object_add(
		kernel, "symbols", json_object_new_int64((int64_t)info->symbols));
	json_object_object_add(kernel, "symbol_file",
		info->symbol_file ? json_object_new_string(info->symbol_file) : NULL);
	return kernel;
}

/* A line for each; NULL: no memory. The caller frees. */
static char *kernel_as_text(const struct sonde_kernel_info *info)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	fprintf(stream, "Linux %s %s\n", *info->release ? info->release : "-",
		info->version);
	if (info->text)
		fprintf(stream, "text 0x%" PRIx64, info->text);
	if (info->slide_known)
		fprintf(stream, ", slide 0x%" PRIx64, info->slide);
	fprintf(stream, "\n%" PRIu64 " symbols, types: %s", info->symbols, info->types);
	if (info->symbol_file)
		fprintf(stream, "\nmemory is completed by %s", info->symbol_file);
	return fclose(stream) == 0 ? text : NULL;
}

/* A machine without a kernel is no failure, nor is a kernel that nobody looks for. */
static void put_kernel(struct cli_output *output)
{
	struct sonde_kernel_info info = {.size = sizeof(info)};
	struct cli *cli = output->cli;
	struct sonde_error *error = sonde_kernel_info(cli->target, &info);
	char *text;

	if (error) {
		if (cli->settings.verbosity)
			cli_notice(cli, "%s: %s", sonde_error_what(error),
				sonde_error_why(error));
		sonde_error_destroy(error);
		cli_put_null(output);
		return;
	}
	text = kernel_as_text(&info);
	cli_put_json(output, cli->json ? kernel_as_json(&info) : NULL, text);
	free(text);
}

/* A file that the user has named and that cannot be used is a failure, though. */
static int check_symbols(struct cli *cli)
{
	struct sonde_kernel_info info = {.size = sizeof(info)};
	struct sonde_error *error = sonde_kernel_info(cli->target, &info);

	if (error && (sonde_error_kind(error) == SONDE_ERROR_INVALID ||
			     sonde_error_kind(error) == SONDE_ERROR_BAD_DATA))
		CLI_TRY(cli, error);
	sonde_error_destroy(error);
	return CLI_DONE;
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_thread *const *threads, *current;
	struct cli_output output;
	const char *paging;
	size_t count;

	(void)arguments;
	CLI_TRY(cli, sonde_target_threads(cli->target, &threads, &count));
	CLI_TRY(cli, sonde_target_current_thread(cli->target, &current));
	CLI_TRY(cli, sonde_target_paging(cli->target, current, &paging));
	if (cli->settings.symbols && check_symbols(cli) != CLI_DONE)
		return CLI_FAILED;
	cli_output_begin(&output, cli, CLI_LIST, columns);
	cli_put_text(&output, sonde_target_name(cli->target));
	cli_put_text(&output, sonde_target_architecture(cli->target));
	cli_put_integer(&output, count);
	cli_put_text(&output, state_of(cli));
	if (sonde_target_ram_bytes(cli->target))
		cli_put_integer(&output, sonde_target_ram_bytes(cli->target));
	else
		cli_put_null(&output);
	cli_put_text(&output, sonde_target_memory_means(cli->target));
	cli_put_text(&output, paging);
	put_kernel(&output);
	cli_put_decimal(&output, cli->attach_ms, 3);
	cli_output_row(&output);
	return cli_output_end(&output);
}

const struct cli_command cli_command_info = {
	.name = "info",
	.summary = "what we are attached to",
	.example = "",
	.use = CLI_OBSERVES_TARGET,
	.run = run,
};
