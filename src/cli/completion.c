/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The completion script for bash. It is whole as printed: it asks nothing of sonde
 * while the user types, so it never attaches to anything.
 */
#include <stdio.h>

#include "help.h"
#include "options.h"
#include "table.h"

static void print_names(const struct cli_option *options, bool with_argument)
{
	for (; options && options->name; options++)
		if (!options->hidden && (!with_argument || options->argument))
			printf("%s ", options->name);
}

static void print_commands(void)
{
	for (size_t i = 0; cli_table[i]; i++)
		if (!cli_table[i]->shell_only)
			printf("%s ", cli_table[i]->name);
}

static void print_cases(void)
{
	for (size_t i = 0; cli_table[i]; i++) {
		if (cli_table[i]->shell_only || !cli_table[i]->options)
			continue;
		printf("\t%s) words=\"$words ", cli_table[i]->name);
		print_names(cli_table[i]->options, false);
		puts("\" ;;");
	}
}

/* The first word that is neither an option nor an option's argument. */
static void print_search(void)
{
	fputs("\tfor ((i = 1; i < ${#before[@]}; i++)); do\n"
	      "\t\tcase ${before[i]} in\n"
	      "\t\t-*) [[ \" ",
		stdout);
	print_names(cli_global_options, true);
	puts("\" == *\" ${before[i]} \"* ]] && ((i++)) ;;\n"
	     "\t\t*) command=${before[i]}; break ;;\n"
	     "\t\tesac\n"
	     "\tdone\n"
	     "\t# The value of an option: a file, or nothing that is known here.\n"
	     "\t((i > ${#before[@]})) && return");
}

void cli_completion_print(void)
{
	puts("# bash completion for sonde, made by 'sonde help --completion'\n"
	     "_sonde() {\n"
	     "\t# Not COMP_WORDS: bash parts words at colons, and targets have some.\n"
	     "\tlocal line=${COMP_LINE:0:COMP_POINT} word= command= words before i\n"
	     "\tCOMPREPLY=()\n"
	     "\tread -ra before <<< \"$line\"\n"
	     "\tif [[ $line != *[[:blank:]] ]]; then\n"
	     "\t\tword=${before[-1]}\n"
	     "\t\tunset 'before[-1]'\n"
	     "\tfi");
	print_search();
	fputs("\twords=\"", stdout);
	print_names(cli_global_options, false);
	puts("\"\n"
	     "\tcase $command in");
	fputs("\t'' | help) words=\"$words ", stdout);
	print_commands();
	puts("\" ;;");
	print_cases();
	puts("\tesac\n"
	     "\tif [[ $command && $command != help && $word != -* ]]; then\n"
	     "\t\tCOMPREPLY=()\n"
	     "\telse\n"
	     "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
	     "\tfi\n"
	     "}\n"
	     "complete -o default -F _sonde sonde");
}
