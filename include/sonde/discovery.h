/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The QEMUs that run on this host, and what can be reached of each. Looking changes
 * nothing: a monitor is asked only while nobody else is connected to it, and GDB stubs
 * are never connected to.
 */
#ifndef SONDE_DISCOVERY_H
#define SONDE_DISCOVERY_H

#include <sonde/context.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * One of them. Names and addresses are as other users wrote them: any bytes but NUL. All
 * strings live as long as the list.
 */
struct sonde_found_qemu {
	pid_t pid;
	/**
	 * When the process began, in clock ticks since boot: a later one with the same
	 * pid has another.
	 */
	uint64_t start_time;
	/** As -name says; NULL: it has none. Cut after 1023 bytes. */
	const char *name;
	/** What it emulates: "x86_64", "aarch64"; NULL: not known. */
	const char *arch;
	/** "tcg", "kvm". */
	const char *accel;
	/** QEMU's own word: "running", "paused"; NULL where it could not be asked. */
	const char *state;
	/**
	 * Its QMP monitor and its GDB stub, a path or HOST:PORT: the one that answered,
	 * or would be asked; NULL: none is known. Somebody may be connected there: see
	 * why. "libvirt:NAME" for the monitor of a domain that libvirt hands commands to.
	 */
	const char *qmp, *gdb;
	/** Its human monitor, likewise. */
	const char *monitor;
	/** 0: not known. */
	uint64_t ram_bytes;
	/** How its memory could be read: "mmap", "process", "stub", "qmp", "none". Never
	 * NULL. */
	const char *memory;
	/** What cannot be reached, why, and what would help; NULL: all is fine. */
	const char *why;
};

struct sonde_found_qemus;

/**
 * Finds them all, in the order of their pids; there may be none. One that does not answer
 * takes a second. The caller destroys @p ret.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_discover(
	struct sonde *sonde, struct sonde_found_qemus **ret);

/** NULL is allowed. */
SONDE_PUBLIC void sonde_found_qemus_destroy(struct sonde_found_qemus *found);

SONDE_PUBLIC size_t sonde_found_qemus_count(const struct sonde_found_qemus *found);

/** From 0; NULL behind the end. Lives as long as @p found. */
SONDE_PUBLIC const struct sonde_found_qemu *sonde_found_qemus_get(
	const struct sonde_found_qemus *found, size_t index);

#ifdef __cplusplus
}
#endif

#endif
