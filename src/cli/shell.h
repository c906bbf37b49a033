/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of the shell: where lines come from (an editor on a terminal, plain
 * reading elsewhere), how they fall into words, what completes them.
 */
#ifndef SONDE_CLI_SHELL_H
#define SONDE_CLI_SHELL_H

#include "cli.h"

enum cli_line {
	CLI_LINE_READ,
	/** A signal came: what was typed is void. */
	CLI_LINE_ABANDONED,
	CLI_LINE_END,
};

struct cli_editor;

struct cli_shell {
	struct cli *cli;
	/** NULL: lines are read plainly. */
	struct cli_editor *editor;
	/** What was read plainly and is not used yet. */
	char *buffer;
	size_t length, capacity;
	/** The target's connection failed while it ran: it is not looked at again. */
	bool deaf;
};

/* --- input ---------------------------------------------------------------------- */

/**
 * Waits until stdin has something, and meanwhile takes care of the running target.
 * Sets *@p said to whether something was printed. False: a signal came.
 */
bool cli_shell_wait(struct cli_shell *shell, bool *said);

/** Reads a line without an editor; the caller frees @p ret. */
enum cli_line cli_shell_read_plain(struct cli_shell *shell, char **ret);

/* --- the editor ----------------------------------------------------------------- */

/** NULL: there is none; libedit is loaded here. */
struct cli_editor *cli_editor_create(struct cli_shell *shell);

/** Gives the terminal back as it was found, and takes it again. */
void cli_editor_leave(struct cli_editor *editor);
void cli_editor_return(struct cli_editor *editor);

/** Keeps the history. NULL is allowed. */
void cli_editor_destroy(struct cli_editor *editor);

/** As cli_shell_read_plain(). */
enum cli_line cli_editor_read(struct cli_editor *editor, char **ret);

/* --- words ---------------------------------------------------------------------- */

struct cli_words {
	char **words;
	size_t count;
};

/**
 * Splits @p line at blanks; '..' and ".." keep them, a backslash keeps the next
 * character, # begins a comment. Reports what is wrong.
 */
int cli_words_split(struct cli *cli, const char *line, struct cli_words *ret);
void cli_words_deinit(struct cli_words *words);

/* --- completion ----------------------------------------------------------------- */

struct cli_candidates {
	/** Borrowed from the command table and the target, or from @ref symbols. */
	const char **names;
	size_t count;
	/** Names of symbols, copied; owned. */
	char **symbols;
	size_t symbol_count;
	/** Where the name that they complete begins. */
	size_t start;
	/** It does in the midst of a word: no blank shall follow. */
	bool in_word;
};

/** What could stand at @p cursor of @p line. The caller deinitializes @p ret. */
void cli_candidates_init(
	struct cli *cli, const char *line, size_t cursor, struct cli_candidates *ret);
void cli_candidates_deinit(struct cli_candidates *candidates);

/** How many characters all candidates begin with. */
size_t cli_candidates_common(const struct cli_candidates *candidates);

#endif
