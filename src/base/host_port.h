/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Internet addresses as users write them. */
#ifndef SONDE_BASE_HOST_PORT_H
#define SONDE_BASE_HOST_PORT_H

#include "error.h"

/**
 * Splits "HOST:PORT" or "[HOST]:PORT" in place; no host is "localhost". Both returned
 * strings live as long as @p text.
 */
SONDE_NODISCARD struct sonde_error *sonde_host_port_split(
	char *text, char **host, char **port);

#endif
