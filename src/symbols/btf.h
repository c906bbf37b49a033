/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * BTF, the types that a Linux kernel keeps of itself and of each module
 * (Documentation/bpf/btf.rst, include/uapi/linux/btf.h), as a source of types.
 *
 * It is copied before it is looked at, so that a guest cannot change it meanwhile.
 * One pass finds where each record begins and holds it against the section's end;
 * what records say is checked when it is asked for.
 */
#ifndef SONDE_SYMBOLS_BTF_H
#define SONDE_SYMBOLS_BTF_H

#include <sonde/space.h>

#include "type.h"

enum {
	/** Of a whole BTF. Kernels have 3 to 6 million. */
	SONDE_BTF_BYTES_MAX = 64 << 20,
	/** Of its header, in its oldest form; longer ones begin with the same. */
	SONDE_BTF_HEADER_BYTES = 24,
};

/**
 * Makes types of @p bytes at @p data, which are copied. @p base is NULL, or what a
 * module's BTF stands on; it is borrowed, and outlives @p ret. The caller destroys
 * @p ret with sonde_types_destroy(). SONDE_ERROR_BAD_DATA: it is no BTF, or broken.
 */
SONDE_NODISCARD struct sonde_error *sonde_btf_create(const void *data, size_t bytes,
	const struct sonde_types *base, unsigned pointer_bytes, struct sonde_types **ret);

/**
 * The same, of what lies at @p address of @p space; its header says how long it is. No
 * more than *@p room bytes are taken, and what was taken is taken off.
 */
SONDE_NODISCARD struct sonde_error *sonde_btf_read(struct sonde_space *space,
	uint64_t address, const struct sonde_types *base, unsigned pointer_bytes,
	size_t *room, struct sonde_types **ret);

/**
 * How many bytes the BTF has that begins with the SONDE_BTF_HEADER_BYTES at
 * @p header; SONDE_ERROR_BAD_DATA where none begins there, or it is too large.
 */
SONDE_NODISCARD struct sonde_error *sonde_btf_size(const void *header, size_t *ret);

#endif
