/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * sonde-guard: outlives a process that controls a guest, and lets the guest go when that
 * process dies. It has the connection to the stub in its hands from before it is made,
 * and does not touch it as long as the other one lives. What is to be undone, the journal
 * says (journal_format.h); how, rescue.c.
 *
 * The library starts it with three descriptors: a control socket, the journal, and, where
 * the kernel has such, a pidfd of the process to watch. It ends when it is told that all
 * is undone, or when it has done that itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "line.h"
#include "rescue.h"

enum {
	/** How long a stub that we ended may take to obey (milliseconds). */
	CHILD_OBEYS_MS = 1000,
};

/* Asked to end by whoever ends everything called sonde, it still has its work to do. */
static void ignore_signals(void)
{
	static const int numbers[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		signal(numbers[i], SIG_IGN);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* A child of nobody who waits, with no descriptors but its own. */
static void detach_from_parent(void)
{
	pid_t child = fork();

	if (child != 0)
		_exit(child < 0);
	if (getsid(0) != getpid())
		setsid();
	syscall(SYS_close_range, SONDE_GUARD_OWNER_FD + 1, ~0U, 0);
	prctl(PR_SET_NAME, "sonde-guard");
}

/* --- the control socket ----------------------------------------------------------- */

/* False at the end of it. *@p fd is -1 where no descriptor came along. */
static bool receive(struct sonde_guard_message *message, int *fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = message, .iov_len = sizeof(*message)};
	struct msghdr header = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *came;
	ssize_t got;

	do
		got = recvmsg(SONDE_GUARD_CONTROL_FD, &header, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	*fd = -1;
	came = got > 0 ? CMSG_FIRSTHDR(&header) : NULL;
	if (came && came->cmsg_level == SOL_SOCKET && came->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(came), sizeof(int));
	return got == (ssize_t)sizeof(*message);
}

static void answer(enum sonde_guard_verb verb)
{
	uint8_t byte = (uint8_t)verb;

	send(SONDE_GUARD_CONTROL_FD, &byte, 1, MSG_NOSIGNAL);
}

static void take_way(
	const struct sonde_guard_message *message, int fd, struct rescue_way *way)
{
	if (way->fd >= 0)
		close(way->fd);
	way->fd = fd;
	way->address_length = message->address_length <= sizeof(message->address)
				      ? message->address_length
				      : 0;
	memcpy(&way->address, message->address, sizeof(message->address));
}

/* --- what the dead process started ------------------------------------------------- */

static bool is_same_process(pid_t pid, uint64_t started)
{
	char path[64], text[1024];
	unsigned long long since;
	const char *fields;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	/* Field 22; the second is in parentheses and may hold anything. */
	fields = strrchr(text, ')');
	return fields &&
	       sscanf(fields + 1,
		       " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u "
		       "%*u %*u %*d %*d %*d %*d %*d %*d %llu",
		       &since) == 1 &&
	       since == started;
}

static void end_child(const struct sonde_journal_facts *facts)
{
	int64_t deadline = line_now() + CHILD_OBEYS_MS;

	if (facts->child <= 1 || !is_same_process(facts->child, facts->child_started))
		return;
	kill(-facts->child, SIGTERM);
	while (is_same_process(facts->child, facts->child_started)) {
		if (line_now() > deadline) {
			kill(-facts->child, SIGKILL);
			return;
		}
		poll(NULL, 0, 10);
	}
}

/* --- the guard -------------------------------------------------------------------- */

static bool undo_all(struct rescue_way *way)
{
	struct journal journal;
	bool done;

	/* Empty, or cut short before anything was done. */
	if (!journal_read(SONDE_GUARD_JOURNAL_FD, &journal)) {
		journal_remove(SONDE_GUARD_JOURNAL_FD);
		return true;
	}
	done = rescue(&journal, way);
	end_child(&journal.facts);
	journal_deinit(&journal);
	/* What could not be done is left for the next one who comes to this stub. */
	if (done)
		journal_remove(SONDE_GUARD_JOURNAL_FD);
	return done;
}

static int watch(void)
{
	struct pollfd fds[] = {
		{.fd = SONDE_GUARD_CONTROL_FD, .events = POLLIN},
		{.fd = is_open(SONDE_GUARD_OWNER_FD) ? SONDE_GUARD_OWNER_FD : -1,
			.events = POLLIN},
	};
	struct rescue_way way = {.fd = -1};

	for (;;) {
		struct sonde_guard_message message;
		int fd;

		if (poll(fds, 2, -1) < 0)
			continue;
		/* What it said before it died comes first. */
		if (!(fds[0].revents & POLLIN) || !receive(&message, &fd))
			return undo_all(&way) ? 0 : 1;
		switch (message.verb) {
		case SONDE_GUARD_HOLD:
			take_way(&message, fd, &way);
			answer(SONDE_GUARD_DONE);
			break;
		case SONDE_GUARD_RECOVER:
			take_way(&message, fd, &way);
			answer(undo_all(&way) ? SONDE_GUARD_DONE : SONDE_GUARD_FAILED);
			return 0;
		case SONDE_GUARD_BYE:
			return 0;
		default:
			if (fd >= 0)
				close(fd);
		}
	}
}

int main(void)
{
	struct stat status;

	if (!is_open(SONDE_GUARD_CONTROL_FD) || !is_open(SONDE_GUARD_JOURNAL_FD) ||
		fstat(SONDE_GUARD_CONTROL_FD, &status) < 0 || !S_ISSOCK(status.st_mode)) {
		fputs("sonde-guard: libsonde starts it, where a guest is controlled; it "
		      "is "
		      "of no use by itself\n",
			stderr);
		return 2;
	}
	ignore_signals();
	detach_from_parent();
	return watch();
}
