/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the journal can list and no driver needs yet: that a machine was stopped by its
 * QMP monitor. A process stops it so and dies; its guard says `cont`.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "wire_check.h"

enum {
	PATIENCE_MS = 10000,
};

static char scratch[64], path[100];

/* The process that dies: nothing is connected, and one thing is to be undone. */
static void be_victim(void)
{
	struct sonde_options options = {.size = sizeof(options)};
	char place[108] = "";
	struct sonde_guard_stub stub = {.key = "test:qmp", .identity = ""};
	struct sonde_guard *guard;
	struct sonde *sonde;
	unsigned slot = 0;

	snprintf(place, sizeof(place), "%s", path);
	stub.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sonde_create(&options, &sonde) || sonde_guard_create(sonde, &stub, &guard) ||
		sonde_journal_arm(sonde_guard_journal(guard), SONDE_JOURNAL_QMP_CONT,
			place, sizeof(place), &slot))
		_exit(1);
	raise(SIGKILL);
}

static int listen_at(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void await(int fd)
{
	struct pollfd readable = {.fd = fd, .events = POLLIN};

	assert_int_equal(poll(&readable, 1, PATIENCE_MS), 1);
}

/* As QEMU does, with an event in between. */
static void answer(int client, const char *wanted)
{
	static const char said[] = "{\"event\": \"RESUME\"}\r\n{\"return\": {}}\r\n";
	char text[256];
	ssize_t got;

	await(client);
	got = read(client, text, sizeof(text) - 1);
	assert_true(got > 0);
	text[got] = '\0';
	assert_non_null(strstr(text, wanted));
	assert_int_equal(write(client, said, sizeof(said) - 1), sizeof(said) - 1);
}

static void test_cont(void **state)
{
	static const char greeting[] = "{\"QMP\": {\"version\": {}}}\r\n";
	int listener = listen_at(), client, status;
	pid_t victim = fork();
	char byte;

	(void)state;
	if (victim == 0) {
		close(listener);
		be_victim();
	}
	assert_int_equal(waitpid(victim, &status, 0), victim);
	assert_true(WIFSIGNALED(status));
	await(listener);
	client = accept(listener, NULL, NULL);
	assert_true(client >= 0);
	assert_int_equal(
		write(client, greeting, sizeof(greeting) - 1), sizeof(greeting) - 1);
	answer(client, "qmp_capabilities");
	answer(client, "\"cont\"");
	/* It leaves by itself. */
	await(client);
	assert_int_equal(read(client, &byte, 1), 0);
	close(client);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cont)};
	char command[96];
	int failed;

	strcpy(scratch, "/tmp/sonde-guard-XXXXXX");
	if (!mkdtemp(scratch))
		return 1;
	setenv("XDG_RUNTIME_DIR", scratch, 1);
	snprintf(path, sizeof(path), "%s/qmp.sock", scratch);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	snprintf(command, sizeof(command), "rm -rf %s", scratch);
	return system(command) ? 1 : failed;
}
