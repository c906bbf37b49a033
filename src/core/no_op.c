/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "clock.h"
#include "no_op.h"
#include "page_walk.h"

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

static bool has_kernel_half(const struct sonde_target *target, uint64_t pc)
{
	return target->arch->address_bits == 64 && pc >> 63;
}

/*
 * Where the instruction is that was looked at before. Of a kernel's half all tables say
 * the same, so those of the last CPU that was asked tell whether it is there still, and
 * no register has to be fetched.
 */
static struct sonde_error *find_again(struct sonde_target *target,
	const struct sonde_trap *trap, struct sonde_space *physical, bool *found)
{
	struct sonde_translation translation;
	struct sonde_error *error;

	*found = false;
	if (!trap->code_known ||
		!sonde_target_runs_the_same(target, target->code_regime_asked))
		return NULL;
	error = sonde_page_walk(
		physical, &target->code_regime, trap->place.address, &translation);
	if (sonde_error_is(error, SONDE_ERROR_FAULT)) {
		sonde_error_destroy(error);
		return NULL;
	}
	*found = !error && translation.physical_address == trap->code;
	return error;
}

static struct sonde_error *remember(struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_trap *trap,
	struct sonde_space *physical)
{
	struct sonde_page_regime regime;
	struct sonde_translation translation;

	CHECK(sonde_thread_read_regime(thread, &regime));
	if (!regime.range_count)
		return NULL;
	CHECK(sonde_page_walk(physical, &regime, trap->place.address, &translation));
	target->code_regime = regime;
	target->code_regime_asked = sonde_clock_ns();
	trap->code = translation.physical_address;
	trap->code_known = true;
	return NULL;
}

/* The instruction at @p pc: as many bytes as one may have, or as are in the page. */
static struct sonde_error *read_code(struct sonde_target *target,
	struct sonde_thread *thread, uint64_t pc, uint8_t *code, size_t length)
{
	struct sonde_trap *trap =
		has_kernel_half(target, pc) ? sonde_traps_at(&target->traps, pc) : NULL;
	struct sonde_space *physical = NULL, *space;
	bool found = false;

	if (trap && target->memory->physical_space) {
		CHECK(sonde_target_physical(target, &physical));
		CHECK(find_again(target, trap, physical, &found));
	}
	if (found)
		return sonde_space_read(physical, trap->code, code, length);
	CHECK(sonde_target_virtual(target, thread, &space));
	CHECK(sonde_space_read(space, pc, code, length));
	if (!physical)
		return NULL;
	/* It was read: that it cannot be read so the next time is no error now. */
	sonde_error_destroy(remember(target, thread, trap, physical));
	return NULL;
}

/* Where it leads; @p pc itself if it has to be executed. */
static struct sonde_error *look(struct sonde_target *target, struct sonde_thread *thread,
	uint64_t pc, uint64_t *ret)
{
	size_t length = target->arch->page_bytes - pc % target->arch->page_bytes;
	uint8_t code[NO_OP_MAX];

	if (length > sizeof(code))
		length = sizeof(code);
	CHECK(read_code(target, thread, pc, code, length));
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
