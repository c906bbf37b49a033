/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What `info registers` prints, read as each architecture's. */
#include <stdlib.h>
#include <string.h>

#include "monitor_registers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *architecture, const char *text)
{
	size_t count;
	const struct sonde_qemu_register *registers =
		sonde_qemu_registers_of(architecture, &count);
	/* Of exactly this size, so that writing past the end is noticed. */
	struct sonde_register_value *values = malloc(count * sizeof(*values));
	struct sonde_error *error =
		sonde_qemu_registers_parse(architecture, text, values);

	for (size_t i = 0; i < count && !error; i++) {
		if (values[i].bits != registers[i].bits)
			abort();
		if (values[i].available && registers[i].why_not)
			abort();
		/* Nothing is left above the register's width. */
		for (unsigned j = (values[i].bits + 7) / 8; j < sizeof(values[i].bytes);
			j++)
			if (values[i].bytes[j])
				abort();
	}
	sonde_error_destroy(error);
	free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	check("x86_64", text);
	check("i386", text);
	check("aarch64", text);
	check("riscv64", text);
	free(text);
	return 0;
}
