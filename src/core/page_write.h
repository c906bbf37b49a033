/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing to a virtual space over a physical one, by its page tables. */
#ifndef SONDE_CORE_PAGE_WRITE_H
#define SONDE_CORE_PAGE_WRITE_H

#include "paging.h"
#include "space.h"

/**
 * As sonde_space_ops.write, of the space that @p regime makes of @p physical. Read-only
 * pages are written, too; pages that can be executed as what may be code, whatever
 * @p write says.
 *
 * All pages are looked at before the first is written. If one cannot be written then,
 * those before it get back what they had.
 */
SONDE_NODISCARD struct sonde_error *sonde_page_write(struct sonde_space *physical,
	const struct sonde_page_regime *regime, const struct sonde_write *write);

#endif
