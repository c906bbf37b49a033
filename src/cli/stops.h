/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stops: those that a command set a trap for, and those that it did not expect. */
#ifndef SONDE_CLI_STOPS_H
#define SONDE_CLI_STOPS_H

#include "output.h"

/** Why the machine stopped, in words. */
void cli_describe_stop(const struct sonde_stop *stop, char *text, size_t size);

/**
 * Reports a stop that somebody else caused; the machine is left stopped, since they
 * will want it so. Always CLI_FAILED.
 */
int cli_foreign_stop(struct cli *cli, const struct sonde_stop *stop);

/** A row of where @p thread is: the columns below. */
struct sonde_error *cli_put_place(struct cli_output *output, struct sonde_thread *thread);
extern const struct cli_column cli_place_columns[];

/** A run of the machine in which one trap is hit again and again. */
struct cli_hits {
	struct cli *cli;
	/** What is set; cli_hits_run() sets it, and takes it out. */
	enum sonde_breakpoint_kind kind;
	uint64_t address;
	uint64_t length;
	struct sonde_breakpoint *breakpoint;
	/** How many hits end it; 0: none does. */
	uint64_t wanted;
	/** Leave the machine stopped at the last hit. */
	bool stay;
	const struct cli_column *columns;
	/** Run backwards: the last hit comes first. */
	bool reverse;
	struct cli_output output;
	/**
	 * Mandatory. Puts a row for a hit, if there is something to show; sets *@p counts
	 * to whether there was. @p user is the one below.
	 */
	struct sonde_error *(*show)(
		struct cli_hits *hits, const struct sonde_stop *stop, bool *counts);
	void *user;
};

/**
 * Lets the machine run and shows hits until there were enough, Ctrl-C, or a stop
 * that is none of ours. The breakpoint is set first and taken out, whatever happens.
 */
int cli_hits_run(struct cli_hits *hits);

#endif
