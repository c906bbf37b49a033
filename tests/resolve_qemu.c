/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * resolve_qemu WORDS: what stands behind "qemu:" comes to, for tests/system/discovery.
 * Two lines, the target's name and the helper's options; or the error's kind, why and
 * hint.
 */
#include <stdio.h>

#include "specification.h"

int main(int argc, char **argv)
{
	struct sonde_resolution resolution;
	struct sonde_error *error;
	struct sonde *sonde;

	error = sonde_create(NULL, &sonde);
	if (error || argc != 2)
		return 2;
	error = sonde_specification_resolve(sonde, argv[1], &resolution);
	if (error) {
		printf("%s\n%s\n%s\n", sonde_error_kind_name(sonde_error_kind(error)),
			sonde_error_why(error), sonde_error_hint(error) ?: "");
		sonde_error_destroy(error);
		sonde_destroy(sonde);
		return 1;
	}
	printf("%s\n%s\n", resolution.name, resolution.options ?: "");
	sonde_resolution_deinit(&resolution);
	sonde_destroy(sonde);
	return 0;
}
