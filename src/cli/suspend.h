/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ctrl-Z: this process stops, and the guest does not stop with it. */
#ifndef SONDE_CLI_SUSPEND_H
#define SONDE_CLI_SUSPEND_H

#include "cli.h"

/**
 * Where Ctrl-Z was typed since the last time: lets the guest run if it ran before, stops
 * this process, and takes the guest in hand again once it goes on. The target is stopped
 * and has no breakpoint of ours in it. Nothing happens where it was not typed.
 */
SONDE_NODISCARD struct sonde_error *cli_suspend(struct cli *cli);

#endif
