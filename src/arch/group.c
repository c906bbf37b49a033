/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups of registers by their names. */
#include <string.h>

#include "group.h"

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

static bool matches(const char *pattern, const char *name)
{
	for (; *pattern; pattern++) {
		if (*pattern == '*')
			return true;
		if (*pattern == '#') {
			if (!is_digit(*name))
				return false;
			while (is_digit(*name))
				name++;
		} else if (*pattern != *name++) {
			return false;
		}
	}
	return !*name;
}

const char *sonde_arch_group_find(const struct sonde_arch *arch,
	const struct sonde_arch_group *groups, const char *name)
{
	for (unsigned i = 0; i < arch->register_count; i++)
		if (strcmp(arch->registers[i].name, name) == 0)
			return arch->registers[i].group;
	while (groups->pattern && !matches(groups->pattern, name))
		groups++;
	return groups->group;
}
