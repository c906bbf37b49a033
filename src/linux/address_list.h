/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of structures that were found on a walk. A zeroed structure is an empty one.
 */
#ifndef SONDE_LINUX_ADDRESS_LIST_H
#define SONDE_LINUX_ADDRESS_LIST_H

#include "error.h"

struct sonde_linux_addresses {
	/** Owned. */
	uint64_t *list;
	size_t count, capacity;
};

SONDE_NODISCARD struct sonde_error *sonde_linux_addresses_add(
	struct sonde_linux_addresses *addresses, uint64_t address);

/** Keeps the first of those that are the same; the order stays. */
SONDE_NODISCARD struct sonde_error *sonde_linux_addresses_drop_doubles(
	struct sonde_linux_addresses *addresses);

bool sonde_linux_addresses_are_same(const struct sonde_linux_addresses *one,
	const struct sonde_linux_addresses *other);

void sonde_linux_addresses_deinit(struct sonde_linux_addresses *addresses);

#endif
