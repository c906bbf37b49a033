/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "library.h"
#include "libvirt_library.h"

#define LIBVIRT_NAME	  "libvirt.so.0"
#define LIBVIRT_QEMU_NAME "libvirt-qemu.so.0"

enum {
	/** As much of libvirt's words is kept. */
	MESSAGE_MAX = 500,
};

static const struct sonde_library_function libvirt_symbols[] = {
	{"virSetErrorFunc", offsetof(struct sonde_libvirt, set_error_function), false},
	{"virGetLastError", offsetof(struct sonde_libvirt, last_error), false},
	{"virConnectOpen", offsetof(struct sonde_libvirt, open), false},
	{"virConnectOpenReadOnly", offsetof(struct sonde_libvirt, open_read_only), false},
	{"virConnectClose", offsetof(struct sonde_libvirt, close), false},
	{"virDomainLookupByName", offsetof(struct sonde_libvirt, find_by_name), false},
	{"virDomainLookupByUUIDString", offsetof(struct sonde_libvirt, find_by_uuid),
		false},
	{"virDomainGetState", offsetof(struct sonde_libvirt, get_state), false},
	{"virDomainFree", offsetof(struct sonde_libvirt, free_domain), false},
};

static const struct sonde_library_function qemu_symbols[] = {
	{"virDomainQemuMonitorCommand", offsetof(struct sonde_libvirt, command), false},
	{"virDomainQemuMonitorCommandWithFiles",
		offsetof(struct sonde_libvirt, command_with_files), true},
};

/*
 * Written once, and the same for all users of this library. They stay loaded: libvirt
 * keeps threads' data and handlers of its own.
 */
static struct sonde_libvirt loaded;
static char why_not[160];
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* It would print each error. */
static void be_silent(void *user, void *error)
{
	(void)user;
	(void)error;
}

static bool load(
	const char *name, const struct sonde_library_function *functions, size_t count)
{
	const char *missing;
	bool there = sonde_library_load(name, functions, count, &loaded, &missing);

	if (!there && missing)
		snprintf(why_not, sizeof(why_not), "its library %s has no %s", name,
			missing);
	else if (!there)
		snprintf(why_not, sizeof(why_not), "its library %s cannot be loaded",
			name);
	return there;
}

static void load_all(void)
{
	/* A program that uses libvirt itself decides where errors are printed. */
	void *used = dlopen(LIBVIRT_NAME, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);

	if (!load(LIBVIRT_NAME, libvirt_symbols, ARRAY_SIZE(libvirt_symbols)) ||
		!load(LIBVIRT_QEMU_NAME, qemu_symbols, ARRAY_SIZE(qemu_symbols)))
		return;
	if (!used)
		loaded.set_error_function(NULL, be_silent);
}

struct sonde_error *sonde_libvirt_load(const struct sonde_libvirt **ret)
{
	pthread_once(&once, load_all);
	if (*why_not)
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_UNSUPPORTED, "%s", why_not),
			"install libvirt's client libraries; on Debian: apt install "
			"libvirt0");
	*ret = &loaded;
	return NULL;
}

static enum sonde_error_kind kind_of(int code)
{
	switch (code) {
	case LIBVIRT_ERROR_NO_DOMAIN:
		return SONDE_ERROR_NOT_FOUND;
	case LIBVIRT_ERROR_DENIED:
	case LIBVIRT_ERROR_AUTH_FAILED:
	case LIBVIRT_ERROR_AUTH_CANCELLED:
	case LIBVIRT_ERROR_ACCESS_DENIED:
	case LIBVIRT_ERROR_AUTH_UNAVAILABLE:
		return SONDE_ERROR_PERMISSION;
	case LIBVIRT_ERROR_NO_SUPPORT:
		return SONDE_ERROR_UNSUPPORTED;
	case LIBVIRT_ERROR_OPERATION_TIMEOUT:
		return SONDE_ERROR_TIMEOUT;
	default:
		return SONDE_ERROR_IO;
	}
}

struct sonde_error *sonde_libvirt_error(const struct sonde_libvirt *library)
{
	const struct libvirt_error *last = library->last_error();
	const char *message = last ? last->message : NULL;

	return sonde_error_create(kind_of(last ? last->code : 0), "libvirt says: %.*s",
		MESSAGE_MAX, message && *message ? message : "an error without words");
}
