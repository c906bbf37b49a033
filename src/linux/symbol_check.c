/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a file is of the kernel in memory. Its build-id says so where both have one;
 * then symbols that both have must be equally far apart, or, where memory has none, its
 * banner must be where the banner is. So the distance is found, too: KASLR's slide.
 */
#include <inttypes.h>
#include <string.h>

#include "kernel.h"

enum {
	/** So many symbols are compared, spread over all of the file's. */
	SAMPLES = 64,
	/** A kernel begins with a page. */
	ALIGNMENT = 4096,
};

static struct sonde_error *refuse(const struct sonde_symbol_file *file,
	struct sonde_error *error, const struct sonde_linux *kernel)
{
	return sonde_error_suggest(
		sonde_error_while(
			error, "using \"%s\" for the guest's kernel", file->path),
		"name the vmlinux or System.map of this very build%s%s",
		*kernel->banner.release ? ": " : "", kernel->banner.release);
}

/* --- what it says of itself ------------------------------------------------------- */

static struct sonde_error *check_identity(
	struct sonde_linux *kernel, const struct sonde_symbol_file *file, bool *proved)
{
	const char *architecture = sonde_target_base(&kernel->target)->arch->name;
	struct sonde_kernel_info info = {.text = 0};

	*proved = false;
	if (file->elf && strcmp(file->architecture, architecture) != 0)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"it is for %s, and the guest is %s",
			*file->architecture ? file->architecture : "another machine",
			architecture);
	if (!*file->build_id)
		return NULL;
	CHECK(sonde_linux_identify(kernel, &info));
	if (*info.build_id && strcmp(info.build_id, file->build_id) != 0)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"its build-id is %s, and that of the guest's kernel is %s",
			file->build_id, info.build_id);
	*proved = *info.build_id != '\0';
	return NULL;
}

/* --- by symbols ------------------------------------------------------------------- */

static bool find(const struct sonde_symbol_table *table, const char *name, uint64_t *ret)
{
	uint32_t index;

	if (!sonde_symbol_table_find(table, name, 0, &index))
		return false;
	*ret = sonde_symbol_table_address(table, index);
	return true;
}

/* From the first symbol of the image on all are moved: x86 has some behind _end, too. */
static void measure(
	struct sonde_linux_symbol_files *files, const struct sonde_symbol_table *table)
{
	uint32_t count = sonde_symbol_table_count(table);

	if (!find(table, "_text", &files->first) && !find(table, "_stext", &files->first))
		files->first = sonde_symbol_table_address(table, 0);
	files->last = sonde_symbol_table_address(table, count - 1);
}

static struct sonde_error *find_anchor(struct sonde_linux *kernel,
	const struct sonde_symbol_table *table, uint64_t *slide)
{
	static const char *const names[] = {"_text", "_stext", "schedule"};
	struct sonde_symbol symbol;
	uint64_t address = 0;
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(names) && !found; i++)
		if (find(table, names[i], &address))
			CHECK(sonde_kallsyms_find(
				kernel->symbols, names[i], 0, &symbol, &found));
	if (!found)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"it has neither _text nor _stext, as a kernel has");
	*slide = symbol.address - address;
	return NULL;
}

/* The next one from @p index on that is worth comparing: global code. */
static bool next_sample(const struct sonde_symbol_table *table, uint32_t *index)
{
	uint32_t count = sonde_symbol_table_count(table), other;

	for (; *index < count; ++*index)
		if (sonde_symbol_table_kind(table, *index) == 'T' &&
			!sonde_symbol_table_find(
				table, sonde_symbol_table_name(table, *index), 1, &other))
			return true;
	return false;
}

/* *@p known: memory has it, and then at @p address. */
static struct sonde_error *compare(
	struct sonde_linux *kernel, const char *name, uint64_t address, bool *known)
{
	struct sonde_symbol symbol;

	CHECK(sonde_kallsyms_find(kernel->symbols, name, 0, &symbol, known));
	if (!*known || symbol.address == address)
		return NULL;
	return sonde_error_create(SONDE_ERROR_INVALID,
		"it is of another kernel: '%s' would be at 0x%" PRIx64
		", and in memory it is at 0x%" PRIx64,
		name, address, symbol.address);
}

static struct sonde_error *compare_samples(
	struct sonde_linux *kernel, const struct sonde_symbol_table *table)
{
	const struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	uint64_t count = sonde_symbol_table_count(table);
	unsigned compared = 0, agreed = 0;

	for (unsigned i = 0; i < SAMPLES; i++) {
		uint32_t index = (uint32_t)(count * i / SAMPLES);
		bool known;

		if (!next_sample(table, &index))
			break;
		CHECK(compare(kernel, sonde_symbol_table_name(table, index),
			sonde_symbol_table_address(table, index) + files->slide, &known));
		compared++;
		agreed += known;
	}
	if (2 * agreed < compared || !agreed)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"it is of another kernel: of %u functions memory has %u",
			compared, agreed);
	return NULL;
}

/* --- by the banner ---------------------------------------------------------------- */

/* fs/proc/version.c prints by it; it lies beside the banner, and does not depend on it.
 */
static struct sonde_error *check_second_banner(
	struct sonde_linux *kernel, const struct sonde_symbol_table *table, bool *good)
{
	static const char wanted[] = "%s version %s";
	char there[sizeof(wanted) - 1];
	struct sonde_error *error;
	uint64_t address;

	*good = true;
	if (!find(table, "linux_proc_banner", &address))
		return NULL;
	error = sonde_space_read(&kernel->image_space.space,
		address + kernel->symbol_files.slide, there, sizeof(there));
	*good = !error && !memcmp(there, wanted, sizeof(there));
	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

static struct sonde_error *check_banner(
	struct sonde_linux *kernel, const struct sonde_symbol_table *table)
{
	struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	uint64_t address;
	bool good;

	if (!find(table, "linux_banner", &address) || !*kernel->banner.text)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"nothing tells where its symbols are: memory has no symbols, %s",
			*kernel->banner.text ? "the file no linux_banner"
					     : "and no banner");
	files->slide = kernel->banner.address - address;
	CHECK(check_second_banner(kernel, table, &good));
	if (files->slide % ALIGNMENT || !good)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"it is of another kernel: linux_banner is at 0x%" PRIx64
			" in it and at 0x%" PRIx64
			" in memory, and linux_proc_banner is not as far away",
			address, kernel->banner.address);
	return NULL;
}

/* ---------------------------------------------------------------------------------- */

static struct sonde_error *check(
	struct sonde_linux *kernel, const struct sonde_symbol_file *file)
{
	struct sonde_linux_symbol_files *files = &kernel->symbol_files;
	bool proved;

	CHECK(check_identity(kernel, file, &proved));
	if (!file->symbols && !proved)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"it has no symbols, and %s no build-id: nothing tells that it "
			"belongs to this kernel",
			*file->build_id ? "the guest's kernel shows" : "it has");
	if (!file->symbols)
		return NULL;
	measure(files, file->symbols);
	if (!kernel->symbols)
		return check_banner(kernel, file->symbols);
	CHECK(find_anchor(kernel, file->symbols, &files->slide));
	return compare_samples(kernel, file->symbols);
}

struct sonde_error *sonde_linux_symbol_file_check(
	struct sonde_linux *kernel, const struct sonde_symbol_file *file)
{
	struct sonde_error *error = check(kernel, file);

	return sonde_error_is(error, SONDE_ERROR_INVALID) ? refuse(file, error, kernel)
							  : error;
}
