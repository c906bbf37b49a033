/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory is read and shown in pieces, so that a long read streams, and Ctrl-C and
 * a reader that has gone away end it. What comes before a fault is shown.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"
#include "memory.h"
#include "number.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "suspend.h"
#include "report.h"
#include "session.h"
#include "table.h"

enum {
	PIECE_BYTES = 1024 * 1024,
	/** Of one JSON row. */
	ROW_BYTES = 4096,
	/** Of one line of a dump. */
	LINE_BYTES = 16,
};

/* Where bytes go: one of the sinks below, chosen once. */
struct sink {
	struct cli *cli;
	/** CLI_DONE, or what was reported; *@p stop: nobody wants more. */
	int (*put)(struct sink *sink, uint64_t address, const uint8_t *data,
		size_t length, bool *stop);
	struct cli_output output;
	const char *path;
	int fd;
};

static const struct cli_column columns[] = {
	{"address"},
	{"data"},
	{NULL},
};

/* --- sinks ---------------------------------------------------------------------- */

static int put_rows(struct sink *sink, uint64_t address, const uint8_t *data,
	size_t length, bool *stop)
{
	for (size_t i = 0; i < length && !*stop; i += ROW_BYTES) {
		cli_put_hex(&sink->output, address + i);
		cli_put_data(&sink->output, data + i,
			length - i < ROW_BYTES ? length - i : ROW_BYTES);
		*stop = !cli_output_row(&sink->output);
	}
	return CLI_DONE;
}

static void format_line(char line[LINE_BYTES * 4 + 8], const uint8_t *data, size_t length)
{
	char *hex = line, *text = line + LINE_BYTES * 3 + 3;

	memset(line, ' ', LINE_BYTES * 4 + 8);
	*text++ = '|';
	for (size_t i = 0; i < length; i++) {
		hex += sprintf(hex, " %02x%s", data[i], i == 7 ? " " : "");
		*hex = ' ';
		*text++ = isascii(data[i]) && isprint(data[i]) ? (char)data[i] : '.';
	}
	*text++ = '|';
	*text = '\0';
}

static int put_dump(struct sink *sink, uint64_t address, const uint8_t *data,
	size_t length, bool *stop)
{
	int digits = (int)sonde_target_address_bits(sink->cli->target) / 4;

	for (size_t i = 0; i < length && !*stop; i += LINE_BYTES) {
		char line[LINE_BYTES * 4 + 8];

		format_line(line, data + i,
			length - i < LINE_BYTES ? length - i : LINE_BYTES);
		printf("0x%0*" PRIx64 " %s\n", digits, address + i, line);
		*stop = ferror(stdout);
	}
	*stop = !cli_output_flush(sink->cli);
	return CLI_DONE;
}

static int put_raw(struct sink *sink, uint64_t address, const uint8_t *data,
	size_t length, bool *stop)
{
	(void)address;
	while (length) {
		ssize_t written = write(sink->fd, data, length);

		if (written < 0 && sink->fd == STDOUT_FILENO) {
			sink->cli->output_errno = errno;
			*stop = true;
			return CLI_DONE;
		}
		if (written < 0)
			return cli_fail(sink->cli,
				errno == EINTR ? SONDE_ERROR_INTERRUPTED : SONDE_ERROR_IO,
				sink->path, NULL, "%s",
				errno == EINTR ? "interrupted" : strerror(errno));
		data += written;
		length -= (size_t)written;
	}
	return CLI_DONE;
}

static int open_sink(
	struct sink *sink, struct cli *cli, const struct cli_arguments *arguments)
{
	*sink = (struct sink){.cli = cli, .put = cli->json ? put_rows : put_dump};
	sink->fd = STDOUT_FILENO;
	cli_output_begin(&sink->output, cli, CLI_STREAM, columns);
	sink->path = cli_option_value(arguments, "-o");
	if (!sink->path)
		return CLI_DONE;
	sink->put = put_raw;
	if (!strcmp(sink->path, "-"))
		return cli_output_flush(cli) ? CLI_DONE : cli_output_status(cli);
	sink->fd = open(sink->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (sink->fd < 0)
		return cli_fail(
			cli, SONDE_ERROR_IO, sink->path, NULL, "%s", strerror(errno));
	return CLI_DONE;
}

static int close_sink(struct sink *sink)
{
	int number = 0, status = CLI_DONE;

	if (sink->fd >= 0 && sink->fd != STDOUT_FILENO && close(sink->fd) < 0)
		number = errno;
	if (number)
		status = cli_fail(sink->cli, SONDE_ERROR_IO, sink->path, NULL, "%s",
			strerror(number));
	cli_output_end(&sink->output);
	return status;
}

/* --- reading -------------------------------------------------------------------- */

struct range {
	struct sonde_space *space;
	uint64_t address;
	uint64_t length;
};

static int copy(struct cli *cli, const struct range *range, struct sink *sink,
	struct cli_progress *progress, uint8_t *buffer)
{
	bool stop = false;

	for (uint64_t done = 0; done < range->length && !stop;) {
		uint64_t left = range->length - done, address = range->address + done;
		size_t length = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
		struct sonde_error *error;
		int status;

		CLI_TRY(cli, cli_suspend(cli));
		error = sonde_space_read(range->space, address, buffer, length);

		if (error)
			length = cli_bytes_before(error, address, length);
		status = sink->put(sink, address, buffer, length, &stop);
		cli_progress_end(progress);
		if (error && status == CLI_DONE)
			return cli_report(cli, error);
		sonde_error_destroy(error);
		if (status != CLI_DONE)
			return status;
		done += length;
		cli_progress_show(progress, done, range->length);
	}
	cli_progress_end(progress);
	return cli_output_status(cli);
}

static int read_range(
	struct cli *cli, const struct range *range, const struct cli_arguments *arguments)
{
	struct cli_progress progress;
	struct sink sink;
	uint8_t *buffer;
	int status = open_sink(&sink, cli, arguments), closed;

	buffer = malloc(range->length < PIECE_BYTES ? range->length : PIECE_BYTES);
	cli_progress_begin(&progress, cli, sink.fd != STDOUT_FILENO);
	if (status == CLI_DONE && !buffer)
		status = cli_fail(cli, SONDE_ERROR_NO_MEMORY, "", NULL, "no memory");
	if (status == CLI_DONE)
		status = copy(cli, range, &sink, &progress, buffer);
	free(buffer);
	closed = close_sink(&sink);
	return status == CLI_DONE ? closed : status;
}

static int check(struct cli *cli, const struct cli_arguments *arguments)
{
	int status = cli_check_place(cli, arguments->operands[0]);

	return status == CLI_DONE ? cli_check_length(cli, arguments->operands[1])
				  : status;
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_thread *thread;
	struct range range;
	int status;

	status = cli_find_memory(
		cli, arguments, arguments->operands[0], &range.space, &range.address);
	if (status != CLI_DONE)
		return status;
	CLI_TRY(cli, cli_find_thread(cli, arguments, &thread));
	status = cli_evaluate_length(cli, arguments->operands[1], thread, &range.length);
	if (status != CLI_DONE || !range.length)
		return status;
	if (range.address + (range.length - 1) < range.address)
		return cli_fail(cli, SONDE_ERROR_INVALID, arguments->operands[1], NULL,
			"the range goes past the last address");
	return read_range(cli, &range, arguments);
}

static const struct cli_option options[] = {
	{"--physical", NULL, "ADDR is a physical address"},
	{"--pid", "N", "as this process sees memory", "the process level"},
	{"--cpu", "N", "as this CPU sees memory [the one that stopped last]",
		.number = true},
	{"-o", "FILE", "the bytes themselves to FILE; - is stdout"},
	{NULL},
};

const struct cli_command cli_command_read = {
	.name = "read",
	.operands = "ADDR LEN",
	.operands_min = 2,
	.operands_max = 2,
	.summary = "memory: a hex dump, or raw to a file",
	.example = "'$rsp + 16' 4K",
	.options = options,
	.completes_symbols = true,
	.use = CLI_OBSERVES_TARGET,
	.check = check,
	.run = run,
};
