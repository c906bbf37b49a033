/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the words for a QEMU to what its helper is given. What was found by looking around
 * is handed on only if it can be connected to; what a user has named is handed on in any
 * case, so that it fails with its own reason.
 *
 * A process is handed on with its start time. Whoever uses the one looks at the other,
 * and does not take a later process for it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <errno.h>

#include "found.h"
#include "specification.h"
#include "start_time.h"

enum {
	/** So many are listed in a hint. */
	LISTED_MAX = 12,
};

/* --- the helper's options --------------------------------------------------------- */

static struct sonde_error *add(
	struct sonde_buffer *options, const char *key, const char *value)
{
	if (!value)
		return NULL;
	if (strchr(value, ','))
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_INVALID,
				"\"%s\" has a comma, which a part of a target cannot "
				"have",
				value),
			"make a symbolic link to it that has none, and name it with "
			"qemu:%s=LINK",
			key);
	return sonde_buffer_append_format(
		options, "%s%s=%s", options->length ? "," : "", key, value);
}

static struct sonde_error *add_process(
	struct sonde_buffer *options, pid_t pid, uint64_t start_time)
{
	return sonde_buffer_append_format(options, "%spid=%d,start=%llu",
		options->length ? "," : "", (int)pid, (unsigned long long)start_time);
}

/* A name is a help for readers only, so one that cannot be told is left out. */
static struct sonde_error *add_name(struct sonde_buffer *options, const char *name)
{
	return name && *name && !strchr(name, ',') ? add(options, "name", name) : NULL;
}

/* What the monitor would say, for when somebody else holds it: of the type, the name. */
static struct sonde_error *add_machine(struct sonde_buffer *options,
	const char *architecture, const char *type, unsigned cpus)
{
	CLEANUP(cleanup_free)
	char *name = type ? strndup(type, strcspn(type, ",")) : NULL;

	if (type && !name)
		return sonde_error_no_memory();
	CHECK(add(options, "arch", architecture && *architecture ? architecture : NULL));
	if (cpus)
		CHECK(sonde_buffer_append_format(
			options, "%scpus=%u", options->length ? "," : "", cpus));
	return add(options, "machine", name);
}

/* Takes over what @p options has. */
static struct sonde_error *finish(
	const char *words, struct sonde_buffer *options, struct sonde_resolution *ret)
{
	struct sonde_resolution resolution;

	if (asprintf(&resolution.name, "qemu:%s", words) < 0)
		return sonde_error_no_memory();
	resolution.options = (char *)options->data;
	*options = (struct sonde_buffer){0};
	*ret = resolution;
	return NULL;
}

void sonde_resolution_deinit(struct sonde_resolution *resolution)
{
	free(resolution->name);
	free(resolution->options);
	*resolution = (struct sonde_resolution){0};
}

/* --- lists for hints -------------------------------------------------------------- */

/* Its memory is enough to look at it, whoever holds the rest. */
static bool has_memory(const struct sonde_found *found)
{
	const char *memory = found->qemu.memory;

	return memory && (!strcmp(memory, "mmap") || !strcmp(memory, "process"));
}

static bool is_reachable(const struct sonde_found *found)
{
	return found->qmp_free || found->gdb_free || has_memory(found);
}

/* One that is held is named, too: so that it can be said who holds it. */
static const char *monitor_of(const struct sonde_found *found)
{
	return found->qmp_free || found->hindrance == SONDE_ERROR_BUSY ? found->qemu.qmp
								       : NULL;
}

static struct sonde_error *list_one(
	struct sonde_buffer *text, const struct sonde_found *found, bool reasons)
{
	const struct sonde_found_qemu *qemu = &found->qemu;

	CHECK(sonde_buffer_append_format(
		text, "%sqemu:%d", text->length ? ", " : "", (int)qemu->pid));
	if (qemu->name)
		CHECK(sonde_buffer_append_format(text, " is \"%s\"", qemu->name));
	if (reasons && !is_reachable(found) && qemu->why)
		CHECK(sonde_buffer_append_format(text, " (%s)", qemu->why));
	return NULL;
}

/* Without memory, what there is of it. Only those called @p name, unless that is NULL. */
static void list(struct sonde_buffer *text, const struct sonde_found_qemus *all,
	const char *name, bool reasons)
{
	size_t listed = 0;
	struct sonde_error *error = NULL;

	for (size_t i = 0; i < all->count && !error; i++) {
		const struct sonde_found *found = &all->list[i];

		if (name && (!found->qemu.name || strcmp(found->qemu.name, name) != 0))
			continue;
		if (listed++ == LISTED_MAX) {
			error = sonde_buffer_append_format(text, ", ..");
			break;
		}
		error = list_one(text, found, reasons);
	}
	sonde_error_destroy(error);
}

static struct sonde_error *suggest_those(struct sonde_error *error,
	const struct sonde_found_qemus *all, const char *name, bool reasons)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer text = {0};

	list(&text, all, name, reasons);
	if (!text.length)
		return sonde_error_suggest(error,
			"start one with -qmp unix:PATH,server=on,wait=off, or name a "
			"stub: "
			"-t gdb:HOST:PORT; this host's QEMUs can be seen as far as /proc "
			"shows them");
	return sonde_error_suggest(error, "there %s %s", all->count == 1 ? "is" : "are",
		(const char *)text.data);
}

/* --- one of those that were found ------------------------------------------------- */

/* Why @p found cannot be attached to; NULL where it can. */
static struct sonde_error *check_reachable(const struct sonde_found *found)
{
	const char *why = found->qemu.why;

	/* Of one that is named, its memory is only looked for when it is attached to. */
	if (is_reachable(found) || found->hindrance == SONDE_ERROR_BUSY)
		return NULL;
	return sonde_error_suggest(
		sonde_error_create(
			found->hindrance ? found->hindrance : SONDE_ERROR_UNSUPPORTED,
			"%s", why ? why : "neither its monitor nor a stub is known"),
		"'sonde ls' tells what can be reached of each QEMU");
}

static struct sonde_error *add_domain(
	struct sonde_buffer *options, const struct sonde_found *found)
{
	CHECK(add(options, "libvirt", found->domain));
	return add(options, "libvirt-uri", found->libvirt_uri);
}

static struct sonde_error *add_monitor(
	struct sonde_buffer *options, const struct sonde_found *found)
{
	if (found->by_libvirt)
		return add_domain(options, found);
	return add(options, "qmp", monitor_of(found));
}

static struct sonde_error *use(const struct sonde_found *found, const char *words,
	const char *ram, struct sonde_resolution *ret)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer options = {0};
	const struct sonde_found_qemu *qemu = &found->qemu;

	CHECK(check_reachable(found));
	CHECK(add_monitor(&options, found));
	CHECK(add(&options, "gdb", found->gdb_free ? qemu->gdb : NULL));
	CHECK(add(&options, "ram", ram));
	CHECK(add_process(&options, qemu->pid, qemu->start_time));
	CHECK(add_machine(&options, qemu->arch, found->machine, found->cpus));
	CHECK(add_name(&options, qemu->name));
	return finish(words, &options, ret);
}

static const struct sonde_found *find_pid(const struct sonde_found_qemus *all, pid_t pid)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->list[i].qemu.pid == pid)
			return &all->list[i];
	return NULL;
}

static pid_t pid_of(const char *word)
{
	return strspn(word, "0123456789") == strlen(word) && strlen(word) < 10
		       ? (pid_t)strtol(word, NULL, 10)
		       : 0;
}

static struct sonde_error *find_named(const struct sonde_found_qemus *all,
	const char *word, const struct sonde_found **ret)
{
	pid_t pid = pid_of(word);
	const struct sonde_found *found = pid ? find_pid(all, pid) : NULL;
	size_t count = found ? 1 : 0;

	for (size_t i = 0; i < all->count && (!found || found->qemu.pid != pid); i++)
		if (all->list[i].qemu.name && !strcmp(all->list[i].qemu.name, word)) {
			found = &all->list[i];
			count++;
		}
	if (count > 1)
		return suggest_those(sonde_error_create(SONDE_ERROR_INVALID,
					     "%zu QEMUs are called so", count),
			all, word, false);
	if (!found)
		return suggest_those(
			sonde_error_create(SONDE_ERROR_NOT_FOUND,
				pid ? "that process is no QEMU, and none is called so"
				    : "no QEMU on this host is called so"),
			all, NULL, false);
	*ret = found;
	return NULL;
}

static struct sonde_error *find_only(
	const struct sonde_found_qemus *all, const struct sonde_found **ret)
{
	const struct sonde_found *found = NULL;
	size_t count = 0;

	for (size_t i = 0; i < all->count; i++)
		if (is_reachable(&all->list[i])) {
			found = &all->list[i];
			count++;
		}
	if (count > 1)
		return suggest_those(
			sonde_error_create(SONDE_ERROR_INVALID,
				"several QEMUs run on this host, and none is named"),
			all, NULL, true);
	if (!all->count)
		return suggest_those(sonde_error_create(SONDE_ERROR_NOT_FOUND,
					     "no QEMU runs on this host"),
			all, NULL, true);
	/* Why that one cannot be reached is told when it is used. */
	if (!count && all->count == 1)
		found = &all->list[0];
	if (!found)
		return suggest_those(sonde_error_create(SONDE_ERROR_NOT_FOUND,
					     "none of this host's QEMUs can be reached"),
			all, NULL, true);
	*ret = found;
	return NULL;
}

/* Of a name, a number, or nothing. */
static struct sonde_error *resolve_found(const struct sonde_found_qemus *all,
	const struct sonde_specification *specification, struct sonde_resolution *ret)
{
	const struct sonde_found *found = NULL;
	const char *word = specification->word;
	struct sonde_error *error;
	char number[16];

	error = word ? find_named(all, word, &found) : find_only(all, &found);
	if (error || !found)
		return error;
	snprintf(number, sizeof(number), "%d", (int)found->qemu.pid);
	if (!word)
		word = found->qemu.name && *found->qemu.name ? found->qemu.name : number;
	return use(found, word, NULL, ret);
}

/* --- a socket, and parts ---------------------------------------------------------- */

static struct sonde_error *check_socket(const char *path)
{
	struct stat status;

	if (!path || stat(path, &status))
		return sonde_error_suggest(
			errno == ENOENT ? sonde_error_create(SONDE_ERROR_NOT_FOUND,
						  "there is no such socket")
					: sonde_error_system(errno),
			"'sonde ls' shows the sockets of this host's QEMUs");
	if (!S_ISSOCK(status.st_mode))
		return sonde_error_create(SONDE_ERROR_INVALID, "this file is no socket");
	return NULL;
}

/*
 * Adds the process that listens at @p address, which may be anybody's or elsewhere.
 * @p wanted, unless it is 0, is the one that has to.
 */
static struct sonde_error *add_listening(
	struct sonde_buffer *options, const char *address, pid_t wanted)
{
	struct sonde_qemu_process process;
	struct sonde_error *error = sonde_find_listening_qemu(address, &process);

	if (sonde_error_is(error, SONDE_ERROR_NOT_FOUND)) {
		sonde_error_destroy(error);
		return NULL;
	}
	if (error)
		return error;
	if (wanted && wanted != process.pid)
		error = sonde_error_create(SONDE_ERROR_INVALID,
			"process %d listens at %s, and not %d", (int)process.pid, address,
			(int)wanted);
	if (!error && !wanted)
		error = add_process(options, process.pid, process.start_time);
	if (!error)
		error = add_machine(options, process.architecture, process.line.machine,
			process.line.cpus);
	if (!error)
		error = add_name(options, process.line.name);
	sonde_qemu_process_close(&process);
	return error;
}

static struct sonde_error *add_given_process(struct sonde_buffer *options, pid_t pid)
{
	uint64_t start_time = sonde_process_start_time(pid);

	if (!start_time)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "there is no process %d", (int)pid);
	return add_process(options, pid, start_time);
}

static struct sonde_error *resolve_socket(
	const struct sonde_specification *specification, struct sonde_resolution *ret)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer options = {0};

	CHECK(check_socket(specification->word));
	CHECK(add(&options, "qmp", specification->word));
	CHECK(add_listening(&options, specification->word, 0));
	return finish(specification->word, &options, ret);
}

/*
 * A process alone: the rest of it is looked for, and the other processes are left alone.
 * *@p is_one: whether it is a QEMU at all; else nothing is done.
 */
static struct sonde_error *try_process(struct sonde *sonde, pid_t pid, const char *words,
	const char *ram, struct sonde_resolution *ret, bool *is_one)
{
	struct sonde_found_qemus *all;
	const struct sonde_found *found;
	struct sonde_error *error = NULL;

	CHECK(sonde_discover_process(sonde, pid, &all));
	found = find_pid(all, pid);
	*is_one = found != NULL;
	if (found)
		error = use(found, words, ram, ret);
	sonde_found_qemus_destroy(all);
	return error;
}

static struct sonde_error *resolve_process(struct sonde *sonde, const char *words,
	const struct sonde_specification *parts, struct sonde_resolution *ret)
{
	struct sonde_found_qemus *all;
	struct sonde_error *error;
	bool is_one;

	CHECK(try_process(sonde, parts->pid, words, parts->ram, ret, &is_one));
	if (is_one)
		return NULL;
	CHECK(sonde_discover(sonde, &all));
	error = suggest_those(sonde_error_create(SONDE_ERROR_NOT_FOUND,
				      "process %d is no QEMU", (int)parts->pid),
		all, NULL, false);
	sonde_found_qemus_destroy(all);
	return error;
}

static bool is_domain(const struct sonde_found *found, const char *domain)
{
	const char *name = found->qemu.name;

	return found->domain &&
	       (!strcmp(found->domain, domain) || (name && !strcmp(name, domain)));
}

static struct sonde_error *find_domain(const struct sonde_found_qemus *all,
	const char *domain, const struct sonde_found **ret)
{
	const struct sonde_found *found = NULL;

	for (size_t i = 0; i < all->count; i++) {
		if (!is_domain(&all->list[i], domain))
			continue;
		/* Each user may have one, and the system. */
		if (found)
			return suggest_those(
				sonde_error_create(SONDE_ERROR_INVALID,
					"several domains of libvirt are called so"),
				all, domain, false);
		found = &all->list[i];
	}
	*ret = found;
	return NULL;
}

/* The domain's process, if it is one of this host's that we can see. */
static struct sonde_error *add_found_domain(struct sonde_buffer *options,
	const struct sonde_found_qemus *all, const struct sonde_specification *parts)
{
	const struct sonde_found *found = NULL;

	CHECK(find_domain(all, parts->libvirt, &found));
	if (parts->pid && (!found || found->qemu.pid != parts->pid))
		return sonde_error_create(SONDE_ERROR_INVALID,
			"process %d is not libvirt's \"%s\"", (int)parts->pid,
			parts->libvirt);
	if (!found)
		return add(options, "libvirt", parts->libvirt);
	CHECK(add_domain(options, found));
	/* Its daemon may have ended, and have let the monitor go. */
	if (!parts->qmp && !found->by_libvirt)
		CHECK(add(options, "qmp", monitor_of(found)));
	if (!parts->gdb)
		CHECK(add(options, "gdb", found->gdb_free ? found->qemu.gdb : NULL));
	CHECK(add_process(options, found->qemu.pid, found->qemu.start_time));
	CHECK(add_machine(options, found->qemu.arch, found->machine, found->cpus));
	return add_name(options, found->qemu.name);
}

static struct sonde_error *resolve_libvirt(struct sonde *sonde, const char *words,
	const struct sonde_specification *parts, struct sonde_resolution *ret)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer options = {0};
	struct sonde_found_qemus *all;
	struct sonde_error *error;

	CHECK(add(&options, "qmp", parts->qmp));
	CHECK(add(&options, "gdb", parts->gdb));
	CHECK(add(&options, "ram", parts->ram));
	CHECK(sonde_discover_process(sonde, parts->pid, &all));
	error = add_found_domain(&options, all, parts);
	sonde_found_qemus_destroy(all);
	return error ? error : finish(words, &options, ret);
}

static struct sonde_error *resolve_parts(struct sonde *sonde, const char *words,
	const struct sonde_specification *parts, struct sonde_resolution *ret)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer options = {0};

	if (parts->libvirt)
		return resolve_libvirt(sonde, words, parts, ret);
	if (!parts->qmp && !parts->gdb) {
		if (parts->pid)
			return resolve_process(sonde, words, parts, ret);
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_INVALID,
				"neither a monitor nor a stub nor a process is named"),
			"add qmp=ADDR, gdb=ADDR, libvirt=DOMAIN or pid=N");
	}
	CHECK(add(&options, "qmp", parts->qmp));
	CHECK(add(&options, "gdb", parts->gdb));
	CHECK(add(&options, "ram", parts->ram));
	if (parts->pid)
		CHECK(add_given_process(&options, parts->pid));
	CHECK(add_listening(&options, parts->qmp ? parts->qmp : parts->gdb, parts->pid));
	return finish(words, &options, ret);
}

/* ---------------------------------------------------------------------------------- */

static struct sonde_error *resolve(struct sonde *sonde, const char *words,
	const struct sonde_specification *specification, struct sonde_resolution *ret)
{
	struct sonde_found_qemus *all;
	struct sonde_error *error;
	pid_t pid = specification->word ? pid_of(specification->word) : 0;

	if (specification->kind == SONDE_SPECIFICATION_SOCKET)
		return resolve_socket(specification, ret);
	if (specification->kind == SONDE_SPECIFICATION_PARTS)
		return resolve_parts(sonde, words, specification, ret);
	if (pid > 0) {
		bool is_one;

		CHECK(try_process(sonde, pid, words, NULL, ret, &is_one));
		if (is_one)
			return NULL;
	}
	/* It may be called like a number. */
	CHECK(sonde_discover(sonde, &all));
	error = resolve_found(all, specification, ret);
	sonde_found_qemus_destroy(all);
	return error;
}

struct sonde_error *sonde_specification_resolve(
	struct sonde *sonde, const char *words, struct sonde_resolution *ret)
{
	struct sonde_specification specification;
	struct sonde_error *error;

	CHECK(sonde_specification_parse(words, &specification));
	error = resolve(sonde, words, &specification, ret);
	sonde_specification_deinit(&specification);
	return error;
}
