/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What <sonde/discovery.h> promises, and what else is known of a QEMU that was found. */
#ifndef SONDE_OPEN_FOUND_H
#define SONDE_OPEN_FOUND_H

#include <sonde/discovery.h>
#include "buffer.h"
#include "context.h"
#include "inquiry.h"
#include "process.h"

struct sonde_found {
	/** Its strings are owned. */
	struct sonde_found_qemu qemu;
	/** As -machine says it; NULL: it does not. Owned. */
	char *machine;
	/** As -smp says; 0: it does not. */
	unsigned cpus;
	/**
	 * What libvirt knows it by, where it is one of libvirt's: its UUID, or its name;
	 * and whom to ask, where that is known. Owned.
	 */
	char *domain, *libvirt_uri;
	/** Its monitor is reached through libvirt. */
	bool by_libvirt;
	/** It can be connected to: QMP has answered, at the stub there is nobody. */
	bool qmp_free, gdb_free;
	/** What kept us from the last one that is not free. */
	enum sonde_error_kind hindrance;
};

struct sonde_found_qemus {
	struct sonde_found *list;
	size_t count;
};

/** One that is looked at. */
struct sonde_look {
	struct sonde *sonde;
	const struct sonde_qemu_listeners *listeners;
	struct sonde_qemu_process process;
	struct sonde_found found;
	/** Whoever attaches will ask QEMU, and look at its memory; this does not. */
	bool brief;
	/** Why not, so far. */
	struct sonde_buffer why;
};

/** Adds a reason to those there are. */
SONDE_NODISCARD struct sonde_error *sonde_look_explain(
	struct sonde_look *look, const char *format, ...) PRINTF(2, 3);

/** Finds the monitors and the stub, and asks the first QMP that is free. */
SONDE_NODISCARD struct sonde_error *sonde_look_at_channels(struct sonde_look *look);

/** For one of libvirt's, whose monitor could not be reached: tries it through that. */
SONDE_NODISCARD struct sonde_error *sonde_look_at_libvirt(
	struct sonde_look *look, struct sonde_qemu_inquiry *inquiry);

/** As sonde_discover(), of @p pid alone (0: all), and of that what attaching needs. */
SONDE_NODISCARD struct sonde_error *sonde_discover_process(
	struct sonde *sonde, pid_t pid, struct sonde_found_qemus **ret);

/**
 * The QEMU that listens at @p address, a path or HOST:PORT. SONDE_ERROR_NOT_FOUND: it
 * cannot be told. The caller closes @p ret.
 */
SONDE_NODISCARD struct sonde_error *sonde_find_listening_qemu(
	const char *address, struct sonde_qemu_process *ret);

#endif
