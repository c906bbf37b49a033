/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What inodes say of files. */
#ifndef SONDE_LINUX_INODE_H
#define SONDE_LINUX_INODE_H

#include "record.h"

struct sonde_linux;

enum {
	SONDE_LINUX_INODE_BYTES = 1024,
};

struct sonde_linux_inode_fields {
	struct sonde_field mode, number, special, super_block, device;
};

struct sonde_linux_inodes {
	struct sonde_linux *kernel;
	struct sonde_linux_inode_fields fields;
	struct sonde_record record;
	/** The file system that was read last, and its device. */
	uint64_t super_block;
	uint32_t device;
};

struct sonde_linux_inode {
	uint64_t number;
	/** As st_mode has it. */
	uint32_t mode;
	/** Of the file system, and of the device that the file is. */
	uint32_t device, special;
};

/** Nothing is to be freed. */
SONDE_NODISCARD struct sonde_error *sonde_linux_inodes_init(
	struct sonde_linux_inodes *ret, struct sonde_linux *kernel);

/** The struct inode at @p address. */
SONDE_NODISCARD struct sonde_error *sonde_linux_inode_read(
	struct sonde_linux_inodes *inodes, uint64_t address,
	struct sonde_linux_inode *ret);

/** include/linux/kdev_t.h: how the kernel keeps a device's numbers. */
static inline uint32_t sonde_linux_major(uint32_t device)
{
	return device >> 20;
}

static inline uint32_t sonde_linux_minor(uint32_t device)
{
	return device & 0xfffff;
}

#endif
