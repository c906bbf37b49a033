/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/PID/cmdline of what calls itself a QEMU. */
#include <stdlib.h>
#include <string.h>

#include "command_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A channel has an address, unless there is none. */
static void check(const struct sonde_qemu_channel *channel)
{
	if ((channel->kind == SONDE_QEMU_CHANNEL_NONE) != !channel->address)
		abort();
	if (channel->kind == SONDE_QEMU_CHANNEL_TCP && !strchr(channel->address, ':'))
		abort();
	if (channel->kind == SONDE_QEMU_CHANNEL_UNIX && !*channel->address)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sonde_qemu_command_line line;
	char *copy = malloc(size ? size : 1);
	struct sonde_error *error;

	memcpy(copy, data, size);
	error = sonde_qemu_command_line_parse(copy, size, &line);
	free(copy);
	if (error)
		abort();
	if (line.qmp_count > SONDE_QEMU_CHANNELS_MAX)
		abort();
	for (size_t i = 0; i < line.qmp_count; i++) {
		check(&line.qmp[i]);
		if (line.qmp[i].kind == SONDE_QEMU_CHANNEL_NONE)
			abort();
	}
	check(&line.monitor);
	check(&line.gdb);
	sonde_qemu_command_line_deinit(&line);
	return 0;
}
