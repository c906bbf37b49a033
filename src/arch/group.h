/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups of registers by their names, for descriptions that give none. */
#ifndef SONDE_ARCH_GROUP_H
#define SONDE_ARCH_GROUP_H

#include "arch.h"

struct sonde_arch_group {
	/**
	 * A name in which '#' stands for one or more decimal digits, and '*' at the
	 * end for anything. NULL ends a table; its group is for all other names.
	 */
	const char *pattern;
	const char *group;
};

/** What arch->registers says of @p name, else the first of @p groups that fits. */
const char *sonde_arch_group_find(const struct sonde_arch *arch,
	const struct sonde_arch_group *groups, const char *name);

#endif
