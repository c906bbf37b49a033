/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of architectures: a new one is added here and nowhere else. */
#include <string.h>

#include "arch.h"
#include "macros.h"

static const struct sonde_arch *const architectures[] = {
	&sonde_arch_x86_64,
	&sonde_arch_i386,
	&sonde_arch_aarch64,
	&sonde_arch_riscv64,
};

static bool goes_by(const struct sonde_arch *arch, const char *name)
{
	if (strcmp(arch->name, name) == 0)
		return true;
	for (const char *const *other = arch->description_names; *other; other++)
		if (strcmp(*other, name) == 0)
			return true;
	return false;
}

const struct sonde_arch *sonde_arch_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++)
		if (goes_by(architectures[i], name))
			return architectures[i];
	return NULL;
}

static bool sends(const struct sonde_arch *arch, size_t bytes)
{
	for (const unsigned *length = arch->g_lengths; *length; length++)
		if (*length == bytes)
			return true;
	return false;
}

const struct sonde_arch *sonde_arch_find_by_g_length(size_t bytes)
{
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++)
		if (sends(architectures[i], bytes))
			return architectures[i];
	return NULL;
}
