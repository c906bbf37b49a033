/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Probes of probes are a tree: what a probe feeds hangs on it. It has no cycles, since a
 * source is there before what it feeds, and it is gone through without recursion, since
 * a program makes it as deep as it likes.
 */
#include "probe.h"

struct sonde_error *sonde_probe_feed(
	struct sonde_probe *probe, struct sonde_probe *source)
{
	struct sonde_probe **at = &source->fed;

	if (source->probes != probe->probes)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"a probe and its source are of the same probes");
	if (source->removed)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "the source is out already");
	while (*at)
		at = &(*at)->next_fed;
	*at = probe;
	probe->source = source;
	return NULL;
}

void sonde_probe_stop_feeding(struct sonde_probe *probe)
{
	struct sonde_probe **at;

	if (!probe->source)
		return;
	at = &probe->source->fed;
	while (*at != probe)
		at = &(*at)->next_fed;
	*at = probe->next_fed;
	probe->source = probe->next_fed = NULL;
}

struct sonde_probe *sonde_probe_next_fed(
	const struct sonde_probe *source, const struct sonde_probe *probe)
{
	if (probe->fed)
		return probe->fed;
	while (probe != source && !probe->next_fed)
		probe = probe->source;
	return probe == source ? NULL : probe->next_fed;
}

struct sonde_probe *sonde_probe_last_fed(struct sonde_probe *source)
{
	while (source->fed)
		source = source->fed;
	return source;
}
