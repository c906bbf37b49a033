/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is known of the kernel that was found. */
#include <string.h>

#include "cache.h"
#include "debug_info.h"
#include "kernel.h"
#include "log.h"
#include "space_search.h"
#include "vmcoreinfo.h"

/* CONFIG_PHYSICAL_START is 16 MiB wherever the kernel can be moved. */
#define X86_TEXT UINT64_C(0xffffffff81000000)

/* KERNEL_LINK_ADDR (arch/riscv/include/asm/pgtable.h). */
#define RISCV64_START UINT64_C(0xffffffff80000000)

struct sonde_linux *sonde_linux_below(struct sonde_target *target)
{
	while (target && target->symbols != &sonde_linux_symbol_facet)
		target = target->below;
	return target ? sonde_linux_of(target) : NULL;
}

struct sonde_error *sonde_kernel_find(struct sonde_target *target)
{
	struct sonde_linux *kernel = sonde_linux_below(target);

	if (!kernel)
		return sonde_error_suggest(
			sonde_error_while(sonde_error_create(SONDE_ERROR_UNSUPPORTED,
						  "this is the machine level"),
				"looking for the kernel of %s",
				sonde_target_name(target)),
			"--level kernel looks for one");
	return sonde_linux_find(kernel);
}

/* *@p ret is left alone where there is no such symbol. */
static struct sonde_error *find(
	struct sonde_linux *kernel, const char *name, uint64_t *ret, bool *found)
{
	struct sonde_symbol symbol = {.address = 0};

	CHECK(sonde_linux_own_in_memory(kernel, name, &symbol, found));
	if (*found)
		*ret = symbol.address;
	return NULL;
}

/* The kernel's own: those of kernels before it may be in memory still. The first one,
 * where it has no symbols to tell. */
static struct sonde_error *scan(
	struct sonde_linux *kernel, struct sonde_vmcoreinfo *ret, bool *found)
{
	uint64_t from = 0, text = 0, stext = 0;

	CHECK(find(kernel, "_stext", &text, found));
	for (unsigned i = 0; i < SONDE_VMCOREINFO_TRIES; i++) {
		CHECK(sonde_vmcoreinfo_scan(
			sonde_target_base(&kernel->target), &from, ret, found));
		if (!*found || !text ||
			(sonde_vmcoreinfo_hex(ret, "SYMBOL(_stext)", &stext) &&
				stext == text))
			return NULL;
	}
	*found = false;
	return NULL;
}

struct sonde_error *sonde_linux_vmcoreinfo_find(
	struct sonde_linux *kernel, struct sonde_vmcoreinfo *ret, bool *found)
{
	struct sonde_target *machine = sonde_target_base(&kernel->target);
	uint8_t page[SONDE_VMCOREINFO_MAX];
	struct sonde_error *error;
	uint64_t address;

	CHECK(find(kernel, "vmcoreinfo_data", &address, found));
	if (!*found) {
		const char *means = sonde_target_memory_means(machine);

		/* On x86 its symbol is there if any is. */
		if ((machine->arch == &sonde_arch_x86_64 && kernel->symbols) ||
			(strcmp(means, "mmap") != 0 && strcmp(means, "process") != 0))
			return NULL;
		return scan(kernel, ret, found);
	}
	*found = false;
	error = sonde_space_read_integer(&kernel->space.space, address, 8, &address);
	if (!error)
		error = sonde_space_read(
			&kernel->space.space, address, page, sizeof(page));
	if (sonde_error_is(error, SONDE_ERROR_FAULT)) {
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	*found = sonde_vmcoreinfo_parse(page, sizeof(page), ret);
	return NULL;
}

/* It names files: hexadecimal, or it is none. */
static void take_build_id(
	const struct sonde_vmcoreinfo *info, struct sonde_kernel_info *ret)
{
	char text[sizeof(ret->build_id)];

	if (sonde_vmcoreinfo_text(info, "BUILD-ID", text, sizeof(text)) &&
		sonde_build_id_is_sane(text))
		memcpy(ret->build_id, text, sizeof(text));
}

struct sonde_error *sonde_linux_identify(
	struct sonde_linux *kernel, struct sonde_kernel_info *ret)
{
	CLEANUP(cleanup_free) struct sonde_vmcoreinfo *info = malloc(sizeof(*info));
	const struct sonde_arch *arch = sonde_target_base(&kernel->target)->arch;
	bool found;

	if (!info)
		return sonde_error_no_memory();
	CHECK(find(kernel, "_text", &ret->text, &found));
	if (!found)
		CHECK(find(kernel, "_stext", &ret->text, &found));
	CHECK(sonde_linux_vmcoreinfo_find(kernel, info, &found));
	if (found) {
		take_build_id(info, ret);
		ret->slide_known =
			sonde_vmcoreinfo_hex(info, "KERNELOFFSET", &ret->slide);
	}
	if (!ret->slide_known && arch == &sonde_arch_x86_64 && ret->text) {
		ret->slide = ret->text - X86_TEXT;
		ret->slide_known = true;
	}
	if (!ret->slide_known && arch == &sonde_arch_riscv64) {
		CHECK(find(kernel, "_start", &ret->slide, &ret->slide_known));
		ret->slide -= ret->slide_known ? RISCV64_START : 0;
	}
	return NULL;
}

static struct sonde_error *find_types_of_file(
	struct sonde_linux *kernel, struct sonde_kernel_info *ret)
{
	struct sonde_symbol_file *file;
	struct sonde_dwarf *dwarf;
	struct sonde_error *error;

	CHECK(sonde_linux_symbol_file_find(kernel, true, &file));
	if (!file)
		return NULL;
	if (sonde_symbol_file_has_types(file)) {
		ret->types = "btf";
		ret->symbol_file = file->path;
		return NULL;
	}
	error = sonde_linux_dwarf_find(kernel, &dwarf);
	if (!error && dwarf) {
		ret->types = "dwarf";
		ret->symbol_file = file->path;
	}
	if (!sonde_error_is(error, SONDE_ERROR_UNSUPPORTED))
		return error;
	sonde_log(&kernel->target.sonde->log, SONDE_LOG_WARNING, "%s: %s",
		sonde_error_what(error), sonde_error_why(error));
	sonde_error_destroy(error);
	return NULL;
}

/*
 * The header of BTF (linux/btf.h): magic, version, flags, its own length, and the offset
 * of the types, which follow it. It is where a symbol says, or in what is no code.
 */
static struct sonde_error *find_types(
	struct sonde_linux *kernel, struct sonde_kernel_info *ret)
{
	static const uint8_t header[12] = {0x9f, 0xeb, 1, 0, 24};
	const struct sonde_linux_image *image = &kernel->image;
	uint64_t place = sonde_linux_place(kernel, kernel->places.types);
	uint64_t first = image->code_end, last = image->last;
	bool found, known = false;

	CHECK(find(kernel, "__start_BTF", &first, &found));
	if (found)
		last = first + sizeof(header) - 1;
	else if (place)
		CHECK(sonde_space_search(&kernel->image_space.space, place,
			place + sizeof(header) - 1, header, sizeof(header), &place,
			&known));
	if (known)
		first = place;
	else
		CHECK(sonde_space_search(&kernel->image_space.space, first, last, header,
			sizeof(header), &first, &known));
	if (!known)
		return find_types_of_file(kernel, ret);
	ret->types = "btf";
	if (!found)
		kernel->places.types = first - image->first;
	return NULL;
}

/* --- all of it -------------------------------------------------------------------- */

/* Without symbols in memory, where the text is follows from the file. */
static struct sonde_error *fill_symbols(
	struct sonde_linux *kernel, struct sonde_kernel_info *ret)
{
	const struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	struct sonde_error *error = sonde_linux_own_count(kernel, &ret->symbols);

	if (sonde_error_is(error, SONDE_ERROR_UNSUPPORTED)) {
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	if (!files->file || !files->file->symbols)
		return NULL;
	ret->symbol_file = files->file->path;
	if (!ret->text)
		ret->text = files->first + files->slide;
	if (!ret->slide_known)
		ret->slide = files->slide;
	ret->slide_known = true;
	return NULL;
}

struct sonde_error *sonde_kernel_info(
	struct sonde_target *target, struct sonde_kernel_info *ret)
{
	struct sonde_kernel_info info = {.types = "none"};
	struct sonde_linux *kernel = sonde_linux_below(target);

	if (ret->size < sizeof(ret->size))
		return sonde_error_create(SONDE_ERROR_INVALID,
			"struct sonde_kernel_info does not tell its size");
	if (!kernel)
		return sonde_kernel_find(target);
	CHECK(sonde_linux_find(kernel));
	info.size = ret->size < sizeof(info) ? ret->size : sizeof(info);
	memcpy(info.release, kernel->banner.release, sizeof(info.release));
	memcpy(info.version, kernel->banner.version, sizeof(info.version));
	CHECK(sonde_linux_identify(kernel, &info));
	CHECK(fill_symbols(kernel, &info));
	CHECK(find_types(kernel, &info));
	CHECK(sonde_linux_cache_store(kernel));
	memcpy(ret, &info, info.size);
	return NULL;
}
