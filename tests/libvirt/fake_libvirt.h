/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two libraries of the false libvirt share: the error of a thread. */
#ifndef TESTS_FAKE_LIBVIRT_H
#define TESTS_FAKE_LIBVIRT_H

/** Notes it, prints it unless there is an error function, and returns -1. */
int fake_libvirt_fail(int code, const char *message);

#endif
