/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The helper for QEMU: its monitor, its process's memory, and a stub that it is asked to
 * start where something is to be controlled. All that it needs are options, so that
 * whoever found a QEMU can say what was found:
 *
 *   qmp=ADDRESS    the machine protocol's socket: a path, or HOST:PORT
 *   gdb=ADDRESS    a stub that is there
 *   ram=FILE       the file that most of the guest's RAM is in
 *   pid=N          the process; start=TICKS: when it began (field 22 of its stat)
 *   arch=NAME      "x86_64", .., where the monitor cannot be asked
 *   machine=NAME   the same, of the machine's type: "pc", "q35", "virt"
 *
 * Its parts: helper.c is asked, monitor.c is the connection to the monitor, machine_ram.c
 * finds the guest's RAM, stub_starter.c makes a stub reachable.
 */
#ifndef SONDE_QEMU_QEMU_H
#define SONDE_QEMU_QEMU_H

#include <sonde/helper.h>

extern const struct sonde_helper_descriptor sonde_qemu_helper;

#endif
