/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memory-test MIB FILE: for ever looks whether each word of its memory is what it wrote,
 * and writes others. FILE has the rounds that are complete and the words that were
 * wrong, in a line.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static uint64_t word(uint64_t round, uint64_t index)
{
	uint64_t value = (round << 32 | index) * 0x9e3779b97f4a7c15;

	return value ^ value >> 29;
}

int main(int argc, char **argv)
{
	size_t count = argc == 3 ? (size_t)atoi(argv[1]) << 17 : 0;
	int file = argc == 3 ? open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
	uint64_t *words = malloc(count * 8), wrong = 0;

	if (!count || !words || file < 0)
		return 1;
	for (uint64_t round = 0;; round++) {
		char line[64];
		int length;

		for (size_t i = 0; i < count; i++) {
			wrong += round && words[i] != word(round - 1, i);
			words[i] = word(round, i);
		}
		length = snprintf(line, sizeof(line), "%010llu %010llu\n",
			(unsigned long long)round, (unsigned long long)wrong);
		if (pwrite(file, line, (size_t)length, 0) != length)
			return 1;
	}
}
