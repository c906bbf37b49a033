/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every command gets, and what a command is.
 *
 * A command is one const entry in one file; table.c lists them all. Dispatch, help,
 * completion and the checks of the command line come from the entries alone.
 *
 * Whoever finds an error reports it at once (report.h) and returns a status; nobody
 * exits, so that main() and the shell always detach.
 */
#ifndef SONDE_CLI_CLI_H
#define SONDE_CLI_CLI_H

#include <sonde/sonde.h>

#define ARRAY_SIZE(array)   (sizeof(array) / sizeof((array)[0]))
#define PRINTF(text, first) __attribute__((format(printf, text, first)))

/** What a command ends with, and what the process exits with. */
enum cli_status {
	CLI_DONE = 0,
	/** The question has no answer, or the attempt failed. */
	CLI_FAILED = 1,
	/** The command line is wrong. */
	CLI_USAGE = 2,
	/** Of a command that found the target running: again, with the target stopped. */
	CLI_WANTS_STOP,
};

struct cli_settings {
	/** Without its level; NULL: not given. */
	char *target;
	bool json;
	/** What the user said; NULL: nothing. Owned. */
	char *level;
	/** A file or directory with the kernel's symbols; NULL: not given. Owned. */
	char *symbols;
	/** Wait for a target that somebody else holds, or for a kernel. */
	bool wait;
	/** Stop the guest also for what could be read while it runs. */
	bool stop;
	/** Guest RAM is read, not mapped. */
	bool no_mapping;
	/** Nobody lets the guest go if we are killed. */
	bool no_guard;
	unsigned verbosity;
};

/** The whole program's state. */
struct cli {
	struct cli_settings settings;
	struct sonde *sonde;
	/** NULL unless attached. */
	struct sonde_target *target;
	double attach_ms;
	/** When the command began, in seconds of the monotonic clock. */
	double began;
	/** Whether rows and errors are JSON: may differ from settings in the shell. */
	bool json;
	/** errno of the first write to stdout that failed, or 0. */
	int output_errno;
	bool in_shell;
	/** In the shell: the command wants the machine to stay stopped. */
	bool stay_stopped;
	/** The user wants the machine stopped when we have gone. */
	bool leaves_stopped;
	/** In the shell: the machine ran when the command was typed. */
	bool ran_before;
	/** No kernel was found, and for showing names no other look is taken. */
	bool no_symbols;
	/** A line of source code was found: others are worth looking for. */
	bool has_lines;
	/** The command goes back in a record: nothing may run forwards meanwhile. */
	bool goes_back;
	/** In the shell: end it. */
	bool quit;
	/** In the shell: a terminal shows a Ctrl-C as "^C", in the midst of a line. */
	bool echoes;
	/** In the shell: that line was ended. */
	bool echo_ended;
	/** The guest is stopped also for what could be read while it runs. */
	bool stop;
};

struct cli_arguments;

struct cli_option {
	/** With its dashes; NULL ends a table. */
	const char *name;
	/** What its argument is called in help; NULL: it has none. */
	const char *argument;
	const char *help;
	/** Known, but this version lacks what it needs: "the process level". */
	const char *needs;
	/** The argument is a number: checked when the command line is parsed. */
	bool number;
	/** And it is not 0. */
	bool positive;
	/** Not shown in help. */
	bool hidden;
	/** How to attach: nothing for a command in the shell. */
	bool attaches;
};

enum cli_use {
	/** Runs without a target. */
	CLI_USES_NOTHING,
	CLI_USES_TARGET,
	/** Reads: from one that runs, where that can be done, else it is stopped
	   meanwhile. */
	CLI_OBSERVES_TARGET,
	/** Needs the target, stopped. */
	CLI_USES_STOPPED_TARGET,
};

struct cli_command {
	const char *name;
	/** Other names, with blanks between them, or NULL. */
	const char *alias;
	/** As in a usage line: "ADDR LEN"; NULL: none. */
	const char *operands;
	/** How many operands there may be; maximum 0: none, UINT_MAX: any number. */
	unsigned operands_min, operands_max;
	const char *summary;
	/** What else there is to know, in lines for help; NULL: nothing. */
	const char *details;
	/** Arguments that make a good example. */
	const char *example;
	/** Known, but this version lacks what it needs: "the kernel level". */
	const char *needs;
	/** Ends with an entry without a name; NULL: no options. */
	const struct cli_option *options;
	enum cli_use use;
	bool shell_only;
	/** With --stop it stops the guest itself, for as short as it can (standstill.h).
	 */
	bool stops_itself;
	/** Operands are names of registers: for completion. */
	bool completes_registers;
	/** Operands are places: symbols are offered. */
	bool completes_symbols;
	/**
	 * Optional. Looks at the arguments before anything is attached to; what is
	 * wrong there never disturbs a guest.
	 */
	int (*check)(struct cli *cli, const struct cli_arguments *arguments);
	/** Mandatory unless @ref needs says why it is not there. */
	int (*run)(struct cli *cli, const struct cli_arguments *arguments);
};

/** Seconds since the command began. */
double cli_seconds(const struct cli *cli);

#endif
