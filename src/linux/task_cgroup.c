/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The control group of a task, in the unified hierarchy: task->cgroups->dfl_cgrp->kn, and
 * of that the names up to the root. Container engines give each container one, which has
 * the container's number in its name.
 */
#include <string.h>

#include "kernel.h"
#include "space_search.h"
#include "task_list.h"

enum {
	PATH_BYTES = 4096,
	/** NAME_MAX, and a NUL. */
	NAME_BYTES = 256,
	DEPTH_MAX = 256,
	/** Of a container's number: SHA-256 in hexadecimal. */
	DIGITS = 64,
};

/* Filled from its end. */
struct path {
	char text[PATH_BYTES];
	size_t first;
};

static struct sonde_error *put_name(
	struct sonde_linux_task_reader *reader, uint64_t address, struct path *path)
{
	char name[NAME_BYTES];
	size_t got, length;

	if (!(address >> 63))
		return sonde_error_fault(address, "this is no address of the kernel's");
	CHECK(sonde_space_read_part(reader->space, address, name, sizeof(name), &got));
	length = strnlen(name, got);
	if (length == got || length + 1 > path->first)
		return sonde_error_create(
			SONDE_ERROR_BAD_DATA, "the name of a control group has no end");
	path->first -= length + 1;
	path->text[path->first] = '/';
	memcpy(path->text + path->first + 1, name, length);
	return NULL;
}

/* The root has no parent, and its name is not part of a path. */
static struct sonde_error *climb(
	struct sonde_linux_task_reader *reader, uint64_t node, struct path *path)
{
	const struct sonde_linux_cgroup_fields *fields = &reader->layout->cgroup;
	uint64_t parent, name;

	path->first = sizeof(path->text) - 1;
	path->text[path->first] = '\0';
	for (unsigned depth = 0; depth < DEPTH_MAX; depth++) {
		CHECK(sonde_linux_task_read_field(
			reader, &fields->node_parent, node, &parent));
		if (!parent) {
			if (!path->text[path->first])
				path->text[--path->first] = '/';
			return NULL;
		}
		CHECK(sonde_linux_task_read_field(
			reader, &fields->node_name, node, &name));
		CHECK(put_name(reader, name, path));
		node = parent;
	}
	return sonde_error_create(SONDE_ERROR_BAD_DATA, "control groups have no root");
}

static bool is_digit(char character)
{
	return (character >= '0' && character <= '9') ||
	       (character >= 'a' && character <= 'f');
}

static bool is_word(char character)
{
	return is_digit(character) || (character >= 'g' && character <= 'z') ||
	       (character >= 'A' && character <= 'Z');
}

/* The innermost: containers may be in containers. NULL: there is none. */
static const char *find_container(const char *path)
{
	const char *found = NULL;

	while (*path) {
		size_t digits = 0, length = 0;

		while (is_digit(path[digits]))
			digits++;
		while (is_word(path[length]))
			length++;
		if (digits == DIGITS && length == digits)
			found = path;
		path += length ? length : 1;
	}
	return found;
}

static struct sonde_error *read_path(struct sonde_linux_task_reader *reader,
	uint64_t group, struct sonde_linux_known_cgroup *known)
{
	const char *container;
	struct path path;
	uint64_t node;

	*known = (struct sonde_linux_known_cgroup){.address = 0};
	CHECK(sonde_linux_task_read_field(
		reader, &reader->layout->cgroup.node, group, &node));
	CHECK(climb(reader, node, &path));
	CHECK(sonde_text_pool_add_bytes(&reader->tasks->texts, path.text + path.first,
		sizeof(path.text) - 1 - path.first, &known->path));
	container = find_container(path.text + path.first);
	if (container)
		CHECK(sonde_text_pool_add_bytes(
			&reader->tasks->texts, container, DIGITS, &known->container));
	known->address = group;
	return NULL;
}

struct sonde_error *sonde_linux_task_read_cgroup(
	struct sonde_linux_task_reader *reader, struct sonde_task *task)
{
	const struct sonde_linux_task_layout *layout = reader->layout;
	struct sonde_linux_known_cgroup *known;
	uint64_t group;

	if (!layout->task.cgroups.present || !layout->cgroup.group.present ||
		!layout->cgroup.node.present || !layout->cgroup.node_parent.present)
		return NULL;
	CHECK(sonde_linux_task_read_field(reader, &layout->cgroup.group,
		sonde_record_integer(&layout->task.cgroups, reader->copy), &group));
	known = &reader->cgroups[(group >> 10) % SONDE_LINUX_KNOWN_CGROUPS];
	if (known->address != group)
		CHECK(read_path(reader, group, known));
	task->cgroup = known->path;
	task->container = known->container;
	if (task->cgroup)
		task->known |= SONDE_TASK_CGROUP;
	return NULL;
}
