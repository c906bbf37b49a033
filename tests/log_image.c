/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "log_image.h"

enum {
	IMAGE_BYTES = 1 << 20,
	NO_TEXT = 3,
};

static const char types[] =
	"struct prb_data_blk_lpos { unsigned long begin, next; };"
	"struct prb_desc { struct { s64 counter; } state_var;"
	"	struct prb_data_blk_lpos text_blk_lpos; };"
	"struct dev_printk_info { char subsystem[16]; char device[48]; };"
	"struct printk_info { u64 seq, ts_nsec; u16 text_len; u8 facility; u8 flags : 5;"
	"	u8 level : 3; u32 caller_id; struct dev_printk_info dev_info; };"
	"struct prb_desc_ring { unsigned int count_bits; struct prb_desc *descs;"
	"	struct printk_info *infos; struct { s64 counter; } head_id, tail_id; };"
	"struct prb_data_ring { unsigned int size_bits; char *data;"
	"	struct { s64 counter; } head_lpos, tail_lpos; };"
	"struct printk_ringbuffer { struct prb_desc_ring desc_ring;"
	"	struct prb_data_ring text_data_ring; struct { s64 counter; } fail; };";

static const char ring_type[] = "struct printk_ringbuffer";
static const char desc_type[] = "struct prb_desc";
static const char info_type[] = "struct printk_info";

static uint64_t id_of(uint64_t id)
{
	return id & (UINT64_MAX >> 2);
}

static uint64_t desc_of(struct log_image *image, uint64_t id)
{
	return image->descs +
	       (id & (image->count - 1)) * linux_image_sizeof(&image->fake, desc_type);
}

static uint64_t info_of(struct log_image *image, uint64_t id)
{
	return image->infos +
	       (id & (image->count - 1)) * linux_image_sizeof(&image->fake, info_type);
}

static void put_ends(struct log_image *image)
{
	struct linux_image *fake = &image->fake;

	linux_image_set(
		fake, image->ring, ring_type, "desc_ring.head_id.counter", image->head);
	linux_image_set(
		fake, image->ring, ring_type, "desc_ring.tail_id.counter", image->tail);
	linux_image_set(fake, image->ring, ring_type, "text_data_ring.head_lpos.counter",
		image->text_head);
	linux_image_set(fake, image->ring, ring_type, "text_data_ring.tail_lpos.counter",
		image->text_tail);
}

void log_image_set_state(struct log_image *image, uint64_t id, enum log_image_state state)
{
	linux_image_set(&image->fake, desc_of(image, id), desc_type, "state_var.counter",
		id_of(id) | (uint64_t)state << 62);
}

void log_image_replace(struct log_image *image, unsigned count_bits, unsigned data_bits)
{
	struct linux_image *fake = &image->fake;

	image->count = UINT64_C(1) << count_bits;
	image->bytes = UINT64_C(1) << data_bits;
	image->desc_bytes = linux_image_sizeof(fake, desc_type);
	image->info_bytes = linux_image_sizeof(fake, info_type);
	image->descs = linux_image_allocate(fake, image->count * image->desc_bytes);
	image->infos = linux_image_allocate(fake, image->count * image->info_bytes);
	image->data = linux_image_allocate(fake, image->bytes);
	/* _DEFINE_PRINTKRB(): the last descriptor is there, and may be taken. */
	image->head = image->tail = id_of(-(image->count + 1));
	image->text_head = image->text_tail = -image->bytes;
	linux_image_set(fake, image->ring, ring_type, "desc_ring.count_bits", count_bits);
	linux_image_set(fake, image->ring, ring_type, "desc_ring.descs", image->descs);
	linux_image_set(fake, image->ring, ring_type, "desc_ring.infos", image->infos);
	linux_image_set(
		fake, image->ring, ring_type, "text_data_ring.size_bits", data_bits);
	linux_image_set(fake, image->ring, ring_type, "text_data_ring.data", image->data);
	log_image_set_state(image, image->head, LOG_IMAGE_REUSABLE);
	linux_image_set(
		fake, desc_of(image, image->head), desc_type, "text_blk_lpos.begin", 1);
	linux_image_set(
		fake, desc_of(image, image->head), desc_type, "text_blk_lpos.next", 1);
	put_ends(image);
}

void log_image_begin(struct log_image *image, unsigned count_bits, unsigned data_bits)
{
	uint64_t pointer;

	*image = (struct log_image){.sequence = 0};
	linux_image_begin(&image->fake, IMAGE_BYTES, types);
	pointer = linux_image_allocate(&image->fake, 8);
	linux_image_symbol(&image->fake, "prb", pointer);
	image->ring = linux_image_allocate(
		&image->fake, linux_image_sizeof(&image->fake, ring_type));
	linux_image_put(&image->fake, pointer, image->ring, 8);
	log_image_replace(image, count_bits, data_bits);
	linux_image_ready(&image->fake);
}

void log_image_end(struct log_image *image)
{
	linux_image_end(&image->fake);
}

/* --- writing ---------------------------------------------------------------------- */

static uint64_t part_of(struct log_image *image, uint64_t id, const char *member)
{
	uint64_t value;

	memcpy(&value,
		linux_image_at(&image->fake,
			desc_of(image, id) +
				linux_image_offset(&image->fake, desc_type, member),
			8),
		8);
	return value;
}

/* Older records lose their texts up to @p position. */
static void make_room_for_text(struct log_image *image, uint64_t position)
{
	for (uint64_t id = image->tail;
		(int64_t)(position - image->text_tail) > (int64_t)image->bytes;
		id = id_of(id + 1)) {
		uint64_t next = part_of(image, id, "text_blk_lpos.next");

		log_image_set_state(image, id, LOG_IMAGE_REUSABLE);
		if (!(next & 1))
			image->text_tail = next;
	}
}

/* Where a block of @p bytes begins and ends. */
static void place_text(
	struct log_image *image, uint64_t bytes, uint64_t *begin, uint64_t *next)
{
	uint64_t end = image->text_head + bytes;
	uint64_t last = image->fits_exactly ? end - 1 : end;

	*begin = image->text_head;
	*next = end;
	if (*begin / image->bytes != last / image->bytes)
		*next = end / image->bytes * image->bytes + bytes;
	make_room_for_text(image, *next);
	image->text_head = *next;
}

static void put_text(
	struct log_image *image, uint64_t id, const void *text, size_t length)
{
	uint64_t bytes = (length + 8 + 7) / 8 * 8, begin = NO_TEXT, next = NO_TEXT, at;
	uint64_t desc = desc_of(image, id);

	if (length) {
		place_text(image, bytes, &begin, &next);
		at = begin & (image->bytes - 1);
		if (at + bytes > image->bytes ||
			(at + bytes == image->bytes && !image->fits_exactly))
			at = 0;
		linux_image_put(&image->fake, image->data + at, id, 8);
		memcpy(linux_image_at(&image->fake, image->data + at + 8, length), text,
			length);
	}
	linux_image_set(&image->fake, desc, desc_type, "text_blk_lpos.begin", begin);
	linux_image_set(&image->fake, desc, desc_type, "text_blk_lpos.next", next);
}

static uint64_t take_desc(struct log_image *image)
{
	image->head = id_of(image->head + 1);
	if (id_of(image->head - image->tail) == image->count)
		image->tail = id_of(image->tail + 1);
	put_ends(image);
	return image->head;
}

uint64_t log_image_write(struct log_image *image, enum log_image_state state,
	const void *text, size_t length)
{
	struct linux_image *fake = &image->fake;
	uint64_t id = take_desc(image), info = info_of(image, id);
	uint8_t flags;

	/* Numbers and descriptors go together. */
	while ((image->sequence ^ id) & (image->count - 1))
		image->sequence++;
	log_image_set_state(image, id, LOG_IMAGE_RESERVED);
	put_text(image, id, text, length);
	linux_image_set(fake, info, info_type, "seq", image->sequence);
	linux_image_set(fake, info, info_type, "ts_nsec", image->sequence * 1000000);
	linux_image_set(fake, info, info_type, "text_len", length);
	linux_image_set(fake, info, info_type, "facility", image->sequence % 3);
	flags = (uint8_t)(image->sequence % 8 << 5 | 2);
	linux_image_put(fake, info + 19, flags, 1);
	log_image_set_state(image, id, state);
	put_ends(image);
	image->sequence++;
	return id;
}

uint64_t log_image_write_number(struct log_image *image, enum log_image_state state)
{
	char text[LOG_IMAGE_BYTES];
	unsigned long long number = image->sequence;
	int padding = (int)(number * 7 % 50);
	int length = snprintf(text, sizeof(text), "record %llu %*s", number, padding, "");

	return log_image_write(image, state, text, (size_t)length);
}
