/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ring that printk() writes to, since 5.10 (kernel/printk/printk_ringbuffer.h): a
 * ring of descriptors, beside each the record's facts, and a ring of texts. It is read as
 * the kernel's own readers do, without a lock: a descriptor, what it describes, and the
 * descriptor again; if that is the same still, what was read is right.
 *
 * Identifiers count descriptors up, modulo 2^62; positions count bytes of texts.
 */
#ifndef SONDE_LINUX_LOG_RING_H
#define SONDE_LINUX_LOG_RING_H

#include "buffer.h"
#include "record.h"

struct sonde_linux;

/** All of an identifier: two bits of a descriptor's state are something else. */
#define SONDE_LINUX_LOG_ID (UINT64_MAX >> 2)

struct sonde_linux_log_fields {
	/* Of struct printk_ringbuffer, read as a whole. */
	struct sonde_field count_bits, descs, infos, head_id, tail_id, size_bits, data;
	struct sonde_field desc, desc_state, desc_begin, desc_next;
	struct sonde_field info, info_seq, info_time, info_length, info_facility,
		info_level;
};

/** What the ring was when it was looked at last. */
struct sonde_linux_log_shape {
	/** Addresses. */
	uint64_t ring, descs, infos, data;
	/** How many there are of the first two, and bytes of texts: powers of two. */
	uint64_t count, data_bytes;
	/** Of the newest and the oldest descriptor. */
	uint64_t head, tail;
};

struct sonde_linux_log_ring {
	struct sonde_linux *kernel;
	/** Of the pointer to the ring: 'prb'. */
	uint64_t place;
	struct sonde_linux_log_fields fields;
	struct sonde_record record;
	struct sonde_linux_log_shape shape;
};

enum sonde_linux_log_state {
	/** Its descriptor is no record's within the ring: it was overwritten, or lies. */
	SONDE_LINUX_LOG_FOREIGN,
	/** Its text was overwritten, or there was no room for it. */
	SONDE_LINUX_LOG_GONE,
	/** It is being written, or is about to be. */
	SONDE_LINUX_LOG_RESERVED,
	/** It is there, and its writer may add to it. */
	SONDE_LINUX_LOG_COMMITTED,
	SONDE_LINUX_LOG_FINALIZED,
};

struct sonde_linux_log_record {
	uint64_t id;
	enum sonde_linux_log_state state;
	/** It changed each time that it was read. */
	bool torn;
	uint64_t sequence, time;
	uint32_t level, facility;
	/** Where its text begins among all texts (bytes). */
	size_t text, length;
};

/** Records that were read, and their texts, a NUL behind each. */
struct sonde_linux_log_records {
	struct sonde_linux_log_record *list;
	size_t count, room;
	struct sonde_buffer texts;
	/** The texts are more than the ring can have. */
	bool overflow;
};

void sonde_linux_log_records_deinit(struct sonde_linux_log_records *records);

/** Finds out where the ring is, and what its structures have. */
SONDE_NODISCARD struct sonde_error *sonde_linux_log_ring_find(
	struct sonde_linux *kernel, struct sonde_linux_log_ring *ret);

/** Looks at the ring: fills in its shape. SONDE_ERROR_BAD_DATA: it is none. */
SONDE_NODISCARD struct sonde_error *sonde_linux_log_ring_look(
	struct sonde_linux_log_ring *ring);

/** Reads the records from @p first to @p last, both included, within the shape, and adds
 * them to @p records. */
SONDE_NODISCARD struct sonde_error *sonde_linux_log_ring_read(
	const struct sonde_linux_log_ring *ring, uint64_t first, uint64_t last,
	struct sonde_linux_log_records *records);

#endif
