/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "similar.h"
#include "table.h"

const struct cli_command *const cli_table[] = {
	&cli_command_ls,
	&cli_command_info,
	&cli_command_regs,
	&cli_command_set_reg,
	&cli_command_read,
	&cli_command_write,
	&cli_command_translate,
	&cli_command_disasm,
	&cli_command_ps,
	&cli_command_maps,
	&cli_command_files,
	&cli_command_mounts,
	&cli_command_net,
	&cli_command_modules,
	&cli_command_dmesg,
	&cli_command_syscalls,
	&cli_command_irq,
	&cli_command_symbol,
	&cli_command_type,
	&cli_command_print,
	&cli_command_step,
	&cli_command_next,
	&cli_command_finish,
	&cli_command_until,
	&cli_command_pause,
	&cli_command_resume,
	&cli_command_break,
	&cli_command_watch,
	&cli_command_follow,
	&cli_command_shell,
	&cli_command_continue,
	&cli_command_quit,
	&cli_command_help,
	NULL,
};

/* Whether it is one of the words of @p alias. */
static bool is_alias(const char *alias, const char *name)
{
	size_t length = strlen(name);

	while (alias && *alias) {
		size_t word = strcspn(alias, " ");

		if (word == length && !memcmp(alias, name, length))
			return true;
		alias += word + strspn(alias + word, " ");
	}
	return false;
}

const struct cli_command *cli_table_find(const char *name)
{
	for (size_t i = 0; cli_table[i]; i++) {
		const struct cli_command *command = cli_table[i];

		if (!strcmp(command->name, name) || is_alias(command->alias, name))
			return command;
	}
	for (const struct cli_command *command = cli_absent_commands; command->name;
		command++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}

int cli_table_unknown(struct cli *cli, const char *name)
{
	struct cli_similar similar = {.wanted = name};
	char *hint;
	int status;

	for (size_t i = 0; cli_table[i]; i++)
		if (cli->in_shell || !cli_table[i]->shell_only)
			cli_similar_offer(&similar, cli_table[i]->name);
	hint = cli_similar_hint(&similar);
	status = cli_usage_hint(cli, name,
		hint
			?: cli->in_shell ? "'help' lists the commands"
					 : "'sonde help' lists the commands",
		"there is no such command");
	free(hint);
	return status;
}

char *cli_usage_line(const struct cli *cli, const struct cli_command *command)
{
	char *line = NULL;
	size_t size;
	FILE *stream;

	if (!command)
		return strdup("sonde [-t TARGET] [--json] [-v] COMMAND [ARG...]; "
			      "'sonde help' says more");
	stream = open_memstream(&line, &size);
	if (!stream)
		return NULL;
	fprintf(stream, "%s%s", command->shell_only || cli->in_shell ? "" : "sonde ",
		command->name);
	if (command->operands)
		fprintf(stream, " %s", command->operands);
	for (const struct cli_option *option = command->options; option && option->name;
		option++) {
		if (option->hidden)
			continue;
		fprintf(stream, " [%s%s%s]", option->name, option->argument ? " " : "",
			option->argument ?: "");
	}
	return fclose(stream) == 0 ? line : NULL;
}
