/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program with threads and children of its own that uses the library, and dies:
 * threaded_user TARGET ADDRESS HOW. One thread lets the guest run to a breakpoint again
 * and again; HOW is what another one does meanwhile: "abort", "exit", "segv", "exec", or
 * "wait" to be killed by somebody else. Prints "ready" once the breakpoint was hit, and
 * "child N" for each child that waiting for children finds and that it has not started.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sonde/sonde.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t hits;

static void check(struct sonde_error *error)
{
	if (!error)
		return;
	fprintf(stderr, "threaded_user: %s: %s\n", sonde_error_what(error),
		sonde_error_why(error));
	exit(1);
}

/* As a program would that looks after children of its own. */
static void *look_after_children(void *unused)
{
	(void)unused;
	for (;;) {
		pid_t child = waitpid(-1, NULL, 0);

		if (child > 0)
			printf("child %d\n", (int)child);
		else
			usleep(100);
	}
	return NULL;
}

static void *die(void *how)
{
	while (!hits)
		usleep(1000);
	puts("ready");
	fflush(stdout);
	if (!strcmp(how, "abort"))
		abort();
	if (!strcmp(how, "exit"))
		_exit(3);
	if (!strcmp(how, "segv"))
		raise(SIGSEGV);
	if (!strcmp(how, "exec"))
		execlp("true", "true", (char *)NULL);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sonde_breakpoint *breakpoint;
	struct sonde_target *target;
	struct sonde *sonde;
	pthread_t thread;

	if (argc != 4)
		return 2;
	check(sonde_create(NULL, &sonde));
	check(sonde_open(sonde, argv[1], &target));
	pthread_create(&thread, NULL, look_after_children, NULL);
	pthread_create(&thread, NULL, die, argv[3]);
	check(sonde_breakpoint_create(target, SONDE_BREAKPOINT_SOFTWARE,
		strtoull(argv[2], NULL, 0), 0, &breakpoint));
	for (;; hits = 1) {
		struct sonde_stop stop;

		check(sonde_target_resume(target));
		check(sonde_target_wait(target, -1, &stop));
	}
}
