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
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line.h"
#include "qmp.h"
#include "rescue.h"

enum {
	/** How long a stub may take to say that it has let go (milliseconds). */
	LAST_ANSWER_MS = 250,
	/** The first wait for an answer; each further one is longer by as much. */
	SETTLE_MS = 300,
	SETTLE_ATTEMPTS = 8,
	FIRST_ATTEMPTS = 4,
	/** Silence for so long means that there is no more to come (milliseconds). */
	QUIET_MS = 150,
	/** How long a connection that is being made may take (milliseconds). */
	CONNECT_MS = 5000,
};

struct rescuer {
	const struct journal *journal;
	struct line line;
	struct answer answer;
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

/* --- finding the place in the stream --------------------------------------------- */

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

static void get_attention(struct rescuer *rescuer)
{
	const struct journal *journal = rescuer->journal;

	if (journal->facts.user_mode && journal->mode & SONDE_JOURNAL_RUNNING)
		signal_process(rescuer->line.fd);
	else if (journal->facts.qemu || journal->mode & SONDE_JOURNAL_RUNNING)
		line_send(&rescuer->line, "\x03", 1);
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

static bool settle(struct rescuer *rescuer)
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
		get_attention(rescuer);
		if (!ask_who(rescuer, i))
			continue;
		if (i || !line->known_length)
			drain(rescuer);
		return true;
	}
	return false;
}

/* --- undoing --------------------------------------------------------------------- */

static bool is_error(const struct answer *answer)
{
	return !answer->length || answer->text[0] == 'E';
}

static void select_thread(struct rescuer *rescuer, const char *thread)
{
	char packet[SONDE_JOURNAL_THREAD_TEXT + 4];

	if (!thread[0])
		return;
	snprintf(packet, sizeof(packet), "Hg%s", thread);
	line_ask(&rescuer->line, packet, &rescuer->answer);
}

static void put_hex(char *to, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		sprintf(to + 2 * i, "%02x", bytes[i]);
}

static void undo_trap(struct rescuer *rescuer, const struct sonde_journal_trap *trap)
{
	char packet[64];

	snprintf(packet, sizeof(packet), "z%" PRIu32 ",%" PRIx64 ",%" PRIx64, trap->kind,
		trap->address, trap->length);
	line_ask(&rescuer->line, packet, &rescuer->answer);
}

/* Only where our bytes still are: another program may have been loaded meanwhile. */
static void undo_bytes(struct rescuer *rescuer, const struct sonde_journal_bytes *bytes)
{
	char packet[64], hex[2 * sizeof(bytes->written) + 1] = "";
	int length;

	select_thread(rescuer, bytes->thread);
	snprintf(
		packet, sizeof(packet), "m%" PRIx64 ",%x", bytes->address, bytes->length);
	put_hex(hex, bytes->written, bytes->length);
	if (!line_ask(&rescuer->line, packet, &rescuer->answer) ||
		strcasecmp(rescuer->answer.text, hex) != 0)
		return;
	length = snprintf(packet, sizeof(packet), "M%" PRIx64 ",%x:", bytes->address,
		bytes->length);
	put_hex(packet + length, bytes->original, bytes->length);
	line_ask(&rescuer->line, packet, &rescuer->answer);
}

static void undo(struct rescuer *rescuer, const struct sonde_journal_slot *entry)
{
	const void *payload = entry->payload;
	const struct sonde_journal_packet *packet = payload;

	switch (entry->kind) {
	case SONDE_JOURNAL_TRAP:
		undo_trap(rescuer, payload);
		break;
	case SONDE_JOURNAL_BYTES:
		undo_bytes(rescuer, payload);
		break;
	case SONDE_JOURNAL_PACKET:
		select_thread(rescuer, packet->thread);
		line_ask(&rescuer->line, packet->text, &rescuer->answer);
		break;
	default:
		break;
	}
}

/* --- the program counter behind an instruction of ours ---------------------------- */

static uint64_t integer_of(const struct sonde_journal_facts *facts, const char *hex)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < facts->pc_bytes; i++) {
		unsigned at = facts->big_endian ? i : facts->pc_bytes - 1u - i;
		char byte[3] = {hex[2 * at], hex[2 * at] ? hex[2 * at + 1] : '\0'};

		value = value << 8 | strtoul(byte, NULL, 16);
	}
	return value;
}

static void put_integer(
	const struct sonde_journal_facts *facts, char *hex, uint64_t value)
{
	for (unsigned i = 0; i < facts->pc_bytes; i++) {
		unsigned at = facts->big_endian ? facts->pc_bytes - 1u - i : i;
		char byte[3];

		snprintf(byte, sizeof(byte), "%02x", (unsigned)(value >> 8 * i & 0xff));
		memcpy(hex + 2 * at, byte, 2);
	}
}

/* By p and P, or within g and G; false where neither reads it. */
static bool read_pc(struct rescuer *rescuer, bool *single, uint64_t *ret)
{
	const struct sonde_journal_facts *facts = &rescuer->journal->facts;
	struct answer *answer = &rescuer->answer;
	char packet[16];

	snprintf(packet, sizeof(packet), "p%x", facts->pc_number);
	*single = line_ask(&rescuer->line, packet, answer) && !is_error(answer);
	if (*single && answer->length == 2u * facts->pc_bytes) {
		*ret = integer_of(facts, answer->text);
		return true;
	}
	*single = false;
	if (!line_ask(&rescuer->line, "g", answer) || is_error(answer) ||
		answer->length > LINE_ANSWER_MAX ||
		answer->length < 2u * (facts->pc_offset + facts->pc_bytes))
		return false;
	*ret = integer_of(facts, answer->text + 2 * facts->pc_offset);
	return true;
}

static void write_pc(struct rescuer *rescuer, bool single, uint64_t pc)
{
	const struct sonde_journal_facts *facts = &rescuer->journal->facts;
	static char packet[LINE_ANSWER_MAX + 16];
	struct answer *answer = &rescuer->answer;
	int length;

	if (single) {
		length = snprintf(packet, sizeof(packet), "P%x=", facts->pc_number);
		put_integer(facts, packet + length, pc);
		packet[length + 2 * facts->pc_bytes] = '\0';
		line_ask(&rescuer->line, packet, answer);
		if (answer->length)
			return;
		if (!line_ask(&rescuer->line, "g", answer) || is_error(answer) ||
			answer->length > LINE_ANSWER_MAX)
			return;
	}
	packet[0] = 'G';
	memcpy(packet + 1, answer->text, answer->length + 1);
	put_integer(facts, packet + 1 + 2 * facts->pc_offset, pc);
	line_ask(&rescuer->line, packet, answer);
}

/* "T05thread:ID;" */
static void select_stopped_thread(struct rescuer *rescuer)
{
	char thread[SONDE_JOURNAL_THREAD_TEXT];
	const char *place = strstr(rescuer->answer.text, "thread:");

	if (!place || sscanf(place, "thread:%39[^;]", thread) != 1)
		return;
	select_thread(rescuer, thread);
}

static void put_pc_back(struct rescuer *rescuer)
{
	const struct journal *journal = rescuer->journal;
	uint8_t adjust = journal->facts.pc_adjust;
	uint64_t pc;
	bool single;

	if (!adjust || !(journal->mode & SONDE_JOURNAL_PC_OWED) || journal->facts.qemu)
		return;
	/* Once more what stopped last: the client may have read it already. */
	if (!line_ask(&rescuer->line, "?", &rescuer->answer) ||
		strncmp(rescuer->answer.text + 1, "05", 2) != 0)
		return;
	select_stopped_thread(rescuer);
	if (!read_pc(rescuer, &single, &pc))
		return;
	for (size_t i = 0; i < journal->entry_count; i++) {
		const struct sonde_journal_bytes *bytes =
			(const void *)journal->entries[i].payload;

		if (journal->entries[i].kind == SONDE_JOURNAL_BYTES &&
			bytes->address + adjust == pc) {
			write_pc(rescuer, single, bytes->address);
			return;
		}
	}
}

/* --- letting go ------------------------------------------------------------------- */

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
	/* Later ones never do. They answer this at once; earlier ones only later. */
	return line_ask(&rescuer->line, "qqemu.sstepbits", answer) &&
	       !strncmp(answer->text, "ENABLE", 6) &&
	       line_ask(&rescuer->line, "p0", answer) && !is_error(answer);
}

static bool says_goodbye(struct rescuer *rescuer, const char *packet)
{
	if (!packet[0])
		return false;
	if (!line_ask(&rescuer->line, packet, &rescuer->answer))
		return rescuer->line.closed;
	return !is_error(&rescuer->answer);
}

static bool let_run(struct rescuer *rescuer)
{
	const char *known = rescuer->journal->facts.detach;

	if (rescuer->journal->facts.detach_is_mute)
		return line_send_packet(&rescuer->line, known, strlen(known));
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
	for (size_t i = 0; i < journal->entry_count; i++)
		if (journal->entries[i].kind == SONDE_JOURNAL_QMP_CONT)
			qmp_cont((const char *)journal->entries[i].payload);
}

static bool converse(struct rescuer *rescuer)
{
	const struct journal *journal = rescuer->journal;

	if (!settle(rescuer))
		return false;
	for (size_t i = 0; i < journal->entry_count; i++)
		undo(rescuer, &journal->entries[i]);
	put_pc_back(rescuer);
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
