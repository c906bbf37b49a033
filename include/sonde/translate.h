/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From virtual addresses to physical ones, step by step. */
#ifndef SONDE_TRANSLATE_H
#define SONDE_TRANSLATE_H

#include <sonde/target.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	SONDE_TRANSLATION_LEVELS_MAX = 6,
};

/** One entry that was read on the way. */
struct sonde_translation_step {
	/** As the architecture's manual calls it: "PML4", "PDPT", "PD", "PT", "level 0".
	 * Never freed. */
	const char *name;
	/** Physical address of the entry. */
	uint64_t entry_address;
	uint64_t entry;
};

struct sonde_translation {
	uint64_t virtual_address;
	uint64_t physical_address;
	/** Size of the page that it is in; 0: the address is not translated, or whoever
	 * translated does not tell. */
	uint64_t page_bytes;
	/** What all levels together allow; meaningless unless permissions_known. */
	bool writable, executable, user;
	bool permissions_known;
	/** The entries that were read; 0 where somebody else did the walk. */
	unsigned step_count;
	struct sonde_translation_step steps[SONDE_TRANSLATION_LEVELS_MAX];
};

/**
 * Translates @p address as @p thread does at the moment (NULL: the thread that stopped
 * last). SONDE_ERROR_FAULT where nothing is mapped there; SONDE_ERROR_UNSUPPORTED where
 * the registers that tell the page tables cannot be had.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_translate(
	struct sonde_target *target, struct sonde_thread *thread, uint64_t address,
	struct sonde_translation *ret);

#ifdef __cplusplus
}
#endif

#endif
