/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All commands at a prompt, attached throughout. The machine stays as the last
 * command left it; at the end it is as it was found. Errors end nothing; a script hears
 * of them at the end.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dispatch.h"
#include "options.h"
#include "output.h"
#include "report.h"
#include "shell.h"
#include "signals.h"
#include "table.h"

static int execute_words(struct cli *cli, const struct cli_words *words)
{
	struct cli_arguments arguments;
	int status;

	cli->json = cli->settings.json;
	status = cli_arguments_parse(cli, words->count, words->words, &arguments);
	if (status != CLI_DONE)
		return status;
	if (arguments.command == &cli_command_shell)
		status = cli_usage_hint(cli, "shell", NULL, "this is one already");
	else
		status = cli_run_in_shell(cli, &arguments);
	cli_arguments_deinit(&arguments);
	return status;
}

/* The shell goes on unless nobody reads what it prints. */
static int settle_output(struct cli *cli)
{
	int status;

	cli_output_flush(cli);
	if (cli->output_errno == EPIPE)
		cli->quit = true;
	status = cli_output_status(cli);
	cli->output_errno = 0;
	clearerr(stdout);
	return status;
}

static int execute(struct cli *cli, const char *line)
{
	struct cli_words words;
	int status, settled;

	cli_begin(cli);
	cli_signals_clear();
	cli->echo_ended = false;
	status = cli_words_split(cli, line, &words);
	if (status != CLI_DONE)
		return status;
	if (words.count)
		status = execute_words(cli, &words);
	cli_words_deinit(&words);
	settled = settle_output(cli);
	return status == CLI_DONE ? settled : status;
}

/* CLI_FAILED if any of the commands did not do what it should. */
static int read_and_execute(struct cli_shell *shell)
{
	struct cli *cli = shell->cli;
	int status = CLI_DONE;

	while (!cli->quit && !cli_signals_end()) {
		char *text = NULL;
		enum cli_line line;

		/* What ended the last command shall not end this line. */
		cli_signals_clear();
		line = shell->editor ? cli_editor_read(shell->editor, &text)
				     : cli_shell_read_plain(shell, &text);

		cli_signals_clear();
		if (line == CLI_LINE_END)
			break;
		if (line == CLI_LINE_READ && execute(cli, text) != CLI_DONE)
			status = CLI_FAILED;
		free(text);
		cli_end_echo(cli);
	}
	return status;
}

/* Whoever forgets that it was paused finds it hanging. */
static void say_goodbye(struct cli *cli)
{
	if (cli->leaves_stopped &&
		sonde_target_found_state(cli->target) == SONDE_STATE_RUNNING)
		cli_notice(cli, "the guest stays stopped; 'sonde resume' lets it run");
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct cli_shell shell = {.cli = cli};
	bool is_script = !isatty(STDIN_FILENO);
	int status;

	(void)arguments;
	cli->in_shell = true;
	if (!is_script && isatty(STDOUT_FILENO))
		shell.editor = cli_editor_create(&shell);
	cli->echoes = shell.editor != NULL;
	status = read_and_execute(&shell);
	cli_editor_destroy(shell.editor);
	if (cli->echoes)
		say_goodbye(cli);
	free(shell.buffer);
	cli->in_shell = false;
	cli->echoes = false;
	/* Who types has seen what failed. */
	return is_script ? status : CLI_DONE;
}

const struct cli_command cli_command_shell = {
	.name = "shell",
	.summary = "all commands at a prompt, attached throughout",
	.example = "",
	.use = CLI_USES_TARGET,
	.run = run,
};
