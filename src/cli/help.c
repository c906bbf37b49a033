/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "options.h"
#include "report.h"
#include "table.h"

enum {
	NAME_WIDTH = 18,
};

static void print_options(const struct cli *cli, const struct cli_option *options)
{
	for (; options && options->name; options++) {
		char name[64];

		if (options->hidden || (cli->in_shell && options->attaches))
			continue;
		snprintf(name, sizeof(name), "%s%s%s", options->name,
			options->argument ? " " : "", options->argument ?: "");
		printf("  %-*s %s", NAME_WIDTH, name, options->help);
		if (options->needs)
			printf(" (needs %s: not yet)", options->needs);
		putchar('\n');
	}
}

static bool is_shown(const struct cli *cli, const struct cli_command *command)
{
	return cli->in_shell ? command != &cli_command_shell : !command->shell_only;
}

static void print_targets(void)
{
	puts("\nTARGET: qemu:NAME, qemu:PID, qemu:/path/qmp.sock, qemu:libvirt=DOMAIN,\n"
	     "gdb:HOST:PORT, gdb:/path.sock, gdb:udp:HOST:PORT, gdb:serial:DEVICE,BAUD,\n"
	     "gdb:telnet:HOST:PORT or gdb:exec:COMMAND; none: the only QEMU there is");
}

static void print_keys(void)
{
	puts("\nExpressions with blanks stand in quotes: print '$rsp + 16'. Tab "
	     "completes,\n"
	     "Ctrl-R searches what was typed before. Ctrl-C ends a command, Ctrl-D the "
	     "shell.");
}

static void print_all(const struct cli *cli)
{
	if (!cli->in_shell)
		puts("usage: sonde [-t TARGET] [--json] [-v] COMMAND [ARG...]\n");
	for (size_t i = 0; cli_table[i]; i++)
		if (is_shown(cli, cli_table[i]))
			printf("  %-*s %s\n", NAME_WIDTH, cli_table[i]->name,
				cli_table[i]->summary);
	puts("\nOptions of all commands:");
	print_options(cli, cli_global_options);
	if (cli->in_shell)
		print_keys();
	else
		print_targets();
	fputs("\nNot in this version:", stdout);
	for (const struct cli_command *command = cli_absent_commands; command->name;
		command++)
		printf(" %s", command->name);
	printf("\n\n'%shelp COMMAND' says more about one.\n",
		cli->in_shell ? "" : "sonde ");
}

static void print_aliases(const struct cli_command *command)
{
	const char *alias = command->alias;

	fputs("\nIt is also called", stdout);
	while (*alias) {
		size_t length = strcspn(alias, " ");

		printf(" '%.*s'", (int)length, alias);
		alias += length + strspn(alias + length, " ");
	}
	puts(".");
}

static void print_one(const struct cli *cli, const struct cli_command *command)
{
	char *line = cli_usage_line(cli, command);

	printf("usage: %s\n\n%s\n", line ?: command->name, command->summary);
	free(line);
	if (command->details)
		printf("\n%s\n", command->details);
	if (command->needs)
		printf("\nIt needs %s, which this version does not have.\n",
			command->needs);
	if (command->alias)
		print_aliases(command);
	if (command->options) {
		puts("\nOptions:");
		print_options(cli, command->options);
	}
	if (command->example)
		printf("\nExample:\n  %s%s%s%s\n",
			cli->in_shell || command->shell_only ? ""
			: command->use == CLI_USES_NOTHING   ? "sonde "
							     : "sonde -t qemu:web1 ",
			command->name, *command->example ? " " : "", command->example);
}

int cli_help_print(struct cli *cli, const struct cli_command *command)
{
	if (command)
		print_one(cli, command);
	else
		print_all(cli);
	return CLI_DONE;
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	const struct cli_command *command = NULL;

	if (cli_option_given(arguments, "--completion")) {
		cli_completion_print();
		return CLI_DONE;
	}
	if (arguments->operand_count) {
		command = cli_table_find(arguments->operands[0]);
		if (!command)
			return cli_table_unknown(cli, arguments->operands[0]);
	}
	return cli_help_print(cli, command);
}

static const struct cli_option options[] = {
	{"--completion", NULL, "print a completion script for bash", .hidden = true},
	{NULL},
};

const struct cli_command cli_command_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.operands_max = 1,
	.summary = "what there is, or what a command does",
	.example = "regs",
	.options = options,
	.use = CLI_USES_NOTHING,
	.run = run,
};
