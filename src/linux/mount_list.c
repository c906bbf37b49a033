/* SPDX-License-Identifier: LGPL-2.1-or-later */
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
		CHECK(sonde_linux_addresses_add(
			&ret->addresses, link - links->list_link.offset));
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
		good = ret->addresses.count < MOUNTS_MAX;
		if (!good)
			break;
		CHECK(sonde_linux_addresses_add(
			&ret->addresses, node - links->tree_link.offset));
		CHECK(read_link(kernel, &links->right, node, &node, &good));
	}
	ret->incomplete = good ? NULL : "the tree of mounts does not fit together";
	return NULL;
}

/* ---------------------------------------------------------------------------------- */

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
	struct sonde_linux_mount_list before = {.incomplete = NULL};
	struct sonde_linux_mount_links links;
	struct sonde_error *error;
	bool is_tree, same = false;

	*ret = before;
	CHECK(find_links(kernel, &links, &is_tree));
	for (unsigned i = 0; i < TRIES && !same; i++) {
		sonde_linux_mount_list_deinit(&before);
		before = *ret;
		*ret = (struct sonde_linux_mount_list){.incomplete = NULL};
		error = is_tree ? walk_tree(kernel, &links, address, ret)
				: walk_list(kernel, &links, address + links.list.offset,
					  ret);
		if (!error)
			error = sonde_linux_addresses_drop_doubles(&ret->addresses);
		if (error) {
			sonde_linux_mount_list_deinit(&before);
			return error;
		}
		same = i && !before.incomplete &&
		       sonde_linux_addresses_are_same(&before.addresses, &ret->addresses);
	}
	sonde_linux_mount_list_deinit(&before);
	if (!same && !ret->incomplete)
		ret->incomplete = "what is mounted changed again and again";
	return NULL;
}

void sonde_linux_mount_list_deinit(struct sonde_linux_mount_list *list)
{
	sonde_linux_addresses_deinit(&list->addresses);
	*list = (struct sonde_linux_mount_list){.incomplete = NULL};
}
