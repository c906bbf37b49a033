/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvirt's client libraries, loaded when a domain of it is asked for the first time:
 * most hosts and most sessions need none of it, so sonde is neither built nor linked with
 * it, and it may be left out of an installation.
 *
 * Source of what is declared here: libvirt's public headers libvirt-host.h,
 * libvirt-domain.h, libvirt-qemu.h and virterror.h. All of it has kept its ABI since
 * libvirt 0.8.8, but for what hands files over, which came with 8.2.
 */
#ifndef SONDE_QEMU_LIBVIRT_LIBRARY_H
#define SONDE_QEMU_LIBVIRT_LIBRARY_H

#include "error.h"

/** libvirt's own, never looked into. */
struct libvirt_connection;
struct libvirt_domain;

/** The beginning of libvirt's struct _virError. */
struct libvirt_error {
	int code, origin;
	char *message;
};

/** The codes of virterror.h that are told apart here. */
enum {
	LIBVIRT_ERROR_NO_SUPPORT = 3,
	LIBVIRT_ERROR_DENIED = 29,
	LIBVIRT_ERROR_NO_DOMAIN = 42,
	LIBVIRT_ERROR_AUTH_FAILED = 45,
	LIBVIRT_ERROR_OPERATION_TIMEOUT = 68,
	LIBVIRT_ERROR_AUTH_CANCELLED = 79,
	LIBVIRT_ERROR_ACCESS_DENIED = 88,
	LIBVIRT_ERROR_AUTH_UNAVAILABLE = 94,
};

/** libvirt-domain.h, virDomainState. */
enum {
	LIBVIRT_STATE_RUNNING = 1,
	LIBVIRT_STATE_BLOCKED = 2,
	LIBVIRT_STATE_PAUSED = 3,
};

/** Each is what libvirt calls vir.., with the name's rest. */
struct sonde_libvirt {
	void (*set_error_function)(void *user, void (*function)(void *, void *));
	const struct libvirt_error *(*last_error)(void);
	struct libvirt_connection *(*open)(const char *uri);
	struct libvirt_connection *(*open_read_only)(const char *uri);
	int (*close)(struct libvirt_connection *connection);
	struct libvirt_domain *(*find_by_name)(
		struct libvirt_connection *connection, const char *name);
	struct libvirt_domain *(*find_by_uuid)(
		struct libvirt_connection *connection, const char *uuid);
	int (*get_state)(
		struct libvirt_domain *domain, int *state, int *reason, unsigned flags);
	int (*free_domain)(struct libvirt_domain *domain);
	int (*command)(struct libvirt_domain *domain, const char *command, char **result,
		unsigned flags);
	/** NULL: an old one, that hands no files over. */
	int (*command_with_files)(struct libvirt_domain *domain, const char *command,
		unsigned in_count, int *in, unsigned *out_count, int **out, char **result,
		unsigned flags);
};

/** Loads them, once. SONDE_ERROR_UNSUPPORTED, saying what to install, otherwise. */
SONDE_NODISCARD struct sonde_error *sonde_libvirt_load(const struct sonde_libvirt **ret);

/** What libvirt said last in this thread. */
struct sonde_error *sonde_libvirt_error(const struct sonde_libvirt *library) NEVER_NULL;

#endif
