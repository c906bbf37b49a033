/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Executes what a task does, instruction by instruction, through the public API alone:
 *
 *     stepper TARGET step|next LIMIT PLACE CONDITION END
 *
 * Waits for PLACE, says "at CPU PID" and waits for a line of input. Then it goes on until
 * the task has left what begins there: END is an expression of where that leads, such as
 * "*(unsigned long *)$rsp", or until LIMIT instructions. Each is told before: its address
 * and the stack pointer; at the end where the task is, and "end ARRIVED PID".
 */
#include <inttypes.h>
#include <sonde/sonde.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stepper {
	struct sonde_target *target;
	struct sonde_probes *probes;
	struct sonde_thread *thread;
	const struct sonde_expression *end_expression;
	uint64_t pid, end;
};

static struct sonde_error *read_register(
	struct sonde_thread *thread, const char *name, uint64_t *ret)
{
	struct sonde_register_value value;

	*ret = 0;
	struct sonde_error *error = sonde_thread_read_register(
		thread, sonde_thread_find_register(thread, name), &value);
	if (!error)
		*ret = sonde_register_value_integer(&value);
	return error;
}

static struct sonde_error *arrive(struct sonde_probe_hit *hit, void *user)
{
	struct stepper *stepper = user;
	struct sonde_probe_task task = {.pid = 0};
	struct sonde_value end;
	struct sonde_error *error = sonde_probe_hit_task(hit, &task);

	if (!error)
		error = sonde_probe_hit_evaluate(hit, stepper->end_expression, &end);
	if (error)
		return error;
	stepper->thread = sonde_probe_hit_thread(hit);
	stepper->pid = task.pid;
	stepper->end = end.integer;
	sonde_probe_hit_stay(hit);
	return NULL;
}

static struct sonde_error *find(
	struct stepper *stepper, const char *place, const char *condition)
{
	const struct sonde_probe_options options = {.size = sizeof(options),
		.kind = SONDE_PROBE_INSTRUCTION,
		.place = place,
		.condition = condition,
		.handler = arrive,
		.user = stepper};
	struct sonde_probes_end end;
	struct sonde_probe *probe;
	struct sonde_error *error = sonde_probe_create(stepper->probes, &options, &probe);

	if (!error)
		error = sonde_probes_run(stepper->probes, 60000, &end);
	return error ? error : sonde_probe_destroy(probe);
}

static struct sonde_error *tell(struct stepper *stepper, uint64_t *pc, uint64_t *sp)
{
	struct sonde_error *error = read_register(stepper->thread, "pc", pc);

	if (!error)
		error = read_register(stepper->thread, "sp", sp);
	if (!error)
		printf("%" PRIx64 " %" PRIx64 "\n", *pc, *sp);
	return error;
}

static struct sonde_error *walk(struct stepper *stepper, bool next, unsigned long limit)
{
	struct sonde_error *(*go)(struct sonde_probes *, struct sonde_thread *,
		struct sonde_probes_end *, bool *) =
		next ? sonde_probes_next : sonde_probes_step;
	uint64_t pc, sp, lowest;
	bool arrived = true;
	struct sonde_error *error = tell(stepper, &pc, &lowest);

	while (!error && arrived && limit--) {
		struct sonde_probes_end end;

		error = go(stepper->probes, stepper->thread, &end, &arrived);
		if (error || !arrived)
			break;
		stepper->thread = end.stop.thread;
		error = tell(stepper, &pc, &sp);
		/* Whoever comes there deeper down has been called anew. */
		if (pc == stepper->end && sp >= lowest)
			break;
	}
	if (!error)
		printf("end %d %u\n", arrived, sonde_thread_number(stepper->thread));
	return error;
}

static struct sonde_error *work(struct sonde *sonde, char **words)
{
	struct sonde_expression *expression = NULL;
	struct stepper stepper = {.target = NULL};
	struct sonde_error *error, *ended;
	char line[16];

	error = sonde_open_level(sonde, words[0], "kernel", &stepper.target);
	if (!error)
		error = sonde_expression_create(words[5], &expression);
	stepper.end_expression = expression;
	if (!error)
		error = sonde_probes_create(stepper.target, &stepper.probes);
	if (!error)
		error = find(&stepper, words[3], words[4]);
	if (!error) {
		printf("at %u %" PRIu64 "\n", sonde_thread_number(stepper.thread),
			stepper.pid);
		fflush(stdout);
		if (fgets(line, sizeof(line), stdin))
			error = walk(&stepper, !strcmp(words[1], "next"),
				strtoul(words[2], NULL, 10));
		fflush(stdout);
		/* Whoever looks at the target still wants it as it is. */
		if (!fgets(line, sizeof(line), stdin))
			printf("nobody listens\n");
	}
	ended = sonde_probes_destroy(stepper.probes);
	sonde_expression_destroy(expression);
	sonde_target_close(stepper.target);
	if (!error)
		return ended;
	sonde_error_destroy(ended);
	return error;
}

int main(int argc, char **argv)
{
	struct sonde *sonde = NULL;
	struct sonde_error *error;

	if (argc != 7)
		return 2;
	error = sonde_create(NULL, &sonde);
	if (!error)
		error = work(sonde, argv + 1);
	if (error)
		fprintf(stderr, "stepper: %s: %s\n", sonde_error_what(error),
			sonde_error_why(error));
	sonde_destroy(sonde);
	return error ? 1 : 0;
}
