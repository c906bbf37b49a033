/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "registers.h"
#include "report.h"
#include "similar.h"

static char *similar_names(struct cli *cli, const char *name)
{
	struct cli_similar similar = {.wanted = name};
	const struct sonde_register *registers;
	struct sonde_error *error;
	size_t count = 0;

	error = sonde_target_registers(cli->target, &registers, &count);
	if (error) {
		sonde_error_destroy(error);
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		cli_similar_offer(&similar, registers[i].name);
	return cli_similar_hint(&similar);
}

int cli_find_register(struct cli *cli, struct sonde_thread *thread, const char *name,
	const struct sonde_register **ret)
{
	char *hint;

	if (name[0] == '$')
		name++;
	*ret = sonde_thread_find_register(thread, name);
	if (*ret)
		return CLI_DONE;
	hint = similar_names(cli, name);
	cli_fail(cli, SONDE_ERROR_NOT_FOUND, name, hint ?: "'regs --all' lists them",
		"there is no such register");
	free(hint);
	return CLI_FAILED;
}

void cli_format_register(
	const struct sonde_register_value *value, char text[CLI_REGISTER_TEXT])
{
	char *to = text;

	if (value->bits <= 64) {
		snprintf(text, CLI_REGISTER_TEXT, "0x%" PRIx64,
			sonde_register_value_integer(value));
		return;
	}
	to += sprintf(to, "0x");
	for (unsigned i = (value->bits + 7) / 8; i > 0; i--)
		to += sprintf(to, "%02x", value->bytes[i - 1]);
}
