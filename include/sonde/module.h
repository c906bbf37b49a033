/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The modules that a Linux kernel has loaded, as /proc/modules lists them. */
#ifndef SONDE_MODULE_H
#define SONDE_MODULE_H

#include <sonde/target.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sonde_modules;

/** In the words of /proc/modules. */
enum sonde_module_state {
	/** It says something else. */
	SONDE_MODULE_UNKNOWN,
	SONDE_MODULE_LIVE,
	SONDE_MODULE_LOADING,
	SONDE_MODULE_UNLOADING,
};

struct sonde_module {
	/** The guest's bytes. */
	const char *name;
	/** Of its struct module. */
	uint64_t structure;
	/** Of its code; 0: unknown. */
	uint64_t address;
	/** All of its memory. */
	uint64_t bytes;
	/** How many need it; -1: this kernel unloads no modules. */
	int64_t refcount;
	enum sonde_module_state state;
	/** A bit each, as in /proc/sys/kernel/tainted: what it tainted the kernel by. */
	uint64_t taints;
	/** Names of the modules that use it, the first one first; if they were asked for.
	 */
	const char *const *users;
	size_t user_count;
	/** It changed while it was read, each time, and may be wrong. */
	bool torn;
};

struct sonde_modules_options {
	/** sizeof(struct sonde_modules_options). */
	size_t size;
	/** Who uses each. */
	bool users;
};

/**
 * Reads the list; @p options may be NULL: without users. The caller closes @p ret.
 * SONDE_ERROR_UNSUPPORTED: there is no kernel level, or its types are not known.
 * SONDE_ERROR_NOT_FOUND: the kernel's structures are not what is known of them, or its
 * list is not to be found.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_modules_open(
	struct sonde_target *target, const struct sonde_modules_options *options,
	struct sonde_modules **ret);

/** The next module, in the order of the kernel's list; NULL: there are no more. Lives as
 * long as @p modules. */
SONDE_PUBLIC const struct sonde_module *sonde_modules_next(struct sonde_modules *modules);

/** Why not all modules are there; NULL: they are. */
SONDE_PUBLIC const char *sonde_modules_incomplete(const struct sonde_modules *modules);

/** NULL is allowed. */
SONDE_PUBLIC void sonde_modules_close(struct sonde_modules *modules);

/** "Live", "Loading", "Unloading"; NULL for SONDE_MODULE_UNKNOWN. Never freed. */
SONDE_PUBLIC const char *sonde_module_state_name(enum sonde_module_state state);

/**
 * The letters of taints, as /proc/modules and /sys/module/NAME/taint have them: "OE".
 * @p ret takes @p bytes with the NUL; 32 are enough for all. Bits that are not known have
 * none.
 */
SONDE_PUBLIC void sonde_module_taint_letters(uint64_t taints, char *ret, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
