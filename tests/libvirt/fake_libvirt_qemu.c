/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A libvirt-qemu.so.0: what a domain answers, the command that is asked decides. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_libvirt.h"

enum {
	HUGE_BYTES = 20 << 20,
};

static char *huge(void)
{
	char *text = malloc(HUGE_BYTES + 1);

	if (!text)
		abort();
	memset(text, 'x', HUGE_BYTES);
	memcpy(text, "{\"return\":\"", 11);
	memcpy(text + HUGE_BYTES - 2, "\"}", 3);
	return text;
}

/* Until a test lets it go on, by a file that it names in the environment. */
static void wait_for_leave(void)
{
	const char *file = getenv("SONDE_TEST_LEAVE");

	while (!file || access(file, F_OK) < 0)
		usleep(1000);
}

static int answer(const char *command, char **result)
{
	static const struct {
		const char *asked, *answer;
	} known[] = {
		{"\"execute\":\"query-status\"",
			"{\"return\":{\"status\":\"running\",\"running\":true},\"id\":"
			"\"libvirt-7\"}"},
		{"info first", "{\"return\":\"one\\r\\n\",\"id\":\"libvirt-8\"}"},
		{"info second", "{\"id\":\"libvirt-9\",\"return\":\"two\"}"},
		{"\"slow\"", "{\"return\":\"late\"}"},
		{"\"unknown\"",
			"{\"id\":\"libvirt-1\",\"error\":{\"class\":\"CommandNotFound\","
			"\"desc\":\"no such command\"}}"},
		{"\"refused\"",
			"{\"error\":{\"class\":\"GenericError\",\"desc\":\"not now\"}}"},
		{"\"garbage\"", "garbage"},
		{"\"half\"", "{\"return\":{"},
		{"\"event\"", "{\"event\":\"STOP\",\"data\":{}}"},
		{"\"empty\"", ""},
	};

	/* As libvirt 9 does where a number is not its own. */
	if (strstr(command, "\"id\""))
		return fake_libvirt_fail(1, "Unable to append command 'id' string");
	if (strstr(command, "\"dead\""))
		return fake_libvirt_fail(55, "domain is not running");
	if (strstr(command, "\"slow\""))
		wait_for_leave();
	*result = NULL;
	if (strstr(command, "\"huge\""))
		*result = huge();
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(command, known[i].asked))
			*result = strdup(known[i].answer);
	return 0;
}

int virDomainQemuMonitorCommand(
	const void *domain, const char *command, char **result, unsigned flags)
{
	(void)domain;
	return flags ? fake_libvirt_fail(8, "flags") : answer(command, result);
}

/* What it is handed it writes into, as QEMU would. */
int virDomainQemuMonitorCommandWithFiles(const void *domain, const char *command,
	unsigned in_count, const int *in, const unsigned *out_count, int **out,
	char **result, unsigned flags)
{
	(void)domain;
	if (flags || out || out_count || in_count != 1 ||
		write(in[0], "written", 7) != 7 || !strstr(command, "\"add-fd\""))
		return fake_libvirt_fail(8, "files");
	*result = strdup("{\"return\":{\"fd\":25,\"fdset-id\":3}}");
	return 0;
}
