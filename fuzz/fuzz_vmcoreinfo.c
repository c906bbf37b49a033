/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a kernel says of itself: VMCOREINFO and the banner. */
#include <stdlib.h>
#include <string.h>

#include "banner.h"
#include "error.h"
#include "vmcoreinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	if (length == size)
		abort();
	for (size_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			abort();
}

static void check_vmcoreinfo(const struct sonde_vmcoreinfo *info)
{
	static const char *const names[] = {"SYMBOL(swapper_pg_dir)", "NUMBER(phys_base)",
		"PAGESIZE", "KERNELOFFSET", "BUILD-ID", "", "="};
	uint64_t value;
	char text[16];

	check_text(info->release, sizeof(info->release));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		sonde_vmcoreinfo_hex(info, names[i], &value);
		sonde_vmcoreinfo_number(info, names[i], &value);
		if (sonde_vmcoreinfo_text(info, names[i], text, sizeof(text)))
			check_text(text, sizeof(text));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sonde_vmcoreinfo *info = malloc(sizeof(*info));
	struct sonde_linux_banner banner;
	/* Of exactly this size, so that reading past the end is noticed. */
	uint8_t *copy = malloc(size + !size);

	if (size)
		memcpy(copy, data, size);
	if (sonde_vmcoreinfo_parse(copy, size, info))
		check_vmcoreinfo(info);
	if (sonde_linux_banner_parse(copy, size, &banner)) {
		check_text(banner.release, sizeof(banner.release));
		check_text(banner.version, sizeof(banner.version));
	}
	free(copy);
	free(info);
	return 0;
}
