/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program to debug: two threads call hot() for ever, which counts; with the argument
 * "alone" there is but one. Linked at a fixed address.
 */
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

volatile uint64_t counter;
uint8_t data[1 << 17] __attribute__((aligned(4096)));

void hot(void);

__attribute__((noinline)) void hot(void)
{
	counter++;
}

static void *loop(void *unused)
{
	(void)unused;
	for (;;) {
		hot();
		usleep(1000);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	/* A page without permissions behind the data: reads must stop at its edge. */
	mprotect(data + sizeof(data) - 4096, 4096, PROT_NONE);
	if (argc < 2 || strcmp(argv[1], "alone") != 0)
		pthread_create(&thread, NULL, loop, NULL);
	loop(NULL);
	return 0;
}
