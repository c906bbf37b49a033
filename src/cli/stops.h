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

/** Reports why a walk did not arrive. Always CLI_FAILED. */
int cli_missed(struct cli *cli, const struct sonde_probes_end *end);

/** Frees @p probes in whatever state the machine is; returns @p status, or a failure. */
int cli_end_probes(struct cli *cli, struct sonde_probes *probes, int status);

/** A row of where @p thread is: the columns below. */
struct sonde_error *cli_put_place(struct cli_output *output, struct sonde_thread *thread);
extern const struct cli_column cli_place_columns[];

/** A run of the machine in which one probe, or what stands for one, is hit again and
 * again. */
struct cli_hits {
	struct cli *cli;
	/** What is set; cli_hits_run() sets it, and takes it out. */
	struct sonde_probe_options options;
	/** What does so instead with probes of its own, whose hits it hands to
	 * cli_hits_handle(); NULL: nothing, neither of both. */
	struct sonde_error *(*put_in)(struct cli_hits *hits);
	struct sonde_error *(*take_out)(struct cli_hits *hits);
	/** How many hits end it; 0: none does. */
	uint64_t wanted;
	/** Leave the machine stopped at the last hit. */
	bool stay;
	const struct cli_column *columns;
	/** Run backwards: the last hit comes first. */
	bool reverse;
	struct cli_output output;
	/** Mandatory. Puts a row for a hit. @p user is the one below. */
	struct sonde_error *(*show)(struct cli_hits *hits, struct sonde_probe_hit *hit);
	void *user;
	/* What follows is cli_hits_run()'s. */
	struct sonde_probes *probes;
	struct sonde_probe *probe;
	uint64_t seen;
	/** Said that the condition met a fault; that there is nobody who knows tasks. */
	bool fault_said, no_tasks;
};

/**
 * Lets the machine run and shows hits until there were enough, Ctrl-C, or a stop
 * that is none of ours. The probe is set first and taken out, whatever happens.
 */
int cli_hits_run(struct cli_hits *hits);

/** Shows a hit, and ends the run if there were enough. @p user is the run. */
struct sonde_error *cli_hits_handle(struct sonde_probe_hit *hit, void *user);

/** The first columns of a hit: time, cpu, pid, comm. */
struct sonde_error *cli_put_hit(struct cli_hits *hits, struct sonde_probe_hit *hit);

#endif
