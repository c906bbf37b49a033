/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls, returns and jumps, as each architecture encodes them (by llvm-mc), and finding
 * calls among bytes. */
#include <capstone/capstone.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "arch.h"
#include "macros.h"

#define AT UINT64_C(0xffffffff80002000)

struct flow_case {
	const struct sonde_arch *arch;
	uint8_t code[8];
	unsigned length;
	enum sonde_flow_kind kind;
	/** From the instruction on; 0: it has none. */
	int64_t distance;
};

/* clang-format off */
static const struct flow_case cases[] = {
	/* jal ra, 4096; jal t0, 8; jalr ra, 16(a0); ret, as 2 bytes and as 4; jr a5 */
	{&sonde_arch_riscv64, {0xef, 0x10, 0x00, 0x00}, 4, SONDE_FLOW_CALL, 4096},
	{&sonde_arch_riscv64, {0xef, 0x02, 0x80, 0x00}, 4, SONDE_FLOW_CALL, 8},
	{&sonde_arch_riscv64, {0xe7, 0x00, 0x05, 0x01}, 4, SONDE_FLOW_CALL, 0},
	{&sonde_arch_riscv64, {0x82, 0x80}, 2, SONDE_FLOW_RETURN, 0},
	{&sonde_arch_riscv64, {0x67, 0x80, 0x00, 0x00}, 4, SONDE_FLOW_RETURN, 0},
	{&sonde_arch_riscv64, {0x82, 0x87}, 2, SONDE_FLOW_JUMP, 0},
	/* beq a0, a1, -4; bltu a0, a1, 4094; j -8, -10, 2046; jalr a5 */
	{&sonde_arch_riscv64, {0xe3, 0x0e, 0xb5, 0xfe}, 4, SONDE_FLOW_JUMP, -4},
	{&sonde_arch_riscv64, {0xe3, 0x6f, 0xb5, 0x7e}, 4, SONDE_FLOW_JUMP, 4094},
	{&sonde_arch_riscv64, {0xe5, 0xbf}, 2, SONDE_FLOW_JUMP, -8},
	{&sonde_arch_riscv64, {0xdd, 0xbf}, 2, SONDE_FLOW_JUMP, -10},
	{&sonde_arch_riscv64, {0xfd, 0xaf}, 2, SONDE_FLOW_JUMP, 2046},
	{&sonde_arch_riscv64, {0x82, 0x97}, 2, SONDE_FLOW_CALL, 0},
	/* beqz a0, 254; bnez a1, -256; ebreak; addi sp, sp, -32 */
	{&sonde_arch_riscv64, {0x7d, 0xcd}, 2, SONDE_FLOW_JUMP, 254},
	{&sonde_arch_riscv64, {0x81, 0xf1}, 2, SONDE_FLOW_JUMP, -256},
	{&sonde_arch_riscv64, {0x02, 0x90}, 2, SONDE_FLOW_TRAP, 0},
	{&sonde_arch_riscv64, {0x01, 0x11}, 2, SONDE_FLOW_ON, 0},
	/* ecall; ebreak; sret; csrrw t0, sscratch, t0 */
	{&sonde_arch_riscv64, {0x73, 0x00, 0x00, 0x00}, 4, SONDE_FLOW_TRAP, 0},
	{&sonde_arch_riscv64, {0x73, 0x00, 0x10, 0x00}, 4, SONDE_FLOW_TRAP, 0},
	{&sonde_arch_riscv64, {0x73, 0x00, 0x20, 0x10}, 4, SONDE_FLOW_TRAP_RETURN, 0},
	{&sonde_arch_riscv64, {0xf3, 0x92, 0x02, 0x14}, 4, SONDE_FLOW_ON, 0},
	/* call; call *%rax; jmp; jmp, short; jne; bnd jmp; notrack jmp *%rax; ret; iretq;
	 * ud2 */
	{&sonde_arch_x86_64, {0xe8, 0xfb, 0xff, 0xff, 0xff}, 5, SONDE_FLOW_CALL, 0x100000000},
	{&sonde_arch_x86_64, {0xff, 0xd0}, 2, SONDE_FLOW_CALL, 0},
	{&sonde_arch_x86_64, {0xe9, 0x0b, 0x00, 0x00, 0x00}, 5, SONDE_FLOW_JUMP, 16},
	{&sonde_arch_x86_64, {0xeb, 0xf0}, 2, SONDE_FLOW_JUMP, -14},
	{&sonde_arch_x86_64, {0x75, 0x02}, 2, SONDE_FLOW_JUMP, 4},
	{&sonde_arch_x86_64, {0xf2, 0xe9, 0x0a, 0x00, 0x00, 0x00}, 6, SONDE_FLOW_JUMP, 16},
	{&sonde_arch_x86_64, {0x3e, 0xff, 0xe0}, 3, SONDE_FLOW_JUMP, 0},
	{&sonde_arch_x86_64, {0xc3}, 1, SONDE_FLOW_RETURN, 0},
	{&sonde_arch_x86_64, {0x48, 0xcf}, 2, SONDE_FLOW_TRAP_RETURN, 0},
	{&sonde_arch_x86_64, {0x0f, 0x0b}, 2, SONDE_FLOW_TRAP, 0},
	/* bl; blr x1; b.ne; tbz; br x2; ret; retaa; eret */
	{&sonde_arch_aarch64, {0x04, 0x00, 0x00, 0x94}, 4, SONDE_FLOW_CALL, 16},
	{&sonde_arch_aarch64, {0x20, 0x00, 0x3f, 0xd6}, 4, SONDE_FLOW_CALL, 0},
	{&sonde_arch_aarch64, {0x41, 0x00, 0x00, 0x54}, 4, SONDE_FLOW_JUMP, 8},
	{&sonde_arch_aarch64, {0x40, 0x00, 0x18, 0x36}, 4, SONDE_FLOW_JUMP, 8},
	{&sonde_arch_aarch64, {0x40, 0x00, 0x1f, 0xd6}, 4, SONDE_FLOW_JUMP, 0},
	{&sonde_arch_aarch64, {0xc0, 0x03, 0x5f, 0xd6}, 4, SONDE_FLOW_RETURN, 0},
	{&sonde_arch_aarch64, {0xe0, 0x03, 0x9f, 0xd6}, 4, SONDE_FLOW_TRAP_RETURN, 0},
};
/* clang-format on */

struct first {
	struct sonde_flow flow;
	unsigned count;
};

static struct sonde_error *take_first(void *user, const struct sonde_flow *flow)
{
	struct first *first = user;

	if (!first->count++)
		first->flow = *flow;
	return NULL;
}

static int mode_of(const struct sonde_arch *arch)
{
	return arch == &sonde_arch_x86_64 ? CS_MODE_64 : CS_MODE_LITTLE_ENDIAN;
}

static void test_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct flow_case *one = &cases[i];
		/* The distance of the first one on x86 is 0, which stands for none. */
		int64_t distance = one->distance == 0x100000000 ? 0 : one->distance;
		struct first first = {.count = 0};

		assert_null(sonde_arch_walk(one->arch, mode_of(one->arch), AT, one->code,
			one->length, take_first, &first));
		assert_int_equal(first.count, 1);
		assert_int_equal(first.flow.length, one->length);
		assert_int_equal(first.flow.kind, one->kind);
		assert_int_equal(first.flow.has_target, one->distance != 0);
		if (one->distance)
			assert_int_equal(first.flow.target, AT + (uint64_t)distance);
		/* What is cut short is none. */
		first.count = 0;
		assert_null(sonde_arch_walk(one->arch, mode_of(one->arch), AT, one->code,
			one->length - 1, take_first, &first));
		assert_int_equal(first.count && first.flow.kind == one->kind &&
					 one->kind != SONDE_FLOW_ON &&
					 first.flow.length == one->length,
			0);
	}
}

/* x86's string instructions with a prefix; in front of others that means nothing. */
static void test_repetition(void **state)
{
	static const struct {
		uint8_t code[8];
		unsigned length;
		bool repeats;
	} known[] = {{{0xf3, 0xa4}, 2, true}, {{0xf3, 0x48, 0xab}, 3, true},
		{{0xf2, 0xae}, 2, true}, {{0x66, 0xf3, 0xa5}, 3, true},
		{{0xf3, 0x6c}, 2, true}, {{0xa4}, 1, false}, {{0x48, 0xab}, 2, false},
		{{0xf3, 0x90}, 2, false}, {{0xf3, 0xc3}, 2, false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		struct first first = {.count = 0};

		assert_null(sonde_arch_walk(&sonde_arch_x86_64, CS_MODE_64, AT,
			known[i].code, known[i].length, take_first, &first));
		assert_int_equal(first.flow.length, known[i].length);
		assert_int_equal(first.flow.repeats, known[i].repeats);
	}
}

static void check_found(const struct sonde_arch *arch, const uint8_t *code, size_t length,
	uint64_t target, size_t first, size_t second)
{
	size_t at = arch->find_call(AT, code, length, 0, target);

	assert_int_equal(at, first);
	if (at < length)
		assert_int_equal(
			arch->find_call(AT, code, length, at + 1, target), second);
	/* Nothing behind the end is looked at. */
	for (size_t i = 0; i < length; i++) {
		at = arch->find_call(AT, code, i, 0, target);
		assert_true(at == i || (at == first && at < i));
	}
}

static void test_find_calls(void **state)
{
	static const uint8_t x86[] = {
		0xe8, 0xe8, 0xfa, 0xff, 0xff, 0xff, 0x90, 0xe8, 0xf4, 0xff, 0xff, 0xff};
	/* nop; bl -4; bl -8; b -12 */
	static const uint8_t arm[] = {0x1f, 0x20, 0x03, 0xd5, 0xff, 0xff, 0xff, 0x97,
		0xfe, 0xff, 0xff, 0x97, 0xfd, 0xff, 0xff, 0x17};
	/* ret; auipc ra, 18; jalr -1000(ra); auipc a0, 18; jalr -1000(ra) */
	static const uint8_t riscv[] = {0x82, 0x80, 0x97, 0x20, 0x01, 0x00, 0xe7, 0x80,
		0x80, 0xc1, 0x17, 0x25, 0x01, 0x00, 0xe7, 0x80, 0x80, 0xc1};
	/* jal ra, 4096; jal zero, 4094 */
	static const uint8_t jal[] = {0xef, 0x10, 0x00, 0x00, 0x6f, 0x00, 0xf0, 0x7f};

	(void)state;
	check_found(&sonde_arch_x86_64, x86, sizeof(x86), AT, 1, 7);
	check_found(&sonde_arch_i386, x86, sizeof(x86), AT, 1, 7);
	check_found(&sonde_arch_aarch64, arm, sizeof(arm), AT, 4, 8);
	check_found(&sonde_arch_riscv64, riscv, sizeof(riscv), AT + 2 + (18 << 12) - 1000,
		6, sizeof(riscv));
	check_found(&sonde_arch_riscv64, jal, sizeof(jal), AT + 4096, 0, sizeof(jal));
}

static struct sonde_error *refuse(void *user, const struct sonde_flow *flow)
{
	++*(unsigned *)user;
	return sonde_error_create(SONDE_ERROR_INTERRUPTED, "%u", flow->length);
}

/* A visitor's error ends it. Bytes that are no instruction are passed. */
static void test_walk(void **state)
{
	static const uint8_t code[] = {
		0x06, 0x90, 0xc3, 0x06, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	struct first first = {.count = 0};
	unsigned count = 0;
	struct sonde_error *error;

	(void)state;
	assert_null(sonde_arch_walk(&sonde_arch_x86_64, CS_MODE_64, AT, code,
		sizeof(code), take_first, &first));
	assert_int_equal(first.flow.length, 1);
	assert_int_equal(first.flow.kind, SONDE_FLOW_ON);
	assert_int_equal(first.count, 4 + 8);
	error = sonde_arch_walk(
		&sonde_arch_x86_64, CS_MODE_64, AT, code, sizeof(code), refuse, &count);
	assert_int_equal(sonde_error_kind(error), SONDE_ERROR_INTERRUPTED);
	assert_int_equal(count, 1);
	sonde_error_destroy(error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_repetition),
		cmocka_unit_test(test_find_calls),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
