/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A Linux kernel's interrupts, as the numbered lines of /proc/interrupts: those that have
 * a handler, or have come. What each CPU counts by itself, such as its timer's, has no
 * number and is not among them.
 */
#ifndef SONDE_IRQ_H
#define SONDE_IRQ_H

#include <sonde/target.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_irqs;

struct sonde_irq {
	unsigned number;
	/** Of its handlers, as the drivers call them: "ahci, eth0"; NULL: it has none.
	 * The guest's bytes, as is the next. */
	const char *name;
	/** Of its controller: "IO-APIC", "PCI-MSI"; NULL: unknown. */
	const char *chip;
	/** Its number there. */
	uint64_t hardware_number;
	/** How often it came on each of sonde_irqs_cpus(). */
	const uint64_t *counts;
	uint64_t total;
};

/**
 * Reads them; the caller closes @p ret. SONDE_ERROR_UNSUPPORTED: there is no kernel
 * level, it does not name its data (CONFIG_KALLSYMS_ALL), or its types are not known.
 * SONDE_ERROR_NOT_FOUND: its structures are not what is known of them.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_irqs_open(
	struct sonde_target *target, struct sonde_irqs **ret);

/** The next one, by number; NULL: there are no more. Lives as long as @p irqs. */
SONDE_PUBLIC const struct sonde_irq *sonde_irqs_next(struct sonde_irqs *irqs);

/** The numbers of the CPUs that are online, in the order of counts. */
SONDE_PUBLIC const unsigned *sonde_irqs_cpus(
	const struct sonde_irqs *irqs, size_t *count);

/** Why not all interrupts are there; NULL: they are. */
SONDE_PUBLIC const char *sonde_irqs_incomplete(const struct sonde_irqs *irqs);

/** NULL is allowed. */
SONDE_PUBLIC void sonde_irqs_close(struct sonde_irqs *irqs);

#ifdef __cplusplus
}
#endif

#endif
