/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <json-c/json.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fake_monitor.h"
#include "wire_check.h"

enum {
	/** Quiet for so long, nobody sends any more before he has an answer. */
	QUIET_MS = 50,
	GIANT = 17 << 20,
	LONG = 1 << 20,
};

static const char greeting[] =
	"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, "
	"\"package\": \"\"}, \"capabilities\": [\"oob\"]}}\r\n";

/* False when the client has gone. */
static bool say_bytes(struct fake_monitor *monitor, const char *data, size_t length)
{
	while (length) {
		size_t piece = monitor->piece && monitor->piece < length ? monitor->piece
									 : length;
		ssize_t sent =
			sendto(monitor->client, data, piece, MSG_NOSIGNAL, NULL, 0);

		if (sent <= 0)
			return false;
		data += sent;
		length -= (size_t)sent;
		if (monitor->piece)
			sched_yield();
	}
	return true;
}

static bool say(struct fake_monitor *monitor, const char *text)
{
	return say_bytes(monitor, text, strlen(text));
}

static bool say_return(struct fake_monitor *monitor, const char *value, long long id)
{
	char text[256];

	snprintf(text, sizeof(text), "{\"return\": %s, \"id\": %lld}\r\n", value, id);
	return say(monitor, text);
}

static bool say_error(struct fake_monitor *monitor, const char *error, long long id)
{
	char text[256];

	snprintf(text, sizeof(text), "{\"id\": %lld, \"error\": %s}\r\n", id, error);
	return say(monitor, text);
}

/* A reply with a string of @p length letters. */
static bool say_long(struct fake_monitor *monitor, size_t length, long long id)
{
	char *text = malloc(length);
	bool sent;

	memset(text, 'x', length);
	sent = say(monitor, "{\"return\": \"") && say_bytes(monitor, text, length);
	free(text);
	snprintf(monitor->late, sizeof(monitor->late), "\", \"id\": %lld}\r\n", id);
	sent = sent && say(monitor, monitor->late);
	monitor->late[0] = '\0';
	return sent;
}

static bool say_often(struct fake_monitor *monitor, const char *text, unsigned count)
{
	bool sent = true;

	for (unsigned i = 0; sent && i < count; i++)
		sent = say(monitor, text);
	return sent;
}

/* The first word of @p command is what it does. */
static bool answer(struct fake_monitor *monitor, const char *command, long long id)
{
	static const char event[] =
		"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": "
		"\"STOP\"}\r\n{\"event\": \"RESET\", \"data\": {\"guest\": true}}\r\n";
	bool goes_on = true;

	if (monitor->late[0] && !say(monitor, monitor->late))
		return false;
	monitor->late[0] = '\0';
	if (!strcmp(command, "silent"))
		snprintf(monitor->late, sizeof(monitor->late),
			"{\"return\": \"late\", \"id\": %lld}\r\n", id);
	else if (!strcmp(command, "never"))
		goes_on = true;
	else if (!strcmp(command, "events"))
		goes_on = say(monitor, event) && say_return(monitor, "{}", id);
	else if (!strcmp(command, "events-later"))
		goes_on = say_return(monitor, "{}", id) && usleep(100000) == 0 &&
			  say(monitor, event);
	else if (!strcmp(command, "strange"))
		goes_on = say_return(monitor, "1", id + 1000) &&
			  say_return(monitor, "2", -1) && say_return(monitor, "3", 0) &&
			  say(monitor, "{\"return\": 4}\n{\"return\": 5, \"id\": \"1\"}\n"
				       "{\"hello\": 6}\n{\"event\": 7}\n") &&
			  say_return(monitor, "8", id);
	else if (!strcmp(command, "pretty"))
		goes_on = say(monitor, "{\r\n    \"return\": {\r\n        \"a\": "
				       "\"}\\\"\"\r\n    },\r\n") &&
			  say(monitor, "    \"id\": ") &&
			  dprintf(monitor->client, "%lld\r\n}\r\n", id) > 0;
	else if (!strcmp(command, "odd-letters"))
		goes_on = say_return(monitor, "\"\xff\xc0\x01\xe2\x82\"", id);
	else if (!strcmp(command, "null"))
		goes_on = say_return(monitor, "null", id);
	else if (!strcmp(command, "fail"))
		goes_on = say_error(monitor,
			"{\"class\": \"GenericError\", \"desc\": \"it went wrong\"}", id);
	else if (!strcmp(command, "unknown"))
		goes_on = say_error(monitor,
			"{\"class\": \"CommandNotFound\", \"desc\": \"not found\"}", id);
	else if (!strcmp(command, "fail-oddly"))
		goes_on = say_error(monitor, "[1]", id);
	else if (!strcmp(command, "misread"))
		goes_on = say(monitor, "{\"error\": {\"desc\": \"no JSON\"}}\r\n");
	else if (!strcmp(command, "leave"))
		goes_on = false;
	else if (!strcmp(command, "leave-within"))
		goes_on = say(monitor, "{\"return\": {\"a\"") && false;
	else if (!strcmp(command, "long"))
		goes_on = say_long(monitor, LONG, id);
	else if (!strcmp(command, "giant"))
		goes_on = say_long(monitor, GIANT, id);
	else if (!strcmp(command, "deep"))
		goes_on = say_often(monitor, "{\"return\": [", 100);
	else if (!strcmp(command, "many"))
		goes_on = say(monitor, "{\"return\": [") &&
			  say_often(monitor, "{},{},{},{},{},{},{},{},{},{},", 20000);
	else if (!strcmp(command, "garbage"))
		goes_on = say(monitor, "}{\r\n");
	else if (!strcmp(command, "broken"))
		goes_on = say(monitor, "{\"return\": nonsense}\r\n");
	else if (!strcmp(command, "flood"))
		while (say(monitor, event))
			;
	else if (!strcmp(command, "slow"))
		goes_on = usleep(2000) == 0 && say_return(monitor, "{}", id);
	else if (!strcmp(command, "deaf"))
		goes_on = usleep(1500000) == 0;
	else
		goes_on = say_return(monitor, "{\"status\": \"running\"}", id);
	return goes_on;
}

/* Answers what has come together, as QEMU does one after the other. */
static bool answer_waiting(struct fake_monitor *monitor)
{
	unsigned count = monitor->waiting_count;
	bool goes_on = true;

	if (count > monitor->most_waiting)
		monitor->most_waiting = count;
	for (unsigned i = 0; goes_on && i < count; i++) {
		unsigned which = monitor->reversed ? count - 1 - i : i;
		const char *text = monitor->texts[which];

		if (strstr(text, "fail"))
			goes_on = answer(monitor, "fail", monitor->waiting[which]);
		else if (strstr(text, "number"))
			goes_on = say_return(monitor, "7", monitor->waiting[which]);
		else
			goes_on = say_return(monitor, text, monitor->waiting[which]);
	}
	monitor->waiting_count = 0;
	return goes_on;
}

static bool take(struct fake_monitor *monitor, struct json_object *request)
{
	const char *command =
		json_object_get_string(json_object_object_get(request, "execute"));
	struct json_object *arguments = json_object_object_get(request, "arguments");
	long long id = json_object_get_int64(json_object_object_get(request, "id"));

	monitor->requests++;
	if (strcmp(command, "human-monitor-command") != 0)
		return answer(monitor, command, id);
	snprintf(monitor->texts[monitor->waiting_count], sizeof(monitor->texts[0]),
		"\"%lld:%s\"",
		(long long)json_object_get_int64(
			json_object_object_get(arguments, "cpu-index")),
		json_object_get_string(
			json_object_object_get(arguments, "command-line")));
	monitor->waiting[monitor->waiting_count++] = id;
	return true;
}

/* Whole lines of @p text; false when the client is to be left. */
static bool take_lines(struct fake_monitor *monitor, char *text, size_t *length)
{
	char *end;

	while ((end = memchr(text, '\n', *length))) {
		struct json_object *request;
		bool goes_on;

		*end = '\0';
		request = json_tokener_parse(text);
		goes_on = request && take(monitor, request);
		json_object_put(request);
		if (!goes_on)
			return false;
		*length -= (size_t)(end + 1 - text);
		memmove(text, end + 1, *length);
	}
	return true;
}

static void converse(struct fake_monitor *monitor)
{
	char text[16384];
	size_t length = 0;

	for (;;) {
		struct pollfd readable = {.fd = monitor->client, .events = POLLIN};
		int timeout = monitor->waiting_count ? QUIET_MS : -1;
		ssize_t got;

		if (poll(&readable, 1, timeout) == 0) {
			if (!answer_waiting(monitor))
				return;
			continue;
		}
		got = read(monitor->client, text + length, sizeof(text) - length);
		if (got <= 0)
			return;
		monitor->reads++;
		length += (size_t)got;
		if (!take_lines(monitor, text, &length))
			return;
	}
}

static void *serve(void *argument)
{
	struct fake_monitor *monitor = argument;

	monitor->client = accept(monitor->listener, NULL, NULL);
	if (monitor->client < 0)
		return NULL;
	if (say(monitor, monitor->greeting ? monitor->greeting : greeting) &&
		!monitor->hangs_up)
		converse(monitor);
	close(monitor->client);
	return NULL;
}

static void listen_internet(struct fake_monitor *monitor)
{
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};
	struct sockaddr *address = (void *)&four;
	socklen_t length = sizeof(four);
	unsigned port;

	four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	six.sin6_addr = in6addr_loopback;
	if (monitor->six) {
		address = (void *)&six;
		length = sizeof(six);
	}
	monitor->listener = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(monitor->listener, address, length), 0);
	assert_int_equal(getsockname(monitor->listener, address, &length), 0);
	port = ntohs(monitor->six ? six.sin6_port : four.sin_port);
	snprintf(monitor->address, sizeof(monitor->address),
		monitor->six ? "[::1]:%u" : "127.0.0.1:%u", port);
}

static void listen_unix(struct fake_monitor *monitor)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char directory[] = "/tmp/sonde-qmp-XXXXXX";

	assert_non_null(mkdtemp(directory));
	snprintf(monitor->address, sizeof(monitor->address), "%s/sock", directory);
	memcpy(address.sun_path, monitor->address, strlen(monitor->address) + 1);
	monitor->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
		bind(monitor->listener, (struct sockaddr *)&address, sizeof(address)), 0);
}

void fake_monitor_start(struct fake_monitor *monitor)
{
	if (monitor->tcp)
		listen_internet(monitor);
	else
		listen_unix(monitor);
	assert_int_equal(listen(monitor->listener, 1), 0);
	assert_int_equal(pthread_create(&monitor->thread, NULL, serve, monitor), 0);
}

void fake_monitor_stop(struct fake_monitor *monitor)
{
	shutdown(monitor->listener, SHUT_RDWR);
	pthread_join(monitor->thread, NULL);
	close(monitor->listener);
	if (monitor->tcp)
		return;
	unlink(monitor->address);
	*strrchr(monitor->address, '/') = '\0';
	rmdir(monitor->address);
}
