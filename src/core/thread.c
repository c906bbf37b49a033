/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads and their registers: what <sonde/thread.h> promises. */
#include <string.h>

#include "target.h"

enum {
	/** No architecture has a longer instruction. */
	CODE_BYTES = 16,
};

unsigned sonde_thread_number(const struct sonde_thread *thread)
{
	return thread->number;
}

const char *sonde_thread_name(const struct sonde_thread *thread)
{
	return thread->name;
}

static unsigned hash(const char *name)
{
	unsigned sum = 0;

	for (; *name; name++)
		sum = sum * 31 + (unsigned char)*name;
	return sum % SONDE_REGISTER_HINTS;
}

/* At each hit of a probe the same few names are asked for. */
static const struct sonde_register *find_exactly(
	const struct sonde_target *target, const char *name)
{
	unsigned *hint = &((struct sonde_target *)target)->register_hints[hash(name)];
	const struct sonde_register *registers;
	size_t count;

	target->registers->list(target, &registers, &count);
	if (*hint < count && !strcmp(registers[*hint].name, name))
		return &registers[*hint];
	for (size_t i = 0; i < count; i++) {
		if (strcmp(registers[i].name, name) != 0)
			continue;
		*hint = (unsigned)i;
		return &registers[i];
	}
	return NULL;
}

const struct sonde_register *sonde_target_find_register(
	const struct sonde_target *target, const char *name)
{
	const struct sonde_register *found = NULL;

	if (!target->registers)
		return NULL;
	/* Where there is a "pc" it is what the architecture calls its own. */
	if (!strcmp(name, "pc"))
		found = find_exactly(target, target->arch->pc);
	else if (!strcmp(name, "sp"))
		found = find_exactly(target, target->arch->sp);
	return found ? found : find_exactly(target, name);
}

const struct sonde_register *sonde_thread_find_register(
	const struct sonde_thread *thread, const char *name)
{
	return sonde_target_find_register(thread->target, name);
}

static struct sonde_error *check_there(const struct sonde_thread *thread)
{
	return thread->gone ? sonde_error_create(SONDE_ERROR_NOT_FOUND,
				      "thread %u has ended", thread->number)
			    : NULL;
}

static struct sonde_error *read_register(struct sonde_thread *thread,
	const struct sonde_register *reg, struct sonde_register_value *ret,
	const char **why)
{
	struct sonde_error *error = check_there(thread);

	*why = NULL;
	if (!error)
		error = sonde_target_check_readable(thread->target);
	if (!error)
		error = thread->target->registers->read(thread, reg, ret, why);
	return sonde_error_while(
		error, "reading register %s of CPU %u", reg->name, thread->number);
}

struct sonde_error *sonde_thread_read_register(struct sonde_thread *thread,
	const struct sonde_register *reg, struct sonde_register_value *ret)
{
	const char *why;

	return read_register(thread, reg, ret, &why);
}

struct sonde_error *sonde_thread_explain_register(
	struct sonde_thread *thread, const struct sonde_register *reg, const char **ret)
{
	struct sonde_register_value value;
	const char *why;

	CHECK(read_register(thread, reg, &value, &why));
	*ret = value.available ? NULL : why;
	return NULL;
}

struct sonde_error *sonde_thread_write_register(struct sonde_thread *thread,
	const struct sonde_register *reg, const struct sonde_register_value *value)
{
	const struct sonde_register_facet *facet = thread->target->registers;
	struct sonde_error *error = check_there(thread);

	if (!error)
		error = sonde_target_check_stopped(thread->target);
	if (!error && !facet->write)
		error = sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "registers are read-only here");
	if (!error && (!value->available || value->bits != reg->bits))
		error = sonde_error_create(SONDE_ERROR_INVALID,
			"the register has %u bits, the value %u", reg->bits, value->bits);
	if (!error)
		error = facet->write(thread, reg, value);
	/* Whoever is sent elsewhere meets the traps there anew. */
	if (!error && !strcmp(reg->name, thread->target->arch->pc))
		thread->reported = false;
	return sonde_error_while(
		error, "writing register %s of CPU %u", reg->name, thread->number);
}

static struct sonde_error *write_all(struct sonde_thread *thread,
	const struct sonde_register_change *changes,
	const struct sonde_register_change *before, size_t count)
{
	struct sonde_error *error = NULL;
	size_t done = 0;

	for (; done < count && !error; done++)
		error = sonde_thread_write_register(
			thread, changes[done].reg, &changes[done].value);
	/* The one that failed may have been written, too. */
	while (error && done-- > 0)
		sonde_error_destroy(sonde_thread_write_register(
			thread, before[done].reg, &before[done].value));
	return error;
}

struct sonde_error *sonde_thread_write_together(struct sonde_thread *thread,
	const struct sonde_register_change *changes, size_t count)
{
	const struct sonde_register_facet *facet = thread->target->registers;
	struct sonde_register_change before[SONDE_CHANGES_MAX] = {{NULL}};
	struct sonde_error *error;
	unsigned slot = 0;

	if (count > SONDE_CHANGES_MAX)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "so many registers at once");
	for (size_t i = 0; i < count; i++) {
		before[i].reg = changes[i].reg;
		CHECK(sonde_thread_read_register(
			thread, changes[i].reg, &before[i].value));
	}
	if (facet->arm)
		CHECK(facet->arm(thread, before, count, &slot));
	/* Half of it would be the worst. */
	thread->target->sonde->uninterruptible++;
	error = write_all(thread, changes, before, count);
	thread->target->sonde->uninterruptible--;
	sonde_journal_disarm(thread->target->journal, &slot);
	return error;
}

struct sonde_error *sonde_thread_read_pc(struct sonde_thread *thread, uint64_t *ret)
{
	const struct sonde_register *pc = thread->target->pc;
	struct sonde_register_value value;

	if (!pc)
		pc = thread->target->pc =
			sonde_target_find_register(thread->target, "pc");
	if (!pc)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "the target has no program counter");
	CHECK(sonde_thread_read_register(thread, pc, &value));
	if (!value.available)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "the program counter is not available");
	*ret = sonde_register_value_integer(&value);
	return NULL;
}

uint64_t sonde_register_value_integer(const struct sonde_register_value *value)
{
	unsigned bytes = (value->bits + 7) / 8;
	uint64_t integer = 0;

	for (unsigned i = bytes < 8 ? bytes : 8; i-- > 0;)
		integer = integer << 8 | value->bytes[i];
	return integer;
}

void sonde_register_value_set_integer(
	struct sonde_register_value *ret, uint64_t integer, unsigned bits)
{
	unsigned bytes = (bits + 7) / 8;

	memset(ret, 0, sizeof(*ret));
	ret->bits = bits;
	ret->available = true;
	for (unsigned i = 0; i < bytes && i < 8; i++)
		ret->bytes[i] = (uint8_t)(integer >> 8 * i);
}

/* --- what the architecture says of a thread ------------------------------------- */

struct question {
	struct sonde_thread *thread;
	/** The first thing that went wrong. */
	struct sonde_error *error;
};

static bool read_for_arch(void *user, const char *name, uint64_t *ret)
{
	struct question *question = user;
	const struct sonde_register *reg =
		sonde_thread_find_register(question->thread, name);
	struct sonde_register_value value;
	struct sonde_error *error;

	if (!reg)
		return false;
	error = sonde_thread_read_register(question->thread, reg, &value);
	question->error = sonde_error_first(question->error, error);
	if (error || !value.available)
		return false;
	*ret = sonde_register_value_integer(&value);
	return true;
}

struct sonde_error *sonde_thread_read_regime(
	struct sonde_thread *thread, struct sonde_page_regime *ret)
{
	const struct sonde_arch *arch = thread->target->arch;
	struct question question = {.thread = thread};
	struct sonde_arch_reader reader = {read_for_arch, &question};
	bool told = arch->read_regime && arch->read_regime(&reader, ret);

	if (!told)
		return question.error
			       ? question.error
			       : sonde_error_create(SONDE_ERROR_UNSUPPORTED,
					 "the registers of CPU %u do not tell how it "
					 "translates addresses",
					 thread->number);
	sonde_error_destroy(question.error);
	return NULL;
}

struct sonde_error *sonde_target_paging(
	struct sonde_target *target, struct sonde_thread *thread, const char **ret)
{
	struct sonde_page_regime regime = {.name = NULL};

	if (!thread)
		CHECK(sonde_target_current_thread(target, &thread));
	/* Why they do not tell, nobody asked. */
	sonde_error_destroy(sonde_thread_read_regime(thread, &regime));
	*ret = regime.name;
	return NULL;
}

/* As @p thread would execute code; NULL: the one that stopped last. */
static struct sonde_error *find_mode(
	struct sonde_target *base, struct sonde_thread *thread, int *ret)
{
	struct question question = {.error = NULL};
	struct sonde_arch_reader reader = {read_for_arch, &question};

	if (!thread)
		CHECK(sonde_target_current_thread(base, &thread));
	question.thread = thread;
	*ret = base->arch->capstone_mode ? base->arch->capstone_mode(&reader) : 0;
	sonde_error_destroy(question.error);
	return NULL;
}

struct sonde_error *sonde_disassemble(struct sonde_target *target,
	struct sonde_thread *thread, uint64_t address, const uint8_t *code, size_t length,
	struct sonde_instruction *ret)
{
	int mode;

	target = sonde_target_base(target);
	CHECK(find_mode(target, thread, &mode));
	return sonde_arch_disassemble(target->arch, mode, address, code, length, ret);
}

static struct sonde_error *decode(struct sonde_thread *thread, uint64_t address,
	const uint8_t *code, size_t length, struct sonde_flow *ret)
{
	struct sonde_target *target = sonde_target_base(thread->target);
	struct sonde_instruction instruction;

	if (target->arch->decode) {
		target->arch->decode(address, code, length, ret);
		return NULL;
	}
	CHECK(sonde_disassemble(target, thread, address, code, length, &instruction));
	ret->length = instruction.length;
	sonde_flow_classify(target->arch, instruction.text, ret);
	return NULL;
}

struct sonde_error *sonde_thread_read_flow(
	struct sonde_thread *thread, uint64_t address, struct sonde_flow *ret)
{
	unsigned page = thread->target->arch->page_bytes;
	uint8_t code[CODE_BYTES] = {0};
	size_t length = sizeof(code), left = page - address % page;
	struct sonde_space *space;
	struct sonde_error *error;

	*ret = (struct sonde_flow){.address = address};
	CHECK(sonde_target_virtual(thread->target, thread, &space));
	error = sonde_space_read(space, address, code, length);
	if (sonde_error_is(error, SONDE_ERROR_FAULT) && left < length) {
		/* There is nothing behind its page. */
		sonde_error_destroy(error);
		length = left;
		error = sonde_space_read(space, address, code, length);
	}
	if (!error)
		error = decode(thread, address, code, length, ret);
	/* Nothing is there, or no more than its beginning. */
	if (!sonde_error_is(error, SONDE_ERROR_FAULT) &&
		(length == sizeof(code) || !sonde_error_is(error, SONDE_ERROR_BAD_DATA)))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

struct sonde_error *sonde_target_walk_code(struct sonde_target *target, uint64_t address,
	const uint8_t *code, size_t length, sonde_flow_visitor *visit, void *user)
{
	int mode;

	target = sonde_target_base(target);
	CHECK(find_mode(target, NULL, &mode));
	return sonde_arch_walk(target->arch, mode, address, code, length, visit, user);
}
