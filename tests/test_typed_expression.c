/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Expressions on a target with types (typed_world.c): what they are and what they are
 * worth, as it is printed; what they change; and what is wrong with others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "typed_world.h"

struct value_case {
	const char *text, *type, *value;
};

static void name_address(void *context, uint64_t address, char *ret, size_t bytes)
{
	(void)context;
	if (address == WORLD_BASE + WORLD_SCHEDULE)
		snprintf(ret, bytes, "schedule");
}

static char *format(const struct sonde_value *value, unsigned depth)
{
	struct sonde_value_format how = {
		.size = sizeof(how), .depth = depth, .name_address = name_address};
	char *text = NULL;

	assert_null(sonde_value_format(value, &how, &text));
	assert_non_null(text);
	return text;
}

static struct sonde_error *evaluate(
	const char *text, bool assignment, struct sonde_value *ret)
{
	struct sonde_expression *expression = NULL;
	struct sonde_error *error =
		assignment ? sonde_expression_create_assignment(text, &expression)
			   : sonde_expression_create(text, &expression);

	if (error)
		return error;
	error = sonde_expression_evaluate(expression, &world_target, &world_thread, ret);
	sonde_expression_destroy(expression);
	return error;
}

static void check_value(
	const char *text, bool assignment, const char *type, const char *expected)
{
	struct sonde_value value = {.integer = 0};
	struct sonde_error *error = evaluate(text, assignment, &value);
	char name[SONDE_TYPE_NAME_BYTES];
	char *formatted;

	if (error)
		fail_msg("%s: %s: %s", text, sonde_error_what(error),
			sonde_error_why(error));
	sonde_type_declare(value.type, "", name, sizeof(name));
	formatted = format(&value, 0);
	if (strcmp(name, type) != 0 || strcmp(formatted, expected) != 0)
		fail_msg("%s: expected (%s) %s, is (%s) %s", text, type, expected, name,
			formatted);
	free(formatted);
}

static void check_values(const struct value_case *tests, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_value(tests[i].text, false, tests[i].type, tests[i].value);
}

struct error_case {
	const char *text;
	enum sonde_error_kind kind;
	/** Part of "WHAT: WHY (HINT)". */
	const char *message;
};

static void check_errors(const struct error_case *tests, size_t count, bool assignment)
{
	for (size_t i = 0; i < count; i++) {
		struct sonde_value value = {.integer = 4711};
		struct sonde_error *error = evaluate(tests[i].text, assignment, &value);
		char message[700];

		if (!error)
			fail_msg("%s: no error", tests[i].text);
		snprintf(message, sizeof(message), "%s: %s (%s)", sonde_error_what(error),
			sonde_error_why(error),
			sonde_error_hint(error) ? sonde_error_hint(error) : "");
		if (sonde_error_kind(error) != tests[i].kind ||
			!strstr(message, tests[i].message))
			fail_msg("%s: expected %s, is %s: %s", tests[i].text,
				tests[i].message,
				sonde_error_kind_name(sonde_error_kind(error)), message);
		assert_int_equal(value.integer, 4711);
		sonde_error_destroy(error);
	}
}

static int begin(void **state)
{
	(void)state;
	world_begin();
	return 0;
}

static int end(void **state)
{
	(void)state;
	world_end();
	return 0;
}

static void test_members(void **state)
{
	static const struct value_case tests[] = {
		{"init_task.__state", "unsigned int", "0"},
		{"init_task.pid", "pid_t", "-7"},
		{"init_task.comm", "char [16]", "\"swapper\""},
		{"init_task.mm", "struct mm *", "0x0"},
		{"init_task.both", "unsigned long", "1234605616436508552"},
		{"init_task.low", "int", "1432778632"},
		{"init_task.high", "int", "287454020"},
		{"init_task.busy", "unsigned int", "1"},
		{"init_task.mode", "unsigned int", "22"},
		{"init_task.delta", "int", "-3"},
		{"init_task.kind", "enum state", "RUNNING"},
		{"init_task.flag", "_Bool", "true"},
		{"init_task.raw", "unsigned char [4]", "{65 'A', 66 'B', 3, 4}"},
		{"init_task.parent", "struct task *", "0xffff888000010100"},
		{"init_task.name", "const char *",
			"0xffff8880000104c0 \"a \\\"text\\\"\\n\""},
		{"init_task.run", "int (*)(struct task *task)",
			"0xffff8880000105c0 <schedule>"},
		{"init_task.usage", "atomic_t", "{\n\t.counter = 1,\n}"},
		{"init_task.usage.counter", "int", "1"},
		{"init_task.tail", "int [0]", "{}"},
		{"init_task.tasks", "struct list_head",
			"{\n\t.next = 0xffff888000010208,\n\t.prev = "
			"0xffff888000010308,\n}"},
		{"init_task.tasks.next", "struct list_head *", "0xffff888000010208"},
		{"init_task.tasks.next->next->prev", "struct list_head *",
			"0xffff888000010208"},
		{"init_task.parent->pid", "pid_t", "-7"},
		{"init_task.parent->parent->comm", "char [16]", "\"swapper\""},
		{"(&init_task)->pid", "pid_t", "-7"},
		{"(*&init_task).pid", "pid_t", "-7"},
		{"(*init_task.parent).pid", "pid_t", "-7"},
		{"((struct task *)$rdi)->comm", "char [16]", "\"swapper\""},
		{"((struct task *)$rdi + 1) - (struct task *)$rdi", "long", "1"},
		{"((struct task *)($rdi + 256))->kind", "enum state", "DEAD"},
		{"((struct task *)($rdi + 512))->kind", "enum state", "4711"},
		{"((struct task *)($rdi + 512))->comm", "char [16]",
			"\"0123456789abcdef\""},
		{"&init_task.pid", "pid_t *", "0xffff888000010104"},
		{"*&init_task.pid", "pid_t", "-7"},
		{"&init_task.comm", "char (*)[16]", "0xffff888000010118"},
		{"*&init_task.comm", "char [16]", "\"swapper\""},
		{"&init_task", "struct task *", "0xffff888000010100"},
		{"&init_task.tasks.prev", "struct list_head **", "0xffff888000010110"},
	};

	(void)state;
	check_values(tests, ARRAY_SIZE(tests));
}

static void test_arrays(void **state)
{
	static const struct value_case tests[] = {
		{"numbers", "int [8]", "{0, 1, 4, 9, 16, 25, 36, 49}"},
		{"numbers[3]", "int", "9"},
		{"3[numbers]", "int", "9"},
		{"*numbers", "int", "0"},
		{"*(numbers + 2)", "int", "4"},
		{"numbers + 2", "int *", "0xffff888000010488"},
		{"&numbers[2]", "int *", "0xffff888000010488"},
		{"&numbers[5] - &numbers[2]", "long", "3"},
		{"&numbers[5] - numbers", "long", "5"},
		{"&numbers", "int (*)[8]", "0xffff888000010480"},
		{"numbers[2:5]", "int [3]", "{4, 9, 16}"},
		{"numbers[:2]", "int [2]", "{0, 1}"},
		{"numbers[6:]", "int [2]", "{36, 49}"},
		{"numbers[:]", "int [8]", "{0, 1, 4, 9, 16, 25, 36, 49}"},
		{"numbers[2:5][1]", "int", "9"},
		{"numbers[2:6][1:3]", "int [2]", "{9, 16}"},
		{"sizeof(numbers[2:5])", "unsigned long", "12"},
		{"(numbers + 4)[0:2]", "int [2]", "{16, 25}"},
		{"(&numbers[4])[-1:1]", "int [2]", "{9, 16}"},
		{"numbers[1 ? 2 : 3:4]", "int [2]", "{4, 9}"},
		{"init_task.table", "int [4]", "{0, 1, 2, 3}"},
		{"task(2).table[3]", "int", "103"},
		{"init_task.grid", "short [2][3]", "{{-5, 5, 15}, {25, 35, 45}}"},
		{"init_task.grid[1]", "short [3]", "{25, 35, 45}"},
		{"init_task.grid[1][2]", "short", "45"},
		{"init_task.grid[1][1:3]", "short [2]", "{35, 45}"},
		{"init_task.grid[0:1]", "short [1][3]", "{{-5, 5, 15}}"},
		{"*init_task.grid[1]", "short", "25"},
		{"init_task.comm[1]", "char", "119 'w'"},
		{"init_task.comm[0:3]", "char [3]", "\"swa\""},
		{"message", "char *", "0xffff8880000104c0 \"a \\\"text\\\"\\n\""},
		{"message[2:4]", "char [2]", "\"\\\"t\""},
		{"*message", "char", "97 'a'"},
		{"init_task.raw[0] + 1", "int", "66"},
		{"numbers == &numbers[0]", "int", "1"},
		{"!numbers", "int", "0"},
	};

	(void)state;
	check_values(tests, ARRAY_SIZE(tests));
}

static void test_types(void **state)
{
	static const struct value_case tests[] = {
		{"sizeof(struct task)", "unsigned long", "176"},
		{"sizeof(struct task *)", "unsigned long", "8"},
		{"sizeof init_task", "unsigned long", "176"},
		{"sizeof(init_task.comm)", "unsigned long", "16"},
		{"sizeof(pid_t)", "unsigned long", "4"},
		{"sizeof(pid_t *)", "unsigned long", "8"},
		{"sizeof(enum state)", "unsigned long", "4"},
		{"sizeof(atomic_t)", "unsigned long", "4"},
		{"sizeof(init_task.parent->table[2])", "unsigned long", "4"},
		{"sizeof numbers / sizeof *numbers", "unsigned long", "8"},
		{"sizeof wide", "unsigned long", "16"},
		{"sizeof(nowhere.pid)", "unsigned long", "4"},
		{"sizeof(list(&init_task.tasks, struct task, tasks).pid)",
			"unsigned long", "4"},
		{"(pid_t)300", "pid_t", "300"},
		{"(pid_t)(-1)", "pid_t", "-1"},
		{"(pid_t)~0", "pid_t", "-1"},
		{"(pid_t)0xffffffff + 1", "int", "0"},
		{"(enum state)1", "enum state", "SLEEPING"},
		{"(enum state)-1", "enum state", "DEAD"},
		{"(enum state)7", "enum state", "7"},
		{"(enum color)20", "enum color", "GREEN"},
		{"(unsigned char)init_task.low", "unsigned char", "136"},
		{"(const struct task *)1", "struct task *", "0x1"},
		{"(struct secret *)16", "struct secret *", "0x10"},
		{"(struct task *)0 + 2", "struct task *", "0x160"},
		{"(pid_t *)0 + 2", "pid_t *", "0x8"},
		{"(unsigned long)init_task.parent", "unsigned long",
			"18446612682070098176"},
		{"DEAD", "enum state", "DEAD"},
		{"DEAD + 1", "int", "0"},
		{"GREEN", "enum color", "GREEN"},
		{"GREEN * 2", "unsigned int", "40"},
		{"init_task.kind == RUNNING", "int", "1"},
		{"task(2).kind == DEAD", "int", "1"},
		{"task(2).kind < 0", "int", "1"},
		{"offsetof(struct task, comm)", "unsigned long", "24"},
		{"offsetof(struct task, tasks.prev)", "unsigned long", "16"},
		{"offsetof(struct task, high)", "unsigned long", "52"},
		{"offsetof(atomic_t, counter)", "unsigned long", "0"},
		{"container_of(&init_task.tasks, struct task, tasks)", "struct task *",
			"0xffff888000010100"},
		{"container_of(init_task.tasks.next, struct task, tasks)->comm",
			"char [16]", "\"init\""},
		{"container_of(&init_task.tasks.prev, struct task, tasks.prev)->pid",
			"pid_t", "-7"},
		{"container_of(0xffff888000010104, struct task, pid)->comm", "char [16]",
			"\"swapper\""},
		{"schedule", "int (struct task *task)", "0xffff8880000105c0 <schedule>"},
		{"&schedule", "int (*)(struct task *task)",
			"0xffff8880000105c0 <schedule>"},
		{"init_task.run == schedule", "int", "1"},
		{"*init_task.run == schedule", "int", "1"},
		{"(unsigned long)schedule & 0xfff", "unsigned long", "1472"},
		{"(unsigned long)jiffies", "unsigned long", "4886718345"},
		{"(unsigned int)jiffies", "unsigned int", "591751049"},
		{"*(unsigned long *)&jiffies", "unsigned long", "4886718345"},
		{"&jiffies", "void *", "0xffff8880000105a0"},
		{"((struct mm)jiffies).pgd", "unsigned long", "4886718345"},
	};

	(void)state;
	check_values(tests, ARRAY_SIZE(tests));
}

static void test_computing(void **state)
{
	static const struct value_case tests[] = {
		{"init_task.pid + 1", "int", "-6"},
		{"-init_task.pid", "int", "7"},
		{"init_task.__state - 1", "unsigned int", "4294967295"},
		{"init_task.pid * init_task.mode", "int", "-154"},
		{"init_task.mode + 10", "int", "32"},
		{"init_task.delta - 1", "int", "-4"},
		{"init_task.delta < 0", "int", "1"},
		{"~init_task.busy & 3", "int", "2"},
		{"init_task.grid[0][0] * 2", "int", "-10"},
		{"init_task.flag + init_task.flag", "int", "2"},
		{"init_task.both >> 32 == init_task.high", "int", "1"},
		{"init_task.mm ? init_task.mm->pgd : 0", "unsigned long", "0"},
		{"task(2).mm ? task(2).mm->pgd : 0", "unsigned long", "233492480"},
		{"init_task.mm && init_task.mm->pgd", "int", "0"},
		{"task(2).mm && task(2).mm->pgd", "int", "1"},
		{"!init_task.mm", "int", "1"},
		{"task(2).mm == task(3).mm", "int", "1"},
		{"init_task.comm == \"swapper\"", "int", "1"},
		{"init_task.comm != \"init\"", "int", "1"},
		{"task(2).comm == \"init\"", "int", "1"},
		{"message == \"a \\\"text\\\"\\n\"", "int", "1"},
		{"task(2).pid", "pid_t", "1"},
		{"task(1 + 1).parent->pid", "pid_t", "-7"},
		{"next(41)", "int", "42"},
		{"next(init_task.pid) * 2", "int", "-12"},
		{"task(next(1)).comm", "char [16]", "\"init\""},
		{"per_cpu(runqueues, 0).nr_running", "unsigned int", "5"},
		{"per_cpu(runqueues, 1).nr_running", "unsigned int", "6"},
		{"per_cpu(runqueues, cpu).curr->comm", "char [16]", "\"init\""},
		{"per_cpu(runqueues, 0).nr_running + per_cpu(runqueues, 1).nr_running",
			"unsigned int", "11"},
		{"&per_cpu(runqueues, 1)", "struct rq *", "0xffff888000010450"},
		{"cpu", "unsigned int", "1"},
		{"$rdi == &init_task", "int", "1"},
	};

	(void)state;
	check_values(tests, ARRAY_SIZE(tests));
}

static void test_list_elements(void **state)
{
	static const struct value_case tests[] = {
		{"list(&init_task.tasks, struct task, tasks)[0].comm", "char [16]",
			"\"init\""},
		{"list(&init_task.tasks, struct task, tasks)[1].pid", "pid_t", "2"},
		{"list(init_task.tasks, struct task, tasks).pid[1]", "pid_t", "2"},
		{"list(init_task.tasks.next, struct task, tasks)[1].comm", "char [16]",
			"\"swapper\""},
		{"list(&init_task.tasks, struct task, tasks).mm->pgd[0]", "unsigned long",
			"233492480"},
		{"&list(&init_task.tasks, struct task, tasks)[0]", "struct task *",
			"0xffff888000010200"},
		{"list(&init_task.tasks, struct task, tasks).table[1][2]", "int", "202"},
	};

	(void)state;
	/* An index behind a member picks of the list, and not of what the member is. */
	check_values(tests, ARRAY_SIZE(tests));
}

static void check_list(
	const char *text, const char *const *expected, size_t expected_count)
{
	struct sonde_expression *expression;
	struct sonde_value *values = NULL;
	struct sonde_error *error;
	bool is_list = false;
	size_t count = 0;

	assert_null(sonde_expression_create(text, &expression));
	error = sonde_expression_evaluate_all(
		expression, &world_target, NULL, &is_list, &values, &count);
	if (error)
		fail_msg("%s: %s", text, sonde_error_why(error));
	assert_true(is_list);
	if (count != expected_count)
		fail_msg("%s: %zu elements", text, count);
	for (size_t i = 0; i < count; i++) {
		char *got = format(&values[i], 0);

		assert_string_equal(got, expected[i]);
		free(got);
	}
	free(values);
	sonde_expression_destroy(expression);
}

static void test_lists(void **state)
{
	static const struct {
		const char *text, *values[4];
	} tests[] = {
		{"list(&init_task.tasks, struct task, tasks).comm",
			{"\"init\"", "\"0123456789abcdef\""}},
		{"list(&init_task.tasks, struct task, tasks).pid", {"1", "2"}},
		{"list(&init_task.tasks, struct task, tasks).delta", {"-3", "-3"}},
		{"list(&init_task.tasks, struct task, tasks).mm->users.counter",
			{"3", "3"}},
		{"list(&init_task.tasks, struct task, tasks).parent->comm",
			{"\"swapper\"", "\"swapper\""}},
		{"list(&init_task.tasks, struct task, tasks)[1:2].pid", {"2"}},
		{"list(&init_task.tasks, struct task, tasks)[:1].pid", {"1"}},
		{"list(&init_task.tasks, struct task, tasks).usage.counter", {"2", "3"}},
		{"list(&empty, struct task, tasks).comm", {NULL}},
		{"hlist(&hash[0], struct task, hash).pid", {"-7", "2"}},
		{"hlist(&hash[1], struct task, hash).pid", {NULL}},
		{"rbtree(&tree, struct task, node).pid", {"2", "1", "-7"}},
		{"rbtree(&plain_tree, struct task, node).comm",
			{"\"0123456789abcdef\"", "\"init\"", "\"swapper\""}},
		{"list(&task(2).tasks, struct task, tasks).pid", {"2", "-7"}},
		{"xarray(&xarray, struct task).pid", {"-7", "2", "1"}},
		{"maple(&maple, struct task).pid", {"-7", "1", "2"}},
		{"maple(maple, struct task)[1:3].comm",
			{"\"init\"", "\"0123456789abcdef\""}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		size_t count = 0;

		while (tests[i].values[count])
			count++;
		check_list(tests[i].text, tests[i].values, count);
	}
}

static const struct error_case mistakes[] = {
	{"init_tusk.comm", SONDE_ERROR_NOT_FOUND,
		"column 1: no symbol is called 'init_tusk' at the kernel level "
		"(did you mean 'init_task'?)"},
	{"init_task.com", SONDE_ERROR_NOT_FOUND,
		"column 11: struct task has no member 'com' (did you mean "
		"'comm'?)"},
	{"1 + init_task.parent->pidd", SONDE_ERROR_NOT_FOUND,
		"column 23: struct task has no member 'pidd' (did you mean "
		"'pid'?)"},
	{"init_task->comm", SONDE_ERROR_INVALID,
		"column 12: struct task is no pointer (did you mean '.comm'?)"},
	{"init_task.parent.comm", SONDE_ERROR_INVALID,
		"column 18: struct task * is a pointer (did you mean '->comm'?)"},
	{"numbers.x", SONDE_ERROR_INVALID, "int [8] is a pointer"},
	{"init_task.pid.x", SONDE_ERROR_INVALID, "pid_t has no members"},
	{"(struct tusk *)1", SONDE_ERROR_NOT_FOUND,
		"column 2: no type is called 'struct tusk' at the kernel level "
		"(did you mean 'struct task'?)"},
	{"(struct pid_t)1", SONDE_ERROR_NOT_FOUND, "did you mean 'pid_t'?"},
	{"(task *)1", SONDE_ERROR_NOT_FOUND, "did you mean 'struct task'?"},
	{"(pid_t) - 1", SONDE_ERROR_INVALID,
		"'pid_t' is a type, which '-' cannot combine (a cast is written "
		"(pid_t)(..))"},
	{"pid_t", SONDE_ERROR_NOT_FOUND, "('pid_t' is a type, and no variable)"},
	{"rdi", SONDE_ERROR_NOT_FOUND, "the register is written $rdi"},
	{"jiffies + 1", SONDE_ERROR_INVALID,
		"column 1: the type of 'jiffies' is not known (say what it is: "
		"(unsigned long)jiffies; or --symbols FILE, if its vmlinux has "
		"DWARF)"},
	{"jiffies.x", SONDE_ERROR_INVALID, "the type of 'jiffies' is not known"},
	{"sizeof jiffies", SONDE_ERROR_INVALID, "is not known"},
	{"runqueues", SONDE_ERROR_INVALID,
		"each CPU has its own 'runqueues' (per_cpu(runqueues, 0) is that "
		"of CPU 0)"},
	{"runqueues.nr_running", SONDE_ERROR_INVALID, "each CPU has its own"},
	{"&runqueues", SONDE_ERROR_INVALID, "each CPU has its own"},
	{"per_cpu(runqueues, 7)", SONDE_ERROR_NOT_FOUND, "there is no CPU 7"},
	{"per_cpu(runqueues)", SONDE_ERROR_INVALID, "per_cpu() takes 2"},
	{"per_cpu(5, 0)", SONDE_ERROR_INVALID, "int is no pointer"},
	{"init_task + 1", SONDE_ERROR_INVALID,
		"struct task is neither a number nor a pointer"},
	{"init_task == init_task", SONDE_ERROR_INVALID, "neither a number"},
	{"!init_task", SONDE_ERROR_INVALID, "neither a number"},
	{"init_task && 1", SONDE_ERROR_INVALID, "neither a number"},
	{"1 ? init_task : 0", SONDE_ERROR_INVALID, "neither a number"},
	{"(int)init_task", SONDE_ERROR_INVALID, "neither a number"},
	{"(struct task)1", SONDE_ERROR_INVALID,
		"nothing can be cast to struct task (a pointer to it can"},
	{"wide + 1", SONDE_ERROR_UNSUPPORTED, "__int128 has 16 bytes"},
	{"&init_task.mode", SONDE_ERROR_INVALID, "a bit-field has no address"},
	{"sizeof(init_task.mode)", SONDE_ERROR_INVALID, "a bit-field has no"},
	{"offsetof(struct task, mode)", SONDE_ERROR_INVALID, "a bit-field has"},
	{"offsetof(struct task, tasks.nxt)", SONDE_ERROR_NOT_FOUND,
		"column 29: struct list_head has no member 'nxt'"},
	{"offsetof(struct task, 5)", SONDE_ERROR_INVALID,
		"the name of a member is needed"},
	{"offsetof(5, pid)", SONDE_ERROR_INVALID, "the name of a type is needed"},
	{"container_of(1, struct task)", SONDE_ERROR_INVALID, "takes 3"},
	{"((struct secret *)16)->x", SONDE_ERROR_NOT_FOUND,
		"the members of struct secret are not known"},
	{"((struct secret *)16)[1]", SONDE_ERROR_INVALID, "has no size"},
	{"init_task.mm->pgd", SONDE_ERROR_FAULT, "reading *(unsigned long *)0x0"},
	{"nowhere.pid", SONDE_ERROR_FAULT, "reading *(pid_t *)0xffff888010010004"},
	{"nowhere.busy", SONDE_ERROR_FAULT, "reading *(unsigned int *)0xffff"},
	{"task(9).comm", SONDE_ERROR_NOT_FOUND, "column 1: no such task"},
	{"tusk(1)", SONDE_ERROR_NOT_FOUND, "no function is called 'tusk'"},
	{"numbers[5:2]", SONDE_ERROR_INVALID, "from 5 to 2 there are no elements"},
	{"numbers[5:5]", SONDE_ERROR_INVALID, "there are no elements"},
	{"message[2:]", SONDE_ERROR_INVALID, "only the end of an array can be"},
	{"numbers[0:99999999]", SONDE_ERROR_INVALID, "or too many"},
	{"&numbers[1:3]", SONDE_ERROR_INVALID, "has no pointer to it"},
	{"struct task", SONDE_ERROR_INVALID, "expected an operand"},
	{"next(struct task)", SONDE_ERROR_INVALID, "a type stands where"},
	{"list(&init_task.tasks, struct task, tasks)", SONDE_ERROR_INVALID,
		"a list of 2 elements, and no single value ([0] is"},
	{"list(&init_task.tasks, struct task, tasks).pid + 1", SONDE_ERROR_INVALID,
		"this is a list of 2 elements"},
	{"list(&init_task.tasks, struct task, tasks)[2]", SONDE_ERROR_NOT_FOUND,
		"the list has 2 elements"},
	{"list(&init_task.tasks, struct task, tasks)[1:3].pid", SONDE_ERROR_NOT_FOUND,
		"the list has 2 elements"},
	{"list(&init_task.tasks, struct task, tusks)", SONDE_ERROR_NOT_FOUND,
		"did you mean 'tasks'?"},
	{"list(&init_task.tasks, struct task, tasks).cmm", SONDE_ERROR_NOT_FOUND,
		"did you mean 'comm'?"},
	{"list(&empty, struct task, tasks).cmm", SONDE_ERROR_NOT_FOUND,
		"did you mean 'comm'?"},
	{"list(&init_task, struct task, tasks)", SONDE_ERROR_INVALID,
		"column 6: list() goes along a struct list_head, this is a "
		"struct "
		"task"},
	{"list(5, struct task, tasks)", SONDE_ERROR_INVALID, "int is no pointer"},
	{"list(&init_task.tasks)", SONDE_ERROR_INVALID, "list() takes 3"},
	{"list(&circle, struct task, tasks)", SONDE_ERROR_BAD_DATA,
		"the list runs in a circle behind"},
	{"list(&broken, struct task, tasks)", SONDE_ERROR_BAD_DATA,
		"the list breaks off behind 0 elements"},
	{"list(&nowhere.tasks, struct task, tasks)", SONDE_ERROR_FAULT,
		"following list() behind 0 elements"},
	{"xarray(&maple, struct task)", SONDE_ERROR_INVALID,
		"xarray() goes along a struct xarray, this is a struct "
		"maple_tree"},
	{"xarray(&xarray, struct task, pid)", SONDE_ERROR_INVALID,
		"xarray() takes 2 arguments"},
	{"maple(&nowhere, struct task)", SONDE_ERROR_INVALID, "this is a struct"},
	{"init_task.pid = 3", SONDE_ERROR_INVALID,
		"an expression cannot change anything"},
};

static void test_errors(void **state)
{
	(void)state;
	check_errors(mistakes, ARRAY_SIZE(mistakes), false);
}

/* Nodes that lead back to themselves. */
static void test_tree_cycles(void **state)
{
	static const struct error_case tests[] = {
		{"xarray(&xarray, struct task)", SONDE_ERROR_BAD_DATA,
			"the tree is higher than a tree can be"},
		{"maple(&maple, struct task)", SONDE_ERROR_BAD_DATA,
			"the tree is higher than a tree can be"},
		{"rbtree(&tree, struct task, node)", SONDE_ERROR_BAD_DATA,
			"the tree is higher than a tree can be"},
	};
	uint64_t node = WORLD_BASE + WORLD_NODES + 2,
		 maple = WORLD_BASE + WORLD_NODES + 0x100 + (3 << 3);
	uint64_t left = WORLD_BASE + WORLD_TASKS + WORLD_TASK_BYTES + 136;

	(void)state;
	memcpy(world_memory.bytes + WORLD_NODES + 8, &node, 8);
	memcpy(world_memory.bytes + WORLD_NODES + 0x100 + 24, &maple, 8);
	memcpy(world_memory.bytes + WORLD_TASKS + WORLD_TASK_BYTES + 136 + 16, &left, 8);
	check_errors(tests, ARRAY_SIZE(tests), false);
	/* Wide and flat: each child is asked for its own four. */
	node -= 2;
	for (unsigned i = 0; i < 4; i++)
		memcpy(world_memory.bytes + WORLD_NODES + 0x40 + 8 + 8 * i, &node, 8);
	for (unsigned i = 0; i < 4; i++) {
		uint64_t wide = WORLD_BASE + WORLD_NODES + 0x40 + 2;

		memcpy(world_memory.bytes + WORLD_NODES + 8 + 8 * i, &wide, 8);
	}
	struct sonde_value value;
	struct sonde_error *error =
		evaluate("xarray(&xarray, struct task)[15].pid", false, &value);
	assert_null(error);
}

static void test_untyped(void **state)
{
	struct sonde_value value;

	(void)state;
	assert_null(evaluate("jiffies", false, &value));
	assert_int_equal(sonde_type_kind(value.type), SONDE_TYPE_VOID);
	assert_int_equal(value.integer, WORLD_BASE + WORLD_JIFFIES);
	assert_int_equal(value.bytes, 0);
	/* What has parts or is code is worth its address: read, disasm take it. */
	assert_null(evaluate("init_task", false, &value));
	assert_int_equal(value.integer, WORLD_BASE + WORLD_TASKS);
	assert_int_equal(value.bytes, 176);
	assert_null(evaluate("schedule", false, &value));
	assert_int_equal(value.integer, WORLD_BASE + WORLD_SCHEDULE);
	assert_null(evaluate("numbers", false, &value));
	assert_int_equal(value.integer, WORLD_BASE + WORLD_NUMBERS);
}

/* What C does not execute is not read. */
static void test_not_executed(void **state)
{
	static const struct value_case tests[] = {
		{"0 && nowhere.pid", "int", "0"},
		{"1 || nowhere.parent->pid", "int", "1"},
		{"1 ? 2 : nowhere.pid", "int", "2"},
		{"0 && list(&nowhere.tasks, struct task, tasks)[3].pid", "int", "0"},
		{"0 && list(&nowhere.tasks, struct task, tasks)[3:4].pid[1]", "int", "0"},
		{"0 && nowhere.table[nowhere.pid:nowhere.pid][0]", "int", "0"},
		{"0 && per_cpu(runqueues, 99).nr_running", "int", "0"},
		{"0 && nowhere.busy", "int", "0"},
		{"0 && task(99).pid", "int", "0"},
		{"sizeof task(99).comm", "unsigned long", "16"},
		{"0 && nowhere.comm == \"x\"", "int", "0"},
		{"&nowhere.parent", "struct task **", "0xffff888010010040"},
		{"sizeof nowhere.parent->comm", "unsigned long", "16"},
	};

	(void)state;
	world_memory.reads = 0;
	check_values(tests, ARRAY_SIZE(tests));
	assert_int_equal(world_memory.reads, 0);
}

static void test_assignments(void **state)
{
	static const struct value_case tests[] = {
		{"init_task.pid = 42", "pid_t", "42"},
		{"init_task.pid = -1", "pid_t", "-1"},
		{"init_task.__state = -1", "unsigned int", "4294967295"},
		{"init_task.flag = 256", "_Bool", "true"},
		{"init_task.flag = 0", "_Bool", "false"},
		{"init_task.kind = DEAD", "enum state", "DEAD"},
		{"init_task.mode = 9", "unsigned int", "9"},
		{"init_task.mode = 41", "unsigned int", "9"},
		{"init_task.delta = 31", "int", "31"},
		{"init_task.delta = -32", "int", "-32"},
		{"init_task.busy = 0", "unsigned int", "0"},
		{"init_task.table[2] = init_task.pid * 3", "int", "-3"},
		{"init_task.parent->high = 0x1234", "int", "4660"},
		{"init_task.mm = task(2).mm", "struct mm *", "0xffff888000010400"},
		{"init_task.mm = 0", "struct mm *", "0x0"},
		{"init_task.comm = \"renamed\"", "char [16]", "\"renamed\""},
		{"init_task.comm[0] = 'R'", "char", "82 'R'"},
		{"*(unsigned short *)&numbers = 0x12345", "unsigned short", "9029"},
		{"(unsigned long)jiffies = 5", "unsigned long", "5"},
		{"per_cpu(runqueues, 1).nr_running = 9", "unsigned int", "9"},
		{"list(&init_task.tasks, struct task, tasks)[0].pid = 77", "pid_t", "77"},
		{"init_task.usage.counter = init_task.usage.counter + 1", "int", "2"},
		{"1 + 1", "int", "2"},
	};
	static const struct value_case after[] = {
		{"init_task.pid", "pid_t", "-1"},
		{"init_task.mode", "unsigned int", "9"},
		{"init_task.delta", "int", "-32"},
		{"init_task.busy", "unsigned int", "0"},
		{"init_task.kind", "enum state", "DEAD"},
		{"init_task.comm", "char [16]", "\"Renamed\""},
		{"init_task.comm[8:16]", "char [8]", "\"\""},
		{"init_task.low", "int", "1432778632"},
		{"numbers[0]", "int", "9029"},
		{"numbers[1]", "int", "1"},
		{"task(2).pid", "pid_t", "77"},
		{"per_cpu(runqueues, 0).nr_running", "unsigned int", "5"},
	};
	static const struct error_case errors[] = {
		{"init_task.pid == 3 = 4", SONDE_ERROR_INVALID,
			"what stands before '=' does not lie in memory"},
		{"5 = 4", SONDE_ERROR_INVALID, "does not lie in memory"},
		{"$rdi = 4", SONDE_ERROR_INVALID, "does not lie in memory"},
		{"init_task.usage = 4", SONDE_ERROR_INVALID, "member by member"},
		{"numbers = 4", SONDE_ERROR_INVALID, "member by member"},
		{"init_task.pid = init_task", SONDE_ERROR_INVALID, "neither a number"},
		{"jiffies = 4", SONDE_ERROR_INVALID, "type of 'jiffies' is not known"},
		{"list(&init_task.tasks, struct task, tasks).pid = 4",
			SONDE_ERROR_INVALID, "this is a list"},
		{"runqueues.nr_running = 4", SONDE_ERROR_INVALID, "each CPU"},
		{"nowhere.pid = 4", SONDE_ERROR_FAULT, "reading *(pid_t *)"},
		{"nowhere.mode = 4", SONDE_ERROR_FAULT, "0xffff888010010038"},
		{"init_task.comm = \"0123456789abcdef\"", SONDE_ERROR_INVALID,
			"the array has 16 elements"},
		{"numbers = \"a\"", SONDE_ERROR_INVALID, "which are no bytes"},
		{"init_task.pid = \"a\"", SONDE_ERROR_INVALID,
			"a string can only be written to an array of char"},
		{"init_task.pid += 1", SONDE_ERROR_INVALID,
			"column 15: of the assignments only '=' is supported"},
		{"init_task.pid = 1 = 2", SONDE_ERROR_INVALID, "cannot change"},
		{"(init_task.pid = 1) + 2", SONDE_ERROR_INVALID, "cannot change"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		check_value(tests[i].text, true, tests[i].type, tests[i].value);
	check_values(after, ARRAY_SIZE(after));
	world_memory.writes = 0;
	check_errors(errors, ARRAY_SIZE(errors), true);
	assert_int_equal(world_memory.writes, 0);
}

static void test_formatted(void **state)
{
	static const char expected[] = "{\n"
				       "\t.nr_running = 5,\n"
				       "\t.curr = 0xffff888000010100,\n"
				       "}";
	struct sonde_value value, part;
	char *text;

	(void)state;
	check_value("per_cpu(runqueues, 0)", false, "struct rq", expected);
	assert_null(evaluate("init_task", false, &value));
	text = format(&value, 0);
	assert_non_null(strstr(text, "\n\t.tasks = {...},\n"));
	assert_non_null(strstr(text, "\n\t{\n\t\t.both = 1234605616436508552,\n"
				     "\t\t{\n\t\t\t.low = 1432778632,\n"));
	assert_non_null(strstr(text, "\n\t.table = {0, 1, 2, 3},\n"));
	assert_non_null(strstr(text, "\n\t.delta = -3,\n"));
	assert_non_null(strstr(text, "\n\t.usage = {...},\n"));
	free(text);
	text = format(&value, 1);
	assert_non_null(strstr(text, "\n\t.tasks = {\n\t\t.next = 0xffff"));
	assert_non_null(strstr(text, "\n\t.usage = {\n\t\t.counter = 1,\n\t},\n"));
	free(text);
	assert_null(evaluate("nowhere", false, &value));
	text = format(&value, 0);
	assert_non_null(strstr(text, ".pid = <"));
	free(text);

	assert_null(evaluate("init_task", false, &value));
	assert_true(sonde_value_is_compound(&value));
	assert_null(sonde_value_member(&value, "tasks.prev|none", &part));
	assert_null(sonde_value_dereference(&part, &part));
	assert_null(sonde_value_part(&part, 0, &part));
	assert_int_equal(part.integer, WORLD_BASE + WORLD_TASKS + 8);
	assert_false(sonde_value_is_compound(&part));
	assert_null(sonde_value_member(&value, "comm", &part));
	assert_null(sonde_value_string(&part, 100, &text));
	assert_string_equal(text, "swapper");
	free(text);
}

static void test_types_of_target(void **state)
{
	struct sonde_error *error;
	struct sonde_type type;
	char name[SONDE_TYPE_NAME_BYTES];

	(void)state;
	assert_null(sonde_target_find_type(&world_target, "struct task *", &type));
	sonde_type_declare(type, "", name, sizeof(name));
	assert_string_equal(name, "struct task *");
	error = sonde_target_find_type(&world_target, "struct tsk", &type);
	assert_non_null(error);
	assert_string_equal(sonde_error_hint(error), "did you mean 'struct task'?");
	sonde_error_destroy(error);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_members, begin, end),
		cmocka_unit_test_setup_teardown(test_arrays, begin, end),
		cmocka_unit_test_setup_teardown(test_types, begin, end),
		cmocka_unit_test_setup_teardown(test_computing, begin, end),
		cmocka_unit_test_setup_teardown(test_list_elements, begin, end),
		cmocka_unit_test_setup_teardown(test_lists, begin, end),
		cmocka_unit_test_setup_teardown(test_errors, begin, end),
		cmocka_unit_test_setup_teardown(test_tree_cycles, begin, end),
		cmocka_unit_test_setup_teardown(test_untyped, begin, end),
		cmocka_unit_test_setup_teardown(test_not_executed, begin, end),
		cmocka_unit_test_setup_teardown(test_assignments, begin, end),
		cmocka_unit_test_setup_teardown(test_formatted, begin, end),
		cmocka_unit_test_setup_teardown(test_types_of_target, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
