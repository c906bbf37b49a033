/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets in rows: as a field of a file's, or as fields of their own. */
#ifndef SONDE_CLI_SOCKET_H
#define SONDE_CLI_SOCKET_H

#include "output.h"

/** "tcp LISTEN 0.0.0.0:22", or an object with its fields; NULL: null. */
void cli_put_socket(struct cli_output *output, const struct sonde_socket *socket);

#endif
