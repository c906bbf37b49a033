/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "probe.h"

/* Watched memory is all in the first one: a stop may be anywhere in it. */
static unsigned bucket_of(enum sonde_breakpoint_kind kind, uint64_t address)
{
	if (kind > SONDE_BREAKPOINT_HARDWARE)
		return 0;
	return (unsigned)((address ^ address >> 8 ^ address >> 16) % SONDE_PROBE_BUCKETS);
}

static bool executes(const struct sonde_probe_place *place)
{
	return place->kind <= SONDE_BREAKPOINT_HARDWARE;
}

struct sonde_error *sonde_probe_place_get(struct sonde_probes *probes,
	enum sonde_breakpoint_kind kind, uint64_t address, uint64_t length,
	struct sonde_probe_place **ret)
{
	struct sonde_probe_place **bucket = &probes->places[bucket_of(kind, address)],
				 *place;
	struct sonde_error *error;

	for (place = *bucket; place; place = place->next) {
		if (place->kind != kind || place->address != address ||
			place->length != length)
			continue;
		*ret = place;
		return NULL;
	}
	place = calloc(1, sizeof(*place));
	if (!place)
		return sonde_error_no_memory();
	place->kind = kind;
	place->address = address;
	place->length = length;
	error = sonde_breakpoint_create(
		probes->target, kind, address, length, &place->breakpoint);
	if (error) {
		free(place);
		return error;
	}
	place->next = *bucket;
	*bucket = place;
	*ret = place;
	return NULL;
}

struct sonde_error *sonde_probe_place_put(
	struct sonde_probes *probes, struct sonde_probe_place *place)
{
	struct sonde_probe_place **at =
		&probes->places[bucket_of(place->kind, place->address)];
	struct sonde_error *error;

	if (place->links || place->is_return)
		return NULL;
	while (*at != place)
		at = &(*at)->next;
	*at = place->next;
	error = sonde_breakpoint_destroy(place->breakpoint);
	free(place);
	return error;
}

/* A stub says how memory was touched; who watches for something else is not meant. */
static bool is_touched(
	const struct sonde_probe_place *place, const struct sonde_stop *stop)
{
	if (executes(place) || stop->address - place->address >= place->length)
		return false;
	if (place->kind == SONDE_BREAKPOINT_WATCH_WRITE)
		return stop->watch_kind != SONDE_WATCH_READ;
	return place->kind == SONDE_BREAKPOINT_WATCH_ACCESS ||
	       stop->watch_kind != SONDE_WATCH_WRITE;
}

static struct sonde_probe_place *next_touched(struct sonde_probes *probes,
	struct sonde_probe_place *place, const struct sonde_stop *stop)
{
	place = place ? place->next : probes->places[0];
	while (place && !is_touched(place, stop))
		place = place->next;
	return place;
}

struct sonde_probe_place *sonde_probe_place_next(struct sonde_probes *probes,
	struct sonde_probe_place *place, const struct sonde_stop *stop)
{
	if (stop->reason == SONDE_STOP_WATCHPOINT)
		return next_touched(probes, place, stop);
	/* A step arrives at an address as anybody does. */
	if (!stop->pc_known || (stop->reason != SONDE_STOP_BREAKPOINT &&
				       stop->reason != SONDE_STOP_STEP))
		return NULL;
	place = place ? place->next
		      : probes->places[bucket_of(SONDE_BREAKPOINT_SOFTWARE, stop->pc)];
	while (place && (!executes(place) || place->address != stop->pc))
		place = place->next;
	return place;
}
