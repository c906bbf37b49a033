/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "settings.h"

/* Set to its process number by a QEMU, for those that it starts. */
#define MARK "SONDE_RAM_QEMU"

static bool is_on(const char *name)
{
	const char *value = getenv(name);

	return value && *value && strcmp(value, "0") != 0;
}

/* By the executable: QEMU's own idea of its name can be chosen. */
static bool is_qemu(void)
{
	static const char *const names[] = {"qemu-system-", "qemu-kvm", "qemu-dm", "kvm"};
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const char *name;

	if (length <= 0)
		return false;
	path[length] = '\0';
	name = strrchr(path, '/');
	name = name ? name + 1 : path;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	return false;
}

/*
 * Whether a QEMU with this library in it started this program. One that executes itself
 * anew (cpr-exec) is still the same process.
 */
static bool is_below_a_qemu(void)
{
	const char *mark = getenv(MARK);

	return mark && atol(mark) != (long)getpid();
}

static void leave_a_mark(void)
{
	char number[24];

	snprintf(number, sizeof(number), "%ld", (long)getpid());
	setenv(MARK, number, 1);
}

static void read_prefix(struct settings *settings)
{
	const char *prefix = getenv("SONDE_RAM_PREFIX");
	size_t length = prefix ? strlen(prefix) : 0;

	if (!length)
		return;
	/* Descriptors know absolute paths alone, without links in them. */
	if (prefix[0] != '/' || length >= sizeof(settings->prefix)) {
		fprintf(stderr,
			"sonde-qemu-ram: SONDE_RAM_PREFIX=%s is ignored: name an "
			"absolute "
			"path, such as /dev/hugepages/qemu\n",
			prefix);
		return;
	}
	memcpy(settings->prefix, prefix, length + 1);
	settings->prefix_length = length;
}

void settings_read(struct settings *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (is_below_a_qemu())
		return;
	read_prefix(ret);
	ret->keep = is_on("SONDE_RAM_KEEP");
	if (ret->keep && !ret->prefix_length) {
		fputs("sonde-qemu-ram: SONDE_RAM_KEEP is ignored: SONDE_RAM_PREFIX has "
		      "to "
		      "say which files to keep\n",
			stderr);
		ret->keep = false;
	}
	ret->memfd = is_on("SONDE_RAM_MEMFD");
	if (!ret->prefix_length && !ret->memfd)
		return;
	ret->is_qemu = is_qemu();
	if (ret->is_qemu)
		leave_a_mark();
}
