/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of many names a user may have meant. */
#ifndef SONDE_CLI_SIMILAR_H
#define SONDE_CLI_SIMILAR_H

#include <stdbool.h>
#include <stddef.h>

enum {
	CLI_SIMILAR_MAX = 4,
};

struct cli_similar {
	const char *wanted;
	const char *names[CLI_SIMILAR_MAX];
	unsigned distances[CLI_SIMILAR_MAX];
	size_t count;
	/** Names are copied, and so need not outlive this; release it then. */
	bool copies;
};

/** Offers one more name; the best are kept. @p name outlives @p similar, unless that
 * copies. */
void cli_similar_offer(struct cli_similar *similar, const char *name);

/** Frees copies. */
void cli_similar_deinit(struct cli_similar *similar);

/** "did you mean A, B or C?"; NULL: nothing is close. The caller frees. */
char *cli_similar_hint(const struct cli_similar *similar);

#endif
