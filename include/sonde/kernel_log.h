/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The log of a Linux kernel, as dmesg(1) shows it: what the guest's memory still has of
 * it, whether the guest runs, stands or has panicked. Records have numbers, by which a
 * log can be followed while the guest runs.
 */
#ifndef SONDE_KERNEL_LOG_H
#define SONDE_KERNEL_LOG_H

#include <sonde/target.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_kernel_log;

struct sonde_kernel_record {
	/** Counts up by one from the first record since boot, which is 0. */
	uint64_t sequence;
	/** Since boot, by the kernel's clock (ns). */
	uint64_t time;
	/** 0 to 7: "emerg" to "debug" (syslog(3)). */
	unsigned level;
	/** 0: the kernel; others were written by programs (syslog(3)). */
	unsigned facility;
	/**
	 * The guest's bytes, which may be anything; a NUL is behind them. Lines within
	 * are separated by '\n'.
	 */
	const char *text;
	size_t length;
	/** False: the kernel may add to it yet. */
	bool complete;
	/** It changed while it was read, each time, and may be wrong. */
	bool torn;
};

struct sonde_kernel_log_options {
	/** sizeof(struct sonde_kernel_log_options). */
	size_t size;
	/**
	 * It is going to be read again: a record that is not complete is waited for, and
	 * those behind it with it.
	 */
	bool follow;
};

/**
 * Reads the log; @p options may be NULL: once. The caller closes @p ret.
 * SONDE_ERROR_UNSUPPORTED: there is no kernel level, or its types are not known.
 * SONDE_ERROR_NOT_FOUND: the kernel's structures are not what is known of them (its log
 * is another one before 5.10), or nobody knows where the log is. SONDE_ERROR_BAD_DATA:
 * what is there is no log.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_kernel_log_open(
	struct sonde_target *target, const struct sonde_kernel_log_options *options,
	struct sonde_kernel_log **ret);

/**
 * The next record, the oldest first; NULL: no more were read. Lives until the log is read
 * again, or closed.
 */
SONDE_PUBLIC const struct sonde_kernel_record *sonde_kernel_log_next(
	struct sonde_kernel_log *log);

/** Why not all records are there that the log still has; NULL: they are. */
SONDE_PUBLIC const char *sonde_kernel_log_incomplete(const struct sonde_kernel_log *log);

/** What happened since the log was read before. */
struct sonde_kernel_log_news {
	/** sizeof(struct sonde_kernel_log_news). */
	size_t size;
	/** Records that were overwritten before they were read. */
	uint64_t lost;
	/** It is another kernel's log now, read from its beginning. */
	bool restarted;
};

/**
 * Reads what has come since: records that sonde_kernel_log_next() has not handed out are
 * dropped, and it goes on with the new ones. One that is not complete is waited for,
 * unless others have come after it and it stays so for ten readings. @p ret, whose size
 * the caller sets, is filled in. A target that runs is read as it runs; one that stands
 * has no news. Now and then it is looked whether the same kernel runs, which may fail as
 * sonde_kernel_find() does, while the guest starts again: then try later.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_kernel_log_read(
	struct sonde_kernel_log *log, struct sonde_kernel_log_news *ret);

/** NULL is allowed. Before the target closes. */
SONDE_PUBLIC void sonde_kernel_log_close(struct sonde_kernel_log *log);

/** "emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"; NULL: another
 * level. Never freed. */
SONDE_PUBLIC const char *sonde_kernel_log_level_name(unsigned level);

/** "kern", "user", "daemon"..: as syslog(3) has it; NULL: another one. Never freed. */
SONDE_PUBLIC const char *sonde_kernel_log_facility_name(unsigned facility);

#ifdef __cplusplus
}
#endif

#endif
