/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What may stand behind "qemu:", and what it comes to: NAME, PID, /path/qmp.sock,
 * qmp=ADDR,gdb=ADDR,ram=FILE,libvirt=DOMAIN,pid=N, or nothing, for the only QEMU there
 * is.
 */
#ifndef SONDE_OPEN_SPECIFICATION_H
#define SONDE_OPEN_SPECIFICATION_H

#include "context.h"

enum sonde_specification_kind {
	/** The only one on this host that can be reached. */
	SONDE_SPECIFICATION_ONLY,
	/** By -name or pid. */
	SONDE_SPECIFICATION_NAMED,
	/** By a QMP socket. */
	SONDE_SPECIFICATION_SOCKET,
	/** By its parts. */
	SONDE_SPECIFICATION_PARTS,
};

struct sonde_specification {
	enum sonde_specification_kind kind;
	/** The name, the number or the path; NULL for the others. Owned. */
	char *word;
	/** The parts that were given, else NULL or 0. Owned. */
	char *qmp, *gdb, *ram, *libvirt;
	pid_t pid;
};

/** Parses @p words, which stand behind "qemu:". Nothing is looked up. */
SONDE_NODISCARD struct sonde_error *sonde_specification_parse(
	const char *words, struct sonde_specification *ret);
void sonde_specification_deinit(struct sonde_specification *specification);

/** What to attach to. */
struct sonde_resolution {
	/** What sonde_target_name() says: "qemu:vm1". Owned. */
	char *name;
	/** For the helper: "qmp=/run/a.sock,gdb=127.0.0.1:1234,pid=17,start=12345,
	 * arch=x86_64,machine=q35,name=vm1"; only what is known and, where that was
	 * looked up, free. Owned. */
	char *options;
};

/**
 * Finds what @p words mean. SONDE_ERROR_NOT_FOUND: there is no such QEMU, with those
 * there are in the hint; SONDE_ERROR_INVALID: there is more than one; SONDE_ERROR_BUSY
 * and others: it is there and cannot be reached.
 */
SONDE_NODISCARD struct sonde_error *sonde_specification_resolve(
	struct sonde *sonde, const char *words, struct sonde_resolution *ret);
void sonde_resolution_deinit(struct sonde_resolution *resolution);

#endif
