/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What <sonde/context.h> promises, as the rest of the library sees it. */
#ifndef SONDE_CORE_CONTEXT_H
#define SONDE_CORE_CONTEXT_H

#include <sonde/target.h>
#include "added_helper.h"
#include "error.h"
#include "log.h"

enum {
	SONDE_DRIVERS_MAX = 8,
	SONDE_HELPERS_MAX = 16,
};

/** What makes base targets out of one kind of specification. */
struct sonde_driver {
	/** What stands before the first colon of a specification. */
	const char *name;
	/** Attaches to @p address, the rest of the specification. Mandatory. */
	struct sonde_error *(*open)(
		struct sonde *sonde, const char *address, struct sonde_target **ret);
};

struct sonde {
	struct sonde_log log;
	unsigned timeout_ms;
	/** An eventfd that is readable from sonde_interrupt() until it is consumed. */
	int interrupt_fd;
	/** The same as a flag, so that looking costs no system call. */
	volatile int interrupted;
	enum sonde_guard_policy guard;
	bool no_mapping;
	/** Owned; NULL: the one beside the library. */
	char *guard_program;
	/** Above 0: interrupts wait (detaching, undoing). */
	unsigned uninterruptible;
	const struct sonde_driver *drivers[SONDE_DRIVERS_MAX];
	size_t driver_count;
	/** In the order in which they are asked. */
	struct sonde_added_helper helpers[SONDE_HELPERS_MAX];
	size_t helper_count;
};

/** An empty registry. The caller destroys @p ret with sonde_destroy(). */
SONDE_NODISCARD struct sonde_error *sonde_context_create(
	const struct sonde_options *options, struct sonde **ret);

SONDE_NODISCARD struct sonde_error *sonde_context_add_driver(
	struct sonde *sonde, const struct sonde_driver *driver);

/** Takes over @p added, also on failure. */
SONDE_NODISCARD struct sonde_error *sonde_context_add_helper(
	struct sonde *sonde, struct sonde_added_helper *added);

/** SONDE_ERROR_INTERRUPTED, and the interrupt is consumed, if there is one. */
SONDE_NODISCARD struct sonde_error *sonde_context_check_interrupt(struct sonde *sonde);

#endif
