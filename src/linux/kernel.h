/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel target: what its parts know of each other. */
#ifndef SONDE_LINUX_KERNEL_H
#define SONDE_LINUX_KERNEL_H

#include <sonde/kernel.h>

#include "banner.h"
#include "image.h"
#include "kallsyms.h"
#include "line.h"
#include "module.h"
#include "own_symbols.h"
#include "page_plan.h"
#include "places.h"
#include "symbol_files.h"
#include "target.h"
#include "type_fields.h"
#include "types.h"

/** The kernel's address space: a walk over physical memory by the kernel's tables. */
struct sonde_linux_space {
	struct sonde_space space;
	struct sonde_page_tables tables;
};

struct sonde_linux_task_layout;
struct sonde_linux_view;

struct sonde_linux_shown_fields {
	/** What they were looked up in; NULL: nothing yet. */
	const struct sonde_types *types;
	struct sonde_field pid, tgid, comm, start_time;
};

struct sonde_linux {
	struct sonde_target target;
	enum sonde_kernel_view view;
	/** What follows is of the kernel that was found. */
	bool found;
	/** In which it was found, or seen to be the same still, or not found. */
	uint64_t epoch;
	/** When a CPU was asked last whether it runs it (sonde_clock_ns()). */
	uint64_t asked;
	/** Why it was not found; owned. NULL: it was, or was not looked for. */
	struct sonde_error *missing;
	struct sonde_linux_image image;
	struct sonde_linux_image_space image_space;
	struct sonde_linux_space space;
	/** Its text is empty where there is none. */
	struct sonde_linux_banner banner;
	/** NULL: there are none. */
	struct sonde_kallsyms *symbols;
	/** What completes them. */
	struct sonde_linux_symbol_files symbol_files;
	struct sonde_linux_types types;
	struct sonde_linux_modules modules;
	/** Where members of tasks lie; NULL: nobody has asked yet. Owned. */
	struct sonde_linux_task_layout *task_layout;
	/** Places in the image, as far as they are known; and what the cache has. */
	struct sonde_linux_places places, cached;
	/** x86: where a CPU's own variables have the current task; 0: not looked for. */
	uint64_t current_variable;
	/** Members of tasks that are shown at each hit of a probe. */
	struct sonde_linux_shown_fields shown;
	/** How threads see memory, one each; kept when the kernel is gone. */
	struct sonde_linux_view *views;
};

static inline struct sonde_linux *sonde_linux_of(struct sonde_target *target)
{
	return CONTAINER_OF(target, struct sonde_linux, target);
}

/** The address of a place in the image; 0: it is not known, or not in there. */
static inline uint64_t sonde_linux_place(const struct sonde_linux *kernel, uint64_t place)
{
	const struct sonde_linux_image *image = &kernel->image;

	return place && place <= image->last - image->first ? image->first + place : 0;
}

/**
 * What may lie between two members of a structure that one read takes along (bytes), for
 * sonde_record_plan(): the dearer a read is, the more.
 */
uint64_t sonde_linux_record_gap(const struct sonde_linux *kernel);

/** How large the kernel's pages are (bytes), where its tables are known; else 4096. */
uint64_t sonde_linux_page_bytes(const struct sonde_linux *kernel);

/** The kernel level of @p target, or below it; NULL: there is none. */
struct sonde_linux *sonde_linux_below(struct sonde_target *target);

/** As sonde_kernel_find(). */
SONDE_NODISCARD struct sonde_error *sonde_linux_find(struct sonde_linux *kernel);

/** Whether a kernel that was found is the one that runs. */
enum sonde_linux_verdict {
	SONDE_LINUX_UNKNOWN,
	SONDE_LINUX_RUNS,
	SONDE_LINUX_GONE,
};

SONDE_NODISCARD struct sonde_error *sonde_linux_verify(
	const struct sonde_linux *kernel, enum sonde_linux_verdict *ret);

/** Whether the kernel that was found in another epoch is still the one there is. */
SONDE_NODISCARD struct sonde_error *sonde_linux_is_there_still(
	struct sonde_linux *kernel, bool *ret);

/** The same error once more: who asks again gets the same answer. */
struct sonde_error *sonde_linux_repeat(const struct sonde_error *error) NEVER_NULL;

/** What memory tells of where the kernel's text is, how far it was moved, and of its
 * build-id, which is "" unless it is sane. The rest of @p ret is left alone. */
SONDE_NODISCARD struct sonde_error *sonde_linux_identify(
	struct sonde_linux *kernel, struct sonde_kernel_info *ret);

/** Forgets the kernel that was found. */
void sonde_linux_forget(struct sonde_linux *kernel);

/** Fills in the kernel's address space, for the image that was found. */
void sonde_linux_space_init(struct sonde_linux_space *ret, struct sonde_target *machine,
	struct sonde_space *physical, const struct sonde_page_regime *regime);

/** Memory as @p thread sees it, completed by the kernel's. Lives as long as the target.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_view_find(struct sonde_linux *kernel,
	struct sonde_thread *thread, struct sonde_space **ret);
void sonde_linux_views_destroy(struct sonde_linux *kernel);

extern const struct sonde_memory_facet sonde_linux_memory_facet;
extern const struct sonde_symbol_facet sonde_linux_symbol_facet;
extern const struct sonde_line_facet sonde_linux_line_facet;
extern const struct sonde_task_facet sonde_linux_task_facet;

#endif
