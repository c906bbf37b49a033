/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The disposition of a signal belongs to the process, so what is static here is not
 * state of ours but of that: it is written once, before the handler is there.
 *
 * mmap() is not on POSIX's list of what a handler may call; on Linux it is a system call
 * and nothing else. Pages of hugetlbfs cannot be replaced by parts: larger ones are
 * tried.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

#include "guarded_copy.h"

__thread struct sonde_guarded_range sonde_guarded_range;

static struct sigaction previous;
static int failure;

static bool put_zeros(uintptr_t address)
{
	static const uintptr_t sizes[] = {UINT64_C(1) << 12, UINT64_C(1) << 16,
		UINT64_C(1) << 21, UINT64_C(1) << 30};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		void *page = (void *)(address & ~(sizes[i] - 1));

		if (mmap(page, sizes[i], PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
			    0) != MAP_FAILED)
			return true;
	}
	return false;
}

static void pass_on(int number, siginfo_t *info, void *context)
{
	if (previous.sa_flags & SA_SIGINFO) {
		previous.sa_sigaction(number, info, context);
	} else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
		previous.sa_handler(number);
	} else {
		/* The instruction faults again, or a signal that was sent is sent again.
		 */
		struct sigaction none = {.sa_handler = previous.sa_handler};

		sigaction(number, &none, NULL);
		if (info->si_code <= 0)
			raise(number);
	}
}

static void handle(int number, siginfo_t *info, void *context)
{
	struct sonde_guarded_range *range = &sonde_guarded_range;
	uintptr_t address = (uintptr_t)info->si_addr;
	int saved = errno;

	if (info->si_code > 0 && address >= range->first && address < range->end &&
		put_zeros(address))
		range->failed = 1;
	else
		pass_on(number, info, context);
	errno = saved;
}

static void install(void)
{
	struct sigaction action = {
		.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

	if (sigaction(SIGBUS, NULL, &previous) < 0 ||
		sigaction(SIGBUS, &action, NULL) < 0)
		failure = errno;
}

struct sonde_error *sonde_guarded_copy_prepare(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install);
	return failure ? sonde_error_while(sonde_error_system(failure),
				 "installing a handler for SIGBUS")
		       : NULL;
}
