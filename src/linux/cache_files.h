/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cache's directory and its files. Only those are looked at that are this user's and
 * that nobody else can write, and no symbolic link is followed below the user's directory
 * for caches. A file is called BUILD-ID-NOTE, both hexadecimal: see struct
 * sonde_linux_places, of which its content is the text.
 */
#ifndef SONDE_LINUX_CACHE_FILES_H
#define SONDE_LINUX_CACHE_FILES_H

#include "places.h"

enum {
	/** So many builds are kept; the oldest file makes room. */
	SONDE_LINUX_CACHE_FILES_MAX = 64,
};

/** The directory's descriptor, to be closed; -1: there is none that can be used. With
 * @p make it is made where it is missing. */
int sonde_linux_cache_open(bool make);

/** Closes *@p directory unless it is negative; for CLEANUP(). */
void sonde_linux_cache_close(int *directory);

/** What the names of the files tell: fills in @ref build_id and @ref note. Returns how
 * many there are. */
unsigned sonde_linux_cache_list(
	int directory, struct sonde_linux_places ret[SONDE_LINUX_CACHE_FILES_MAX]);

/** Reads the file that @p name tells of, which @p ret has to agree with. */
bool sonde_linux_cache_read(int directory, const struct sonde_linux_places *name,
	struct sonde_linux_places *ret);

/** Writes a file, which is there as a whole or not at all. */
bool sonde_linux_cache_write(int directory, const struct sonde_linux_places *places);

#endif
