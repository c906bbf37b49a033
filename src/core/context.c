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
	sonde->no_mapping = given.no_mapping;
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
	/* No target is left that could use them. */
	while (sonde->helper_count)
		sonde_added_helper_deinit(&sonde->helpers[--sonde->helper_count]);
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

struct sonde_error *sonde_context_add_helper(
	struct sonde *sonde, struct sonde_added_helper *added)
{
	if (sonde->helper_count == SONDE_HELPERS_MAX) {
		sonde_added_helper_deinit(added);
		return sonde_error_create(SONDE_ERROR_INVALID,
			"there are %u helpers already", (unsigned)SONDE_HELPERS_MAX);
	}
	sonde->helpers[sonde->helper_count++] = *added;
	return NULL;
}

struct sonde_error *sonde_add_helper(
	struct sonde *sonde, const struct sonde_helper_descriptor *descriptor)
{
	struct sonde_added_helper added;
	struct sonde_error *error = sonde_added_helper_init(&added, descriptor, NULL);

	if (!error)
		error = sonde_context_add_helper(sonde, &added);
	return sonde_error_while(error, "adding a helper");
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
