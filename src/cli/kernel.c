/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"
#include "line.h"
#include "number.h"
#include "report.h"
#include "session.h"
#include "signals.h"
#include "similar.h"

enum {
	/** Between two looks (microseconds). */
	LOOK_US = 200 * 1000,
	/** Symbols with the same name that are listed. */
	LISTED_MAX = 8,
	/** The same in milliseconds, where nothing is stopped for a look. Each costs QEMU
	 * some, and with it the guest. */
	LOOK_MS = 150,
};

/* --- whether there is one --------------------------------------------------------- */

/* Lets the guest get on, which a target that is not watched does not by itself. */
static struct sonde_error *let_run(struct cli *cli)
{
	bool stopped = !sonde_target_is_observable(cli->target) &&
		       sonde_target_state(cli->target) == SONDE_STATE_STOPPED;
	struct sonde_error *error = NULL;
	struct sonde_stop stop;

	if (stopped)
		error = sonde_target_resume(cli->target);
	if (!error)
		usleep(LOOK_US);
	if (!error && stopped)
		error = sonde_target_pause(cli->target, &stop);
	sonde_target_rest(cli->target);
	return error;
}

/* One that was found standing still behind a stub is not going to have a kernel. */
static bool gets_on(const struct cli *cli)
{
	return sonde_target_is_observable(cli->target) ||
	       sonde_target_state(cli->target) == SONDE_STATE_RUNNING ||
	       sonde_target_found_state(cli->target) == SONDE_STATE_RUNNING;
}

int cli_need_kernel(struct cli *cli)
{
	bool said = false;

	for (;;) {
		struct sonde_error *error = sonde_kernel_find(cli->target);

		if (!error || !cli->settings.wait || !gets_on(cli) ||
			sonde_error_kind(error) != SONDE_ERROR_NOT_FOUND) {
			CLI_TRY(cli, error);
			return CLI_DONE;
		}
		if (!said)
			cli_notice(
				cli, "waiting for a kernel: %s", sonde_error_why(error));
		said = true;
		sonde_error_destroy(error);
		CLI_TRY(cli, let_run(cli));
		if (cli_signals_came())
			return cli_fail(cli, SONDE_ERROR_INTERRUPTED,
				"waiting for a kernel", NULL, "interrupted");
	}
}

/* Lets it run on for a moment, and forgets what was seen of it. */
static struct sonde_error *run_briefly(struct cli *cli)
{
	struct sonde_error *error = NULL;
	struct sonde_stop stop;

	if (sonde_target_state(cli->target) == SONDE_STATE_STOPPED)
		error = sonde_target_resume(cli->target);
	if (!error)
		error = sonde_target_wait(cli->target, LOOK_MS, &stop);
	if (error && sonde_error_kind(error) == SONDE_ERROR_TIMEOUT) {
		sonde_error_destroy(error);
		error = NULL;
		if (!sonde_target_is_observable(cli->target))
			error = sonde_target_pause(cli->target, &stop);
	}
	sonde_target_rest(cli->target);
	return error;
}

int cli_await_kernel(struct cli *cli)
{
	struct sonde_error *error;
	struct sonde_stop stop;
	bool said = false;

	for (;;) {
		error = sonde_kernel_find(cli->target);
		if (!error || sonde_error_kind(error) != SONDE_ERROR_NOT_FOUND)
			break;
		if (!said)
			cli_notice(
				cli, "waiting for a kernel: %s", sonde_error_why(error));
		said = true;
		sonde_error_destroy(error);
		CLI_TRY(cli, run_briefly(cli));
	}
	CLI_TRY(cli, error);
	CLI_TRY(cli, sonde_target_pause(cli->target, &stop));
	return CLI_DONE;
}

/* --- addresses as symbols --------------------------------------------------------- */

char *cli_symbol_text(struct cli *cli, uint64_t address)
{
	struct sonde_symbol symbol;
	struct sonde_error *error;
	char *text = NULL;
	int length;

	/* Programs' addresses are not the kernel's. */
	if (!(address >> (sonde_target_address_bits(cli->target) - 1)) || cli->no_symbols)
		return NULL;
	error = sonde_kernel_find(cli->target);
	cli->no_symbols = error && sonde_error_kind(error) != SONDE_ERROR_INTERRUPTED;
	if (!error)
		error = sonde_symbol_at(cli->target, address, &symbol);
	if (error) {
		/* That was meant for the command, which hears of it next. */
		if (sonde_error_kind(error) == SONDE_ERROR_INTERRUPTED)
			sonde_interrupt(cli->sonde);
		sonde_error_destroy(error);
		return NULL;
	}
	if (address == symbol.address)
		return strdup(symbol.name);
	length = asprintf(&text, "%s+0x%" PRIx64, symbol.name, address - symbol.address);
	return length < 0 ? NULL : text;
}

void cli_put_symbol(struct cli_output *output, uint64_t address)
{
	char *text = cli_symbol_text(output->cli, address);

	cli_put_guest_text(output, text);
	free(text);
}

/* --- places ----------------------------------------------------------------------- */

static bool begins_name(char character)
{
	return isalpha((unsigned char)character) || character == '_' || character == '.';
}

/* As assemblers and compilers make them: "a.isra.0", "b$c". */
static size_t name_length(const char *text)
{
	size_t length = 0;

	if (!begins_name(*text))
		return 0;
	while (isalnum((unsigned char)text[length]) ||
		(text[length] && strchr("_.$", text[length])))
		length++;
	return length;
}

/* Words of expressions that look like symbols. */
static bool is_word(const char *text, size_t length)
{
	static const char *const words[] = {"cpu", "pid", "comm", "sizeof"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strlen(words[i]) == length && !memcmp(text, words[i], length))
			return true;
	return false;
}

/* @p offset is what to add. */
static bool split(const char *text, size_t *length, uint64_t *offset)
{
	const char *rest;
	bool minus;

	*length = name_length(text);
	*offset = 0;
	if (!*length || is_word(text, *length))
		return false;
	rest = text + *length;
	rest += strspn(rest, " ");
	if (!*rest)
		return true;
	minus = *rest == '-';
	if (*rest != '+' && !minus)
		return false;
	rest++;
	rest += strspn(rest, " ");
	if (!cli_parse_number(rest, offset))
		return false;
	if (minus)
		*offset = -*offset;
	return true;
}

bool cli_is_symbol(const char *text)
{
	uint64_t offset;
	size_t length;

	return split(text, &length, &offset);
}

int cli_check_place(struct cli *cli, const char *text)
{
	return cli_is_symbol(text) || cli_is_line(text) ? CLI_DONE
							: cli_check_expression(cli, text);
}

static bool is_register(struct cli *cli, const char *name)
{
	struct sonde_thread *thread;
	struct sonde_error *error = sonde_target_current_thread(cli->target, &thread);
	bool found = !error && sonde_thread_find_register(thread, name);

	sonde_error_destroy(error);
	return found;
}

int cli_no_such_symbol(struct cli *cli, const char *name)
{
	struct cli_similar similar = {.wanted = name, .copies = true};
	struct sonde_error *error = NULL;
	uint64_t position = 0;
	bool more = true;
	char *hint;
	int status;

	while (!error && more) {
		struct sonde_symbol symbol;

		error = sonde_symbol_next(cli->target, NULL, &position, &symbol, &more);
		if (!error && more)
			cli_similar_offer(&similar, symbol.name);
	}
	sonde_error_destroy(error);
	hint = is_register(cli, name) ? strdup("registers are written with a '$'")
				      : cli_similar_hint(&similar);
	cli_similar_deinit(&similar);
	status = cli_fail(cli, SONDE_ERROR_NOT_FOUND, name,
		hint ?: "'symbol GLOB' looks for names: symbol '*alloc*'",
		"no symbol is called so");
	free(hint);
	return status;
}

/* "0xffffffff81000000, 0xffffffffc0000000 [ext4]": all that are called @p name. */
static int report_several(struct cli *cli, const char *name)
{
	char list[64 * LISTED_MAX] = "";
	unsigned count = 0;

	for (;; count++) {
		struct sonde_symbol symbol;
		struct sonde_error *error =
			sonde_symbol_find(cli->target, name, count, &symbol);
		size_t length = strlen(list);

		if (error) {
			sonde_error_destroy(error);
			break;
		}
		if (count < LISTED_MAX)
			snprintf(list + length, sizeof(list) - length,
				"%s0x%" PRIx64 "%s%.32s%s", count ? ", " : "",
				symbol.address, *symbol.module ? " [" : "", symbol.module,
				*symbol.module ? "]" : "");
	}
	return cli_fail(cli, SONDE_ERROR_INVALID, name,
		"take an address of one of them; 'break --all' takes all",
		"%u symbols are called so: %s%s", count, list,
		count > LISTED_MAX ? ", .." : "");
}

/* One symbol must be meant: several functions may have the same name. */
static int find_symbol(struct cli *cli, const char *name, uint64_t *ret)
{
	struct sonde_symbol symbol, other;
	struct sonde_error *error;
	int status = cli_need_kernel(cli);

	if (status != CLI_DONE)
		return status;
	error = sonde_symbol_find(cli->target, name, 0, &symbol);
	if (error && sonde_error_kind(error) == SONDE_ERROR_NOT_FOUND) {
		sonde_error_destroy(error);
		return cli_no_such_symbol(cli, name);
	}
	CLI_TRY(cli, error);
	*ret = symbol.address;
	error = sonde_symbol_find(cli->target, name, 1, &other);
	if (!error && other.address != symbol.address)
		return report_several(cli, name);
	sonde_error_destroy(error);
	return CLI_DONE;
}

int cli_find_place(
	struct cli *cli, const char *text, struct sonde_thread *thread, uint64_t *ret)
{
	struct sonde_value value;
	uint64_t offset;
	size_t length;
	char *name;
	int status;

	if (cli_is_line(text))
		return cli_find_line_once(cli, text, ret);
	if (!split(text, &length, &offset)) {
		CLI_TRY(cli, cli_evaluate(cli, text, thread, &value));
		*ret = value.integer;
		return CLI_DONE;
	}
	name = strndup(text, length);
	if (!name)
		return cli_fail(cli, SONDE_ERROR_NO_MEMORY, "", NULL, "no memory");
	status = find_symbol(cli, name, ret);
	free(name);
	*ret += offset;
	return status;
}
