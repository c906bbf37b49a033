/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a Linux kernel knows, in lists: of a target with a kernel level
 * (<sonde/kernel.h>). They all work alike: sonde_NOUNs_open() reads all of a list, with
 * what the caller asks for of each entry, while the guest runs or stands;
 * sonde_NOUNs_next() hands out an entry after the other, without another read;
 * sonde_NOUNs_close() frees them. An entry whose `torn` is set changed while it was read,
 * again and again, and may be wrong; a list is `incomplete` with a reason where its end
 * could not be reached. Texts are the guest's own bytes: they may hold anything but NUL.
 */
#ifndef SONDE_LINUX_H
#define SONDE_LINUX_H

#include <sonde/file.h>
#include <sonde/follow.h>
#include <sonde/interface.h>
#include <sonde/kernel.h>
#include <sonde/irq.h>
#include <sonde/kernel_log.h>
#include <sonde/module.h>
#include <sonde/syscall.h>
#include <sonde/mapping.h>
#include <sonde/mount.h>
#include <sonde/socket.h>
#include <sonde/task.h>

#endif
