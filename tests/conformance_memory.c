/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory: reads, writes, faults, strings, physical memory, code. */
#include <stdlib.h>
#include <string.h>

#include "conformance.h"

enum {
	/** As much of the data is written over. */
	SCRATCH = 8 << 10,
	/** Pages behind the data in which a hole is looked for. */
	SEARCHED_PAGES = 1024,
	PAGE = 4096,
};

static void need_data(struct subject *subject)
{
	if (!subject->data)
		tap_skip(&subject->tap, "no data was named");
}

static void need_faults(struct subject *subject)
{
	if (subject->zeros)
		tap_skip(&subject->tap, "the stub reads zeros where no memory is");
}

static void check_reading_code(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_space *space = conformance_memory_of(subject);
	uint8_t bytes[16];
	uint64_t pc, integer;

	TAP_OK(tap, sonde_thread_read_pc(conformance_thread(subject), &pc));
	TAP_OK(tap, sonde_space_read(space, pc, bytes, sizeof(bytes)));
	TAP_OK(tap, sonde_space_read_integer(space, pc, 4, &integer));
	TAP_TRUE(tap, (integer & 0xff) == bytes[0] && integer >> 24 == bytes[3]);
	TAP_IS(tap, sonde_space_read_integer(space, pc, 3, &integer),
		SONDE_ERROR_INVALID);
	TAP_OK(tap, sonde_space_read(space, pc, bytes, 0));
}

static void check_bulk_reads(void *argument)
{
	static uint8_t whole[SCRATCH + 77], parts[SCRATCH + 77];
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_space *space = conformance_memory_of(subject);

	need_data(subject);
	TAP_OK(tap, sonde_space_read(space, subject->data + 3, whole, sizeof(whole)));
	for (size_t i = 0; i < sizeof(parts); i += 511) {
		size_t length = sizeof(parts) - i < 511 ? sizeof(parts) - i : 511;

		TAP_OK(tap, sonde_space_read(
				    space, subject->data + 3 + i, parts + i, length));
	}
	TAP_TRUE(tap, !memcmp(whole, parts, sizeof(whole)));
}

static void check_writes(void *argument)
{
	static uint8_t before[SCRATCH], pattern[SCRATCH], after[SCRATCH];
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_space *space = conformance_memory_of(subject);

	need_data(subject);
	for (size_t i = 0; i < SCRATCH; i++)
		pattern[i] = (uint8_t)(i * 7 + (i >> 8));
	TAP_OK(tap, sonde_space_read(space, subject->data, before, SCRATCH));
	TAP_OK(tap, sonde_space_write(space, subject->data, pattern, SCRATCH));
	TAP_OK(tap, sonde_space_read(space, subject->data, after, SCRATCH));
	TAP_TRUE(tap, !memcmp(pattern, after, SCRATCH));
	TAP_OK(tap, sonde_space_write(space, subject->data, before, SCRATCH));
	TAP_OK(tap, sonde_space_read(space, subject->data, after, SCRATCH));
	TAP_TRUE(tap, !memcmp(before, after, SCRATCH));
}

static void check_fault(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_space *space = conformance_memory_of(subject);
	struct sonde_error *error;
	uint8_t bytes[64];

	need_faults(subject);
	error = sonde_space_read(space, subject->hole, bytes, sizeof(bytes));
	TAP_TRUE(tap, error && sonde_error_address(error) == subject->hole);
	TAP_IS(tap, error, SONDE_ERROR_FAULT);
	TAP_IS(tap, sonde_space_read(space, UINT64_MAX - 3, bytes, 16),
		SONDE_ERROR_FAULT);
}

static void check_write_fault(void *argument)
{
	struct subject *subject = argument;
	static const uint8_t bytes[64];
	struct tap *tap = &subject->tap;
	struct sonde_space *space = conformance_memory_of(subject);
	struct sonde_error *error;

	if (subject->drops)
		tap_skip(tap, "the stub drops what is written where no memory is");
	error = sonde_space_write(space, subject->hole, bytes, sizeof(bytes));
	TAP_TRUE(tap, error && sonde_error_address(error) == subject->hole);
	TAP_IS(tap, error, SONDE_ERROR_FAULT);
}

/* The first page behind the data that cannot be read; 0 if there is none soon. */
static uint64_t find_hole(struct subject *subject)
{
	struct sonde_space *space = conformance_memory_of(subject);
	uint64_t page = subject->data & ~(uint64_t)(PAGE - 1);

	for (unsigned i = 0; i < SEARCHED_PAGES; i++, page += PAGE) {
		struct sonde_error *error;
		uint8_t byte;

		error = sonde_space_read(space, page, &byte, 1);
		if (error) {
			sonde_error_destroy(error);
			return page;
		}
	}
	return 0;
}

/* Ranges that run into a hole, from every distance: the address must be exact. */
static void check_exact_fault(void *argument)
{
	static const unsigned before[] = {1, 2, 7, 100, 2047, 2048, 2049, 4096};
	static uint8_t whole[8192], part[8192];
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_space *space = conformance_memory_of(subject);
	uint64_t hole;

	need_data(subject);
	need_faults(subject);
	hole = find_hole(subject);
	if (!hole)
		tap_skip(tap, "there is no hole near the data");
	if (hole - subject->data < 4096)
		tap_skip(tap, "the data ends too soon");
	TAP_OK(tap, sonde_space_read(space, hole - 4096, whole, 4096));
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		uint64_t start = hole - before[i];
		struct sonde_error *error =
			sonde_space_read(space, start, part, before[i] + 100);

		TAP_TRUE(tap, error && sonde_error_address(error) == hole);
		TAP_IS(tap, error, SONDE_ERROR_FAULT);
		TAP_TRUE(tap, !memcmp(part, whole + 4096 - before[i], before[i]));
	}
}

static void check_strings(void *argument)
{
	static const char text[] = "a string of some length";
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_space *space = conformance_memory_of(subject);
	uint8_t before[sizeof(text)];
	struct sonde_error *error;
	char *string = NULL;

	need_data(subject);
	TAP_OK(tap, sonde_space_read(space, subject->data, before, sizeof(before)));
	TAP_OK(tap, sonde_space_write(space, subject->data, text, sizeof(text)));
	error = sonde_space_read_string(space, subject->data, 100, &string);
	if (!error)
		error = sonde_space_write(space, subject->data, before, sizeof(before));
	TAP_OK(tap, error);
	TAP_TRUE(tap, !strcmp(string, text));
	free(string);
	TAP_OK(tap, sonde_space_write(space, subject->data, text, sizeof(text)));
	error = sonde_space_read_string(space, subject->data, 5, &string);
	TAP_OK(tap, sonde_space_write(space, subject->data, before, sizeof(before)));
	TAP_IS(tap, error, SONDE_ERROR_BAD_DATA);
	if (!subject->zeros)
		TAP_IS(tap, sonde_space_read_string(space, subject->hole, 100, &string),
			SONDE_ERROR_FAULT);
}

/* Physical memory must show what virtual memory shows somewhere, and again. */
static void check_physical(void *argument)
{
	static uint8_t first[PAGE], second[PAGE];
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_space *physical, *space = conformance_memory_of(subject);
	struct sonde_error *error = sonde_target_physical(subject->target, &physical);
	uint64_t pc;

	if (!error)
		error = sonde_space_read(physical, 0x40000000 - PAGE, first, PAGE);
	if (error && sonde_error_kind(error) == SONDE_ERROR_UNSUPPORTED) {
		sonde_error_destroy(error);
		tap_skip(tap, "the stub cannot read physical memory");
	}
	TAP_OK(tap, error);
	TAP_OK(tap, sonde_thread_read_pc(conformance_thread(subject), &pc));
	/* In between, the same stub reads virtual memory. */
	TAP_OK(tap, sonde_space_read(space, pc, second, 16));
	TAP_OK(tap, sonde_space_read(physical, 0x40000000 - PAGE, second, PAGE));
	TAP_TRUE(tap, !memcmp(first, second, PAGE));
}

/* Physical memory at the address that the walk comes to is what is read there. */
static void check_translation(void *argument)
{
	static uint8_t expected[PAGE], found[PAGE];
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_space *physical, *space = conformance_memory_of(subject);
	struct sonde_translation translation;
	struct sonde_error *error;
	uint64_t page;

	TAP_OK(tap, sonde_thread_read_pc(conformance_thread(subject), &page));
	page &= ~(uint64_t)(PAGE - 1);
	error = sonde_target_translate(subject->target, NULL, page, &translation);
	if (error && sonde_error_kind(error) == SONDE_ERROR_UNSUPPORTED) {
		sonde_error_destroy(error);
		tap_skip(tap, "it does not tell how addresses are translated");
	}
	TAP_OK(tap, error);
	TAP_TRUE(tap, translation.virtual_address == page);
	TAP_TRUE(tap, translation.physical_address % PAGE == 0);
	TAP_OK(tap, sonde_target_physical(subject->target, &physical));
	TAP_OK(tap, sonde_space_read(space, page, expected, PAGE));
	error = sonde_space_read(physical, translation.physical_address, found, PAGE);
	if (error && sonde_error_kind(error) == SONDE_ERROR_UNSUPPORTED) {
		sonde_error_destroy(error);
		tap_skip(tap, "it has no physical memory");
	}
	TAP_OK(tap, error);
	TAP_TRUE(tap, !memcmp(expected, found, PAGE));
	error = sonde_target_translate(
		subject->target, NULL, UINT64_C(0x7000000000000000), &translation);
	if (translation.page_bytes)
		TAP_IS(tap, error, SONDE_ERROR_FAULT);
	else
		sonde_error_destroy(error);
}

static void check_expressions(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_thread *thread = conformance_thread(subject);
	struct sonde_expression *expression;
	struct sonde_value value;
	struct sonde_error *error;
	uint64_t pc;

	TAP_OK(tap, sonde_thread_read_pc(thread, &pc));
	TAP_OK(tap, sonde_expression_create("$pc + 0 == $pc ? $pc : 0", &expression));
	error = sonde_expression_evaluate(expression, subject->target, thread, &value);
	sonde_expression_destroy(expression);
	TAP_OK(tap, error);
	TAP_TRUE(tap, value.integer == pc);
}

static void check_disassembly(void *argument)
{
	struct subject *subject = argument;
	struct tap *tap = &subject->tap;
	struct sonde_instruction instruction;
	struct sonde_error *error;
	uint8_t code[32];
	uint64_t pc;

	TAP_OK(tap, sonde_thread_read_pc(conformance_thread(subject), &pc));
	if (subject->hot)
		pc = subject->hot;
	TAP_OK(tap,
		sonde_space_read(conformance_memory_of(subject), pc, code, sizeof(code)));
	error = sonde_disassemble(
		subject->target, NULL, pc, code, sizeof(code), &instruction);
	if (error && sonde_error_kind(error) == SONDE_ERROR_UNSUPPORTED &&
		!strcmp(sonde_target_architecture(subject->target), "riscv64")) {
		sonde_error_destroy(error);
		tap_skip(tap, "capstone 4 does not know RISC-V");
	}
	TAP_OK(tap, error);
	TAP_TRUE(tap, instruction.length && strcmp(instruction.text, "(bad)"));
}

void conformance_memory(struct subject *subject)
{
	tap_run(&subject->tap, "memory reads", check_reading_code, subject);
	tap_run(&subject->tap, "bulk reads", check_bulk_reads, subject);
	tap_run(&subject->tap, "memory writes", check_writes, subject);
	tap_run(&subject->tap, "faults", check_fault, subject);
	tap_run(&subject->tap, "write faults", check_write_fault, subject);
	tap_run(&subject->tap, "exact fault address", check_exact_fault, subject);
	tap_run(&subject->tap, "strings", check_strings, subject);
	tap_run(&subject->tap, "physical memory", check_physical, subject);
	tap_run(&subject->tap, "translation", check_translation, subject);
	tap_run(&subject->tap, "expressions", check_expressions, subject);
	tap_run(&subject->tap, "disassembly", check_disassembly, subject);
}
