/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel.h"
#include "options.h"
#include "report.h"
#include "standstill.h"
#include "table.h"

static const struct cli_column columns[] = {
	{"number", 6},
	{"name", 16},
	{"total"},
	{"counts"},
	{"chip"},
	{"hwirq", .json_only = true},
	{NULL},
};

/* A CPU's number and how often; for people, those that are not 0. */
static void put_counts(struct cli_output *output, const struct sonde_irqs *irqs,
	const struct sonde_irq *irq)
{
	struct json_object *array = json_object_new_array();
	size_t count, size;
	const unsigned *cpus = sonde_irqs_cpus(irqs, &count);
	char *text = NULL;
	FILE *stream = open_memstream(&text, &size);
	const char *gap = "";

	for (size_t i = 0; i < count && stream; i++) {
		struct json_object *pair = json_object_new_object();

		json_object_object_add(pair, "cpu", json_object_new_int64(cpus[i]));
		json_object_object_add(
			pair, "count", json_object_new_uint64(irq->counts[i]));
		json_object_array_add(array, pair);
		if (!irq->counts[i])
			continue;
		fprintf(stream, "%sCPU%u:%" PRIu64, gap, cpus[i], irq->counts[i]);
		gap = " ";
	}
	if (stream)
		fclose(stream);
	cli_put_json(output, array, text && *text ? text : "-");
	free(text);
}

static bool put(struct cli_output *output, const struct sonde_irqs *irqs,
	const struct sonde_irq *irq)
{
	cli_put_integer(output, irq->number);
	cli_put_guest_text(output, irq->name);
	cli_put_integer(output, irq->total);
	put_counts(output, irqs, irq);
	cli_put_guest_text(output, irq->chip);
	cli_put_integer(output, irq->hardware_number);
	return cli_output_row(output);
}

static int show(struct cli *cli, struct sonde_irqs *irqs)
{
	const char *incomplete = sonde_irqs_incomplete(irqs);
	const struct sonde_irq *irq;
	struct cli_output output;

	cli_output_begin(&output, cli, CLI_TABLE, columns);
	while ((irq = sonde_irqs_next(irqs)))
		if (!put(&output, irqs, irq))
			break;
	if (incomplete)
		cli_notice(cli, "interrupts may be missing: %s", incomplete);
	return cli_output_end(&output);
}

static struct sonde_error *read_irqs(struct cli *cli, void *user)
{
	struct sonde_irqs **irqs = user;

	sonde_irqs_close(*irqs);
	*irqs = NULL;
	return sonde_irqs_open(cli->target, irqs);
}

static int run(struct cli *cli, const struct cli_arguments *arguments)
{
	struct sonde_irqs *irqs = NULL;
	int status = cli_need_kernel(cli);

	(void)arguments;
	if (status == CLI_DONE)
		status = cli_read_standing(cli, read_irqs, &irqs);
	if (status == CLI_DONE)
		status = show(cli, irqs);
	sonde_irqs_close(irqs);
	return status;
}

const struct cli_command cli_command_irq = {
	.name = "irq",
	.summary = "the kernel's interrupts: who handles each, how often it came on "
		   "which CPU",
	.example = "",
	.use = CLI_OBSERVES_TARGET,
	.stops_itself = true,
	.run = run,
};
