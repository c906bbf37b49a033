/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rest of the contract: commands that later versions have. */
#include "table.h"

static const char kernel[] = "knowledge of the kernel's lists";
static const char stacks[] = "unwinding";
static const char probes[] = "probes";

const struct cli_command cli_absent_commands[] = {
	{.name = "ps", .needs = kernel, .summary = "processes or tasks"},
	{.name = "bt", .needs = stacks, .summary = "backtrace"},
	{.name = "trace", .needs = probes, .summary = "log hits with typed arguments"},
	{.name = "strace", .needs = probes, .summary = "system calls, decoded"},
	{NULL},
};
