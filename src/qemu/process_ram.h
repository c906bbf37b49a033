/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Guest RAM in QEMU's own memory, for those who may ptrace it.
 *
 * Private pages that QEMU has none of yet are not read there, since that would make them
 * (process_vm_readv() faults them in; seen with Linux 6.18): they show the file that they
 * are in front of, or zeros. Which ones are there, /proc/PID/pagemap says; that is
 * remembered of those that are, a bit a page.
 */
#ifndef SONDE_QEMU_PROCESS_RAM_H
#define SONDE_QEMU_PROCESS_RAM_H

#include "host_memory.h"
#include "ram_file.h"

struct sonde_qemu_process_ram {
	/** directory -1: there is none. */
	struct sonde_qemu_host process;
	/** -1: it cannot be read. */
	int pagemap;
	/** /proc/PID/mem; -1: not opened yet, or it cannot be. */
	int memory;
	bool memory_tried;
};

/** A run of it. */
struct sonde_qemu_process_run {
	/** Of the first byte, in QEMU's process; and how many there are. */
	uint64_t host, length;
	/** Private pages in front of @ref file from @ref offset on, or (NULL) of zeros.
	 */
	bool is_private;
	struct sonde_qemu_ram_file *file;
	uint64_t offset;
	/** A bit a page: it is there. NULL until the first was. Owned. */
	uint64_t *present;
};

/** Owns nothing, and is of no process. */
#define SONDE_QEMU_PROCESS_RAM_NONE                                       \
	{                                                                 \
		.process = {.directory = -1}, .pagemap = -1, .memory = -1 \
	}

/** Of a process of its own, which is the same as @p process. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_process_ram_hold(
	struct sonde_qemu_process_ram *ram, const struct sonde_qemu_host *process);
void sonde_qemu_process_ram_release(struct sonde_qemu_process_ram *ram);

/** @p length bytes, @p skip bytes into @p run. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_process_ram_read(
	struct sonde_qemu_process_ram *ram, struct sonde_qemu_process_run *run,
	uint64_t skip, void *buffer, size_t length);

bool sonde_qemu_process_ram_is_writable(struct sonde_qemu_process_ram *ram);
SONDE_NODISCARD struct sonde_error *sonde_qemu_process_ram_write(
	struct sonde_qemu_process_ram *ram, const struct sonde_qemu_process_run *run,
	uint64_t skip, const void *data, size_t length);

#endif
