/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "kernel.h"
#include "log_ring.h"
#include "space_search.h"
#include "vmcoreinfo.h"

enum {
	/** log_buf_len= takes up to 2 GiB; systems have 16 MiB. */
	DATA_BITS_MAX = 28,
	COUNT_BITS_MAX = 23,
	STRUCTURE_BYTES_MAX = 4096,
	/** Descriptors that are read, and held against themselves, at once. */
	CHUNK = 1024,
	/** Of texts (bytes). */
	WINDOW_BYTES = 128 << 10,
	/** Times that a record is read before it is taken as it is; and how many are read
	   more than once. */
	LOOKS = 4,
	PATIENCE = 1024,
	/** Behind copies, for what types say that is not quite so (bytes). */
	SLACK = 16,
	/** Of a block of text: the descriptor's identifier, before the text. */
	BLOCK_HEAD = 8,
	/** A descriptor's state is in the two highest bits. */
	STATE_SHIFT = 62,
	/** FAILED_LPOS: there was no room for a text. */
	FAILED = 1,
};

#define PLACE(member) offsetof(struct sonde_linux_log_fields, member)

static const struct sonde_field_wish wishes[] = {
	{"struct printk_ringbuffer", "desc_ring.count_bits", PLACE(count_bits)},
	{"struct printk_ringbuffer", "desc_ring.descs", PLACE(descs)},
	{"struct printk_ringbuffer", "desc_ring.infos", PLACE(infos)},
	{"struct printk_ringbuffer", "desc_ring.head_id.counter", PLACE(head_id)},
	{"struct printk_ringbuffer", "desc_ring.tail_id.counter", PLACE(tail_id)},
	{"struct printk_ringbuffer", "text_data_ring.size_bits", PLACE(size_bits)},
	{"struct printk_ringbuffer", "text_data_ring.data", PLACE(data)},
};

static const struct sonde_field_wish part_wishes[] = {
	{"struct prb_desc", NULL, PLACE(desc)},
	{"struct prb_desc", "state_var.counter", PLACE(desc_state)},
	{"struct prb_desc", "text_blk_lpos.begin", PLACE(desc_begin)},
	{"struct prb_desc", "text_blk_lpos.next", PLACE(desc_next)},
	{"struct printk_info", NULL, PLACE(info)},
	{"struct printk_info", "seq", PLACE(info_seq)},
	{"struct printk_info", "ts_nsec", PLACE(info_time)},
	{"struct printk_info", "text_len", PLACE(info_length)},
	{"struct printk_info", "facility", PLACE(info_facility)},
	{"struct printk_info", "level", PLACE(info_level)},
};

/* --- where it is ------------------------------------------------------------------ */

static struct sonde_error *find_place(struct sonde_linux *kernel, uint64_t *ret)
{
	CLEANUP(cleanup_free) struct sonde_vmcoreinfo *info = NULL;
	struct sonde_symbol symbol;
	bool found;

	CHECK(sonde_linux_own_look_up(kernel, "prb", &symbol, &found));
	if (found) {
		*ret = symbol.address;
		return NULL;
	}
	info = malloc(sizeof(*info));
	if (!info)
		return sonde_error_no_memory();
	CHECK(sonde_linux_vmcoreinfo_find(kernel, info, &found));
	if (found && sonde_vmcoreinfo_hex(info, "SYMBOL(prb)", ret))
		return NULL;
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_NOT_FOUND,
			"neither the kernel's symbols nor VMCOREINFO tell where its log "
			"is ('prb')"),
		"--symbols FILE does; memory that is mapped can be looked through");
}

static bool is_whole(const struct sonde_field *field)
{
	return field->bytes && field->bytes <= 8;
}

/* What a hostile kernel's types say of its structures. */
static bool has_sane_types(const struct sonde_linux_log_fields *fields)
{
	const struct sonde_field *desc[] = {
		&fields->desc_state, &fields->desc_begin, &fields->desc_next};
	const struct sonde_field *info[] = {&fields->info_seq, &fields->info_time,
		&fields->info_length, &fields->info_facility, &fields->info_level};
	bool sane = fields->desc.bytes && fields->desc.bytes <= STRUCTURE_BYTES_MAX &&
		    fields->info.bytes && fields->info.bytes <= STRUCTURE_BYTES_MAX;

	for (size_t i = 0; i < ARRAY_SIZE(desc); i++)
		sane = sane && is_whole(desc[i]) &&
		       desc[i]->offset + 8 <= fields->desc.bytes;
	for (size_t i = 0; i < ARRAY_SIZE(info); i++)
		sane = sane && is_whole(info[i]) &&
		       info[i]->offset + info[i]->bytes <= fields->info.bytes;
	return sane;
}

struct sonde_error *sonde_linux_log_ring_find(
	struct sonde_linux *kernel, struct sonde_linux_log_ring *ret)
{
	const struct sonde_types *types;

	*ret = (struct sonde_linux_log_ring){.kernel = kernel};
	CHECK(sonde_linux_types_find(&kernel->types, &types));
	CHECK(sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), &ret->fields));
	CHECK(sonde_fields_resolve(
		types, part_wishes, ARRAY_SIZE(part_wishes), &ret->fields));
	if (!has_sane_types(&ret->fields))
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"the types of the log's structures do not fit together");
	CHECK(sonde_record_plan(wishes, ARRAY_SIZE(wishes), &ret->fields,
		STRUCTURE_BYTES_MAX, &ret->record));
	if (ret->record.bytes > STRUCTURE_BYTES_MAX)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"'struct printk_ringbuffer' is larger than any");
	return find_place(kernel, &ret->place);
}

/* --- its shape -------------------------------------------------------------------- */

static uint64_t distance(uint64_t from, uint64_t to)
{
	return (to - from) & SONDE_LINUX_LOG_ID;
}

static bool take_shape(const struct sonde_linux_log_fields *fields, const uint8_t *copy,
	struct sonde_linux_log_shape *shape)
{
	uint64_t count_bits = sonde_record_integer(&fields->count_bits, copy);
	uint64_t data_bits = sonde_record_integer(&fields->size_bits, copy);

	if (!count_bits || count_bits > COUNT_BITS_MAX || data_bits < 4 ||
		data_bits > DATA_BITS_MAX)
		return false;
	shape->descs = sonde_record_integer(&fields->descs, copy);
	shape->infos = sonde_record_integer(&fields->infos, copy);
	shape->data = sonde_record_integer(&fields->data, copy);
	shape->count = UINT64_C(1) << count_bits;
	shape->data_bytes = UINT64_C(1) << data_bits;
	shape->head = sonde_record_integer(&fields->head_id, copy) & SONDE_LINUX_LOG_ID;
	shape->tail = sonde_record_integer(&fields->tail_id, copy) & SONDE_LINUX_LOG_ID;
	return shape->descs >> 63 && shape->infos >> 63 && shape->data >> 63 &&
	       distance(shape->tail, shape->head) < shape->count;
}

struct sonde_error *sonde_linux_log_ring_look(struct sonde_linux_log_ring *ring)
{
	struct sonde_space *space = &ring->kernel->space.space;
	uint8_t copy[STRUCTURE_BYTES_MAX + SLACK];
	struct sonde_linux_log_shape shape;

	/* Both ends move, and are not read at the same moment. */
	for (unsigned i = 0; i < LOOKS; i++) {
		CHECK(sonde_space_read_integer(space, ring->place, 8, &shape.ring));
		CHECK(sonde_record_read(&ring->record, space, shape.ring, copy));
		if (take_shape(&ring->fields, copy, &shape)) {
			ring->shape = shape;
			return NULL;
		}
	}
	return sonde_error_create(SONDE_ERROR_BAD_DATA,
		"what 'prb' leads to is no ring of records: its sizes, pointers or "
		"ends cannot be right");
}

/* --- parts of rings --------------------------------------------------------------- */

/* Elements of @p bytes each in a ring of @p count, from @p first on; what cannot be read
 * is zeros. */
static struct sonde_error *read_elements(const struct sonde_linux_log_ring *ring,
	uint64_t address, uint64_t bytes, uint64_t first, size_t wanted, uint8_t *ret)
{
	uint64_t index = first & (ring->shape.count - 1);
	uint64_t before_end = ring->shape.count - index;
	size_t parts[] = {wanted < before_end ? wanted : (size_t)before_end, 0}, got;

	parts[1] = wanted - parts[0];
	memset(ret, 0, wanted * bytes);
	for (unsigned i = 0; i < 2; i++) {
		if (!parts[i])
			continue;
		CHECK(sonde_space_read_part(&ring->kernel->space.space,
			address + (i ? 0 : index * bytes), ret, parts[i] * bytes, &got));
		ret += parts[i] * bytes;
	}
	return NULL;
}

/* A part of the texts, which lie one after the other. */
struct window {
	uint64_t first;
	size_t length;
	uint8_t bytes[WINDOW_BYTES];
};

struct chunk {
	uint64_t first;
	size_t count;
	/** Where the texts of this chunk end. */
	uint64_t text_end;
	/** Descriptors before and after what they describe was read. */
	uint8_t *before, *after, *infos;
	/** How many may be read again yet. */
	unsigned patience;
	struct window window;
};

static bool has_in_window(const struct window *window, uint64_t index, size_t length)
{
	return index >= window->first && index - window->first <= window->length &&
	       length <= window->length - (index - window->first);
}

/* Fills the window from @p index on: at least @p length bytes, and what other records of
 * the chunk may have behind it. */
static struct sonde_error *fill_window(const struct sonde_linux_log_ring *ring,
	struct chunk *chunk, uint64_t index, size_t length)
{
	uint64_t end = chunk->text_end & (ring->shape.data_bytes - 1);
	uint64_t wanted = (end > index ? end : ring->shape.data_bytes) - index;

	if (wanted > WINDOW_BYTES)
		wanted = WINDOW_BYTES;
	if (wanted < length)
		wanted = length;
	chunk->window.first = index;
	return sonde_space_read_part(&ring->kernel->space.space, ring->shape.data + index,
		chunk->window.bytes, (size_t)wanted, &chunk->window.length);
}

/* --- one record ------------------------------------------------------------------- */

static uint64_t desc_part(const struct sonde_linux_log_ring *ring, const uint8_t *descs,
	size_t number, const struct sonde_field *field)
{
	return sonde_record_integer(field, descs + number * ring->fields.desc.bytes);
}

/* Where the text of a descriptor is, without what is before it; false: it has none, or it
 * makes no sense. */
static bool find_text(const struct sonde_linux_log_ring *ring, uint64_t begin,
	uint64_t next, uint64_t *ret_index, uint64_t *ret_length)
{
	uint64_t size = ring->shape.data_bytes;
	uint64_t index = begin & (size - 1), end = next & (size - 1);
	/* Positions begin just before they start at 0 again. */
	bool wraps = (begin + size) / size == next / size;

	/* Odd positions say that there are no data. */
	if ((begin & 1) || index % BLOCK_HEAD)
		return false;
	/* One that does not fit before the end is at the beginning; one that just fits
	   ends there since 6.18 or so. */
	if (wraps && end)
		index = 0;
	else if (wraps)
		end = size;
	else if (begin / size != next / size)
		return false;
	if (end < index + BLOCK_HEAD || end > size)
		return false;
	*ret_index = index;
	*ret_length = end - index;
	return true;
}

static struct sonde_error *add_text(const struct sonde_linux_log_ring *ring,
	struct sonde_linux_log_records *records, struct sonde_linux_log_record *record,
	const void *text, size_t length)
{
	record->text = records->texts.length;
	record->length = 0;
	/* An honest ring has not so much, and a few are read more than once. */
	if (records->texts.length + length > 2 * ring->shape.data_bytes) {
		records->overflow = true;
		length = 0;
	}
	CHECK(sonde_buffer_append(&records->texts, text, length));
	record->length = length;
	return sonde_buffer_append(&records->texts, "", 1);
}

/* *@p fits: the block is this descriptor's. */
static struct sonde_error *read_text(const struct sonde_linux_log_ring *ring,
	struct chunk *chunk, size_t number, uint64_t wanted,
	struct sonde_linux_log_records *records, struct sonde_linux_log_record *record,
	bool *fits)
{
	uint64_t begin = desc_part(ring, chunk->before, number, &ring->fields.desc_begin);
	uint64_t next = desc_part(ring, chunk->before, number, &ring->fields.desc_next);
	uint64_t index, length, id;
	const uint8_t *block;

	*fits = true;
	if (!find_text(ring, begin, next, &index, &length)) {
		/* No text is one of no bytes. */
		*fits = begin & 1 && !wanted;
		return add_text(ring, records, record, "", 0);
	}
	if (length > wanted + BLOCK_HEAD)
		length = wanted + BLOCK_HEAD;
	if (length > WINDOW_BYTES)
		length = WINDOW_BYTES;
	if (!has_in_window(&chunk->window, index, (size_t)length))
		CHECK(fill_window(ring, chunk, index, (size_t)length));
	*fits = has_in_window(&chunk->window, index, (size_t)length);
	if (!*fits)
		return add_text(ring, records, record, "", 0);
	block = chunk->window.bytes + (index - chunk->window.first);
	memcpy(&id, block, sizeof(id));
	*fits = (id & SONDE_LINUX_LOG_ID) == record->id;
	return add_text(
		ring, records, record, block + BLOCK_HEAD, (size_t)length - BLOCK_HEAD);
}

/* What is beside the descriptor. *@p fits: it is of a record with this place. */
static uint64_t take_info(const struct sonde_linux_log_ring *ring,
	const struct chunk *chunk, size_t number, struct sonde_linux_log_record *record,
	bool *fits)
{
	const struct sonde_linux_log_fields *fields = &ring->fields;
	const uint8_t *info = chunk->infos + number * fields->info.bytes;

	record->sequence = sonde_record_integer(&fields->info_seq, info);
	record->time = sonde_record_integer(&fields->info_time, info);
	record->facility = (uint32_t)sonde_record_integer(&fields->info_facility, info);
	record->level = (uint32_t)sonde_record_integer(&fields->info_level, info) & 7;
	*fits = !((record->sequence ^ record->id) & (ring->shape.count - 1));
	return sonde_record_integer(&fields->info_length, info) & UINT16_MAX;
}

static enum sonde_linux_log_state state_of(const struct sonde_linux_log_ring *ring,
	const uint8_t *descs, size_t number, uint64_t id)
{
	static const enum sonde_linux_log_state states[] = {SONDE_LINUX_LOG_RESERVED,
		SONDE_LINUX_LOG_COMMITTED, SONDE_LINUX_LOG_FINALIZED,
		SONDE_LINUX_LOG_GONE};
	uint64_t state = desc_part(ring, descs, number, &ring->fields.desc_state);

	if ((state & SONDE_LINUX_LOG_ID) == id)
		return states[state >> STATE_SHIFT];
	/* Who takes a descriptor counts the ring's head up first. */
	return distance(state, id) == ring->shape.count ? SONDE_LINUX_LOG_RESERVED
							: SONDE_LINUX_LOG_FOREIGN;
}

static bool has_failed(
	const struct sonde_linux_log_ring *ring, const uint8_t *descs, size_t number)
{
	return desc_part(ring, descs, number, &ring->fields.desc_begin) == FAILED &&
	       desc_part(ring, descs, number, &ring->fields.desc_next) == FAILED;
}

static bool has_text(enum sonde_linux_log_state state)
{
	return state == SONDE_LINUX_LOG_COMMITTED || state == SONDE_LINUX_LOG_FINALIZED;
}

static struct sonde_error *take_record(const struct sonde_linux_log_ring *ring,
	struct chunk *chunk, size_t number, struct sonde_linux_log_records *records,
	struct sonde_linux_log_record *record)
{
	uint64_t id = (chunk->first + number) & SONDE_LINUX_LOG_ID, length;
	bool info_fits, text_fits;

	*record = (struct sonde_linux_log_record){.id = id};
	record->state = state_of(ring, chunk->before, number, id);
	if (!has_text(record->state))
		return NULL;
	if (has_failed(ring, chunk->before, number)) {
		record->state = SONDE_LINUX_LOG_GONE;
		return NULL;
	}
	length = take_info(ring, chunk, number, record, &info_fits);
	CHECK(read_text(ring, chunk, number, length, records, record, &text_fits));
	record->torn = !info_fits || !text_fits;
	return NULL;
}

/* --- many ------------------------------------------------------------------------- */

static struct sonde_error *begin_chunk(const struct sonde_linux_log_ring *ring,
	struct chunk *chunk, uint64_t first, size_t count)
{
	const struct sonde_linux_log_shape *shape = &ring->shape;

	chunk->first = first;
	chunk->count = count;
	chunk->window.first = chunk->window.length = 0;
	CHECK(read_elements(ring, shape->descs, ring->fields.desc.bytes, first, count,
		chunk->before));
	CHECK(read_elements(
		ring, shape->infos, ring->fields.info.bytes, first, count, chunk->infos));
	chunk->text_end = 0;
	for (size_t i = count; i > 0 && !chunk->text_end; i--) {
		uint64_t next =
			desc_part(ring, chunk->before, i - 1, &ring->fields.desc_next);

		if (!(next & 1))
			chunk->text_end = next;
	}
	return NULL;
}

static bool is_same(
	const struct sonde_linux_log_ring *ring, const struct chunk *chunk, size_t number)
{
	size_t bytes = (size_t)ring->fields.desc.bytes;

	return !memcmp(
		chunk->before + number * bytes, chunk->after + number * bytes, bytes);
}

/* One by itself, until it stands still. */
static struct sonde_error *read_again(const struct sonde_linux_log_ring *ring,
	struct chunk *chunk, struct sonde_linux_log_records *records,
	struct sonde_linux_log_record *record)
{
	uint64_t id = record->id;

	for (unsigned i = 1; i < LOOKS; i++) {
		CHECK(begin_chunk(ring, chunk, id, 1));
		CHECK(take_record(ring, chunk, 0, records, record));
		CHECK(read_elements(ring, ring->shape.descs, ring->fields.desc.bytes, id,
			1, chunk->after));
		if (is_same(ring, chunk, 0) && !record->torn)
			return NULL;
	}
	record->torn = has_text(record->state);
	return NULL;
}

static struct sonde_error *read_chunk(const struct sonde_linux_log_ring *ring,
	struct chunk *chunk, uint64_t first, size_t count,
	struct sonde_linux_log_records *records)
{
	struct sonde_linux_log_record *list = records->list + records->count;

	CHECK(sonde_context_check_interrupt(ring->kernel->target.sonde));
	CHECK(begin_chunk(ring, chunk, first, count));
	for (size_t i = 0; i < count; i++)
		CHECK(take_record(ring, chunk, i, records, &list[i]));
	CHECK(read_elements(ring, ring->shape.descs, ring->fields.desc.bytes, first,
		count, chunk->after));
	records->count += count;
	/* Reading one again replaces what was read of the others. */
	for (size_t i = 0; i < count; i++)
		list[i].torn |= !is_same(ring, chunk, i);
	for (size_t i = 0; i < count && chunk->patience; i++) {
		if (!list[i].torn)
			continue;
		chunk->patience--;
		CHECK(read_again(ring, chunk, records, &list[i]));
	}
	return NULL;
}

static struct sonde_error *make_room(struct sonde_linux_log_records *records, size_t more)
{
	struct sonde_linux_log_record *list;

	if (records->room - records->count >= more)
		return NULL;
	list = realloc(records->list, (records->count + more) * sizeof(*list));
	if (!list)
		return sonde_error_no_memory();
	records->list = list;
	records->room = records->count + more;
	return NULL;
}

static struct sonde_error *read_chunks(const struct sonde_linux_log_ring *ring,
	struct chunk *chunk, uint64_t first, uint64_t count,
	struct sonde_linux_log_records *records)
{
	CHECK(make_room(records, (size_t)count));
	for (uint64_t done = 0; done < count;) {
		size_t some = count - done < CHUNK ? (size_t)(count - done) : CHUNK;

		CHECK(read_chunk(
			ring, chunk, (first + done) & SONDE_LINUX_LOG_ID, some, records));
		done += some;
	}
	return NULL;
}

struct sonde_error *sonde_linux_log_ring_read(const struct sonde_linux_log_ring *ring,
	uint64_t first, uint64_t last, struct sonde_linux_log_records *records)
{
	struct chunk *chunk = malloc(sizeof(*chunk));
	uint64_t count = distance(first, last) + 1;
	size_t most = count < CHUNK ? (size_t)count : CHUNK;
	struct sonde_error *error = NULL;

	if (!chunk)
		return sonde_error_no_memory();
	chunk->patience = PATIENCE;
	chunk->before = malloc(most * ring->fields.desc.bytes + SLACK);
	chunk->after = malloc(most * ring->fields.desc.bytes + SLACK);
	chunk->infos = malloc(most * ring->fields.info.bytes + SLACK);
	if (!chunk->before || !chunk->after || !chunk->infos)
		error = sonde_error_no_memory();
	if (!error)
		error = read_chunks(ring, chunk, first, count, records);
	free(chunk->before);
	free(chunk->after);
	free(chunk->infos);
	free(chunk);
	return error;
}

void sonde_linux_log_records_deinit(struct sonde_linux_log_records *records)
{
	free(records->list);
	sonde_buffer_deinit(&records->texts);
	*records = (struct sonde_linux_log_records){.list = NULL};
}
