/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where a monitor or a stub of QEMU listens, as its command line says it, either in the
 * old way ("unix:PATH,server=on", "tcp:HOST:PORT") or as what stands behind -chardev
 * ("socket,id=a,path=PATH"). QEMU's chardev/char.c, chardev/char-socket.c.
 */
#ifndef SONDE_QEMU_CHANNEL_H
#define SONDE_QEMU_CHANNEL_H

#include "error.h"

enum sonde_qemu_channel_kind {
	/** There is none: zero, so that a zeroed channel is none. */
	SONDE_QEMU_CHANNEL_NONE,
	/** The address is a path, perhaps relative to QEMU's directory at the time. */
	SONDE_QEMU_CHANNEL_UNIX,
	/** The address is HOST:PORT. */
	SONDE_QEMU_CHANNEL_TCP,
	/** A listening socket that QEMU was given; the address is a number. */
	SONDE_QEMU_CHANNEL_DESCRIPTOR,
	/** What cannot be connected to; the address is as it was written. */
	SONDE_QEMU_CHANNEL_OTHER,
};

struct sonde_qemu_channel {
	enum sonde_qemu_channel_kind kind;
	/** NULL for NONE. Owned. */
	char *address;
	/** QEMU starts nothing before its first client has come. */
	bool waits;
};

/**
 * The old way. TCP without "server" is one that QEMU connects by itself, which is OTHER;
 * @p listens says that it listens nevertheless, as with -gdb.
 */
SONDE_NODISCARD struct sonde_error *sonde_qemu_channel_parse(
	const char *text, bool listens, struct sonde_qemu_channel *ret);

/** What stands behind -chardev. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_channel_parse_options(
	const char *text, struct sonde_qemu_channel *ret);

void sonde_qemu_channel_deinit(struct sonde_qemu_channel *channel);

#endif
