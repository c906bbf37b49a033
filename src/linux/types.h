/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's types, from the BTF in its memory: its own, and those of modules; or those
 * of a file that goes with it, by BTF or DWARF. They are
 * read when somebody first asks, and kept until the target closes, since handles of types
 * may be kept as well; when another kernel has come, its types take their place.
 */
#ifndef SONDE_LINUX_TYPES_H
#define SONDE_LINUX_TYPES_H

#include "scope.h"
#include "type_facet.h"

struct sonde_dwarf;
struct sonde_linux;
struct sonde_linux_module_types;
struct sonde_linux_old_types;

struct sonde_linux_types {
	/** First, so that a scope leads here. */
	struct sonde_scope scope;
	struct sonde_linux *kernel;
	/** BTF; owned. NULL: not read yet, or there is none. */
	struct sonde_types *types;
	/** Of a file; owned. NULL: not asked for yet, or there is none. */
	struct sonde_dwarf *dwarf;
	/** There is no BTF, neither in memory nor in a file. */
	bool is_dwarf;
	/** Of modules; owned. Asked for once a kernel. */
	struct sonde_linux_module_types *modules;
	bool modules_asked;
	/** The first task; 0: not looked for yet. */
	uint64_t init_task;
	/** What 'current' points to, and its members that have names of their own;
	 * @ref types of NULL: nobody has asked yet. */
	struct {
		const struct sonde_types *types;
		struct sonde_type type;
	} task;
	struct sonde_linux_task_member {
		const struct sonde_types *types;
		struct sonde_type_member member;
	} task_pid, task_comm;
	/** Of kernels that are gone; owned. */
	struct sonde_linux_old_types *old;
};

/** All zeroes but what it belongs to. */
void sonde_linux_types_init(struct sonde_linux_types *types, struct sonde_linux *kernel);
void sonde_linux_types_deinit(struct sonde_linux_types *types);

/** The kernel is another one. */
void sonde_linux_types_forget(struct sonde_linux_types *types);

/**
 * The types without modules'. SONDE_ERROR_UNSUPPORTED: there are none; the hint
 * says what to do.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_types_find(
	struct sonde_linux_types *types, const struct sonde_types **ret);

/** By name, a module's types included; what modules there are is asked when needed. */
SONDE_NODISCARD struct sonde_error *sonde_linux_types_look_up(
	struct sonde_linux_types *types, enum sonde_type_space space, const char *name,
	bool *found, struct sonde_type *ret);

extern const struct sonde_type_facet sonde_linux_type_facet;
extern const struct sonde_scope_ops sonde_linux_scope_ops;

#endif
