/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program to debug: two threads call hot() for ever, which counts. Linked at a fixed
 * address; with an argument it prints where things are and ends.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
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

	(void)argv;
	if (argc > 1) {
		printf("hot=%#lx watch=%#lx data=%#lx\n", (unsigned long)(uintptr_t)hot,
			(unsigned long)(uintptr_t)&counter,
			(unsigned long)(uintptr_t)data);
		return 0;
	}
	/* A page without permissions behind the data: reads must stop at its edge. */
	mprotect(data + sizeof(data) - 4096, 4096, PROT_NONE);
	pthread_create(&thread, NULL, loop, NULL);
	loop(NULL);
	return 0;
}
