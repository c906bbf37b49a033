/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of options as QEMU's command line has them: "socket,id=a,path=b,,c,server". A
 * doubled comma is a comma of the value; a name alone is on, and off with "no" before it;
 * the first piece may be a value alone, of a name that goes without saying. QEMU's
 * util/qemu-option.c.
 */
#ifndef SONDE_QEMU_OPTION_LIST_H
#define SONDE_QEMU_OPTION_LIST_H

#include "error.h"

/**
 * The value of @p name in @p text, the last one where there are several; NULL where it is
 * not there. A value alone at the beginning is that of @p implied, which may be NULL. The
 * caller frees @p ret.
 */
SONDE_NODISCARD struct sonde_error *sonde_qemu_option_get(
	const char *text, const char *implied, const char *name, char **ret);

/** The same for one that is on or off; off where it is not there. */
SONDE_NODISCARD struct sonde_error *sonde_qemu_option_get_flag(
	const char *text, const char *implied, const char *name, bool *ret);

/** "512M", "1.5g", "0x1000"; plain numbers count @p unit bytes. False: it is none. */
bool sonde_qemu_option_size(const char *text, uint64_t unit, uint64_t *ret);

#endif
