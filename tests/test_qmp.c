/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client of QMP, and of its parser, against monitors that are not what they should.
 */
#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "fake_monitor.h"
#include "macros.h"
#include "qmp.h"
#include "qmp_parser.h"
#include "recorded.h"

enum {
	PATIENT_MS = 8000,
	HURRY_MS = 300,
};

/* --- system calls of the client are counted ------------------------------------------
 */

static unsigned sends, receives;

ssize_t __real_send(int fd, const void *data, size_t length, int flags);
ssize_t __wrap_send(int fd, const void *data, size_t length, int flags);
ssize_t __real_recv(int fd, void *data, size_t length, int flags);
ssize_t __wrap_recv(int fd, void *data, size_t length, int flags);

ssize_t __wrap_send(int fd, const void *data, size_t length, int flags)
{
	sends++;
	return __real_send(fd, data, length, flags);
}

ssize_t __wrap_recv(int fd, void *data, size_t length, int flags)
{
	receives++;
	return __real_recv(fd, data, length, flags);
}

/* --- a client and its monitor ---------------------------------------------------------
 */

struct client {
	struct fake_monitor monitor;
	struct sonde *sonde;
	struct sonde_qmp *qmp;
	/** Names of events, each with a blank behind it. */
	char events[256];
	unsigned event_count;
};

static void note_event(void *user, const char *name, struct json_object *data)
{
	struct client *client = user;

	client->event_count++;
	if (strlen(client->events) + strlen(name) + 2 < sizeof(client->events)) {
		strcat(client->events, name);
		strcat(client->events, data ? "+ " : " ");
	}
}

static void create(struct client *client, unsigned timeout_ms)
{
	struct sonde_options options = {
		.size = sizeof(options), .timeout_ms = timeout_ms};

	check(sonde_context_create(&options, &client->sonde));
}

static struct sonde_error *reach(struct client *client)
{
	struct sonde_qmp_listener listener = {.event = note_event, .user = client};

	return sonde_qmp_connect(
		client->sonde, client->monitor.address, &listener, &client->qmp);
}

static void start(struct client *client)
{
	fake_monitor_start(&client->monitor);
	create(client, PATIENT_MS);
	check(reach(client));
}

static void stop(struct client *client)
{
	sonde_qmp_close(client->qmp);
	fake_monitor_stop(&client->monitor);
	sonde_destroy(client->sonde);
}

static struct sonde_error *ask(struct client *client, const char *command)
{
	return sonde_qmp_execute(client->qmp, command, NULL, NULL);
}

/* It answers as it should. */
static void check_works(struct client *client)
{
	struct json_object *status;

	check(sonde_qmp_execute(client->qmp, "query-status", NULL, &status));
	assert_string_equal(
		json_object_get_string(json_object_object_get(status, "status")),
		"running");
	json_object_put(status);
}

static void check_returns(struct client *client, const char *command, const char *text)
{
	struct json_object *object;

	check(sonde_qmp_execute(client->qmp, command, NULL, &object));
	assert_string_equal(
		json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN), text);
	json_object_put(object);
}

/* Nothing goes any more, and each call says so. */
static void check_dead(struct client *client, const char *why)
{
	static const char *const command = "info version";
	char *text;

	for (unsigned i = 0; i < 2; i++) {
		check_says(ask(client, "query-status"), SONDE_ERROR_IO, why);
		check_says(sonde_qmp_monitor(client->qmp, 0, &command, 1, &text),
			SONDE_ERROR_IO, why);
		check_says(sonde_qmp_poll(client->qmp), SONDE_ERROR_IO, why);
	}
}

/* --- what works ------------------------------------------------------------------------
 */

static void converse(struct client *client)
{
	struct json_object *arguments = json_object_new_object();

	start(client);
	json_object_object_add(arguments, "a", json_object_new_string("\"\n\\"));
	check_works(client);
	check(sonde_qmp_execute(client->qmp, "query-status", arguments, NULL));
	check_returns(client, "pretty", "{\"a\":\"}\\\"\"}");
	check_returns(client, "null", "null");
	check(ask(client, "events"));
	assert_string_equal(client->events, "STOP RESET+ ");
	check_works(client);
	stop(client);
}

static void test_conversation(void **state)
{
	struct client plain = {0}, bytewise = {.monitor.piece = 1};
	struct client threes = {.monitor.piece = 3};
	struct client tcp = {.monitor.tcp = true, .monitor.piece = 1};
	struct client six = {.monitor.tcp = true, .monitor.six = true};

	(void)state;
	converse(&plain);
	converse(&bytewise);
	converse(&threes);
	converse(&tcp);
	converse(&six);
}

static void test_strange_replies(void **state)
{
	struct client client = {0};
	struct json_object *object;

	(void)state;
	start(&client);
	check_returns(&client, "strange", "8");
	check_works(&client);
	check(sonde_qmp_execute(client.qmp, "odd-letters", NULL, &object));
	assert_true(json_object_is_type(object, json_type_string));
	json_object_put(object);
	check(sonde_qmp_execute(client.qmp, "long", NULL, &object));
	assert_int_equal(json_object_get_string_len(object), 1 << 20);
	json_object_put(object);
	check_works(&client);
	stop(&client);
}

static void count_call(void *user)
{
	unsigned *calls = user;

	/* The question is out, and nobody has looked for its answer. */
	assert_int_equal(receives, 0);
	assert_int_equal(sends, 1);
	++*calls;
}

static void test_work_meanwhile(void **state)
{
	struct client client = {0};
	unsigned calls = 0;

	(void)state;
	start(&client);
	check_works(&client);
	sends = receives = 0;
	sonde_qmp_meanwhile(client.qmp, count_call, &calls);
	check_works(&client);
	assert_int_equal(calls, 1);
	check_works(&client);
	sonde_qmp_meanwhile(client.qmp, count_call, &calls);
	sonde_qmp_meanwhile(client.qmp, NULL, NULL);
	check_works(&client);
	assert_int_equal(calls, 1);
	stop(&client);
}

static void test_errors_of_qemu(void **state)
{
	struct client client = {0};

	(void)state;
	start(&client);
	check_says(ask(&client, "fail"), SONDE_ERROR_PROTOCOL, "it went wrong");
	check_says(ask(&client, "fail"), SONDE_ERROR_PROTOCOL, "it went wrong");
	check_says(ask(&client, "unknown"), SONDE_ERROR_UNSUPPORTED, "not found");
	check_says(ask(&client, "fail-oddly"), SONDE_ERROR_PROTOCOL, "without words");
	check_says(ask(&client, "misread"), SONDE_ERROR_PROTOCOL, "no JSON");
	check_works(&client);
	stop(&client);
}

static void test_events_later(void **state)
{
	struct client client = {0};
	int64_t deadline = sonde_deadline_in(PATIENT_MS);

	(void)state;
	start(&client);
	check(ask(&client, "events-later"));
	check(sonde_qmp_poll(client.qmp));
	assert_int_equal(client.event_count, 0);
	while (client.event_count < 2 && sonde_deadline_left(deadline)) {
		check(sonde_qmp_poll(client.qmp));
		poll(NULL, 0, 5);
	}
	assert_string_equal(client.events, "STOP RESET+ ");
	check_works(&client);
	stop(&client);
}

static void test_few_system_calls(void **state)
{
	struct client client = {0};
	unsigned single = 0;

	(void)state;
	start(&client);
	for (unsigned i = 0; i < 50; i++) {
		sends = receives = 0;
		check(ask(&client, "slow"));
		assert_int_equal(sends, 1);
		/* More only where the answer took longer than a slice. */
		single += receives == 1;
	}
	assert_true(single > 25);
	stop(&client);
}

/* --- the human monitor
 * ------------------------------------------------------------------- */

static void check_monitor(struct client *client, size_t count)
{
	const char *commands[20] = {NULL};
	char *texts[20], numbers[20][8], expected[16];

	for (size_t i = 0; i < count; i++) {
		snprintf(numbers[i], sizeof(numbers[i]), "c%zu", i);
		commands[i] = numbers[i];
	}
	check(sonde_qmp_monitor(client->qmp, 3, commands, count, texts));
	for (size_t i = 0; i < count; i++) {
		snprintf(expected, sizeof(expected), "3:c%zu", i);
		assert_string_equal(texts[i], expected);
		free(texts[i]);
	}
}

static void run_pipeline(struct client *client)
{
	start(client);
	client->monitor.reads = 0;
	sends = 0;
	check_monitor(client, 5);
	/* All were sent before one was answered, and at once. */
	assert_int_equal(client->monitor.most_waiting, 5);
	assert_int_equal(client->monitor.reads, 1);
	assert_int_equal(sends, 1);
	check_monitor(client, 0);
	check_monitor(client, 1);
	check_monitor(client, 20);
	/* As many as QEMU queues. */
	assert_int_equal(client->monitor.most_waiting, 8);
	check_works(client);
	stop(client);
}

static void test_pipeline(void **state)
{
	struct client plain = {0}, reversed = {.monitor.reversed = true};

	(void)state;
	run_pipeline(&plain);
	run_pipeline(&reversed);
}

static void test_pipeline_fails(void **state)
{
	static const char *const bad[] = {"a", "fail", "b"}, *const odd[] = {"number"};
	char *texts[3] = {(char *)1, (char *)2, (char *)3};
	struct client client = {0};

	(void)state;
	start(&client);
	check_says(sonde_qmp_monitor(client.qmp, 0, bad, 3, texts), SONDE_ERROR_PROTOCOL,
		"it went wrong");
	assert_ptr_equal(texts[0], 1);
	/* The answer to the third is dropped. */
	check_monitor(&client, 3);
	check_says(sonde_qmp_monitor(client.qmp, 0, odd, 1, texts), SONDE_ERROR_PROTOCOL,
		"no text");
	check_works(&client);
	stop(&client);
}

/* --- waiting --------------------------------------------------------------------------
 */

static void test_timeout(void **state)
{
	struct client client = {0};
	int64_t before;

	(void)state;
	start(&client);
	client.sonde->timeout_ms = HURRY_MS;
	before = sonde_clock_ms();
	check_says(ask(&client, "silent"), SONDE_ERROR_TIMEOUT, "within 300 ms");
	assert_in_range(sonde_clock_ms() - before, HURRY_MS, 10 * HURRY_MS);
	client.sonde->timeout_ms = PATIENT_MS;
	/* What comes too late is not taken for the answer. */
	check_works(&client);
	check_works(&client);
	stop(&client);
}

static void test_queue_is_not_overrun(void **state)
{
	struct client client = {0};

	(void)state;
	start(&client);
	client.sonde->timeout_ms = 30;
	for (unsigned i = 0; i < 8; i++)
		check_fails(ask(&client, "never"), SONDE_ERROR_TIMEOUT);
	poll(NULL, 0, 50);
	client.monitor.requests = 0;
	check_fails(ask(&client, "query-status"), SONDE_ERROR_TIMEOUT);
	poll(NULL, 0, 50);
	assert_int_equal(client.monitor.requests, 0);
	stop(&client);
}

static void test_flood(void **state)
{
	struct client client = {0};

	(void)state;
	start(&client);
	client.sonde->timeout_ms = HURRY_MS;
	check_fails(ask(&client, "flood"), SONDE_ERROR_TIMEOUT);
	assert_true(client.event_count > 10);
	/* Not for ever, either. */
	check(sonde_qmp_poll(client.qmp));
	stop(&client);
}

static void test_deaf_monitor(void **state)
{
	struct client client = {0};
	size_t length = 4 << 20;
	char *text = malloc(length);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', length);
	start(&client);
	client.sonde->timeout_ms = HURRY_MS;
	check_fails(ask(&client, "deaf"), SONDE_ERROR_TIMEOUT);
	{
		struct json_object *arguments = json_object_new_object();

		json_object_object_add(
			arguments, "text", json_object_new_string_len(text, (int)length));
		check_fails(
			sonde_qmp_execute(client.qmp, "query-status", arguments, NULL),
			SONDE_ERROR_TIMEOUT);
	}
	free(text);
	/* Half a request is there: nothing can follow it. */
	check_dead(&client, "does not read");
	stop(&client);
}

static void *interrupt_soon(void *sonde)
{
	poll(NULL, 0, 150);
	sonde_interrupt(sonde);
	return NULL;
}

static void test_interrupt(void **state)
{
	struct client client = {0};
	pthread_t thread;
	int64_t before;

	(void)state;
	start(&client);
	before = sonde_clock_ms();
	assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, client.sonde), 0);
	check_fails(ask(&client, "silent"), SONDE_ERROR_INTERRUPTED);
	assert_true(sonde_clock_ms() - before < PATIENT_MS / 2);
	pthread_join(thread, NULL);
	check_works(&client);
	/* Before anything is sent, too; and not while that must not be. */
	sonde_interrupt(client.sonde);
	check_fails(ask(&client, "query-status"), SONDE_ERROR_INTERRUPTED);
	sonde_interrupt(client.sonde);
	client.sonde->uninterruptible++;
	check_works(&client);
	client.sonde->uninterruptible--;
	sonde_interrupt_clear(client.sonde);
	check_works(&client);
	stop(&client);
}

/* --- the end
 * ------------------------------------------------------------------------------ */

static void check_ends(const char *command, enum sonde_error_kind kind, const char *word,
	const char *afterwards)
{
	struct client client = {0};

	start(&client);
	check_says(ask(&client, command), kind, word);
	check_dead(&client, afterwards);
	stop(&client);
}

static void test_hang_up(void **state)
{
	struct client client = {0};

	(void)state;
	check_ends("leave", SONDE_ERROR_IO, "has ended", "has ended");
	check_ends("leave-within", SONDE_ERROR_IO, "has ended", "has ended");
	/* While nobody asks; and no signal comes from sending to it. */
	signal(SIGPIPE, SIG_DFL);
	start(&client);
	shutdown(client.monitor.client, SHUT_RDWR);
	poll(NULL, 0, 50);
	check_says(sonde_qmp_poll(client.qmp), SONDE_ERROR_IO, "has ended");
	check_dead(&client, "has ended");
	stop(&client);
}

static void test_sending_to_nobody(void **state)
{
	struct client client = {0};

	(void)state;
	start(&client);
	shutdown(client.monitor.client, SHUT_RDWR);
	poll(NULL, 0, 50);
	check_says(ask(&client, "query-status"), SONDE_ERROR_IO, "has ended");
	check_dead(&client, "has ended");
	stop(&client);
}

static void test_hostile_replies(void **state)
{
	(void)state;
	check_ends("giant", SONDE_ERROR_PROTOCOL, "too long", "not understood");
	check_ends("deep", SONDE_ERROR_PROTOCOL, "too deeply", "not understood");
	check_ends("many", SONDE_ERROR_PROTOCOL, "too many", "not understood");
	check_ends("garbage", SONDE_ERROR_PROTOCOL, "JSON", "not understood");
	check_ends("broken", SONDE_ERROR_PROTOCOL, "broken", "not understood");
}

/* --- connecting
 * ------------------------------------------------------------------------- */

/* Somebody who says @p greeting is no QMP, and what to do is said with @p hint. */
static void check_stranger(const char *greeting, size_t piece, bool hangs_up,
	enum sonde_error_kind kind, const char *why, const char *hint)
{
	struct client client = {
		.monitor = {.greeting = greeting, .piece = piece, .hangs_up = hangs_up}};
	struct sonde_error *error;

	fake_monitor_start(&client.monitor);
	create(&client, HURRY_MS);
	error = reach(&client);
	assert_non_null(error);
	if (sonde_error_kind(error) != kind || !strstr(sonde_error_why(error), why) ||
		!sonde_error_hint(error) || !strstr(sonde_error_hint(error), hint))
		fail_msg("%s: %s (%s)", sonde_error_what(error), sonde_error_why(error),
			sonde_error_hint(error));
	assert_non_null(strstr(sonde_error_what(error), client.monitor.address));
	sonde_error_destroy(error);
	stop(&client);
	assert_int_equal(client.monitor.requests, 0);
}

static void test_strangers(void **state)
{
	(void)state;
	for (size_t piece = 0; piece < 2; piece++) {
		check_stranger(
			"QEMU 7.2.22 monitor - type 'help' for more information\r\n"
			"(qemu) ",
			piece, false, SONDE_ERROR_PROTOCOL, "human monitor", "-qmp");
		check_stranger("$T02thread:01;#04", piece, false, SONDE_ERROR_PROTOCOL,
			"GDB stub", "resume");
		check_stranger("+$T05#b9", piece, true, SONDE_ERROR_PROTOCOL, "GDB stub",
			"resume");
		check_stranger("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
			piece, true, SONDE_ERROR_PROTOCOL,
			"it says \"HTTP/1.1 400 Bad Request\"", "-qmp");
		check_stranger("\xff\xfb\x01\xff\xfb\x03", piece, false,
			SONDE_ERROR_PROTOCOL, "telnet", "telnet=on");
		check_stranger("\x01\x02", piece, false, SONDE_ERROR_PROTOCOL,
			"it says \"..\"", "-qmp");
		check_stranger("{\"return\": {}}\r\n", piece, false, SONDE_ERROR_PROTOCOL,
			"return", "-qmp");
		check_stranger("{\"QMP\": 7}\r\n", piece, false, SONDE_ERROR_PROTOCOL,
			"it says", "-qmp");
		check_stranger(
			"{]\r\n", piece, false, SONDE_ERROR_PROTOCOL, "it says", "-qmp");
		check_stranger("{\"QMP\": {\"version\"", piece, true, SONDE_ERROR_IO,
			"hung up", "ended");
	}
	check_stranger("", 0, false, SONDE_ERROR_TIMEOUT, "nobody greeted",
		"somebody else may hold it");
	check_stranger("{\"QMP\": {\"version\"", 0, false, SONDE_ERROR_TIMEOUT,
		"nobody greeted", "somebody else");
	check_stranger("", 0, true, SONDE_ERROR_IO, "hung up", "no QMP");
}

/* Somebody is connected already: who that is, is said. */
static void check_held(bool tcp)
{
	struct client first = {.monitor.tcp = tcp}, second = {0};
	struct sonde_error *error;
	char process[32];

	start(&first);
	create(&second, PATIENT_MS);
	memcpy(second.monitor.address, first.monitor.address,
		sizeof(second.monitor.address));
	error = reach(&second);
	assert_true(sonde_error_kind(error) == SONDE_ERROR_BUSY);
	snprintf(process, sizeof(process), "test_qmp (process %d)", (int)getpid());
	if (!strstr(sonde_error_why(error), process))
		fail_msg("%s", sonde_error_why(error));
	assert_non_null(strstr(sonde_error_hint(error), "without the monitor"));
	sonde_error_destroy(error);
	check_works(&first);
	sonde_destroy(second.sonde);
	stop(&first);
}

static void test_held(void **state)
{
	(void)state;
	check_held(false);
	check_held(true);
}

/* A full queue of those who wait: a Unix socket says so at once. */
static void test_crowded(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char directory[] = "/tmp/sonde-qmp-XXXXXX";
	int listener, crowd[8];
	struct client client = {0};

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", directory);
	memcpy(client.monitor.address, address.sun_path, sizeof(address.sun_path));
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(crowd); i++) {
		crowd[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(crowd[i], (struct sockaddr *)&address, sizeof(address)) < 0)
			assert_int_equal(errno, EAGAIN);
	}
	create(&client, HURRY_MS);
	check_says(reach(&client), SONDE_ERROR_BUSY, "waiting");
	for (size_t i = 0; i < ARRAY_SIZE(crowd); i++)
		close(crowd[i]);
	close(listener);
	/* And with nobody behind the file. */
	check_says(reach(&client), SONDE_ERROR_IO, "refused");
	sonde_destroy(client.sonde);
	unlink(address.sun_path);
	rmdir(directory);
}

static void test_addresses(void **state)
{
	struct client client = {0};
	static const struct {
		const char *address;
		enum sonde_error_kind kind;
		const char *why;
	} bad[] = {
		{"/nonexistent/qmp.sock", SONDE_ERROR_IO, "No such file"},
		{"./fuzz", SONDE_ERROR_INVALID, "no socket"},
		{"qmp.sock", SONDE_ERROR_INVALID, "HOST:PORT"},
		{"", SONDE_ERROR_INVALID, "HOST:PORT"},
		{"localhost:", SONDE_ERROR_INVALID, "HOST:PORT"},
		{"localhost:99999", SONDE_ERROR_INVALID, "no port"},
		{"localhost:1", SONDE_ERROR_IO, "refused"},
		{"[::1]:1", SONDE_ERROR_IO, "refused"},
		{"/this/path/is/longer/than/the/kernel/has/room/for/in/an/address/of/a/"
		 "socket/that/is/in/the/file/system/qmp.sock",
			SONDE_ERROR_INVALID, "at most 107"},
	};

	(void)state;
	create(&client, HURRY_MS);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		strcpy(client.monitor.address, bad[i].address);
		check_says(reach(&client), bad[i].kind, bad[i].why);
	}
	sonde_destroy(client.sonde);
	sonde_qmp_close(NULL);
}

/* --- the parser alone
 * -------------------------------------------------------------------- */

/* Kinds of what is in @p text, which comes in pieces of @p piece bytes. */
static void parse(const char *text, size_t length, size_t piece, char *kinds)
{
	struct sonde_qmp_parser parser = {0};

	while (length) {
		size_t part = length < piece ? length : piece, room;
		struct sonde_qmp_message message;
		uint8_t *place;

		check(sonde_qmp_parser_room(&parser, part, &place, &room));
		assert_true(room >= part);
		memcpy(place, text, part);
		sonde_qmp_parser_commit(&parser, part);
		text += part;
		length -= part;
		do {
			check(sonde_qmp_parser_next(&parser, &message));
			if (message.kind != SONDE_QMP_NONE)
				*kinds++ = "-GVREO"[message.kind];
			part = message.kind;
			sonde_qmp_message_deinit(&message);
		} while (part != SONDE_QMP_NONE);
	}
	*kinds = '\0';
	sonde_qmp_parser_deinit(&parser);
}

static void test_pieces_of_all_sizes(void **state)
{
	/* The first byte is the fuzzer's. */
	CLEANUP(cleanup_free)
	char *plain = recorded("fuzz/corpus/fuzz_qmp/qemu-7.2");
	CLEANUP(cleanup_free)
	char *pretty = recorded("fuzz/corpus/fuzz_qmp/qemu-7.2-pretty");
	char kinds[64];

	(void)state;
	for (size_t piece = 1; piece < 300; piece++) {
		parse(plain + 1, strlen(plain + 1), piece, kinds);
		assert_string_equal(kinds, "GRRRRREVRVRRE");
		parse(pretty + 1, strlen(pretty + 1), piece, kinds);
		assert_string_equal(kinds, "GRR");
	}
	/* Cut once, at each place. */
	for (size_t cut = 1; cut < strlen(plain + 1); cut++) {
		parse(plain + 1, strlen(plain + 1), cut, kinds);
		assert_string_equal(kinds, "GRRRRREVRVRRE");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conversation),
		cmocka_unit_test(test_strange_replies),
		cmocka_unit_test(test_work_meanwhile),
		cmocka_unit_test(test_errors_of_qemu),
		cmocka_unit_test(test_events_later),
		cmocka_unit_test(test_few_system_calls),
		cmocka_unit_test(test_pipeline),
		cmocka_unit_test(test_pipeline_fails),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_queue_is_not_overrun),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_deaf_monitor),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_hang_up),
		cmocka_unit_test(test_sending_to_nobody),
		cmocka_unit_test(test_hostile_replies),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_crowded),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_pieces_of_all_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
