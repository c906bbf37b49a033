/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A kernel's image with a list of modules in it, each with symbols, in either layout. */
#ifndef SONDE_TESTS_MODULE_IMAGE_H
#define SONDE_TESTS_MODULE_IMAGE_H

#include "linux_image.h"

/** Kernels that have it, for example. */
enum module_layout {
	/** One part of memory, 'core_layout': 5.10, 6.1. */
	MODULE_LAYOUT_CORE,
	/** Several parts, 'mem': 6.12. */
	MODULE_LAYOUT_MEM,
	MODULE_LAYOUTS,
};

enum {
	MODULE_IMAGE_MODULES = 5,
	/** Of each module. */
	MODULE_IMAGE_SYMBOLS = 6,
};

struct module_image {
	struct linux_image fake;
	enum module_layout layout;
	uint64_t head;
	/** Of each struct module, and where its code is. */
	uint64_t modules[MODULE_IMAGE_MODULES], code[MODULE_IMAGE_MODULES];
};

/** Modules "m0" to "m4": their symbols are m0_s0 at the beginning of its code, m0_s1 32
 * bytes behind it, and so on. The second one of each is exported; the first two modules
 * are used by the third, and the fourth is being removed. */
void module_image_begin(struct module_image *image, enum module_layout layout);
void module_image_end(struct module_image *image);

#endif
