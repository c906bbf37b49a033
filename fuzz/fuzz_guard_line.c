/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a stub may say to the guard, in pieces: the first byte is the length of a piece.
 */
#include <stdlib.h>
#include <string.h>

#include "line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct line line;
	static struct answer answer;
	size_t piece = size ? data[0] + 1u : 1;

	line_init(&line, -1);
	for (size_t at = 1; at < size; at += piece) {
		size_t length = size - at < piece ? size - at : piece;

		if (line.end + length > sizeof(line.in))
			break;
		memcpy(line.in + line.end, data + at, length);
		line.end += length;
		while (line_take_packet(&line, &answer)) {
			if (line.start > line.end ||
				strlen(answer.text) > LINE_ANSWER_MAX)
				abort();
			line_take_stop(&line, &answer);
			line_is_known(&line, &answer);
		}
		if (line.start > line.end)
			abort();
	}
	return 0;
}
