/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "monitor.h"

enum {
	/** What one `xp` is asked for: its answer is some 7 bytes of text for each. */
	DUMP_BYTES = 4096,
	/** pmemsave: a multiple of QEMU's own buffer (bytes). */
	SAVE_BYTES = 1 << 24,
};

/* --- the connection --------------------------------------------------------------- */

void sonde_qemu_monitor_release(struct sonde_qemu_monitor *monitor)
{
	sonde_qmp_close(monitor->qmp);
	monitor->qmp = NULL;
	free(monitor->why_not);
	monitor->why_not = NULL;
}

static void take_state(struct sonde_qemu_monitor *monitor, enum sonde_state state)
{
	if (state == monitor->state)
		return;
	monitor->state = state;
	monitor->state_changed(monitor->user, state);
}

static void take_event(void *user, const char *name, struct json_object *data)
{
	struct sonde_qemu_monitor *monitor = user;

	(void)data;
	if (!strcmp(name, "RESUME"))
		take_state(monitor, SONDE_STATE_RUNNING);
	else if (!strcmp(name, "STOP"))
		take_state(monitor, SONDE_STATE_STOPPED);
	else if (!strcmp(name, "RESET") || !strcmp(name, "SHUTDOWN"))
		take_state(monitor, SONDE_STATE_UNKNOWN);
}

/* Somebody who holds it will hold it for the next question, too. */
static void remember_failure(
	struct sonde_qemu_monitor *monitor, const struct sonde_error *error)
{
	const char *hint = sonde_error_hint(error);

	monitor->why_kind = sonde_error_kind(error);
	if (monitor->why_kind == SONDE_ERROR_INTERRUPTED)
		return;
	if (asprintf(&monitor->why_not, "%s: %s%s%s", sonde_error_what(error),
		    sonde_error_why(error), hint ? "; " : "", hint ?: "") < 0)
		monitor->why_not = NULL;
}

/* `query-status`; whoever connects asks first of all. */
static struct sonde_error *ask_state(struct sonde_qemu_monitor *monitor)
{
	enum sonde_state state = SONDE_STATE_UNKNOWN;
	struct json_object *status, *running;

	CHECK(sonde_qmp_execute(monitor->qmp, "query-status", NULL, &status));
	if (json_object_object_get_ex(status, "running", &running))
		state = json_object_get_boolean(running) ? SONDE_STATE_RUNNING
							 : SONDE_STATE_STOPPED;
	json_object_put(status);
	take_state(monitor, state);
	return NULL;
}

/* libvirt is only asked where the monitor itself cannot be. */
static struct sonde_error *reach(struct sonde_qemu_monitor *monitor)
{
	struct sonde_qmp_listener listener = {take_event, monitor};
	struct sonde_error *error = NULL;

	if (monitor->address)
		error = sonde_qmp_connect(
			monitor->sonde, monitor->address, &listener, &monitor->qmp);
	if (!monitor->place.domain ||
		(monitor->address && !sonde_error_is(error, SONDE_ERROR_BUSY)))
		return error;
	sonde_error_destroy(error);
	return sonde_qmp_connect_libvirt(monitor->sonde, &monitor->place, &monitor->qmp);
}

struct sonde_error *sonde_qemu_monitor_need(struct sonde_qemu_monitor *monitor)
{
	struct sonde_error *error;

	if (monitor->qmp)
		return NULL;
	if (!monitor->address && !monitor->place.domain)
		return sonde_error_suggest(sonde_error_create(SONDE_ERROR_UNSUPPORTED,
						   "its monitor is not known"),
			"start QEMU with -qmp unix:PATH,server=on,wait=off, or name the "
			"socket: qemu:qmp=PATH");
	if (monitor->why_not)
		return sonde_error_create(monitor->why_kind, "%s", monitor->why_not);
	error = reach(monitor);
	if (error) {
		remember_failure(monitor, error);
		return error;
	}
	/* Since it was released, anybody may have changed that. */
	return ask_state(monitor);
}

struct sonde_error *sonde_qemu_monitor_query(
	struct sonde_qemu_monitor *monitor, const char *command, struct json_object **ret)
{
	CHECK(sonde_qemu_monitor_need(monitor));
	return sonde_qmp_execute(monitor->qmp, command, NULL, ret);
}

struct sonde_error *sonde_qemu_monitor_say(struct sonde_qemu_monitor *monitor,
	unsigned cpu, const char *const *commands, size_t count, char **texts)
{
	CHECK(sonde_qemu_monitor_need(monitor));
	return sonde_qmp_monitor(monitor->qmp, cpu, commands, count, texts);
}

/* --- what it prints --------------------------------------------------------------- */

/* "0000000000001000: 0x12 0x34 ..", a line for eight or sixteen bytes. */
bool sonde_qemu_parse_dump(const char *text, uint8_t *buffer, size_t length)
{
	size_t done = 0;

	while (*text && done < length) {
		const char *end = text + strcspn(text, "\n");
		const char *p = memchr(text, ':', (size_t)(end - text));

		for (p = p ? p + 1 : end; p < end && done < length;) {
			unsigned long value;
			char *behind;

			p += strspn(p, " \r");
			if (p >= end)
				break;
			if (p[0] != '0' || p[1] != 'x')
				return false;
			value = strtoul(p, &behind, 16);
			if (value > 0xff || behind > end)
				return false;
			buffer[done++] = (uint8_t)value;
			p = behind;
		}
		text = *end ? end + 1 : end;
	}
	return done == length;
}

static bool parse_behind(const char *text, const char *word, uint64_t *ret)
{
	const char *at = strstr(text, word);
	char *end;

	if (!at || !isxdigit((unsigned char)at[strlen(word)]))
		return false;
	errno = 0;
	*ret = strtoull(at + strlen(word), &end, 16);
	return errno == 0;
}

bool sonde_qemu_parse_gva2gpa(const char *text, uint64_t *ret)
{
	return parse_behind(text, "gpa: ", ret);
}

bool sonde_qemu_parse_gpa2hva(const char *text, uint64_t *ret)
{
	return parse_behind(text, ") is ", ret);
}

/* --- memory ----------------------------------------------------------------------- */

static struct sonde_error *read_dump(struct sonde_qemu_monitor *monitor, uint64_t address,
	uint8_t *buffer, size_t length)
{
	char command[64];
	const char *commands[] = {command};
	char *text;
	bool good;

	snprintf(command, sizeof(command), "xp /%zuxb 0x%" PRIx64, length, address);
	CHECK(sonde_qemu_monitor_say(monitor, 0, commands, 1, &text));
	good = sonde_qemu_parse_dump(text, buffer, length);
	free(text);
	return good ? NULL
		    : sonde_error_fault(
			      address, "QEMU's monitor cannot read this memory");
}

/* QEMU makes a file; what it did not write is none of its memory. */
static struct sonde_error *take_file(
	int fd, uint64_t address, uint8_t *buffer, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t got = pread(fd, buffer + done, length - done, (off_t)done);

		if (got < 0)
			return sonde_error_system(errno);
		if (!got)
			return sonde_error_fault(address + done, "there is no RAM");
		done += (size_t)got;
	}
	return NULL;
}

/* Into a file of ours that has no name: QEMU is handed it over the socket. */
static struct sonde_error *save_to(
	struct sonde_qemu_monitor *monitor, int fd, uint64_t address, size_t length)
{
	struct json_object *arguments = json_object_new_object(), *handed, *number;
	char path[64];
	int theirs, set = 0;
	struct sonde_error *error;

	CHECK(sonde_qmp_hand_over(monitor->qmp, "add-fd", NULL, fd, &handed));
	theirs = json_object_object_get_ex(handed, "fd", &number)
			 ? json_object_get_int(number)
			 : -1;
	if (json_object_object_get_ex(handed, "fdset-id", &number))
		set = json_object_get_int(number);
	json_object_put(handed);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", theirs);
	json_object_object_add(arguments, "val", json_object_new_int64((int64_t)address));
	json_object_object_add(arguments, "size", json_object_new_int64((int64_t)length));
	json_object_object_add(arguments, "filename", json_object_new_string(path));
	error = sonde_qmp_execute(monitor->qmp, "pmemsave", arguments, NULL);
	arguments = json_object_new_object();
	json_object_object_add(arguments, "fdset-id", json_object_new_int(set));
	return sonde_error_first(
		error, sonde_qmp_execute(monitor->qmp, "remove-fd", arguments, NULL));
}

static struct sonde_error *read_saved(struct sonde_qemu_monitor *monitor,
	uint64_t address, uint8_t *buffer, size_t length)
{
	int fd = memfd_create("sonde", MFD_CLOEXEC);
	struct sonde_error *error;

	if (fd < 0)
		return sonde_error_system(errno);
	error = save_to(monitor, fd, address, length);
	if (!error)
		error = take_file(fd, address, buffer, length);
	close(fd);
	return error;
}

static bool is_refusal(const struct sonde_error *error)
{
	return sonde_error_is(error, SONDE_ERROR_PROTOCOL) ||
	       sonde_error_is(error, SONDE_ERROR_UNSUPPORTED) ||
	       sonde_error_is(error, SONDE_ERROR_IO);
}

/*
 * pmemsave saves where `xp` prints, which is slower by far; only over a Unix socket, or
 * by libvirt, can QEMU be handed a file to save to. A QEMU that is confined may not write
 * into it all the same: it refuses, and `xp` is left.
 */
static struct sonde_error *read_part(struct sonde_qemu_monitor *monitor, uint64_t address,
	uint8_t *buffer, size_t *length)
{
	if (*length > SAVE_BYTES)
		*length = SAVE_BYTES;
	if (*length > DUMP_BYTES / 8 && !monitor->no_saving &&
		sonde_qmp_can_hand_over(monitor->qmp)) {
		struct sonde_error *error = read_saved(monitor, address, buffer, *length);

		if (!monitor->place.domain || !is_refusal(error))
			return error;
		sonde_log(&monitor->sonde->log, SONDE_LOG_INFO,
			"%s: memory is printed instead", sonde_error_why(error));
		sonde_error_destroy(error);
		monitor->no_saving = true;
	}
	if (*length > DUMP_BYTES)
		*length = DUMP_BYTES;
	return read_dump(monitor, address, buffer, *length);
}

struct sonde_error *sonde_qemu_monitor_read(
	struct sonde_qemu_monitor *monitor, uint64_t address, void *buffer, size_t length)
{
	uint8_t *to = buffer;

	CHECK(sonde_qemu_monitor_need(monitor));
	while (length) {
		size_t part = length;

		CHECK(read_part(monitor, address, to, &part));
		to += part;
		address += part;
		length -= part;
	}
	return NULL;
}
