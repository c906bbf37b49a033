/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>

#include "typed_world.h"

/* Members of struct task, in bytes. */
enum {
	STATE = 0,
	PID = 4,
	TASKS = 8,
	COMM = 24,
	MM = 40,
	BOTH = 48,
	BITS = 56,
	KIND = 60,
	PARENT = 64,
	TABLE = 72,
	GRID = 88,
	NAME = 104,
	FLAG = 112,
	RAW = 113,
	HASH = 120,
	NODE = 136,
	RUN = 160,
	USAGE = 168,
	TAIL = 176,
};

struct sonde_target world_target = {64};
struct sonde_thread world_thread = {1};
struct sonde_space world_memory;

static struct btf_builder builder;
static struct sonde_types *types;

/* The target. */

const struct sonde_register *sonde_thread_find_register(
	const struct sonde_thread *thread, const char *name)
{
	static const struct sonde_register reg = {"rdi", "general", 64, 0};

	(void)thread;
	return strcmp(name, "rdi") ? NULL : &reg;
}

struct sonde_error *sonde_thread_read_register(struct sonde_thread *thread,
	const struct sonde_register *reg, struct sonde_register_value *ret)
{
	(void)thread;
	memset(ret, 0, sizeof(*ret));
	ret->bits = reg->bits;
	ret->available = true;
	return NULL;
}

uint64_t sonde_register_value_integer(const struct sonde_register_value *value)
{
	(void)value;
	return WORLD_BASE + WORLD_TASKS;
}

unsigned sonde_thread_number(const struct sonde_thread *thread)
{
	return thread->number;
}

unsigned sonde_target_address_bits(const struct sonde_target *target)
{
	return target->address_bits;
}

struct sonde_error *sonde_target_current_thread(
	struct sonde_target *target, struct sonde_thread **ret)
{
	(void)target;
	*ret = &world_thread;
	return NULL;
}

struct sonde_error *sonde_target_virtual(struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_space **ret)
{
	(void)target;
	(void)thread;
	*ret = &world_memory;
	return NULL;
}

struct sonde_error *sonde_target_types(
	struct sonde_target *target, const struct sonde_types **ret)
{
	(void)target;
	*ret = types;
	return NULL;
}

struct sonde_error *sonde_target_scope(
	struct sonde_target *target, struct sonde_scope **ret)
{
	(void)target;
	*ret = &world_scope;
	return NULL;
}

/* Its memory. */

static bool is_within(uint64_t address, size_t length)
{
	return address >= WORLD_BASE && length <= WORLD_BYTES &&
	       address - WORLD_BASE <= WORLD_BYTES - length;
}

struct sonde_error *sonde_space_read(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	space->reads++;
	if (!is_within(address, length))
		return sonde_error_fault(address, NULL);
	memcpy(buffer, space->bytes + (address - WORLD_BASE), length);
	return NULL;
}

struct sonde_error *sonde_space_write(
	struct sonde_space *space, uint64_t address, const void *data, size_t length)
{
	space->writes++;
	if (!is_within(address, length))
		return sonde_error_fault(address, NULL);
	memcpy(space->bytes + (address - WORLD_BASE), data, length);
	return NULL;
}

struct sonde_error *sonde_space_read_integer(
	struct sonde_space *space, uint64_t address, unsigned bytes, uint64_t *ret)
{
	uint64_t integer = 0;

	if (bytes > sizeof(integer))
		abort();
	CHECK(sonde_space_read(space, address, &integer, bytes));
	*ret = integer;
	return NULL;
}

struct sonde_error *sonde_space_read_string(
	struct sonde_space *space, uint64_t address, size_t maximum, char **ret)
{
	const char *text;
	size_t room;

	if (!is_within(address, 1))
		return sonde_error_fault(address, NULL);
	text = (const char *)space->bytes + (address - WORLD_BASE);
	room = WORLD_BYTES - (size_t)(address - WORLD_BASE);
	if (room > maximum)
		room = maximum;
	if (strnlen(text, room) == room)
		return sonde_error_create(SONDE_ERROR_BAD_DATA, "no end");
	*ret = strdup(text);
	return NULL;
}

/* Its types. */

static struct {
	uint32_t integer, natural, wide, letter, byte, truth, small;
	uint32_t list, hlist_head, hlist_node, rb_root, rb_cached, mm, task, rq, schedule;
	uint32_t numbers, hash, message, huge, xarray, maple;
} ids;

/* Returns a node of a tree. */
static uint32_t add_links(struct btf_builder *b)
{
	uint32_t pointer = b->next + 1, node;

	ids.list = btf_struct(b, "list_head", 16,
		(struct btf_part[]){{"next", pointer, 0}, {"prev", pointer, 64}, {NULL}});
	btf_pointer(b, ids.list);
	pointer = b->next + 1;
	ids.hlist_node = btf_struct(b, "hlist_node", 16,
		(struct btf_part[]){
			{"next", pointer, 0}, {"pprev", pointer, 64}, {NULL}});
	btf_pointer(b, ids.hlist_node);
	ids.hlist_head = btf_struct(
		b, "hlist_head", 8, (struct btf_part[]){{"first", pointer, 0}, {NULL}});
	pointer = b->next + 1;
	node = btf_struct(b, "rb_node", 24,
		(struct btf_part[]){{"__rb_parent_color", ids.wide, 0},
			{"rb_right", pointer, 64}, {"rb_left", pointer, 128}, {NULL}});
	btf_pointer(b, node);
	ids.rb_root = btf_struct(
		b, "rb_root", 8, (struct btf_part[]){{"rb_node", pointer, 0}, {NULL}});
	ids.rb_cached = btf_struct(b, "rb_root_cached", 16,
		(struct btf_part[]){{"rb_root", ids.rb_root, 0},
			{"rb_leftmost", pointer, 64}, {NULL}});
	return node;
}

/* Fewer children than Linux has: how many, the types say. */
static void add_trees(struct btf_builder *b)
{
	uint32_t pointer = btf_pointer(b, 0), two = btf_array(b, ids.wide, 2);
	uint32_t three = btf_array(b, ids.wide, 3), slots = btf_array(b, pointer, 4);
	uint32_t fewer = btf_array(b, pointer, 3), inner;

	ids.xarray = btf_struct(b, "xarray", 16,
		(struct btf_part[]){
			{"xa_flags", ids.natural, 0}, {"xa_head", pointer, 64}, {NULL}});
	btf_struct(b, "xa_node", 40,
		(struct btf_part[]){
			{"shift", ids.byte, 0}, {"slots", slots, 64}, {NULL}});
	ids.maple = btf_struct(b, "maple_tree", 16,
		(struct btf_part[]){
			{"ma_flags", ids.natural, 0}, {"ma_root", pointer, 64}, {NULL}});
	inner = btf_union(b, "", 32, (struct btf_part[]){{"slot", slots, 0}, {NULL}});
	btf_struct(b, "maple_range_64", 64,
		(struct btf_part[]){{"parent", pointer, 0}, {"pivot", three, 64},
			{"", inner, 256}, {NULL}});
	btf_struct(b, "maple_arange_64", 48,
		(struct btf_part[]){{"parent", pointer, 0}, {"pivot", two, 64},
			{"slot", fewer, 192}, {NULL}});
}

static void add_integers(struct btf_builder *b)
{
	ids.integer = btf_integer(b, "int", 4, BTF_SIGNED);
	ids.natural = btf_integer(b, "unsigned int", 4, 0);
	ids.wide = btf_integer(b, "long unsigned int", 8, 0);
	ids.letter = btf_integer(b, "char", 1, BTF_SIGNED);
	ids.byte = btf_integer(b, "unsigned char", 1, 0);
	ids.truth = btf_integer(b, "_Bool", 1, BTF_BOOL);
	ids.small = btf_integer(b, "short int", 2, BTF_SIGNED);
	ids.huge = btf_integer(b, "__int128", 16, BTF_SIGNED);
}

static void add_task(
	struct btf_builder *b, uint32_t atomic, uint32_t state, uint32_t node)
{
	uint32_t pid = btf_typedef(b, "pid_t", ids.integer);
	uint32_t inner = btf_struct(b, "", 8,
		(struct btf_part[]){
			{"low", ids.integer, 0}, {"high", ids.integer, 32}, {NULL}});
	uint32_t choice = btf_union(b, "", 8,
		(struct btf_part[]){{"both", ids.wide, 0}, {"", inner, 0}, {NULL}});
	uint32_t comm = btf_array(b, ids.letter, 16);
	uint32_t table = btf_array(b, ids.integer, 4);
	uint32_t grid = btf_array(b, btf_array(b, ids.small, 3), 2);
	uint32_t raw = btf_array(b, ids.byte, 4);
	uint32_t tail = btf_array(b, ids.integer, 0);
	uint32_t mm = btf_pointer(b, ids.mm);
	uint32_t text = btf_pointer(b, btf_const(b, ids.letter));
	/* What follows the structure: a pointer to it, a function, a pointer to that. */
	uint32_t self = b->next + 1, run = b->next + 3;

	ids.task = btf_struct(b, "task", TAIL,
		(struct btf_part[]){{"__state", ids.natural, 8 * STATE},
			{"pid", pid, 8 * PID}, {"tasks", ids.list, 8 * TASKS},
			{"comm", comm, 8 * COMM}, {"mm", mm, 8 * MM},
			{"", choice, 8 * BOTH}, {"busy", ids.natural, 8 * BITS, 1},
			{"mode", ids.natural, 8 * BITS + 1, 5},
			{"delta", ids.integer, 8 * BITS + 6, 6},
			{"kind", state, 8 * KIND}, {"parent", self, 8 * PARENT},
			{"table", table, 8 * TABLE}, {"grid", grid, 8 * GRID},
			{"name", text, 8 * NAME}, {"flag", ids.truth, 8 * FLAG},
			{"raw", raw, 8 * RAW}, {"hash", ids.hlist_node, 8 * HASH},
			{"node", node, 8 * NODE}, {"run", run, 8 * RUN},
			{"usage", atomic, 8 * USAGE}, {"tail", tail, 8 * TAIL}, {NULL}});
	btf_pointer(b, ids.task);
	ids.schedule = btf_prototype(
		b, ids.integer, (struct btf_part[]){{"task", self}, {NULL}});
	btf_pointer(b, ids.schedule);
	ids.rq = btf_struct(b, "rq", 16,
		(struct btf_part[]){
			{"nr_running", ids.natural, 0}, {"curr", self, 64}, {NULL}});
}

static void add_types(struct btf_builder *b)
{
	uint32_t atomic, state, node;

	add_integers(b);
	node = add_links(b);
	atomic = btf_typedef(b, "atomic_t",
		btf_struct(b, "", 4,
			(struct btf_part[]){{"counter", ids.integer, 0}, {NULL}}));
	ids.mm = btf_struct(b, "mm", 16,
		(struct btf_part[]){{"pgd", ids.wide, 0}, {"users", atomic, 64}, {NULL}});
	state = btf_enum(b, "state", 4, true,
		(struct btf_part[]){{"RUNNING", .value = 0}, {"SLEEPING", .value = 1},
			{"DEAD", .value = -1}, {NULL}});
	btf_enum(b, "color", 4, false,
		(struct btf_part[]){
			{"RED", .value = 10}, {"GREEN", .value = 20}, {NULL}});
	add_task(b, atomic, state, node);
	add_trees(b);
	btf_forward(b, "secret", false);
	ids.numbers = btf_array(b, ids.integer, 8);
	ids.hash = btf_array(b, ids.hlist_head, 2);
	ids.message = btf_pointer(b, ids.letter);
}

/* Its names. */

static const struct {
	const char *name;
	unsigned place;
	/** NULL: nobody knows its type. */
	const uint32_t *type;
	bool per_cpu;
} variables[] = {
	{"init_task", WORLD_TASKS, &ids.task},
	{"runqueues", WORLD_RUNQUEUES, &ids.rq, true},
	{"numbers", WORLD_NUMBERS, &ids.numbers},
	{"message", WORLD_MESSAGE, &ids.message},
	{"hash", WORLD_HASH, &ids.hash},
	{"tree", WORLD_TREE, &ids.rb_cached},
	{"plain_tree", WORLD_TREE, &ids.rb_root},
	{"circle", WORLD_CIRCLE, &ids.list},
	{"broken", WORLD_BROKEN, &ids.list},
	{"empty", WORLD_EMPTY, &ids.list},
	{"jiffies", WORLD_JIFFIES, NULL},
	{"schedule", WORLD_SCHEDULE, &ids.schedule},
	{"wide", WORLD_WIDE, &ids.huge},
	{"xarray", WORLD_XARRAY, &ids.xarray},
	{"maple", WORLD_MAPLE, &ids.maple},
	{"nowhere", 0x10000000, &ids.task},
};

static struct sonde_error *find_variable(struct sonde_scope *scope,
	struct sonde_thread *thread, const char *name, bool *found,
	struct sonde_variable *ret)
{
	(void)scope;
	if (thread != &world_thread)
		abort();
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		if (strcmp(variables[i].name, name) != 0)
			continue;
		ret->address = WORLD_BASE + variables[i].place;
		ret->per_cpu = variables[i].per_cpu;
		*found = true;
		return variables[i].type
			       ? sonde_type_make(types, *variables[i].type, &ret->type)
			       : NULL;
	}
	return NULL;
}

static struct sonde_error *find_per_cpu(
	struct sonde_scope *scope, uint64_t address, uint64_t cpu, uint64_t *ret)
{
	(void)scope;
	if (cpu > 1)
		return sonde_error_create(
			SONDE_ERROR_NOT_FOUND, "there is no CPU %u", (unsigned)cpu);
	*ret = address + cpu * 16;
	return NULL;
}

/* task(pid), which is a task, and next(integer). */
static struct sonde_error *call(struct sonde_scope *scope, const char *name,
	const struct sonde_value *arguments, size_t count, bool types_only, bool *found,
	struct sonde_value *ret)
{
	(void)scope;
	if (!strcmp(name, "next") && count == 1) {
		*found = true;
		*ret = arguments[0];
		ret->has_address = false;
		ret->integer++;
		return NULL;
	}
	if (strcmp(name, "task") != 0)
		return NULL;
	*found = true;
	if (!types_only && (count != 1 || arguments[0].integer < 1 ||
				   arguments[0].integer > WORLD_TASK_COUNT))
		return sonde_error_create(SONDE_ERROR_NOT_FOUND, "no such task");
	*ret = (struct sonde_value){
		.address = WORLD_BASE + WORLD_TASKS +
			   (arguments[0].integer - 1) * WORLD_TASK_BYTES,
		.has_address = true,
	};
	return sonde_type_make(types, ids.task, &ret->type);
}

static void suggest(struct sonde_scope *scope, struct sonde_closest *closest)
{
	(void)scope;
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		sonde_closest_offer(closest, variables[i].name);
}

static const struct sonde_scope_ops scope_ops = {
	.variable = find_variable,
	.call = call,
	.per_cpu = find_per_cpu,
	.suggest = suggest,
};

struct sonde_scope world_scope = {&scope_ops, "kernel", NULL};

/* What is in its memory. */

static void put(unsigned place, uint64_t integer, size_t bytes)
{
	memcpy(world_memory.bytes + place, &integer, bytes);
}

static void put_pointer(unsigned place, unsigned target)
{
	put(place, WORLD_BASE + target, 8);
}

static void put_task(unsigned index)
{
	static const char *const names[] = {"swapper", "init", "0123456789abcdef"};
	unsigned task = WORLD_TASKS + index * WORLD_TASK_BYTES;
	unsigned next = WORLD_TASKS + (index + 1) % WORLD_TASK_COUNT * WORLD_TASK_BYTES;
	unsigned before = WORLD_TASKS + (index + 2) % WORLD_TASK_COUNT * WORLD_TASK_BYTES;

	put(task + STATE, index, 4);
	put(task + PID, index ? index : (uint64_t)-7, 4);
	put_pointer(task + TASKS, next + TASKS);
	put_pointer(task + TASKS + 8, before + TASKS);
	memcpy(world_memory.bytes + task + COMM, names[index],
		index == 2 ? 16 : strlen(names[index]));
	if (index)
		put_pointer(task + MM, WORLD_MM);
	put(task + BOTH, 0x1122334455667788 + index, 8);
	/* busy 1, mode 0b10110, delta -3. */
	put(task + BITS, 1 | 0x16 << 1 | 0x3d << 6, 4);
	put(task + KIND, index == 2 ? 4711 : index ? (uint64_t)-1 : 0, 4);
	put_pointer(task + PARENT, WORLD_TASKS);
	for (unsigned i = 0; i < 4; i++)
		put(task + TABLE + 4 * i, 100 * index + i, 4);
	for (unsigned i = 0; i < 6; i++)
		put(task + GRID + 2 * i, i * 10 - 5, 2);
	put_pointer(task + NAME, WORLD_TEXT);
	put(task + FLAG, index != 1, 1);
	put(task + RAW, 0x04034241, 4);
	put_pointer(task + RUN, WORLD_SCHEDULE);
	put(task + USAGE, index + 1, 4);
}

/* A tree of the three: the second on top. */
static void put_links(void)
{
	unsigned first = WORLD_TASKS, second = first + WORLD_TASK_BYTES,
		 third = second + WORLD_TASK_BYTES;

	put_pointer(WORLD_TREE, second + NODE);
	put_pointer(WORLD_TREE + 8, third + NODE);
	put_pointer(second + NODE + 16, third + NODE);
	put_pointer(second + NODE + 8, first + NODE);
	put_pointer(WORLD_HASH, first + HASH);
	put_pointer(first + HASH, third + HASH);
	put(WORLD_HASH + 8, 1, 8);
	put_pointer(WORLD_CIRCLE, WORLD_CIRCLE + 16);
	put_pointer(WORLD_CIRCLE + 16, WORLD_CIRCLE + 16);
	put_pointer(WORLD_EMPTY, WORLD_EMPTY);
}

static uint64_t task_at(unsigned index)
{
	return WORLD_BASE + WORLD_TASKS + index * WORLD_TASK_BYTES;
}

/* Siblings, marks and numbers are no elements; what stands behind an end is nothing. */
static void put_trees(void)
{
	const unsigned first = WORLD_NODES, second = WORLD_NODES + 0x40;
	const unsigned root = WORLD_NODES + 0x100, left = root + 0x100,
		       right = root + 0x200;
	const uint64_t garbage = 0x1234567812345678;

	put(WORLD_XARRAY + 8, WORLD_BASE + first + 2, 8);
	put(first + 8, task_at(0), 8);
	put(first + 16, WORLD_BASE + second + 2, 8);
	put(first + 24, 6, 8);
	put(first + 32, 11, 8);
	put(second + 8, task_at(2), 8);
	put(second + 24, task_at(1), 8);
	put(second + 32, 1026, 8);

	put(WORLD_MAPLE + 8, WORLD_BASE + root + (3 << 3) + 2, 8);
	put(root + 8, 0xff, 8);
	put(root + 24, WORLD_BASE + left + (1 << 3), 8);
	put(root + 32, WORLD_BASE + right + (1 << 3), 8);
	put(root + 40, garbage, 8);
	put(left + 8, 0x10, 8);
	put(left + 16, 0xff, 8);
	put(left + 32, task_at(0), 8);
	put(left + 40, task_at(1), 8);
	put(left + 48, garbage, 8);
	put(right + 8, 0x200, 8);
	put(right + 40, task_at(2), 8);
	put(right + 48, garbage, 8);
	put(right + 56, garbage, 8);
}

void world_begin(void)
{
	struct sonde_error *error;

	memset(&world_memory, 0, sizeof(world_memory));
	btf_begin(&builder, NULL);
	add_types(&builder);
	btf_finish(&builder);
	error = sonde_btf_create(builder.out.data, builder.out.length, NULL, 8, &types);
	if (error)
		abort();
	world_scope.types = types;
	for (unsigned i = 0; i < WORLD_TASK_COUNT; i++)
		put_task(i);
	put(WORLD_MM, 0xdead000, 8);
	put(WORLD_MM + 8, 3, 4);
	put(WORLD_RUNQUEUES, 5, 4);
	put_pointer(WORLD_RUNQUEUES + 8, WORLD_TASKS);
	put(WORLD_RUNQUEUES + 16, 6, 4);
	put_pointer(WORLD_RUNQUEUES + 24, WORLD_TASKS + WORLD_TASK_BYTES);
	for (unsigned i = 0; i < 8; i++)
		put(WORLD_NUMBERS + 4 * i, i * i, 4);
	strcpy((char *)world_memory.bytes + WORLD_TEXT, "a \"text\"\n");
	put_pointer(WORLD_MESSAGE, WORLD_TEXT);
	put(WORLD_JIFFIES, 0x123456789, 8);
	put_links();
	put_trees();
}

void world_end(void)
{
	sonde_types_destroy(types);
	btf_end(&builder);
}
