/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel level: a target that stands on a machine, in whose memory it finds a Linux
 * kernel. Its memory is the kernel's address space, whatever the CPUs have mapped at the
 * moment, and it has symbols (<sonde/symbol.h>); registers, threads and control are the
 * machine's. Nothing but the guest's memory is needed for it.
 */
#ifndef SONDE_KERNEL_H
#define SONDE_KERNEL_H

#include <sonde/target.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What memory means at the kernel level. */
enum sonde_kernel_view {
	/** The kernel's address space alone: a program's memory is not in it. */
	SONDE_KERNEL_VIEW_KERNEL,
	/**
	 * What a CPU sees, and where the kernel's half of that has nothing, as in user
	 * mode with page table isolation, the kernel's address space.
	 */
	SONDE_KERNEL_VIEW_CPU,
};

/**
 * Puts the kernel level on @p machine, which belongs to @p ret from then on, also on
 * failure: closing @p ret closes it. No kernel is looked for yet: that is done when
 * something needs it, and again when the one that was found is gone.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_kernel_open(
	struct sonde_target *machine, enum sonde_kernel_view view,
	struct sonde_target **ret);

/**
 * Looks for the kernel, unless it is known. SONDE_ERROR_NOT_FOUND: there is none, or
 * not yet. Not a target of sonde_kernel_open(): SONDE_ERROR_UNSUPPORTED.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_kernel_find(
	struct sonde_target *target);

/**
 * Completes what the kernel's memory tells from @p path: an ELF file (vmlinux, with
 * symbols, BTF or DWARF), a System.map, or a directory that has them as /usr/lib/debug
 * does, by build-id and release. It is held against the kernel when symbols or types are
 * asked for: those who ask get SONDE_ERROR_INVALID if it is another kernel's. Without
 * this function /usr/lib/debug, /boot and /lib/modules are looked through where memory
 * lacks something. Takes the place of an earlier @p path. SONDE_ERROR_NOT_FOUND: there is
 * no such file; SONDE_ERROR_BAD_DATA: it is none of these; SONDE_ERROR_UNSUPPORTED: the
 * machine level, or elfutils is not installed.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_kernel_use_symbols(
	struct sonde_target *target, const char *path);

struct sonde_kernel_info {
	/** sizeof(struct sonde_kernel_info), set by the caller. */
	size_t size;
	/** As `uname -r` and `uname -v` have it in the guest; "": unknown. Printable. */
	char release[65];
	char version[129];
	/** The address of the first byte of code, and how far that is from where the
	 * kernel was linked to; 0 and false: unknown. */
	uint64_t text;
	uint64_t slide;
	bool slide_known;
	/** In hexadecimal; "": unknown. */
	char build_id[129];
	/** "btf", "dwarf" or "none". Never freed. */
	const char *types;
	/** How many symbols are known, without modules'; 0: none are. */
	uint64_t symbols;
	/** The file that completes them; NULL: memory alone. Lives until something else
	 * is asked of the target. */
	const char *symbol_file;
};

/** Finds the kernel first, as sonde_kernel_find(). */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_kernel_info(
	struct sonde_target *target, struct sonde_kernel_info *ret);

#ifdef __cplusplus
}
#endif

#endif
