/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces, as `ip address` shows them. How lists work, <sonde/linux.h> says.
 */
#ifndef SONDE_INTERFACE_H
#define SONDE_INTERFACE_H

#include <sonde/target.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	SONDE_INTERFACE_NAME_BYTES = 32,
	/** Of an address of the link, such as "52:54:00:12:34:56"; InfiniBand has 20
	 * bytes of it. */
	SONDE_INTERFACE_LINK_BYTES = 100,
};

struct sonde_interfaces_options {
	/** sizeof(struct sonde_interfaces_options), set by the caller. */
	size_t size;
	/** Only those of this process's network namespace; 0: of all. */
	uint64_t pid;
};

struct sonde_interface {
	/** Of its struct net_device. */
	uint64_t address;
	/** Its network namespace, by the number that /proc/PID/ns/net has. */
	uint64_t network;
	uint32_t index;
	/** In bytes. */
	uint32_t mtu;
	/** IFF_UP, .., as /sys/class/net/NAME/flags has them. */
	uint32_t flags;
	/** It was switched on (IFF_UP). */
	bool up;
	/** It changed while it was read, again and again. */
	bool torn;
	/** Any bytes but NUL. */
	char name[SONDE_INTERFACE_NAME_BYTES];
	/** Its hardware's, in hex with colons; "": it has none. */
	char link[SONDE_INTERFACE_LINK_BYTES];
	/** IPv4 and IPv6 with the length of their prefixes, and a blank between two:
	 * "10.0.2.15/24 fe80::1/64". Lives as long as the list. */
	const char *addresses;
};

struct sonde_interfaces;

/**
 * Reads the network interfaces at the kernel level of @p target. SONDE_ERROR_NOT_FOUND:
 * there is no such process, or what the kernel's types lack. The caller closes @p ret.
 * NULL as @p options: all.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_interfaces_open(
	struct sonde_target *target, const struct sonde_interfaces_options *options,
	struct sonde_interfaces **ret);

/** The next interface; NULL: that was the last one. Lives until @p interfaces is closed.
 */
SONDE_PUBLIC const struct sonde_interface *sonde_interfaces_next(
	struct sonde_interfaces *interfaces);

/** Why interfaces may be missing; NULL: none is. Never freed. */
SONDE_PUBLIC const char *sonde_interfaces_incomplete(
	const struct sonde_interfaces *interfaces);

/** NULL is allowed. */
SONDE_PUBLIC void sonde_interfaces_close(struct sonde_interfaces *interfaces);

#ifdef __cplusplus
}
#endif

#endif
