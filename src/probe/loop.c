/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The loop: the target runs, and each stop is taken to the hits that it is. Who is hit is
 * found before the first handler is called, since handlers add and remove probes.
 */
#include <string.h>

#include "clock.h"
#include "grow.h"
#include "probe.h"

/* --- who is hit ----------------------------------------------------------------------
 */

struct arrival {
	struct sonde_probe *probe;
	/** Of the probe that has the place: itself, or what feeds it in the end. */
	struct sonde_probe_link *link;
	/** 1 + the index of the arrival that feeds it; 0: it has the place. */
	size_t feeder;
	/** Its filter and its condition were met. */
	bool fired;
	/** The function whose entry or return this is; else the place. */
	uint64_t address;
	bool is_return;
	struct sonde_return call;
};

struct arrivals {
	struct arrival *list;
	size_t count, capacity;
};

static struct sonde_error *add_arrival(
	struct arrivals *arrivals, const struct arrival *arrival)
{
	CHECK(SONDE_GROW(&arrivals->list, arrivals->count, &arrivals->capacity));
	arrivals->list[arrivals->count++] = *arrival;
	arrival->probe->busy++;
	return NULL;
}

/* What the one that was added last feeds, each behind what feeds it. */
static struct sonde_error *add_fed(struct arrivals *arrivals)
{
	struct arrival arrival = arrivals->list[arrivals->count - 1];
	struct sonde_probe *source = arrival.probe;
	size_t feeder = arrivals->count;

	while ((arrival.probe = sonde_probe_next_fed(source, arrival.probe))) {
		while (arrivals->list[feeder - 1].probe != arrival.probe->source)
			feeder = arrivals->list[feeder - 1].feeder;
		arrival.feeder = feeder;
		CHECK(add_arrival(arrivals, &arrival));
		feeder = arrivals->count;
	}
	return NULL;
}

/* What begins to be called returns later; that of one that is not executed does not. */
static bool is_call(const struct arrival *arrival)
{
	return arrival->link->probe->kind == SONDE_PROBE_RETURN && !arrival->is_return;
}

static struct sonde_error *add_arrivals(
	struct arrivals *arrivals, const struct arrival *arrival)
{
	CHECK(add_arrival(arrivals, arrival));
	return arrival->probe->fed && !is_call(arrival) ? add_fed(arrivals) : NULL;
}

static void arrivals_deinit(struct arrivals *arrivals)
{
	for (size_t i = 0; i < arrivals->count; i++)
		sonde_probe_release(arrivals->list[i].probe);
	free(arrivals->list);
}

/* Functions that end by calling another one return together. */
static struct sonde_error *add_returns(struct sonde_probes *probes,
	struct sonde_probe_place *place, struct sonde_thread *thread,
	struct arrivals *arrivals)
{
	size_t before = arrivals->count;

	for (;;) {
		struct arrival arrival = {.is_return = true};
		bool found;

		CHECK(sonde_probe_take_return(
			probes, place, thread, &found, &arrival.call));
		if (!found)
			break;
		arrival.link = arrival.call.link;
		arrival.probe = arrival.link->probe;
		arrival.address = arrival.link->place->address;
		CHECK(add_arrivals(arrivals, &arrival));
	}
	return arrivals->count > before ? NULL
					: sonde_probe_drop_unmet_place(probes, place);
}

static struct sonde_error *find_arrivals(struct sonde_probes *probes,
	const struct sonde_stop *stop, struct arrivals *arrivals, bool *ours)
{
	struct sonde_probe_place *place = sonde_probe_place_next(probes, NULL, stop),
				 *next;

	for (*ours = false; place; place = next) {
		*ours = true;
		next = sonde_probe_place_next(probes, place, stop);
		for (struct sonde_probe_link *l = place->links; l; l = l->next)
			CHECK(add_arrivals(arrivals, &(struct arrival){.probe = l->probe,
							     .link = l,
							     .address = place->address}));
		/* It may be gone afterwards. */
		if (place->is_return)
			CHECK(add_returns(probes, place, stop->thread, arrivals));
	}
	return NULL;
}

/* --- handlers ------------------------------------------------------------------------
 */

/* Of all that is done at a stop only handlers are interrupted: a hit would be lost. */
static struct sonde_error *call(
	struct sonde_probe_hit *hit, sonde_probe_handler *handler, void *user)
{
	struct sonde *sonde = hit->probes->target->sonde;
	struct sonde_error *error;

	if (!handler)
		return NULL;
	sonde->uninterruptible--;
	error = handler(hit, user);
	sonde->uninterruptible++;
	return error;
}

static struct sonde_error *fire(struct sonde_probe_hit *hit, bool *fired)
{
	struct sonde_probe *probe = hit->probe;

	if (sonde_probe_is_watch(probe))
		CHECK(sonde_probe_look_at_watched(probe, hit->thread));
	CHECK(sonde_probe_filter_is_met(probe, hit->thread, fired));
	if (*fired)
		CHECK(sonde_probe_condition_is_met(hit, fired));
	if (!*fired)
		return NULL;
	probe->hits++;
	return call(hit, probe->handler, probe->user);
}

static bool is_spent(const struct sonde_probe *probe)
{
	return probe->count && probe->hits >= probe->count;
}

/* Another handler may just have removed it, or made it. */
static bool is_current(const struct sonde_probe_hit *hit, const struct arrival *arrival)
{
	const struct sonde_probe *probe = arrival->probe;

	return !probe->removed && probe->born < hit->probes->generation &&
	       !is_spent(probe);
}

/* Those that have had their count go, after what they feed was hit. */
static struct sonde_error *remove_spent(const struct arrivals *arrivals)
{
	struct sonde_error *error = NULL;

	for (size_t i = 0; i < arrivals->count; i++) {
		struct sonde_probe *probe = arrivals->list[i].probe;

		if (is_spent(probe))
			error = sonde_error_first(error, sonde_probe_remove(probe));
	}
	return error;
}

static struct sonde_error *fire_all(
	const struct arrivals *arrivals, struct sonde_probe_hit *hit)
{
	for (size_t i = 0; i < arrivals->count; i++) {
		struct arrival *arrival = &arrivals->list[i];

		if (is_call(arrival) || !is_current(hit, arrival) ||
			(arrival->feeder && !arrivals->list[arrival->feeder - 1].fired))
			continue;
		hit->probe = arrival->probe;
		hit->link = arrival->link;
		hit->address = sonde_probe_is_watch(arrival->link->probe)
				       ? hit->stop->address
				       : arrival->address;
		hit->call = arrival->is_return ? &arrival->call : NULL;
		CHECK(fire(hit, &arrival->fired));
	}
	return NULL;
}

static struct sonde_error *note_calls(
	const struct arrivals *arrivals, const struct sonde_probe_hit *hit)
{
	for (size_t i = 0; i < arrivals->count; i++) {
		const struct arrival *arrival = &arrivals->list[i];
		bool may_return;

		if (!is_call(arrival) || !is_current(hit, arrival))
			continue;
		CHECK(sonde_probe_may_return_to(
			arrival->probe, hit->thread, &may_return));
		if (may_return)
			CHECK(sonde_probe_note_call(arrival->link, hit->thread));
	}
	return NULL;
}

static struct sonde_error *call_handlers(
	const struct arrivals *arrivals, struct sonde_probe_hit *hit)
{
	struct sonde_error *error = fire_all(arrivals, hit);

	CHECK(sonde_error_first(error, remove_spent(arrivals)));
	return hit->returns ? sonde_probe_make_return(hit) : note_calls(arrivals, hit);
}

/* After all that is at the place: a step has been done, or something else came. */
static struct sonde_error *call_stepper(struct sonde_probe_hit *hit, bool stepped)
{
	struct sonde_probe_steps *steps = &hit->probes->steps;
	struct sonde_probe_steps ours = *steps;

	if (stepped)
		steps->left--;
	else
		steps->left = 0;
	hit->probe = NULL;
	hit->link = NULL;
	hit->call = NULL;
	hit->address = hit->stop->pc_known ? hit->stop->pc : 0;
	return call(hit, ours.handler, ours.user);
}

static struct sonde_error *handle(struct sonde_probes *probes,
	const struct sonde_stop *stop, bool stepping, bool *ours, bool *stays)
{
	struct sonde_probe_hit hit = {
		.probes = probes, .stop = stop, .thread = stop->thread};
	bool stepped = stepping && stop->reason == SONDE_STOP_STEP;
	struct arrivals arrivals = {NULL, 0, 0};
	struct sonde_error *error;

	probes->generation++;
	probes->dispatching = true;
	probes->target->sonde->uninterruptible++;
	error = find_arrivals(probes, stop, &arrivals, ours);
	if (!error)
		error = call_handlers(&arrivals, &hit);
	if (!error && stepping)
		error = call_stepper(&hit, stepped);
	arrivals_deinit(&arrivals);
	probes->target->sonde->uninterruptible--;
	probes->dispatching = false;
	*ours = *ours || stepped;
	*stays = hit.stays;
	return error;
}

/* --- running -------------------------------------------------------------------------
 */

static struct sonde_error *start(struct sonde_probes *probes)
{
	return probes->back ? sonde_target_reverse_resume(probes->target)
			    : sonde_target_resume(probes->target);
}

/* The arrival at an address by a step says where only if somebody wants to know. */
static struct sonde_error *step(struct sonde_probes *probes, struct sonde_stop *stop)
{
	CHECK(sonde_target_step(probes->target, probes->steps.thread, false, stop));
	if (stop->reason == SONDE_STOP_STEP && !stop->pc_known) {
		CHECK(sonde_thread_read_pc(stop->thread, &stop->pc));
		stop->pc_known = true;
	}
	return NULL;
}

/* One stop; the target is let run first if it stands. */
static struct sonde_error *next_stop(struct sonde_probes *probes, int timeout_ms,
	struct sonde_stop *stop, bool *stepping)
{
	*stepping = false;
	if (probes->has_kept) {
		*stop = probes->kept;
		probes->has_kept = false;
		return NULL;
	}
	if (probes->steps.left) {
		*stepping = true;
		return step(probes, stop);
	}
	if (sonde_target_state(probes->target) != SONDE_STATE_RUNNING)
		CHECK(start(probes));
	return sonde_target_wait(probes->target, timeout_ms, stop);
}

static bool has_something_to_do(const struct sonde_probes *probes)
{
	return probes->first || probes->steps.left || probes->has_kept;
}

/* Where nothing ends the loop, the state is SONDE_PROBES_RUNNING. */
static struct sonde_error *advance(
	struct sonde_probes *probes, int timeout_ms, struct sonde_probes_end *ret)
{
	struct sonde_probes_end end = {.state = SONDE_PROBES_RUNNING};
	bool ours, stays, stepping;

	CHECK(next_stop(probes, timeout_ms, &end.stop, &stepping));
	CHECK(handle(probes, &end.stop, stepping, &ours, &stays));
	if (stays)
		end.state = SONDE_PROBES_STAYED;
	else if (!ours)
		end.state = SONDE_PROBES_OTHER_STOP;
	else if (!has_something_to_do(probes))
		end.state = SONDE_PROBES_NONE_LEFT;
	*ret = end;
	return NULL;
}

static struct sonde_error *check_outside(const struct sonde_probes *probes)
{
	return probes->dispatching ? sonde_error_create(SONDE_ERROR_INVALID,
					     "a handler cannot run the loop it is called "
					     "from")
				   : NULL;
}

struct sonde_error *sonde_probes_run(
	struct sonde_probes *probes, int timeout_ms, struct sonde_probes_end *ret)
{
	int64_t deadline = sonde_deadline_in(timeout_ms);
	struct sonde_probes_end end = {.state = SONDE_PROBES_RUNNING};

	CHECK(check_outside(probes));
	if (!has_something_to_do(probes))
		end.state = SONDE_PROBES_NONE_LEFT;
	while (end.state == SONDE_PROBES_RUNNING)
		CHECK(advance(probes, sonde_deadline_left(deadline), &end));
	*ret = end;
	return NULL;
}

struct sonde_error *sonde_probes_dispatch(
	struct sonde_probes *probes, struct sonde_probes_end *ret)
{
	struct sonde_probes_end end = {.state = SONDE_PROBES_RUNNING};
	struct sonde_error *error;

	CHECK(check_outside(probes));
	if (!has_something_to_do(probes))
		end.state = SONDE_PROBES_NONE_LEFT;
	while (end.state == SONDE_PROBES_RUNNING) {
		error = advance(probes, 0, &end);
		if (sonde_error_is(error, SONDE_ERROR_TIMEOUT) &&
			sonde_target_state(probes->target) == SONDE_STATE_RUNNING) {
			sonde_error_destroy(error);
			break;
		}
		CHECK(error);
		if (end.state != SONDE_PROBES_RUNNING || probes->steps.left)
			continue;
		CHECK(start(probes));
		/* What is known already makes no descriptor readable. */
		if (!sonde_target_base(probes->target)->has_pending)
			break;
	}
	*ret = end;
	return NULL;
}

struct sonde_error *sonde_probes_descriptor(struct sonde_probes *probes, int *ret)
{
	return sonde_target_descriptor(probes->target, ret);
}

struct sonde_error *sonde_probes_pause(struct sonde_probes *probes, bool *ret_hit)
{
	struct sonde_stop stop = {.reason = SONDE_STOP_INTERRUPT};
	bool ran = sonde_target_state(probes->target) == SONDE_STATE_RUNNING;

	CHECK(sonde_target_pause(probes->target, &stop));
	if (ran && stop.reason != SONDE_STOP_INTERRUPT) {
		probes->has_kept = true;
		probes->kept = stop;
	}
	*ret_hit = probes->has_kept;
	return NULL;
}

void sonde_probes_go_back(struct sonde_probes *probes, bool back)
{
	probes->back = back;
}

uint64_t sonde_probes_lost(const struct sonde_probes *probes)
{
	return probes->returns.lost;
}
