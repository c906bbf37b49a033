/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is read of a kernel that runs on may be gone before it is read. */
#ifndef SONDE_LINUX_TORN_H
#define SONDE_LINUX_TORN_H

#include "error.h"

/** Where memory could not be read *@p torn is set, and that is no error. */
SONDE_NODISCARD static inline struct sonde_error *sonde_linux_or_torn(
	struct sonde_error *error, bool *torn)
{
	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	sonde_error_destroy(error);
	*torn = true;
	return NULL;
}

#endif
