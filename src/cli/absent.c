/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rest of the contract: commands that later versions have. */
#include "table.h"

static const char stacks[] = "unwinding";
static const char probes[] = "probes";

const struct cli_command cli_absent_commands[] = {
	{.name = "bt", .needs = stacks, .summary = "backtrace"},
	{.name = "trace", .needs = probes, .summary = "log hits with typed arguments"},
	{.name = "strace", .needs = probes, .summary = "system calls, decoded"},
	{NULL},
};
