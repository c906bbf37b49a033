/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rest of the contract: commands that later versions have. */
#include "table.h"

static const char kernel[] = "knowledge of the kernel's lists";
static const char stacks[] = "unwinding";
static const char probes[] = "probes";

const struct cli_command cli_absent_commands[] = {
	{.name = "modules", .needs = kernel, .summary = "kernel modules"},
	{.name = "maps", .needs = kernel, .summary = "memory areas of a process"},
	{.name = "files", .needs = kernel, .summary = "open files"},
	{.name = "dmesg", .needs = kernel, .summary = "kernel log"},
	{.name = "syscalls", .needs = kernel, .summary = "the system call table"},
	{.name = "bt", .needs = stacks, .summary = "backtrace"},
	{.name = "trace", .needs = probes, .summary = "log hits with typed arguments"},
	{.name = "strace", .needs = probes, .summary = "system calls, decoded"},
	{NULL},
};
