/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is done when the client has died. In order: get the stub's attention, find the
 * place in the stream, undo the entries from the newest to the oldest, let go.
 *
 * What QEMU makes of it (7.2, seen live; gdbstub.c): a byte while the guest runs stops
 * it; 0x03 while it is stopped is ignored, so that it can always be sent first. "#00"
 * ends a packet that was cut anywhere, with a checksum that does not fit, and is no
 * packet by itself. Where the parser stood survives a connection, so a new one begins
 * with the same words. A packet after `D` would crash it: when nobody knows whether all
 * of a `D` was sent, and no answer comes, the connection is given up and another one
 * made, on which everything may be said again.
 *
 * Linux's KGDB (6.1, seen live; kernel/debug/gdbstub.c) hears nothing while the kernel
 * runs but a BREAK and a "g", leaves the PC behind its breakpoints, and lets the kernel
 * run at a `D` only once its answer is acknowledged.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "qmp.h"
#include "rescue.h"
#include "rescuer.h"

enum {
	/** How long a stub may take to say that it has let go (milliseconds). */
	LAST_ANSWER_MS = 250,
	/** How long a connection that is being made may take (milliseconds). */
	CONNECT_MS = 5000,
	/** KGDB tells what another CPU kept within this; then it stops when called (ms).
	 */
	KEPT_MS = 200,
	CALLED_MS = 3000,
	/** A single step takes less, unless the CPU is halted (milliseconds). */
	STEP_MS = 10,
	/** CPUs whose steps are ended. */
	THREADS_MAX = 256,
};

/* --- connecting ----------------------------------------------------------------- */

/* Whether somebody is at the other end, or soon will be: it may just be connecting. */
static bool is_connected(int fd)
{
	struct pollfd writable = {.fd = fd, .events = POLLOUT};
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);
	int type;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof(type)}) < 0)
		return errno == ENOTSOCK;
	if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0)
		return true;
	/* One that was never told to connect hangs up at once. */
	if (poll(&writable, 1, 0) > 0 && writable.revents & POLLHUP)
		return false;
	length = sizeof(peer);
	return poll(&writable, 1, CONNECT_MS) > 0 &&
	       getpeername(fd, (struct sockaddr *)&peer, &length) == 0;
}

static int connect_anew(const struct rescue_way *way)
{
	struct timeval patience = {.tv_sec = CONNECT_MS / 1000};
	int fd = -1;

	if (way->address_length)
		fd = socket(way->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&way->address, way->address_length) == 0)
		return fd;
	close(fd);
	return -1;
}

static void drop(struct rescue_way *way)
{
	if (way->fd >= 0)
		close(way->fd);
	way->fd = -1;
}

/* --- letting go ------------------------------------------------------------------- */

/* A debug probe (OpenOCD): connecting has halted the board, and `D` lets nothing run. */
static bool speaks_for_board(const struct rescuer *rescuer)
{
	static const char word[] = "qXfer:memory-map:read+";
	const struct line *line = &rescuer->line;
	size_t length = line->known_length < sizeof(line->known) ? line->known_length
								 : sizeof(line->known);

	return memmem(line->known, length, word, sizeof(word) - 1) != NULL;
}

/* What the target was found in, where the client had not got so far as to know. */
static bool ran_before(struct rescuer *rescuer)
{
	struct answer *answer = &rescuer->answer;

	switch (rescuer->journal->facts.leave) {
	case SONDE_JOURNAL_STATE_RUNNING:
	case SONDE_JOURNAL_STATE_UNTOLD:
		return true;
	case SONDE_JOURNAL_STATE_STOPPED:
		return false;
	default:
		break;
	}
	/* QEMU up to 8.0 says so, unasked, when connecting has stopped a running guest.
	 */
	if (rescuer->line.was_interrupted)
		return true;
	if (speaks_for_board(rescuer))
		return true;
	/* Later ones never do. They answer this at once; earlier ones only later. */
	return line_ask(&rescuer->line, "qqemu.sstepbits", answer) &&
	       !strncmp(answer->text, "ENABLE", 6) &&
	       line_ask(&rescuer->line, "p0", answer) && !rescuer_was_refused(rescuer);
}

static bool says_goodbye(struct rescuer *rescuer, const char *packet)
{
	if (!packet[0])
		return false;
	if (!line_ask(&rescuer->line, packet, &rescuer->answer))
		return rescuer->line.closed;
	if (rescuer_was_refused(rescuer))
		return false;
	/* KGDB waits for that before it lets the kernel run; a QEMU it would stop. */
	if (rescuer->journal->facts.kgdb)
		line_send(&rescuer->line, "+", 1);
	return true;
}

static bool hears_stop(struct rescuer *rescuer, int patience_ms)
{
	int64_t deadline = line_now() + patience_ms;

	while (line_receive(&rescuer->line, deadline, &rescuer->answer))
		if (line_take_stop(&rescuer->line, &rescuer->answer))
			return true;
	return false;
}

/*
 * KGDB forgets its breakpoints at a `D`; a CPU that stands in one of them then stays for
 * ever. So the kernel goes on once before: what another CPU kept comes out. False where
 * it runs now and cannot be called.
 */
static bool release_others(struct rescuer *rescuer)
{
	line_send_packet(&rescuer->line, "c", 1);
	if (!hears_stop(rescuer, KEPT_MS)) {
		if (rescuer->journal->facts.call == SONDE_JOURNAL_CALL_INTERRUPT)
			return false;
		rescuer_call(rescuer);
		if (!hears_stop(rescuer, CALLED_MS))
			return false;
	}
	rescuer_put_pc_back(rescuer);
	return true;
}

/* Appends the identifiers of "m1,2" to @p ret, which has room for THREADS_MAX. */
static size_t take_threads(
	const char *list, char (*ret)[SONDE_JOURNAL_THREAD_TEXT], size_t count)
{
	while (*list && count < THREADS_MAX) {
		size_t length = strcspn(list, ",");

		if (length && length < sizeof(ret[0])) {
			memcpy(ret[count], list, length);
			ret[count++][length] = '\0';
		}
		list += length + (list[length] == ',');
	}
	return count;
}

/* Lets all run for a moment; it is stopped by us, or by a step that ends. */
static bool runs_and_stops(struct rescuer *rescuer)
{
	line_send_packet(&rescuer->line, "c", 1);
	if (hears_stop(rescuer, STEP_MS))
		return true;
	line_send(&rescuer->line, "\x03", 1);
	return hears_stop(rescuer, CALLED_MS);
}

/*
 * Whoever died may have been stepping a CPU when we made QEMU stop. Then that CPU is
 * stepped on: QEMU ends this for the one that `Hc` names alone, or whose step it is that
 * has stopped it (gdb_vm_state_change(), in 7.2's gdbstub.c), and it would stop after its
 * next instruction with nobody there. So each CPU is named once, by the time of a stop.
 */
static void end_steps(struct rescuer *rescuer)
{
	static char threads[THREADS_MAX][SONDE_JOURNAL_THREAD_TEXT];
	struct answer *answer = &rescuer->answer;
	bool more = line_ask(&rescuer->line, "qfThreadInfo", answer);
	size_t count = 0;

	while (more && answer->text[0] == 'm' && count < THREADS_MAX) {
		count = take_threads(answer->text + 1, threads, count);
		more = line_ask(&rescuer->line, "qsThreadInfo", answer);
	}
	for (size_t i = 0; i < count; i++) {
		char packet[SONDE_JOURNAL_THREAD_TEXT + 2];

		snprintf(packet, sizeof(packet), "Hc%s", threads[i]);
		if (!line_ask(&rescuer->line, packet, answer) ||
			rescuer_was_refused(rescuer) || !runs_and_stops(rescuer))
			return;
	}
}

static bool let_run(struct rescuer *rescuer)
{
	const char *known = rescuer->journal->facts.detach;

	if (rescuer->journal->facts.detach_is_mute)
		return line_send_packet(&rescuer->line, known, strlen(known));
	if (speaks_for_board(rescuer))
		return line_send_packet(&rescuer->line, "c", 1);
	return says_goodbye(rescuer, known[0] ? known : "D") ||
	       says_goodbye(rescuer, "D;1") || (known[1] && says_goodbye(rescuer, "D"));
}

/* The client was saying goodbye: true if the stub says that it has let go. */
static bool has_let_go(struct rescuer *rescuer)
{
	int64_t deadline = line_now() + LAST_ANSWER_MS;

	while (line_receive(&rescuer->line, deadline, &rescuer->answer))
		if (!strcmp(rescuer->answer.text, "OK"))
			return true;
	return false;
}

static void undo_elsewhere(const struct journal *journal)
{
	for (size_t i = 0; i < journal->entry_count; i++) {
		const char *path = (const char *)journal->entries[i].payload;

		if (journal->entries[i].kind == SONDE_JOURNAL_QMP_CONT)
			qmp_say(path, QMP_CONT);
		else if (journal->entries[i].kind == SONDE_JOURNAL_QMP_DROP_STUB)
			qmp_say(path, QMP_DROP_STUB);
	}
}

static bool converse(struct rescuer *rescuer)
{
	const struct journal *journal = rescuer->journal;

	/* One that never said a word to the client either had nothing done to it. */
	if (!rescuer_settle(rescuer))
		return !journal->entry_count && !journal->facts.question_length &&
		       journal->facts.leave == SONDE_JOURNAL_STATE_UNKNOWN;
	/* First, as long as the thread that stopped is the one selected. */
	rescuer_put_pc_back(rescuer);
	rescuer_undo(rescuer);
	if (journal->facts.qemu && !journal->facts.user_mode &&
		rescuer->line.was_interrupted)
		end_steps(rescuer);
	if (journal->facts.kgdb && journal->entry_count && !release_others(rescuer))
		return true;
	return !ran_before(rescuer) || let_run(rescuer);
}

/* Whether a stub that hung up is gone altogether: then there is nothing left to undo. */
static bool is_gone(const struct rescue_way *way)
{
	int fd = connect_anew(way);

	if (fd >= 0)
		close(fd);
	return fd < 0 &&
	       (!way->address_length || errno == ECONNREFUSED || errno == ENOENT);
}

/* Over the connection that there is, or one that is made now. */
static bool rescue_over(struct rescuer *rescuer, struct rescue_way *way)
{
	bool leaving = rescuer->journal->facts.leaving && way->fd >= 0, done;

	line_init(&rescuer->line, way->fd);
	if (leaving && has_let_go(rescuer))
		return true;
	/* Nobody knows whether all of the last words were said. */
	if (leaving && rescuer->journal->facts.qemu && way->address_length)
		drop(way);
	if (way->fd < 0)
		way->fd = connect_anew(way);
	if (way->fd < 0)
		return errno == ECONNREFUSED || errno == ENOENT;
	line_init(&rescuer->line, way->fd);
	done = converse(rescuer);
	if (done || leaving || !rescuer->line.closed)
		return done || leaving;
	drop(way);
	return is_gone(way);
}

bool rescue(const struct journal *journal, struct rescue_way *way)
{
	static struct rescuer rescuer;
	bool done = true;

	rescuer.journal = journal;
	if (way->fd >= 0 && !is_connected(way->fd)) {
		drop(way);
		way->address_length = 0;
	}
	if (way->fd >= 0 || way->address_length)
		done = rescue_over(&rescuer, way);
	drop(way);
	undo_elsewhere(journal);
	return done;
}
