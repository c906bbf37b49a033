/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's modules, and the symbols that each brings along (struct mod_kallsyms).
 * Both change while the kernel runs, so they are read anew in each epoch; and all of it
 * is the guest's: lists may have no end, numbers may be anything.
 */
#ifndef SONDE_LINUX_MODULE_H
#define SONDE_LINUX_MODULE_H

#include <sonde/symbol.h>

struct sonde_linux;

enum {
	/** As many parts as a module's memory has (enum mod_mem_type). */
	SONDE_LINUX_MODULE_RANGES = 8,
};

struct sonde_linux_module_range {
	uint64_t first, bytes;
};

struct sonde_linux_module_symbol {
	uint64_t address, bytes;
	/** Within the module's strings; they have a NUL within a symbol's length. */
	uint32_t name;
	char kind;
};

struct sonde_linux_module {
	/** Of its struct module. */
	uint64_t address;
	char name[SONDE_SYMBOL_MODULE_BYTES];
	struct sonde_linux_module_range ranges[SONDE_LINUX_MODULE_RANGES];
	unsigned range_count;
	/** Owned. */
	struct sonde_linux_module_symbol *symbols;
	uint32_t symbol_count;
	char *strings;
	/** Of what was read for these. */
	size_t bytes;
};

struct sonde_linux_modules {
	/** Whether they were read, and in which epoch. */
	bool known;
	uint64_t epoch;
	/** In the order of the kernel's list. Owned. */
	struct sonde_linux_module *list;
	size_t count;
	/** Of all of them. */
	uint64_t symbol_count;
	uint64_t bytes;
	/**
	 * Those who see modules come and go: as long as there is one, what was read holds
	 * in later epochs, too, unless the first of the list is another one, or one was
	 * on its way in or out.
	 */
	unsigned followers;
	uint64_t head, first;
	bool unsettled;
};

/** Who follows has seen one come or go. */
void sonde_linux_modules_have_changed(struct sonde_linux_modules *modules);

/**
 * The modules of this epoch; there are none where the kernel's types do not tell where
 * they are. Borrowed until the next epoch.
 */
SONDE_NODISCARD struct sonde_error *sonde_linux_modules_find(
	struct sonde_linux *kernel, const struct sonde_linux_modules **ret);
void sonde_linux_modules_forget(struct sonde_linux_modules *modules);

/** The head of the kernel's list of modules. SONDE_ERROR_NOT_FOUND: nobody knows. */
SONDE_NODISCARD struct sonde_error *sonde_linux_modules_head(
	struct sonde_linux *kernel, uint64_t *ret);

/** The symbol at @p index of all modules' symbols, below their number. */
void sonde_linux_modules_get(const struct sonde_linux_modules *modules, uint64_t index,
	struct sonde_symbol *ret);

/** The one with the @p number of those that are called @p name; false: there is none. */
bool sonde_linux_modules_find_symbol(const struct sonde_linux_modules *modules,
	const char *name, unsigned number, struct sonde_symbol *ret);

/** The one that @p address belongs to; false: it is no module's. */
bool sonde_linux_modules_at(const struct sonde_linux_modules *modules, uint64_t address,
	struct sonde_symbol *ret);

/** The part @p number, from 0, of what modules have loaded: from its first function to
 * the end of the last one; @p bytes of 0: it has none. False: there are no more parts. */
bool sonde_linux_modules_code(const struct sonde_linux_modules *modules, unsigned number,
	uint64_t *address, uint64_t *bytes);

/* --- between module.c and module_symbols.c ----------------------------------------- */

struct sonde_linux_module_fields;

/** Reads the symbols of @p module, whose address and name are known. */
SONDE_NODISCARD struct sonde_error *sonde_linux_module_read_symbols(
	struct sonde_linux *kernel, const struct sonde_linux_module_fields *fields,
	struct sonde_linux_module *module);

#endif
