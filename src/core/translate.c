/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sonde/translate.h>

#include <inttypes.h>

#include "target.h"

struct sonde_error *sonde_target_translate(struct sonde_target *target,
	struct sonde_thread *thread, uint64_t address, struct sonde_translation *ret)
{
	struct sonde_error *error;

	target = sonde_target_with_memory(target);
	if (!target->memory || !target->memory->translate)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"%s does not tell how addresses are translated", target->name);
	if (!thread)
		CHECK(sonde_target_current_thread(target, &thread));
	error = target->memory->translate(target, thread, address, ret);
	return sonde_error_while(error, "translating 0x%" PRIx64, address);
}
