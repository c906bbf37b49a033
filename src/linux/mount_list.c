/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "kernel.h"
#include "list.h"
#include "mount.h"

enum {
	/** Of one namespace (fs.mount-max is 100,000). */
	MOUNTS_MAX = 1 << 17,
	/** Of a red-black tree of as many. */
	HEIGHT_MAX = 64,
	/** How often it is read until it is the same twice. */
	TRIES = 4,
	CAPACITY = 64,
};

#define PLACE(place) offsetof(struct sonde_linux_mount_links, place)

static const struct sonde_field_wish wishes[] = {
	{"struct mnt_namespace", "list", PLACE(list), true},
	{"struct mount", "mnt_list", PLACE(list_link), true},
	{"struct mount", "mnt_node", PLACE(tree_link), true},
	{"struct rb_node", "rb_left", PLACE(left), false},
	{"struct rb_node", "rb_right", PLACE(right), false},
};

static const struct sonde_field_wish tree_wishes[] = {
	{"struct mnt_namespace", "mounts.rb_node", PLACE(tree), false},
};

static struct sonde_error *add(struct sonde_linux_mount_list *list, uint64_t address)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : CAPACITY;
		uint64_t *addresses =
			realloc(list->addresses, capacity * sizeof(*addresses));

		if (!addresses)
			return sonde_error_no_memory();
		list->addresses = addresses;
		list->capacity = capacity;
	}
	list->addresses[list->count++] = address;
	return NULL;
}

static struct sonde_error *walk_list(struct sonde_linux *kernel,
	const struct sonde_linux_mount_links *links, uint64_t head,
	struct sonde_linux_mount_list *ret)
{
	struct sonde_linux_list list;
	uint64_t link;
	bool more;

	sonde_linux_list_begin(&list, kernel, head, MOUNTS_MAX);
	for (;;) {
		CHECK(sonde_linux_list_next(&list, &link, &more));
		if (!more)
			break;
		CHECK(add(ret, link - links->list_link.offset));
	}
	ret->incomplete = list.torn;
	return NULL;
}

/* 0 where there is none. */
static struct sonde_error *read_link(struct sonde_linux *kernel,
	const struct sonde_field *field, uint64_t node, uint64_t *ret, bool *good)
{
	struct sonde_error *error;

	error = sonde_field_read(field, &kernel->space.space, node, ret);
	*good = !error && (!*ret || (*ret >> 63 && !(*ret & 7)));
	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

/* In order: down to the left, then the node, then its right half. */
static struct sonde_error *walk_tree(struct sonde_linux *kernel,
	const struct sonde_linux_mount_links *links, uint64_t root,
	struct sonde_linux_mount_list *ret)
{
	uint64_t path[HEIGHT_MAX], node = 0;
	unsigned height = 0;
	bool good;

	CHECK(read_link(kernel, &links->tree, root, &node, &good));
	while (good && (node || height)) {
		if (node) {
			good = height < HEIGHT_MAX;
			if (!good)
				break;
			path[height++] = node;
			CHECK(read_link(kernel, &links->left, node, &node, &good));
			continue;
		}
		node = path[--height];
		good = ret->count < MOUNTS_MAX;
		if (!good)
			break;
		CHECK(add(ret, node - links->tree_link.offset));
		CHECK(read_link(kernel, &links->right, node, &node, &good));
	}
	ret->incomplete = good ? NULL : "the tree of mounts does not fit together";
	return NULL;
}

/* --- what comes twice ------------------------------------------------------------- */

struct place {
	uint64_t address;
	size_t index;
};

static int compare(const void *one, const void *other)
{
	const struct place *first = one, *second = other;

	if (first->address != second->address)
		return first->address < second->address ? -1 : 1;
	return first->index < second->index ? -1 : first->index > second->index;
}

static struct sonde_error *drop_doubles(struct sonde_linux_mount_list *list)
{
	CLEANUP(cleanup_free) struct place *places = NULL;
	size_t kept = 0;

	if (!list->count)
		return NULL;
	places = calloc(list->count, sizeof(*places));
	if (!places)
		return sonde_error_no_memory();
	for (size_t i = 0; i < list->count; i++)
		places[i] = (struct place){list->addresses[i], i};
	qsort(places, list->count, sizeof(*places), compare);
	for (size_t i = 1; i < list->count; i++)
		if (places[i].address == places[i - 1].address)
			list->addresses[places[i].index] = 0;
	for (size_t i = 0; i < list->count; i++)
		if (list->addresses[i])
			list->addresses[kept++] = list->addresses[i];
	list->count = kept;
	return NULL;
}

/* ---------------------------------------------------------------------------------- */

static bool is_same(const struct sonde_linux_mount_list *one,
	const struct sonde_linux_mount_list *other)
{
	return !one->incomplete && one->count == other->count &&
	       (!one->count || !memcmp(one->addresses, other->addresses,
				       one->count * sizeof(*one->addresses)));
}

static struct sonde_error *find_links(
	struct sonde_linux *kernel, struct sonde_linux_mount_links *ret, bool *is_tree)
{
	const struct sonde_types *types;

	CHECK(sonde_linux_types_find(&kernel->types, &types));
	CHECK(sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), ret));
	*is_tree = !ret->list.present || !ret->list_link.present;
	if (!*is_tree)
		return NULL;
	CHECK(sonde_fields_resolve(types, tree_wishes, ARRAY_SIZE(tree_wishes), ret));
	if (ret->tree_link.present)
		return NULL;
	return sonde_error_create(SONDE_ERROR_NOT_FOUND,
		"'struct mount' has neither 'mnt_list' nor 'mnt_node'");
}

struct sonde_error *sonde_linux_mount_list_read(
	struct sonde_linux *kernel, uint64_t address, struct sonde_linux_mount_list *ret)
{
	struct sonde_linux_mount_list before = {.count = 0};
	struct sonde_linux_mount_links links;
	struct sonde_error *error;
	bool is_tree, same = false;

	*ret = before;
	CHECK(find_links(kernel, &links, &is_tree));
	for (unsigned i = 0; i < TRIES && !same; i++) {
		sonde_linux_mount_list_deinit(&before);
		before = *ret;
		*ret = (struct sonde_linux_mount_list){.count = 0};
		error = is_tree ? walk_tree(kernel, &links, address, ret)
				: walk_list(kernel, &links, address + links.list.offset,
					  ret);
		if (!error)
			error = drop_doubles(ret);
		if (error) {
			sonde_linux_mount_list_deinit(&before);
			return error;
		}
		same = i && is_same(&before, ret);
	}
	sonde_linux_mount_list_deinit(&before);
	if (!same && !ret->incomplete)
		ret->incomplete = "what is mounted changed again and again";
	return NULL;
}

void sonde_linux_mount_list_deinit(struct sonde_linux_mount_list *list)
{
	free(list->addresses);
	*list = (struct sonde_linux_mount_list){.count = 0};
}
