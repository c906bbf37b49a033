/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "btf.h"
#include "linux_image.h"

static void must(struct sonde_error *error)
{
	if (!error)
		return;
	fprintf(stderr, "%s: %s\n", sonde_error_what(error), sonde_error_why(error));
	abort();
}

/* --- memory ----------------------------------------------------------------------- */

static bool is_inside(const struct linux_image *image, uint64_t address, size_t bytes)
{
	return bytes <= image->bytes && address >= LINUX_IMAGE_BASE &&
	       address - LINUX_IMAGE_BASE <= image->bytes - bytes;
}

static struct sonde_error *read_image(
	struct linux_image *image, uint64_t address, uint8_t *buffer, size_t length)
{
	uint64_t there = address - LINUX_IMAGE_BASE;
	size_t got = 0;

	image->read_bytes += length;
	if (++image->reads == image->when)
		image->happens(image);
	if (address >= LINUX_IMAGE_BASE && there < image->bytes) {
		got = image->bytes - (size_t)there;
		if (got > length)
			got = length;
		memcpy(buffer, image->data + there, got);
	}
	if (got == length || (!got && image->elsewhere &&
				     image->elsewhere(image, address, buffer, length)))
		return NULL;
	return sonde_error_fault(address + got, NULL);
}

static struct sonde_error *read_space(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	return read_image(CONTAINER_OF(space, struct linux_image, kernel.space.space),
		address, buffer, length);
}

static struct sonde_error *read_image_space(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	return read_image(
		CONTAINER_OF(space, struct linux_image, kernel.image_space.space),
		address, buffer, length);
}

static struct sonde_error *virtual_space(struct sonde_target *target,
	struct sonde_thread *thread, struct sonde_space **ret)
{
	(void)thread;
	*ret = &sonde_linux_of(target)->space.space;
	return NULL;
}

static const char *means(const struct sonde_target *target)
{
	return CONTAINER_OF(target, struct linux_image, kernel.target)->means;
}

static const struct sonde_memory_facet memory_facet = {
	.virtual_space = virtual_space,
	.means = means,
};

/* --- the kernel ------------------------------------------------------------------- */

static void make_spaces(struct linux_image *image)
{
	static const struct sonde_space_ops ops = {.read = read_space};
	static const struct sonde_space_ops image_ops = {.read = read_image_space};
	struct sonde_space space = {
		.ops = &ops,
		.name = "virtual",
		.page_bytes = 4096,
		.limit = UINT64_MAX,
		.epoch = &image->kernel.target.epoch,
	};

	image->kernel.space.space = space;
	space.ops = &image_ops;
	image->kernel.image_space.space = space;
	image->kernel.image = (struct sonde_linux_image){
		.first = LINUX_IMAGE_BASE,
		.last = LINUX_IMAGE_BASE + image->bytes - 1,
		.code_end = LINUX_IMAGE_BASE,
	};
}

static void make_target(struct linux_image *image)
{
	struct sonde_target *target = &image->kernel.target;

	must(sonde_target_init(target, image->sonde, "image"));
	target->kind = "Linux";
	target->arch = &sonde_arch_x86_64;
	target->observable = true;
	target->memory = &memory_facet;
	target->symbols = &sonde_linux_symbol_facet;
	target->types = &sonde_linux_type_facet;
	image->kernel.found = true;
	image->kernel.epoch = target->epoch;
}

static void make_types(struct linux_image *image, const char *text)
{
	struct sonde_linux_types *types = &image->kernel.types;

	sonde_linux_types_init(types, &image->kernel);
	btf_begin(&image->btf, NULL);
	c_types_add(&image->btf, text);
	btf_finish(&image->btf);
	must(sonde_btf_create(
		image->btf.out.data, image->btf.out.length, NULL, 8, &types->types));
}

void linux_image_begin(struct linux_image *image, size_t bytes, const char *types)
{
	*image = (struct linux_image){.bytes = bytes, .means = "mmap"};
	image->data = calloc(2, bytes);
	if (!image->data)
		abort();
	image->pristine = image->data + bytes;
	must(sonde_context_create(NULL, &image->sonde));
	make_target(image);
	make_spaces(image);
	make_types(image, types);
	/* As if it had a file for them, in place of kallsyms. */
	must(sonde_symbol_table_create(&image->symbols.symbols));
	image->kernel.symbol_files.state = SONDE_LINUX_FILE_SETTLED;
	image->kernel.symbol_files.file = &image->symbols;
	image->kernel.symbol_files.first = image->kernel.image.first;
	image->kernel.symbol_files.last = image->kernel.image.last;
}

void linux_image_ready(struct linux_image *image)
{
	must(sonde_symbol_table_finish(image->symbols.symbols));
	memcpy(image->pristine, image->data, image->bytes);
}

void linux_image_restore(struct linux_image *image)
{
	memcpy(image->data, image->pristine, image->bytes);
	sonde_linux_modules_forget(&image->kernel.modules);
	image->kernel.epoch = ++image->kernel.target.epoch;
	image->reads = image->read_bytes = 0;
}

void linux_image_end(struct linux_image *image)
{
	image->kernel.symbol_files.file = NULL;
	sonde_linux_forget(&image->kernel);
	sonde_linux_types_deinit(&image->kernel.types);
	sonde_target_deinit(&image->kernel.target);
	sonde_symbol_table_destroy(image->symbols.symbols);
	btf_end(&image->btf);
	sonde_destroy(image->sonde);
	free(image->data);
}

/* --- what is in it ---------------------------------------------------------------- */

uint64_t linux_image_allocate(struct linux_image *image, size_t bytes)
{
	size_t at = (image->used + 63) & ~(size_t)63;

	if (at > image->bytes || bytes > image->bytes - at) {
		fprintf(stderr, "the image is too small\n");
		abort();
	}
	image->used = at + bytes;
	return LINUX_IMAGE_BASE + at;
}

void linux_image_symbol(struct linux_image *image, const char *name, uint64_t address)
{
	must(sonde_symbol_table_add(
		image->symbols.symbols, address, 'D', name, strlen(name)));
}

void *linux_image_at(struct linux_image *image, uint64_t address, size_t bytes)
{
	if (!is_inside(image, address, bytes)) {
		fprintf(stderr, "0x%llx is not in the image\n",
			(unsigned long long)address);
		abort();
	}
	return image->data + (address - LINUX_IMAGE_BASE);
}

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

void linux_image_put(
	struct linux_image *image, uint64_t address, uint64_t value, unsigned bytes)
{
	put(linux_image_at(image, address, bytes), value, bytes);
}

static struct sonde_type find_type(struct linux_image *image, const char *name)
{
	struct sonde_type type;

	must(sonde_types_find(image->kernel.types.types, name, &type));
	return type;
}

static struct sonde_type_member find_member(
	struct linux_image *image, const char *type, const char *name)
{
	struct sonde_type_member member;

	must(sonde_type_find_member(find_type(image, type), name, &member));
	return member;
}

size_t linux_image_sizeof(struct linux_image *image, const char *type)
{
	uint64_t bytes;

	must(sonde_type_bytes(find_type(image, type), &bytes));
	return (size_t)bytes;
}

size_t linux_image_offset(struct linux_image *image, const char *type, const char *member)
{
	return (size_t)(find_member(image, type, member).bit_offset / 8);
}

void linux_image_set(struct linux_image *image, uint64_t address, const char *type,
	const char *member, uint64_t value)
{
	struct sonde_type_member found = find_member(image, type, member);
	uint64_t bytes;

	must(sonde_type_bytes(found.type, &bytes));
	if (found.bit_size || bytes > 8) {
		fprintf(stderr, "'%s' is no whole integer\n", member);
		abort();
	}
	linux_image_put(image, address + found.bit_offset / 8, value, (unsigned)bytes);
}

void linux_image_fill(struct linux_image *image, uint64_t address, const char *type,
	const char *member, const void *data, size_t length)
{
	address += linux_image_offset(image, type, member);
	memcpy(linux_image_at(image, address, length), data, length);
}

void linux_image_list(
	struct linux_image *image, uint64_t head, const uint64_t *links, size_t count)
{
	uint64_t last = head;

	for (size_t i = 0; i <= count; i++) {
		uint64_t link = i == count ? head : links[i];

		linux_image_put(image, last, link, 8);
		linux_image_put(image, link + 8, last, 8);
		last = link;
	}
}

/* --- changes ---------------------------------------------------------------------- */

static uint32_t number(const uint8_t *data, unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = bytes; i > 0; i--)
		value = value << 8 | data[i - 1];
	return value;
}

static void change(struct linux_image *image, const uint8_t *data)
{
	/* What the test has put there, and not the rest. */
	size_t room = image->used > 8 ? image->used - 8 : 1;
	uint8_t *there = image->data + number(data + 1, 3) % room;
	uint32_t value = number(data + 4, 4);

	switch (data[0] % 6) {
	case 0:
		*there = (uint8_t)value;
		break;
	case 1:
		put(there, value, 4);
		break;
	case 2:
		put(there, (uint64_t)(int32_t)value, 8);
		break;
	case 3:
		put(there, LINUX_IMAGE_BASE + value % room, 8);
		break;
	case 4:
		memmove(there, image->data + value % room, 8);
		break;
	case 5:
		put(there, (uint64_t)value << 32, 8);
		break;
	}
}

void linux_image_change(struct linux_image *image, const uint8_t *data, size_t size)
{
	for (size_t at = 0; at + LINUX_IMAGE_CHANGE <= size; at += LINUX_IMAGE_CHANGE)
		change(image, data + at);
}
