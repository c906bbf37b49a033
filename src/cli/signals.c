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
static volatile sig_atomic_t suspension;
static volatile sig_atomic_t waiting;

static void handle(int number)
{
	struct sonde *sonde = directed;

	came = 1;
	if (number != SIGINT)
		end = 1;
	if (sonde && !held)
		sonde_interrupt(sonde);
}

/* Ctrl-Z ends nothing: whoever waits is woken to see to it. */
static void handle_suspension(int number)
{
	(void)number;
	suspension = 1;
	if (directed && waiting && !held)
		sonde_interrupt(directed);
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
	/* A shell without job control ignores it. */
	if (!sigaction(SIGTSTP, NULL, &old) && old.sa_handler != SIG_IGN) {
		action.sa_handler = handle_suspension;
		sigaction(SIGTSTP, &action, NULL);
	}
}

bool cli_signals_suspension(void)
{
	return suspension;
}

void cli_signals_wait(bool waits)
{
	waiting = waits;
}

void cli_signals_suspend(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL}, ours;
	sigset_t stopping;

	sigemptyset(&stopping);
	sigaddset(&stopping, SIGTSTP);
	sigaction(SIGTSTP, &action, &ours);
	/* Not SIGSTOP: where nobody could continue it, the kernel lets it be. */
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stopping, NULL);
	sigaction(SIGTSTP, &ours, NULL);
	suspension = 0;
	if (directed && !came)
		sonde_interrupt_clear(directed);
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
	sigaddset(&ours, SIGTSTP);
	for (nfds_t i = 0; i < count; i++)
		descriptors[i].revents = 0;
	sigprocmask(SIG_BLOCK, &ours, &others);
	if (!came && !suspension)
		ready = ppoll(descriptors, count, NULL, &others) >= 0;
	ready = ready || (suspension && !came);
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
