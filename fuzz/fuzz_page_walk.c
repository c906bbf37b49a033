/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any registers, any address, any bytes as physical memory. The input is: one byte for
 * the architecture and for whether memory repeats itself, eight registers, the address,
 * a length; then the memory.
 */
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "error.h"
#include "macros.h"
#include "page_cache.h"
#include "page_plan.h"
#include "page_walk.h"

enum {
	REGISTERS = 8,
	HEAD_BYTES = 1 + REGISTERS * 8 + 8 + 2,
	SMALLEST_PAGE = 4096,
};

struct image {
	struct sonde_space space;
	uint64_t epoch;
	uint8_t *data;
	size_t length;
	/** Every address shows something: tables lead somewhere more often. */
	bool repeats;
	unsigned reads;
};

static const struct {
	const struct sonde_arch *arch;
	const char *names[REGISTERS];
} cpus[] = {
	{&sonde_arch_x86_64, {"cr0", "cr3", "cr4", "efer"}},
	{&sonde_arch_i386, {"cr0", "cr3", "cr4", "efer"}},
	{&sonde_arch_i386, {"cr0", "cr3", "cr4"}},
	{&sonde_arch_aarch64, {"SCTLR", "TCR_EL1", "TTBR0_EL1", "TTBR1_EL1"}},
	{&sonde_arch_aarch64, {"SCTLR_EL2", "TCR_EL2", "TTBR0_EL2", "TTBR1_EL2",
				      "HCR_EL2", "cpsr", "SCTLR", "TCR_EL1"}},
	{&sonde_arch_riscv64, {"satp", "priv"}},
	{&sonde_arch_riscv64, {"satp"}},
};

struct subject {
	unsigned cpu;
	uint64_t registers[REGISTERS];
};

/* A macro, so that a report names the line. */
#define expect(holds)            \
	do {                     \
		if (!(holds))    \
			abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where @p address is, or NULL. */
static const uint8_t *find(const struct image *image, uint64_t address)
{
	if (!image->length || (address >= image->length && !image->repeats))
		return NULL;
	return image->data + address % image->length;
}

static struct sonde_error *read_image(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	struct image *image = CONTAINER_OF(space, struct image, space);

	image->reads++;
	for (size_t i = 0; i < length; i++) {
		const uint8_t *byte = find(image, address + i);

		if (!byte)
			return sonde_error_fault(address + i, NULL);
		((uint8_t *)buffer)[i] = *byte;
	}
	return NULL;
}

static struct sonde_error *look(
	struct sonde_space *space, uint64_t address, struct sonde_window *ret)
{
	struct image *image = CONTAINER_OF(space, struct image, space);
	const uint8_t *byte = find(image, address);

	if (!byte)
		return sonde_error_fault(address, NULL);
	/* All of it, from before the address on. */
	*ret = (struct sonde_window){.address = address - (uint64_t)(byte - image->data),
		.length = image->length,
		.host = image->data};
	return NULL;
}

static const struct sonde_space_ops ops = {.read = read_image, .look = look};

static bool read_register(void *user, const char *name, uint64_t *ret)
{
	const struct subject *subject = user;

	for (unsigned i = 0; i < REGISTERS; i++) {
		const char *known = cpus[subject->cpu].names[i];

		if (known && !strcmp(known, name)) {
			*ret = subject->registers[i];
			return true;
		}
	}
	return false;
}

/* True: @p ret is where the address is; false: it is a fault of exactly that address. */
static bool walk(struct image *image, const struct sonde_page_regime *regime,
	uint64_t address, struct sonde_translation *ret)
{
	struct sonde_error *error;

	image->reads = 0;
	error = sonde_page_walk(&image->space, regime, address, ret);
	expect(image->reads <= SONDE_PAGE_LEVELS_MAX);
	if (!error)
		return true;
	expect(sonde_error_kind(error) == SONDE_ERROR_FAULT);
	expect(sonde_error_address(error) == address);
	sonde_error_destroy(error);
	return false;
}

static void check_walk(const struct image *image, const struct sonde_translation *found,
	const struct sonde_page_regime *regime)
{
	/* An entry in a page that was seen whole is not read again. */
	expect(found->step_count >= image->reads);
	if (!regime->range_count) {
		expect(found->physical_address == found->virtual_address);
		return;
	}
	expect(found->step_count > 0 && found->permissions_known);
	expect(found->page_bytes && !(found->page_bytes & (found->page_bytes - 1)));
	expect(!((found->physical_address ^ found->virtual_address) &
		 (found->page_bytes - 1)));
	for (unsigned i = 0; i < found->step_count; i++)
		expect(found->steps[i].name &&
			find(image, found->steps[i].entry_address));
}

static void check_look(struct image *image, const struct sonde_page_regime *regime,
	uint64_t address, const struct sonde_translation *found)
{
	struct sonde_space virtual = {.epoch = &image->epoch};
	struct sonde_window window;
	struct sonde_error *error =
		sonde_page_cache_look(&virtual, &image->space, regime, address, &window);
	const uint8_t *byte = found ? find(image, found->physical_address) : NULL;
	uint64_t offset;

	sonde_space_deinit(&virtual);
	/* That nothing is where a page is mapped to, reading tells. */
	expect(!error == (found != NULL));
	if (error) {
		expect(sonde_error_address(error) == address);
		sonde_error_destroy(error);
		return;
	}
	if (!window.length)
		return;
	offset = address - window.address;
	expect(byte && offset < window.length);
	expect(window.host + offset == byte);
	expect(window.host >= image->data);
	expect(window.length <= image->length - (size_t)(window.host - image->data));
	if (found->page_bytes)
		expect(!((window.address ^ (window.address + window.length - 1)) /
			 found->page_bytes));
}

/* After windows were seen: nothing, or the same page; and that is because of entries. */
static void check_find(struct image *image, const struct sonde_page_regime *regime,
	uint64_t address, const struct sonde_translation *found)
{
	struct sonde_page_tables tables = {.physical = &image->space, .regime = *regime};
	struct sonde_page_proof proof;
	const uint8_t *host;
	bool *broken;
	uint8_t *last;

	sonde_page_tables_plan(&tables);
	host = sonde_page_find(&tables, address, &broken, &proof);
	if (!host)
		return;
	expect(found && proof.count == found->step_count);
	expect(host == find(image, found->physical_address & ~(uint64_t)4095));
	expect(image->length - (size_t)(host - image->data) >= 4096);
	if (!proof.age)
		return;
	expect(sonde_page_proof_holds(&image->space, &proof));
	last = image->data + (proof.steps[proof.count - 1].host - image->data);
	*last ^= 1;
	expect(!sonde_page_proof_holds(&image->space, &proof));
	*last ^= 1;
}

/*
 * How many bytes can be read one by one, each page with a walk of its own. (Of a page
 * that is a group of entries, the first one that is met speaks for all.)
 */
static size_t read_slowly(struct image *image, const struct sonde_page_regime *regime,
	uint64_t address, uint8_t *buffer, size_t length)
{
	struct sonde_translation page;

	for (size_t i = 0; i < length; i++) {
		uint64_t at = address + i;
		const uint8_t *byte;

		if ((!i || (page.page_bytes && !(at % page.page_bytes))) &&
			!walk(image, regime, at, &page))
			return i;
		byte = find(image, page.physical_address + (at - page.virtual_address));
		if (!byte)
			return i;
		buffer[i] = *byte;
	}
	return length;
}

static void check_read(struct image *image, const struct sonde_page_regime *regime,
	uint64_t address, size_t length)
{
	uint8_t *slow = malloc(length ? length : 1), *fast = malloc(length ? length : 1);
	struct sonde_error *error =
		sonde_page_read(&image->space, regime, address, fast, length);
	size_t done = length;

	if (length && length - 1 > UINT64_MAX - address) {
		expect(error && sonde_error_kind(error) == SONDE_ERROR_FAULT);
	} else {
		done = read_slowly(image, regime, address, slow, length);
		expect(!error == (done == length));
		expect(!error || sonde_error_address(error) == address + done);
		expect(!memcmp(slow, fast, done));
	}
	sonde_error_destroy(error);
	free(slow);
	free(fast);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sonde_page_regime regime;
	struct sonde_translation found;
	struct subject subject;
	struct sonde_arch_reader reader = {read_register, &subject};
	struct image image;
	uint64_t address;
	uint16_t length;
	bool mapped;

	if (size < HEAD_BYTES)
		return 0;
	subject.cpu = (data[0] & 127) % ARRAY_SIZE(cpus);
	memcpy(subject.registers, data + 1, sizeof(subject.registers));
	memcpy(&address, data + 1 + sizeof(subject.registers), sizeof(address));
	memcpy(&length, data + HEAD_BYTES - 2, sizeof(length));
	if (!cpus[subject.cpu].arch->read_regime(&reader, &regime))
		return 0;
	expect(regime.name && regime.range_count <= SONDE_PAGE_RANGES_MAX);
	image = (struct image){.space = {.ops = &ops,
				       .name = "physical",
				       .page_bytes = SMALLEST_PAGE,
				       .limit = UINT64_MAX,
				       .epoch = &image.epoch},
		.length = size - HEAD_BYTES,
		.repeats = data[0] & 128};
	image.data = malloc(image.length ? image.length : 1);
	memcpy(image.data, data + HEAD_BYTES, image.length);
	mapped = walk(&image, &regime, address, &found);
	if (mapped)
		check_walk(&image, &found, &regime);
	/* First with a walk that reads, then by what it has seen. */
	check_look(&image, &regime, address, mapped ? &found : NULL);
	check_look(&image, &regime, address, mapped ? &found : NULL);
	check_find(&image, &regime, address, mapped ? &found : NULL);
	check_read(&image, &regime, address, length);
	sonde_space_deinit(&image.space);
	free(image.data);
	return 0;
}
