/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watched memory as values. They lie in a space that is the target's, but for the watched
 * bytes, which are those of another moment: structures and arrays are read part by part.
 */
#include <string.h>

#include "probe.h"
#include "value.h"

struct sonde_probe_copy {
	struct sonde_space space;
	struct sonde_space *below;
	uint64_t address;
	size_t length;
	/** Borrowed from the probe. */
	const uint8_t *bytes;
};

/* Bytes that are watched from the copy, what is before and behind them from below. */
static struct sonde_error *read_copy(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	const struct sonde_probe_copy *copy =
		CONTAINER_OF(space, struct sonde_probe_copy, space);
	uint64_t first = copy->address, end = first + copy->length;
	uint64_t from = address > first ? address : first;
	uint64_t to = address + length < end ? address + length : end;

	if (from < to && from == address && to == address + length) {
		memcpy(buffer, copy->bytes + (address - first), length);
		return NULL;
	}
	CHECK(sonde_space_read(copy->below, address, buffer, length));
	if (from < to)
		memcpy((uint8_t *)buffer + (from - address), copy->bytes + (from - first),
			(size_t)(to - from));
	return NULL;
}

static const struct sonde_space_ops copy_ops = {.read = read_copy};

void sonde_probe_free_copies(struct sonde_probe *probe)
{
	for (size_t i = 0; i < ARRAY_SIZE(probe->copies); i++) {
		if (probe->copies[i])
			sonde_space_deinit(&probe->copies[i]->space);
		free(probe->copies[i]);
	}
}

static struct sonde_error *make_copy(struct sonde_probe_hit *hit, size_t index,
	const uint8_t *bytes, struct sonde_space **ret)
{
	struct sonde_probe *probe = hit->probe;
	struct sonde_probe_copy *copy = probe->copies[index];
	struct sonde_space *below;

	CHECK(sonde_target_virtual(hit->probes->target, hit->thread, &below));
	if (!copy) {
		copy = probe->copies[index] = calloc(1, sizeof(*copy));
		if (!copy)
			return sonde_error_no_memory();
	}
	copy->space.ops = &copy_ops;
	copy->space.name = below->name;
	copy->space.page_bytes = below->page_bytes;
	copy->space.limit = below->limit;
	copy->space.big_endian = below->big_endian;
	copy->space.epoch = below->epoch;
	copy->below = below;
	copy->address = hit->link->place->address;
	copy->length = (size_t)probe->watched_length;
	copy->bytes = bytes;
	*ret = &copy->space;
	return NULL;
}

static struct sonde_error *make_value(struct sonde_probe_hit *hit, size_t index,
	const uint8_t *bytes, struct sonde_type type, bool *has, struct sonde_value *ret)
{
	struct sonde_space *space;

	*has = bytes != NULL;
	if (!bytes)
		return NULL;
	CHECK(make_copy(hit, index, bytes, &space));
	return sonde_value_at(space, hit->link->place->address, type, ret);
}

struct sonde_error *sonde_probe_hit_change_values(struct sonde_probe_hit *hit,
	const struct sonde_type *type, bool *has_before, struct sonde_value *before,
	bool *has_now, struct sonde_value *now)
{
	struct sonde_probe_change change;
	uint64_t bytes;

	CHECK(sonde_probe_hit_change(hit, &change));
	if (!type && !hit->probe->watched_typed)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "the type of what is watched is not known");
	type = type ?: &hit->probe->watched_type;
	CHECK(sonde_type_bytes(*type, &bytes));
	if (bytes > change.length)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "the type is larger than what is watched");
	CHECK(make_value(hit, 0, change.before, *type, has_before, before));
	return make_value(hit, 1, change.now, *type, has_now, now);
}
