/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a target says of itself: threads and registers. */
#include <string.h>

#include "conformance.h"

struct sonde_thread *conformance_thread(struct subject *subject)
{
	struct sonde_thread *thread;

	TAP_OK(&subject->tap, sonde_target_current_thread(subject->target, &thread));
	return thread;
}

struct sonde_space *conformance_memory_of(struct subject *subject)
{
	struct sonde_space *space;

	TAP_OK(&subject->tap, sonde_target_virtual(subject->target, NULL, &space));
	return space;
}

static void check_identity(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;

	TAP_TRUE(tap, sonde_target_name(subject->target));
	TAP_TRUE(tap, sonde_target_kind(subject->target));
	TAP_TRUE(tap, sonde_target_architecture(subject->target));
	TAP_TRUE(tap, sonde_target_address_bits(subject->target) >= 32);
	TAP_TRUE(tap, sonde_target_state(subject->target) == SONDE_STATE_STOPPED);
}

static void check_threads(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_thread *const *threads;
	struct sonde_thread *found;
	size_t count;

	TAP_OK(tap, sonde_target_threads(subject->target, &threads, &count));
	TAP_TRUE(tap, count >= 1);
	if (subject->cpus)
		TAP_TRUE(tap, count == subject->cpus);
	for (size_t i = 0; i < count; i++) {
		TAP_TRUE(tap, sonde_thread_number(threads[i]) == i);
		TAP_OK(tap,
			sonde_target_find_thread(subject->target, (unsigned)i, &found));
		TAP_TRUE(tap, found == threads[i]);
	}
	TAP_IS(tap, sonde_target_find_thread(subject->target, 54321, &found),
		SONDE_ERROR_NOT_FOUND);
}

static void check_registers(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	const struct sonde_register *registers;
	struct sonde_thread *const *threads;
	size_t register_count, count, available = 0;

	TAP_OK(tap, sonde_target_registers(subject->target, &registers, &register_count));
	TAP_OK(tap, sonde_target_threads(subject->target, &threads, &count));
	for (size_t i = 0; i < count; i++) {
		TAP_TRUE(tap, sonde_thread_find_register(threads[i], "pc"));
		TAP_TRUE(tap, sonde_thread_find_register(threads[i], "sp"));
		TAP_TRUE(
			tap, !sonde_thread_find_register(threads[i], "no such register"));
		for (size_t j = 0; j < register_count; j++) {
			struct sonde_register_value value;

			TAP_OK(tap, sonde_thread_read_register(
					    threads[i], &registers[j], &value));
			TAP_TRUE(tap, value.bits == registers[j].bits);
			available += value.available;
		}
	}
	TAP_TRUE(tap, available >= 16 * count);
}

static void check_system_registers(void *argument)
{
	struct subject *subject = argument;
	static const char *const names[] = {"cr3", "TTBR1_EL1", "satp"};
	struct sonde_thread *thread = conformance_thread(subject);
	struct sonde_register_value value;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct sonde_register *reg =
			sonde_thread_find_register(thread, names[i]);

		if (!reg)
			continue;
		TAP_OK(&subject->tap, sonde_thread_read_register(thread, reg, &value));
		TAP_TRUE(&subject->tap, value.available);
		return;
	}
	tap_skip(&subject->tap, "the stub has no system registers");
}

/* A register that may be changed for a moment. */
static const struct sonde_register *scratch_register(struct subject *subject)
{
	static const char *const names[] = {"rbx", "ebx", "x20", "s2", "R10"};
	const struct sonde_register *reg = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !reg; i++)
		reg = sonde_thread_find_register(conformance_thread(subject), names[i]);
	TAP_TRUE(&subject->tap, reg);
	return reg;
}

/* There and back. False: the stub writes none but those of the thread that stopped. */
static bool write_register(struct subject *subject, struct sonde_thread *thread)
{
	const struct sonde_register *reg = scratch_register(subject);
	const uint64_t pattern = 0x5a5a1234 + sonde_thread_number(thread);
	struct tap *tap = &subject->tap;
	struct sonde_register_value before, after;
	struct sonde_error *error;

	TAP_OK(tap, sonde_thread_read_register(thread, reg, &before));
	sonde_register_value_set_integer(&after, pattern, reg->bits);
	error = sonde_thread_write_register(thread, reg, &after);
	if (error && sonde_error_kind(error) == SONDE_ERROR_UNSUPPORTED) {
		sonde_error_destroy(error);
		return false;
	}
	TAP_OK(tap, error);
	memset(&after, 0, sizeof(after));
	TAP_OK(tap, sonde_thread_read_register(thread, reg, &after));
	TAP_TRUE(tap, sonde_register_value_integer(&after) == pattern);
	TAP_OK(tap, sonde_thread_write_register(thread, reg, &before));
	TAP_OK(tap, sonde_thread_read_register(thread, reg, &after));
	TAP_TRUE(tap, !memcmp(before.bytes, after.bytes, sizeof(before.bytes)));
	return true;
}

static void check_writing_registers(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_thread *thread = conformance_thread(subject);
	const struct sonde_register *reg = scratch_register(subject);
	struct sonde_register_value value;

	TAP_TRUE(tap, write_register(subject, thread));
	TAP_OK(tap, sonde_thread_read_register(thread, reg, &value));
	value.bits = reg->bits + 1;
	TAP_IS(tap, sonde_thread_write_register(thread, reg, &value),
		SONDE_ERROR_INVALID);
}

/* Each thread's own: those of one must not move with another's. */
static void check_writing_registers_of_others(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_thread *current = conformance_thread(subject);
	struct sonde_thread *const *threads;
	size_t count;

	TAP_OK(tap, sonde_target_threads(subject->target, &threads, &count));
	if (count < 2)
		tap_skip(tap, "there is only one thread");
	for (size_t i = 0; i < count; i++)
		if (threads[i] != current && !write_register(subject, threads[i]))
			tap_skip(tap, "the stub writes only to the thread that stopped");
}

static void check_paging(void *argument)
{
	struct subject *subject = argument;
	const char *paging;

	TAP_OK(&subject->tap, sonde_target_paging(subject->target, NULL, &paging));
	if (!paging)
		tap_skip(&subject->tap, "the registers do not tell");
}

void conformance_describe(struct subject *subject)
{
	tap_run(&subject->tap, "identity", check_identity, subject);
	tap_run(&subject->tap, "threads", check_threads, subject);
	tap_run(&subject->tap, "registers", check_registers, subject);
	tap_run(&subject->tap, "system registers", check_system_registers, subject);
	tap_run(&subject->tap, "register writes", check_writing_registers, subject);
	tap_run(&subject->tap, "register writes of other threads",
		check_writing_registers_of_others, subject);
	tap_run(&subject->tap, "paging mode", check_paging, subject);
}
