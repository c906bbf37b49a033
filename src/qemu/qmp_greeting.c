/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <string.h>

#include "qmp_greeting.h"

enum {
	/** As much of what a stranger says is quoted. */
	QUOTED_MAX = 80,
	/** Telnet's first byte: "interpret as command". */
	TELNET_IAC = 0xff,
};

static bool has(const char *text, size_t length, const char *word)
{
	return memmem(text, length, word, strlen(word)) != NULL;
}

static bool begins(const char *text, size_t length, const char *word)
{
	return length >= strlen(word) && !memcmp(text, word, strlen(word));
}

/* A packet, behind acknowledgements: 7.2 says that it has stopped, unasked. */
static bool is_stub(const char *text, size_t length)
{
	while (length && (*text == '+' || *text == '-')) {
		text++;
		length--;
	}
	return length && *text == '$' && has(text, length, "#");
}

static struct sonde_error *not_qmp(const char *text, size_t length)
{
	char quoted[QUOTED_MAX + 1];
	size_t used = 0;

	for (size_t i = 0; i < length && used < QUOTED_MAX; i++) {
		if (text[i] == '\r' || text[i] == '\n')
			break;
		quoted[used++] = isprint((unsigned char)text[i]) ? text[i] : '.';
	}
	quoted[used] = '\0';
	return sonde_error_create(
		SONDE_ERROR_PROTOCOL, "this is not QMP: it says \"%s\"", quoted);
}

struct sonde_error *sonde_qmp_stranger(const char *text, size_t length)
{
	if (has(text, length, "(qemu)") ||
		(begins(text, length, "QEMU ") && has(text, length, " monitor")))
		return sonde_error_suggest(sonde_error_create(SONDE_ERROR_PROTOCOL,
						   "this is the human monitor, not QMP"),
			"the QMP one is another socket: QEMU's -qmp, or -mon with "
			"mode=control");
	if (is_stub(text, length))
		return sonde_error_suggest(sonde_error_create(SONDE_ERROR_PROTOCOL,
						   "this is a GDB stub, not QMP"),
			"name it as the stub; connecting to it has paused a guest that "
			"ran, and `sonde resume` lets it go on");
	if (length && (unsigned char)text[0] == TELNET_IAC)
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_PROTOCOL, "this is telnet"),
			"QEMU's socket for QMP must not have telnet=on");
	return sonde_error_suggest(not_qmp(text, length),
		"name QEMU's QMP socket: what stands behind -qmp on its command line");
}

struct sonde_error *sonde_qmp_silence(unsigned timeout_ms)
{
	if (!timeout_ms)
		return sonde_error_suggest(
			sonde_error_create(
				SONDE_ERROR_IO, "it has hung up without QMP's greeting"),
			"it is no QMP socket, or its QEMU has just ended");
	return sonde_error_suggest(sonde_error_create(SONDE_ERROR_TIMEOUT,
					   "nobody greeted within %u ms", timeout_ms),
		"somebody else may hold it, since QMP serves one client at a time; or it "
		"is no QMP socket, or QEMU is too busy to answer");
}
