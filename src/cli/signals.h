/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ctrl-C and its like end what is under way, never the process. */
#ifndef SONDE_CLI_SIGNALS_H
#define SONDE_CLI_SIGNALS_H

#include <poll.h>
#include <stdbool.h>

struct sonde;

/** From now on signals interrupt @p sonde; NULL: they are only noted. */
void cli_signals_direct(struct sonde *sonde);

/** Installs the handlers. */
void cli_signals_init(void);

/** Whether one came since the last cli_signals_clear(). */
bool cli_signals_came(void);

/** Whether one came that asks the whole program to end. */
bool cli_signals_end(void);

/** Forgets what came, except for what asks the program to end. */
void cli_signals_clear(void);

/** poll() without a timeout that no signal slips past: false when one came that ends
 * something. */
bool cli_signals_poll(struct pollfd *descriptors, nfds_t count);

/** Whether Ctrl-Z was typed, and this process has not been stopped for it yet. */
bool cli_signals_suspension(void);

/** While true, Ctrl-Z interrupts what waits; else it is only noted. */
void cli_signals_wait(bool waits);

/** Stops this process as Ctrl-Z does; returns when it goes on. */
void cli_signals_suspend(void);

/** While held, signals are noted and interrupt nothing: cleaning up. */
void cli_signals_hold(void);
void cli_signals_release(void);

#endif
