/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Symbols that are to come: a probe of the address that the level names (core/symbol.h)
 * looks whenever some have come, before their code is executed. It is there as long as
 * somebody waits.
 */
#include <string.h>

#include "probe.h"

bool sonde_probe_may_wait(const struct sonde_probe *probe, const char *text,
	const struct sonde_error *error)
{
	return probe->pending && text && !sonde_probe_is_line(text) &&
	       sonde_error_is(error, SONDE_ERROR_NOT_FOUND);
}

void sonde_probe_forget_awaited(struct sonde_probe *probe)
{
	while (probe->awaited) {
		struct sonde_awaited *awaited = probe->awaited;

		probe->awaited = awaited->next;
		free(awaited);
	}
}

/* All that @p probe waits for; what has not come is waited for on. */
static struct sonde_error *look(struct sonde_probe *probe)
{
	struct sonde_awaited **at = &probe->awaited;

	while (*at) {
		struct sonde_awaited *awaited = *at;
		struct sonde_error *error = sonde_probe_put_at(probe, awaited->text, 0);

		if (sonde_probe_may_wait(probe, awaited->text, error)) {
			sonde_error_destroy(error);
			at = &awaited->next;
			continue;
		}
		CHECK(error);
		*at = awaited->next;
		free(awaited);
	}
	return NULL;
}

struct sonde_error *sonde_probe_stop_waiting(struct sonde_probes *probes)
{
	struct sonde_probe *news = probes->news;

	if (!news)
		return NULL;
	for (const struct sonde_probe *p = probes->first; p; p = p->next)
		if (p->awaited)
			return NULL;
	probes->news = NULL;
	return sonde_probe_destroy(news);
}

static struct sonde_error *symbols_have_come(struct sonde_probe_hit *hit, void *user)
{
	struct sonde_probes *probes = user;

	(void)hit;
	for (struct sonde_probe *p = probes->first; p; p = p->next)
		CHECK(look(p));
	return sonde_probe_stop_waiting(probes);
}

static struct sonde_error *watch_for_news(struct sonde_probes *probes)
{
	struct sonde_probe_options options = {.size = sizeof(options),
		.kind = SONDE_PROBE_INSTRUCTION,
		.handler = symbols_have_come,
		.user = probes};
	bool found;

	if (probes->news)
		return NULL;
	CHECK(sonde_symbol_arrival(probes->target, &options.address, &found));
	if (!found)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"nobody knows when symbols come: the kernel has no symbol "
			"'do_init_module'");
	return sonde_probe_create(probes, &options, &probes->news);
}

struct sonde_error *sonde_probe_await(struct sonde_probe *probe, const char *text)
{
	size_t length = strlen(text) + 1;
	struct sonde_awaited *awaited;

	CHECK(watch_for_news(probe->probes));
	awaited = malloc(sizeof(*awaited) + length);
	if (!awaited)
		return sonde_error_no_memory();
	memcpy(awaited->text, text, length);
	awaited->next = probe->awaited;
	probe->awaited = awaited;
	return NULL;
}
