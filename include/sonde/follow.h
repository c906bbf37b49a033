/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A follower keeps its list of a Linux kernel's tasks fresh by probes, instead of reading
 * the kernel's again and again: of tasks that are started, that execute another program
 * or are renamed, and that end; and of modules that are loaded and unloaded. Each such
 * event stops the guest for as long as a hit of a probe does, some milliseconds where
 * QEMU emulates the CPU: it pays where few tasks come and go, or where none must be
 * missed; else sonde_tasks_open() is what costs the guest nothing.
 *
 *	struct sonde_follower_options options = {
 *		.size = sizeof(options), .handler = report};
 *
 *	sonde_probes_create(target, &probes);
 *	sonde_follower_create(target, probes, &options, &follower);
 *	sonde_probes_run(probes, -1, &end);
 *	sonde_follower_destroy(follower);
 *	sonde_probes_destroy(probes);
 *
 * As long as it is there the target has to be run by the loop of these probes: what
 * happens while others let it run is missed.
 */
#ifndef SONDE_FOLLOW_H
#define SONDE_FOLLOW_H

#include <sonde/probe.h>
#include <sonde/task.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_follower;

enum sonde_follow_subjects {
	/** Processes and all of their threads. */
	SONDE_FOLLOW_TASKS = 1 << 0,
	/** As a further use, symbols of modules are then read anew when the list of
	 * modules has changed, and not at each stop at which one is looked for. */
	SONDE_FOLLOW_MODULES = 1 << 1,
};

/** A task as its last event has left it. Numbers are of the initial namespaces. */
struct sonde_followed_task {
	/** Of its struct task_struct. */
	uint64_t address;
	/** As in struct sonde_task (nanoseconds). */
	uint64_t start_time;
	/** Its number; its process's; that of the process that it was a child of when it
	 * was seen first, which may have ended meanwhile. 0: it had none. */
	uint32_t pid, tgid, ppid;
	bool kernel_thread;
	/** Any bytes but NUL. */
	char comm[SONDE_TASK_COMM_BYTES];
};

enum sonde_follow_kind {
	/** A task is about to run for the first time. */
	SONDE_FOLLOW_STARTED,
	/** It executes another program, and is called by that. */
	SONDE_FOLLOW_EXECUTED,
	/** It is called otherwise. */
	SONDE_FOLLOW_RENAMED,
	/**
	 * It is about to leave the kernel's list: after it has ended, and whoever wanted
	 * to know has been told. When a thread that is not a process's first one executes
	 * a program, it gets the process's number, and it is its old number that ends.
	 */
	SONDE_FOLLOW_ENDED,
	/** Before any code of the module is executed. */
	SONDE_FOLLOW_MODULE_LOADED,
	/** After all of its code was; also when its own beginning has failed. */
	SONDE_FOLLOW_MODULE_UNLOADED,
};

/** What is borrowed lives until the handler returns. */
struct sonde_follow_event {
	enum sonde_follow_kind kind;
	/** As it is with this event; of one that ends as it was. NULL: it is a module's.
	 */
	const struct sonde_followed_task *task;
	/** SONDE_FOLLOW_EXECUTED, SONDE_FOLLOW_RENAMED: what it was called before. */
	const char *old_comm;
	/** A module's name, the guest's bytes, and its struct module; NULL and 0: it is a
	 * task's. */
	const char *module;
	uint64_t structure;
	/** The hit: it tells who does it, and on which CPU, and takes
	 * sonde_probe_hit_stay(). */
	struct sonde_probe_hit *hit;
};

/** An error ends the loop, which hands it on. */
typedef struct sonde_error *sonde_follow_handler(
	const struct sonde_follow_event *event, void *user);

struct sonde_follower_options {
	/** sizeof(struct sonde_follower_options). */
	size_t size;
	/** Of enum sonde_follow_subjects; 0: what this kernel lets be followed. */
	unsigned subjects;
	/** NULL: the list is kept, and nobody is told. */
	sonde_follow_handler *handler;
	void *user;
};

/**
 * Puts the probes in and reads the tasks that there are, both in the same stop; a target
 * that runs is let run on. No event is told for these tasks, and none is missed but of
 * what a CPU is in the midst of at that moment: a task that is just being renamed. Fails
 * like sonde_tasks_open(); SONDE_ERROR_UNSUPPORTED: the machine level, or the kernel has
 * no such function, which is named. @p target and @p probes, which are of it, must
 * outlive @p ret.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_follower_create(
	struct sonde_target *target, struct sonde_probes *probes,
	const struct sonde_follower_options *options, struct sonde_follower **ret);

/** Takes its probes out, as sonde_probe_destroy(). Not from a handler. NULL is allowed.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_follower_destroy(
	struct sonde_follower *follower);

/** Of enum sonde_follow_subjects: what is followed. */
SONDE_PUBLIC unsigned sonde_follower_subjects(const struct sonde_follower *follower);

/**
 * The task after @p task, in the order in which they were seen first; NULL as @p task:
 * the first one; NULL as the result: that was the last. A task lives until the handlers
 * of its end have returned. Nothing is read.
 */
SONDE_PUBLIC const struct sonde_followed_task *sonde_follower_next(
	const struct sonde_follower *follower, const struct sonde_followed_task *task);

/** The task with the number @p pid; NULL: there is none. Nothing is read. */
SONDE_PUBLIC const struct sonde_followed_task *sonde_follower_find(
	const struct sonde_follower *follower, uint32_t pid);

/** "start", "exec", "rename", "end", "load", "unload". Never freed. */
SONDE_PUBLIC const char *sonde_follow_kind_name(enum sonde_follow_kind kind);

#ifdef __cplusplus
}
#endif

#endif
