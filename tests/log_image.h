/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kernel with nothing but its log, and a writer that fills it as printk() does. */
#ifndef SONDE_TESTS_LOG_IMAGE_H
#define SONDE_TESTS_LOG_IMAGE_H

#include "linux_image.h"

/** Of a descriptor (enum desc_state). */
enum log_image_state {
	LOG_IMAGE_RESERVED,
	LOG_IMAGE_COMMITTED,
	LOG_IMAGE_FINALIZED,
	LOG_IMAGE_REUSABLE,
};

enum {
	/** Records are LOG_IMAGE_BYTES of text apart, at most (bytes). */
	LOG_IMAGE_BYTES = 128,
};

struct log_image {
	struct linux_image fake;
	/** A block may end where the ring does, as since 6.18. */
	bool fits_exactly;
	uint64_t ring, descs, infos, data;
	uint64_t count, bytes;
	size_t desc_bytes, info_bytes;
	/** As the kernel has them. */
	uint64_t head, tail, text_head, text_tail, sequence;
};

/** Empty, as it is before the first record. The sizes are powers of two, as logarithms.
 */
void log_image_begin(struct log_image *image, unsigned count_bits, unsigned data_bits);
void log_image_end(struct log_image *image);

/** Adds a record; older ones are overwritten as needed. Returns its identifier. */
uint64_t log_image_write(struct log_image *image, enum log_image_state state,
	const void *text, size_t length);

/** One whose text tells its number: "record 17", in a text of up to 60 bytes. */
uint64_t log_image_write_number(struct log_image *image, enum log_image_state state);

/** Of the record with the identifier @p id. */
void log_image_set_state(
	struct log_image *image, uint64_t id, enum log_image_state state);

/** Takes the pointers and counts anew to where another ring of these sizes is, which is
 * empty; records go on with the same numbers. */
void log_image_replace(struct log_image *image, unsigned count_bits, unsigned data_bits);

#endif
