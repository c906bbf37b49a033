/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting for the user and for the machine at once. A stub whose messages nobody
 * reads can block the machine, so its connection is watched while it runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"
#include "shell.h"
#include "signals.h"
#include "stops.h"

enum {
	READ_BYTES = 4096,
};

/* The target's descriptor, or -1, which poll() passes over. */
static int target_descriptor(struct cli_shell *shell)
{
	struct sonde_target *target = shell->cli->target;
	struct sonde_error *error;
	int descriptor = -1;

	if (sonde_target_state(target) != SONDE_STATE_RUNNING) {
		shell->deaf = false;
		return -1;
	}
	if (shell->deaf)
		return -1;
	error = sonde_target_descriptor(target, &descriptor);
	sonde_error_destroy(error);
	return error ? -1 : descriptor;
}

/* The target has something to say; true if that was worth a message. */
static bool hear(struct cli_shell *shell)
{
	struct sonde_stop stop;
	struct sonde_error *error;
	char text[128];

	error = sonde_target_wait(shell->cli->target, 0, &stop);
	if (error && (sonde_error_kind(error) == SONDE_ERROR_TIMEOUT ||
			     sonde_error_kind(error) == SONDE_ERROR_INTERRUPTED)) {
		sonde_error_destroy(error);
		return false;
	}
	if (shell->editor)
		putchar('\n');
	if (error) {
		shell->deaf = true;
		cli_report(shell->cli, error);
		return true;
	}
	cli_describe_stop(&stop, text, sizeof(text));
	cli_notice(shell->cli, "the target stopped: %s", text);
	return true;
}

/* Whoever types has the guest as it is: it stays so, and is there afterwards. */
static void suspend(struct cli_shell *shell)
{
	if (shell->editor)
		putchar('\n');
	cli_notice(shell->cli, "suspended; the guest %s meanwhile",
		sonde_target_state(shell->cli->target) == SONDE_STATE_RUNNING
			? "runs"
			: "stands still");
	if (shell->editor)
		cli_editor_leave(shell->editor);
	cli_signals_suspend();
	if (shell->editor)
		cli_editor_return(shell->editor);
}

bool cli_shell_wait(struct cli_shell *shell, bool *said)
{
	*said = false;
	for (;;) {
		struct pollfd descriptors[] = {
			{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = target_descriptor(shell), .events = POLLIN},
		};

		if (!cli_signals_poll(descriptors, ARRAY_SIZE(descriptors)))
			return false;
		if (cli_signals_suspension()) {
			suspend(shell);
			*said = true;
			return true;
		}
		if (descriptors[1].revents && hear(shell)) {
			*said = true;
			return true;
		}
		if (descriptors[0].revents)
			return true;
	}
}

/* A line out of the buffer; at the end of input what is left is one, too. */
static char *take_line(struct cli_shell *shell, bool at_end)
{
	char *end = memchr(shell->buffer, '\n', shell->length), *line;
	size_t length = end ? (size_t)(end - shell->buffer) : shell->length;
	size_t used = end ? length + 1 : length;

	if (!end && (!at_end || !length))
		return NULL;
	line = strndup(shell->buffer, length);
	memmove(shell->buffer, shell->buffer + used, shell->length - used);
	shell->length -= used;
	return line;
}

static ssize_t fill(struct cli_shell *shell)
{
	ssize_t got;

	if (shell->capacity - shell->length < READ_BYTES) {
		size_t capacity = shell->capacity * 2 + READ_BYTES;
		char *buffer = realloc(shell->buffer, capacity);

		if (!buffer)
			return 0;
		shell->buffer = buffer;
		shell->capacity = capacity;
	}
	got = read(STDIN_FILENO, shell->buffer + shell->length, READ_BYTES);
	if (got > 0)
		shell->length += (size_t)got;
	return got;
}

enum cli_line cli_shell_read_plain(struct cli_shell *shell, char **ret)
{
	for (;;) {
		bool said;

		*ret = shell->length ? take_line(shell, false) : NULL;
		if (*ret)
			return CLI_LINE_READ;
		if (!cli_shell_wait(shell, &said)) {
			shell->length = 0;
			return CLI_LINE_ABANDONED;
		}
		if (said)
			continue;
		if (fill(shell) <= 0) {
			*ret = shell->length ? take_line(shell, true) : NULL;
			return *ret ? CLI_LINE_READ : CLI_LINE_END;
		}
	}
}
