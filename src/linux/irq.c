/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What show_interrupts() prints (kernel/irq/proc.c), of each struct irq_desc. Counts are
 * per-CPU variables: integers, since 6.10 the first member of a struct irqstat.
 */
#include <sonde/irq.h>
#include <string.h>

#include "buffer.h"
#include "grow.h"
#include "irq_tree.h"
#include "kernel.h"
#include "record.h"
#include "space_search.h"

enum {
	IRQS_MAX = 1 << 16,
	CPUS_MAX = 8192,
	/** Of one interrupt. */
	HANDLERS_MAX = 32,
	NAME_BYTES = 64,
	/** Counts of all of them. */
	COUNTS_MAX = 1 << 22,
	/** Behind the copy of a structure. */
	SLACK_BYTES = 64,
};

struct fields {
	struct sonde_field number, hardware_number, chip, counts, action, status;
	struct sonde_field action_name, action_next, chip_name, count;
};

#define PLACE(member) offsetof(struct fields, member)

static const struct sonde_field_wish wishes[] = {
	{"struct irq_desc", "irq_data.irq", PLACE(number)},
	{"struct irq_desc", "irq_data.hwirq", PLACE(hardware_number)},
	{"struct irq_desc", "irq_data.chip", PLACE(chip)},
	{"struct irq_desc", "kstat_irqs", PLACE(counts)},
	{"struct irq_desc", "action", PLACE(action)},
	{"struct irq_desc", "status_use_accessors", PLACE(status), .optional = true},
};

static const struct sonde_field_wish other_wishes[] = {
	{"struct irqaction", "name", PLACE(action_name)},
	{"struct irqaction", "next", PLACE(action_next)},
	{"struct irq_chip", "name", PLACE(chip_name)},
	{"struct irqstat", "cnt", PLACE(count), .optional = true},
};

/* Texts are among all texts, counts among all counts, while these may move. */
struct entry {
	struct sonde_irq irq;
	size_t name, chip, counts;
};

struct sonde_irqs {
	struct entry *entries;
	size_t count, room, next;
	struct sonde_buffer texts, counts;
	unsigned *cpus;
	uint64_t *cpu_offsets;
	size_t cpu_count;
	const char *incomplete;
};

struct reader {
	struct sonde_linux *kernel;
	struct sonde_space *space;
	struct fields fields;
	struct sonde_record record;
	/** The bit of status of what is not shown, such as those between CPUs on arm64.
	 */
	uint64_t hidden;
	uint8_t *copy;
	struct sonde_irqs *irqs;
};

/* --- CPUs ------------------------------------------------------------------------- */

static struct sonde_error *need(
	struct sonde_linux *kernel, const char *name, struct sonde_symbol *ret)
{
	bool found;

	CHECK(sonde_linux_own_look_up(kernel, name, ret, &found));
	if (found)
		return NULL;
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"the kernel has no symbol '%s' (CONFIG_KALLSYMS_ALL)", name),
		"--symbols FILE takes it from the kernel's vmlinux or System.map");
}

/* struct cpumask: a bit for each, in words. */
static struct sonde_error *find_online(
	struct reader *reader, uint8_t *mask, size_t bytes, size_t *got)
{
	const struct sonde_types *types;
	struct sonde_symbol symbol;
	struct sonde_type type;
	uint64_t size;

	CHECK(sonde_linux_types_find(&reader->kernel->types, &types));
	CHECK(sonde_types_find(types, "struct cpumask", &type));
	CHECK(sonde_type_bytes(type, &size));
	CHECK(need(reader->kernel, "__cpu_online_mask", &symbol));
	return sonde_space_read_part(reader->space, symbol.address, mask,
		size < bytes ? (size_t)size : bytes, got);
}

static struct sonde_error *find_cpus(struct reader *reader)
{
	struct sonde_irqs *irqs = reader->irqs;
	uint8_t mask[CPUS_MAX / 8] = {0};
	struct sonde_symbol offsets;
	size_t got;

	CHECK(find_online(reader, mask, sizeof(mask), &got));
	CHECK(need(reader->kernel, "__per_cpu_offset", &offsets));
	irqs->cpus = calloc(got * 8 + 1, sizeof(*irqs->cpus));
	irqs->cpu_offsets = calloc(got * 8 + 1, sizeof(*irqs->cpu_offsets));
	if (!irqs->cpus || !irqs->cpu_offsets)
		return sonde_error_no_memory();
	for (unsigned cpu = 0; cpu < got * 8; cpu++) {
		if (!(mask[cpu / 8] >> cpu % 8 & 1))
			continue;
		CHECK(sonde_space_read_integer(reader->space,
			offsets.address + 8 * (uint64_t)cpu, 8,
			&irqs->cpu_offsets[irqs->cpu_count]));
		irqs->cpus[irqs->cpu_count++] = cpu;
	}
	return NULL;
}

/* --- one interrupt ---------------------------------------------------------------- */

static bool is_fault(struct sonde_error *error)
{
	bool fault = sonde_error_is(error, SONDE_ERROR_FAULT);

	if (fault)
		sonde_error_destroy(error);
	return fault;
}

/* As much of the text at @p address as can be read. */
static struct sonde_error *add_text(struct reader *reader, uint64_t address)
{
	char text[NAME_BYTES];
	size_t got = 0;

	if (address >> 63)
		CHECK(sonde_space_read_part(
			reader->space, address, text, sizeof(text), &got));
	return sonde_buffer_append(&reader->irqs->texts, text, strnlen(text, got));
}

/* A NUL ends a text; one without anything is none: its place is 0. */
static struct sonde_error *end_text(struct reader *reader, size_t *begin)
{
	if (*begin == reader->irqs->texts.length)
		*begin = 0;
	return sonde_buffer_append(&reader->irqs->texts, "", 1);
}

static struct sonde_error *read_names(struct reader *reader, struct entry *entry)
{
	const struct fields *fields = &reader->fields;
	uint64_t action = sonde_record_integer(&fields->action, reader->copy), name;

	entry->name = reader->irqs->texts.length;
	for (unsigned i = 0; action >> 63 && i < HANDLERS_MAX; i++) {
		if (i)
			CHECK(sonde_buffer_append(&reader->irqs->texts, ", ", 2));
		CHECK(sonde_field_read(
			&fields->action_name, reader->space, action, &name));
		CHECK(add_text(reader, name));
		CHECK(sonde_field_read(
			&fields->action_next, reader->space, action, &action));
	}
	return NULL;
}

static struct sonde_error *read_chip(struct reader *reader, struct entry *entry)
{
	uint64_t chip = sonde_record_integer(&reader->fields.chip, reader->copy), name;

	entry->chip = reader->irqs->texts.length;
	if (!(chip >> 63))
		return NULL;
	CHECK(sonde_field_read(&reader->fields.chip_name, reader->space, chip, &name));
	return add_text(reader, name);
}

static struct sonde_error *read_texts(struct reader *reader, struct entry *entry)
{
	struct sonde_error *error = read_names(reader, entry);

	if (!is_fault(error))
		CHECK(error);
	CHECK(end_text(reader, &entry->name));
	error = read_chip(reader, entry);
	if (!is_fault(error))
		CHECK(error);
	return end_text(reader, &entry->chip);
}

/* Those that cannot be read are 0. */
static struct sonde_error *read_counts(struct reader *reader, struct entry *entry)
{
	uint64_t counts = sonde_record_integer(&reader->fields.counts, reader->copy);
	struct sonde_irqs *irqs = reader->irqs;

	entry->counts = irqs->counts.length;
	for (size_t i = 0; i < irqs->cpu_count; i++) {
		uint64_t count = 0;
		struct sonde_error *error = sonde_space_read_integer(reader->space,
			counts + reader->fields.count.offset + irqs->cpu_offsets[i], 4,
			&count);

		if (!is_fault(error))
			CHECK(error);
		entry->irq.total += count;
		CHECK(sonde_buffer_append(&irqs->counts, &count, sizeof(count)));
	}
	return NULL;
}

static struct sonde_error *read_irq(
	struct reader *reader, uint64_t address, struct entry *entry)
{
	const struct fields *fields = &reader->fields;

	*entry = (struct entry){.name = 0};
	CHECK(sonde_record_read(&reader->record, reader->space, address, reader->copy));
	entry->irq.number = (unsigned)sonde_record_integer(&fields->number, reader->copy);
	entry->irq.hardware_number =
		sonde_record_integer(&fields->hardware_number, reader->copy);
	CHECK(read_counts(reader, entry));
	return read_texts(reader, entry);
}

/* --- all of them ------------------------------------------------------------------ */

static struct sonde_error *add_irq(struct reader *reader, uint64_t address)
{
	struct sonde_irqs *irqs = reader->irqs;
	struct entry *entry;
	struct sonde_error *error;

	CHECK(SONDE_GROW(&irqs->entries, irqs->count, &irqs->room));
	entry = &irqs->entries[irqs->count];
	error = read_irq(reader, address, entry);
	if (is_fault(error)) {
		irqs->incomplete = "one of them lies where nothing can be read";
		return NULL;
	}
	CHECK(error);
	/* As in /proc/interrupts: what nobody handles, and never came, is none. */
	if ((entry->name || entry->irq.total) &&
		!(sonde_record_integer(&reader->fields.status, reader->copy) &
			reader->hidden))
		irqs->count++;
	return NULL;
}

static struct sonde_error *walk(struct reader *reader, struct sonde_linux_irq_tree *tree)
{
	struct sonde_irqs *irqs = reader->irqs;
	uint64_t address;
	bool more;

	CHECK(sonde_linux_irq_tree_begin(reader->kernel, tree));
	for (size_t i = 0;; i++) {
		CHECK(sonde_context_check_interrupt(reader->kernel->target.sonde));
		CHECK(sonde_linux_irq_tree_next(tree, &address, &more));
		if (!more)
			break;
		if (i == IRQS_MAX ||
			irqs->counts.length > COUNTS_MAX * sizeof(uint64_t)) {
			irqs->incomplete = "there are more than in any system";
			return NULL;
		}
		CHECK(add_irq(reader, address));
	}
	if (tree->torn)
		irqs->incomplete = tree->torn;
	return NULL;
}

static struct sonde_error *prepare(struct reader *reader)
{
	const struct sonde_types *types;
	struct sonde_type type;
	bool found;

	CHECK(sonde_linux_types_find(&reader->kernel->types, &types));
	CHECK(sonde_types_find_enumerator(
		types, "IRQ_HIDDEN", &found, &type, &reader->hidden));
	if (!found)
		reader->hidden = 0;
	CHECK(sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), &reader->fields));
	CHECK(sonde_fields_resolve(
		types, other_wishes, ARRAY_SIZE(other_wishes), &reader->fields));
	CHECK(sonde_record_plan(wishes, ARRAY_SIZE(wishes), &reader->fields,
		sonde_linux_record_gap(reader->kernel), &reader->record));
	reader->copy = calloc(1, reader->record.bytes + SLACK_BYTES);
	if (!reader->copy)
		return sonde_error_no_memory();
	/* So that nothing begins at 0. */
	return sonde_buffer_append(&reader->irqs->texts, "", 1);
}

static void settle(struct sonde_irqs *irqs)
{
	const char *texts = (const char *)irqs->texts.data;

	for (size_t i = 0; i < irqs->count; i++) {
		struct entry *entry = &irqs->entries[i];

		entry->irq.name = entry->name ? texts + entry->name : NULL;
		entry->irq.chip = entry->chip ? texts + entry->chip : NULL;
		entry->irq.counts = (const uint64_t *)(const void *)(irqs->counts.data +
								     entry->counts);
	}
}

static struct sonde_error *read_all(struct reader *reader)
{
	struct sonde_linux_irq_tree *tree = malloc(sizeof(*tree));
	struct sonde_error *error;

	if (!tree)
		return sonde_error_no_memory();
	error = prepare(reader);
	if (!error)
		error = find_cpus(reader);
	if (!error)
		error = walk(reader, tree);
	free(tree);
	CHECK(error);
	settle(reader->irqs);
	return NULL;
}

struct sonde_error *sonde_irqs_open(struct sonde_target *target, struct sonde_irqs **ret)
{
	struct reader reader = {.copy = NULL};
	struct sonde_error *error;

	CHECK(sonde_kernel_find(target));
	reader.kernel = sonde_linux_below(target);
	reader.space = &reader.kernel->space.space;
	reader.irqs = calloc(1, sizeof(*reader.irqs));
	if (!reader.irqs)
		return sonde_error_no_memory();
	error = read_all(&reader);
	free(reader.copy);
	if (error) {
		sonde_irqs_close(reader.irqs);
		return sonde_error_while(
			error, "reading the interrupts of %s", sonde_target_name(target));
	}
	*ret = reader.irqs;
	return NULL;
}

const struct sonde_irq *sonde_irqs_next(struct sonde_irqs *irqs)
{
	return irqs->next < irqs->count ? &irqs->entries[irqs->next++].irq : NULL;
}

const unsigned *sonde_irqs_cpus(const struct sonde_irqs *irqs, size_t *count)
{
	*count = irqs->cpu_count;
	return irqs->cpus;
}

const char *sonde_irqs_incomplete(const struct sonde_irqs *irqs)
{
	return irqs->incomplete;
}

void sonde_irqs_close(struct sonde_irqs *irqs)
{
	if (!irqs)
		return;
	free(irqs->entries);
	free(irqs->cpus);
	free(irqs->cpu_offsets);
	sonde_buffer_deinit(&irqs->texts);
	sonde_buffer_deinit(&irqs->counts);
	free(irqs);
}
