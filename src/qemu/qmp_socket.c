/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A reply mostly comes within a millisecond, so it is first waited for in recv() itself,
 * with a receive timeout on the socket: an exchange is two system calls. Only behind that
 * is poll() asked, which notices an interrupt at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "host_port.h"
#include "qmp_socket.h"
#include "socket_holder.h"

enum {
	/** How long the first recv() waits; an interrupt is noticed after that (us). */
	RECEIVE_SLICE_US = 20000,
};

/* --- moving bytes ----------------------------------------------------------------- */

static struct sonde_error *hung_up(void)
{
	return sonde_error_create(
		SONDE_ERROR_IO, "QEMU has closed the connection, or has ended");
}

static struct sonde_error *wait_for(
	struct sonde *sonde, int fd, short events, int64_t deadline)
{
	struct pollfd fds[] = {
		{.fd = fd, .events = events},
		{.fd = sonde->interrupt_fd, .events = POLLIN},
	};
	nfds_t count = sonde->uninterruptible ? 1 : 2;

	for (;;) {
		int ready = poll(fds, count, sonde_deadline_left(deadline));

		if (ready < 0 && errno != EINTR)
			return sonde_error_system(errno);
		CHECK(sonde_context_check_interrupt(sonde));
		if (ready > 0 && fds[0].revents)
			return NULL;
		if (sonde_deadline_left(deadline) == 0)
			return sonde_error_create(SONDE_ERROR_TIMEOUT,
				"QEMU did not answer within %u ms", sonde->timeout_ms);
	}
}

struct sonde_error *sonde_qmp_socket_send(struct sonde *sonde, int fd, int64_t deadline,
	const void *data, size_t length, size_t *sent)
{
	*sent = 0;
	for (;;) {
		ssize_t done = send(fd, (const char *)data + *sent, length - *sent,
			MSG_DONTWAIT | MSG_NOSIGNAL);

		if (done < 0 && (errno == EPIPE || errno == ECONNRESET))
			return hung_up();
		if (done < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
			return sonde_error_while(
				sonde_error_system(errno), "sending to the monitor");
		if (done > 0)
			*sent += (size_t)done;
		if (*sent == length)
			return NULL;
		CHECK(wait_for(sonde, fd, POLLOUT, deadline));
	}
}

static struct sonde_error *receive_once(
	int fd, int flags, void *buffer, size_t room, size_t *ret)
{
	ssize_t got = recv(fd, buffer, room, flags);

	*ret = got > 0 ? (size_t)got : 0;
	if (got == 0 || (got < 0 && errno == ECONNRESET))
		return hung_up();
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		return sonde_error_while(
			sonde_error_system(errno), "receiving from the monitor");
	return NULL;
}

struct sonde_error *sonde_qmp_socket_receive_now(
	int fd, void *buffer, size_t room, size_t *ret)
{
	return receive_once(fd, MSG_DONTWAIT, buffer, room, ret);
}

struct sonde_error *sonde_qmp_socket_receive(struct sonde *sonde, int fd,
	int64_t deadline, void *buffer, size_t room, size_t *ret)
{
	size_t got;

	CHECK(sonde_context_check_interrupt(sonde));
	CHECK(receive_once(fd, 0, buffer, room, &got));
	while (!got) {
		CHECK(wait_for(sonde, fd, POLLIN, deadline));
		CHECK(receive_once(fd, MSG_DONTWAIT, buffer, room, &got));
	}
	*ret = got;
	return NULL;
}

/* --- connecting ------------------------------------------------------------------- */

static struct sonde_error *advise_busy(struct sonde_error *error)
{
	return sonde_error_suggest(error,
		"end that client first, or go on without the monitor; a QMP socket "
		"serves "
		"one client at a time, and QEMU can be started with several");
}

static struct sonde_error *await_connection(struct sonde *sonde, int fd)
{
	int64_t deadline = sonde_deadline_in(sonde->timeout_ms);
	struct sonde_error *error = wait_for(sonde, fd, POLLOUT, deadline);
	int number = 0;
	socklen_t size = sizeof(number);

	if (sonde_error_is(error, SONDE_ERROR_TIMEOUT)) {
		sonde_error_destroy(error);
		error = sonde_error_create(SONDE_ERROR_TIMEOUT,
			"no connection within %u ms", sonde->timeout_ms);
	}
	if (error)
		return error;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) < 0)
		return sonde_error_system(errno);
	return number ? sonde_error_system(number) : NULL;
}

static struct sonde_error *connect_socket(
	struct sonde *sonde, int fd, const struct sockaddr *address, socklen_t length)
{
	struct timeval slice = {.tv_usec = RECEIVE_SLICE_US};

	if (connect(fd, address, length) < 0) {
		if (errno == EAGAIN)
			return advise_busy(sonde_error_create(SONDE_ERROR_BUSY,
				"others are already waiting to be served there"));
		if (errno == ECONNREFUSED)
			return sonde_error_suggest(sonde_error_system(errno),
				"nobody listens there: its QEMU may have ended");
		if (errno != EINPROGRESS)
			return sonde_error_system(errno);
		CHECK(await_connection(sonde, fd));
	}
	if (fcntl(fd, F_SETFL, 0) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &slice, sizeof(slice)) < 0)
		return sonde_error_system(errno);
	return NULL;
}

static struct sonde_error *open_unix(struct sonde *sonde, const char *path, int *ret)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct sonde_error *error;
	struct stat status;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return sonde_error_create(SONDE_ERROR_INVALID,
			"a socket's path has at most %zu characters",
			sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	if (stat(path, &status) == 0 && !S_ISSOCK(status.st_mode))
		return sonde_error_create(SONDE_ERROR_INVALID, "this file is no socket");
	CHECK(advise_busy(sonde_socket_check_unix_holder(path)));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return sonde_error_system(errno);
	error = connect_socket(
		sonde, fd, (const struct sockaddr *)&address, sizeof(address));
	if (error)
		close(fd);
	else
		*ret = fd;
	return error;
}

static struct sonde_error *try_internet(
	struct sonde *sonde, const struct addrinfo *info, int *ret)
{
	struct sonde_error *error;
	int one = 1, fd;

	CHECK(advise_busy(sonde_socket_check_tcp_holder(info->ai_addr)));
	fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return sonde_error_system(errno);
	/* A request behind another must not wait for the first one's acknowledgement. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	error = connect_socket(sonde, fd, info->ai_addr, info->ai_addrlen);
	if (error)
		close(fd);
	else
		*ret = fd;
	return error;
}

static struct sonde_error *open_internet(
	struct sonde *sonde, const char *address, int *ret)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	CLEANUP(cleanup_free) char *copy = strdup(address);
	struct addrinfo *list, *info;
	struct sonde_error *error = NULL;
	char *host = NULL, *port = NULL;
	int status;

	if (!copy)
		return sonde_error_no_memory();
	CHECK(sonde_error_suggest(sonde_host_port_split(copy, &host, &port),
		"a monitor is HOST:PORT, or a socket's path with a slash in it, such as "
		"./qmp.sock"));
	status = getaddrinfo(host, port, &hints, &list);
	if (status)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "%s: %s", host, gai_strerror(status));
	for (info = list; info; info = info->ai_next) {
		sonde_error_destroy(error);
		error = try_internet(sonde, info, ret);
		if (!error || sonde_error_is(error, SONDE_ERROR_BUSY) ||
			sonde_error_is(error, SONDE_ERROR_INTERRUPTED))
			break;
	}
	freeaddrinfo(list);
	return error;
}

struct sonde_error *sonde_qmp_socket_open(
	struct sonde *sonde, const char *address, int *ret)
{
	struct sonde_error *error = strchr(address, '/')
					    ? open_unix(sonde, address, ret)
					    : open_internet(sonde, address, ret);

	if (!sonde_error_is(error, SONDE_ERROR_PERMISSION))
		return error;
	return sonde_error_suggest(
		error, "be the user that QEMU runs as, or root, to connect to it");
}
