/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel that exists only as some bytes, for unit tests and fuzz targets of what walks
 * a kernel's structures: it counts as found, has the types and the symbols that a test
 * gives it, and everything but its bytes faults.
 *
 *	linux_image_begin(&image, 1 << 16, "struct list_head { ... };");
 *	head = linux_image_allocate(&image, 16);
 *	linux_image_symbol(&image, "modules", head);
 *	module = linux_image_allocate(&image, linux_image_sizeof(&image, "struct
 *module")); linux_image_set(&image, module, "struct module", "refcnt.counter", 7);
 *	linux_image_ready(&image);
 *	... sonde_something(&image.kernel.target, ...) ...
 *	linux_image_end(&image);
 */
#ifndef SONDE_TESTS_LINUX_IMAGE_H
#define SONDE_TESTS_LINUX_IMAGE_H

#include "c_types.h"
#include "kernel.h"

#define LINUX_IMAGE_BASE UINT64_C(0xffffffff81000000)

struct linux_image {
	struct sonde_linux kernel;
	struct sonde *sonde;
	struct btf_builder btf;
	struct sonde_symbol_file symbols;
	/** At LINUX_IMAGE_BASE: the kernel's image, and all else that there is. */
	uint8_t *data;
	size_t bytes;
	/** As it was when it was ready. */
	uint8_t *pristine;
	/** Where the next allocation begins. */
	size_t used;
	/** Reads that were made, of so many bytes. */
	uint64_t reads, read_bytes;
	/** Before the read with the number @ref when, from 1, this happens. */
	uint64_t when;
	void (*happens)(struct linux_image *image);
	/** NULL, or fills in what is asked for outside of the image; false: a fault. */
	bool (*elsewhere)(struct linux_image *image, uint64_t address, uint8_t *buffer,
		size_t length);
	/** What sonde_target_memory_means() says; "mmap" unless it is set. */
	const char *means;
};

/** An empty one of @p bytes with @p types (c_types.h). */
void linux_image_begin(struct linux_image *image, size_t bytes, const char *types);

/** No symbols come any more; what is in it now is what linux_image_restore() restores. */
void linux_image_ready(struct linux_image *image);

/** Its bytes as they were, and everything that was remembered is forgotten. */
void linux_image_restore(struct linux_image *image);

void linux_image_end(struct linux_image *image);

/** The address of so many bytes that nobody has, aligned to 64. */
uint64_t linux_image_allocate(struct linux_image *image, size_t bytes);

void linux_image_symbol(struct linux_image *image, const char *name, uint64_t address);

/** Where @p address lies in our own memory; it has @p bytes there. */
void *linux_image_at(struct linux_image *image, uint64_t address, size_t bytes);

void linux_image_put(
	struct linux_image *image, uint64_t address, uint64_t value, unsigned bytes);

/** In bytes. */
size_t linux_image_sizeof(struct linux_image *image, const char *type);

/** @p member as sonde_type_find_member() takes it: "mem.base". */
size_t linux_image_offset(
	struct linux_image *image, const char *type, const char *member);

/** A member of the structure at @p address that is an integer or a pointer. */
void linux_image_set(struct linux_image *image, uint64_t address, const char *type,
	const char *member, uint64_t value);

/** A member that is an array of bytes: @p length of them. */
void linux_image_fill(struct linux_image *image, uint64_t address, const char *type,
	const char *member, const void *data, size_t length);

/** Makes a list of the @p count links (struct list_head) at @p links, behind @p head. */
void linux_image_list(
	struct linux_image *image, uint64_t head, const uint64_t *links, size_t count);

enum {
	/** Of a change (bytes). */
	LINUX_IMAGE_CHANGE = 8,
};

/**
 * Changes that a fuzzer makes, of LINUX_IMAGE_CHANGE bytes each: what is done, where (3
 * bytes), and a number (4 bytes). A byte, 4 or 8 bytes are set to the number, to an
 * address in the image, or to 8 bytes from elsewhere in it.
 */
void linux_image_change(struct linux_image *image, const uint8_t *data, size_t size);

#endif
