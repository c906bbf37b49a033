/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a user's words to a target: the drivers there are, and who gets the words. */
#include <string.h>

#include "context.h"
#include "machine.h"

struct sonde_error *sonde_create(const struct sonde_options *options, struct sonde **ret)
{
	struct sonde_error *error;
	struct sonde *sonde;

	CHECK(sonde_context_create(options, &sonde));
	error = sonde_context_add_driver(sonde, &sonde_gdb_driver);
	if (error) {
		sonde_destroy(sonde);
		return error;
	}
	*ret = sonde;
	return NULL;
}

const char *sonde_version(void)
{
	return SONDE_VERSION;
}

struct sonde_error *sonde_open(
	struct sonde *sonde, const char *specification, struct sonde_target **ret)
{
	const char *colon = strchr(specification, ':');
	size_t length = colon ? (size_t)(colon - specification) : 0;

	for (size_t i = 0; length && i < sonde->driver_count; i++) {
		const struct sonde_driver *driver = sonde->drivers[i];

		if (strlen(driver->name) == length &&
			!memcmp(driver->name, specification, length))
			return driver->open(sonde, colon + 1, ret);
	}
	if (!strncmp(specification, "qemu:", 5) || !strncmp(specification, "core:", 5))
		return sonde_error_suggest(
			sonde_error_while(sonde_error_create(SONDE_ERROR_UNSUPPORTED,
						  "this version attaches to stubs only"),
				"opening \"%s\"", specification),
			"write gdb:HOST:PORT or gdb:/path.sock");
	return sonde_error_suggest(
		sonde_error_while(sonde_error_create(SONDE_ERROR_INVALID,
					  "no driver knows this kind of target"),
			"opening \"%s\"", specification),
		"write gdb:HOST:PORT, gdb:/path.sock, gdb:udp:HOST:PORT, "
		"gdb:serial:DEVICE,BAUD, gdb:telnet:HOST:PORT or "
		"gdb:exec:COMMAND");
}
