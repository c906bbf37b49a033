/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whose hit it is: a CPU's, which is known; a task's, which is looked for. */
#include <string.h>

#include "probe.h"

enum {
	ALL_FIELDS = SONDE_FILTER_CPU | SONDE_FILTER_TASK | SONDE_FILTER_PID |
		     SONDE_FILTER_PROCESS | SONDE_FILTER_COMM,
	/** What a task keeps until it ends. */
	LASTING_FIELDS = SONDE_FILTER_TASK | SONDE_FILTER_PID | SONDE_FILTER_PROCESS,
};

static struct sonde_error *check_tasks(
	const struct sonde_probe *probe, const struct sonde_filter *filter)
{
	struct sonde_target *level = sonde_target_with_tasks(probe->probes->target);

	if (!(filter->fields & ~(unsigned)SONDE_FILTER_CPU))
		return NULL;
	if (!level)
		return sonde_error_suggest(sonde_error_create(SONDE_ERROR_UNSUPPORTED,
						   "a filter for tasks is the kernel "
						   "level's, this is the machine level"),
			"--level kernel looks for a kernel");
	if (filter->fields & SONDE_FILTER_PROCESS && !level->tasks->process)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"this level does not tell the process of a task");
	return NULL;
}

struct sonde_error *sonde_probe_set_filter(
	struct sonde_probe *probe, const struct sonde_filter *filter)
{
	if (!filter)
		return NULL;
	if (filter->size < sizeof(*filter) || filter->fields & ~(unsigned)ALL_FIELDS)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"struct sonde_filter has another size, or other fields");
	if (filter->fields & SONDE_FILTER_COMM && !filter->comm)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "the filter asks for a name without one");
	CHECK(check_tasks(probe, filter));
	probe->filter = *filter;
	probe->filter.comm = NULL;
	if (!(filter->fields & SONDE_FILTER_COMM))
		return NULL;
	probe->filter_comm = strdup(filter->comm);
	return probe->filter_comm ? NULL : sonde_error_no_memory();
}

/* Of @p fields, without the CPU. */
static struct sonde_error *task_passes(const struct sonde_probe *probe,
	struct sonde_thread *thread, unsigned fields, bool *ret)
{
	struct sonde_target *level = sonde_target_with_tasks(probe->probes->target);
	const struct sonde_filter *filter = &probe->filter;
	char name[SONDE_TASK_NAME_BYTES] = "";
	uint64_t task, pid = filter->pid, process = filter->process;

	CHECK(level->tasks->current(level, thread, &task));
	*ret = !(fields & SONDE_FILTER_TASK) || task == filter->task;
	if (*ret && fields & SONDE_FILTER_PROCESS)
		CHECK(level->tasks->process(level, task, &process));
	if (*ret && fields & (SONDE_FILTER_PID | SONDE_FILTER_COMM))
		CHECK(level->tasks->describe(level, task, &pid, name));
	*ret = *ret && process == filter->process &&
	       (!(fields & SONDE_FILTER_PID) || pid == filter->pid) &&
	       (!(fields & SONDE_FILTER_COMM) || !strcmp(name, probe->filter_comm));
	return NULL;
}

static struct sonde_error *passes(const struct sonde_probe *probe,
	struct sonde_thread *thread, unsigned fields, bool *ret)
{
	struct sonde_error *error;

	*ret = !(fields & SONDE_FILTER_CPU) ||
	       sonde_thread_number(thread) == probe->filter.cpu;
	fields &= ~(unsigned)SONDE_FILTER_CPU;
	if (!*ret || !fields)
		return NULL;
	error = task_passes(probe, thread, fields, ret);
	if (!error)
		return NULL;
	*ret = false;
	if (!sonde_error_is(error, SONDE_ERROR_FAULT) &&
		!sonde_error_is(error, SONDE_ERROR_NOT_FOUND))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

struct sonde_error *sonde_probe_filter_is_met(
	const struct sonde_probe *probe, struct sonde_thread *thread, bool *ret)
{
	*ret = true;
	return probe->filter.fields ? passes(probe, thread, probe->filter.fields, ret)
				    : NULL;
}

struct sonde_error *sonde_probe_may_return_to(
	const struct sonde_probe *probe, struct sonde_thread *thread, bool *ret)
{
	unsigned fields = probe->filter.fields & LASTING_FIELDS;

	*ret = true;
	return fields ? passes(probe, thread, fields, ret) : NULL;
}
