/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A QMP monitor for one client, in a thread. What is wrong with it the client asks for:
 * see the table of commands in fake_monitor.c.
 */
#ifndef TESTS_FAKE_MONITOR_H
#define TESTS_FAKE_MONITOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct fake_monitor {
	/** To be set before it is started. */
	bool tcp;
	/** An IPv6 address, with tcp. */
	bool six;
	/** What it says to who connects; NULL: QMP's greeting, "": nothing. */
	const char *greeting;
	/** It hangs up behind that. */
	bool hangs_up;
	/** How many bytes it sends at a time; 0: all. */
	size_t piece;
	/** Answers to the human monitor's commands come in the opposite order. */
	bool reversed;

	/** What to connect to. */
	char address[120];
	/** Seen by it: requests, and those of the human monitor that waited together. */
	unsigned requests, most_waiting;
	/** How often something came in from the client. */
	unsigned reads;

	int listener, client;
	pthread_t thread;
	/** An answer that comes too late: before the next one. */
	char late[128];
	/** Requests of the human monitor that are not answered yet. */
	long long waiting[64];
	char texts[64][64];
	unsigned waiting_count;
};

void fake_monitor_start(struct fake_monitor *monitor);

/** Joins it; the client has hung up by then. */
void fake_monitor_stop(struct fake_monitor *monitor);

#endif
