/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is there, if it is not QMP: what other sockets of QEMU say of themselves. */
#ifndef SONDE_QEMU_QMP_GREETING_H
#define SONDE_QEMU_QMP_GREETING_H

#include <stddef.h>

#include "error.h"

/** SONDE_ERROR_PROTOCOL, for one that said @p text where QMP greets. */
struct sonde_error *sonde_qmp_stranger(const char *text, size_t length) NEVER_NULL;

/** For one that said nothing within @p timeout_ms, or hung up (@p timeout_ms 0). */
struct sonde_error *sonde_qmp_silence(unsigned timeout_ms) NEVER_NULL;

#endif
