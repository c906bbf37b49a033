/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>

#include "line.h"
#include "target.h"

/* The first level from @p target down that knows lines. */
static struct sonde_error *find_level(
	struct sonde_target *target, struct sonde_target **ret)
{
	struct sonde_target *level = target;

	while (level && !level->lines)
		level = level->below;
	if (!level)
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_UNSUPPORTED,
				"lines of source code are the kernel level's, this is "
				"the machine level"),
			"--level kernel looks for a kernel");
	*ret = level;
	return NULL;
}

struct sonde_error *sonde_line_at(
	struct sonde_target *target, uint64_t address, struct sonde_line *ret)
{
	struct sonde_error *error = find_level(target, &target);
	bool found = false;

	if (!error)
		error = target->lines->at(target, address, ret, &found);
	if (!error && !found)
		error = sonde_error_create(SONDE_ERROR_NOT_FOUND,
			"nothing tells what this address was compiled from");
	return sonde_error_while(error, "looking for the line of 0x%" PRIx64, address);
}

struct sonde_error *sonde_line_find(struct sonde_target *target, const char *file,
	unsigned line, struct sonde_line *ret_line, uint64_t **ret, size_t *count)
{
	struct sonde_error *error = find_level(target, &target);

	if (!error)
		error = target->lines->find(target, file, line, ret_line, ret, count);
	return sonde_error_while(error, "looking for %s:%u", file, line);
}

struct sonde_error *sonde_line_inlines(struct sonde_target *target, uint64_t address,
	struct sonde_inline **ret, size_t *count)
{
	struct sonde_error *error = find_level(target, &target);

	if (!error)
		error = target->lines->inlines(target, address, ret, count);
	return sonde_error_while(
		error, "looking for the functions at 0x%" PRIx64, address);
}

struct sonde_error *sonde_target_locals(struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_local **ret, size_t *count)
{
	struct sonde_error *error = find_level(target, &target);

	if (!error)
		error = target->lines->locals(target, thread, ret, count);
	return sonde_error_while(error, "looking for the variables of CPU %u's function",
		sonde_thread_number(thread));
}
