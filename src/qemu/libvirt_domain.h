/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A domain of libvirt: a QEMU whose monitor libvirt's daemon holds, and hands commands to
 * (virDomainQemuMonitorCommand).
 *
 * libvirt's calls wait for its daemon for as long as that takes, which is for ever where
 * it hangs. So each domain has a thread, and a connection, of its own: one call at a
 * time, which is waited for no longer than a deadline. What has not come by then is
 * waited for first by whoever asks next; a thread that still waits when the domain is
 * closed is left behind, and ends when its call does.
 */
#ifndef SONDE_QEMU_LIBVIRT_DOMAIN_H
#define SONDE_QEMU_LIBVIRT_DOMAIN_H

#include "context.h"

struct sonde_libvirt_domain;

/** Which one. */
struct sonde_libvirt_place {
	/** Its name or its UUID. */
	const char *domain;
	/**
	 * Of the daemon; NULL: LIBVIRT_DEFAULT_URI, or if that is not set the system's
	 * daemon and then the user's own. None is started for this.
	 */
	const char *uri;
	/** Enough for its state, and nobody is asked for a password. */
	bool read_only;
};

/**
 * Connects and looks @p place up, all within the timeout of @p sonde.
 * SONDE_ERROR_UNSUPPORTED where libvirt is not installed, SONDE_ERROR_NOT_FOUND where no
 * such domain runs. The caller closes @p ret.
 */
SONDE_NODISCARD struct sonde_error *sonde_libvirt_domain_open(struct sonde *sonde,
	const struct sonde_libvirt_place *place, struct sonde_libvirt_domain **ret);

/** NULL is allowed. */
void sonde_libvirt_domain_close(struct sonde_libvirt_domain *domain);

/** Whether libvirt can hand QEMU a descriptor along with a command. */
bool sonde_libvirt_domain_can_hand_over(const struct sonde_libvirt_domain *domain);

/**
 * Begins to have QEMU asked @p command, JSON without an id, which libvirt has its own of.
 * @p fd, unless it is -1, is handed over along with it, and stays the caller's.
 */
SONDE_NODISCARD struct sonde_error *sonde_libvirt_domain_send(
	struct sonde_libvirt_domain *domain, const char *command, int fd,
	int64_t deadline);

/** The answer to it, JSON; the caller frees it. */
SONDE_NODISCARD struct sonde_error *sonde_libvirt_domain_receive(
	struct sonde_libvirt_domain *domain, int64_t deadline, char **ret);

/** "running", "paused", or NULL for what is neither. Never freed. */
SONDE_NODISCARD struct sonde_error *sonde_libvirt_domain_state(
	struct sonde_libvirt_domain *domain, int64_t deadline, const char **ret);

#endif
