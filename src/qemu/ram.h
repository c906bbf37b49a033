/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The guest's physical memory, each part of it by the fastest means that there is: a file
 * that QEMU shares, its process memory, its monitor.
 *
 * QEMU's monitor says which physical addresses are RAM and where they lie in its process;
 * the process's mappings say what they are there; nothing is computed from the machine's
 * type.
 */
#ifndef SONDE_QEMU_RAM_H
#define SONDE_QEMU_RAM_H

#include "memory_map.h"
#include "host_memory.h"
#include "space.h"

/** In the order in which they are preferred. */
enum sonde_qemu_means {
	/** A file that is mapped, or read by pread(). */
	SONDE_QEMU_BY_FILE,
	/** process_vm_readv(). */
	SONDE_QEMU_BY_PROCESS,
	/** pmemsave, xp. */
	SONDE_QEMU_BY_MONITOR,
};

struct sonde_qemu_ram;

/** What is known when RAM is looked for. All of it is borrowed for the call. */
struct sonde_qemu_ram_sources {
	const struct sonde_qemu_memory_map *map;
	/** One for each range of @ref map: the address in QEMU's process; 0: unknown. */
	const uint64_t *host;
	/** NULL: unknown, or not to be asked. */
	const struct sonde_qemu_host *process;
	/** Its mappings, if somebody has just read them; NULL: they are read. */
	const struct sonde_qemu_mappings *mappings;
	/** The largest region is in this file; NULL: not said. */
	const char *file;
	/** Files are not mapped. */
	bool no_mapping;
	/** What the monitor has to be asked for; NULL: it cannot be. @p read_only memory
	 * included. Borrowed for as long as the RAM. */
	struct sonde_error *(*ask)(
		void *user, uint64_t address, void *buffer, size_t length);
	void *user;
};

SONDE_NODISCARD struct sonde_error *sonde_qemu_ram_create(
	const struct sonde_qemu_ram_sources *sources, struct sonde_qemu_ram **ret);
void sonde_qemu_ram_destroy(struct sonde_qemu_ram *ram);

/** As sonde_space_ops.read and .look. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_ram_read(
	struct sonde_qemu_ram *ram, uint64_t address, void *buffer, size_t length);
SONDE_NODISCARD struct sonde_error *sonde_qemu_ram_look(
	struct sonde_qemu_ram *ram, uint64_t address, struct sonde_window *ret);

/**
 * Whether @p length bytes can be written here: *@p ret is false where only the stub can.
 * A fault where there is no RAM; SONDE_ERROR_UNSUPPORTED where a ROM is, as QEMU's stub
 * drops what is written to one's physical address (gdbstub.c, since 4.1).
 */
SONDE_NODISCARD struct sonde_error *sonde_qemu_ram_check_write(
	struct sonde_qemu_ram *ram, uint64_t address, size_t length, bool *ret);
/** What sonde_qemu_ram_check_write() found to be possible. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_ram_write(
	struct sonde_qemu_ram *ram, uint64_t address, const void *data, size_t length);

/** By which means most of it is read: "mmap", "process", "qmp", "none". Never freed. */
const char *sonde_qemu_ram_means(const struct sonde_qemu_ram *ram);

/** Why not by a faster one, and what would help; NULL: it is the fastest. Lives as long.
 */
const char *sonde_qemu_ram_why(const struct sonde_qemu_ram *ram);

#endif
