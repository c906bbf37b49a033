/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel.h"
#include "memory.h"
#include "number.h"
#include "options.h"
#include "report.h"
#include "session.h"

int cli_find_memory(struct cli *cli, const struct cli_arguments *arguments,
	const char *text, struct sonde_space **space, uint64_t *address)
{
	struct sonde_thread *thread;
	int status;

	CLI_TRY(cli, cli_find_thread(cli, arguments, &thread));
	status = cli_find_place(cli, text, thread, address);
	if (status != CLI_DONE)
		return status;
	if (cli_option_given(arguments, "--physical"))
		CLI_TRY(cli, sonde_target_physical(cli->target, space));
	else
		CLI_TRY(cli, sonde_target_virtual(cli->target, thread, space));
	return CLI_DONE;
}

size_t cli_bytes_before(const struct sonde_error *error, uint64_t address, size_t length)
{
	uint64_t done;

	if (sonde_error_kind(error) != SONDE_ERROR_FAULT)
		return 0;
	done = sonde_error_address(error) - address;
	return done < length ? (size_t)done : 0;
}
