/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel's image with one process (1) in it that has memory, open files, sockets,
 * mounts and a network, in either way that kernels keep them.
 */
#ifndef SONDE_TESTS_PROCESS_IMAGE_H
#define SONDE_TESTS_PROCESS_IMAGE_H

#include "tree_image.h"

enum process_layout {
	/** Lists of areas and of mounts, tables of sockets by symbols: 5.10. */
	PROCESS_LISTS,
	/** A maple tree, a red-black tree, tables of each network: 6.12. */
	PROCESS_TREES,
	/** As PROCESS_LISTS, without IPv6 and namespaces of networks. */
	PROCESS_ONE_NETWORK,
	PROCESS_LAYOUTS,
};

enum {
	PROCESS_AREAS = 12,
	/** Of areas, one after the other. */
	PROCESS_AREA_BYTES = 0x3000,
	PROCESS_NAMESPACE = 4026531840u,
};

enum process_socket {
	PROCESS_LISTENING,
	PROCESS_CONNECTED,
	/** One that nobody has open. */
	PROCESS_ENDING,
	PROCESS_UDP6,
	PROCESS_UNIX,
	/** Whose peer is the former. */
	PROCESS_UNIX_PEER,
	PROCESS_NETLINK,
	PROCESS_SOCKETS,
};

struct process_image {
	struct tree_image tree;
	enum process_layout layout;
	/** Its struct mm_struct, and each struct vm_area_struct. */
	uint64_t memory, areas[PROCESS_AREAS];
	/** Of the maple tree: the root, and its two leaves. */
	uint64_t root, leaves[2];
	uint64_t files, table, pointers, open, close_on_exec;
	uint64_t namespaces, mounts, network, device, address;
	uint64_t sockets[PROCESS_SOCKETS], connected, listening, unix_chains, hashinfo;
};

#define PROCESS_START UINT64_C(0x400000)

/** The process has each file of the tree open by its number in enum tree_dentry, every
 * second one with close-on-exec, and its sockets from TREE_DENTRIES on. */
void process_image_begin(struct process_image *image, enum process_layout layout);
void process_image_end(struct process_image *image);

/** For fuzzing: a kernel of the layout that the first byte names, changed as
 * linux_image_change() does by the others; NULL: there is no byte. It is made once. */
struct linux_image *process_image_changed(const uint8_t *data, size_t size);

#endif
