/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where probes are: within functions, where those are called, at lines; and what watched
 * memory is. On the machine of fake_calls.c. */
#include "probe.h"
#include "probe_world.h"

#define AT(cpu_, function_, offset)                                            \
	{                                                                      \
		.event = CALLS_AT, .cpu = cpu_,                                \
		.value = (uint64_t)(function_)*CALLS_FUNCTION_BYTES + (offset) \
	}

/* Code that begins where @p function does; what is behind it are breakpoints (x86). */
static void put_code(struct world *world, enum calls_function function,
	const uint8_t *code, size_t length)
{
	uint8_t all[CALLS_FUNCTION_BYTES];

	memset(all, 0xcc, sizeof(all));
	memcpy(all, code, length);
	calls_write(world->target, calls_address(function), all, sizeof(all));
}

/* x86's CALL or JMP with 32 bits, at @p at, to @p target. */
static void put_branch(struct world *world, uint8_t opcode, uint64_t at, uint64_t target)
{
	uint32_t distance = (uint32_t)(target - at - 5);

	calls_write(world->target, at, &opcode, 1);
	calls_write(world->target, at + 1, &distance, 4);
}

/* BL or B. */
static void put_word(struct world *world, uint32_t opcode, uint64_t at, uint64_t target)
{
	uint32_t word = opcode | ((uint32_t)((target - at) >> 2) & 0x3ffffff);

	calls_write(world->target, at, &word, 4);
}

/* The offsets in the function, or from the beginning of all code. */
static void check_places(struct world *world, struct sonde_probe_options options,
	uint64_t first, const char *expected)
{
	uint64_t *addresses;
	char text[512] = "";
	size_t count;

	options.size = sizeof(options);
	check(sonde_probe_find_places(world->target, &options, &addresses, &count));
	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%#llx",
			i ? " " : "", (unsigned long long)(addresses[i] - first));
	free(addresses);
	assert_string_equal(text, expected);
	assert_int_equal(calls_traps(world->target), 0);
}

static void check_inside(struct world *world, enum calls_function function,
	unsigned instructions, const char *expected)
{
	check_places(world,
		(struct sonde_probe_options){.kind = SONDE_PROBE_INSIDE,
			.address = calls_address(function),
			.instructions = instructions},
		calls_address(function), expected);
}

/* --- within a function -----------------------------------------------------------------
 */

/* call pair; call *%rax; jne .+2; jmp *%rax; jmp open_file; jmp untyped; bnd ret; ret;
 * je pair */
static void put_all_kinds(struct world *world, enum calls_function function)
{
	static const uint8_t code[] = {0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xd0, 0x75,
		0x00, 0xff, 0xe0, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90,
		0x90, 0xf2, 0xc3, 0xc3, 0x0f, 0x84, 0, 0, 0, 0};
	uint64_t start = calls_address(function);
	uint32_t distance = (uint32_t)(calls_address(CALLS_PAIR) - start - 30);

	put_code(world, function, code, sizeof(code));
	put_branch(world, 0xe8, start, calls_address(CALLS_PAIR));
	put_branch(world, 0xe9, start + 11, calls_address(CALLS_OPEN_FILE));
	put_branch(world, 0xe9, start + 16, calls_address(CALLS_UNTYPED));
	calls_write(world->target, start + 26, &distance, 4);
}

static void test_inside(void **state)
{
	struct world world;

	(void)state;
	begin(&world, "calls:");
	put_all_kinds(&world, CALLS_TICK);
	check_inside(&world, CALLS_TICK, SONDE_INSIDE_CALLS, "0 0x5");
	check_inside(&world, CALLS_TICK, SONDE_INSIDE_RETURNS, "0x10 0x15 0x17");
	check_inside(&world, CALLS_TICK, SONDE_INSIDE_TAIL_CALLS, "0xb 0x18");
	check_inside(&world, CALLS_TICK, SONDE_INSIDE_JUMPS, "0x7 0x9");
	check_inside(&world, CALLS_TICK, SONDE_INSIDE_CALLS | SONDE_INSIDE_RETURNS,
		"0 0x5 0x10 0x15 0x17");
	end(&world);
}

/* bl pair; blr x0; cbz x0, .+8; b open_file; b untyped; br x1; ret; b.eq .+4 */
static void test_inside_on_arm(void **state)
{
	static const uint32_t code[] = {0xd503201f, 0xd63f0000, 0xb4000040, 0xd503201f,
		0xd503201f, 0xd61f0020, 0xd65f03c0, 0x54000020};
	struct world world;
	uint64_t start = calls_address(CALLS_TICK);

	(void)state;
	begin(&world, "calls:arm");
	put_code(&world, CALLS_TICK, (const uint8_t *)code, sizeof(code));
	put_word(&world, 0x94000000, start, calls_address(CALLS_PAIR));
	put_word(&world, 0x14000000, start + 12, calls_address(CALLS_OPEN_FILE));
	put_word(&world, 0x14000000, start + 16, calls_address(CALLS_UNTYPED));
	check_inside(&world, CALLS_TICK, SONDE_INSIDE_CALLS, "0 0x4");
	check_inside(&world, CALLS_TICK, SONDE_INSIDE_RETURNS, "0x10 0x18");
	check_inside(&world, CALLS_TICK, SONDE_INSIDE_TAIL_CALLS, "0xc");
	check_inside(&world, CALLS_TICK, SONDE_INSIDE_JUMPS, "0x8 0x14 0x1c");
	end(&world);
}

/* Decoded without capstone: c.jalr a5; ret; c.j .-10; ret as four bytes. */
static void test_inside_on_riscv(void **state)
{
	static const uint8_t code[] = {
		0x82, 0x97, 0x82, 0x80, 0xdd, 0xbf, 0x67, 0x80, 0, 0};
	struct world world;

	(void)state;
	begin(&world, "calls:riscv");
	put_code(&world, CALLS_TICK, code, sizeof(code));
	check_inside(&world, CALLS_TICK, SONDE_INSIDE_CALLS, "0");
	check_inside(&world, CALLS_TICK, SONDE_INSIDE_RETURNS, "0x2 0x6");
	check_inside(&world, CALLS_TICK, SONDE_INSIDE_JUMPS, "0x4");
	end(&world);
}

static struct sonde_error *say_returning(struct sonde_probe_hit *hit, void *user)
{
	struct world *world = user;
	struct sonde_value result;
	const char *name;

	check(sonde_probe_hit_result(hit, &result));
	say(world, "%d ", (int)result.integer);
	check_fails(sonde_probe_hit_argument(hit, 0, &name, &result),
		SONDE_ERROR_UNSUPPORTED);
	return world->result ? sonde_probe_hit_return(hit, world->result) : NULL;
}

/* The result is there, can be asked for in conditions, and be changed. */
static void test_result_where_it_returns(void **state)
{
	struct sonde_probe_options options = {.size = sizeof(options),
		.kind = SONDE_PROBE_INSIDE,
		.place = "open_file",
		.instructions = SONDE_INSIDE_RETURNS,
		.condition = "result < 0",
		.handler = say_returning};
	struct sonde_probe *returning;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	options.user = &world;
	put_code(&world, CALLS_OPEN_FILE, (const uint8_t[]){0x90, 0xc3, 0xc3}, 3);
	check(sonde_probe_create(world.probes, &options, &returning));
	assert_int_equal(sonde_probe_place_count(returning), 2);
	calls_set_register(world.target, 0, "rax", 0xfffffffe);
	play(&world, AT(0, CALLS_OPEN_FILE, 1));
	calls_set_register(world.target, 0, "rax", 7);
	play(&world, AT(0, CALLS_OPEN_FILE, 2));
	check_log(&world, "-2 ");
	assert_int_equal(sonde_probe_hits(returning), 1);
	calls_set_register(world.target, 0, "rax", 0xffffffff);
	world.result = 5;
	play(&world, AT(0, CALLS_OPEN_FILE, 2));
	check_log(&world, "-1 ");
	assert_int_equal(calls_register(world.target, 0, "rax"), 5);
	/* It returns by itself: it was stepped. */
	assert_int_equal(calls_register(world.target, 0, "rip"),
		calls_address(CALLS_OPEN_FILE) + 3);
	end(&world);
}

static void test_wrong_kinds(void **state)
{
	struct sonde_probe_options options = {
		.size = sizeof(options), .kind = SONDE_PROBE_INSIDE, .place = "tick"};
	struct sonde_probe *none;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	check_says(sonde_probe_create(world.probes, &options, &none), SONDE_ERROR_INVALID,
		"which kinds");
	put_code(&world, CALLS_TICK, (const uint8_t[]){0x90}, 1);
	options.instructions = SONDE_INSIDE_RETURNS;
	options.pending = true;
	check_says(sonde_probe_create(world.probes, &options, &none), SONDE_ERROR_INVALID,
		"no such instruction");
	options.kind = (enum sonde_probe_kind)(SONDE_PROBE_CALL_SITES + 1);
	check_says(sonde_probe_create(world.probes, &options, &none), SONDE_ERROR_INVALID,
		"no such kind");
	end(&world);
}

/* --- where a function is called --------------------------------------------------------
 */

static void check_call_sites(struct world *world, const char *place, const char *expected)
{
	check_places(world,
		(struct sonde_probe_options){
			.kind = SONDE_PROBE_CALL_SITES, .place = place},
		CALLS_CODE, expected);
}

/* Bytes in the middle of another instruction are no call, nor is one of another one. */
static void test_call_sites(void **state)
{
	/* movabs $0x.., %rax, in whose middle there will be a call. */
	static const uint8_t hidden[] = {0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 0xc3};
	struct sonde_probe_options options = {.size = sizeof(options),
		.kind = SONDE_PROBE_CALL_SITES,
		.place = "open_file"};
	struct sonde_probe *none;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	put_all_kinds(&world, CALLS_TICK);
	put_code(&world, CALLS_WIDE, hidden, sizeof(hidden));
	put_branch(
		&world, 0xe8, calls_address(CALLS_WIDE) + 4, calls_address(CALLS_PAIR));
	put_branch(
		&world, 0xe8, calls_address(CALLS_WIDE) + 11, calls_address(CALLS_PAIR));
	put_branch(
		&world, 0xe8, calls_address(CALLS_WIDE) + 16, calls_address(CALLS_WIDE));
	/* Of no function: nobody can say what it is. */
	put_branch(&world, 0xe8, CALLS_CODE + 0x2000, calls_address(CALLS_PAIR));
	check_call_sites(&world, "pair", "0x20b 0x300");
	check_call_sites(&world, "wide", "0x210");
	check_says(sonde_probe_create(world.probes, &options, &none), SONDE_ERROR_INVALID,
		"nothing calls it");
	end(&world);
}

static void test_call_sites_of_others(void **state)
{
	/* auipc ra, 0; jalr -0x208(ra), from 0x308 to 0x100 */
	static const uint8_t far[] = {0x97, 0, 0, 0, 0xe7, 0x80, 0x80, 0xdf};
	/* jal ra, -0x20e */
	static const uint8_t near[] = {0xef, 0xf0, 0x3f, 0xdf};
	struct world world;

	(void)state;
	begin(&world, "calls:arm");
	put_word(&world, 0x94000000, calls_address(CALLS_TICK) + 8,
		calls_address(CALLS_PAIR));
	put_word(&world, 0x14000000, calls_address(CALLS_TICK) + 12,
		calls_address(CALLS_PAIR));
	check_call_sites(&world, "pair", "0x308");
	end(&world);
	begin(&world, "calls:riscv");
	calls_write(world.target, calls_address(CALLS_TICK) + 8, far, sizeof(far));
	calls_write(world.target, calls_address(CALLS_TICK) + 16, near, sizeof(near));
	check_call_sites(&world, "pair", "0x30c");
	check_call_sites(&world, "pair+2", "0x310");
	end(&world);
}

/* What was found before the first that cannot be set is taken out again. */
static void test_all_or_none(void **state)
{
	struct sonde_probe_options options = {.size = sizeof(options),
		.kind = SONDE_PROBE_INSTRUCTION,
		.address = CALLS_CODE};
	struct sonde_probe *many, *probe;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	put_all_kinds(&world, CALLS_TICK);
	check(sonde_probe_create(world.probes, &options, &many));
	options.kind = SONDE_PROBE_INSIDE;
	options.instructions = SONDE_INSIDE_TAIL_CALLS;
	options.address = calls_address(CALLS_TICK);
	check(sonde_probe_create(world.probes, &options, &probe));
	for (unsigned i = 1; i < CALLS_TRAPS - 4; i++)
		check(sonde_probe_add_place(many, NULL, CALLS_DATA + i));
	assert_int_equal(calls_traps(world.target), CALLS_TRAPS - 2);
	put_all_kinds(&world, CALLS_WIDE);
	put_branch(
		&world, 0xe9, calls_address(CALLS_WIDE) + 24, calls_address(CALLS_PAIR));
	put_branch(
		&world, 0xe9, calls_address(CALLS_WIDE) + 29, calls_address(CALLS_PAIR));
	check_fails(sonde_probe_add_place(probe, NULL, calls_address(CALLS_WIDE)),
		SONDE_ERROR_PROTOCOL);
	assert_int_equal(sonde_probe_place_count(probe), 2);
	assert_int_equal(calls_traps(world.target), CALLS_TRAPS - 2);
	end(&world);
}

static struct sonde_error *say_called(struct sonde_probe_hit *hit, void *user)
{
	struct sonde_value value, element;
	const char *name;

	check(sonde_probe_hit_argument(hit, 0, &name, &value));
	check(sonde_value_member(&value, "elements", &element));
	check(sonde_value_part(&element, 2, &element));
	say((struct world *)user, "%s=%d ", name, (int)element.integer);
	check(sonde_probe_hit_argument(hit, 2, &name, &value));
	say((struct world *)user, "%s=%d ", name, (int)value.integer);
	check_fails(sonde_probe_hit_return(hit, 0), SONDE_ERROR_INVALID);
	return NULL;
}

/* Arguments are those of who is about to be called; nothing was pushed yet. */
static void test_arguments_of_a_call(void **state)
{
	static const uint64_t by_value[] = {70, 71, 72};
	struct world world;

	(void)state;
	begin(&world, "calls:");
	put_code(&world, CALLS_TICK, (const uint8_t[]){0xc3}, 1);
	put_branch(&world, 0xe8, calls_address(CALLS_TICK), calls_address(CALLS_WIDE));
	calls_write(world.target, calls_register(world.target, 0, "rsp"), by_value,
		sizeof(by_value));
	calls_set_register(world.target, 0, "rsi", 11);
	probe(&world, SONDE_PROBE_CALL_SITES, "wide", say_called);
	play(&world, AT(0, CALLS_TICK, 0));
	check_log(&world, "by_value=72 b=11 ");
	end(&world);
}

/* --- lines, and names that several have ------------------------------------------------
 */

static struct sonde_error *say_address(struct sonde_probe_hit *hit, void *user)
{
	say((struct world *)user, "%#llx ",
		(unsigned long long)(sonde_probe_hit_address(hit) - CALLS_CODE));
	return NULL;
}

static void test_lines(void **state)
{
	struct sonde_probe_options options = {
		.size = sizeof(options), .place = "fs/file.c:13", .pending = true};
	struct sonde_probe *both, *none;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	both = probe(&world, SONDE_PROBE_INSTRUCTION, "fs/file.c:12", say_address);
	assert_int_equal(sonde_probe_place_count(both), 2);
	play(&world, AT(0, CALLS_PAIR, 16), AT(1, CALLS_TICK, 0), AT(0, CALLS_PAIR, 0));
	check_log(&world, "0x110 0x300 ");
	assert_int_equal(sonde_probe_hits(both), 2);
	/* Lines do not come with modules. */
	check_says(sonde_probe_create(world.probes, &options, &none),
		SONDE_ERROR_NOT_FOUND, "no code there");
	options.place = "fs/file.c:0";
	check_says(sonde_probe_create(world.probes, &options, &none), SONDE_ERROR_INVALID,
		"from 1");
	end(&world);
}

static void test_several_symbols(void **state)
{
	struct sonde_probe_options options = {
		.size = sizeof(options), .kind = SONDE_PROBE_ENTRY, .place = "tick"};
	struct sonde_probe *several;
	struct world world;

	(void)state;
	begin(&world, "calls:");
	options.handler = say_address;
	options.user = &world;
	calls_add_name(world.target, CALLS_TICK, CALLS_WIDE);
	check_says(sonde_probe_create(world.probes, &options, &several),
		SONDE_ERROR_INVALID,
		"2 symbols are called so: 0xffffffff81000300, 0xffffffff81000200 [ext4]");
	assert_int_equal(calls_traps(world.target), 0);
	options.all = true;
	check(sonde_probe_create(world.probes, &options, &several));
	assert_int_equal(sonde_probe_place_count(several), 2);
	play(&world, CALL(0, CALLS_TICK), CALL(1, CALLS_WIDE));
	check_log(&world, "0x300 0x200 ");
	end(&world);
}

/* --- watched memory --------------------------------------------------------------------
 */

static struct sonde_error *say_values(struct sonde_probe_hit *hit, void *user)
{
	struct sonde_value before, now, old, new;
	bool has_before, has_now;

	check(sonde_probe_hit_change_values(
		hit, NULL, &has_before, &before, &has_now, &now));
	assert_true(has_before && has_now);
	for (unsigned i = 0; i < 2; i++) {
		check(sonde_value_member(&before, i ? "b" : "a", &old));
		check(sonde_value_member(&now, i ? "b" : "a", &new));
		say((struct world *)user, "%d>%d ", (int)old.integer, (int)new.integer);
	}
	return NULL;
}

static struct sonde_error *say_no_values(struct sonde_probe_hit *hit, void *user)
{
	struct sonde_value before, now;
	bool has_before, has_now;

	(void)user;
	check_fails(sonde_probe_hit_change_values(
			    hit, NULL, &has_before, &before, &has_now, &now),
		SONDE_ERROR_INVALID);
	return NULL;
}

/* What was there before is read as what it was, though it is another thing now. */
static void test_watched_values(void **state)
{
	static const uint64_t pair[] = {1, 2};
	struct world world;
	char place[48];

	(void)state;
	begin(&world, "calls:");
	calls_write(world.target, CALLS_DATA, pair, sizeof(pair));
	snprintf(place, sizeof(place), "*(struct pair *)0x%llx",
		(unsigned long long)CALLS_DATA);
	probe(&world, SONDE_PROBE_WATCH_WRITE, place, say_values);
	play(&world, WRITE(3), WRITE(5));
	check_log(&world, "1>3 2>2 3>5 2>2 ");
	end(&world);
	begin(&world, "calls:");
	snprintf(place, sizeof(place), "0x%llx", (unsigned long long)CALLS_DATA);
	probe(&world, SONDE_PROBE_WATCH_WRITE, place, say_no_values);
	play(&world, WRITE(3));
	end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_inside_on_arm),
		cmocka_unit_test(test_inside_on_riscv),
		cmocka_unit_test(test_result_where_it_returns),
		cmocka_unit_test(test_wrong_kinds),
		cmocka_unit_test(test_call_sites),
		cmocka_unit_test(test_call_sites_of_others),
		cmocka_unit_test(test_all_or_none),
		cmocka_unit_test(test_arguments_of_a_call),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_several_symbols),
		cmocka_unit_test(test_watched_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
