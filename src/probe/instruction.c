/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "instruction.h"

enum {
	CODE_BYTES = 16,
	/** A call to no further than this is no function's. */
	NEAR_BYTES = 32,
};

struct sonde_error *sonde_probe_read_instruction(const struct sonde_probes *probes,
	struct sonde_thread *thread, uint64_t pc, struct sonde_flow *ret)
{
	size_t length = CODE_BYTES, left = 4096 - pc % 4096;
	uint8_t code[CODE_BYTES] = {0};
	struct sonde_space *space;
	struct sonde_error *error;

	CHECK(sonde_target_virtual(probes->target, thread, &space));
	error = sonde_space_read(space, pc, code, length);
	if (sonde_error_is(error, SONDE_ERROR_FAULT) && left < length) {
		/* There is nothing behind its page. */
		sonde_error_destroy(error);
		length = left;
		error = sonde_space_read(space, pc, code, length);
	}
	*ret = (struct sonde_flow){.address = pc};
	if (!error)
		error = sonde_thread_read_flow(thread, pc, code, length, ret);
	/* Nothing is there, or no more than its beginning. */
	if (!sonde_error_is(error, SONDE_ERROR_FAULT) &&
		(length == CODE_BYTES || !sonde_error_is(error, SONDE_ERROR_BAD_DATA)))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

bool sonde_probe_instruction_was_left(const struct sonde_flow *flow, uint64_t pc)
{
	if (flow->kind == SONDE_FLOW_ON || flow->kind == SONDE_FLOW_TRAP)
		return pc != flow->address && pc != flow->address + flow->length;
	return false;
}

bool sonde_probe_instruction_calls_near(const struct sonde_flow *flow)
{
	return flow->kind == SONDE_FLOW_CALL && flow->has_target &&
	       flow->target - flow->address <= NEAR_BYTES;
}
