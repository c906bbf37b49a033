/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fake_kgdb.h"
#include "hex.h"

enum {
	FIRST_TASK = 0x12c,
	/** -2 in 32 bits is the first CPU. */
	FIRST_CPU = 0xfffffffe,
};

static void say(struct fake_guest *guest, const char *payload)
{
	guest->say(guest->user, payload, strlen(payload));
}

void fake_kgdb_thread_text(unsigned cpu, char *ret, size_t size)
{
	if (cpu)
		snprintf(ret, size, "%04x", FIRST_TASK + cpu);
	else
		snprintf(ret, size, "%08x", FIRST_CPU);
}

void fake_kgdb_call(struct fake_guest *guest, unsigned cpu)
{
	guest->cpus[cpu].called_from = fake_guest_pc(guest, cpu);
	fake_guest_set_pc(guest, cpu, FAKE_KGDB_CALL + 1);
}

bool fake_kgdb_return(struct fake_guest *guest, unsigned cpu)
{
	if (guest->options->kind != FAKE_KGDB ||
		fake_guest_pc(guest, cpu) != FAKE_KGDB_CALL + 1)
		return false;
	fake_guest_set_pc(guest, cpu, guest->cpus[cpu].called_from);
	return true;
}

/* All CPUs, then tasks, of which there are more than fit in one packet. */
static void list_first(struct fake_guest *guest)
{
	char text[200] = "m";
	size_t used = 1;

	for (unsigned cpu = 0; cpu < guest->cpu_count; cpu++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%08x,", FIRST_CPU - cpu);
	snprintf(text + used, sizeof(text) - used, "01,02,%04x", FIRST_TASK + 1);
	say(guest, text);
}

/* "fffffffd", "0", "-1", or a task. */
static bool take_cpu(
	struct fake_guest *guest, const char *text, size_t length, unsigned *ret)
{
	const char *end = text + length;
	uint64_t number;

	*ret = guest->stopped;
	if (length && *text == '-')
		return true;
	if (!sonde_hex_parse(&text, end, &number))
		return false;
	if (!number)
		return true;
	*ret = (unsigned)(FIRST_CPU - number);
	if (number < FIRST_TASK + FAKE_CPUS_MAX)
		*ret = (unsigned)(number - FIRST_TASK);
	return *ret < guest->cpu_count;
}

static bool answer_selection(struct fake_guest *guest, const char *request, size_t length)
{
	unsigned cpu;

	if (!take_cpu(guest, request + 2, length - 2, &cpu)) {
		say(guest, "E22");
		return true;
	}
	if (request[1] == 'g')
		guest->selected = cpu;
	else
		guest->continued = cpu;
	say(guest, "OK");
	return true;
}

/* Read watchpoints are none of x86's, and the table has no place for two of a kind. */
static bool answer_trap(struct fake_guest *guest, const char *request, size_t length)
{
	uint64_t address = 0;
	const char *p = request + 3;

	if (request[1] == '3') {
		say(guest, "E01");
		return true;
	}
	if (request[0] != 'Z' || !sonde_hex_parse(&p, request + length, &address))
		return false;
	for (unsigned i = 0; i < guest->trap_count; i++) {
		if (guest->traps[i].kind || request[1] != '0' ||
			guest->traps[i].address != address)
			continue;
		say(guest, "E17");
		return true;
	}
	return false;
}

bool fake_kgdb_answer(struct fake_guest *guest, const char *request, size_t length)
{
	switch (request[0]) {
	case '?':
		guest->trap_count = 0;
		say(guest, "S05");
		return true;
	case 'q':
		if (length >= 12 && !memcmp(request, "qfThreadInfo", 12))
			list_first(guest);
		else if (length == 2 && request[1] == 'C')
			say(guest, "QC012d");
		else
			say(guest, "");
		return true;
	case 'H':
		return length >= 2 && answer_selection(guest, request, length);
	case 'c':
	case 's':
		if (guest->continued == guest->stopped)
			return false;
		say(guest, "E22");
		return true;
	case 'P':
	case 'G':
		if (guest->selected == guest->stopped)
			return false;
		say(guest, "E22");
		return true;
	case 'Z':
	case 'z':
		return answer_trap(guest, request, length);
	case 'D':
		/* It goes once this has been acknowledged. */
		guest->trap_count = 0;
		guest->leaving = true;
		say(guest, "OK");
		return true;
	}
	return false;
}
