/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the command line of a QEMU process says of it. Nobody but that process has to have
 * written it: /proc/PID/cmdline is memory of the process.
 */
#ifndef SONDE_QEMU_COMMAND_LINE_H
#define SONDE_QEMU_COMMAND_LINE_H

#include <stddef.h>

#include "channel.h"

enum {
	/** Of QMP channels and of monitors; more are passed over. */
	SONDE_QEMU_CHANNELS_MAX = 8,
	SONDE_QEMU_ACCEL_TEXT = 16,
	SONDE_QEMU_ARCHITECTURE_TEXT = 24,
};

struct sonde_qemu_command_line {
	/** NULL: none. Owned. */
	char *name;
	/** As it is written; NULL: none. Owned. */
	char *uuid;
	/** One of its QMP channels is called as libvirt calls the one that it holds. */
	bool libvirt;
	/** The accelerator that is tried first; "" where nothing is said. */
	char accel[SONDE_QEMU_ACCEL_TEXT];
	/** 0: nothing is said. */
	uint64_t ram_bytes;
	/** That it begins with; 0: nothing is said. */
	unsigned cpus;
	/** "pc", "q35,usb=off"; NULL: the default one. Owned. */
	char *machine;
	struct sonde_qemu_channel qmp[SONDE_QEMU_CHANNELS_MAX];
	size_t qmp_count;
	/** The first human monitor. */
	struct sonde_qemu_channel monitor;
	struct sonde_qemu_channel gdb;
	/** Options stand in a file that is not looked at. */
	bool reads_config;
};

/** @p data is as /proc/PID/cmdline has it: each word ends with a NUL byte. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_command_line_parse(
	const char *data, size_t length, struct sonde_qemu_command_line *ret);
void sonde_qemu_command_line_deinit(struct sonde_qemu_command_line *line);

/**
 * Whether a file called @p name (without its directory) is QEMU's system emulation, and
 * of which architecture: "qemu-system-aarch64", "kvm". QEMU's user mode is not. "" where
 * the name does not tell: it is this machine's, then.
 */
bool sonde_qemu_is_emulator(const char *name, char ret[SONDE_QEMU_ARCHITECTURE_TEXT]);

#endif
