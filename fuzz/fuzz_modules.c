/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A list of modules with changes in it: a byte for the layout, then what
 * linux_image_change() takes. Whatever is found must hold together.
 */
#include <stdlib.h>
#include <string.h>

#include "module_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct sonde_symbol *symbol)
{
	if (!*symbol->name || !memchr(symbol->name, 0, sizeof(symbol->name)) ||
		!*symbol->module || !memchr(symbol->module, 0, sizeof(symbol->module)))
		abort();
}

static void look_up(const struct sonde_linux_modules *modules)
{
	struct sonde_symbol symbol, other;

	for (uint64_t i = 0; i < modules->symbol_count; i++) {
		sonde_linux_modules_get(modules, i, &symbol);
		check(&symbol);
		if (!sonde_linux_modules_find_symbol(modules, symbol.name, 0, &other))
			abort();
		if (sonde_linux_modules_at(modules, symbol.address + 1, &other))
			check(&other);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct module_image images[MODULE_LAYOUTS];
	const struct sonde_linux_modules *modules;
	struct module_image *image;

	if (!images[0].head)
		for (unsigned i = 0; i < MODULE_LAYOUTS; i++)
			module_image_begin(&images[i], i);
	if (!size)
		return 0;
	image = &images[data[0] % MODULE_LAYOUTS];
	linux_image_restore(&image->fake);
	linux_image_change(&image->fake, data + 1, size - 1);
	if (sonde_linux_modules_find(&image->fake.kernel, &modules))
		abort();
	if (modules->count > 4096 || image->fake.reads > 100000)
		abort();
	look_up(modules);
	return 0;
}
