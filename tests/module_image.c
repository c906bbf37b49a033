/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "module_image.h"

enum {
	IMAGE_BYTES = 32 << 10,
	CODE_BYTES = 1024,
	/** Of a struct elf64_sym. */
	ENTRY_BYTES = 24,
	STRING_BYTES = 16,
};

#define BEGIN                                                                        \
	"struct list_head { struct list_head *next, *prev; };"                       \
	"struct mod_kallsyms { void *symtab; unsigned int num_symtab; char *strtab;" \
	"	char *typetab; };"                                                         \
	"struct kernel_symbol { int value_offset, name_offset, namespace_offset; };" \
	"struct module_use { struct list_head source_list, target_list;"             \
	"	struct module *source, *target; };"                                        \
	"enum module_state { LIVE, COMING, GOING, UNFORMED };"                       \
	"struct module {"                                                            \
	"	enum module_state state; struct list_head list; char name[56];"            \
	"	struct kernel_symbol *syms; unsigned int num_syms;"
#define END                                                     \
	"	struct mod_kallsyms *kallsyms; unsigned long taints;" \
	"	struct list_head source_list, target_list;"           \
	"	struct { int counter; } refcnt; };"

static const char *const types[MODULE_LAYOUTS] = {
	[MODULE_LAYOUT_CORE] = BEGIN "	struct { void *base; unsigned int size, "
				     "text_size; } core_layout, init_layout;" END,
	[MODULE_LAYOUT_MEM] =
		"struct module_memory { void *base; unsigned int size; };" BEGIN
		"	struct module_memory mem[7];" END,
};

static void set(
	struct module_image *image, unsigned number, const char *member, uint64_t value)
{
	linux_image_set(
		&image->fake, image->modules[number], "struct module", member, value);
}

static uint64_t link_of(struct module_image *image, unsigned number, const char *member)
{
	return image->modules[number] +
	       linux_image_offset(&image->fake, "struct module", member);
}

static void put_entry(
	struct linux_image *fake, uint64_t entry, unsigned number, uint64_t address)
{
	linux_image_put(fake, entry, number * STRING_BYTES, 4);
	linux_image_put(fake, entry + 6, number ? 1 : 0, 2);
	linux_image_put(fake, entry + 8, address, 8);
	linux_image_put(fake, entry + 16, 32, 8);
}

static void add_symbols(struct module_image *image, unsigned number)
{
	static const char kallsyms_type[] = "struct mod_kallsyms";
	struct linux_image *fake = &image->fake;
	/* The first one of an ELF symbol table is none. */
	unsigned count = MODULE_IMAGE_SYMBOLS + 1;
	uint64_t kallsyms =
		linux_image_allocate(fake, linux_image_sizeof(fake, kallsyms_type));
	uint64_t entries = linux_image_allocate(fake, count * ENTRY_BYTES);
	uint64_t strings = linux_image_allocate(fake, count * STRING_BYTES + 512);
	uint64_t letters = linux_image_allocate(fake, count);
	uint64_t exported = linux_image_allocate(fake, 12);

	for (unsigned i = 0; i < count; i++) {
		put_entry(fake, entries + i * ENTRY_BYTES, i,
			image->code[number] + 32 * (uint64_t)(i - 1));
		if (i)
			snprintf(linux_image_at(
					 fake, strings + i * STRING_BYTES, STRING_BYTES),
				STRING_BYTES, "m%u_s%u", number, i - 1);
		linux_image_put(fake, letters + i, 't', 1);
	}
	linux_image_set(fake, kallsyms, kallsyms_type, "symtab", entries);
	linux_image_set(fake, kallsyms, kallsyms_type, "num_symtab", count);
	linux_image_set(fake, kallsyms, kallsyms_type, "strtab", strings);
	linux_image_set(fake, kallsyms, kallsyms_type, "typetab", letters);
	set(image, number, "kallsyms", kallsyms);
	linux_image_put(fake, exported, image->code[number] + 32 - exported, 4);
	set(image, number, "syms", exported);
	set(image, number, "num_syms", 1);
}

static void add_module(struct module_image *image, unsigned number)
{
	struct linux_image *fake = &image->fake;
	char name[8];

	image->modules[number] =
		linux_image_allocate(fake, linux_image_sizeof(fake, "struct module"));
	image->code[number] = linux_image_allocate(fake, CODE_BYTES);
	snprintf(name, sizeof(name), "m%u", number);
	linux_image_fill(fake, image->modules[number], "struct module", "name", name,
		strlen(name) + 1);
	set(image, number, "refcnt.counter", 1 + number);
	set(image, number, "taints", 1 << number);
	set(image, number, "state", number == 3 ? 2 : 0);
	linux_image_list(fake, link_of(image, number, "source_list"), NULL, 0);
	linux_image_list(fake, link_of(image, number, "target_list"), NULL, 0);
	if (image->layout == MODULE_LAYOUT_CORE) {
		set(image, number, "core_layout.base", image->code[number]);
		set(image, number, "core_layout.size", CODE_BYTES);
		set(image, number, "init_layout.size", 0);
	} else {
		uint64_t mem = image->modules[number] +
			       linux_image_offset(fake, "struct module", "mem");

		linux_image_put(fake, mem, image->code[number], 8);
		linux_image_put(fake, mem + 8, CODE_BYTES / 2, 4);
		linux_image_put(fake, mem + 32, image->code[number] + CODE_BYTES / 2, 8);
		linux_image_put(fake, mem + 40, CODE_BYTES / 2, 4);
	}
	add_symbols(image, number);
}

/* The module @p user uses @p used (struct module_use). */
static void add_use(
	struct module_image *image, unsigned used, unsigned user, uint64_t use)
{
	struct linux_image *fake = &image->fake;
	uint64_t link =
		use + linux_image_offset(fake, "struct module_use", "source_list");

	linux_image_set(fake, use, "struct module_use", "source", image->modules[user]);
	linux_image_set(fake, use, "struct module_use", "target", image->modules[used]);
	linux_image_list(fake, link_of(image, used, "source_list"), &link, 1);
}

void module_image_begin(struct module_image *image, enum module_layout layout)
{
	struct linux_image *fake = &image->fake;
	uint64_t links[MODULE_IMAGE_MODULES];
	size_t use_bytes;

	linux_image_begin(fake, IMAGE_BYTES, types[layout]);
	image->layout = layout;
	image->head = linux_image_allocate(fake, 16);
	linux_image_symbol(fake, "modules", image->head);
	for (unsigned i = 0; i < MODULE_IMAGE_MODULES; i++) {
		add_module(image, i);
		links[i] = link_of(image, i, "list");
	}
	linux_image_list(fake, image->head, links, MODULE_IMAGE_MODULES);
	use_bytes = linux_image_sizeof(fake, "struct module_use");
	add_use(image, 0, 2, linux_image_allocate(fake, use_bytes));
	add_use(image, 1, 2, linux_image_allocate(fake, use_bytes));
	linux_image_ready(fake);
}

void module_image_end(struct module_image *image)
{
	linux_image_end(&image->fake);
}
