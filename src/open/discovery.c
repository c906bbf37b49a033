/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which QEMUs there are: proc(5) says which processes are one and what they were started
 * with, look.c what can be reached of them. A process is told apart from a later one by
 * its start time; one that ends while it is looked at is left out.
 */
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "found.h"
#include "survey.h"

enum {
	PROCESSES_MAX = 1 << 16,
	NAME_MAX_BYTES = 1023,
};

/* What QEMU takes where nothing else is said, on all but a few boards. */
static const uint64_t usual_ram_bytes = UINT64_C(128) << 20;

static void deinit(struct sonde_found *found)
{
	const struct sonde_found_qemu *qemu = &found->qemu;

	free(found->machine);
	free(found->domain);
	free(found->libvirt_uri);
	free((char *)qemu->name);
	free((char *)qemu->arch);
	free((char *)qemu->accel);
	free((char *)qemu->state);
	free((char *)qemu->qmp);
	free((char *)qemu->gdb);
	free((char *)qemu->monitor);
	free((char *)qemu->why);
}

struct sonde_error *sonde_look_explain(struct sonde_look *look, const char *format, ...)
{
	char *text;
	va_list arguments;
	struct sonde_error *error;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		return sonde_error_no_memory();
	error = sonde_buffer_append_format(
		&look->why, "%s%s", look->why.length ? "; " : "", text);
	free(text);
	return error;
}

/* --- what its command line says --------------------------------------------------- */

/* KVM may be asked for and not be there; then QEMU takes what comes next. */
static const char *accel_of(const struct sonde_qemu_process *process)
{
	const char *said = process->line.accel;
	bool begun = process->thread_count > 2;

	if (process->has_kvm)
		return "kvm";
	if (!*said)
		said = process->prefers_kvm ? "kvm" : "tcg";
	return !strcmp(said, "kvm") && process->descriptors_known && begun ? "tcg" : said;
}

static uint64_t ram_of(const struct sonde_qemu_process *process)
{
	const char *machine = process->line.machine ? process->line.machine : "";

	if (process->line.ram_bytes || process->line.reads_config)
		return process->line.ram_bytes;
	if (!strcmp(process->architecture, "x86_64") ||
		!strcmp(process->architecture, "i386") || !strncmp(machine, "virt", 4))
		return usual_ram_bytes;
	return 0;
}

static struct sonde_error *take_command_line(struct sonde_look *look)
{
	const struct sonde_qemu_process *process = &look->process;
	struct sonde_found_qemu *qemu = &look->found.qemu;

	qemu->pid = process->pid;
	qemu->start_time = process->start_time;
	qemu->ram_bytes = ram_of(process);
	look->found.cpus = process->line.cpus;
	qemu->accel = strdup(accel_of(process));
	if (!qemu->accel)
		return sonde_error_no_memory();
	if (*process->architecture && !(qemu->arch = strdup(process->architecture)))
		return sonde_error_no_memory();
	if (process->line.machine &&
		!(look->found.machine = strdup(process->line.machine)))
		return sonde_error_no_memory();
	if (process->line.name &&
		!(qemu->name = strndup(process->line.name, NAME_MAX_BYTES)))
		return sonde_error_no_memory();
	if (process->line.reads_config)
		CHECK(sonde_look_explain(
			look, "options in its -readconfig file are not known here"));
	if (process->line_cut)
		CHECK(sonde_look_explain(
			look, "only the beginning of its long command line was read"));
	return NULL;
}

/* --- its memory ------------------------------------------------------------------- */

static struct sonde_error *take_memory(struct sonde_look *look)
{
	struct sonde_found_qemu *qemu = &look->found.qemu;
	struct sonde_qemu_survey survey = {.means = "none"};

	/* One that ends now is no news: all of it will be left out. */
	CHECK(sonde_qemu_survey(qemu->pid, qemu->ram_bytes, &survey));
	qemu->memory = survey.means;
	if (strcmp(survey.means, "none") != 0)
		return NULL;
	qemu->memory = look->found.gdb_free   ? "stub"
		       : look->found.qmp_free ? "qmp"
					      : "none";
	return *survey.why ? sonde_look_explain(look, "memory: %s", survey.why) : NULL;
}

/* --- one process ------------------------------------------------------------------ */

static struct sonde_error *look_at_all(struct sonde_look *look)
{
	CHECK(take_command_line(look));
	CHECK(sonde_look_at_channels(look));
	if (!look->brief)
		CHECK(take_memory(look));
	/* The text is handed over, and freed with the entry. */
	if (look->why.length) {
		look->found.qemu.why = (const char *)look->why.data;
		look->why = (struct sonde_buffer){0};
	}
	return NULL;
}

static bool is_beside_files(const struct sonde_qemu_channel *channel)
{
	return channel->kind != SONDE_QEMU_CHANNEL_NONE &&
	       channel->kind != SONDE_QEMU_CHANNEL_UNIX;
}

/*
 * Who listens, as far as this one can: the tables of TCP take milliseconds to read where
 * the kernel has made them large.
 */
static struct sonde_error *read_listeners(
	const struct sonde_qemu_command_line *line, struct sonde_qemu_listeners *ret)
{
	bool any = line->reads_config || is_beside_files(&line->gdb) ||
		   is_beside_files(&line->monitor);

	for (size_t i = 0; i < line->qmp_count; i++)
		any = any || is_beside_files(&line->qmp[i]);
	return sonde_qemu_listeners_read(any ? NULL : "/", ret);
}

/*
 * Adds the QEMU that @p pid is, if it is one, and still is at the end. Without
 * @p listeners no more is looked at than attaching needs.
 */
static struct sonde_error *add(struct sonde *sonde, pid_t pid,
	const struct sonde_qemu_listeners *listeners, struct sonde_found_qemus *all)
{
	struct sonde_qemu_listeners own = {0};
	struct sonde_look look = {.sonde = sonde,
		.listeners = listeners ? listeners : &own,
		.brief = !listeners};
	struct sonde_error *error = sonde_qemu_process_open(pid, &look.process);
	struct sonde_found *grown;
	bool lives;

	if (error)
		return error;
	if (look.brief)
		error = read_listeners(&look.process.line, &own);
	if (!error)
		error = look_at_all(&look);
	sonde_qemu_listeners_deinit(&own);
	sonde_buffer_deinit(&look.why);
	lives = sonde_qemu_process_lives(&look.process);
	sonde_qemu_process_close(&look.process);
	if (!lives && !error)
		error = sonde_error_create(SONDE_ERROR_NOT_FOUND, "it has ended");
	if (!error) {
		grown = reallocarray(all->list, all->count + 1, sizeof(*grown));
		if (grown) {
			all->list = grown;
			all->list[all->count++] = look.found;
			return NULL;
		}
		error = sonde_error_no_memory();
	}
	deinit(&look.found);
	return error;
}

/* Those that are no QEMU, or are gone, are passed over. */
static struct sonde_error *pass_over(struct sonde_error *error)
{
	if (!error || sonde_error_is(error, SONDE_ERROR_NO_MEMORY) ||
		sonde_error_is(error, SONDE_ERROR_INTERRUPTED))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

/* --- all of them ------------------------------------------------------------------ */

static void cleanup_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* The next number in /proc that may be a QEMU's, or 0. */
static pid_t next_process(DIR *directory)
{
	const struct dirent *entry;

	while ((entry = readdir(directory))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && sonde_qemu_process_may_be(pid))
			return pid;
	}
	return 0;
}

static struct sonde_error *add_all(struct sonde *sonde,
	const struct sonde_qemu_listeners *listeners, struct sonde_found_qemus *all)
{
	CLEANUP(cleanup_directory) DIR *directory = opendir("/proc");
	pid_t pid;

	if (!directory)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"/proc cannot be read, and no other list of processes is known");
	for (unsigned i = 0; i < PROCESSES_MAX && (pid = next_process(directory)); i++) {
		CHECK(sonde_context_check_interrupt(sonde));
		CHECK(pass_over(add(sonde, pid, listeners, all)));
	}
	return NULL;
}

static struct sonde_error *discover(
	struct sonde *sonde, pid_t pid, struct sonde_found_qemus *all)
{
	struct sonde_qemu_listeners listeners;
	struct sonde_error *error;

	if (pid)
		return pass_over(add(sonde, pid, NULL, all));
	CHECK(sonde_qemu_listeners_read(NULL, &listeners));
	error = add_all(sonde, &listeners, all);
	sonde_qemu_listeners_deinit(&listeners);
	return error;
}

struct sonde_error *sonde_discover_process(
	struct sonde *sonde, pid_t pid, struct sonde_found_qemus **ret)
{
	struct sonde_found_qemus *all = calloc(1, sizeof(*all));
	struct sonde_error *error;

	if (!all)
		return sonde_error_no_memory();
	error = discover(sonde, pid, all);
	if (error) {
		sonde_found_qemus_destroy(all);
		return sonde_error_while(error, "looking for QEMUs on this host");
	}
	*ret = all;
	return NULL;
}

struct sonde_error *sonde_discover(struct sonde *sonde, struct sonde_found_qemus **ret)
{
	return sonde_discover_process(sonde, 0, ret);
}

void sonde_found_qemus_destroy(struct sonde_found_qemus *found)
{
	if (!found)
		return;
	for (size_t i = 0; i < found->count; i++)
		deinit(&found->list[i]);
	free(found->list);
	free(found);
}

size_t sonde_found_qemus_count(const struct sonde_found_qemus *found)
{
	return found->count;
}

const struct sonde_found_qemu *sonde_found_qemus_get(
	const struct sonde_found_qemus *found, size_t index)
{
	return index < found->count ? &found->list[index].qemu : NULL;
}

/* --- who listens ------------------------------------------------------------------ */

static bool is_own_address(const char *address)
{
	static const char *const hosts[] = {"localhost:", "127.0.0.1:", "[::1]:", ":"};

	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		if (!strncmp(address, hosts[i], strlen(hosts[i])))
			return true;
	return false;
}

/* A port may have one listener for each family; all of them have to be the process's. */
static bool listens_on(const struct sonde_qemu_process *process,
	const struct sonde_qemu_listeners *listeners, const char *address)
{
	bool found = false;

	for (size_t i = 0; i < listeners->count; i++) {
		const struct sonde_qemu_listener *listener = &listeners->list[i];

		if (!listener->here || !sonde_qemu_listener_is_on(listener, address))
			continue;
		if (!sonde_qemu_process_has_socket(process, listener->inode))
			return false;
		found = true;
	}
	return found && is_own_address(address);
}

static bool listens(const struct sonde_qemu_process *process,
	const struct sonde_qemu_listeners *listeners, const char *address)
{
	const struct sonde_qemu_listener *listener;

	if (!strchr(address, '/'))
		return listens_on(process, listeners, address);
	listener = sonde_qemu_listeners_find(listeners, address);
	return listener && sonde_qemu_process_has_socket(process, listener->inode);
}

static struct sonde_error *find_listening(const char *address,
	const struct sonde_qemu_listeners *listeners, struct sonde_qemu_process *ret)
{
	CLEANUP(cleanup_directory) DIR *directory = opendir("/proc");
	pid_t pid;

	while (directory && (pid = next_process(directory))) {
		struct sonde_qemu_process process;
		struct sonde_error *error = sonde_qemu_process_open(pid, &process);

		if (error) {
			CHECK(pass_over(error));
			continue;
		}
		if (listens(&process, listeners, address)) {
			*ret = process;
			return NULL;
		}
		sonde_qemu_process_close(&process);
	}
	return sonde_error_create(
		SONDE_ERROR_NOT_FOUND, "no QEMU that we can look at listens there");
}

struct sonde_error *sonde_find_listening_qemu(
	const char *address, struct sonde_qemu_process *ret)
{
	struct sonde_qemu_listeners listeners;
	struct sonde_error *error;

	CHECK(sonde_qemu_listeners_read(address, &listeners));
	error = find_listening(address, &listeners, ret);
	sonde_qemu_listeners_deinit(&listeners);
	return error;
}
