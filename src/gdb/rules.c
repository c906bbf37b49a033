/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sources: behaviour of QEMU 7.2, gdbserver 13, vgdb 3.19 and KGDB 6.1, seen live;
 * gdbserver/server.cc, qemu/gdbstub.c.
 */
#include <string.h>

#include "hex.h"
#include "rules.h"

static bool starts(const char *payload, size_t length, const char *prefix)
{
	size_t size = strlen(prefix);

	return length >= size && !memcmp(payload, prefix, size);
}

static bool equals(const char *payload, size_t length, const char *text)
{
	return length == strlen(text) && !memcmp(payload, text, length);
}

/* The length in "mADDRESS,LENGTH"; 0 if there is none, the most if it makes no sense. */
static uint64_t read_length(const char *payload, size_t length)
{
	const char *end = payload + length;
	const char *comma = memchr(payload, ',', length);
	uint64_t bytes;

	if (!comma)
		return 0;
	comma++;
	return sonde_hex_parse(&comma, end, &bytes) ? bytes : UINT64_MAX;
}

/* Whether "qRcmd,HEX" is a monitor command that starts with @p command's words. */
static bool monitors(const char *payload, size_t length, const char *command)
{
	char text[64] = {0};
	char *words = text;
	size_t bytes;

	if (!starts(payload, length, "qRcmd,"))
		return false;
	bytes = (length - 6) / 2;
	if (bytes > sizeof(text) - 1)
		bytes = sizeof(text) - 1;
	if (!sonde_hex_decode(payload + 6, bytes, (uint8_t *)text))
		return false;
	words += strspn(words, " \t");
	for (; *command; command++) {
		if (*command == ' ' ? *words != ' ' && *words != '\t'
				    : *words != *command)
			return false;
		words++;
		if (*command == ' ')
			words += strspn(words, " \t");
	}
	return !*words || *words == ' ' || *words == '\t';
}

static const char *refuse_by_name(
	const struct sonde_gdb_rules *rules, const char *payload, size_t length)
{
	if (!length)
		return "it is empty";
	if (payload[0] == 'k' || starts(payload, length, "vKill"))
		return "it would end QEMU and the guest";
	if (payload[0] == 'r' || payload[0] == 'R')
		return "it would restart the guest";
	if (equals(payload, length, "bs") && !rules->reverse_step)
		return "the stub did not offer reverse steps and QEMU would abort";
	if (equals(payload, length, "bc") && !rules->reverse_continue)
		return "the stub did not offer to run backwards and QEMU would abort";
	if (equals(payload, length, "G") || equals(payload, length, "vCont"))
		return "without arguments it is never answered";
	if (payload[0] == '?' && rules->asked_stop_reason)
		return "it clears all breakpoints; it is sent once, at attach";
	return NULL;
}

static const char *refuse_by_arguments(
	const struct sonde_gdb_rules *rules, const char *payload, size_t length)
{
	if (starts(payload, length, "qXfer:features:") && !rules->thread_selected)
		return "gdbserver fails an assertion before a thread is selected";
	if (starts(payload, length, "qXfer:auxv:"))
		return "small lengths break vgdb, and nothing here needs it";
	if ((payload[0] == 'm' || payload[0] == 'x') &&
		read_length(payload, length) > rules->read_limit)
		return "the answer would overrun the stub's buffer";
	if (monitors(payload, length, "info mem"))
		return "it blocks QEMU for many seconds with 5-level paging";
	if (monitors(payload, length, "quit") || monitors(payload, length, "q"))
		return "it would end QEMU and the guest";
	if (rules->packet_size && length > rules->packet_size)
		return "it is longer than what the stub takes, and would not be answered";
	return NULL;
}

struct sonde_error *sonde_gdb_rules_check(
	const struct sonde_gdb_rules *rules, const void *payload, size_t length)
{
	const char *reason;

	if (rules->detached)
		reason = "nothing may follow a detach: QEMU 7.2 crashes";
	else if (rules->running)
		reason = "the guest runs, and any byte would stop it silently";
	else
		reason = refuse_by_name(rules, payload, length);
	if (!reason)
		reason = refuse_by_arguments(rules, payload, length);
	if (!reason)
		return NULL;
	return sonde_error_create(SONDE_ERROR_INVALID, "packet \"%.*s\" is not sent: %s",
		(int)(length < 20 ? length : 20), (const char *)payload, reason);
}

static bool resumes(const char *payload, size_t length)
{
	if (starts(payload, length, "vCont;"))
		return true;
	if (equals(payload, length, "bs") || equals(payload, length, "bc"))
		return true;
	return length && memchr("cCsS", payload[0], 4);
}

void sonde_gdb_rules_note(
	struct sonde_gdb_rules *rules, const void *payload, size_t length)
{
	const char *text = payload;

	if (resumes(text, length))
		rules->running = true;
	else if (starts(text, length, "Hg"))
		rules->thread_selected = true;
	else if (text[0] == '?')
		rules->asked_stop_reason = true;
	else if (text[0] == 'D')
		rules->detached = true;
}
