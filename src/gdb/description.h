/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Target descriptions: the XML in which a stub says what registers it has. Source:
 * "Debugging with GDB", appendix G "Target Descriptions". Expat parses; numbers,
 * sizes, depths and includes are bounded here, since a stub may be hostile.
 */
#ifndef SONDE_GDB_DESCRIPTION_H
#define SONDE_GDB_DESCRIPTION_H

#include <stddef.h>

#include "error.h"

enum {
	SONDE_GDB_REGISTERS_MAX = 4096,
	/** One document (bytes). */
	SONDE_GDB_DOCUMENT_MAX = 1 << 20,
	SONDE_GDB_INCLUDES_MAX = 64,
};

struct sonde_gdb_described_register {
	char *name;
	/** The protocol's number, for p and P. */
	unsigned number;
	unsigned bits;
	/** Or NULL. */
	char *group;
	char *type;
	/** The last part of the feature's name, such as "core" of org.gnu.gdb.i386.core.
	 */
	char *feature;
};

struct sonde_gdb_description {
	/** What <architecture> says, or NULL. */
	char *architecture;
	/** In the order of their numbers. */
	struct sonde_gdb_described_register *registers;
	size_t count;
};

void sonde_gdb_description_deinit(struct sonde_gdb_description *description);

/** Where documents come from: target.xml and what it includes. */
struct sonde_gdb_document_source {
	/** The caller frees @p ret. */
	struct sonde_error *(*fetch)(
		void *user, const char *name, char **ret, size_t *length);
	void *user;
};

/** Reads target.xml and all that it includes. */
SONDE_NODISCARD struct sonde_error *sonde_gdb_description_read(
	const struct sonde_gdb_document_source *source,
	struct sonde_gdb_description *ret);

#endif
