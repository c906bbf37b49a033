/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the helper for QEMU share; what it is, qemu.h says. */
#ifndef SONDE_QEMU_HELPER_H
#define SONDE_QEMU_HELPER_H

#include <sonde/helper.h>
#include "monitor.h"
#include "host_memory.h"
#include "ram.h"

/** The values of one CPU's registers, as the monitor told them. */
struct sonde_qemu_cpu {
	/** The epoch they are from; has_values: there are some. */
	uint64_t epoch;
	bool has_values;
	struct sonde_register_value *values;
};

struct sonde_qemu {
	struct sonde_helper helper;
	struct sonde_helper_host *host;
	struct sonde_target *target;
	struct sonde_qemu_monitor monitor;
	/** directory -1: unknown. */
	struct sonde_qemu_host process;
	/** "x86_64"; never freed; NULL: unknown. */
	const char *architecture;
	unsigned cpu_count;
	/** NULL until it is needed. */
	struct sonde_qemu_ram *ram;
	uint64_t ram_bytes;
	/** Hardware executes the guest's code, and notices itself when that changes. */
	bool runs_on_hardware, hardware_known;
	/** Why RAM is not reached better was said. */
	bool why_said;
	/** What the monitor may tell, one for each of sonde_qemu_registers_of(). */
	const struct sonde_qemu_register *known;
	struct sonde_register *registers;
	size_t register_count;
	struct sonde_qemu_cpu *cpus;
	/** The stub: where, and whether we had it started. */
	char *stub_address;
	bool stub_started;
	unsigned stub_slot;
	/** What it was in when the stub was about to be connected. */
	enum sonde_state found;
	bool has_found;
};

/** Looks for the guest's RAM, if that was not done since the last rest. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_find_ram(struct sonde_qemu *qemu);
void sonde_qemu_forget_ram(struct sonde_qemu *qemu);

/** As struct sonde_helper_ops.connect. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_start_stub(
	struct sonde_qemu *qemu, const char **address, bool *handled);
/** The journal is told how to stop it again, as soon as there is one. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_note_stub(struct sonde_qemu *qemu);
SONDE_NODISCARD struct sonde_error *sonde_qemu_drop_stub(struct sonde_qemu *qemu);

#endif
