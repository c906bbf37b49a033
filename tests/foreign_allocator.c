/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A library that allocates as QEMU does, linked with ram_allocator.c. */
#include "ram_allocator.h"

extern ram_allocate *const foreign;
extern ram_allocate *const foreign_2_0;
ram_allocate *const foreign = ram_anonymous;
ram_allocate *const foreign_2_0 = ram_anonymous_2_0;
