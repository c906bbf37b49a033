/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Line editing by libedit, which is loaded when a shell starts on a terminal: only
 * its header is needed to build, and without it lines are read plainly.
 */
#include <dlfcn.h>
#include <errno.h>
#include <histedit.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ttydefaults.h>
#include <unistd.h>
#include <wchar.h>

#include "escape.h"
#include "history.h"
#include "shell.h"
#include "signals.h"

enum {
	HISTORY_LINES = 1000,
	/** Candidates beyond these are not listed. */
	LISTED_MAX = 200,
};

/*
 * The functions of libedit that we call. Its callbacks need them before they can
 * ask whose they are, so they are global; loaded once.
 */
static struct libedit {
	__typeof__(el_init) *init;
	__typeof__(el_end) *end;
	__typeof__(el_set) *set;
	__typeof__(el_get) *get;
	__typeof__(el_gets) *gets;
	__typeof__(el_line) *line;
	__typeof__(el_insertstr) *insertstr;
	__typeof__(history_init) *history_init;
	__typeof__(history_end) *history_end;
	__typeof__(history) *history;
} libedit;

struct cli_editor {
	struct cli_shell *shell;
	EditLine *line;
	History *history;
	/** NULL: there is nowhere to keep it. */
	char *history_path;
	/** A signal ended the line. */
	bool abandoned;
};

static bool load(void)
{
	static const char *const names[] = {"el_init", "el_end", "el_set", "el_get",
		"el_gets", "el_line", "el_insertstr", "history_init", "history_end",
		"history"};
	void *functions[ARRAY_SIZE(names)];
	void *library = dlopen("libedit.so.2", RTLD_NOW | RTLD_LOCAL);

	_Static_assert(sizeof(functions) == sizeof(libedit), "a name for each function");
	if (!library)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		functions[i] = dlsym(library, names[i]);
		if (!functions[i])
			return false;
	}
	memcpy(&libedit, functions, sizeof(libedit));
	return true;
}

static struct cli_editor *editor_of(EditLine *line)
{
	void *editor = NULL;

	libedit.get(line, EL_CLIENTDATA, &editor);
	return editor;
}

/* --- what libedit calls --------------------------------------------------------- */

static char *prompt(EditLine *line)
{
	static char text[] = "sonde> ";

	(void)line;
	return text;
}

/*
 * A Ctrl-D that was typed while a command ran, when the terminal was not raw, is read
 * as a NUL (Linux: n_tty.c puts one for the end of file). It still means the end.
 */
static wchar_t typed(EditLine *line, wchar_t character)
{
	const LineInfo *info = libedit.line(line);

	return !character && info->buffer == info->lastchar ? CTRL('d') : character;
}

/* A character, with the target looked after until it comes: 1, 0 at the end, -1. */
static int get_character(EditLine *line, wchar_t *ret)
{
	struct cli_editor *editor = editor_of(line);
	mbstate_t state = {0};
	bool said;
	char byte;

	for (;;) {
		if (!cli_shell_wait(editor->shell, &said)) {
			editor->abandoned = true;
			errno = EINTR;
			return -1;
		}
		if (said) {
			libedit.set(line, EL_REFRESH);
			continue;
		}
		if (read(STDIN_FILENO, &byte, 1) != 1)
			return 0;
		switch (mbrtowc(ret, &byte, 1, &state)) {
		case 0:
			*ret = typed(line, *ret);
			return 1;
		case (size_t)-1:
			/* No character: passed over. */
			memset(&state, 0, sizeof(state));
			break;
		case (size_t)-2:
			break;
		default:
			return 1;
		}
	}
}

static void list(const struct cli_candidates *candidates)
{
	putchar('\n');
	for (size_t i = 0; i < candidates->count && i < LISTED_MAX; i++) {
		const char *name = candidates->names[i];
		char *text = cli_escape(name, strlen(name), true);

		printf("%s  ", text ?: "");
		free(text);
	}
	puts(candidates->count > LISTED_MAX ? ".." : "");
}

static unsigned char complete_word(
	EditLine *line, const struct cli_candidates *candidates, size_t typed)
{
	size_t common = cli_candidates_common(candidates);
	char *rest;

	if (!candidates->count)
		return CC_ERROR;
	if (candidates->count > 1 && common == typed) {
		list(candidates);
		return CC_REDISPLAY;
	}
	if (asprintf(&rest, "%.*s%s", (int)(common - typed), candidates->names[0] + typed,
		    candidates->count == 1 && !candidates->in_word ? " " : "") < 0)
		return CC_ERROR;
	libedit.insertstr(line, rest);
	free(rest);
	return CC_REFRESH;
}

static unsigned char complete(EditLine *line, int character)
{
	const LineInfo *info = libedit.line(line);
	size_t cursor = (size_t)(info->cursor - info->buffer);
	struct cli_candidates candidates;
	unsigned char action;
	char *text;

	(void)character;
	text = strndup(info->buffer, (size_t)(info->lastchar - info->buffer));
	if (!text)
		return CC_ERROR;
	cli_candidates_init(editor_of(line)->shell->cli, text, cursor, &candidates);
	action = complete_word(line, &candidates, cursor - candidates.start);
	cli_candidates_deinit(&candidates);
	free(text);
	return action;
}

/* --- the editor ----------------------------------------------------------------- */

static void init_history(struct cli_editor *editor)
{
	HistEvent event;

	editor->history = libedit.history_init();
	if (!editor->history)
		return;
	libedit.history(editor->history, &event, H_SETSIZE, HISTORY_LINES);
	libedit.history(editor->history, &event, H_SETUNIQUE, 1);
	editor->history_path = cli_history_path();
	if (editor->history_path)
		libedit.history(editor->history, &event, H_LOAD, editor->history_path);
	libedit.set(editor->line, EL_HIST, libedit.history, editor->history);
}

struct cli_editor *cli_editor_create(struct cli_shell *shell)
{
	struct cli_editor *editor;

	if (!load())
		return NULL;
	editor = calloc(1, sizeof(*editor));
	if (!editor)
		return NULL;
	/* It takes 10 system calls. Numbers stay as they are in C. */
	setlocale(LC_CTYPE, "");
	editor->shell = shell;
	editor->line = libedit.init("sonde", stdin, stdout, stderr);
	if (!editor->line) {
		free(editor);
		return NULL;
	}
	libedit.set(editor->line, EL_CLIENTDATA, editor);
	libedit.set(editor->line, EL_SIGNAL, 0);
	libedit.set(editor->line, EL_PROMPT, prompt);
	libedit.set(editor->line, EL_EDITOR, "emacs");
	libedit.set(editor->line, EL_ADDFN, "sonde-complete", "complete", complete);
	libedit.set(editor->line, EL_BIND, "^I", "sonde-complete", NULL);
	libedit.set(editor->line, EL_BIND, "^R", "em-inc-search-prev", NULL);
	libedit.set(editor->line, EL_GETCFN, get_character);
	init_history(editor);
	return editor;
}

void cli_editor_destroy(struct cli_editor *editor)
{
	if (!editor)
		return;
	if (editor->history)
		libedit.history_end(editor->history);
	libedit.end(editor->line);
	free(editor->history_path);
	free(editor);
}

void cli_editor_leave(struct cli_editor *editor)
{
	libedit.set(editor->line, EL_PREP_TERM, 0);
}

void cli_editor_return(struct cli_editor *editor)
{
	libedit.set(editor->line, EL_PREP_TERM, 1);
}

/* Kept at once: whatever ends the shell, the history is there. */
static void remember(struct cli_editor *editor, const char *text)
{
	HistEvent event;

	if (!editor->history || !text[strspn(text, " \t\n")])
		return;
	libedit.history(editor->history, &event, H_ENTER, text);
	if (editor->history_path && cli_history_prepare(editor->history_path))
		libedit.history(editor->history, &event, H_SAVE, editor->history_path);
}

enum cli_line cli_editor_read(struct cli_editor *editor, char **ret)
{
	const char *text;
	int length;

	editor->abandoned = false;
	/* Before the prompt, behind which the terminal would echo what libedit shows. */
	libedit.set(editor->line, EL_PREP_TERM, 1);
	text = libedit.gets(editor->line, &length);
	if (editor->abandoned) {
		puts("^C");
		return CLI_LINE_ABANDONED;
	}
	if (!text || length <= 0) {
		putchar('\n');
		return CLI_LINE_END;
	}
	remember(editor, text);
	*ret = strdup(text);
	return *ret ? CLI_LINE_READ : CLI_LINE_ABANDONED;
}
