/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "context.h"

enum {
	DEFAULT_TIMEOUT_MS = 5000,
};

struct sonde_error *sonde_context_create(
	const struct sonde_options *options, struct sonde **ret)
{
	struct sonde_options given = {0};
	struct sonde *sonde;

	if (options) {
		if (options->size < sizeof(options->size))
			return sonde_error_create(SONDE_ERROR_INVALID,
				"struct sonde_options does not tell its size");
		memcpy(&given, options,
			options->size < sizeof(given) ? options->size : sizeof(given));
	}
	sonde = calloc(1, sizeof(*sonde));
	if (!sonde)
		return sonde_error_no_memory();
	sonde->log.callback = given.log;
	sonde->log.user = given.log_user;
	sonde->log.level = given.log_level;
	sonde->timeout_ms = given.timeout_ms ? given.timeout_ms : DEFAULT_TIMEOUT_MS;
	sonde->guard = given.guard;
	if (given.guard_program) {
		sonde->guard_program = strdup(given.guard_program);
		if (!sonde->guard_program) {
			free(sonde);
			return sonde_error_no_memory();
		}
	}
	sonde->interrupt_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (sonde->interrupt_fd < 0) {
		int number = errno;

		free(sonde->guard_program);
		free(sonde);
		return sonde_error_while(
			sonde_error_system(number), "making an event descriptor");
	}
	*ret = sonde;
	return NULL;
}

void sonde_destroy(struct sonde *sonde)
{
	if (!sonde)
		return;
	close(sonde->interrupt_fd);
	free(sonde->guard_program);
	free(sonde);
}

struct sonde_error *sonde_context_add_driver(
	struct sonde *sonde, const struct sonde_driver *driver)
{
	if (sonde->driver_count == SONDE_DRIVERS_MAX)
		return sonde_error_create(SONDE_ERROR_INVALID, "too many drivers");
	sonde->drivers[sonde->driver_count++] = driver;
	return NULL;
}

struct sonde_error *sonde_add_helper(
	struct sonde *sonde, const struct sonde_helper_descriptor *descriptor)
{
	if (descriptor->abi != SONDE_HELPER_ABI ||
		descriptor->size != sizeof(*descriptor))
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"helper \"%s\" was built for ABI %u, this library has %u",
			descriptor->name, descriptor->abi, (unsigned)SONDE_HELPER_ABI);
	if (!descriptor->create)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"helper \"%s\" cannot be created", descriptor->name);
	if (sonde->helper_count == SONDE_HELPERS_MAX)
		return sonde_error_create(SONDE_ERROR_INVALID, "too many helpers");
	sonde->helpers[sonde->helper_count++] = descriptor;
	return NULL;
}

void sonde_interrupt(struct sonde *sonde)
{
	uint64_t one = 1;
	int saved = errno;

	sonde->interrupted = 1;
	if (write(sonde->interrupt_fd, &one, sizeof(one)) < 0) {
		/* It is full: readable already, which is all that is wanted. */
	}
	errno = saved;
}

void sonde_interrupt_clear(struct sonde *sonde)
{
	uint64_t count;

	sonde->interrupted = 0;
	if (read(sonde->interrupt_fd, &count, sizeof(count)) < 0) {
		/* It was empty. */
	}
}

struct sonde_error *sonde_context_check_interrupt(struct sonde *sonde)
{
	if (!sonde->interrupted || sonde->uninterruptible)
		return NULL;
	sonde_interrupt_clear(sonde);
	return sonde_error_create(SONDE_ERROR_INTERRUPTED, "interrupted");
}
