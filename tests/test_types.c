/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Types of BTF that is made here: what is described, found, declared; members by name
 * and what becomes of those who need them when they move; and BTF that is broken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "btf.h"
#include "btf_builder.h"
#include "record.h"
#include "type_bits.h"
#include "type_facet.h"
#include "type_fields.h"

/* A space of a few bytes. */

struct sonde_space {
	uint8_t bytes[4096];
};

/* There is no target here. */
struct sonde_error *sonde_target_scope(
	struct sonde_target *target, struct sonde_scope **ret)
{
	(void)target;
	(void)ret;
	abort();
}

struct sonde_error *sonde_target_types(
	struct sonde_target *target, const struct sonde_types **ret)
{
	(void)target;
	(void)ret;
	abort();
}

struct sonde_error *sonde_space_read(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	if (address > sizeof(space->bytes) || length > sizeof(space->bytes) - address)
		return sonde_error_fault(address, NULL);
	memcpy(buffer, space->bytes + address, length);
	return NULL;
}

struct sonde_error *sonde_space_write(
	struct sonde_space *space, uint64_t address, const void *data, size_t length)
{
	if (address > sizeof(space->bytes) || length > sizeof(space->bytes) - address)
		return sonde_error_fault(address, NULL);
	memcpy(space->bytes + address, data, length);
	return NULL;
}

/* A small kernel. */

struct small {
	struct btf_builder btf;
	struct sonde_types *types;
	uint32_t task, list;
};

static void add_task(struct btf_builder *btf, struct small *small, uint32_t ints[4])
{
	uint32_t list_pointer = btf->next + 1;
	uint32_t comm, inner, choice, read, flags, state;

	small->list = btf_struct(btf, "list_head", 16,
		(struct btf_part[]){
			{"next", list_pointer, 0}, {"prev", list_pointer, 64}, {NULL}});
	btf_pointer(btf, small->list);
	comm = btf_array(btf, ints[2], 16);
	inner = btf_struct(btf, "", 8,
		(struct btf_part[]){{"low", ints[0], 0}, {"high", ints[0], 32}, {NULL}});
	choice = btf_union(btf, "", 8,
		(struct btf_part[]){{"both", ints[1], 0}, {"", inner, 0}, {NULL}});
	flags = btf_integer(btf, "unsigned int", 4, 0);
	state = btf_enum(btf, "state", 4, true,
		(struct btf_part[]){
			{"RUNNING", .value = 0}, {"DEAD", .value = -1}, {NULL}});
	read = btf_prototype(btf, ints[0],
		(struct btf_part[]){
			{"file", list_pointer}, {"", btf_pointer(btf, ints[2])}, {NULL}});
	/* The pointer of an argument came before the prototype. */
	read = btf_pointer(btf, read);
	small->task = btf_struct(btf, "task_struct", 96,
		(struct btf_part[]){{"__state", flags, 0},
			{"pid", btf_typedef(btf, "pid_t", ints[0]), 32},
			{"tasks", small->list, 64}, {"comm", comm, 192},
			{"", choice, 320}, {"busy", flags, 384, 1},
			{"mode", flags, 385, 5}, {"kind", state, 416},
			{"read", read, 448},
			{"name",
				btf_const(btf, btf_pointer(btf, btf_const(btf, ints[2]))),
				512},
			{NULL}});
}

static void begin(struct small *small, bool swapped)
{
	struct btf_builder *btf = &small->btf;
	uint32_t ints[4];

	btf_begin(btf, NULL);
	btf->swapped = swapped;
	ints[0] = btf_integer(btf, "int", 4, BTF_SIGNED);
	ints[1] = btf_integer(btf, "long unsigned int", 8, 0);
	ints[2] = btf_integer(btf, "char", 1, BTF_SIGNED);
	ints[3] = btf_integer(btf, "_Bool", 1, BTF_BOOL);
	add_task(btf, small, ints);
	btf_forward(btf, "nobody", false);
	btf_forward(btf, "task_struct", false);
	btf_enum64(btf, "wide", false,
		(struct btf_part[]){{"HUGE", .value = INT64_MIN}, {NULL}});
	btf_function(btf, "vprint",
		btf_prototype(btf, 0,
			(struct btf_part[]){
				{"format", btf_pointer(btf, ints[2])}, {"", 0}, {NULL}}));
	btf_variable(btf, "runqueues", btf_array(btf, small->task, 2));
	btf_function(
		btf, "void_function", btf_prototype(btf, 0, (struct btf_part[]){{NULL}}));
	btf_finish(btf);
	assert_null(
		sonde_btf_create(btf->out.data, btf->out.length, NULL, 8, &small->types));
}

static void end(struct small *small)
{
	sonde_types_destroy(small->types);
	btf_end(&small->btf);
}

static struct sonde_type find(const struct small *small, const char *name)
{
	struct sonde_type type;
	struct sonde_error *error = sonde_types_find(small->types, name, &type);

	if (error)
		fail_msg("%s: %s", name, sonde_error_why(error));
	return type;
}

static void check_name(struct sonde_type type, const char *expected)
{
	char *name;

	assert_null(sonde_type_name(type, &name));
	assert_string_equal(name, expected);
	free(name);
}

static void check_error(
	struct sonde_error *error, enum sonde_error_kind kind, const char *part)
{
	char text[512];

	assert_non_null(error);
	snprintf(text, sizeof(text), "%s: %s (%s)", sonde_error_what(error),
		sonde_error_why(error),
		sonde_error_hint(error) ? sonde_error_hint(error) : "");
	if (sonde_error_kind(error) != kind || !strstr(text, part))
		fail_msg("expected '%s', is %s: %s", part,
			sonde_error_kind_name(sonde_error_kind(error)), text);
	sonde_error_destroy(error);
}

/* Every test is made in both byte orders. */
static void test_described(void **state)
{
	(void)state;
	for (int swapped = 0; swapped < 2; swapped++) {
		struct sonde_type_parameter parameter;
		struct sonde_type_enumerator enumerator;
		struct sonde_type type, target;
		struct small small;
		uint64_t bytes;

		begin(&small, swapped);
		type = find(&small, "struct task_struct");
		assert_int_equal(type.id, small.task);
		assert_int_equal(sonde_type_kind(type), SONDE_TYPE_STRUCT);
		assert_string_equal(sonde_type_tag(type), "task_struct");
		assert_int_equal(sonde_type_count(type), 10);
		assert_null(sonde_type_bytes(type, &bytes));
		assert_int_equal(bytes, 96);

		type = find(&small, "pid_t");
		assert_int_equal(sonde_type_kind(type), SONDE_TYPE_TYPEDEF);
		assert_true(sonde_type_is_signed(type));
		assert_null(sonde_type_bytes(type, &bytes));
		assert_int_equal(bytes, 4);
		assert_null(sonde_type_resolve(type, &target));
		assert_int_equal(sonde_type_kind(target), SONDE_TYPE_INTEGER);

		type = find(&small, "enum state");
		assert_int_equal(sonde_type_count(type), 2);
		assert_null(sonde_type_enumerator(type, 1, &enumerator));
		assert_string_equal(enumerator.name, "DEAD");
		assert_int_equal(enumerator.value, UINT64_MAX);
		type = find(&small, "enum wide");
		assert_null(sonde_type_enumerator(type, 0, &enumerator));
		assert_int_equal(enumerator.value, (uint64_t)INT64_MIN);
		check_error(sonde_type_enumerator(type, 1, &enumerator),
			SONDE_ERROR_INVALID, "enum wide has no part 1");

		bool found;
		assert_null(sonde_types_look_up(
			small.types, SONDE_TYPE_FUNCTIONS, "vprint", 6, &found, &type));
		assert_true(found);
		assert_int_equal(sonde_type_kind(type), SONDE_TYPE_FUNCTION);
		assert_true(sonde_type_is_variadic(type));
		assert_int_equal(sonde_type_count(type), 1);
		assert_null(sonde_type_parameter(type, 0, &parameter));
		assert_string_equal(parameter.name, "format");
		check_error(sonde_type_bytes(type, &bytes), SONDE_ERROR_INVALID,
			"void (char *format, ...) has no size");
		assert_null(sonde_types_look_up(
			small.types, SONDE_TYPE_FUNCTIONS, "vprin", 5, &found, &type));
		assert_false(found);

		assert_null(sonde_types_look_up(small.types, SONDE_TYPE_VARIABLES,
			"runqueues", 9, &found, &type));
		assert_true(found);
		check_name(type, "struct task_struct [2]");
		assert_null(sonde_type_bytes(type, &bytes));
		assert_int_equal(bytes, 192);

		uint64_t value;
		assert_null(sonde_types_find_enumerator(
			small.types, "HUGE", &found, &type, &value));
		assert_true(found);
		assert_int_equal(value, (uint64_t)INT64_MIN);
		check_name(type, "enum wide");
		assert_null(sonde_types_find_enumerator(
			small.types, "HUG", &found, &type, &value));
		assert_false(found);
		end(&small);
	}
}

static void test_found(void **state)
{
	static const struct {
		const char *name, *declared;
	} names[] = {
		{"struct task_struct", "struct task_struct"},
		{"  struct   list_head * *", "struct list_head **"},
		{"struct nobody", "struct nobody"},
		{"pid_t*", "pid_t *"},
		{"int", "int"},
		{"long unsigned int", "unsigned long"},
		{"unsigned long", "unsigned long"},
		{"unsigned char *", "unsigned char *"},
		{"u64", "unsigned long long"},
		{"void *", "void *"},
		{"enum wide", "enum wide"},
	};
	static const struct {
		const char *name;
		enum sonde_error_kind kind;
		const char *message;
	} errors[] = {
		{"struct task_strct", SONDE_ERROR_NOT_FOUND,
			"no type is called 'struct task_strct' (did you mean 'struct "
			"task_struct'?)"},
		{"task_struct", SONDE_ERROR_NOT_FOUND,
			"did you mean 'struct task_struct'"},
		{"struct pid_t", SONDE_ERROR_NOT_FOUND, "did you mean 'pid_t'"},
		{"union nothing_like_it", SONDE_ERROR_NOT_FOUND, "()"},
		{"struct", SONDE_ERROR_NOT_FOUND, "no type is called 'struct'"},
		{"", SONDE_ERROR_INVALID, "is empty"},
		{"*", SONDE_ERROR_INVALID, "is empty"},
		{"int *x", SONDE_ERROR_INVALID, "does not name a type"},
		{"unsigned unsigned", SONDE_ERROR_NOT_FOUND, "no type"},
		{"int ******************", SONDE_ERROR_INVALID, "too many pointers"},
	};
	struct sonde_type type;
	struct small small;

	(void)state;
	begin(&small, false);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		check_name(find(&small, names[i].name), names[i].declared);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
		check_error(sonde_types_find(small.types, errors[i].name, &type),
			errors[i].kind, errors[i].message);
	end(&small);
}

static void test_members(void **state)
{
	static const struct {
		const char *path;
		unsigned bit_offset, bit_size;
		const char *type;
	} members[] = {
		{"__state", 0, 0, "unsigned int"},
		{"pid", 32, 0, "pid_t"},
		{"tasks", 64, 0, "struct list_head"},
		{"tasks.prev", 128, 0, "struct list_head *"},
		{"comm", 192, 0, "char [16]"},
		{"both", 320, 0, "unsigned long"},
		{"low", 320, 0, "int"},
		{"high", 352, 0, "int"},
		{"busy", 384, 1, "unsigned int"},
		{"mode", 385, 5, "unsigned int"},
		{"kind", 416, 0, "enum state"},
		{"read", 448, 0, "int (*)(struct list_head *file, char *)"},
		{"name", 512, 0, "const char *const"},
		{"state|__state", 0, 0, "unsigned int"},
		{"gone|lost.x|tasks.next|pid", 64, 0, "struct list_head *"},
	};
	static const struct {
		const char *type, *path;
		enum sonde_error_kind kind;
		const char *message;
	} errors[] = {
		{"struct task_struct", "pidd", SONDE_ERROR_NOT_FOUND,
			"struct task_struct has no member 'pidd' (did you mean 'pid'?)"},
		{"struct task_struct", "hihg", SONDE_ERROR_NOT_FOUND, "mean 'high'"},
		{"struct task_struct", "tasks.nxt", SONDE_ERROR_NOT_FOUND,
			"struct list_head has no member 'nxt' (did you mean 'next'?)"},
		{"struct task_struct", "pid.x", SONDE_ERROR_INVALID,
			"pid_t has no members"},
		{"struct task_struct", "tasks.next.prev", SONDE_ERROR_INVALID,
			"struct list_head * has no members"},
		{"struct task_struct", "__stat|stat", SONDE_ERROR_NOT_FOUND,
			"looking for '__stat|stat': struct task_struct has no member "
			"'__stat'"},
		{"struct task_struct", "", SONDE_ERROR_INVALID, "is empty"},
		{"struct task_struct", "|", SONDE_ERROR_NOT_FOUND, "no member ''"},
		{"struct task_struct", "tasks..next", SONDE_ERROR_NOT_FOUND,
			"struct list_head has no member ''"},
		{"struct nobody", "x", SONDE_ERROR_NOT_FOUND,
			"the members of struct nobody are not known"},
		{"int", "x", SONDE_ERROR_INVALID, "int has no members"},
	};
	struct sonde_type_member member;
	struct sonde_type task;
	struct small small;

	(void)state;
	for (int swapped = 0; swapped < 2; swapped++) {
		begin(&small, swapped);
		task = find(&small, "struct task_struct");
		for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
			assert_null(
				sonde_type_find_member(task, members[i].path, &member));
			assert_int_equal(member.bit_offset, members[i].bit_offset);
			assert_int_equal(member.bit_size, members[i].bit_size);
			check_name(member.type, members[i].type);
		}
		for (size_t i = 0; i < ARRAY_SIZE(errors); i++)
			check_error(sonde_type_find_member(find(&small, errors[i].type),
					    errors[i].path, &member),
				errors[i].kind, errors[i].message);
		end(&small);
	}
}

static void test_formatted(void **state)
{
	struct small small;
	char *text;

	(void)state;
	begin(&small, false);
	assert_null(sonde_type_format(find(&small, "struct task_struct"), 0, &text));
	assert_non_null(strstr(text, "struct task_struct {\n"));
	assert_non_null(strstr(text, "\tpid_t pid;                                      "
				     "/*     4       4 */\n"));
	assert_non_null(strstr(text, "\tstruct list_head tasks;"));
	assert_non_null(strstr(text, "\tunion {\n\t\tunsigned long both;"));
	assert_non_null(strstr(text, "\t\tstruct {\n\t\t\tint low;"));
	assert_non_null(strstr(text, "/*    44       4 */\n\t\t};"));
	assert_non_null(strstr(text, "\tunsigned int mode:5;"));
	assert_non_null(strstr(text, "/*    48:1     5 bits */"));
	assert_non_null(strstr(text, "\tint (*read)(struct list_head *file, char *);"));
	assert_non_null(strstr(text, "\tconst char *const name;"));
	assert_non_null(strstr(text, "}; /* 96 bytes, 10 members */\n"));
	free(text);
	assert_null(sonde_type_format(find(&small, "struct task_struct"), 1, &text));
	assert_non_null(
		strstr(text, "\tstruct list_head {\n\t\tstruct list_head *next;"));
	assert_non_null(strstr(text, "\n\t} tasks;"));
	free(text);
	assert_null(sonde_type_format(find(&small, "enum state"), 0, &text));
	assert_string_equal(
		text, "enum state {\n\tRUNNING = 0,\n\tDEAD = -1,\n}; /* 4 bytes */\n");
	free(text);
	assert_null(sonde_type_format(find(&small, "pid_t"), 0, &text));
	assert_string_equal(text, "typedef int pid_t; /* 4 bytes */\n");
	free(text);
	assert_null(sonde_type_format(find(&small, "struct nobody"), 0, &text));
	assert_string_equal(text, "struct nobody;\n");
	free(text);
	end(&small);
}

/* Declarations that are harder than a name behind a type. */
static void test_declared(void **state)
{
	struct btf_builder btf;
	struct sonde_types *types;
	uint32_t ids[9];
	static const char *const declared[] = {
		"int (*x)[4]",
		"int *x[4]",
		"int (*(*x)(int))[4]",
		"void (*x[2])(void)",
		"int x[2][3]",
		"volatile int *x",
		"const int x[4]",
		"void (*x)(const char *, ...)",
		"int (*(*x)(void))(void)",
	};

	(void)state;
	btf_begin(&btf, NULL);
	uint32_t integer = btf_integer(&btf, "int", 4, BTF_SIGNED);
	uint32_t letter = btf_integer(&btf, "char", 1, BTF_SIGNED);
	uint32_t four = btf_array(&btf, integer, 4);
	uint32_t nothing = btf_prototype(&btf, 0, (struct btf_part[]){{NULL}});
	ids[0] = btf_pointer(&btf, four);
	ids[1] = btf_array(&btf, btf_pointer(&btf, integer), 4);
	ids[2] = btf_pointer(&btf,
		btf_prototype(&btf, ids[0], (struct btf_part[]){{"", integer}, {NULL}}));
	ids[3] = btf_array(&btf, btf_pointer(&btf, nothing), 2);
	ids[4] = btf_array(&btf, btf_array(&btf, integer, 3), 2);
	ids[5] = btf_pointer(&btf, btf_volatile(&btf, integer));
	ids[6] = btf_array(&btf, btf_const(&btf, integer), 4);
	uint32_t text = btf_pointer(&btf, btf_const(&btf, letter));
	ids[7] = btf_pointer(&btf,
		btf_prototype(&btf, 0, (struct btf_part[]){{"", text}, {"", 0}, {NULL}}));
	uint32_t inner = btf_pointer(
		&btf, btf_prototype(&btf, integer, (struct btf_part[]){{NULL}}));
	ids[8] = btf_pointer(
		&btf, btf_prototype(&btf, inner, (struct btf_part[]){{NULL}}));
	btf_finish(&btf);
	assert_null(sonde_btf_create(btf.out.data, btf.out.length, NULL, 8, &types));
	for (size_t i = 0; i < ARRAY_SIZE(declared); i++) {
		struct sonde_type type;
		char got[64];

		assert_null(sonde_type_make(types, ids[i], &type));
		sonde_type_declare(type, "x", got, sizeof(got));
		assert_string_equal(got, declared[i]);
		sonde_type_declare(type, "x", got, 6);
		assert_int_equal(strlen(got), 5);
		assert_string_equal(got + 3, "..");
	}
	sonde_types_destroy(types);
	btf_end(&btf);
}

/* A module's types stand on the kernel's. */
static void test_split(void **state)
{
	struct sonde_type type;
	struct sonde_type_member member;
	struct sonde_types *module;
	struct btf_builder btf;
	struct small small;

	(void)state;
	begin(&small, false);
	btf_begin(&btf, &small.btf);
	uint32_t list = btf_struct(&btf, "gadget", 24,
		(struct btf_part[]){{"links", small.list, 0}, {"size", 1, 128}, {NULL}});
	btf_pointer(&btf, list);
	btf_finish(&btf);
	assert_null(
		sonde_btf_create(btf.out.data, btf.out.length, small.types, 8, &module));
	assert_null(sonde_types_find(module, "struct gadget", &type));
	assert_int_equal(type.id, list);
	assert_null(sonde_type_find_member(type, "links.prev", &member));
	check_name(member.type, "struct list_head *");
	assert_ptr_equal(member.type.types, small.types);
	assert_null(sonde_types_find(module, "struct task_struct", &type));
	assert_ptr_equal(type.types, small.types);
	assert_null(sonde_types_find(module, "pid_t", &type));
	check_error(sonde_types_find(module, "struct gadgets", &type),
		SONDE_ERROR_NOT_FOUND, "mean 'struct gadget'");
	check_error(sonde_types_find(small.types, "struct gadget", &type),
		SONDE_ERROR_NOT_FOUND, "no type");
	check_error(sonde_type_make(module, btf.next, &type), SONDE_ERROR_BAD_DATA,
		"is referred to");
	sonde_types_destroy(module);
	btf_end(&btf);
	end(&small);
}

/* Tables of what somebody needs. */

struct needed {
	struct sonde_field state, pid, mode, comm, size, gone;
};

static const struct sonde_field_wish wishes[] = {
	{"struct task_struct", "__state|state", offsetof(struct needed, state)},
	{"struct task_struct", "pid", offsetof(struct needed, pid)},
	{"struct task_struct", "mode", offsetof(struct needed, mode)},
	{"struct task_struct", "comm", offsetof(struct needed, comm)},
	{"struct nothing|struct task_struct", NULL, offsetof(struct needed, size)},
	{"struct task_struct", "gone", offsetof(struct needed, gone), .optional = true},
};

static void test_fields(void **state)
{
	struct sonde_space space = {{0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff}};
	struct needed needed;
	struct small small;
	uint64_t value;

	(void)state;
	begin(&small, false);
	assert_null(
		sonde_fields_resolve(small.types, wishes, ARRAY_SIZE(wishes), &needed));
	assert_int_equal(needed.pid.offset, 4);
	assert_int_equal(needed.pid.bytes, 4);
	assert_int_equal(needed.comm.bytes, 16);
	assert_int_equal(needed.size.bytes, 96);
	assert_false(needed.gone.present);
	assert_null(sonde_field_read(&needed.pid, &space, 0, &value));
	assert_int_equal(value, (uint64_t)-2);
	assert_null(sonde_field_read(&needed.state, &space, 0, &value));
	assert_int_equal(value, 0xffffffff);
	space.bytes[48] = 0xaa;
	assert_null(sonde_field_read(&needed.mode, &space, 0, &value));
	assert_int_equal(value, 0xaa >> 1 & 0x1f);
	check_error(sonde_field_read(&needed.comm, &space, 0, &value),
		SONDE_ERROR_INVALID, "an integer of 16 bytes");
	check_error(sonde_field_read(&needed.gone, &space, 0, &value),
		SONDE_ERROR_NOT_FOUND, "there is not");
	check_error(sonde_field_read(&needed.pid, &space, 4090, &value),
		SONDE_ERROR_FAULT, "");
	end(&small);
}

/* In as few reads as the gap allows, and nothing that is not needed. */
static void test_copies(void **state)
{
	struct sonde_space space;
	struct sonde_record record;
	struct needed needed;
	struct small small;
	uint8_t copy[128];
	char text[9];

	(void)state;
	begin(&small, false);
	for (size_t i = 0; i < sizeof(space.bytes); i++)
		space.bytes[i] = (uint8_t)(i + 1);
	assert_null(
		sonde_fields_resolve(small.types, wishes, ARRAY_SIZE(wishes), &needed));
	assert_null(
		sonde_record_plan(wishes, ARRAY_SIZE(wishes), &needed, 4096, &record));
	assert_int_equal(record.count, 1);
	assert_int_equal(record.pieces[0].offset, 0);
	assert_int_equal(record.pieces[0].bytes, record.bytes);
	assert_null(sonde_record_plan(wishes, ARRAY_SIZE(wishes), &needed, 0, &record));
	assert_true(record.count > 1);
	memset(copy, 0xee, sizeof(copy));
	assert_null(sonde_record_read(&record, &space, 16, copy));
	for (size_t i = 0; i < sizeof(copy); i++) {
		bool wanted = false;

		for (unsigned k = 0; k < record.count; k++)
			wanted |= i >= record.pieces[k].offset &&
				  i - record.pieces[k].offset < record.pieces[k].bytes;
		assert_int_equal(copy[i], wanted ? i + 17 : 0xee);
	}
	assert_int_equal(sonde_record_integer(&needed.pid, copy), 0x18171615);
	assert_int_equal(sonde_record_integer(&needed.gone, copy), 0);
	assert_int_equal(sonde_record_integer(&needed.comm, copy), 0);
	assert_int_equal(sonde_record_integer(&needed.mode, copy),
		copy[needed.mode.offset] >> 1 & 0x1f);
	sonde_record_text(&needed.comm, copy, text, sizeof(text));
	assert_memory_equal(text, copy + needed.comm.offset, 8);
	assert_int_equal(text[8], 0);
	copy[needed.comm.offset + 2] = '\0';
	sonde_record_text(&needed.comm, copy, text, sizeof(text));
	assert_int_equal(strlen(text), 2);
	sonde_record_text(&needed.gone, copy, text, sizeof(text));
	assert_int_equal(strlen(text), 0);
	check_error(
		sonde_record_read(&record, &space, 4090, copy), SONDE_ERROR_FAULT, "");
	end(&small);
}

/* A kernel whose members have other names, moved, or are gone. */
static void test_fields_move(void **state)
{
	struct btf_builder btf;
	struct sonde_types *types;
	struct needed needed;

	(void)state;
	btf_begin(&btf, NULL);
	uint32_t integer = btf_integer(&btf, "long int", 8, BTF_SIGNED);
	uint32_t letters = btf_array(&btf, btf_integer(&btf, "char", 1, 0), 8);
	uint32_t inner = btf_struct(&btf, "", 16,
		(struct btf_part[]){{"mode", integer, 0}, {"pid", integer, 64}, {NULL}});
	uint32_t outer =
		btf_struct(&btf, "", 16, (struct btf_part[]){{"", inner, 0}, {NULL}});
	btf_struct(&btf, "task_struct", 40,
		(struct btf_part[]){{"comm", letters, 0}, {"", outer, 64},
			{"state", integer, 192}, {NULL}});
	btf_finish(&btf);
	assert_null(sonde_btf_create(btf.out.data, btf.out.length, NULL, 8, &types));
	assert_null(sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), &needed));
	assert_int_equal(needed.state.offset, 24);
	assert_int_equal(needed.state.bytes, 8);
	assert_int_equal(needed.pid.offset, 16);
	assert_int_equal(needed.mode.offset, 8);
	assert_int_equal(needed.mode.bit_size, 0);
	assert_int_equal(needed.comm.bytes, 8);
	sonde_types_destroy(types);
	btf_end(&btf);

	btf_begin(&btf, NULL);
	integer = btf_integer(&btf, "int", 4, BTF_SIGNED);
	btf_struct(&btf, "task_struct", 8,
		(struct btf_part[]){
			{"status", integer, 0}, {"pid", integer, 32}, {NULL}});
	btf_finish(&btf);
	assert_null(sonde_btf_create(btf.out.data, btf.out.length, NULL, 8, &types));
	check_error(sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), &needed),
		SONDE_ERROR_NOT_FOUND,
		"looking for 'struct task_struct.__state|state': looking for "
		"'__state|state': struct task_struct has no member '__state'");
	sonde_types_destroy(types);
	btf_end(&btf);
}

static uint64_t mask_of(const struct sonde_bits *bits)
{
	unsigned width = bits->size ? bits->size : (unsigned)bits->bytes * 8;

	return bits->is_signed ? UINT64_MAX : UINT64_MAX >> (64 - width);
}

static void test_bits(void **state)
{
	static const struct {
		struct sonde_bits bits;
		uint64_t value;
	} tests[] = {
		{{0, 0, 1, false, false}, 0x12},
		{{0, 0, 2, false, false}, 0x3412},
		{{0, 0, 2, false, true}, 0x1234},
		{{0, 0, 8, true, false}, 0xf0debc9a78563412},
		{{0, 0, 8, false, true}, 0x123456789abcdef0},
		{{0, 4, 4, false, false}, 0x2},
		{{4, 4, 4, false, false}, 0x1},
		{{4, 8, 4, false, false}, 0x41},
		{{0, 4, 4, false, true}, 0x1},
		{{4, 8, 4, false, true}, 0x23},
		{{1, 1, 4, true, false}, UINT64_MAX},
		{{4, 60, 8, false, false}, 0xf0debc9a7856341},
		{{7, 64, 8, false, true}, 0x1a2b3c4d5e6f7808},
	};
	static const uint8_t bytes[9] = {
		0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x11};
	struct sonde_bits bad = {0, 0, 3, false, false}, wide = {0, 65, 8, false, false};
	struct sonde_space space;
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		memcpy(space.bytes, bytes, sizeof(bytes));
		assert_null(sonde_bits_read(&tests[i].bits, &space, 0, &value));
		assert_int_equal(value, tests[i].value);
		/* Other bits than before, and then the old ones: none beside them moves.
		 */
		assert_null(sonde_bits_write(&tests[i].bits, &space, 0, ~value));
		assert_null(sonde_bits_read(&tests[i].bits, &space, 0, &value));
		assert_int_equal(value ^ tests[i].value, mask_of(&tests[i].bits));
		assert_null(sonde_bits_write(&tests[i].bits, &space, 0, tests[i].value));
		assert_memory_equal(space.bytes, bytes, sizeof(bytes));
	}
	check_error(sonde_bits_read(&bad, &space, 0, &value), SONDE_ERROR_INVALID,
		"an integer of 3 bytes");
	check_error(sonde_bits_read(&wide, &space, 0, &value), SONDE_ERROR_BAD_DATA,
		"a bit-field of 65 bits");
}

/* What is broken. */

static void check_refused(const struct sonde_buffer *out, const char *message)
{
	struct sonde_types *types = NULL;

	check_error(sonde_btf_create(out->data, out->length, NULL, 8, &types),
		SONDE_ERROR_BAD_DATA, message);
	assert_null(types);
}

static void test_headers(void **state)
{
	static const struct {
		unsigned place;
		uint32_t word;
		const char *message;
	} tests[] = {
		{4, 20, "an impossible length"},
		{4, 0xffffffff, "an impossible length"},
		{4, 0xfffffffc, "BTF claims 429496"},
		{8, 0xfffffffc, "claims 429"},
		{8, 3, "impossible length"},
		{12, 0xffffffff, "claims 429496"},
		{12, 0x01000000, "is cut off"},
		{16, 0xffffff00, "claims 429496"},
		{20, 0xffffffff, "claims 429496"},
		{20, 0, "do not begin with an empty one"},
		{20, 3, "the last string of BTF has no end"},
	};
	struct sonde_types *types;
	struct small small;

	(void)state;
	begin(&small, false);
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		struct sonde_buffer out = {0};

		assert_null(sonde_buffer_append(
			&out, small.btf.out.data, small.btf.out.length));
		memcpy(out.data + tests[i].place, &tests[i].word, 4);
		check_refused(&out, tests[i].message);
		sonde_buffer_deinit(&out);
	}
	for (size_t length = 0; length < small.btf.out.length; length++)
		check_error(sonde_btf_create(small.btf.out.data, length, NULL, 8, &types),
			SONDE_ERROR_BAD_DATA, "");
	small.btf.out.data[2] = 2;
	check_error(sonde_btf_create(
			    small.btf.out.data, small.btf.out.length, NULL, 8, &types),
		SONDE_ERROR_UNSUPPORTED, "BTF has version 2");
	small.btf.out.data[0] = 0;
	check_refused(&small.btf.out, "this does not");
	end(&small);
}

/* Newer kernels have a longer header; what it adds is passed over. */
static void test_long_header(void **state)
{
	struct sonde_buffer out = {0};
	uint32_t header_bytes = 32;
	struct sonde_types *types;
	struct sonde_type type;
	struct small small;

	(void)state;
	begin(&small, false);
	assert_null(sonde_buffer_append(&out, small.btf.out.data, 24));
	assert_null(sonde_buffer_append(&out, "12345678", 8));
	assert_null(sonde_buffer_append(
		&out, small.btf.out.data + 24, small.btf.out.length - 24));
	memcpy(out.data + 4, &header_bytes, 4);
	assert_null(sonde_btf_create(out.data, out.length, NULL, 8, &types));
	assert_null(sonde_types_find(types, "struct task_struct", &type));
	sonde_types_destroy(types);
	sonde_buffer_deinit(&out);
	end(&small);
}

/* From memory: so much and no more, and what is not there is a fault. */
static void test_read(void **state)
{
	struct sonde_types *types = NULL, *again = NULL;
	static struct sonde_space space;
	struct sonde_type type;
	struct small small;
	size_t length, room;

	(void)state;
	begin(&small, false);
	length = small.btf.out.length;
	memcpy(space.bytes + 16, small.btf.out.data, length);
	room = length + 100;
	assert_null(sonde_btf_read(&space, 16, NULL, 8, &room, &types));
	assert_int_equal(room, 100);
	/* A copy: what becomes of the memory changes nothing. */
	memset(space.bytes + 16 + 24, 0xff, length - 24);
	assert_null(sonde_types_find(types, "struct task_struct", &type));
	check_error(sonde_btf_read(&space, 16, NULL, 8, &room, &again),
		SONDE_ERROR_BAD_DATA, "there is room for 100 more");
	room = SONDE_BTF_BYTES_MAX;
	check_error(sonde_btf_read(&space, 16, NULL, 8, &room, &again),
		SONDE_ERROR_BAD_DATA, "do not begin with an empty one");
	memcpy(space.bytes + 4096 - 24, small.btf.out.data, 24);
	check_error(sonde_btf_read(&space, 4096 - 24, NULL, 8, &room, &again),
		SONDE_ERROR_FAULT, "");
	check_error(sonde_btf_read(&space, 4096, NULL, 8, &room, &again),
		SONDE_ERROR_FAULT, "");
	assert_null(again);
	sonde_types_destroy(types);
	end(&small);
}

static void test_records(void **state)
{
	struct btf_builder btf;
	struct sonde_types *types;

	(void)state;
	btf_begin(&btf, NULL);
	btf_add(&btf, "x", 20u << 24, 0, NULL, 0);
	btf_finish(&btf);
	check_error(sonde_btf_create(btf.out.data, btf.out.length, NULL, 8, &types),
		SONDE_ERROR_UNSUPPORTED, "BTF has a record of kind 20, at byte 0");
	btf_end(&btf);

	btf_begin(&btf, NULL);
	btf_integer(&btf, "int", 4, 0);
	btf_add(&btf, "x", 4u << 24 | 0xffff, 0, NULL, 0);
	btf_finish(&btf);
	check_refused(&btf.out, "the record at byte 16 of BTF's types is cut off");
	btf_end(&btf);

	/* A type without all of its first words. */
	btf_begin(&btf, NULL);
	btf_integer(&btf, "int", 4, 0);
	btf.records.length -= 5;
	btf_finish(&btf);
	check_refused(&btf.out, "is cut off");
	btf_end(&btf);
}

static void test_cycles(void **state)
{
	enum { COUNT = 12 };
	struct btf_builder btf;
	struct sonde_types *types;
	struct sonde_type type, ret;
	struct sonde_type_member member;
	uint64_t bytes;
	char *text;
	char name[32];

	(void)state;
	btf_begin(&btf, NULL);
	uint32_t loop = btf_typedef(&btf, "loop", btf.next);
	uint32_t other = btf_const(&btf, btf.next + 1);
	btf_volatile(&btf, other);
	uint32_t array = btf_array(&btf, btf.next, 2);
	uint32_t pointer = btf_pointer(&btf, btf.next);
	uint32_t anonymous = btf_struct(&btf, "itself", 8,
		(struct btf_part[]){{"", btf.next, 0}, {"", btf.next, 0}, {NULL}});
	uint32_t function = btf_prototype(&btf, btf.next,
		(struct btf_part[]){
			{"a", btf.next}, {"b", btf.next}, {"c", btf.next}, {NULL}});
	uint32_t beyond = btf_pointer(&btf, 4711);
	btf_finish(&btf);
	assert_null(sonde_btf_create(btf.out.data, btf.out.length, NULL, 8, &types));

	assert_null(sonde_type_make(types, loop, &type));
	check_error(sonde_type_resolve(type, &ret), SONDE_ERROR_BAD_DATA,
		"type 1 leads to no end");
	check_error(sonde_type_bytes(type, &bytes), SONDE_ERROR_BAD_DATA, "no end");
	assert_false(sonde_type_same(type, type));
	check_error(sonde_type_find_member(type, "x", &member), SONDE_ERROR_BAD_DATA,
		"no end");
	assert_null(sonde_type_make(types, other, &type));
	check_error(sonde_type_resolve(type, &ret), SONDE_ERROR_BAD_DATA, "no end");
	sonde_type_declare(type, "x", name, sizeof(name));
	assert_non_null(strstr(name, ".."));
	assert_null(sonde_type_make(types, array, &type));
	check_error(sonde_type_bytes(type, &bytes), SONDE_ERROR_BAD_DATA, "");
	sonde_type_declare(type, "x", name, sizeof(name));
	assert_non_null(strstr(name, ".."));
	assert_null(sonde_type_make(types, pointer, &type));
	assert_false(sonde_type_same(type, type));
	sonde_type_declare(type, "x", name, sizeof(name));
	assert_null(sonde_type_make(types, anonymous, &type));
	check_error(sonde_type_find_member(type, "x", &member), SONDE_ERROR_BAD_DATA,
		"nested more than 16 deep");
	check_error(sonde_type_format(type, 100, &text), SONDE_ERROR_BAD_DATA,
		"more than 32768 members");
	assert_null(sonde_type_make(types, function, &type));
	sonde_type_declare(type, "x", name, sizeof(name));
	assert_non_null(strstr(name, ".."));
	assert_null(sonde_type_make(types, beyond, &type));
	check_error(sonde_type_target(type, &ret), SONDE_ERROR_BAD_DATA,
		"type 4711 is referred to, and there are but 9");
	sonde_types_destroy(types);
	btf_end(&btf);
}

/* 2^32 elements of 2^32 elements.. */
static void test_sizes(void **state)
{
	struct btf_builder btf;
	struct sonde_types *types;
	struct sonde_type type;
	uint64_t bytes;
	uint32_t array;

	(void)state;
	btf_begin(&btf, NULL);
	array = btf_integer(&btf, "int", 4, 0);
	for (unsigned i = 0; i < 100; i++)
		array = btf_array(&btf, array, i == 0 ? 0 : UINT32_MAX);
	btf_finish(&btf);
	assert_null(sonde_btf_create(btf.out.data, btf.out.length, NULL, 8, &types));
	assert_null(sonde_type_make(types, 2, &type));
	assert_null(sonde_type_bytes(type, &bytes));
	assert_int_equal(bytes, 0);
	assert_null(sonde_type_make(types, 5, &type));
	check_error(sonde_type_bytes(type, &bytes), SONDE_ERROR_BAD_DATA,
		"larger than any memory");
	assert_null(sonde_type_make(types, array, &type));
	check_error(sonde_type_bytes(type, &bytes), SONDE_ERROR_BAD_DATA, "");
	sonde_types_destroy(types);
	btf_end(&btf);
}

/* The same name again and again is found at once, and the first has it. */
static void test_same_names(void **state)
{
	struct btf_builder btf;
	struct sonde_types *types;
	struct sonde_type type;

	(void)state;
	btf_begin(&btf, NULL);
	btf_forward(&btf, "a", false);
	uint32_t first = btf_struct(&btf, "a", 8, (struct btf_part[]){{NULL}});
	for (unsigned i = 0; i < 3000; i++)
		btf_struct(&btf, "a", 16, (struct btf_part[]){{NULL}});
	btf_finish(&btf);
	assert_null(sonde_btf_create(btf.out.data, btf.out.length, NULL, 8, &types));
	assert_null(sonde_types_find(types, "struct a", &type));
	assert_int_equal(type.id, first);
	sonde_types_destroy(types);
	btf_end(&btf);
}

static void test_same(void **state)
{
	static const struct {
		const char *left, *right;
		bool same;
	} tests[] = {
		{"int", "pid_t", true},
		{"long unsigned int", "unsigned long", true},
		{"int", "unsigned int", false},
		{"int *", "pid_t *", true},
		{"int *", "int **", false},
		{"void *", "void *", true},
		{"struct task_struct *", "struct task_struct *", true},
		{"struct task_struct *", "struct list_head *", false},
		{"enum state", "int", false},
	};
	struct small small;

	(void)state;
	begin(&small, false);
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		assert_int_equal(sonde_type_same(find(&small, tests[i].left),
					 find(&small, tests[i].right)),
			tests[i].same);
	end(&small);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_described),
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_formatted),
		cmocka_unit_test(test_declared),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_fields_move),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_long_header),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_cycles),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_same_names),
		cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
