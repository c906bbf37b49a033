/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A QEMU process, held so that another one that gets its number is never taken for it: by
 * a descriptor of its directory in /proc, which leads nowhere once it has ended.
 */
#ifndef SONDE_QEMU_HOST_MEMORY_H
#define SONDE_QEMU_HOST_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

struct sonde_qemu_host {
	pid_t pid;
	/** Its directory in /proc; -1: there is no process. */
	int directory;
};

/** Part of a process's address space: a line of /proc/PID/maps (proc(5)). */
struct sonde_qemu_mapping {
	/** Host addresses; @ref end is behind it. */
	uint64_t first, end;
	/** Of a file: where in it this begins (bytes). */
	uint64_t offset;
	dev_t device;
	/** 0: anonymous memory. */
	ino_t inode;
	bool readable, writable, executable, shared;
	/** The file's name is gone, or never was. */
	bool deleted;
	/** "" where there is none. Lives as long as the list that it is in. */
	const char *path;
};

/** Sorted by address. */
struct sonde_qemu_mappings {
	struct sonde_qemu_mapping *list;
	size_t count;
	/** Owned: what the paths are in. */
	char *text;
};

/**
 * @p start: field 22 of /proc/PID/stat as it was when somebody said this number; 0: not
 * known. SONDE_ERROR_NOT_FOUND where the process has ended.
 */
SONDE_NODISCARD struct sonde_error *sonde_qemu_host_hold(
	pid_t pid, uint64_t start, struct sonde_qemu_host *ret);
void sonde_qemu_host_release(struct sonde_qemu_host *process);

/** SONDE_ERROR_NOT_FOUND where it has ended. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_host_check(
	const struct sonde_qemu_host *process);

/**
 * Copies from the process's memory, without touching the process: all of it, or the
 * error of the first byte that cannot be had. @p address is the process's.
 */
SONDE_NODISCARD struct sonde_error *sonde_qemu_host_read(
	const struct sonde_qemu_host *process, uint64_t address, void *buffer,
	size_t length);

/**
 * Opens the process's memory, to be read and written. The caller closes @p ret.
 * SONDE_ERROR_PERMISSION is an answer.
 */
SONDE_NODISCARD struct sonde_error *sonde_qemu_host_open_memory(
	const struct sonde_qemu_host *process, int *ret);

/**
 * Writes to the memory that @p memory was opened of, which another process with the same
 * number does not have. SONDE_ERROR_NOT_FOUND where the process has ended.
 */
SONDE_NODISCARD struct sonde_error *sonde_qemu_host_write(
	int memory, uint64_t address, const void *data, size_t length);

/**
 * Opens the file behind @p mapping for reading, under its name through one of the
 * process's descriptors, or (as root) by where it is mapped. SONDE_ERROR_PERMISSION and
 * _NOT_FOUND are answers.
 */
SONDE_NODISCARD struct sonde_error *sonde_qemu_host_open_file(
	const struct sonde_qemu_host *process, const struct sonde_qemu_mapping *mapping,
	int *ret);

SONDE_NODISCARD struct sonde_error *sonde_qemu_mappings_read(
	const struct sonde_qemu_host *process, struct sonde_qemu_mappings *ret);
/** @p text is what /proc/PID/maps has; lines that make no sense are passed over. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_mappings_parse(
	const char *text, struct sonde_qemu_mappings *ret);
void sonde_qemu_mappings_deinit(struct sonde_qemu_mappings *mappings);

/** The mapping that @p address is in, or NULL. */
const struct sonde_qemu_mapping *sonde_qemu_mappings_find(
	const struct sonde_qemu_mappings *mappings, uint64_t address);

#endif
