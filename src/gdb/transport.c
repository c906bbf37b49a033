/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving bytes. A short wait blocks in recv() itself, with a receive timeout of a
 * few milliseconds on the socket, so that a round trip costs two system calls;
 * between two such slices the deadline and the interrupt flag are looked at.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "transport.h"

enum {
	/** How long a child may take to end: by itself, then when asked to (ms). */
	CHILD_ENDS_MS = 200,
	CHILD_OBEYS_MS = 1000,
};

static bool ends_within(pid_t child, int timeout_ms)
{
	int64_t deadline = sonde_deadline_in(timeout_ms);

	while (waitpid(child, NULL, WNOHANG) == 0) {
		if (sonde_deadline_left(deadline) == 0)
			return false;
		poll(NULL, 0, 5);
	}
	return true;
}

/*
 * Its standard input is closed by now, which ends well-behaved stubs; gdbserver waits
 * for the next client instead. What the shell started is in the same process group.
 */
static void end_child(pid_t child)
{
	bool ended = ends_within(child, CHILD_ENDS_MS);

	kill(-child, SIGTERM);
	if (!ended && !ends_within(child, CHILD_OBEYS_MS)) {
		kill(-child, SIGKILL);
		waitpid(child, NULL, 0);
	}
}

void sonde_gdb_transport_close(struct sonde_gdb_transport *transport)
{
	if (transport->fd >= 0)
		close(transport->fd);
	transport->fd = -1;
	sonde_guard_destroy(transport->guard);
	transport->guard = NULL;
	if (transport->child > 0)
		end_child(transport->child);
	transport->child = 0;
}

void sonde_gdb_transport_abandon(struct sonde_gdb_transport *transport)
{
	/* What we started, the guard ends when it is done with it. */
	if (transport->guard)
		transport->child = 0;
	if (transport->fd >= 0)
		close(transport->fd);
	transport->fd = -1;
	sonde_guard_abandon(transport->guard);
	transport->guard = NULL;
	sonde_gdb_transport_close(transport);
}

static struct sonde_error *hung_up(void)
{
	return sonde_error_create(SONDE_ERROR_IO, "the stub closed the connection");
}

struct sonde_error *sonde_gdb_transport_send(struct sonde_gdb_transport *transport,
	const void *data, size_t length, size_t *ret)
{
	ssize_t sent;

	if (transport->is_socket)
		sent = send(transport->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		sent = write(transport->fd, data, length);
	if (sent < 0) {
		if (errno == EPIPE || errno == ECONNRESET)
			return hung_up();
		if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
			return sonde_error_while(
				sonde_error_system(errno), "sending to the stub");
		sent = 0;
	}
	*ret = (size_t)sent;
	return NULL;
}

/* The descriptor of the new one; without one, the target is still to be controlled. */
static int restart_guard(struct sonde_gdb_transport *transport)
{
	struct sonde_error *error = sonde_guard_check(transport->guard);

	if (error)
		sonde_log(&transport->sonde->log, SONDE_LOG_WARNING,
			"%s: %s; if this process dies, the target is not let go",
			sonde_error_what(error), sonde_error_why(error));
	sonde_error_destroy(error);
	return sonde_guard_descriptor(transport->guard);
}

struct sonde_error *sonde_gdb_transport_poll(
	struct sonde_gdb_transport *transport, short events, int64_t deadline, short *ret)
{
	struct pollfd fds[] = {
		{.fd = transport->fd, .events = events},
		{.fd = sonde_guard_descriptor(transport->guard), .events = POLLIN},
		{.fd = transport->sonde->interrupt_fd, .events = POLLIN},
	};
	nfds_t count = transport->sonde->uninterruptible ? 2 : 3;

	for (;;) {
		int ready = poll(fds, count, sonde_deadline_left(deadline));

		if (ready < 0 && errno != EINTR)
			return sonde_error_system(errno);
		CHECK(sonde_context_check_interrupt(transport->sonde));
		if (ready > 0 && fds[1].revents)
			fds[1].fd = restart_guard(transport);
		if (ready > 0 && fds[0].revents) {
			*ret = fds[0].revents;
			return NULL;
		}
		if (ready == 0 && sonde_deadline_left(deadline) == 0)
			return sonde_error_create(
				SONDE_ERROR_TIMEOUT, "the stub did not answer in time");
	}
}

/* One attempt; *ret is 0 when there was nothing yet. */
static struct sonde_error *receive_once(struct sonde_gdb_transport *transport, int flags,
	void *buffer, size_t room, size_t *ret)
{
	ssize_t got = transport->is_socket ? recv(transport->fd, buffer, room, flags)
					   : read(transport->fd, buffer, room);

	*ret = 0;
	if (got > 0) {
		*ret = (size_t)got;
		return NULL;
	}
	if (got == 0 || errno == ECONNRESET || errno == EIO)
		return hung_up();
	if (errno == ECONNREFUSED)
		return sonde_error_create(SONDE_ERROR_IO, "nothing listens there");
	if (errno != EAGAIN && errno != EINTR)
		return sonde_error_while(
			sonde_error_system(errno), "receiving from the stub");
	return NULL;
}

struct sonde_error *sonde_gdb_transport_receive(struct sonde_gdb_transport *transport,
	enum sonde_gdb_patience patience, int64_t deadline, void *buffer, size_t room,
	size_t *ret)
{
	bool block = patience == SONDE_GDB_WAIT_BRIEFLY && transport->is_socket;
	short events;
	size_t got;

	for (;;) {
		/* First, so that a stub that answers at once cannot keep us busy. */
		CHECK(sonde_context_check_interrupt(transport->sonde));
		if (!block)
			CHECK(sonde_gdb_transport_poll(
				transport, POLLIN, deadline, &events));
		CHECK(receive_once(
			transport, block ? 0 : MSG_DONTWAIT, buffer, room, &got));
		if (got) {
			*ret = got;
			return NULL;
		}
		if (sonde_deadline_left(deadline) == 0)
			return sonde_error_create(
				SONDE_ERROR_TIMEOUT, "the stub did not answer in time");
	}
}

struct sonde_error *sonde_gdb_transport_peek(struct sonde_gdb_transport *transport,
	int64_t deadline, void *buffer, size_t room, size_t *ret)
{
	size_t got = 0;
	short events;

	while (!got) {
		CHECK(sonde_gdb_transport_poll(transport, POLLIN, deadline, &events));
		CHECK(receive_once(
			transport, MSG_PEEK | MSG_DONTWAIT, buffer, room, &got));
	}
	*ret = got;
	return NULL;
}
