/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * reader PID WORK [BATCHES COUNT [ADDRESS]]: memory of a QEMU's guest, read through
 * libsonde and, by turns in the same process, by a bare loop that has mapped the same
 * file itself.
 */
#include <sonde/sonde.h>

#include "guest_memory.h"
#include "line.h"

enum {
	PIECE = 1 << 20,
};

struct reader {
	struct sonde *sonde;
	struct sonde_target *target;
	struct sonde_thread *thread;
	struct sonde_space *physical, *virtual;
	struct guest_memory memory;
};

static void check(struct sonde_error *error)
{
	if (__builtin_expect(!error, 1))
		return;
	fprintf(stderr, "reader: %s: %s\n", sonde_error_what(error),
		sonde_error_why(error));
	exit(1);
}

/* --- the work ------------------------------------------------------------------- */

static void bulk(void *user, const struct job *job)
{
	struct reader *reader = user;

	for (size_t done = 0; done < job->count; done += PIECE)
		check(sonde_space_read(reader->physical, job->address + done,
			reader->memory.buffer, PIECE));
}

static void read_virtual(struct reader *reader, uint64_t address)
{
	check(sonde_space_read(reader->virtual, address, reader->memory.buffer, 8));
}

static void cached(void *user, const struct job *job)
{
	struct reader *reader = user;

	for (unsigned long i = 0; i < job->count; i++)
		read_virtual(reader, guest_memory_next(&reader->memory, i));
}

static void cached_chain(void *user, const struct job *job)
{
	struct reader *reader = user;

	for (unsigned long i = 0; i < job->count; i++)
		read_virtual(reader, guest_memory_follow(&reader->memory, i));
}

static void dropped(void *user, const struct job *job)
{
	struct reader *reader = user;

	for (unsigned long i = 0; i < job->count; i++) {
		if (i % GUEST_READS_A_CACHE == 0)
			sonde_space_forget(reader->virtual);
		read_virtual(reader, guest_memory_next(&reader->memory, i));
	}
}

static void dropped_chain(void *user, const struct job *job)
{
	struct reader *reader = user;

	for (unsigned long i = 0; i < job->count; i++) {
		if (i % GUEST_READS_A_CACHE == 0)
			sonde_space_forget(reader->virtual);
		read_virtual(reader, guest_memory_follow(&reader->memory, i));
	}
}

static void wander(void *user, const struct job *job)
{
	struct reader *reader = user;

	for (unsigned long i = 0; i < job->count; i++)
		check(sonde_space_read(reader->physical, guest_memory_wander(i),
			reader->memory.buffer, 8));
}

static uint64_t find_data(struct reader *reader)
{
	struct sonde_translation page;

	for (unsigned long i = 0; i < GUEST_PAGES; i++) {
		check(sonde_target_translate(
			reader->target, reader->thread, reader->memory.pages[i], &page));
		if (page.writable && !page.executable)
			return reader->memory.pages[i];
	}
	line_die("no page has data");
}

/* What is there, so that a guest that is stopped does not notice. */
static void writes(void *user, const struct job *job)
{
	struct reader *reader = user;
	uint64_t address = find_data(reader);

	for (unsigned long i = 0; i < job->count; i++) {
		read_virtual(reader, address);
		check(sonde_space_write(
			reader->virtual, address, reader->memory.buffer, 8));
	}
}

/* -------------------------------------------------------------------------------- */

/* Both ways have to read the same, or the comparison means nothing. */
static void compare(struct reader *reader)
{
	uint64_t ours, bare;
	struct job one = {.count = 1};

	bare_map_cached(&reader->memory, &one);
	memcpy(&bare, reader->memory.buffer, 8);
	cached(reader, &one);
	memcpy(&ours, reader->memory.buffer, 8);
	if (ours != bare)
		line_die("sonde and the bare loop read different memory");
}

static void choose_pages(struct reader *reader)
{
	const struct sonde_register *reg =
		sonde_thread_find_register(reader->thread, "cr3");
	struct sonde_register_value value;

	if (!reg)
		line_die("there is no CR3");
	check(sonde_thread_read_register(reader->thread, reg, &value));
	guest_memory_choose(&reader->memory, sonde_register_value_integer(&value));
	compare(reader);
}

struct work {
	const char *name;
	/** By which memory has to be read. */
	const char *means;
	/** Pages have to be chosen. */
	bool is_virtual;
	void (*ours)(void *user, const struct job *job);
	/** NULL: it is not compared with anything. */
	void (*bare)(void *user, const struct job *job);
};

static const struct work works[] = {
	{"bulk", "mmap", false, bulk, bare_map_bulk},
	{"cached", "mmap", true, cached, bare_map_cached},
	{"dropped", "mmap", true, dropped, bare_map_dropped},
	{"cached-chain", "mmap", true, cached_chain, bare_map_cached_chain},
	{"dropped-chain", "mmap", true, dropped_chain, bare_map_dropped_chain},
	{"writes", "mmap", true, writes, NULL},
	{"process-bulk", "process", false, bulk, bare_process_bulk},
	{"process-reads", "process", false, wander, bare_process_reads},
};

static const struct work *find_work(const char *name)
{
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		if (!strcmp(name, works[i].name))
			return &works[i];
	line_die("there is no such work");
}

static void run(struct reader *reader, const struct job *job)
{
	const struct work *work = find_work(job->work);
	pid_t pid = (pid_t)strtol(job->socket, NULL, 10);

	if (strcmp(sonde_target_memory_means(reader->target), work->means) != 0)
		line_die("memory is not read by the means that are asked for");
	if (!work->bare && !job->alone)
		line_die("there is nothing to compare that with: add --alone");
	if (!strcmp(work->means, "mmap"))
		guest_memory_map(&reader->memory, pid);
	else
		guest_memory_find(&reader->memory, pid);
	if (work->is_virtual)
		choose_pages(reader);
	/* Once each, so that both find their pages mapped, and the file no hole. */
	if (!job->alone) {
		work->bare(&reader->memory, job);
		work->ours(reader, job);
	}
	time_pairs(job, work->ours, reader, work->bare, &reader->memory);
}

int main(int argc, char **argv)
{
	struct job job = job_of(argc, argv);
	struct sonde_options options = {.size = sizeof(options)};
	struct reader reader = {0};
	char name[64];

	snprintf(name, sizeof(name), "qemu:pid=%s", job.socket);
	check(sonde_create(&options, &reader.sonde));
	check(sonde_open(reader.sonde, name, &reader.target));
	check(sonde_target_current_thread(reader.target, &reader.thread));
	check(sonde_target_virtual(reader.target, reader.thread, &reader.virtual));
	check(sonde_target_physical(reader.target, &reader.physical));
	run(&reader, &job);
	check(sonde_target_detach(reader.target));
	sonde_target_close(reader.target);
	sonde_destroy(reader.sonde);
	return 0;
}
