/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A process that is a QEMU, as far as proc(5) tells: of one that belongs to another user,
 * that is its command line and not much more.
 */
#ifndef SONDE_QEMU_PROCESS_H
#define SONDE_QEMU_PROCESS_H

#include <sys/types.h>

#include "command_line.h"
#include "listener.h"

struct sonde_qemu_process {
	pid_t pid;
	/** Clock ticks since boot; tells it from a later one with the same number. */
	uint64_t start_time;
	/** Its /proc/PID, which belongs to nobody else ever. */
	int directory;
	/** "" where its name does not tell, and it is not this machine's. */
	char architecture[SONDE_QEMU_ARCHITECTURE_TEXT];
	/** Of the executable that runs as "kvm": it tries KVM first. */
	bool prefers_kvm;
	struct sonde_qemu_command_line line;
	/** The command line is longer than what is looked at. */
	bool line_cut;
	unsigned thread_count;
	/** SIGSTOP, or a debugger of the process itself, keeps it from answering. */
	bool stopped;
	/** Its sockets are in another network namespace: we cannot tell who holds them.
	 */
	bool other_network;
	/** What its descriptors are could be read; the rest is valid then only. */
	bool descriptors_known;
	/** It has a virtual machine of KVM open. */
	bool has_kvm;
	/** Inodes of its sockets. Owned. */
	unsigned long *sockets;
	size_t socket_count;
};

/**
 * False: its executable is none, or it has none, as the kernel's own threads. One call,
 * so that most of a host's processes cost no more.
 */
bool sonde_qemu_process_may_be(pid_t pid);

/**
 * Looks at process @p pid. SONDE_ERROR_NOT_FOUND: there is none, or it is no QEMU; which
 * is no more than its executable's name says, and for other users' what it says itself.
 */
SONDE_NODISCARD struct sonde_error *sonde_qemu_process_open(
	pid_t pid, struct sonde_qemu_process *ret);
void sonde_qemu_process_close(struct sonde_qemu_process *process);

/** Whether it has not ended since. */
bool sonde_qemu_process_lives(const struct sonde_qemu_process *process);

/** Whether it waits for the first client of @p channel, and starts nothing before that.
 */
bool sonde_qemu_process_waits(const struct sonde_qemu_process *process,
	const struct sonde_qemu_channel *channel);

/** Whether one of its descriptors is the socket with @p inode. */
bool sonde_qemu_process_has_socket(
	const struct sonde_qemu_process *process, unsigned long inode);

/** Whether somebody is connected to it at TCP's @p port, from wherever. */
bool sonde_qemu_process_has_client(
	const struct sonde_qemu_process *process, unsigned long port);

/**
 * Where it can be connected to over @p channel: a path or HOST:PORT in *@p address, which
 * the caller frees. NULL, with a reason in *@p why, which is never freed, where it
 * cannot.
 */
SONDE_NODISCARD struct sonde_error *sonde_qemu_process_resolve(
	const struct sonde_qemu_process *process,
	const struct sonde_qemu_channel *channel,
	const struct sonde_qemu_listeners *listeners, char **address, const char **why);

/**
 * A socket that it listens on, and that is called like a monitor's: what libvirt hands
 * over has no path in the command line. *@p ret is NULL where there is none.
 */
SONDE_NODISCARD struct sonde_error *sonde_qemu_process_find_monitor(
	const struct sonde_qemu_process *process,
	const struct sonde_qemu_listeners *listeners, char **ret);

#endif
