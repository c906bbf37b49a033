/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dlfcn.h>
#include <string.h>

#include "library.h"

bool sonde_library_load(const char *name, const struct sonde_library_function *functions,
	size_t count, void *ret, const char **missing)
{
	void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);

	*missing = NULL;
	if (!library)
		return false;
	for (size_t i = 0; i < count; i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function && !functions[i].optional) {
			*missing = functions[i].name;
			return false;
		}
		memcpy((char *)ret + functions[i].offset, &function, sizeof(function));
	}
	return true;
}
