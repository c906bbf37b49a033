/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_kvm.h"

enum {
	DEBUG_REGISTERS = 4,
	INT3 = 0xcc,
};

static void say(struct fake_guest *guest, const char *text)
{
	guest->say(guest->user, text, strlen(text));
}

static unsigned registers_in_use(const struct fake_guest *guest)
{
	unsigned used = 0;

	for (unsigned i = 0; i < guest->trap_count; i++)
		used += guest->traps[i].kind != 0;
	return used;
}

static bool is_watched_at_once(uint64_t address, uint64_t length)
{
	return length && length <= 8 && !(length & (length - 1)) && !(address % length);
}

/* In memory; false: there is none. */
static bool write_breakpoint(struct fake_guest *guest, uint64_t address, bool insert)
{
	uint8_t *place = fake_guest_memory(guest, address);
	struct fake_kvm_byte *saved = guest->saved;

	if (!place)
		return false;
	while (saved->used && saved->address != address)
		saved++;
	if (insert) {
		*saved = (struct fake_kvm_byte){true, address, *place};
		*place = INT3;
	} else if (*place == INT3) {
		*place = saved->byte;
	}
	return true;
}

static bool answer_trap(struct fake_guest *guest, const char *request)
{
	bool insert = *request == 'Z';
	uint64_t address, length;
	int kind;

	if (sscanf(request + 1, "%d,%" SCNx64 ",%" SCNx64, &kind, &address, &length) != 3)
		return false;
	if (kind == 3) {
		say(guest, "");
		return true;
	}
	if (!kind ? !write_breakpoint(guest, address, insert)
		  : insert && (registers_in_use(guest) == DEBUG_REGISTERS ||
				      (kind > 1 &&
					      !is_watched_at_once(address, length)))) {
		say(guest, "E22");
		return true;
	}
	return false;
}

/* A step from a breakpoint. */
static bool answer_step(struct fake_guest *guest, unsigned long cpu)
{
	char text[40];

	if (!cpu || cpu > guest->cpu_count)
		return false;
	for (unsigned i = 0; i < guest->trap_count; i++) {
		if (guest->traps[i].kind > 1 ||
			guest->traps[i].address !=
				fake_guest_pc(guest, (unsigned)cpu - 1))
			continue;
		snprintf(text, sizeof(text), "T05thread:%02lx;", cpu);
		say(guest, text);
		return true;
	}
	return false;
}

static bool answer_register(struct fake_guest *guest, const char *request)
{
	if (guest->fetched[guest->selected])
		return false;
	say(guest, *request == 'P' ? "OK" : "1111111111111111");
	return true;
}

bool fake_kvm_answer(struct fake_guest *guest, const char *request, size_t length)
{
	char text[128];

	if (!guest->options->kvm || !length)
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)length, request);
	if (!strcmp(text, "qRcmd,696e666f206b766d")) {
		/* "kvm support: enabled\r\n" */
		say(guest, "O6b766d20737570706f72743a20656e61626c65640d0a");
		say(guest, "OK");
		return true;
	}
	switch (*text) {
	case 'g':
	case 'm':
		guest->fetched[guest->selected] = true;
		return false;
	case 'p':
	case 'P':
		return answer_register(guest, text);
	case 'Z':
	case 'z':
		return answer_trap(guest, text);
	}
	if (strncmp(text, "vCont;", 6) != 0)
		return false;
	memset(guest->fetched, 0, sizeof(guest->fetched));
	return !strncmp(text, "vCont;s:", 8) &&
	       answer_step(guest, strtoul(text + 8, NULL, 16));
}
