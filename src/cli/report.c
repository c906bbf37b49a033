/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "report.h"
#include "signals.h"
#include "table.h"

struct problem {
	const char *error;
	const char *what;
	const char *why;
	const char *hint;
};

static char *safe(const char *text)
{
	return text ? cli_escape(text, strlen(text), false) : NULL;
}

static void add(struct json_object *object, const char *name, const char *text)
{
	char *escaped = safe(text);

	json_object_object_add(
		object, name, escaped ? json_object_new_string(escaped) : NULL);
	free(escaped);
}

static void print_object(struct json_object *object)
{
	fprintf(stderr, "%s\n",
		json_object_to_json_string_ext(
			object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static void print_json(const struct problem *problem)
{
	struct json_object *object = json_object_new_object();

	add(object, "error", problem->error);
	add(object, "what", problem->what);
	add(object, "why", problem->why);
	add(object, "hint", problem->hint);
	print_object(object);
}

static void print_text(const struct problem *problem)
{
	char *what = safe(problem->what), *why = safe(problem->why);
	char *hint = safe(problem->hint);

	if (what && *what)
		fprintf(stderr, "sonde: %s: %s\n", what, why ?: "no memory");
	else
		fprintf(stderr, "sonde: %s\n", why ?: "no memory");
	if (hint)
		fprintf(stderr, "  %s\n", hint);
	free(what);
	free(why);
	free(hint);
}

void cli_end_echo(struct cli *cli)
{
	if (!cli->echoes || cli->echo_ended ||
		!(cli_signals_came() || cli_signals_suspension()))
		return;
	putchar('\n');
	fflush(stdout);
	cli->echo_ended = true;
}

/* What was found before the error comes before it. */
static void print(struct cli *cli, const struct problem *problem)
{
	fflush(stdout);
	cli_end_echo(cli);
	if (cli->json)
		print_json(problem);
	else
		print_text(problem);
}

int cli_report(struct cli *cli, struct sonde_error *error)
{
	struct problem problem = {
		.error = sonde_error_kind_name(sonde_error_kind(error)),
		.what = sonde_error_what(error),
		.why = sonde_error_why(error),
		.hint = sonde_error_hint(error),
	};

	print(cli, &problem);
	sonde_error_destroy(error);
	return CLI_FAILED;
}

int cli_report_usage(struct cli *cli, struct sonde_error *error)
{
	/* That there is no memory is nothing that was typed. */
	int status =
		sonde_error_kind(error) == SONDE_ERROR_NO_MEMORY ? CLI_FAILED : CLI_USAGE;

	cli_report(cli, error);
	return status;
}

static void print_format(
	struct cli *cli, struct problem *problem, const char *format, va_list arguments)
{
	char *why;

	if (vasprintf(&why, format, arguments) < 0)
		why = NULL;
	problem->why = why ?: "no memory";
	print(cli, problem);
	free(why);
}

int cli_fail(struct cli *cli, enum sonde_error_kind kind, const char *what,
	const char *hint, const char *why_format, ...)
{
	struct problem problem = {
		.error = sonde_error_kind_name(kind), .what = what, .hint = hint};
	va_list arguments;

	va_start(arguments, why_format);
	print_format(cli, &problem, why_format, arguments);
	va_end(arguments);
	return CLI_FAILED;
}

int cli_usage(
	struct cli *cli, const struct cli_command *command, const char *why_format, ...)
{
	char *line = cli_usage_line(cli, command), *hint = NULL;
	struct problem problem = {.error = "usage", .what = command ? command->name : ""};
	va_list arguments;

	if (line && asprintf(&hint, "usage: %s", line) < 0)
		hint = NULL;
	problem.hint = hint;
	va_start(arguments, why_format);
	print_format(cli, &problem, why_format, arguments);
	va_end(arguments);
	free(line);
	free(hint);
	return CLI_USAGE;
}

int cli_usage_hint(
	struct cli *cli, const char *what, const char *hint, const char *why_format, ...)
{
	struct problem problem = {.error = "usage", .what = what, .hint = hint};
	va_list arguments;

	va_start(arguments, why_format);
	print_format(cli, &problem, why_format, arguments);
	va_end(arguments);
	return CLI_USAGE;
}

int cli_absent(struct cli *cli, const char *what, const char *needs)
{
	return cli_fail(cli, SONDE_ERROR_UNSUPPORTED, what, NULL,
		"needs %s, which this version does not have", needs);
}

static void say(struct cli *cli, const char *name, const char *message)
{
	char *text = safe(message);

	if (cli->json) {
		struct json_object *object = json_object_new_object();

		add(object, name, message);
		print_object(object);
	} else {
		fprintf(stderr, "sonde: %s: %s\n", name, text ?: "");
	}
	free(text);
}

void cli_notice(struct cli *cli, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	fflush(stdout);
	cli_end_echo(cli);
	say(cli, "notice", text ?: "");
	free(text);
}

void cli_log(void *user, enum sonde_log_level level, const char *message)
{
	static const char *const names[] = {
		[SONDE_LOG_WARNING] = "warning",
		[SONDE_LOG_INFO] = "info",
		[SONDE_LOG_CONSOLE] = "console",
		[SONDE_LOG_DEBUG] = "debug",
	};

	say(user, (unsigned)level < ARRAY_SIZE(names) ? names[level] : "log", message);
}
