/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Dialogues recorded from real stubs, for replay. A line is "> REQUEST", "< REPLY"
 * ("<" alone: the empty one), or a comment that begins with '#'; "\xNN" is a byte, "^C"
 * as a request an interrupt.
 * Replies in front of the first request come on connecting.
 *
 * A request is looked for behind the one that was answered last, then from the
 * start: so a dialogue stays of use when requests are left out or asked again. One
 * that was never recorded gets the empty answer and is counted.
 */
#ifndef TESTS_FAKE_DIALOGUE_H
#define TESTS_FAKE_DIALOGUE_H

#include <stddef.h>

struct fake_dialogue;

typedef void fake_say(void *user, const char *payload, size_t length);

/** Fails the test where the file cannot be read. */
struct fake_dialogue *fake_dialogue_read(const char *path);
void fake_dialogue_free(struct fake_dialogue *dialogue);
void fake_dialogue_connect(struct fake_dialogue *dialogue, fake_say *say, void *user);
void fake_dialogue_answer(struct fake_dialogue *dialogue, const char *request,
	size_t length, fake_say *say, void *user);
/** Requests that are not in it. */
unsigned fake_dialogue_unknown(const struct fake_dialogue *dialogue);

#endif
