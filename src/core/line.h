/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The facet of a target that knows lines of source code. */
#ifndef SONDE_CORE_LINE_H
#define SONDE_CORE_LINE_H

#include <sonde/local.h>

struct sonde_line_facet {
	/** Mandatory. As sonde_line_at(); *@p found instead of SONDE_ERROR_NOT_FOUND. */
	struct sonde_error *(*at)(struct sonde_target *target, uint64_t address,
		struct sonde_line *ret, bool *found);
	/** Mandatory. As sonde_line_find(). */
	struct sonde_error *(*find)(struct sonde_target *target, const char *file,
		unsigned line, struct sonde_line *ret_line, uint64_t **ret,
		size_t *count);
	/** Mandatory. As sonde_line_inlines(). */
	struct sonde_error *(*inlines)(struct sonde_target *target, uint64_t address,
		struct sonde_inline **ret, size_t *count);
	/** Mandatory. As sonde_target_locals(). */
	struct sonde_error *(*locals)(struct sonde_target *target,
		struct sonde_thread *thread, struct sonde_local **ret, size_t *count);
};

#endif
