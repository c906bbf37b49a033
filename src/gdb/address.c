/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening transports: how the words behind "gdb:" become a descriptor. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "clock.h"
#include "host_port.h"
#include "start_time.h"
#include "protect.h"
#include "socket_holder.h"

enum {
	/** A slice of a short wait; an interrupt is noticed after at most this (us). */
	RECEIVE_SLICE_US = 20000,
	/** "$#00". */
	SHORTEST_PACKET = 4,
};

/*
 * A Unix socket need not wake us for the "+" that precedes a reply; a "-" alone is seen
 * at the end of a slice. TCP's poll() would count these bytes too, so not there.
 */
static void wait_for_whole_packets(struct sonde_gdb_transport *transport)
{
	int least = SHORTEST_PACKET;

	setsockopt(transport->fd, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof(least));
}

static struct sonde_error *prepare_socket(struct sonde_gdb_transport *transport)
{
	struct timeval slice = {.tv_usec = RECEIVE_SLICE_US};

	transport->is_socket = true;
	if (setsockopt(transport->fd, SOL_SOCKET, SO_RCVTIMEO, &slice, sizeof(slice)) < 0)
		return sonde_error_system(errno);
	return NULL;
}

/* Connects a socket that does not block, within the timeout. */
static struct sonde_error *connect_socket(struct sonde_gdb_transport *transport,
	const struct sockaddr *address, socklen_t length)
{
	int64_t deadline = sonde_deadline_in(transport->sonde->timeout_ms);
	int number = 0;
	socklen_t size = sizeof(number);
	struct sonde_error *error;
	short events;

	transport->since = sonde_clock_ns();
	if (connect(transport->fd, address, length) == 0)
		goto connected;
	if (errno == EAGAIN)
		return sonde_error_create(SONDE_ERROR_BUSY,
			"others are already waiting to be served there");
	if (errno != EINPROGRESS)
		return sonde_error_system(errno);
	error = sonde_gdb_transport_poll(transport, POLLOUT, deadline, &events);
	if (sonde_error_is(error, SONDE_ERROR_TIMEOUT)) {
		sonde_error_destroy(error);
		return sonde_error_create(SONDE_ERROR_TIMEOUT,
			"no connection within %u ms", transport->sonde->timeout_ms);
	}
	if (error)
		return error;
	if (getsockopt(transport->fd, SOL_SOCKET, SO_ERROR, &number, &size) < 0)
		return sonde_error_system(errno);
	if (number)
		return sonde_error_system(number);
connected:
	if (fcntl(transport->fd, F_SETFL, 0) < 0)
		return sonde_error_system(errno);
	return prepare_socket(transport);
}

/* It came to nothing: nothing was done, so the guard has nothing to do. */
static void drop_descriptor(struct sonde_gdb_transport *transport)
{
	if (transport->fd >= 0)
		close(transport->fd);
	transport->fd = -1;
	sonde_guard_destroy(transport->guard);
	transport->guard = NULL;
}

/* Says what to do about the @p error of somebody else being there, if there is one. */
static struct sonde_error *advise_busy(struct sonde_error *error)
{
	return sonde_error_suggest(error,
		"end that client first; a stub serves one client at a time, and one that "
		"waits in line would pause the guest later");
}

static struct sonde_error *open_unix(
	struct sonde_gdb_transport *transport, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct sonde_error *error;
	struct stat status;

	if (strlen(path) >= sizeof(address.sun_path))
		return sonde_error_create(SONDE_ERROR_INVALID,
			"a socket's path has at most %zu characters",
			sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	if (stat(path, &status) == 0 && !S_ISSOCK(status.st_mode))
		return sonde_error_create(SONDE_ERROR_INVALID, "this file is no socket");
	transport->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (transport->fd < 0)
		return sonde_error_system(errno);
	/* First who has the journal: that one can be named. */
	error = sonde_gdb_protect_unix(transport, &address);
	if (!error)
		error = advise_busy(sonde_socket_check_unix_holder(path));
	if (!error)
		error = connect_socket(
			transport, (const struct sockaddr *)&address, sizeof(address));
	if (error)
		drop_descriptor(transport);
	else
		wait_for_whole_packets(transport);
	return error;
}

static struct sonde_error *try_internet(
	struct sonde_gdb_transport *transport, const struct addrinfo *info)
{
	bool stream = info->ai_socktype == SOCK_STREAM;
	struct sonde_error *error;
	int one = 1;

	transport->fd = socket(
		info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (transport->fd < 0)
		return sonde_error_system(errno);
	/* Without this, an acknowledgement on its own costs 40 ms. */
	if (stream)
		setsockopt(transport->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	error = sonde_gdb_protect_internet(transport, info);
	if (!error && stream)
		error = advise_busy(sonde_socket_check_tcp_holder(info->ai_addr));
	if (!error)
		error = connect_socket(transport, info->ai_addr, info->ai_addrlen);
	if (error)
		drop_descriptor(transport);
	return error;
}

static struct sonde_error *open_internet(
	struct sonde_gdb_transport *transport, const char *address, int socket_type)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = socket_type};
	CLEANUP(cleanup_free) char *copy = strdup(address);
	struct sonde_error *error = NULL;
	struct addrinfo *list, *info;
	char *host = NULL, *port = NULL;
	int status;

	if (!copy)
		return sonde_error_no_memory();
	CHECK(sonde_host_port_split(copy, &host, &port));
	status = getaddrinfo(host, port, &hints, &list);
	if (status)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "%s: %s", host, gai_strerror(status));
	for (info = list; info; info = info->ai_next) {
		sonde_error_destroy(error);
		error = try_internet(transport, info);
		if (!error || sonde_error_is(error, SONDE_ERROR_BUSY) ||
			sonde_error_is(error, SONDE_ERROR_INTERRUPTED))
			break;
	}
	freeaddrinfo(list);
	transport->reliable = socket_type == SOCK_STREAM;
	return error;
}

static speed_t speed_of(unsigned long baud)
{
	static const struct {
		unsigned long baud;
		speed_t speed;
	} speeds[] = {{1200, B1200}, {2400, B2400}, {4800, B4800}, {9600, B9600},
		{19200, B19200}, {38400, B38400}, {57600, B57600}, {115200, B115200},
		{230400, B230400}, {460800, B460800}, {921600, B921600},
		{1000000, B1000000}, {1500000, B1500000}, {2000000, B2000000},
		{3000000, B3000000}, {4000000, B4000000}};

	for (size_t i = 0; i < ARRAY_SIZE(speeds); i++)
		if (speeds[i].baud == baud)
			return speeds[i].speed;
	return B0;
}

static struct sonde_error *set_up_line(int fd, speed_t speed)
{
	struct termios line;

	if (tcgetattr(fd, &line) < 0)
		return sonde_error_create(SONDE_ERROR_INVALID, "it is not a serial line");
	cfmakeraw(&line);
	line.c_cflag |= CLOCAL | CREAD;
	line.c_cflag &= ~(tcflag_t)(CRTSCTS | CSTOPB);
	line.c_cc[VMIN] = 1;
	line.c_cc[VTIME] = 0;
	cfsetispeed(&line, speed);
	cfsetospeed(&line, speed);
	if (tcsetattr(fd, TCSANOW, &line) < 0)
		return sonde_error_system(errno);
	tcflush(fd, TCIOFLUSH);
	return NULL;
}

static struct sonde_error *open_serial(
	struct sonde_gdb_transport *transport, const char *address)
{
	CLEANUP(cleanup_free) char *device = strdup(address);
	unsigned long baud = 115200;
	struct sonde_error *error;
	char *comma, *end;
	speed_t speed;

	if (!device)
		return sonde_error_no_memory();
	comma = strrchr(device, ',');
	if (comma) {
		*comma = '\0';
		baud = strtoul(comma + 1, &end, 10);
		if (*end || end == comma + 1)
			baud = 0;
	}
	speed = speed_of(baud);
	if (speed == B0)
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_INVALID,
				"\"%s\" is no speed of a serial line", comma + 1),
			"write serial:DEVICE,BAUD, for example serial:/dev/ttyS0,115200, "
			"or serial:/dev/ttyS0,115200,break-g for KGDB");
	transport->fd = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (transport->fd < 0)
		return sonde_error_system(errno);
	error = set_up_line(transport->fd, speed);
	if (!error)
		error = sonde_gdb_protect_line(transport, "serial", device);
	if (error)
		drop_descriptor(transport);
	transport->reliable = false;
	return error;
}

/*
 * Telnet, as console servers and QEMU's sockets with telnet=on speak it (RFC 854). Its
 * BREAK is all that is wanted of it: what the other side proposes is noise between
 * packets, and a proposal that is not answered is refused.
 */
static struct sonde_error *open_telnet(
	struct sonde_gdb_transport *transport, const char *address)
{
	if (address[0] == '/' || address[0] == '.')
		CHECK(open_unix(transport, address));
	else
		CHECK(open_internet(transport, address, SOCK_STREAM));
	transport->telnet = true;
	/* Behind it is a serial line, whose bytes a kernel may take for its own. */
	transport->reliable = false;
	return NULL;
}

/* What can carry a BREAK may be told to use it: ",break-g" at the end of @p address. */
static struct sonde_error *open_line(struct sonde_gdb_transport *transport,
	const char *address,
	struct sonde_error *(*open)(struct sonde_gdb_transport *, const char *))
{
	static const char suffix[] = ",break-g";
	CLEANUP(cleanup_free) char *copy = strdup(address);
	size_t length = strlen(address);
	char *end;

	if (!copy)
		return sonde_error_no_memory();
	if (length >= sizeof(suffix) - 1) {
		end = copy + length - (sizeof(suffix) - 1);
		transport->break_g = !strcmp(end, suffix);
		if (transport->break_g)
			*end = '\0';
	}
	return open(transport, copy);
}

/*
 * In the child: only calls that are safe after fork() in a threaded program. It waits for
 * a word from us before it becomes the stub: then the journal knows of it.
 */
static void run_child(const char *command, int fd, int gate)
{
	sigset_t none;
	char word;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* Ctrl-C on the terminal is for us, not for the stub. */
	setpgid(0, 0);
	if (read(gate, &word, 1) == 1 && dup2(fd, STDIN_FILENO) >= 0 &&
		dup2(fd, STDOUT_FILENO) >= 0)
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static struct sonde_error *note_child(
	struct sonde_gdb_transport *transport, pid_t child, int gate)
{
	struct sonde_journal *journal = sonde_guard_journal(transport->guard);
	struct sonde_journal_facts *facts = sonde_journal_facts(journal);

	if (facts) {
		facts->child = child;
		facts->child_started = sonde_process_start_time(child);
	}
	CHECK(sonde_journal_write_facts(journal));
	return write(gate, "g", 1) == 1 ? NULL : sonde_error_system(errno);
}

static struct sonde_error *start_child(
	struct sonde_gdb_transport *transport, const char *command, int fd)
{
	struct sonde_error *error;
	int gate[2];
	pid_t child;

	if (pipe2(gate, O_CLOEXEC) < 0)
		return sonde_error_system(errno);
	child = fork();
	if (child == 0) {
		close(gate[1]);
		run_child(command, fd, gate[0]);
	}
	close(gate[0]);
	/* Here as well: whoever is first, the group is there when it is signalled. */
	if (child > 0)
		setpgid(child, child);
	error = child < 0 ? sonde_error_system(errno)
			  : note_child(transport, child, gate[1]);
	close(gate[1]);
	if (child > 0)
		transport->child = child;
	return error;
}

static struct sonde_error *open_command(
	struct sonde_gdb_transport *transport, const char *command)
{
	struct sonde_error *error;
	char name[32];
	int pair[2];

	if (!*command)
		return sonde_error_create(SONDE_ERROR_INVALID, "there is no command");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return sonde_error_system(errno);
	transport->fd = pair[0];
	/* Each is another stub. */
	snprintf(name, sizeof(name), "%d.%d", (int)getpid(), pair[0]);
	error = sonde_gdb_protect_line(transport, "exec", name);
	if (!error)
		error = start_child(transport, command, pair[1]);
	close(pair[1]);
	if (error) {
		drop_descriptor(transport);
		return error;
	}
	wait_for_whole_packets(transport);
	return prepare_socket(transport);
}

static bool strip(const char **text, const char *prefix)
{
	size_t length = strlen(prefix);

	if (strncmp(*text, prefix, length))
		return false;
	*text += length;
	return true;
}

struct sonde_error *sonde_gdb_transport_open(
	struct sonde *sonde, const char *address, struct sonde_gdb_transport *ret)
{
	struct sonde_gdb_transport transport = {
		.sonde = sonde, .fd = -1, .reliable = true};
	const char *rest = address;
	struct sonde_error *error;

	if (strip(&rest, "udp:"))
		error = open_internet(&transport, rest, SOCK_DGRAM);
	else if (strip(&rest, "serial:"))
		error = open_line(&transport, rest, open_serial);
	else if (strip(&rest, "telnet:"))
		error = open_line(&transport, rest, open_telnet);
	else if (strip(&rest, "exec:"))
		error = open_command(&transport, rest);
	else if (strip(&rest, "unix:") || address[0] == '/' || address[0] == '.')
		error = open_unix(&transport, rest);
	else {
		strip(&rest, "tcp:");
		error = open_internet(&transport, rest, SOCK_STREAM);
	}
	if (error) {
		sonde_gdb_transport_close(&transport);
		error = sonde_error_while(error, "connecting to \"%s\"", address);
		if (sonde_error_is(error, SONDE_ERROR_INVALID))
			return sonde_error_suggest(error,
				"write gdb:HOST:PORT, gdb:/path.sock, gdb:udp:HOST:PORT, "
				"gdb:serial:DEVICE,BAUD, gdb:telnet:HOST:PORT or "
				"gdb:exec:COMMAND");
		return sonde_error_suggest(error,
			"check that the stub runs and listens there (QEMU: -gdb "
			"unix:PATH,"
			"server=on,wait=off or -gdb tcp::PORT)");
	}
	*ret = transport;
	return NULL;
}
