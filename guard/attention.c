/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "rescuer.h"

enum {
	/** The first wait for an answer; each further one is longer by as much. */
	SETTLE_MS = 300,
	SETTLE_ATTEMPTS = 8,
	FIRST_ATTEMPTS = 2,
	/** Silence for so long means that there is no more to come (milliseconds). */
	QUIET_MS = 150,
	/** A line needs so long before and after a BREAK (milliseconds). */
	BREAK_GAP_MS = 100,
};

/* QEMU's user mode hears nothing while its program runs; its process hears a signal. */
static void signal_process(int fd)
{
	struct ucred peer = {0};
	char link[64], path[PATH_MAX];
	const char *name;
	ssize_t length;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &(socklen_t){sizeof(peer)}) <
			0 ||
		peer.pid <= 1)
		return;
	snprintf(link, sizeof(link), "/proc/%d/exe", (int)peer.pid);
	length = readlink(link, path, sizeof(path) - 1);
	path[length > 0 ? length : 0] = '\0';
	name = strrchr(path, '/');
	if (name && !strncmp(name, "/qemu-", 6))
		kill(peer.pid, SIGINT);
}

/* The kernel's SysRq: a BREAK, and then what is wanted. KGDB heeds nothing else. */
void rescuer_call(struct rescuer *rescuer)
{
	static const uint8_t telnet_break[] = {255, 243};

	poll(NULL, 0, BREAK_GAP_MS);
	if (rescuer->journal->facts.call == SONDE_JOURNAL_CALL_TELNET_BREAK)
		line_send(&rescuer->line, telnet_break, sizeof(telnet_break));
	else
		tcsendbreak(rescuer->line.fd, 0);
	poll(NULL, 0, BREAK_GAP_MS);
	line_send(&rescuer->line, "g", 1);
}

void rescuer_get_attention(struct rescuer *rescuer)
{
	const struct journal *journal = rescuer->journal;

	if (journal->facts.call != SONDE_JOURNAL_CALL_INTERRUPT) {
		if (journal->mode & SONDE_JOURNAL_RUNNING)
			rescuer_call(rescuer);
	} else if (journal->facts.user_mode && journal->mode & SONDE_JOURNAL_RUNNING) {
		signal_process(rescuer->line.fd);
	} else if (journal->facts.qemu || journal->mode & SONDE_JOURNAL_RUNNING) {
		line_send(&rescuer->line, "\x03", 1);
	}
	line_send(&rescuer->line, "#00", 3);
}

static void drain(struct rescuer *rescuer)
{
	int64_t deadline = line_now() + 10 * QUIET_MS;
	struct line *line = &rescuer->line;

	while (line_now() < deadline &&
		line_receive(line, line_now() + QUIET_MS, &rescuer->answer))
		line_take_stop(line, &rescuer->answer);
}

/* Whether @p answer can be one to `qSupported` of a stub that nothing is known of. */
static bool describes_itself(struct line *line, const struct answer *answer)
{
	static const char word[] = "PacketSize=";

	if (line->known_length || strncmp(answer->text, word, sizeof(word) - 1))
		return false;
	line->known_length = answer->length;
	memcpy(line->known, answer->text, sizeof(line->known));
	return true;
}

/* Asks what the stub is; everything before the answer to that is dropped. */
static bool ask_who(struct rescuer *rescuer, unsigned attempt)
{
	const struct sonde_journal_facts *facts = &rescuer->journal->facts;
	int64_t deadline = line_now() + SETTLE_MS * (int64_t)(attempt + 1);
	struct line *line = &rescuer->line;
	struct answer *answer = &rescuer->answer;
	bool answered = false;

	if (facts->question_length)
		line_send_packet(line, facts->question, facts->question_length);
	else
		line_send_packet(line, "qSupported", 10);
	while (line_receive(line, deadline, answer)) {
		if (line_is_known(line, answer) || describes_itself(line, answer))
			return true;
		if (line_take_stop(line, answer))
			continue;
		answered = true;
		/* It has nothing to say of itself: silence has to do. */
		if (!facts->question_length)
			deadline = line_now() + QUIET_MS;
	}
	return answered && !facts->question_length;
}

bool rescuer_settle(struct rescuer *rescuer)
{
	const struct sonde_journal_facts *facts = &rescuer->journal->facts;
	struct line *line = &rescuer->line;
	/* One that has never said anything may be no stub at all. */
	unsigned attempts = facts->question_length ? SETTLE_ATTEMPTS : FIRST_ATTEMPTS;

	if (facts->question_length) {
		line->known_length = facts->answer_length;
		memcpy(line->known, facts->answer, sizeof(line->known));
	}
	for (unsigned i = 0; i < attempts && !line->closed; i++) {
		rescuer_get_attention(rescuer);
		/* A kernel that was about to be called may not have heard it. */
		if (i && !(rescuer->journal->mode & SONDE_JOURNAL_RUNNING) &&
			facts->call != SONDE_JOURNAL_CALL_INTERRUPT)
			rescuer_call(rescuer);
		if (!ask_who(rescuer, i))
			continue;
		if (i || !line->known_length)
			drain(rescuer);
		return true;
	}
	return false;
}
