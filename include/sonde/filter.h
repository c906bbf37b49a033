/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose hits a probe takes; and probes of probes, which are fed by another one.
 *
 * A probe with a source (struct sonde_probe_options) has no place of its own: it is hit
 * whenever its source is, and is asked for its own filter and condition then. So a chain
 * of them narrows down what comes from one breakpoint, and one source feeds many:
 *
 *	opened = {.kind = SONDE_PROBE_RETURN, .place = "do_sys_openat2"}
 *	failed = {.source = opened, .condition = "result < 0", ..}
 *	mine   = {.source = failed, .filter = &(struct sonde_filter){
 *		.size = sizeof(struct sonde_filter),
 *		.fields = SONDE_FILTER_PROCESS, .process = 431}, ..}
 *
 * What holds of a source's hit holds of theirs: address, thread, arguments (at a return
 * with the result), the change of watched memory; and a handler may say of it what the
 * source's may. They cost no breakpoint and no stop.
 *
 * Order: at a hit the filter of a probe is asked first, then its condition; its handler
 * is called; then those that it feeds have their turn, in the order in which they were
 * created, each with all that it feeds itself before the next one. After them comes the
 * next probe of the same place. Those that are created by a handler begin with the next
 * stop; those that are destroyed by one are not hit any more. A source takes all that it
 * feeds along: at once when it is destroyed, and when it has had its count of hits, after
 * they were hit by the last one. They are as any probe whose count is over then.
 */
#ifndef SONDE_FILTER_H
#define SONDE_FILTER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What has to be as the filter says. */
enum sonde_filter_field {
	/** Costs nothing. */
	SONDE_FILTER_CPU = 1 << 0,
	/** These need what tells the CPU's task: its registers once in a stop, and on
	 * x86 a word of memory; all but the first one a member of the task, too. At the
	 * machine level nobody knows tasks: SONDE_ERROR_UNSUPPORTED. */
	SONDE_FILTER_TASK = 1 << 1,
	SONDE_FILTER_PID = 1 << 2,
	SONDE_FILTER_PROCESS = 1 << 3,
	SONDE_FILTER_COMM = 1 << 4,
};

/**
 * Whose hits. Where no task is to be found at a hit, it is nobody's that was asked for.
 * Calls of tasks that are not meant are not waited for by a probe of returns, unless
 * their comm or the CPU decides, which may be another one then.
 */
struct sonde_filter {
	/** sizeof(struct sonde_filter). */
	size_t size;
	/** Of enum sonde_filter_field; all of them have to be met. 0: whoever it is. */
	unsigned fields;
	/** As sonde_thread_number() has it. */
	unsigned cpu;
	/** As struct sonde_probe_task has it. */
	uint64_t task;
	/** Of the task itself, and of its process (its first thread), as the initial
	 * namespace has them. */
	uint64_t pid, process;
	/** The whole name, as long as the kernel keeps it; not NULL if it is asked for.
	 * Copied. */
	const char *comm;
};

#ifdef __cplusplus
}
#endif

#endif
