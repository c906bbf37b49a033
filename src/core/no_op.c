/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "no_op.h"

enum {
	/** The longest no-op that an architecture has. */
	NO_OP_MAX = 9,
};

/* By the monitor memory is read slower than a step is made. */
static bool reads_at_once(const struct sonde_target *target)
{
	const char *means;

	if (!target->observable || !target->memory)
		return false;
	means = target->memory->means(target);
	return !strcmp(means, "mmap") || !strcmp(means, "process");
}

/* Where it leads; @p pc itself if it has to be executed. */
static struct sonde_error *look(struct sonde_target *target, struct sonde_thread *thread,
	uint64_t pc, uint64_t *ret)
{
	size_t length = target->arch->page_bytes - pc % target->arch->page_bytes;
	uint8_t code[NO_OP_MAX];
	struct sonde_space *space;

	if (length > sizeof(code))
		length = sizeof(code);
	CHECK(sonde_target_virtual(target, thread, &space));
	CHECK(sonde_space_read(space, pc, code, length));
	*ret = pc + target->arch->no_op(code, length);
	if (*ret == pc && target->arch->jump &&
		!target->arch->jump(pc, code, length, ret))
		*ret = pc;
	return NULL;
}

struct sonde_error *sonde_thread_pass_no_op(
	struct sonde_thread *thread, uint64_t pc, bool *passed)
{
	struct sonde_target *target = thread->target;
	struct sonde_register_value value;
	const struct sonde_register *reg;
	struct sonde_error *error;
	uint64_t to = pc;

	*passed = false;
	if (!target->arch->no_op || !target->registers->write || !reads_at_once(target))
		return NULL;
	error = look(target, thread, pc, &to);
	if (error || to == pc) {
		/* Whatever is wrong there, a step will meet it. */
		sonde_error_destroy(error);
		return NULL;
	}
	reg = sonde_target_find_register(target, "pc");
	sonde_register_value_set_integer(&value, to, reg->bits);
	CHECK(sonde_thread_write_register(thread, reg, &value));
	*passed = true;
	return NULL;
}
