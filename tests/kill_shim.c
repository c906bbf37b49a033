/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Preloaded into a process, ends it by SIGKILL at a place that is chosen exactly: at the
 * Nth thing that it says to the world, after so many bytes of it. What counts: bytes to a
 * stub (send), to the journal (pwrite64), to the guard (sendmsg), connecting, taking in
 * what a stub says (recv), and what is done to files of the journal.
 *
 *   SONDE_KILL_AT=N:BYTES   N counts from 1; BYTES -1: all of it is done first
 *   SONDE_KILL_LOG=FILE     a line "N NAME BYTES" for each, whether or not it kills
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int count;

static void die(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static void note(int number, const char *name, size_t bytes)
{
	const char *path = getenv("SONDE_KILL_LOG");
	char line[96];
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		return;
	if (write(fd, line,
		    (size_t)snprintf(
			    line, sizeof(line), "%d %s %zu\n", number, name, bytes)) < 0)
		abort();
	close(fd);
}

/* How much of this one is done before the end; -1: all, and then no end. */
static long part_of(const char *name, size_t bytes, int *last)
{
	const char *place = getenv("SONDE_KILL_AT");
	int number = ++count, wanted = 0;
	long part = -1;

	note(number, name, bytes);
	*last = place && sscanf(place, "%d:%ld", &wanted, &part) == 2 && wanted == number;
	if (!*last || part < 0 || (size_t)part > bytes)
		return (long)bytes;
	return part;
}

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

ssize_t send(int fd, const void *data, size_t length, int flags)
{
	int last;
	long part = part_of("send", length, &last);
	ssize_t done = part ? REAL(send)(fd, data, (size_t)part, flags) : 0;

	if (last)
		die();
	return done;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset)
{
	int last;
	long part = part_of("pwrite", length, &last);
	ssize_t done = part ? REAL(pwrite64)(fd, data, (size_t)part, offset) : 0;

	if (last)
		die();
	return done;
}

ssize_t recv(int fd, void *data, size_t length, int flags)
{
	ssize_t done = REAL(recv)(fd, data, length, flags);
	int last;

	if (done <= 0)
		return done;
	part_of(flags & MSG_PEEK ? "peek" : "recv", 0, &last);
	if (last)
		die();
	return done;
}

/* What is done at once or not at all. */
#define WHOLE(name, call)                            \
	do {                                         \
		int last;                            \
		long part = part_of(name, 1, &last); \
		if (last && !part)                   \
			die();                       \
		__typeof__(call) done = call;        \
		if (last)                            \
			die();                       \
		return done;                         \
	} while (0)

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	WHOLE("sendmsg", REAL(sendmsg)(fd, message, flags));
}

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
	WHOLE("connect", REAL(connect)(fd, address, length));
}

int ftruncate64(int fd, off64_t length)
{
	WHOLE("ftruncate", REAL(ftruncate64)(fd, length));
}

int unlinkat(int directory, const char *name, int flags)
{
	WHOLE("unlinkat", REAL(unlinkat)(directory, name, flags));
}
