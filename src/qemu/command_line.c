/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Source: QEMU's qemu-options.hx (which options have an argument), softmmu/vl.c,
 * monitor/monitor.c. An option may begin with one dash or two; its argument is the next
 * word, whatever that looks like; what has no dash is a disk.
 *
 * Options are gone through twice: a monitor may name a -chardev that comes later.
 */
#include <ctype.h>
#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <stdio.h>
#include <string.h>

#include "command_line.h"
#include "option_list.h"

enum {
	/** Each goes through all the words. */
	LOOKUPS_MAX = 4 * SONDE_QEMU_CHANNELS_MAX,
	/** More than any machine of QEMU's has. */
	CPUS_MAX = 65536,
};

/* --- words ------------------------------------------------------------------------ */

struct words {
	/** Behind the end there is a NUL byte. */
	const char *position, *end;
};

/* Those of any version since 2.0 that take no argument. */
static bool is_alone(const char *name)
{
	static const char *const alone[] = {"S", "alt-grab", "audio-help", "ctrl-grab",
		"curses", "daemonize", "enable-fips", "enable-hax", "enable-hvf",
		"enable-kvm", "enable-nitro", "enable-sync-profile", "full-screen", "h",
		"help", "localtime", "mem-prealloc", "no-acpi", "no-fd-bootchk",
		"no-frame", "no-hpet", "no-kvm", "no-kvm-irqchip", "no-kvm-pit",
		"no-kvm-pit-reinjection", "no-quit", "no-reboot", "no-shutdown",
		"no-user-config", "nodefaults", "nodefconfig", "nographic", "old-param",
		"one-insn-per-tb", "only-migratable", "portrait", "preconfig",
		"rtc-td-hack", "s", "sdl", "semihosting", "show-cursor", "singlestep",
		"snapshot", "tdf", "usb", "version", "win2k-hack", "xen-attach",
		"xen-create", "xen-domid-restrict", "async-teardown"};

	for (size_t i = 0; i < ARRAY_SIZE(alone); i++)
		if (!strcmp(name, alone[i]))
			return true;
	return false;
}

static const char *next_word(struct words *words)
{
	const char *word = words->position;

	if (word >= words->end)
		return NULL;
	words->position += strlen(word) + 1;
	return word;
}

/* The name without its dashes; "" for the value of one that has none. */
static bool next_option(struct words *words, const char **name, const char **value)
{
	const char *word;

	while ((word = next_word(words))) {
		if (word[0] != '-' || !word[1])
			continue;
		*name = word + (word[1] == '-' ? 2 : 1);
		*value = "";
		if (!is_alone(*name)) {
			word = next_word(words);
			*value = word ? word : "";
		}
		return true;
	}
	return false;
}

/* --- what other options refer to -------------------------------------------------- */

/* The options of the @p wanted whose id is @p id, or NULL. */
static struct sonde_error *find_by_id(struct words words, const char *wanted,
	const char *implied, const char *id, const char **ret)
{
	const char *name, *value;

	*ret = NULL;
	while (next_option(&words, &name, &value)) {
		CLEANUP(cleanup_free) char *found = NULL;

		if (strcmp(name, wanted) != 0)
			continue;
		CHECK(sonde_qemu_option_get(value, implied, "id", &found));
		if (found && !strcmp(found, id)) {
			*ret = value;
			return NULL;
		}
	}
	return NULL;
}

/* --- one option ------------------------------------------------------------------- */

struct parse {
	struct words all;
	struct sonde_qemu_command_line *line;
	/** The id of the object that is the machine's RAM. Owned. */
	char *backend;
	unsigned lookups;
};

static struct sonde_error *take_chardev(
	struct parse *parse, const char *id, struct sonde_qemu_channel *ret)
{
	const char *options = NULL;

	if (parse->lookups++ < LOOKUPS_MAX)
		CHECK(find_by_id(parse->all, "chardev", "backend", id, &options));
	if (options)
		return sonde_qemu_channel_parse_options(options, ret);
	*ret = (struct sonde_qemu_channel){0};
	return NULL;
}

/* The words behind -qmp, -monitor and -gdb. */
static struct sonde_error *take_channel(struct parse *parse, const char *text,
	bool listens, struct sonde_qemu_channel *ret)
{
	if (!strncmp(text, "chardev:", 8))
		return take_chardev(parse, text + 8, ret);
	return sonde_qemu_channel_parse(text, listens, ret);
}

static void keep_channel(struct sonde_qemu_command_line *line,
	struct sonde_qemu_channel *channel, bool qmp)
{
	bool none = channel->kind == SONDE_QEMU_CHANNEL_NONE;

	if (qmp && !none && line->qmp_count < SONDE_QEMU_CHANNELS_MAX)
		line->qmp[line->qmp_count++] = *channel;
	else if (!qmp && line->monitor.kind == SONDE_QEMU_CHANNEL_NONE)
		line->monitor = *channel;
	else
		sonde_qemu_channel_deinit(channel);
}

static bool wants_channel(const struct sonde_qemu_command_line *line, bool qmp)
{
	return qmp ? line->qmp_count < SONDE_QEMU_CHANNELS_MAX
		   : line->monitor.kind == SONDE_QEMU_CHANNEL_NONE;
}

static struct sonde_error *take_device(struct parse *parse, const char *text, bool qmp)
{
	struct sonde_qemu_channel channel;

	if (!wants_channel(parse->line, qmp))
		return NULL;
	CHECK(take_channel(parse, text, false, &channel));
	keep_channel(parse->line, &channel, qmp);
	return NULL;
}

static struct sonde_error *take_qmp(struct parse *parse, const char *text)
{
	return take_device(parse, text, true);
}

static struct sonde_error *take_monitor(struct parse *parse, const char *text)
{
	return take_device(parse, text, false);
}

static struct sonde_error *take_mon(struct parse *parse, const char *text)
{
	CLEANUP(cleanup_free) char *id = NULL;
	CLEANUP(cleanup_free) char *mode = NULL;
	struct sonde_qemu_channel channel;
	bool qmp;

	CHECK(sonde_qemu_option_get(text, "chardev", "chardev", &id));
	CHECK(sonde_qemu_option_get(text, "chardev", "mode", &mode));
	qmp = mode && !strcmp(mode, "control");
	if (!id || !wants_channel(parse->line, qmp))
		return NULL;
	CHECK(take_chardev(parse, id, &channel));
	/* libvirt's src/qemu/qemu_command.c, qemuBuildMonitorCommandLine(). */
	if (qmp && !strcmp(id, "charmonitor"))
		parse->line->libvirt = true;
	keep_channel(parse->line, &channel, qmp);
	return NULL;
}

static struct sonde_error *take_gdb(struct parse *parse, const char *text)
{
	struct sonde_qemu_channel channel;

	CHECK(take_channel(parse, text, true, &channel));
	sonde_qemu_channel_deinit(&parse->line->gdb);
	parse->line->gdb = channel;
	return NULL;
}

static struct sonde_error *take_s(struct parse *parse, const char *text)
{
	(void)text;
	return take_gdb(parse, "tcp::1234");
}

static struct sonde_error *take_name(struct parse *parse, const char *text)
{
	char *name;

	CHECK(sonde_qemu_option_get(text, "guest", "guest", &name));
	if (name) {
		free(parse->line->name);
		parse->line->name = name;
	}
	return NULL;
}

static struct sonde_error *take_uuid(struct parse *parse, const char *text)
{
	char *uuid = strdup(text);

	if (!uuid)
		return sonde_error_no_memory();
	free(parse->line->uuid);
	parse->line->uuid = uuid;
	return NULL;
}

/* The first of "kvm:tcg". */
static void keep_accel(struct sonde_qemu_command_line *line, const char *text)
{
	size_t length = strcspn(text, ":");

	if (length && length < sizeof(line->accel))
		snprintf(line->accel, sizeof(line->accel), "%.*s", (int)length, text);
}

/* Of several the first is tried first. */
static struct sonde_error *take_accel(struct parse *parse, const char *text)
{
	CLEANUP(cleanup_free) char *accel = NULL;

	CHECK(sonde_qemu_option_get(text, "accel", "accel", &accel));
	if (accel && !*parse->line->accel)
		keep_accel(parse->line, accel);
	return NULL;
}

static struct sonde_error *take_enable_kvm(struct parse *parse, const char *text)
{
	(void)text;
	return take_accel(parse, "kvm");
}

static struct sonde_error *take_machine(struct parse *parse, const char *text)
{
	CLEANUP(cleanup_free) char *accel = NULL;
	char *type, *backend;

	CHECK(sonde_qemu_option_get(text, "type", "type", &type));
	if (type) {
		free(parse->line->machine);
		parse->line->machine = type;
	}
	CHECK(sonde_qemu_option_get(text, "type", "memory-backend", &backend));
	if (backend) {
		free(parse->backend);
		parse->backend = backend;
	}
	CHECK(sonde_qemu_option_get(text, "type", "accel", &accel));
	if (accel)
		keep_accel(parse->line, accel);
	return NULL;
}

static struct sonde_error *take_memory(struct parse *parse, const char *text)
{
	CLEANUP(cleanup_free) char *size = NULL;
	uint64_t bytes;

	CHECK(sonde_qemu_option_get(text, "size", "size", &size));
	if (size && sonde_qemu_option_size(size, UINT64_C(1) << 20, &bytes))
		parse->line->ram_bytes = bytes;
	return NULL;
}

/* False: nothing is said of @p name, or no number. */
static struct sonde_error *get_number(
	const char *text, const char *name, uint64_t *number, bool *found)
{
	CLEANUP(cleanup_free) char *value = NULL;
	uint64_t said;
	char *end;

	*found = false;
	CHECK(sonde_qemu_option_get(text, "cpus", name, &value));
	if (!value || !isdigit((unsigned char)*value))
		return NULL;
	said = strtoull(value, &end, 10);
	*found = !*end && said && said <= CPUS_MAX;
	if (*found)
		*number = said;
	return NULL;
}

/* hw/core/machine-smp.c: where their number is not given, as many as there can be. */
static struct sonde_error *take_smp(struct parse *parse, const char *text)
{
	static const char *const groups[] = {"drawers", "books", "sockets", "dies",
		"clusters", "modules", "cores", "threads"};
	uint64_t cpus = 1, count;
	bool found;

	CHECK(get_number(text, "cpus", &cpus, &found));
	if (!found)
		CHECK(get_number(text, "maxcpus", &cpus, &found));
	for (size_t i = 0; !found && i < ARRAY_SIZE(groups); i++) {
		bool has_group;

		CHECK(get_number(text, groups[i], &count, &has_group));
		if (has_group && cpus * count <= CPUS_MAX)
			cpus *= count;
	}
	parse->line->cpus = (unsigned)cpus;
	return NULL;
}

static struct sonde_error *take_config(struct parse *parse, const char *text)
{
	(void)text;
	parse->line->reads_config = true;
	return NULL;
}

static struct sonde_error *take_option(
	struct parse *parse, const char *name, const char *value)
{
	static const struct {
		const char *name;
		struct sonde_error *(*take)(struct parse *parse, const char *text);
	} options[] = {{"M", take_machine}, {"accel", take_accel},
		{"enable-kvm", take_enable_kvm}, {"gdb", take_gdb}, {"m", take_memory},
		{"machine", take_machine}, {"mon", take_mon}, {"monitor", take_monitor},
		{"name", take_name}, {"qmp", take_qmp}, {"qmp-pretty", take_qmp},
		{"readconfig", take_config}, {"s", take_s}, {"smp", take_smp},
		{"uuid", take_uuid}};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (!strcmp(name, options[i].name))
			return options[i].take(parse, value);
	return NULL;
}

/* --- RAM that is an object -------------------------------------------------------- */

/* {"qom-type":"memory-backend-ram","id":"pc.ram","size":2147483648} */
static uint64_t size_in_json(const char *text, const char *id)
{
	struct json_object *object = json_tokener_parse(text), *member;
	uint64_t size = 0;

	if (json_object_is_type(object, json_type_object) &&
		json_object_object_get_ex(object, "id", &member) &&
		!strcmp(json_object_get_string(member) ?: "", id) &&
		json_object_object_get_ex(object, "size", &member) &&
		json_object_is_type(member, json_type_int))
		size = json_object_get_uint64(member);
	json_object_put(object);
	return size;
}

static struct sonde_error *size_of_object(
	struct words words, const char *id, uint64_t *ret)
{
	CLEANUP(cleanup_free) char *size = NULL;
	const char *name, *value, *options;

	CHECK(find_by_id(words, "object", "qom-type", id, &options));
	if (options) {
		CHECK(sonde_qemu_option_get(options, "qom-type", "size", &size));
		if (!size || !sonde_qemu_option_size(size, 1, ret))
			*ret = 0;
		return NULL;
	}
	*ret = 0;
	while (!*ret && next_option(&words, &name, &value))
		if (!strcmp(name, "object") && *value == '{')
			*ret = size_in_json(value, id);
	return NULL;
}

/* ---------------------------------------------------------------------------------- */

static struct sonde_error *parse_all(struct parse *parse)
{
	struct sonde_qemu_command_line *line = parse->line;
	struct words words = parse->all;
	const char *name, *value;

	/* The program's own name. */
	next_word(&words);
	parse->all = words;
	while (next_option(&words, &name, &value))
		CHECK(take_option(parse, name, value));
	if (!line->ram_bytes && parse->backend)
		CHECK(size_of_object(parse->all, parse->backend, &line->ram_bytes));
	return NULL;
}

struct sonde_error *sonde_qemu_command_line_parse(
	const char *data, size_t length, struct sonde_qemu_command_line *ret)
{
	struct sonde_qemu_command_line line = {0};
	CLEANUP(cleanup_free) char *copy = malloc(length + 1);
	struct parse parse = {.all = {.position = copy}, .line = &line};
	struct sonde_error *error;

	if (!copy)
		return sonde_error_no_memory();
	memcpy(copy, data, length);
	copy[length] = '\0';
	parse.all.end = copy + length;
	error = parse_all(&parse);
	free(parse.backend);
	if (error) {
		sonde_qemu_command_line_deinit(&line);
		return error;
	}
	*ret = line;
	return NULL;
}

void sonde_qemu_command_line_deinit(struct sonde_qemu_command_line *line)
{
	for (size_t i = 0; i < line->qmp_count; i++)
		sonde_qemu_channel_deinit(&line->qmp[i]);
	sonde_qemu_channel_deinit(&line->monitor);
	sonde_qemu_channel_deinit(&line->gdb);
	free(line->name);
	free(line->uuid);
	free(line->machine);
	*line = (struct sonde_qemu_command_line){0};
}

bool sonde_qemu_is_emulator(const char *name, char ret[SONDE_QEMU_ARCHITECTURE_TEXT])
{
	static const char prefix[] = "qemu-system-";
	size_t length;

	ret[0] = '\0';
	if (!strcmp(name, "kvm") || !strcmp(name, "qemu-kvm"))
		return true;
	if (strncmp(name, prefix, sizeof(prefix) - 1))
		return false;
	/* "qemu-system-x86_64-spice" and "qemu-system-arm.real" are there, too. */
	name += sizeof(prefix) - 1;
	for (length = 0; isalnum((unsigned char)name[length]) || name[length] == '_';)
		length++;
	if (!length || length >= SONDE_QEMU_ARCHITECTURE_TEXT)
		return false;
	snprintf(ret, SONDE_QEMU_ARCHITECTURE_TEXT, "%.*s", (int)length, name);
	return true;
}
