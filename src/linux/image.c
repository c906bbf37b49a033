/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * x86_64 (Documentation/arch/x86/x86_64/mm.rst): the image is mapped at
 * 0xffffffff80000000 and up, within 1 GiB, where KASLR puts it. With page table isolation
 * a CPU in user mode has tables that are the kernel's but for bit 12 of their address,
 * and map little of the image (arch/x86/mm/pti.c). The bit alone proves nothing, so both
 * are tried.
 *
 * aarch64 (Documentation/arch/arm64/memory.rst): the image is somewhere in the upper half
 * of the kernel's half, and VBAR_EL1 points into it. With isolation, in user mode,
 * TTBR1 is tramp_pg_dir, which the linker put some pages before swapper_pg_dir
 * (arch/arm64/kernel/vmlinux.lds.S), and VBAR points to a copy of the mapping.
 *
 * riscv64 (Documentation/riscv/vm-layout.rst): the image is within the last 2 GiB, and
 * every process's tables have it (to 5.12 it was in the linear mapping, which is not
 * looked for).
 */
#include <string.h>

#include "image.h"
#include "image_cache.h"
#include "space_search.h"

#define X86_FIRST UINT64_C(0xffffffff80000000)
#define X86_LAST  UINT64_C(0xffffffffbfffffff)
#define X86_USER  UINT64_C(0x1000)

#define RISCV64_FIRST UINT64_C(0xffffffff80000000)
#define RISCV64_LAST  UINT64_MAX

enum {
	/** Entries of tables that are looked at for one image. */
	WORK_MAX = 1 << 17,
	/** Between parts of an image: its .init sections (bytes). */
	HOLE_MAX = 16 << 20,
	/** Before the code of arm64's: SEGMENT_ALIGN (bytes). */
	HEAD_MAX = 64 << 10,
	/** There is no smaller kernel (bytes); user halves map less. */
	IMAGE_MIN = 2 << 20,
	/** On both sides of the anchor (bytes). */
	AROUND = 128 << 20,
};

static uint64_t bytes_of(const struct sonde_linux_image *image)
{
	return image->last - image->first + 1;
}

static bool belongs(
	const struct sonde_linux_image *image, const struct sonde_page_run *run)
{
	return run->physical - image->physical == run->address - image->first &&
	       run->address - image->last - 1 <= HOLE_MAX;
}

/* The image begins with code, at which end there may be a hole; or with a head, and then
 * code: arm64 from 6.12 on does not execute what is before _stext. */
static void add_run(struct sonde_linux_image *image, const struct sonde_page_run *run)
{
	bool first = image->code_end == image->first &&
		     run->address - image->first <= HEAD_MAX;

	if (run->executable && (first || run->address == image->code_end))
		image->code_end = run->last + 1;
	image->last = run->last;
}

static void begin(struct sonde_linux_image *image, const struct sonde_page_run *run)
{
	image->first = image->code_end = run->address;
	image->physical = run->physical;
	add_run(image, run);
}

/* The first that is large enough, and around @p anchor unless that is 0. */
static bool is_wanted(const struct sonde_linux_image *image, uint64_t anchor)
{
	return bytes_of(image) >= IMAGE_MIN && image->code_end > image->first &&
	       (!anchor || (anchor >= image->first && anchor <= image->last));
}

/*
 * Looks for an image between @p first and @p last. What is mapped otherwise, such as
 * modules, may lie between the parts of one: only what comes next to it is looked at.
 */
static struct sonde_error *search(struct sonde_space *physical,
	struct sonde_linux_image *image, uint64_t first, uint64_t last, uint64_t anchor,
	bool *found)
{
	unsigned work = WORK_MAX;
	bool begun = false;

	for (*found = false;;) {
		struct sonde_page_run run;
		bool more;

		CHECK(sonde_page_find_run(
			physical, &image->regime, first, last, &work, &run, &more));
		if (begun && (!more || !belongs(image, &run))) {
			*found = is_wanted(image, anchor);
			if (*found || !more)
				return NULL;
			begun = false;
		}
		if (!more)
			return NULL;
		if (begun)
			add_run(image, &run);
		else
			begin(image, &run);
		begun = true;
		if (run.last == last) {
			*found = is_wanted(image, anchor);
			return NULL;
		}
		first = run.last + 1;
	}
}

static struct sonde_page_range *upper_range(struct sonde_page_regime *regime)
{
	for (unsigned i = 0; i < regime->range_count; i++)
		if (regime->ranges[i].first >> 63)
			return &regime->ranges[i];
	return NULL;
}

/* --- x86_64 ----------------------------------------------------------------------- */

/* The tables of the kernel's own half first. */
static bool x86_tables(struct sonde_page_regime *regime, unsigned attempt)
{
	uint64_t root = regime->ranges[0].root;

	if (attempt > 1 || (attempt && !(root & X86_USER)))
		return false;
	for (unsigned i = 0; i < regime->range_count && !attempt; i++)
		regime->ranges[i].root = root & ~X86_USER;
	return true;
}

/* --- aarch64 ---------------------------------------------------------------------- */

/* Where the kernel's half has its upper half: above the linear mapping. */
static uint64_t half_of(const struct sonde_page_range *range)
{
	unsigned bits = range->bits < 48 ? range->bits : 48;

	return UINT64_MAX << (bits - 1);
}

static struct sonde_error *find_around(struct sonde_space *physical,
	struct sonde_linux_image *image, uint64_t anchor, bool *found)
{
	uint64_t half = half_of(upper_range(&image->regime));
	uint64_t first = anchor - AROUND, last = anchor + AROUND;

	*found = false;
	if (anchor >= half) {
		first = first < half || first > anchor ? half : first;
		last = last < anchor ? UINT64_MAX : last;
		CHECK(search(physical, image, first, last, anchor, found));
	}
	return *found ? NULL : search(physical, image, half, UINT64_MAX, 0, found);
}

static bool aarch64_tables(struct sonde_page_regime *regime, unsigned attempt)
{
	struct sonde_page_range *range = upper_range(regime);
	const struct sonde_page_format *format = range->format;

	range->root += (uint64_t)attempt << format->levels[format->level_count - 1].shift;
	return attempt < SONDE_LINUX_IMAGE_ATTEMPTS;
}

bool sonde_linux_image_tables(
	const struct sonde_arch *arch, struct sonde_page_regime *regime, unsigned attempt)
{
	if (!upper_range(regime))
		return false;
	if (arch == &sonde_arch_x86_64)
		return x86_tables(regime, attempt);
	if (arch == &sonde_arch_riscv64)
		return attempt == 0;
	return arch == &sonde_arch_aarch64 && aarch64_tables(regime, attempt);
}

bool sonde_linux_image_is_known(const struct sonde_arch *arch)
{
	return arch == &sonde_arch_x86_64 || arch == &sonde_arch_aarch64 ||
	       arch == &sonde_arch_riscv64;
}

struct sonde_error *sonde_linux_image_find(const struct sonde_arch *arch,
	struct sonde_space *physical, const struct sonde_page_regime *regime,
	uint64_t anchor, unsigned attempt, struct sonde_linux_image *ret, bool *found)
{
	*found = false;
	*ret = (struct sonde_linux_image){.regime = *regime};
	if (!sonde_linux_image_tables(arch, &ret->regime, attempt))
		return NULL;
	if (arch == &sonde_arch_x86_64)
		return search(physical, ret, X86_FIRST, X86_LAST, 0, found);
	if (arch == &sonde_arch_riscv64)
		return search(physical, ret, RISCV64_FIRST, RISCV64_LAST, 0, found);
	return find_around(physical, ret, anchor, found);
}

/* --- without page tables ---------------------------------------------------------- */

enum {
	/** Kernels are mapped in pages of that size where they can be (bytes). */
	STRIDE = 2 << 20,
	/** What is smaller than that may be mapped at the beginning (bytes). */
	FINE = 64 << 10,
	STRIDES_MAX = 512,
};

static struct sonde_error *can_read(
	struct sonde_space *memory, uint64_t address, bool *ret)
{
	uint8_t byte;
	size_t got;

	CHECK(sonde_space_read_part(memory, address, &byte, 1, &got));
	*ret = got == 1;
	return NULL;
}

/* Moves *@p address down by @p step as long as there is something. */
static struct sonde_error *descend(
	struct sonde_space *memory, uint64_t step, unsigned count, uint64_t *address)
{
	bool more = true;

	for (unsigned i = 0; i < count && (*address - step) >> 63; i++) {
		CHECK(can_read(memory, *address - step, &more));
		if (!more)
			return NULL;
		*address -= step;
	}
	return NULL;
}

/* The last address of what begins at @p address, over holes that an image may have. */
static struct sonde_error *ascend(
	struct sonde_space *memory, uint64_t address, uint64_t *ret)
{
	*ret = address | (STRIDE - 1);
	for (unsigned i = 0; i < STRIDES_MAX && ~*ret >= STRIDE; i++) {
		uint64_t next = (address | (STRIDE - 1)) + 1 + (uint64_t)i * STRIDE;
		bool there;

		if (next - *ret > HOLE_MAX || next < address)
			break;
		CHECK(can_read(memory, next, &there));
		if (there)
			*ret = next + STRIDE - 1;
	}
	return NULL;
}

struct sonde_error *sonde_linux_image_probe(struct sonde_space *memory, uint64_t pc,
	struct sonde_linux_image *ret, bool *found)
{
	uint64_t first = pc & ~(uint64_t)(FINE - 1);

	*ret = (struct sonde_linux_image){.code_end = pc};
	*found = false;
	if (!(pc >> 63))
		return NULL;
	CHECK(can_read(memory, pc, found));
	if (!*found)
		return NULL;
	CHECK(descend(memory, STRIDE, STRIDES_MAX, &first));
	CHECK(descend(memory, FINE, STRIDE / FINE, &first));
	CHECK(ascend(memory, pc, &ret->last));
	ret->first = ret->physical = first;
	return NULL;
}

/* --- the image as a space --------------------------------------------------------- */

static struct sonde_linux_image_space *own(struct sonde_space *space)
{
	return CONTAINER_OF(space, struct sonde_linux_image_space, space);
}

static struct sonde_error *read_image(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	struct sonde_linux_image_space *image = own(space);
	uint64_t physical = image->target + (address - image->first);
	struct sonde_error *error;
	size_t within = length;

	if (address < image->first || address > image->last)
		return sonde_error_fault(address, "it is not in the kernel's image");
	if (length - 1 > image->last - address)
		within = (size_t)(image->last - address) + 1;
	if (image->cache)
		error = sonde_linux_image_cache_read(image->cache, *space->epoch,
			image->physical, physical, buffer, within);
	else
		error = sonde_space_read(image->physical, physical, buffer, within);
	if (sonde_error_is(error, SONDE_ERROR_FAULT)) {
		uint64_t done = sonde_error_address(error) - physical;

		sonde_error_destroy(error);
		return sonde_error_fault(address + (done < within ? done : 0),
			"the kernel's image has a hole here");
	}
	CHECK(error);
	return within == length ? NULL
				: sonde_error_fault(image->last + 1,
					  "the kernel's image ends here");
}

/* A part of the window of the physical space, which may be much larger. */
static struct sonde_error *look_image(
	struct sonde_space *space, uint64_t address, struct sonde_window *ret)
{
	struct sonde_linux_image_space *image = own(space);
	uint64_t physical = image->target + (address - image->first), before, left;

	*ret = (struct sonde_window){.address = address};
	if (!image->physical->ops->look || address < image->first ||
		address > image->last)
		return NULL;
	CHECK(image->physical->ops->look(image->physical, physical, ret));
	if (!ret->length)
		return NULL;
	before = physical - ret->address;
	/* From the beginning of the image on, at most. */
	if (before > address - image->first) {
		uint64_t cut = before - (address - image->first);

		ret->host += cut;
		ret->length -= cut;
		ret->present_first += cut / SONDE_WINDOW_PAGE_BYTES;
		before -= cut;
	}
	ret->address = address - before;
	left = image->last - ret->address;
	if (ret->length - 1 > left)
		ret->length = left + 1;
	return NULL;
}

void sonde_linux_image_space_init(struct sonde_linux_image_space *ret,
	struct sonde_space *physical, const struct sonde_linux_image *image)
{
	static const struct sonde_space_ops ops = {
		.read = read_image,
		.look = look_image,
	};

	*ret = (struct sonde_linux_image_space){
		.space =
			{
				.ops = &ops,
				.name = "kernel",
				.page_bytes = physical->page_bytes,
				.limit = UINT64_MAX,
				.big_endian = physical->big_endian,
				.epoch = physical->epoch,
			},
		.physical = physical,
		.first = image->first,
		.last = image->last,
		.target = image->physical,
	};
}

struct sonde_error *sonde_linux_image_space_keep(struct sonde_linux_image_space *image)
{
	if (!image->cache)
		image->cache = calloc(1, sizeof(*image->cache));
	return image->cache ? NULL : sonde_error_no_memory();
}

void sonde_linux_image_space_deinit(struct sonde_linux_image_space *image)
{
	sonde_space_deinit(&image->space);
	if (image->cache)
		sonde_linux_image_cache_clear(image->cache);
	free(image->cache);
	image->cache = NULL;
}
