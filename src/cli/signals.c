/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one place with mutable globals: a handler has no argument. System calls are
 * not restarted, so that whatever blocks (a prompt, a pipe that nobody reads) ends.
 */
#include <signal.h>
#include <sonde/context.h>

#include "cli.h"
#include "signals.h"

static struct sonde *volatile directed;
static volatile sig_atomic_t held;
static volatile sig_atomic_t came;
static volatile sig_atomic_t end;

static void handle(int number)
{
	struct sonde *sonde = directed;

	came = 1;
	if (number != SIGINT)
		end = 1;
	if (sonde && !held)
		sonde_interrupt(sonde);
}

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

void cli_signals_init(void)
{
	struct sigaction action = {.sa_handler = handle}, old;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaddset(&action.sa_mask, numbers[i]);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		/* nohup means it. */
		if (numbers[i] == SIGHUP && !sigaction(SIGHUP, NULL, &old) &&
			old.sa_handler == SIG_IGN)
			continue;
		sigaction(numbers[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
}

void cli_signals_direct(struct sonde *sonde)
{
	directed = sonde;
}

bool cli_signals_came(void)
{
	return came;
}

bool cli_signals_end(void)
{
	return end;
}

void cli_signals_clear(void)
{
	came = end;
	if (directed && !end)
		sonde_interrupt_clear(directed);
}

bool cli_signals_poll(struct pollfd *descriptors, nfds_t count)
{
	sigset_t ours, others;
	bool ready = false;

	sigemptyset(&ours);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaddset(&ours, numbers[i]);
	sigprocmask(SIG_BLOCK, &ours, &others);
	if (!came)
		ready = ppoll(descriptors, count, NULL, &others) >= 0;
	sigprocmask(SIG_SETMASK, &others, NULL);
	return ready;
}

void cli_signals_hold(void)
{
	held++;
	if (directed)
		sonde_interrupt_clear(directed);
}

void cli_signals_release(void)
{
	held--;
	if (directed && !held && end)
		sonde_interrupt(directed);
}
