/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Source: Intel's SDM, volume 3, section 4.5, "4-level paging". */
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guest_memory.h"
#include "line.h"

enum {
	PIECE = 1 << 20,
	PRESENT = 1 << 0,
	LARGE = 1 << 7,
	ENTRIES = 512,
	KERNEL_HALF = 256,
};

static const uint64_t address_bits = UINT64_C(0x000ffffffffff000);

static void allocate(struct guest_memory *memory)
{
	memory->buffer = malloc(PIECE);
	if (!memory->buffer)
		line_die("no memory");
	memset(memory->buffer, 1, PIECE);
}

/* --- the file --------------------------------------------------------------------- */

/* RAM is the largest file that is open. */
static int open_largest(pid_t pid, size_t *bytes)
{
	char name[320];
	DIR *directory;
	const struct dirent *entry;
	int best = -1;

	snprintf(name, sizeof(name), "/proc/%d/fd", (int)pid);
	directory = opendir(name);
	*bytes = 0;
	while (directory && (entry = readdir(directory))) {
		struct stat status;

		snprintf(name, sizeof(name), "/proc/%d/fd/%s", (int)pid, entry->d_name);
		if (stat(name, &status) || !S_ISREG(status.st_mode) ||
			(size_t)status.st_size <= *bytes)
			continue;
		if (best >= 0)
			close(best);
		best = open(name, O_RDONLY | O_CLOEXEC);
		*bytes = (size_t)status.st_size;
	}
	if (directory)
		closedir(directory);
	return best;
}

void guest_memory_map(struct guest_memory *memory, pid_t pid)
{
	int fd = open_largest(pid, &memory->bytes);
	void *ram = MAP_FAILED;

	if (fd >= 0)
		ram = mmap(NULL, memory->bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (ram == MAP_FAILED)
		line_die("QEMU's RAM is no file that can be mapped");
	close(fd);
	memory->ram = ram;
	allocate(memory);
}

/* --- the process's memory --------------------------------------------------------- */

void guest_memory_find(struct guest_memory *memory, pid_t pid)
{
	unsigned long first, end;
	char name[32], line[512];
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%d/maps", (int)pid);
	maps = fopen(name, "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx rw-p", &first, &end) != 2 ||
			end - first <= memory->bytes || !strstr(line, " rw-p "))
			continue;
		memory->host = first;
		memory->bytes = end - first;
	}
	if (maps)
		fclose(maps);
	memory->pid = pid;
	allocate(memory);
}

static void read_process(struct guest_memory *memory, uint64_t address, size_t length)
{
	struct iovec to = {memory->buffer, length};
	struct iovec from = {(void *)(uintptr_t)(memory->host + address), length};

	if (process_vm_readv(memory->pid, &to, 1, &from, 1, 0) != (ssize_t)length)
		line_die("QEMU's memory cannot be read");
}

void bare_process_bulk(void *user, const struct job *job)
{
	for (size_t done = 0; done < job->count; done += PIECE)
		read_process(user, job->address + done, PIECE);
}

void bare_process_reads(void *user, const struct job *job)
{
	for (unsigned long i = 0; i < job->count; i++)
		read_process(user, guest_memory_wander(i), 8);
}

/* --- page tables ------------------------------------------------------------------ */

static inline uint64_t load(const struct guest_memory *memory, uint64_t physical)
{
	uint64_t value;

	memcpy(&value, memory->ram + physical, sizeof(value));
	return value;
}

static inline unsigned index_of(uint64_t address, unsigned level)
{
	return address >> (12 + 9 * level) & (ENTRIES - 1);
}

/* Four loads, each of an address that the one before gave; pages are small ones. */
static inline uint64_t walk(const struct guest_memory *memory, uint64_t address)
{
	uint64_t at = memory->root;

	for (unsigned level = 4; level-- > 0;)
		at = load(memory, at + index_of(address, level) * 8) & address_bits;
	return at;
}

/* A number below @p end; the same ones in each run. */
static unsigned draw(struct guest_memory *memory, unsigned end)
{
	memory->random = memory->random * UINT64_C(6364136223846793005) + 1;
	return (unsigned)((memory->random >> 32) * end >> 32);
}

static void keep(struct guest_memory *memory, uint64_t page, size_t seen)
{
	size_t place = seen < GUEST_PAGES ? seen : draw(memory, (unsigned)seen + 1);

	if (place < GUEST_PAGES)
		memory->pages[place] = page;
}

/*
 * Adds the small pages below the table at @p table, of which @p level says the level.
 * Each of all that there are is as likely to be among those that are kept.
 */
static void collect(struct guest_memory *memory, uint64_t table, unsigned level,
	uint64_t prefix, size_t *count)
{
	for (unsigned i = level == 3 ? KERNEL_HALF : 0; i < ENTRIES; i++) {
		uint64_t entry = load(memory, table + i * 8);
		uint64_t target = entry & address_bits;
		uint64_t address = prefix | (uint64_t)i << (12 + 9 * level);

		if (!(entry & PRESENT) || target >= memory->bytes)
			continue;
		if (!level)
			keep(memory, address, (*count)++);
		else if (!(entry & LARGE))
			collect(memory, target, level - 1, address, count);
	}
}

void guest_memory_choose(struct guest_memory *memory, uint64_t root)
{
	size_t count = 0;

	memory->root = root & address_bits;
	memory->age = 1;
	collect(memory, memory->root, 3, UINT64_C(0xffff) << 48, &count);
	if (count < GUEST_PAGES)
		line_die("too few small pages are mapped");
	/* A page that nobody has touched is a hole in the file, unless it is looked at.
	 */
	for (size_t i = 0; i < GUEST_PAGES; i++)
		memory->nothing &= load(memory, walk(memory, memory->pages[i]));
	for (size_t i = 0; i < GUEST_READS; i++)
		memory->reads[i] = memory->pages[draw(memory, GUEST_PAGES)] +
				   draw(memory, GUEST_PAGE_BYTES / 8) * 8;
}

/* --- the work ------------------------------------------------------------------- */

void bare_map_bulk(void *user, const struct job *job)
{
	struct guest_memory *memory = user;

	for (size_t done = 0; done < job->count; done += PIECE) {
		memcpy(memory->buffer, memory->ram + job->address + done, PIECE);
		/* Somebody may look at it, so it is not left out. */
		__asm__ volatile("" ::"r"(memory->buffer) : "memory");
	}
}

static inline void read_cached(struct guest_memory *memory, uint64_t address)
{
	uint64_t page = address & ~(uint64_t)(GUEST_PAGE_BYTES - 1);
	uint64_t number = page / GUEST_PAGE_BYTES;
	struct guest_slot *slot = &memory->slots[(number ^ number >> 12) % GUEST_SLOTS];

	if (slot->page != page || slot->age != memory->age)
		*slot = (struct guest_slot){
			page, memory->age, memory->ram + walk(memory, page)};
	memcpy(memory->buffer, slot->host + address % GUEST_PAGE_BYTES, 8);
}

void bare_map_cached(void *user, const struct job *job)
{
	struct guest_memory *memory = user;

	for (unsigned long i = 0; i < job->count; i++)
		read_cached(memory, guest_memory_next(memory, i));
}

void bare_map_dropped(void *user, const struct job *job)
{
	struct guest_memory *memory = user;

	for (unsigned long i = 0; i < job->count; i++) {
		if (i % GUEST_READS_A_CACHE == 0)
			memory->age++;
		read_cached(memory, guest_memory_next(memory, i));
	}
}

void bare_map_cached_chain(void *user, const struct job *job)
{
	struct guest_memory *memory = user;

	for (unsigned long i = 0; i < job->count; i++)
		read_cached(memory, guest_memory_follow(memory, i));
}

void bare_map_dropped_chain(void *user, const struct job *job)
{
	struct guest_memory *memory = user;

	for (unsigned long i = 0; i < job->count; i++) {
		if (i % GUEST_READS_A_CACHE == 0)
			memory->age++;
		read_cached(memory, guest_memory_follow(memory, i));
	}
}
