/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting the guard. It is spawned, not forked: a program with threads has nothing to
 * fear from it. It becomes nobody's child at once, so that no wait() of the program ever
 * finds it, and has a session of its own, so that no terminal and no process group ends
 * it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "guard.h"

enum {
	/** The guard answers within this, or there is none (milliseconds). */
	ANSWER_MS = 5000,
	/** Undoing takes longer: the stub has to answer (milliseconds). */
	RECOVERY_MS = 30000,
	/** A guard that is killed again and again has lost (times). */
	RESTARTS_MAX = 3,
	/** Above the descriptors that the guard gets. */
	SPARE_FD = 10,
};

struct sonde_guard {
	struct sonde *sonde;
	struct sonde_journal *journal;
	/** The other end is the guard's; -1: it has died. */
	int control;
	/** The journal is ours, and not a predecessor's. */
	bool begun;
	unsigned restarts;
	/** A duplicate, for another guard. */
	int socket;
	struct sockaddr_storage address;
	socklen_t address_length;
};

/* --- where it is ------------------------------------------------------------------- */

static bool is_program(const char *path)
{
	return access(path, X_OK) == 0;
}

/*
 * Beside the library: in LIBDIR/sonde, or where the build leaves it. A program that has
 * the library in it is taken for the library.
 */
static struct sonde_error *find_program(
	const struct sonde *sonde, char *path, size_t size)
{
	static const char *const places[] = {"sonde/sonde-guard", "../guard/sonde-guard"};
	char library[PATH_MAX] = "";
	char *slash;
	Dl_info info;

	if (sonde->guard_program) {
		snprintf(path, size, "%s", sonde->guard_program);
		if (is_program(path))
			return NULL;
	} else if (dladdr((const void *)find_program, &info) &&
		   realpath(info.dli_fname, library)) {
		slash = strrchr(library, '/');
		for (size_t i = 0; slash && i < ARRAY_SIZE(places); i++) {
			*slash = '\0';
			snprintf(path, size, "%s/%s", library, places[i]);
			if (is_program(path))
				return NULL;
		}
	}
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_NOT_FOUND, "there is no %s",
			sonde->guard_program ?: "sonde-guard beside the library"),
		"install sonde anew; without its guard, a guest stays stopped when sonde "
		"dies (sonde --no-guard takes that risk)");
}

/* --- starting it ------------------------------------------------------------------- */

/* Duplicates above all that the guard gets, so that none is in another one's way. */
static struct sonde_error *move_up(int fd, int *ret)
{
	*ret = fcntl(fd, F_DUPFD_CLOEXEC, SPARE_FD);
	return *ret < 0 ? sonde_error_system(errno) : NULL;
}

static struct sonde_error *spawn(const char *path, const int fds[3])
{
	static const int places[] = {
		SONDE_GUARD_CONTROL_FD, SONDE_GUARD_JOURNAL_FD, SONDE_GUARD_OWNER_FD};
	char *const arguments[] = {(char *)"sonde-guard", NULL};
	char *const environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	pid_t child;
	int number;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes,
		POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	for (int i = 0; i < 3; i++)
		posix_spawn_file_actions_addopen(
			&actions, i, "/dev/null", i ? O_WRONLY : O_RDONLY, 0);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (fds[i] >= 0)
			posix_spawn_file_actions_adddup2(&actions, fds[i], places[i]);
		else
			posix_spawn_file_actions_addclose(&actions, places[i]);
	number = posix_spawn(&child, path, &actions, &attributes, arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (number)
		return sonde_error_system(number);
	/* It ends at once; its own child is the guard. Others may have waited for it. */
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return NULL;
}

static void close_all(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static struct sonde_error *start(struct sonde_guard *guard)
{
	int pair[2] = {-1, -1}, fds[3] = {-1, -1, -1}, owner = -1;
	struct sonde_error *error;
	char path[PATH_MAX + 32];

	CHECK(find_program(guard->sonde, path, sizeof(path)));
	/* Linux has it since 5.3, valgrind later: then the end of the socket has to do.
	 */
	owner = pidfd_open(getpid(), 0);
	if ((owner < 0 && errno != ENOSYS) ||
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		error = sonde_error_system(errno);
	else
		error = move_up(pair[1], &fds[0]);
	if (!error)
		error = move_up(sonde_journal_descriptor(guard->journal), &fds[1]);
	if (!error && owner >= 0)
		error = move_up(owner, &fds[2]);
	if (!error)
		error = spawn(path, fds);
	close_all(fds, ARRAY_SIZE(fds));
	close_all(&pair[1], 1);
	close_all(&owner, 1);
	if (error) {
		close_all(&pair[0], 1);
		return sonde_error_while(error, "starting %s", path);
	}
	guard->control = pair[0];
	return NULL;
}

/* --- talking to it ----------------------------------------------------------------- */

static struct sonde_error *say(
	const struct sonde_guard *guard, enum sonde_guard_verb verb, int fd)
{
	struct sonde_guard_message message = {
		.verb = (uint8_t)verb,
		.address_length = (uint8_t)guard->address_length,
	};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.header = {
			     .cmsg_len = CMSG_LEN(sizeof(int)),
			     .cmsg_level = SOL_SOCKET,
			     .cmsg_type = SCM_RIGHTS,
		     }};
	struct iovec iov = {.iov_base = &message, .iov_len = sizeof(message)};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};

	memcpy(message.address, &guard->address, guard->address_length);
	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		header.msg_control = &control;
		header.msg_controllen = sizeof(control);
	}
	if (sendmsg(guard->control, &header, MSG_NOSIGNAL) < 0)
		return sonde_error_while(
			sonde_error_system(errno), "talking to the guard");
	return NULL;
}

/* Waits for the guard's answer, or, after a goodbye, for its end. */
static struct sonde_error *hear(
	const struct sonde_guard *guard, int timeout_ms, uint8_t *ret)
{
	int64_t deadline = sonde_deadline_in(timeout_ms);
	struct pollfd control = {.fd = guard->control, .events = POLLIN};
	ssize_t got;

	*ret = 0;
	while (poll(&control, 1, sonde_deadline_left(deadline)) <= 0)
		if (sonde_deadline_left(deadline) == 0)
			return sonde_error_create(
				SONDE_ERROR_TIMEOUT, "the guard does not answer");
	got = recv(guard->control, ret, 1, 0);
	if (got <= 0)
		return sonde_error_create(SONDE_ERROR_IO, "the guard has died");
	return NULL;
}

static void let_go(struct sonde_guard *guard)
{
	if (guard->control >= 0)
		close(guard->control);
	guard->control = -1;
}

static struct sonde_error *hold(struct sonde_guard *guard)
{
	struct sonde_error *error = say(guard, SONDE_GUARD_HOLD, guard->socket);
	uint8_t answer;

	if (!error)
		error = hear(guard, ANSWER_MS, &answer);
	if (error)
		let_go(guard);
	return error;
}

/* --- what a dead predecessor left ----------------------------------------------------
 */

/* Another stub has come to its place since: there is nothing left of what was done. */
static bool is_outdated(
	const struct sonde_guard *guard, const struct sonde_guard_stub *stub)
{
	const char *identity = sonde_journal_identity(guard->journal);

	return strcmp(identity, stub->identity) != 0;
}

static struct sonde_error *recover(
	struct sonde_guard *guard, const struct sonde_guard_stub *stub)
{
	const char *who = sonde_journal_predecessor(guard->journal);
	struct sonde_error *error;
	uint8_t answer = 0;

	if (is_outdated(guard, stub))
		return NULL;
	sonde_log(&guard->sonde->log, SONDE_LOG_WARNING,
		"%s died here, and its guard with it: what it left in the target is "
		"undone first",
		who);
	CHECK(start(guard));
	error = say(guard, SONDE_GUARD_RECOVER, -1);
	if (!error)
		error = hear(guard, RECOVERY_MS, &answer);
	let_go(guard);
	if (!error && answer != SONDE_GUARD_DONE)
		error = sonde_error_suggest(sonde_error_create(SONDE_ERROR_PROTOCOL,
						    "the stub does not answer"),
			"the next sonde that comes to this stub will try again");
	return sonde_error_while(error, "undoing what %s left", who);
}

/* --- the whole -----------------------------------------------------------------------
 */

static struct sonde_error *set_up(
	struct sonde_guard *guard, const struct sonde_guard_stub *stub)
{
	if (stub->address_length > sizeof(((struct sonde_guard_message *)0)->address))
		return sonde_error_create(SONDE_ERROR_INVALID, "an address is too long");
	if (stub->address_length)
		memcpy(&guard->address, stub->address, stub->address_length);
	guard->address_length = stub->address_length;
	CHECK(sonde_journal_open(stub->key, guard->sonde->timeout_ms, &guard->journal));
	/* Only sockets can be opened a second time: of the rest nothing is left. */
	if (sonde_journal_is_dirty(guard->journal) && stub->address_length) {
		CHECK(recover(guard, stub));
		/* The guard has removed the file: this is no longer the journal. */
		sonde_journal_close(guard->journal);
		guard->journal = NULL;
		CHECK(sonde_journal_open(
			stub->key, guard->sonde->timeout_ms, &guard->journal));
	}
	guard->socket = fcntl(stub->fd, F_DUPFD_CLOEXEC, 0);
	if (guard->socket < 0)
		return sonde_error_system(errno);
	CHECK(start(guard));
	guard->begun = true;
	CHECK(sonde_journal_begin(guard->journal, stub->identity));
	return hold(guard);
}

struct sonde_error *sonde_guard_create(struct sonde *sonde,
	const struct sonde_guard_stub *stub, struct sonde_guard **ret)
{
	struct sonde_guard *guard;
	struct sonde_error *error;

	*ret = NULL;
	if (sonde->guard == SONDE_GUARD_REFUSED)
		return NULL;
	guard = calloc(1, sizeof(*guard));
	if (!guard)
		return sonde_error_no_memory();
	guard->sonde = sonde;
	guard->control = guard->socket = -1;
	error = set_up(guard, stub);
	if (error) {
		sonde_guard_destroy(guard);
		return error;
	}
	*ret = guard;
	return NULL;
}

static void free_guard(struct sonde_guard *guard)
{
	let_go(guard);
	if (guard->socket >= 0)
		close(guard->socket);
	sonde_journal_close(guard->journal);
	free(guard);
}

void sonde_guard_destroy(struct sonde_guard *guard)
{
	struct sonde_error *error;
	uint8_t nothing;

	if (!guard)
		return;
	if (guard->begun)
		sonde_journal_finish(guard->journal);
	if (guard->control >= 0) {
		error = say(guard, SONDE_GUARD_BYE, -1);
		if (!error)
			error = hear(guard, ANSWER_MS, &nothing);
		sonde_error_destroy(error);
	}
	free_guard(guard);
}

void sonde_guard_abandon(struct sonde_guard *guard)
{
	/* It takes the end of the control socket for ours. */
	if (guard)
		free_guard(guard);
}

struct sonde_journal *sonde_guard_journal(struct sonde_guard *guard)
{
	return guard ? guard->journal : NULL;
}

int sonde_guard_descriptor(const struct sonde_guard *guard)
{
	return guard ? guard->control : -1;
}

struct sonde_error *sonde_guard_check(struct sonde_guard *guard)
{
	struct pollfd control;

	if (!guard || guard->control < 0)
		return NULL;
	control = (struct pollfd){.fd = guard->control, .events = POLLIN};
	if (poll(&control, 1, 0) <= 0)
		return NULL;
	let_go(guard);
	if (++guard->restarts > RESTARTS_MAX)
		return sonde_error_create(
			SONDE_ERROR_IO, "the guard dies again and again");
	sonde_log(&guard->sonde->log, SONDE_LOG_WARNING,
		"the guard has died: another one is started");
	CHECK(start(guard));
	return sonde_error_while(hold(guard), "starting the guard anew");
}
