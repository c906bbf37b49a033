/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Probes come and go, also while their target runs, and while handlers are called. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "probe.h"

/* --- while the target stands ---------------------------------------------------------
 */

/* Stops a target that runs; *@p ran says that it is to run on. */
static struct sonde_error *hold(struct sonde_probes *probes, bool *ran)
{
	bool hit;

	*ran = sonde_target_state(probes->target) == SONDE_STATE_RUNNING;
	return *ran ? sonde_probes_pause(probes, &hit) : NULL;
}

/* A hit that came meanwhile is taken first: then it stays stopped, and the loop sees it.
 */
static struct sonde_error *let_go(struct sonde_probes *probes, bool ran)
{
	return ran && !probes->has_kept ? sonde_target_resume(probes->target) : NULL;
}

/* --- life -----------------------------------------------------------------------------
 */

static void free_probe(struct sonde_probe *probe)
{
	while (probe->links) {
		struct sonde_probe_link *link = probe->links;

		probe->links = link->sibling;
		free(link->function);
		free(link);
	}
	sonde_probe_forget_awaited(probe);
	sonde_expression_destroy(probe->condition);
	free(probe->filter_comm);
	sonde_error_destroy(probe->fault);
	sonde_probe_free_copies(probe);
	free(probe->before);
	free(probe->now);
	free(probe);
}

void sonde_probe_release(struct sonde_probe *probe)
{
	if (--probe->busy == 0 && probe->destroyed)
		free_probe(probe);
}

static struct sonde_error *unlink_place(struct sonde_probe_link *link)
{
	struct sonde_probes *probes = link->probe->probes;
	struct sonde_probe_link **at = &link->place->links;

	if (link->probe->kind == SONDE_PROBE_RETURN)
		sonde_returns_forget(&probes->returns, link);
	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	return sonde_probe_place_put(probes, link->place);
}

static void unlink_from(struct sonde_probe **list, const struct sonde_probe *probe)
{
	while (*list != probe)
		list = &(*list)->next;
	*list = probe->next;
}

/* It feeds none any more. */
static struct sonde_error *remove_alone(struct sonde_probe *probe)
{
	struct sonde_probes *probes = probe->probes;
	struct sonde_error *error = NULL;

	probe->removed = true;
	sonde_probe_stop_feeding(probe);
	sonde_probe_forget_awaited(probe);
	if (probes->news == probe)
		probes->news = NULL;
	unlink_from(&probes->first, probe);
	probe->next = probes->spent;
	probes->spent = probe;
	for (struct sonde_probe_link *l = probe->links; l; l = l->sibling)
		error = sonde_error_first(error, unlink_place(l));
	if (probe->kind == SONDE_PROBE_RETURN)
		error = sonde_error_first(error, sonde_probe_drop_idle_places(probes));
	return sonde_error_first(error, sonde_probe_stop_waiting(probes));
}

struct sonde_error *sonde_probe_remove(struct sonde_probe *probe)
{
	struct sonde_error *error = NULL;

	while (!probe->removed)
		error = sonde_error_first(
			error, remove_alone(sonde_probe_last_fed(probe)));
	return error;
}

static struct sonde_error *remove_and_free(struct sonde_probe *probe)
{
	struct sonde_error *error = sonde_probe_remove(probe);

	unlink_from(&probe->probes->spent, probe);
	probe->destroyed = true;
	if (!probe->busy)
		free_probe(probe);
	return error;
}

struct sonde_error *sonde_probe_destroy(struct sonde_probe *probe)
{
	struct sonde_probes *probes;
	struct sonde_error *error;
	bool ran = false;

	if (!probe)
		return NULL;
	probes = probe->probes;
	error = probe->removed || probe->source ? NULL : hold(probes, &ran);
	error = sonde_error_first(error, remove_and_free(probe));
	if (!error)
		error = let_go(probes, ran);
	return sonde_error_while(error, "removing a probe");
}

struct sonde_error *sonde_probes_create(
	struct sonde_target *target, struct sonde_probes **ret)
{
	struct sonde_probes *probes = calloc(1, sizeof(*probes));

	if (!probes)
		return sonde_error_no_memory();
	probes->target = target;
	*ret = probes;
	return NULL;
}

struct sonde_error *sonde_probes_destroy(struct sonde_probes *probes)
{
	struct sonde_error *error = NULL;
	bool ran;

	if (!probes)
		return NULL;
	probes->target->sonde->uninterruptible++;
	if (probes->first || probes->return_places)
		error = hold(probes, &ran);
	while (probes->first)
		error = sonde_error_first(error, remove_and_free(probes->first));
	probes->target->sonde->uninterruptible--;
	while (probes->spent)
		error = sonde_error_first(error, remove_and_free(probes->spent));
	sonde_returns_deinit(&probes->returns);
	free(probes);
	return error;
}

/* --- places ----------------------------------------------------------------------------
 */

static enum sonde_breakpoint_kind trap_kind(const struct sonde_probe *probe)
{
	switch (probe->kind) {
	case SONDE_PROBE_WATCH_WRITE:
		return SONDE_BREAKPOINT_WATCH_WRITE;
	case SONDE_PROBE_WATCH_READ:
		return SONDE_BREAKPOINT_WATCH_READ;
	case SONDE_PROBE_WATCH_ACCESS:
		return SONDE_BREAKPOINT_WATCH_ACCESS;
	default:
		return probe->hardware ? SONDE_BREAKPOINT_HARDWARE
				       : SONDE_BREAKPOINT_SOFTWARE;
	}
}

static bool has_place(const struct sonde_probe *probe, uint64_t address)
{
	for (struct sonde_probe_link *l = probe->links; l; l = l->sibling)
		if (l->place->address == address)
			return true;
	return false;
}

/* Behind those that came before. */
static void append(struct sonde_probe_link *link)
{
	struct sonde_probe_link **at = &link->place->links;

	while (*at)
		at = &(*at)->next;
	*at = link;
	link->sibling = link->probe->links;
	link->probe->links = link;
	link->probe->link_count++;
}

static struct sonde_error *add_link(
	struct sonde_probe *probe, const struct sonde_probe_found *found)
{
	struct sonde_probe_link *link;
	struct sonde_error *error;

	if (has_place(probe, found->address))
		return NULL;
	if (probe->link_count == SONDE_PROBE_PLACES_MAX)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"a probe has at most %d places", SONDE_PROBE_PLACES_MAX);
	link = calloc(1, sizeof(*link));
	if (!link)
		return sonde_error_no_memory();
	link->probe = probe;
	link->role = found->role;
	link->function = strdup(found->function ?: "");
	error = link->function
			? sonde_probe_place_get(probe->probes, trap_kind(probe),
				  found->address, probe->watched_length, &link->place)
			: sonde_error_no_memory();
	if (error) {
		free(link->function);
		free(link);
		return error;
	}
	append(link);
	return NULL;
}

/* Those that have come since there were @p count. */
static struct sonde_error *drop_links(struct sonde_probe *probe, size_t count)
{
	struct sonde_error *error = NULL;

	while (probe->link_count > count) {
		struct sonde_probe_link *link = probe->links;

		error = sonde_error_first(error, unlink_place(link));
		probe->links = link->sibling;
		probe->link_count--;
		free(link->function);
		free(link);
	}
	return error;
}

static struct sonde_error *add_watched(
	struct sonde_probe *probe, const char *text, uint64_t address)
{
	uint64_t length = probe->watched_length;

	if (probe->links)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"a probe watches one place; another probe watches another");
	CHECK(sonde_probe_resolve_watched(probe, text, &address, &length));
	if (!length || length > SONDE_PROBE_WATCHED_MAX)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"%" PRIu64 " bytes cannot be watched, at most %d can", length,
			SONDE_PROBE_WATCHED_MAX);
	probe->watched_address = address;
	probe->watched_length = length;
	probe->before = malloc(length);
	probe->now = malloc(length);
	if (!probe->before || !probe->now)
		return sonde_error_no_memory();
	CHECK(add_link(probe, &(struct sonde_probe_found){.address = address}));
	return sonde_probe_look_at_watched(probe, NULL);
}

struct sonde_error *sonde_probe_put_at(
	struct sonde_probe *probe, const char *place, uint64_t address)
{
	struct sonde_probe_question question = {probe->probes->target, probe->kind,
		probe->instructions, probe->all, place, address};
	struct sonde_probe_findings findings = {.count = 0};
	size_t before = probe->link_count;
	struct sonde_error *error;

	if (sonde_probe_is_watch(probe))
		return add_watched(probe, place, address);
	error = sonde_probe_resolve(&question, &findings);
	for (size_t i = 0; i < findings.count && !error; i++)
		error = add_link(probe, &findings.list[i]);
	if (error)
		error = sonde_error_first(error, drop_links(probe, before));
	sonde_probe_findings_deinit(&findings);
	return error;
}

struct sonde_error *sonde_probe_add_place(
	struct sonde_probe *probe, const char *place, uint64_t address)
{
	struct sonde_error *error;
	char text[24];
	bool ran;

	if (probe->removed)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "the probe is out already");
	if (probe->source)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"a probe that another one feeds has no places");
	CHECK(hold(probe->probes, &ran));
	error = sonde_probe_put_at(probe, place, address);
	if (sonde_probe_may_wait(probe, place, error)) {
		sonde_error_destroy(error);
		error = sonde_probe_await(probe, place);
	}
	error = sonde_error_first(error, let_go(probe->probes, ran));
	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	return sonde_error_while(error, "probing '%s'", place ? place : text);
}

/* Takes over @p probe, which is in no list yet. */
static struct sonde_error *put_in(
	struct sonde_probe *probe, const struct sonde_probe_options *options)
{
	struct sonde_probes *probes = probe->probes;
	struct sonde_error *error = NULL;

	if (options->condition)
		error = sonde_expression_create(options->condition, &probe->condition);
	if (!error)
		error = sonde_probe_set_filter(probe, options->filter);
	probe->born = probes->generation;
	probe->next = probes->first;
	probes->first = probe;
	if (error)
		return error;
	if (options->source)
		return sonde_probe_feed(probe, options->source);
	return sonde_probe_add_place(probe, options->place, options->address);
}

struct sonde_error *sonde_probe_check_options(const struct sonde_probe_options *options)
{
	if (options->size < sizeof(*options))
		return sonde_error_create(SONDE_ERROR_INVALID,
			"struct sonde_probe_options has another size");
	if ((unsigned)options->kind > SONDE_PROBE_CALL_SITES)
		return sonde_error_create(SONDE_ERROR_INVALID, "no such kind of probe");
	if (options->kind == SONDE_PROBE_INSIDE && !options->instructions)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"which kinds of instructions within the function?");
	return NULL;
}

static struct sonde_error *check_options(
	const struct sonde_probes *probes, const struct sonde_probe_options *options)
{
	const struct sonde_arch_calls *calls;

	if (options->source)
		return NULL;
	CHECK(sonde_probe_check_options(options));
	if (options->kind != SONDE_PROBE_RETURN)
		return NULL;
	if (probes->back)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "backwards a return comes before its call");
	return sonde_probe_calls(probes, &calls);
}

/* Programs that were compiled before it grew know less of it. */
static struct sonde_error *take_options(
	const struct sonde_probe_options *given, struct sonde_probe_options *ret)
{
	size_t size = given->size;

	if (size < offsetof(struct sonde_probe_options, source))
		return sonde_error_create(SONDE_ERROR_INVALID,
			"struct sonde_probe_options has another size");
	*ret = (struct sonde_probe_options){.source = NULL};
	memcpy(ret, given, size < sizeof(*ret) ? size : sizeof(*ret));
	ret->size = sizeof(*ret);
	return NULL;
}

static struct sonde_error *create(struct sonde_probes *probes,
	const struct sonde_probe_options *options, struct sonde_probe **ret)
{
	struct sonde_probe *probe;
	struct sonde_error *error;

	CHECK(check_options(probes, options));
	probe = calloc(1, sizeof(*probe));
	if (!probe)
		return sonde_error_no_memory();
	probe->probes = probes;
	probe->kind = options->source ? SONDE_PROBE_INSTRUCTION : options->kind;
	probe->instructions = options->instructions;
	probe->all = options->all;
	probe->hardware = options->hardware;
	probe->pending = options->pending;
	probe->count = options->count;
	probe->handler = options->handler;
	probe->user = options->user;
	probe->watched_length = options->length;
	error = put_in(probe, options);
	if (error) {
		sonde_error_destroy(sonde_probe_destroy(probe));
		return error;
	}
	*ret = probe;
	return NULL;
}

struct sonde_error *sonde_probe_create(struct sonde_probes *probes,
	const struct sonde_probe_options *options, struct sonde_probe **ret)
{
	struct sonde_probe_options given;

	CHECK(take_options(options, &given));
	return create(probes, &given, ret);
}

/* --- what is watched -------------------------------------------------------------------
 */

struct sonde_error *sonde_probe_look_at_watched(
	struct sonde_probe *probe, struct sonde_thread *thread)
{
	uint8_t *before = probe->before;
	struct sonde_space *space;
	struct sonde_error *error;

	probe->before = probe->now;
	probe->before_known = probe->now_known;
	probe->now = before;
	error = sonde_target_virtual(probe->probes->target, thread, &space);
	if (!error)
		error = sonde_space_read(space, probe->links->place->address, probe->now,
			(size_t)probe->watched_length);
	probe->now_known = !error;
	if (error && !sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

/* --- what a probe tells
 * ----------------------------------------------------------------- */

size_t sonde_probe_place_count(const struct sonde_probe *probe)
{
	return probe->link_count;
}

uint64_t sonde_probe_hits(const struct sonde_probe *probe)
{
	return probe->hits;
}

const struct sonde_error *sonde_probe_fault(const struct sonde_probe *probe)
{
	return probe->fault;
}
