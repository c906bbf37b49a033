/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "process_ram.h"
#include "window.h"

enum {
	PAGE = SONDE_WINDOW_PAGE_BYTES,
	/** Of a process's pagemap, read at a time. */
	PAGEMAP_ENTRIES = 256,
};

struct sonde_error *sonde_qemu_process_ram_hold(
	struct sonde_qemu_process_ram *ram, const struct sonde_qemu_host *process)
{
	int directory = fcntl(process->directory, F_DUPFD_CLOEXEC, 0);

	if (directory < 0)
		return sonde_error_system(errno);
	*ram = (struct sonde_qemu_process_ram)SONDE_QEMU_PROCESS_RAM_NONE;
	ram->process =
		(struct sonde_qemu_host){.pid = process->pid, .directory = directory};
	ram->pagemap = openat(directory, "pagemap", O_RDONLY | O_CLOEXEC);
	return NULL;
}

void sonde_qemu_process_ram_release(struct sonde_qemu_process_ram *ram)
{
	sonde_qemu_host_release(&ram->process);
	if (ram->pagemap >= 0)
		close(ram->pagemap);
	if (ram->memory >= 0)
		close(ram->memory);
	*ram = (struct sonde_qemu_process_ram)SONDE_QEMU_PROCESS_RAM_NONE;
}

static bool has_memory(struct sonde_qemu_process_ram *ram)
{
	if (!ram->memory_tried)
		sonde_error_destroy(
			sonde_qemu_host_open_memory(&ram->process, &ram->memory));
	ram->memory_tried = true;
	return ram->memory >= 0;
}

/* --- what is there -------------------------------------------------------------- */

/* Those that were there are taken to be there still: few go, and are zeros then. */
static bool is_present(const struct sonde_qemu_process_run *run, uint64_t skip)
{
	uint64_t page = skip / PAGE;

	return run->present && run->present[page / 64] >> page % 64 & 1;
}

static void mark(struct sonde_qemu_process_run *run, uint64_t skip, uint64_t length)
{
	if (!run->present)
		run->present = calloc(
			(size_t)(run->length / PAGE / 64 + 1), sizeof(*run->present));
	for (uint64_t page = skip / PAGE;
		run->present && page <= (skip + length - 1) / PAGE; page++)
		run->present[page / 64] |= UINT64_C(1) << page % 64;
}

/*
 * How many of @p length bytes from @p skip on are all there (*@p there) or all not.
 * Entries of pagemap: bit 63, present; bit 62, swapped
 * (Documentation/admin-guide/mm/pagemap.rst).
 */
static size_t find_extent(struct sonde_qemu_process_ram *ram,
	struct sonde_qemu_process_run *run, uint64_t skip, size_t length, bool *there)
{
	uint64_t entries[PAGEMAP_ENTRIES], host = run->host + skip, page = host / PAGE,
					   end;
	size_t wanted = (size_t)((host + length - 1) / PAGE - page) + 1, pages = 1;
	ssize_t got;

	if (wanted > PAGEMAP_ENTRIES)
		wanted = PAGEMAP_ENTRIES;
	*there = true;
	got = pread(ram->pagemap, entries, wanted * 8, (off_t)(page * 8));
	if (got < 8)
		return length;
	while (pages < (size_t)got / 8 && !(entries[pages] >> 62) == !(entries[0] >> 62))
		pages++;
	end = (page + pages) * PAGE - host;
	if (end < length)
		length = (size_t)end;
	*there = entries[0] >> 62;
	if (*there)
		mark(run, skip, length);
	return length;
}

/* --- reading -------------------------------------------------------------------- */

/* One call; who has ended has nothing there. Long reads are faster by another. */
static struct sonde_error *read_there(
	struct sonde_qemu_process_ram *ram, uint64_t host, void *buffer, size_t length)
{
	if (length <= PAGE && has_memory(ram) &&
		pread(ram->memory, buffer, length, (off_t)host) == (ssize_t)length)
		return NULL;
	return sonde_qemu_host_read(&ram->process, host, buffer, length);
}

struct sonde_error *sonde_qemu_process_ram_read(struct sonde_qemu_process_ram *ram,
	struct sonde_qemu_process_run *run, uint64_t skip, void *buffer, size_t length)
{
	uint8_t *to = buffer;
	size_t part;

	if (!run->is_private || ram->pagemap < 0 ||
		(length <= PAGE - (run->host + skip) % PAGE && is_present(run, skip)))
		return read_there(ram, run->host + skip, buffer, length);
	for (; length; length -= part, skip += part, to += part) {
		bool there;

		part = find_extent(ram, run, skip, length, &there);
		if (there)
			CHECK(read_there(ram, run->host + skip, to, part));
		else if (run->file)
			CHECK(sonde_qemu_ram_file_read(
				run->file, run->offset + skip, to, part));
		else
			memset(to, 0, part);
	}
	return NULL;
}

/* --- writing -------------------------------------------------------------------- */

bool sonde_qemu_process_ram_is_writable(struct sonde_qemu_process_ram *ram)
{
	return has_memory(ram);
}

struct sonde_error *sonde_qemu_process_ram_write(struct sonde_qemu_process_ram *ram,
	const struct sonde_qemu_process_run *run, uint64_t skip, const void *data,
	size_t length)
{
	return sonde_qemu_host_write(ram->memory, run->host + skip, data, length);
}
