/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "host_memory.h"
#include "survey.h"

/*
 * Guest RAM among a process's mappings: of the size that is looked for, or else the
 * largest. Several backends and a split by a hole make it smaller than all of RAM; code
 * that TCG made is executable.
 */
static const struct sonde_qemu_mapping *find_ram(
	const struct sonde_qemu_mappings *mappings, uint64_t ram_bytes)
{
	const struct sonde_qemu_mapping *largest = NULL;

	for (size_t i = 0; i < mappings->count; i++) {
		const struct sonde_qemu_mapping *one = &mappings->list[i];
		uint64_t bytes = one->end - one->first;

		if (!one->readable || !one->writable || one->executable)
			continue;
		if (ram_bytes && bytes == ram_bytes)
			return one;
		if (!largest || bytes > largest->end - largest->first)
			largest = one;
	}
	return largest;
}

static struct sonde_error *judge(const struct sonde_qemu_host *process,
	const struct sonde_qemu_mapping *ram, struct sonde_qemu_survey *ret)
{
	uint8_t byte;
	int fd;

	if (ram->inode && ram->shared) {
		struct sonde_error *error = sonde_qemu_host_open_file(process, ram, &fd);

		if (!error) {
			close(fd);
			ret->means = "mmap";
			return NULL;
		}
		snprintf(ret->why, sizeof(ret->why), "its RAM file cannot be opened: %s",
			sonde_error_why(error));
		sonde_error_destroy(error);
	}
	CHECK(sonde_qemu_host_read(process, ram->first, &byte, 1));
	ret->means = "process";
	return NULL;
}

static struct sonde_error *survey(const struct sonde_qemu_host *process,
	uint64_t ram_bytes, struct sonde_qemu_survey *ret)
{
	CLEANUP(sonde_qemu_mappings_deinit) struct sonde_qemu_mappings mappings = {0};
	const struct sonde_qemu_mapping *ram;

	CHECK(sonde_qemu_mappings_read(process, &mappings));
	ram = find_ram(&mappings, ram_bytes);
	return ram ? judge(process, ram, ret) : NULL;
}

struct sonde_error *sonde_qemu_survey(
	pid_t pid, uint64_t ram_bytes, struct sonde_qemu_survey *ret)
{
	struct sonde_qemu_survey result = {.means = "none"};
	struct sonde_qemu_host process;
	struct sonde_error *error;

	CHECK(sonde_qemu_host_hold(pid, 0, &process));
	error = survey(&process, ram_bytes, &result);
	sonde_qemu_host_release(&process);
	if (sonde_error_is(error, SONDE_ERROR_PERMISSION)) {
		snprintf(result.why, sizeof(result.why),
			"its memory may not be read (%s): run sonde as root, or as the "
			"user that QEMU runs as where ptrace(2) is allowed",
			sonde_error_why(error));
		sonde_error_destroy(error);
		error = NULL;
	}
	if (!error)
		*ret = result;
	return error;
}
