/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * VMCOREINFO: what a kernel writes down for whoever reads its memory after a crash, in a
 * page of its own (kernel/vmcore_info.c, before 6.9 kernel/crash_core.c). It tells where
 * the kernel's page tables are, so that no register is needed. Lines of NAME=VALUE.
 */
#ifndef SONDE_LINUX_VMCOREINFO_H
#define SONDE_LINUX_VMCOREINFO_H

#include <sonde/space.h>

enum {
	/** VMCOREINFO_BYTES is a page, which has 64 KiB at most; more than 4 KiB are not
	 * written. */
	SONDE_VMCOREINFO_MAX = 4096,
};

struct sonde_vmcoreinfo {
	/** Lines, each printable and ended by '\n', and a NUL. */
	char text[SONDE_VMCOREINFO_MAX + 1];
	/** OSRELEASE. */
	char release[65];
};

/** Whether the @p length bytes at @p data begin with it; what follows it is zeros. */
bool sonde_vmcoreinfo_parse(
	const uint8_t *data, size_t length, struct sonde_vmcoreinfo *ret);

/** The value behind "NAME=", up to the end of its line; false: there is none. */
bool sonde_vmcoreinfo_text(
	const struct sonde_vmcoreinfo *info, const char *name, char *ret, size_t size);

/** A hexadecimal value, as SYMBOL() and addresses have; without or with 0x. */
bool sonde_vmcoreinfo_hex(
	const struct sonde_vmcoreinfo *info, const char *name, uint64_t *ret);

/** A decimal value, which may be negative, as most of NUMBER() have; or 0x.. */
bool sonde_vmcoreinfo_number(
	const struct sonde_vmcoreinfo *info, const char *name, uint64_t *ret);

struct sonde_target;

enum {
	/** After so many, nobody looks for more: those of kernels that were there before.
	 */
	SONDE_VMCOREINFO_TRIES = 16,
};

/**
 * Scans the physical memory of @p machine for it, from *@p from on, which begins with 0:
 * for machines whose memory is at hand. *@p found: whether there is one; then *@p from is
 * behind it.
 */
SONDE_NODISCARD struct sonde_error *sonde_vmcoreinfo_scan(struct sonde_target *machine,
	uint64_t *from, struct sonde_vmcoreinfo *ret, bool *found);

struct sonde_linux;

/** That of the kernel that was found; *@p found: whether there is one, or it can be
 * looked for. */
SONDE_NODISCARD struct sonde_error *sonde_linux_vmcoreinfo_find(
	struct sonde_linux *kernel, struct sonde_vmcoreinfo *ret, bool *found);

#endif
