/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the guest's RAM is, asked of the monitor: `info mtree -f` for the physical
 * addresses, `gpa2hva` for where each memory region begins in QEMU's process. Where the
 * monitor cannot be asked, the map is made of what such machines usually have; that is
 * said, and enough to find a kernel by what is in memory.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "helper.h"
#include "log.h"

enum {
	/** Regions are few: RAM, and some ROMs. */
	REGIONS_MAX = 256,
};

void sonde_qemu_forget_ram(struct sonde_qemu *qemu)
{
	sonde_qemu_ram_destroy(qemu->ram);
	qemu->ram = NULL;
}

/* --- with the monitor ------------------------------------------------------------- */

/* The first range of each region; the others follow from their offsets. */
static size_t pick_regions(const struct sonde_qemu_memory_map *map, size_t *firsts)
{
	size_t count = 0;

	for (size_t i = 0; i < map->count; i++) {
		size_t known = 0;

		while (known < count && strcmp(map->ranges[firsts[known]].region,
						map->ranges[i].region) != 0)
			known++;
		if (known == count && count < REGIONS_MAX)
			firsts[count++] = i;
	}
	return count;
}

/* @p bases gets the address of offset 0 of each region; 0: it has none. */
static struct sonde_error *ask_bases(struct sonde_qemu *qemu,
	const struct sonde_qemu_memory_map *map, const size_t *firsts, size_t count,
	uint64_t *bases)
{
	char commands[REGIONS_MAX][40], *texts[REGIONS_MAX];
	const char *pointers[REGIONS_MAX] = {NULL};

	for (size_t i = 0; i < count; i++) {
		snprintf(commands[i], sizeof(commands[i]), "gpa2hva 0x%" PRIx64,
			map->ranges[firsts[i]].first);
		pointers[i] = commands[i];
	}
	CHECK(sonde_qemu_monitor_say(&qemu->monitor, 0, pointers, count, texts));
	for (size_t i = 0; i < count; i++) {
		uint64_t host;

		bases[i] = sonde_qemu_parse_gpa2hva(texts[i], &host) &&
					   host > map->ranges[firsts[i]].offset
				   ? host - map->ranges[firsts[i]].offset
				   : 0;
		free(texts[i]);
	}
	return NULL;
}

static struct sonde_error *find_hosts(
	struct sonde_qemu *qemu, const struct sonde_qemu_memory_map *map, uint64_t *hosts)
{
	size_t firsts[REGIONS_MAX], count = pick_regions(map, firsts);
	uint64_t bases[REGIONS_MAX];

	CHECK(ask_bases(qemu, map, firsts, count, bases));
	for (size_t i = 0; i < map->count; i++)
		for (size_t k = 0; k < count; k++)
			if (bases[k] && !strcmp(map->ranges[firsts[k]].region,
						map->ranges[i].region))
				hosts[i] = bases[k] + map->ranges[i].offset;
	return NULL;
}

static struct sonde_error *ask_monitor(
	void *user, uint64_t address, void *buffer, size_t length)
{
	return sonde_qemu_monitor_read(user, address, buffer, length);
}

static struct sonde_error *create(struct sonde_qemu *qemu,
	const struct sonde_qemu_memory_map *map, const uint64_t *hosts,
	const struct sonde_qemu_mappings *mappings, bool monitor)
{
	struct sonde_qemu_ram_sources sources = {
		.map = map,
		.host = hosts,
		.process = qemu->process.directory >= 0 ? &qemu->process : NULL,
		.mappings = mappings->count ? mappings : NULL,
		.file = sonde_helper_option(qemu->host, "ram"),
		.no_mapping = qemu->monitor.sonde->no_mapping,
		.ask = monitor ? ask_monitor : NULL,
		.user = &qemu->monitor,
	};

	return sonde_qemu_ram_create(&sources, &qemu->ram);
}

/* What is read while QEMU prints its map. */
struct early {
	const struct sonde_qemu_host *process;
	struct sonde_qemu_mappings mappings;
};

/* Who may not do this is told when it is tried again. */
static void read_early(void *user)
{
	struct early *early = user;

	sonde_error_destroy(sonde_qemu_mappings_read(early->process, &early->mappings));
}

static struct sonde_error *ask_map(
	struct sonde_qemu *qemu, struct early *early, struct sonde_qemu_memory_map *ret)
{
	static const char *const commands[] = {"info mtree -f"};
	CLEANUP(cleanup_free) char *text = NULL;
	struct sonde_error *error;

	CHECK(sonde_qemu_monitor_need(&qemu->monitor));
	if (early->process->directory >= 0)
		sonde_qmp_meanwhile(qemu->monitor.qmp, read_early, early);
	error = sonde_qemu_monitor_say(&qemu->monitor, 0, commands, 1, &text);
	if (qemu->monitor.qmp)
		sonde_qmp_meanwhile(qemu->monitor.qmp, NULL, NULL);
	CHECK(error);
	return sonde_qemu_memory_map_parse(text, ret);
}

static struct sonde_error *create_by_monitor(struct sonde_qemu *qemu, struct early *early)
{
	CLEANUP(sonde_qemu_memory_map_deinit) struct sonde_qemu_memory_map map = {0};
	CLEANUP(cleanup_free) uint64_t *hosts = NULL;

	CHECK(ask_map(qemu, early, &map));
	hosts = calloc(map.count + 1, sizeof(*hosts));
	if (!hosts)
		return sonde_error_no_memory();
	CHECK(find_hosts(qemu, &map, hosts));
	CHECK(create(qemu, &map, hosts, &early->mappings, true));
	qemu->ram_bytes = sonde_qemu_memory_map_ram_bytes(&map);
	return NULL;
}

static struct sonde_error *by_monitor(struct sonde_qemu *qemu)
{
	struct early early = {.process = &qemu->process};
	struct sonde_error *error = create_by_monitor(qemu, &early);

	sonde_qemu_mappings_deinit(&early.mappings);
	return error;
}

/* --- without it ------------------------------------------------------------------- */

/* QEMU's hw/i386/pc_piix.c, pc_q35.c, hw/arm/virt.c, hw/riscv/virt.c. */
struct usual_layout {
	const char *architecture;
	/** A part of the machine's name; NULL: any. */
	const char *machine;
	uint64_t base;
	/** RAM below the hole: so much, if there is less than @ref enough, else @ref
	 * split. */
	uint64_t enough, split;
};

static const struct usual_layout layouts[] = {
	{"x86_64", "q35", 0, UINT64_C(0xb0000000), UINT64_C(0x80000000)},
	{"i386", "q35", 0, UINT64_C(0xb0000000), UINT64_C(0x80000000)},
	{"x86_64", NULL, 0, UINT64_C(0xe0000000), UINT64_C(0xc0000000)},
	{"i386", NULL, 0, UINT64_C(0xe0000000), UINT64_C(0xc0000000)},
	{"aarch64", NULL, UINT64_C(0x40000000), UINT64_MAX, 0},
	{"riscv64", NULL, UINT64_C(0x80000000), UINT64_MAX, 0},
};

static const struct usual_layout *find_layout(const struct sonde_qemu *qemu)
{
	const char *machine = sonde_helper_option(qemu->host, "machine");

	for (size_t i = 0; qemu->architecture && i < ARRAY_SIZE(layouts); i++)
		if (!strcmp(layouts[i].architecture, qemu->architecture) &&
			(!layouts[i].machine ||
				(machine && strstr(machine, layouts[i].machine))))
			return &layouts[i];
	return NULL;
}

/* The largest mapping that is neither code nor a library: the code buffer of TCG is. */
static const struct sonde_qemu_mapping *find_largest(
	const struct sonde_qemu_mappings *mappings)
{
	const struct sonde_qemu_mapping *largest = NULL;

	for (size_t i = 0; i < mappings->count; i++) {
		const struct sonde_qemu_mapping *one = &mappings->list[i];

		if (one->readable && one->writable && !one->executable &&
			(!largest ||
				one->end - one->first > largest->end - largest->first))
			largest = one;
	}
	return largest;
}

static struct sonde_error *usual_map(struct sonde_qemu *qemu,
	const struct usual_layout *layout, const struct sonde_qemu_mapping *ram,
	const struct sonde_qemu_mappings *mappings)
{
	uint64_t bytes = ram->end - ram->first;
	char region[] = "ram";
	struct sonde_qemu_range ranges[3] = {{.region = region}};
	uint64_t hosts[3] = {ram->first};
	struct sonde_qemu_memory_map map = {.ranges = ranges, .count = 1};

	if (layout->base) {
		ranges[0].first = layout->base;
		ranges[0].last = layout->base + bytes - 1;
	} else {
		/* The hole of the video memory and the ROMs below 1 MiB is left out. */
		uint64_t low = bytes < layout->enough ? bytes : layout->split;

		ranges[0].last = 0x9ffff;
		ranges[1] = (struct sonde_qemu_range){.first = 0x100000,
			.last = low - 1,
			.offset = 0x100000,
			.region = region};
		ranges[2] = (struct sonde_qemu_range){.first = UINT64_C(1) << 32,
			.last = (UINT64_C(1) << 32) + bytes - low - 1,
			.offset = low,
			.region = region};
		hosts[1] = ram->first + 0x100000;
		hosts[2] = ram->first + low;
		map.count = bytes > low ? 3 : 2;
		if (bytes <= 0x100000)
			return sonde_error_create(SONDE_ERROR_NOT_FOUND,
				"no mapping of the process is large enough to be RAM");
	}
	qemu->ram_bytes = bytes;
	return create(qemu, &map, hosts, mappings, false);
}

static struct sonde_error *by_process(struct sonde_qemu *qemu)
{
	CLEANUP(sonde_qemu_mappings_deinit) struct sonde_qemu_mappings mappings = {0};
	const struct usual_layout *layout = find_layout(qemu);
	const struct sonde_qemu_mapping *largest;

	if (qemu->process.directory < 0 || !layout)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"neither its monitor nor its process tells where RAM is");
	CHECK(sonde_qemu_mappings_read(&qemu->process, &mappings));
	largest = find_largest(&mappings);
	if (!largest)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "the process has no memory");
	return usual_map(qemu, layout, largest, &mappings);
}

/* -------------------------------------------------------------------------------- */

/* Once an attach: whoever asks again has read it. */
static void say_why(struct sonde_qemu *qemu)
{
	const char *why = qemu->ram ? sonde_qemu_ram_why(qemu->ram) : NULL;

	if (why && !qemu->why_said)
		sonde_log(&qemu->monitor.sonde->log, SONDE_LOG_WARNING,
			"%s; memory is read by %s", why,
			strcmp(sonde_qemu_ram_means(qemu->ram), "qmp") == 0
				? "QEMU's monitor, which is slow"
				: "other means");
	qemu->why_said = true;
}

struct sonde_error *sonde_qemu_find_ram(struct sonde_qemu *qemu)
{
	struct sonde_error *error, *second;

	if (qemu->ram)
		return NULL;
	error = by_monitor(qemu);
	if (error && !sonde_error_is(error, SONDE_ERROR_INTERRUPTED)) {
		second = by_process(qemu);
		if (second) {
			sonde_error_destroy(second);
			return error;
		}
		if (!qemu->why_said)
			sonde_log(&qemu->monitor.sonde->log, SONDE_LOG_WARNING,
				"where the guest's RAM is, is taken from what such "
				"machines usually have: %s",
				sonde_error_why(error));
		sonde_error_destroy(error);
		error = NULL;
	}
	if (!error)
		say_why(qemu);
	return error;
}
