/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program with threads and a handler of its own for SIGBUS that reads a guest's RAM by
 * the library: threaded_reader TARGET FILE HOW. Each thread has a context of its own;
 * FILE is what the guest's RAM is in, and is cut to half meanwhile. HOW is when the
 * program takes the signal: "before" the library does, or "after", handing on what is not
 * its own. Prints "good" if the handler got the program's own faults and no other, and
 * each reader an error once the file was cut.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sonde/sonde.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	READERS = 3,
	OWN_FAULTS = 200,
	PAGE = 4096,
};

struct reader {
	pthread_t thread;
	const char *target;
	/** Beginning and end: one of them is cut off. */
	uint64_t low, high;
	atomic_int rounds, errors;
};

static struct sigaction old;
static uint8_t *own_page;
static atomic_int own, foreign;
static atomic_bool done;

/* An own fault is answered with a page; the rest is for whoever had the signal before. */
static void handle(int number, siginfo_t *info, void *context)
{
	if ((uintptr_t)info->si_addr / PAGE == (uintptr_t)own_page / PAGE) {
		atomic_fetch_add(&own, 1);
		mmap(own_page, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
			-1, 0);
		return;
	}
	if (old.sa_flags & SA_SIGINFO) {
		old.sa_sigaction(number, info, context);
		return;
	}
	atomic_fetch_add(&foreign, 1);
	_exit(4);
}

static void take_signal(void)
{
	struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO};

	sigaction(SIGBUS, &action, &old);
}

static void check(struct sonde_error *error)
{
	if (!error)
		return;
	fprintf(stderr, "threaded_reader: %s: %s\n", sonde_error_what(error),
		sonde_error_why(error));
	exit(1);
}

static void *read_on(void *argument)
{
	struct reader *reader = argument;
	uint8_t *buffer = malloc(1 << 20);
	struct sonde_target *target;
	struct sonde_space *space;
	struct sonde *sonde;

	check(sonde_create(NULL, &sonde));
	check(sonde_open(sonde, reader->target, &target));
	check(sonde_target_physical(target, &space));
	while (!atomic_load(&done)) {
		/* Long ones go through the mapping, short ones by a window of it. */
		size_t length = atomic_load(&reader->rounds) % 2 ? 1 << 20 : 8;
		struct sonde_error *error =
			sonde_space_read(space, reader->high, buffer, length);

		if (!error)
			error = sonde_space_read(space, reader->low, buffer, length);
		if (error)
			atomic_fetch_add(&reader->errors, 1);
		sonde_error_destroy(error);
		atomic_fetch_add(&reader->rounds, 1);
	}
	sonde_target_close(target);
	sonde_destroy(sonde);
	free(buffer);
	return NULL;
}

/* Each raises SIGBUS: a page of a file that has none. */
static int raise_own(int count)
{
	int fd = memfd_create("empty", MFD_CLOEXEC), seen = 0;

	for (int i = 0; i < count; i++) {
		void *page = mmap(own_page, PAGE, PROT_READ,
			MAP_SHARED | (own_page ? MAP_FIXED : 0), fd, 0);

		if (page == MAP_FAILED)
			exit(5);
		own_page = page;
		seen += *(volatile uint8_t *)own_page == 0;
		usleep(100);
	}
	close(fd);
	return seen;
}

static void wait_for(atomic_int *counter, int wanted)
{
	for (int i = 0; i < 20000 && atomic_load(counter) < wanted; i++)
		usleep(1000);
}

/* Exit status 3: something was not as it should be; what, is printed. */
static int judge(struct reader *readers, int seen)
{
	bool good = seen == 2 * OWN_FAULTS && atomic_load(&own) == 2 * OWN_FAULTS;

	for (int i = 0; i < READERS; i++)
		good = good && atomic_load(&readers[i].errors) > 0;
	printf("%s: own %d of %d, foreign %d, errors %d %d %d\n", good ? "good" : "bad",
		atomic_load(&own), 2 * OWN_FAULTS, atomic_load(&foreign),
		atomic_load(&readers[0].errors), atomic_load(&readers[1].errors),
		atomic_load(&readers[2].errors));
	return good ? 0 : 3;
}

int main(int argc, char **argv)
{
	struct reader readers[READERS] = {0};
	struct stat status;
	int seen;

	if (argc != 4 || stat(argv[2], &status) < 0)
		return 2;
	if (!strcmp(argv[3], "before"))
		take_signal();
	for (int i = 0; i < READERS; i++) {
		readers[i].target = argv[1];
		readers[i].low = UINT64_C(1) << 20;
		readers[i].high = (uint64_t)status.st_size - (1 << 21);
		pthread_create(&readers[i].thread, NULL, read_on, &readers[i]);
		/* QMP is for one at a time. */
		wait_for(&readers[i].rounds, 4);
	}
	if (!strcmp(argv[3], "after"))
		take_signal();
	seen = raise_own(OWN_FAULTS);
	for (int i = 0; i < READERS; i++)
		if (atomic_load(&readers[i].errors) || !atomic_load(&readers[i].rounds))
			return 6;
	if (truncate(argv[2], status.st_size / 2) < 0)
		return 7;
	seen += raise_own(OWN_FAULTS);
	for (int i = 0; i < READERS; i++)
		wait_for(&readers[i].errors, 10);
	atomic_store(&done, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i].thread, NULL);
	return judge(readers, seen);
}
