/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The stub, where something is to be controlled: the one that there is, unless somebody
 * holds it, or one that QEMU is asked to start (`gdbserver`) on a socket of ours, and to
 * drop afterwards. The journal is told of that, so that the guard drops it, too.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "helper.h"
#include "runtime_directory.h"
#include "target.h"

/* What a stub's device is called that QEMU makes by itself, and the socket for one. */
static const char device_name[] = "gdb", handed_name[] = "sonde-stub";

/* --- a stub that is there --------------------------------------------------------- */

/* "unix:/run/vm.sock,server=on", "tcp:127.0.0.1:1234,server=on": as users write it. */
static struct sonde_error *take_address(struct sonde_qemu *qemu, const char *device)
{
	size_t length = strcspn(device, ",");
	CLEANUP(cleanup_free) char *text = strndup(device, length);
	const char *colon;
	int made = -1;

	if (!text)
		return sonde_error_no_memory();
	free(qemu->stub_address);
	qemu->stub_address = NULL;
	if (!strncmp(text, "unix:", 5)) {
		/* A relative one begins where QEMU was started. */
		if (text[5] == '/' || qemu->process.directory < 0)
			made = asprintf(&qemu->stub_address, "%s%s",
				strchr(text + 5, '/') ? "" : "./", text + 5);
		else
			made = asprintf(&qemu->stub_address, "/proc/%d/cwd/%s",
				(int)qemu->process.pid, text + 5);
	} else if (!strncmp(text, "tcp:", 4) && (colon = strrchr(text, ':')) > text + 3) {
		static const char *const any[] = {"", "::", "[::]", "0.0.0.0"};
		int host = (int)(colon - text - 4);
		const char *name = text + 4;

		for (size_t i = 0; i < ARRAY_SIZE(any); i++)
			if ((size_t)host == strlen(any[i]) &&
				!strncmp(name, any[i], (size_t)host)) {
				name = "127.0.0.1";
				host = (int)strlen(name);
			}
		made = asprintf(&qemu->stub_address, "%.*s:%s", host, name, colon + 1);
	} else {
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"its stub is at \"%s\", which cannot be connected to", text);
	}
	if (made < 0) {
		qemu->stub_address = NULL;
		return sonde_error_no_memory();
	}
	return NULL;
}

/* Of `query-chardev`: what the stub's device is called, or NULL. Borrowed. */
static const char *find_stub_device(struct json_object *devices)
{
	size_t count = json_object_is_type(devices, json_type_array)
			       ? json_object_array_length(devices)
			       : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *one = json_object_array_get_idx(devices, i), *label,
				   *name;

		if (json_object_object_get_ex(one, "label", &label) &&
			json_object_object_get_ex(one, "filename", &name) &&
			!strcmp(json_object_get_string(label), "gdb"))
			return json_object_get_string(name);
	}
	return NULL;
}

/* --- who started it ---------------------------------------------------------------- */

/* What stubs are called that one of us starts: "stub-OUR_PID-QEMU_PID". */
static struct sonde_error *place_of(pid_t starter, pid_t qemu, char **ret)
{
	char link[32], directory[PATH_MAX];
	ssize_t length;
	int opened;

	CHECK(sonde_runtime_directory_open(&opened));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", opened);
	length = readlink(link, directory, sizeof(directory) - 1);
	close(opened);
	if (length < 0)
		return sonde_error_system(errno);
	directory[length] = '\0';
	if (asprintf(ret, "%s/stub-%d-%d", directory, (int)starter, (int)qemu) < 0)
		return sonde_error_no_memory();
	return NULL;
}

/* The sonde that started the stub of @p device, if it was one of this user's; else 0. */
static pid_t starter_of(const struct sonde_qemu *qemu, const char *device)
{
	CLEANUP(cleanup_free) char *place = NULL;
	const char *path = strstr(device, "unix:"), *name;
	struct sonde_error *error;
	int starter, process;
	size_t length;

	if (!path)
		return 0;
	path += strlen("unix:");
	length = strcspn(path, ",");
	name = memrchr(path, '/', length);
	if (!name || sscanf(name, "/stub-%d-%d", &starter, &process) != 2 ||
		starter <= 0 || process != (int)qemu->process.pid)
		return 0;
	error = place_of(starter, process, &place);
	if (error || !place) {
		sonde_error_destroy(error);
		return 0;
	}
	return strlen(place) == length && !memcmp(place, path, length) ? starter : 0;
}

static bool is_gone(pid_t pid)
{
	return kill(pid, 0) < 0 && errno == ESRCH;
}

static struct sonde_error *held(const struct sonde_qemu *qemu, const char *device)
{
	pid_t starter = starter_of(qemu, device);
	struct sonde_error *error;

	if (starter && !is_gone(starter))
		error = sonde_error_create(SONDE_ERROR_BUSY,
			"another sonde, process %d, is connected to its stub",
			(int)starter);
	else
		error = sonde_error_create(SONDE_ERROR_BUSY,
			"somebody is connected to its stub (%s)", device);
	return sonde_error_suggest(
		error, "end that one first; commands that only look do not need it");
}

static struct sonde_error *look_for_stub(struct sonde_qemu *qemu, bool *found)
{
	static const char free_word[] = "disconnected:";
	struct json_object *devices;
	const char *device;
	struct sonde_error *error = NULL;

	CHECK(sonde_qemu_monitor_query(&qemu->monitor, "query-chardev", &devices));
	device = find_stub_device(devices);
	*found = device != NULL;
	if (device && strncmp(device, free_word, sizeof(free_word) - 1) != 0) {
		error = held(qemu, device);
	} else if (device) {
		pid_t starter = starter_of(qemu, device);

		error = take_address(qemu, device + sizeof(free_word) - 1);
		/* Of one killed before its guard knew: it is dropped in its stead. */
		if (!error && starter && (starter == getpid() || is_gone(starter)))
			qemu->stub_started = true;
	}
	json_object_put(devices);
	return error;
}

/* --- one that is started ---------------------------------------------------------- */

static struct sonde_error *say(struct sonde_qemu *qemu, const char *command, char **text)
{
	return sonde_qemu_monitor_say(&qemu->monitor, 0, &command, 1, text);
}

static bool is_started(const char *text)
{
	return strstr(text, "Waiting for gdb connection") != NULL;
}

static struct sonde_error *listen_at(const char *place, int *ret)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), number;

	if (fd < 0)
		return sonde_error_system(errno);
	strcpy(address.sun_path, place);
	unlink(place);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
		listen(fd, 1) == 0) {
		*ret = fd;
		return NULL;
	}
	number = errno;
	close(fd);
	return sonde_error_system(number);
}

static struct json_object *object_of(const char *key, struct json_object *value)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, key, value);
	return object;
}

/* QEMU's qapi/char.json, ChardevSocket, on a socket that it was handed. */
static struct json_object *describe_device(void)
{
	struct json_object *address = json_object_new_object(),
			   *socket = json_object_new_object(),
			   *backend = json_object_new_object(),
			   *device = json_object_new_object();

	json_object_object_add(address, "type", json_object_new_string("fd"));
	json_object_object_add(
		address, "data", object_of("str", json_object_new_string(handed_name)));
	json_object_object_add(socket, "addr", address);
	json_object_object_add(socket, "server", json_object_new_boolean(true));
	json_object_object_add(socket, "wait", json_object_new_boolean(false));
	json_object_object_add(backend, "type", json_object_new_string("socket"));
	json_object_object_add(backend, "data", socket);
	json_object_object_add(device, "id", json_object_new_string(device_name));
	json_object_object_add(device, "backend", backend);
	return device;
}

/* QEMU closes the socket with the device, and the device with the stub. */
static struct sonde_error *give(struct sonde_qemu *qemu, int fd, bool *started)
{
	struct sonde_qmp *qmp = qemu->monitor.qmp;
	CLEANUP(cleanup_free) char *text = NULL, *command = NULL;
	struct sonde_error *error;

	CHECK(sonde_qmp_hand_over(qmp, "getfd",
		object_of("fdname", json_object_new_string(handed_name)), fd, NULL));
	error = sonde_qmp_execute(qmp, "chardev-add", describe_device(), NULL);
	if (error)
		return sonde_error_first(error,
			sonde_qmp_execute(qmp, "closefd",
				object_of("fdname", json_object_new_string(handed_name)),
				NULL));
	if (asprintf(&command, "gdbserver chardev:%s", device_name) < 0)
		return sonde_error_no_memory();
	error = say(qemu, command, &text);
	*started = !error && is_started(text);
	if (*started)
		return NULL;
	return sonde_error_first(error,
		sonde_qmp_execute(qmp, "chardev-remove",
			object_of("id", json_object_new_string(device_name)), NULL));
}

/*
 * One that may not make a socket in our directory, since it is another user's or is
 * confined, is handed one. Whether that can be is tried: the reason to tell is the first
 * one.
 */
static struct sonde_error *start_handed(
	struct sonde_qemu *qemu, const char *place, bool *started)
{
	struct sonde_error *error;
	int fd;

	if (!sonde_qmp_can_hand_over(qemu->monitor.qmp))
		return NULL;
	CHECK(listen_at(place, &fd));
	error = give(qemu, fd, started);
	close(fd);
	if (!*started)
		unlink(place);
	if (sonde_error_is(error, SONDE_ERROR_INTERRUPTED) ||
		sonde_error_is(error, SONDE_ERROR_NO_MEMORY))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

static struct sonde_error *start(struct sonde_qemu *qemu)
{
	CLEANUP(cleanup_free) char *command = NULL, *text = NULL, *place = NULL;
	bool started;

	CHECK(place_of(getpid(), qemu->process.pid, &place));
	if (strlen(place) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return sonde_error_create(SONDE_ERROR_INVALID,
			"the name of a socket for its stub is too long: %s", place);
	if (asprintf(&command, "gdbserver unix:%s,server=on,wait=off", place) < 0)
		return sonde_error_no_memory();
	CHECK(say(qemu, command, &text));
	started = is_started(text);
	if (!started)
		CHECK(start_handed(qemu, place, &started));
	if (!started)
		return sonde_error_suggest(sonde_error_create(SONDE_ERROR_UNSUPPORTED,
						   "it starts no stub at %s: %.*s", place,
						   (int)strcspn(text, "\r\n"), text),
			"where it runs as another user or is confined, start it with "
			"-gdb%s",
			qemu->monitor.place.domain
				? ", as <qemu:commandline> of a libvirt domain's XML"
				: "");
	qemu->stub_started = true;
	free(qemu->stub_address);
	qemu->stub_address = place;
	place = NULL;
	return NULL;
}

struct sonde_error *sonde_qemu_start_stub(
	struct sonde_qemu *qemu, const char **address, bool *handled)
{
	const char *named = sonde_helper_option(qemu->host, "gdb");
	bool found = false;
	struct sonde_error *error;

	error = sonde_qemu_monitor_need(&qemu->monitor);
	qemu->has_found = !error;
	qemu->found = qemu->monitor.state;
	if (named) {
		/* It has to do without. */
		sonde_error_destroy(error);
		*address = named;
		*handled = true;
		return NULL;
	}
	if (!error)
		error = look_for_stub(qemu, &found);
	if (!error && !found)
		error = start(qemu);
	if (error)
		return error;
	*address = qemu->stub_address;
	*handled = true;
	return NULL;
}

struct sonde_error *sonde_qemu_note_stub(struct sonde_qemu *qemu)
{
	char place[sizeof(((struct sockaddr_un *)0)->sun_path)] = "";

	/*
	 * The guard speaks to Unix sockets alone, so not to libvirt's daemon; a stub that
	 * stays does no harm.
	 */
	if (!qemu->stub_started || !qemu->monitor.address ||
		qemu->monitor.address[0] != '/' ||
		strlen(qemu->monitor.address) >= sizeof(place))
		return NULL;
	strcpy(place, qemu->monitor.address);
	return sonde_journal_arm(qemu->target->journal, SONDE_JOURNAL_QMP_DROP_STUB,
		place, sizeof(place), &qemu->stub_slot);
}

struct sonde_error *sonde_qemu_drop_stub(struct sonde_qemu *qemu)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct sonde_error *error;

	if (!qemu->stub_started)
		return NULL;
	qemu->stub_started = false;
	error = say(qemu, "gdbserver none", &text);
	if (!error)
		sonde_journal_disarm(qemu->target->journal, &qemu->stub_slot);
	/* QEMU removes it, too, where it can. */
	unlink(qemu->stub_address);
	return sonde_error_while(error, "dropping the stub that was started");
}
