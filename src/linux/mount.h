/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which mounts a namespace has: by a list, or, in kernels from 6.8 on, a red-black tree.
 */
#ifndef SONDE_LINUX_MOUNT_H
#define SONDE_LINUX_MOUNT_H

#include "address_list.h"
#include "record.h"

struct sonde_linux;

struct sonde_linux_mount_links {
	struct sonde_field list, list_link, tree, tree_link, left, right;
};

struct sonde_linux_mount_list {
	/** Of each struct mount; owned. None comes twice. */
	struct sonde_linux_addresses addresses;
	/** Why some may be missing; NULL: none is. Never freed. */
	const char *incomplete;
};

/** Those of the struct mnt_namespace at @p address. The caller deinitializes @p ret, also
 * after an error. */
SONDE_NODISCARD struct sonde_error *sonde_linux_mount_list_read(
	struct sonde_linux *kernel, uint64_t address, struct sonde_linux_mount_list *ret);

void sonde_linux_mount_list_deinit(struct sonde_linux_mount_list *list);

#endif
