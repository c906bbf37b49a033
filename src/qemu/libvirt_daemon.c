/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Source: libvirt's docs/uri.rst, src/remote/remote_sockets.c. A daemon for all drivers,
 * libvirtd, listens on "libvirt-sock", the one for QEMU alone on "virtqemud-sock": the
 * system's below /run/libvirt, a user's below $XDG_RUNTIME_DIR/libvirt.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "buffer.h"
#include "libvirt_daemon.h"
#include "socket_owner.h"

static const char *const sockets[] = {"virtqemud-sock", "libvirt-sock"};

/* Somebody listens there: libvirt's library would start a user's daemon if nobody did. */
static bool is_alive(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive = false;

	if (fd < 0)
		return false;
	if (strlen(path) < sizeof(address.sun_path)) {
		strcpy(address.sun_path, path);
		alive = connect(fd, (const struct sockaddr *)&address, sizeof(address)) ==
			0;
	}
	close(fd);
	return alive;
}

/* As GLib finds the directory. */
static bool has_session(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR"),
		   *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	bool alive = false;

	for (size_t i = 0; i < ARRAY_SIZE(sockets) && !alive; i++) {
		CLEANUP(cleanup_free) char *path = NULL;
		int made;

		if (runtime && *runtime)
			made = asprintf(&path, "%s/libvirt/%s", runtime, sockets[i]);
		else if (cache && *cache)
			made = asprintf(&path, "%s/libvirt/%s", cache, sockets[i]);
		else
			made = asprintf(&path, "%s/.cache/libvirt/%s", home ? home : "",
				sockets[i]);
		if (made < 0)
			path = NULL;
		alive = path && is_alive(path);
	}
	return alive;
}

size_t sonde_libvirt_daemons(const char *uri, const char *ret[SONDE_LIBVIRT_DAEMONS_MAX])
{
	size_t count = 0;

	if (!uri)
		uri = getenv("LIBVIRT_DEFAULT_URI");
	if (uri && *uri) {
		ret[count++] = uri;
		return count;
	}
	ret[count++] = "qemu:///system";
	/* Root has no session of its own: libvirt takes it for the system's. */
	if (geteuid() != 0 && has_session())
		ret[count++] = "qemu:///session";
	return count;
}

/* --- by its process --------------------------------------------------------------- */

static bool is_daemon_socket(const char *path)
{
	const char *name = path ? strrchr(path, '/') : NULL;

	for (size_t i = 0; name && *path == '/' && i < ARRAY_SIZE(sockets); i++)
		if (!strcmp(name + 1, sockets[i]))
			return true;
	return false;
}

/* A daemon of root's serves the system, whatever its socket is called. */
static const char *mode_of(pid_t pid)
{
	struct stat status;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	return stat(path, &status) == 0 && status.st_uid == 0 ? "system" : "session";
}

static struct sonde_error *make_uri(const char *mode, const char *path, char **ret)
{
	struct sonde_buffer text = {0};
	struct sonde_error *error =
		sonde_buffer_append_format(&text, "qemu+unix:///%s?socket=", mode);

	for (; *path && !error; path++)
		error = sonde_buffer_append_format(&text,
			isalnum((unsigned char)*path) || strchr("/-_.~", *path)
				? "%c"
				: "%%%02X",
			(unsigned char)*path);
	if (error)
		sonde_buffer_deinit(&text);
	else
		*ret = (char *)text.data;
	return error;
}

struct sonde_error *sonde_libvirt_daemon_uri(
	pid_t pid, const struct sonde_qemu_listeners *listeners, char **ret)
{
	*ret = NULL;
	for (size_t i = 0; i < listeners->count; i++) {
		const struct sonde_qemu_listener *one = &listeners->list[i];

		if (is_daemon_socket(one->path) &&
			sonde_socket_is_owned_by(one->inode, pid))
			return make_uri(mode_of(pid), one->path, ret);
	}
	return NULL;
}
