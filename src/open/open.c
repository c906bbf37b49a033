/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a user's words to a target: the drivers there are, and who gets the words. */
#include <sonde/kernel.h>
#include <string.h>

#include "context.h"
#include "machine.h"
#include "qemu.h"
#include "specification.h"

const char *sonde_version(void)
{
	return SONDE_VERSION;
}

/* The one place where a QEMU that was found is attached to. */
static struct sonde_error *open_resolved(struct sonde *sonde,
	const struct sonde_resolution *resolution, struct sonde_target **ret)
{
	return sonde_gdb_open_helped(
		sonde, resolution->name, &sonde_qemu_helper, resolution->options, ret);
}

static struct sonde_error *open_qemu(
	struct sonde *sonde, const char *words, struct sonde_target **ret)
{
	struct sonde_resolution resolution;
	struct sonde_error *error;

	error = sonde_specification_resolve(sonde, words, &resolution);
	if (!error) {
		error = open_resolved(sonde, &resolution, ret);
		sonde_resolution_deinit(&resolution);
	}
	return sonde_error_while(error,
		*words ? "opening \"qemu:%s\"" : "looking for a QEMU to attach to%s",
		words);
}

static const struct sonde_driver qemu_driver = {.name = "qemu", .open = open_qemu};

struct sonde_error *sonde_create(const struct sonde_options *options, struct sonde **ret)
{
	struct sonde_error *error;
	struct sonde *sonde;

	CHECK(sonde_context_create(options, &sonde));
	error = sonde_context_add_driver(sonde, &sonde_gdb_driver);
	if (!error)
		error = sonde_context_add_driver(sonde, &qemu_driver);
	if (error) {
		sonde_destroy(sonde);
		return error;
	}
	*ret = sonde;
	return NULL;
}

struct sonde_error *sonde_open(
	struct sonde *sonde, const char *specification, struct sonde_target **ret)
{
	const char *colon;
	size_t length;

	if (!specification || !*specification)
		return open_qemu(sonde, "", ret);
	colon = strchr(specification, ':');
	length = colon ? (size_t)(colon - specification) : 0;
	for (size_t i = 0; length && i < sonde->driver_count; i++) {
		const struct sonde_driver *driver = sonde->drivers[i];

		if (strlen(driver->name) == length &&
			!memcmp(driver->name, specification, length))
			return driver->open(sonde, colon + 1, ret);
	}
	if (!strncmp(specification, "core:", 5))
		return sonde_error_suggest(
			sonde_error_while(sonde_error_create(SONDE_ERROR_UNSUPPORTED,
						  "this version reads no memory images"),
				"opening \"%s\"", specification),
			"write qemu:NAME, gdb:HOST:PORT or gdb:/path.sock");
	return sonde_error_suggest(
		sonde_error_while(sonde_error_create(SONDE_ERROR_INVALID,
					  "no driver knows this kind of target"),
			"opening \"%s\"", specification),
		"write qemu:NAME, qemu:PID, gdb:HOST:PORT, gdb:/path.sock, "
		"gdb:udp:HOST:PORT, "
		"gdb:serial:DEVICE,BAUD, gdb:telnet:HOST:PORT or "
		"gdb:exec:COMMAND");
}

/* --- levels ----------------------------------------------------------------------- */

/* A stub is all that there is of some targets: they are looked at the hard way. */
static bool is_qemu(const char *specification)
{
	return !specification || !*specification || !strncmp(specification, "qemu:", 5);
}

struct sonde_error *sonde_open_level(struct sonde *sonde, const char *specification,
	const char *level, struct sonde_target **ret)
{
	bool kernel = level && !strcmp(level, "kernel");
	struct sonde_target *machine;

	if (level && !kernel && strcmp(level, "machine") != 0)
		return sonde_error_suggest(sonde_error_create(SONDE_ERROR_INVALID,
						   "there is no level '%s'", level),
			"there are machine and kernel");
	CHECK(sonde_open(sonde, specification, &machine));
	if (kernel)
		return sonde_kernel_open(machine, SONDE_KERNEL_VIEW_KERNEL, ret);
	if (!level && is_qemu(specification))
		return sonde_kernel_open(machine, SONDE_KERNEL_VIEW_CPU, ret);
	*ret = machine;
	return NULL;
}
