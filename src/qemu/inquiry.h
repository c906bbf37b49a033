/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a QEMU says of itself over QMP, to somebody who only wants to know: four questions
 * that change nothing, and the monitor is free again.
 */
#ifndef SONDE_QEMU_INQUIRY_H
#define SONDE_QEMU_INQUIRY_H

#include "channel.h"
#include "context.h"

struct sonde_qemu_inquiry {
	/** QEMU's word: "running", "paused". Owned. */
	char *state;
	/** NULL: it has none. Owned. */
	char *name;
	/** What follows is valid only where QEMU told it. */
	bool kvm_known, stub_known;
	bool kvm;
	/** Where its stub listens; NONE: there is no stub. */
	struct sonde_qemu_channel stub;
	/** Somebody is connected to it. */
	bool stub_held;
};

/**
 * Asks the QEMU at @p address, a path or HOST:PORT, each wait being at most @p
 * timeout_ms. Fails as sonde_qmp_connect() does.
 */
SONDE_NODISCARD struct sonde_error *sonde_qemu_inquire(struct sonde *sonde,
	const char *address, unsigned timeout_ms, struct sonde_qemu_inquiry *ret);
void sonde_qemu_inquiry_deinit(struct sonde_qemu_inquiry *inquiry);

#endif
