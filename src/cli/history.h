/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the shell's history is kept: nobody but its user may read it. */
#ifndef SONDE_CLI_HISTORY_H
#define SONDE_CLI_HISTORY_H

#include <stdbool.h>

/** ${XDG_STATE_HOME:-~/.local/state}/sonde/history, or NULL. The caller frees. */
char *cli_history_path(void);

/** Makes the folders and the file, if need be. */
bool cli_history_prepare(const char *path);

#endif
