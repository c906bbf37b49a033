/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is needed of a module's structures. Those that are optional come and go. */
#ifndef SONDE_LINUX_MODULE_FIELDS_H
#define SONDE_LINUX_MODULE_FIELDS_H

#include "type_fields.h"

struct sonde_linux_module_fields {
	struct sonde_field next, list, name, state;
	struct sonde_field kallsyms, symtab, num_symtab, strtab, typetab;
	/** What remains of them after the module's beginning. */
	struct sonde_field core_kallsyms;
	/** Where it lies: one part to 6.3, several from 6.4 on. */
	struct sonde_field core_base, core_size, mem, mem_part, mem_base, mem_size;
	/** What it exports to whatever licence. */
	struct sonde_field syms, num_syms;
	struct sonde_field export, value_offset;
};

#endif
