/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Undoing what a journal lists, on the stub that it speaks of. */
#ifndef SONDE_GUARD_RESCUE_H
#define SONDE_GUARD_RESCUE_H

#include <sys/socket.h>

#include "journal.h"

/** How the stub is reached. */
struct rescue_way {
	/** The connection that the dead client had, or -1. Closed by rescue(). */
	int fd;
	/** Where to connect anew; length 0: that cannot be done. */
	struct sockaddr_storage address;
	socklen_t address_length;
};

/**
 * Takes everything out, puts everything back, leaves the target as it was found. False
 * when the stub could not be reached or did not answer: the journal is still needed.
 */
bool rescue(const struct journal *journal, struct rescue_way *way);

#endif
