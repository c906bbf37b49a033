/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_kgdb.h"
#include "fake_stub_guest.h"
#include "hex.h"

enum {
	RIP_OFFSET = 128,
	/** How much of the registers g carries. */
	G_BYTES = 164 + 10 + 8,
	HIDDEN_OFFSET = 192,
	PLAIN_G_BYTES = 164,
	/** Up to es. */
	KGDB_G_BYTES = 156,
	/** KGDB and its like: the longest m that is answered. */
	PLAIN_READ_MAX = 0x1ff,
	STEP_ENABLE = 1,
	STEP_NOIRQ = 2,
	DEFAULT_STEP_BITS = 7,
	/** OpenOCD: shorter writes are done before they are answered. */
	LATE_WRITE_BYTES = 8,
	BREAKPOINT_UNITS = 4,
	WATCHPOINT_UNITS = 2,
};

/* --- saying ----------------------------------------------------------------------- */

static void say(struct fake_guest *guest, const char *payload)
{
	guest->say(guest->user, payload, strlen(payload));
}

static void say_format(struct fake_guest *guest, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say_format(struct fake_guest *guest, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	say(guest, text);
}

static void say_hex(struct fake_guest *guest, const void *data, size_t length)
{
	char *text = malloc(2 * length + 1);

	sonde_hex_encode(data, length, text);
	guest->say(guest->user, text, 2 * length);
	free(text);
}

static bool is_kgdb(const struct fake_guest *guest)
{
	return guest->options->kind == FAKE_KGDB;
}

/* No description, no vCont. */
static bool is_simple(const struct fake_guest *guest)
{
	return guest->options->kind == FAKE_PLAIN || is_kgdb(guest);
}

static bool is_qemu(const struct fake_guest *guest)
{
	return guest->options->kind == FAKE_QEMU || guest->options->kind == FAKE_NEW_QEMU;
}

static bool is_openocd(const struct fake_guest *guest)
{
	return guest->options->kind == FAKE_OPENOCD;
}

/* Threads are counted from 0. */
static bool is_gdbsx(const struct fake_guest *guest)
{
	return guest->options->kind == FAKE_GDBSX;
}

static bool has_vcont(const struct fake_guest *guest)
{
	return !guest->options->no_vcont && !is_simple(guest) && !is_gdbsx(guest);
}

/* "E14" of QEMU, "E0E" of OpenOCD, "E01" of gdbserver; KGDB's are decimal, EINVAL here.
 */
static void say_fault(struct fake_guest *guest)
{
	say(guest, is_qemu(guest)      ? "E14"
		   : is_openocd(guest) ? "E0E"
		   : is_kgdb(guest)    ? "E22"
				       : "E01");
}

static void thread_text(
	const struct fake_guest *guest, unsigned cpu, char *ret, size_t size)
{
	if (is_gdbsx(guest))
		snprintf(ret, size, "%x", cpu);
	else if (is_kgdb(guest))
		fake_kgdb_thread_text(cpu, ret, size);
	else if (guest->process_ids)
		snprintf(ret, size, "p01.%02x", cpu + 1);
	else
		snprintf(ret, size, "%02x", cpu + 1);
}

/* --- the CPUs --------------------------------------------------------------------- */

uint64_t fake_guest_pc(const struct fake_guest *guest, unsigned cpu)
{
	uint64_t pc;

	memcpy(&pc, guest->cpus[cpu].registers + RIP_OFFSET, sizeof(pc));
	return pc;
}

void fake_guest_set_pc(struct fake_guest *guest, unsigned cpu, uint64_t pc)
{
	memcpy(guest->cpus[cpu].registers + RIP_OFFSET, &pc, sizeof(pc));
}

uint8_t *fake_guest_memory(struct fake_guest *guest, uint64_t address)
{
	if (address >= FAKE_RAM && address < FAKE_RAM_END)
		return &guest->ram[address - FAKE_RAM];
	if (address >= FAKE_LAST_PAGE)
		return &guest->last_page[address - FAKE_LAST_PAGE];
	return NULL;
}

static const struct fake_trap *execution_trap_at(
	const struct fake_guest *guest, uint64_t address)
{
	for (unsigned i = 0; i < guest->trap_count; i++)
		if (guest->traps[i].kind <= 1 && guest->traps[i].address == address)
			return &guest->traps[i];
	return NULL;
}

static const struct fake_trap *watch_at(const struct fake_guest *guest, uint64_t address)
{
	for (unsigned i = 0; i < guest->trap_count; i++) {
		const struct fake_trap *trap = &guest->traps[i];

		if (trap->kind >= 2 && address - trap->address < trap->length)
			return trap;
	}
	return NULL;
}

static void stop_with(
	struct fake_guest *guest, unsigned cpu, unsigned signal, const char *more)
{
	char thread[32], registers[64] = "";
	uint64_t pc = fake_guest_pc(guest, cpu);

	guest->runs = false;
	guest->selected = guest->stopped = guest->continued = cpu;
	thread_text(guest, cpu, thread, sizeof(thread));
	if (guest->options->expedites) {
		strcpy(registers, "10:");
		sonde_hex_encode(&pc, sizeof(pc), registers + 3);
		strcpy(registers + 3 + 16, ";");
	}
	if (guest->options->kind == FAKE_PLAIN)
		say_format(guest, "S%02x", signal);
	else if (is_openocd(guest))
		say_format(guest, "T%02x%s", signal, more);
	else if (is_kgdb(guest))
		say_format(guest, "T05thread:%s;", thread);
	else
		say_format(guest, "T%02x%sthread:%s;%s", signal, registers, thread, more);
}

/* One instruction. True: something stopped it, and was said. */
static bool execute(struct fake_guest *guest, unsigned cpu)
{
	uint64_t pc = fake_guest_pc(guest, cpu);
	const uint8_t *code = fake_guest_memory(guest, pc);
	const struct fake_trap *watch;
	char more[64];

	if (fake_kgdb_return(guest, cpu))
		return false;
	if (code && *code == 0xcc) {
		fake_guest_set_pc(guest, cpu, pc + 1);
		stop_with(guest, cpu, 5, "");
		return true;
	}
	guest->cpus[cpu].progress++;
	fake_guest_set_pc(guest, cpu,
		pc + 1 == FAKE_PROGRAM + FAKE_PROGRAM_BYTES ? FAKE_PROGRAM : pc + 1);
	if (pc != FAKE_STORE)
		return false;
	guest->ram[FAKE_COUNTER - FAKE_RAM]++;
	watch = watch_at(guest, FAKE_COUNTER);
	if (!watch)
		return false;
	snprintf(more, sizeof(more), "%swatch:%" PRIx64 ";",
		watch->kind == 4   ? "a"
		: watch->kind == 3 ? "r"
				   : "",
		watch->address);
	stop_with(guest, cpu, 5, more);
	return true;
}

/* KGDB is called on the CPU that the serial line interrupts: here the last one. */
static void stop_asked_for(struct fake_guest *guest)
{
	unsigned cpu = is_kgdb(guest) ? guest->cpu_count - 1 : 0;

	if (is_kgdb(guest))
		fake_kgdb_call(guest, cpu);
	stop_with(guest, cpu, 2, "");
}

/* Behind the instruction that KGDB writes; the others say where it is. */
static void stop_at_trap(
	struct fake_guest *guest, unsigned cpu, const struct fake_trap *trap)
{
	if (is_kgdb(guest) && trap->kind == 0)
		fake_guest_set_pc(guest, cpu, trap->address + 1);
	if (guest->options->hits_together && cpu == 0) {
		guest->pending_hit = trap->address;
		fake_guest_set_pc(guest, guest->cpu_count - 1, trap->address + 1);
	}
	stop_with(guest, cpu, 5, "");
}

/* True: an interrupt that was kept stops it before it starts. */
static bool kept_interrupt(struct fake_guest *guest)
{
	if (!guest->interrupt_kept)
		return false;
	guest->interrupt_kept = false;
	stop_asked_for(guest);
	return true;
}

/* True: a hit that was kept is told. If its trap is gone, it never happened. */
static bool kept_hit(struct fake_guest *guest)
{
	const struct fake_trap *trap = execution_trap_at(guest, guest->pending_hit);
	unsigned cpu = guest->cpu_count - 1;

	if (!guest->pending_hit)
		return false;
	if (trap)
		stop_at_trap(guest, cpu, trap);
	else
		fake_guest_set_pc(guest, cpu, guest->pending_hit);
	guest->pending_hit = 0;
	return trap;
}

static void run(struct fake_guest *guest)
{
	guest->runs = true;
	if (kept_interrupt(guest) || kept_hit(guest))
		return;
	for (unsigned i = 0; i < 2 * FAKE_PROGRAM_BYTES; i++) {
		for (unsigned cpu = 0; cpu < guest->cpu_count; cpu++) {
			const struct fake_trap *trap =
				execution_trap_at(guest, fake_guest_pc(guest, cpu));

			if (trap) {
				stop_at_trap(guest, cpu, trap);
				return;
			}
			if (execute(guest, cpu))
				return;
		}
	}
	if (guest->options->exits) {
		guest->runs = false;
		guest->ended = true;
		say(guest, "W00");
	}
}

static void step(struct fake_guest *guest, unsigned cpu)
{
	const struct fake_trap *trap;

	guest->runs = true;
	if (kept_interrupt(guest))
		return;
	/* It stays where it is, and nothing may wake it. */
	if (guest->options->halted && cpu == 0 && (guest->step_bits & STEP_NOIRQ))
		return;
	trap = execution_trap_at(guest, fake_guest_pc(guest, cpu));
	if (!is_qemu(guest) && trap) {
		stop_at_trap(guest, cpu, trap);
		return;
	}
	if (!execute(guest, cpu))
		stop_with(guest, cpu, 5, "");
}

/* One instruction of CPU 0; false: none is left. */
static bool undo(struct fake_guest *guest)
{
	uint64_t pc = fake_guest_pc(guest, 0);

	if (!guest->cpus[0].progress)
		return false;
	guest->cpus[0].progress--;
	pc = (pc == FAKE_PROGRAM ? FAKE_PROGRAM + FAKE_PROGRAM_BYTES : pc) - 1;
	fake_guest_set_pc(guest, 0, pc);
	if (pc == FAKE_STORE)
		guest->ram[FAKE_COUNTER - FAKE_RAM]--;
	return true;
}

/* Having gone back to a trap, or to the beginning, QEMU says the same. */
static void run_back(struct fake_guest *guest, bool step)
{
	if (!guest->cpus[0].progress) {
		say(guest, "E14");
		return;
	}
	while (undo(guest) && !step)
		if (execution_trap_at(guest, fake_guest_pc(guest, 0)))
			break;
	stop_with(guest, 0, 5, "");
}

void fake_guest_interrupt(struct fake_guest *guest)
{
	if (!guest->runs) {
		guest->interrupt_kept = guest->options->kind == FAKE_GDBSERVER;
		return;
	}
	if (guest->options->hit_beats_interrupt && guest->trap_count) {
		fake_guest_set_pc(guest, 0, guest->traps[0].address);
		stop_at_trap(guest, 0, &guest->traps[0]);
		guest->interrupt_kept =
			guest->options->kind == FAKE_GDBSERVER || is_kgdb(guest);
		return;
	}
	stop_asked_for(guest);
}

/* --- requests --------------------------------------------------------------------- */

struct request {
	const char *text;
	const char *end;
};

static bool starts(const struct request *request, const char *prefix)
{
	size_t length = strlen(prefix);

	return (size_t)(request->end - request->text) >= length &&
	       !memcmp(request->text, prefix, length);
}

static bool is(const struct request *request, const char *text)
{
	return starts(request, text) &&
	       (size_t)(request->end - request->text) == strlen(text);
}

/* Numbers behind the first @p skip characters, each after one character. */
static unsigned numbers_in(
	const struct request *request, size_t skip, uint64_t *ret, unsigned most)
{
	const char *p = request->text + skip;
	unsigned count = 0;

	while (count < most && p < request->end &&
		sonde_hex_parse(&p, request->end, &ret[count])) {
		count++;
		p++;
	}
	return count;
}

/* "1", "p1.1", "0", "-1"; false for a CPU that is not there. */
static bool take_cpu(
	const struct fake_guest *guest, const char *text, const char *end, unsigned *ret)
{
	const char *dot = memchr(text, '.', (size_t)(end - text));
	uint64_t number;

	if (dot)
		text = dot + 1;
	*ret = 0;
	if (text < end && *text == '-')
		return true;
	if (!sonde_hex_parse(&text, end, &number) || number > guest->cpu_count)
		return false;
	if (is_gdbsx(guest))
		*ret = (unsigned)number;
	else if (number)
		*ret = (unsigned)number - 1;
	return true;
}

static void answer_supported(struct fake_guest *guest)
{
	static const char *const answers[] = {
		[FAKE_QEMU] = "PacketSize=1000;qXfer:features:read+;vContSupported+;"
			      "multiprocess+",
		[FAKE_NEW_QEMU] = "PacketSize=1000;qXfer:features:read+;vContSupported+;"
				  "multiprocess+",
		[FAKE_GDBSERVER] = "PacketSize=47ff;QPassSignals+;QStartNoAckMode+;"
				   "qXfer:features:read+;vContSupported+",
		[FAKE_PLAIN] = "",
		[FAKE_KGDB] = "",
		[FAKE_GDBSX] = "",
		[FAKE_OPENOCD] = "PacketSize=4000;qXfer:memory-map:read+;"
				 "qXfer:features:read+;qXfer:threads:read+;"
				 "QStartNoAckMode+;vContSupported+",
	};

	if (guest->options->supported)
		say(guest, guest->options->supported);
	else if (guest->options->no_features)
		say(guest, "PacketSize=1000");
	else if (guest->options->replays)
		say_format(guest, "%s;ReverseStep+;ReverseContinue+", answers[FAKE_QEMU]);
	else
		say(guest, answers[guest->options->kind]);
}

static void answer_document(struct fake_guest *guest, const struct request *request)
{
	const char *name = request->text + strlen("qXfer:features:read:");
	const char *colon = memchr(name, ':', (size_t)(request->end - name));
	struct request rest = {.text = colon, .end = request->end};
	const char *document;
	uint64_t range[2];
	size_t length;
	char *text;

	guest->read_description = true;
	if (!colon || numbers_in(&rest, 1, range, 2) != 2) {
		say(guest, "E00");
		return;
	}
	document = fake_guest_document(guest, name, (size_t)(colon - name));
	if (!document || range[0] > strlen(document)) {
		say(guest, "E00");
		return;
	}
	length = strlen(document) - range[0];
	text = malloc(length + 1);
	text[0] = length > range[1] ? 'm' : 'l';
	if (length > range[1])
		length = range[1];
	memcpy(text + 1, document + range[0], length);
	guest->say(guest->user, text, length + 1);
	free(text);
}

static void answer_threads(struct fake_guest *guest, bool first)
{
	char text[200] = "m";

	if (!first || is_openocd(guest)) {
		say(guest, "l");
		return;
	}
	for (unsigned cpu = 0; cpu < guest->cpu_count; cpu++) {
		if (cpu)
			strcat(text, ",");
		thread_text(guest, cpu, text + strlen(text), 20);
	}
	if (is_gdbsx(guest))
		strcat(text, "l");
	say(guest, text);
}

static void answer_all_registers(struct fake_guest *guest)
{
	const struct fake_cpu *cpu = &guest->cpus[guest->selected];
	size_t bytes = guest->options->g_bytes;
	uint8_t *whole;

	if (!bytes)
		bytes = is_kgdb(guest) || is_gdbsx(guest) ? KGDB_G_BYTES
			: is_simple(guest)		  ? PLAIN_G_BYTES
							  : G_BYTES;
	whole = calloc(1, bytes);
	memcpy(whole, cpu->registers, bytes < G_BYTES ? bytes : G_BYTES);
	say_hex(guest, whole, bytes);
	free(whole);
}

/* The place of register @p number in a CPU's registers; 0 bytes: there is none. */
static size_t place_of(uint64_t number, size_t *bytes)
{
	*bytes = 8;
	if (number <= 16)
		return number * 8;
	if (number == 60)
		return 164 + 10;
	if (number == 80)
		return HIDDEN_OFFSET;
	*bytes = 4;
	if (number < 24)
		return 136 + (number - 17) * 4;
	*bytes = number == 24 ? 10 : 0;
	return 164;
}

static void answer_one_register(
	struct fake_guest *guest, const struct request *request, bool write)
{
	struct fake_cpu *cpu = &guest->cpus[guest->selected];
	bool early = guest->options->kind == FAKE_QEMU && !guest->read_description;
	const char *p = request->text + 1;
	size_t bytes, place;
	uint64_t number;

	if (guest->options->no_single_registers || early || is_gdbsx(guest) ||
		!sonde_hex_parse(&p, request->end, &number)) {
		say(guest, "");
		return;
	}
	place = place_of(number, &bytes);
	if (!bytes || (write && request->end - p != 1 + 2 * (ptrdiff_t)bytes))
		say_fault(guest);
	else if (!write)
		say_hex(guest, cpu->registers + place, bytes);
	else if (sonde_hex_decode(p + 1, bytes, cpu->registers + place))
		say(guest, "OK");
	else
		say_fault(guest);
}

static void answer_set_all_registers(
	struct fake_guest *guest, const struct request *request)
{
	struct fake_cpu *cpu = &guest->cpus[guest->selected];
	size_t bytes = (size_t)(request->end - request->text - 1) / 2;

	if (bytes > G_BYTES)
		bytes = G_BYTES;
	if (sonde_hex_decode(request->text + 1, bytes, cpu->registers))
		say(guest, "OK");
	else
		say_fault(guest);
}

/* --- memory ----------------------------------------------------------------------- */

/* Copies what can be read; returns how much. */
static size_t read_some(
	struct fake_guest *guest, uint64_t address, uint8_t *to, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		const uint8_t *byte = NULL;
		uint64_t at = address + i;

		if (guest->physical_mode)
			to[i] = at < FAKE_RAM_BYTES ? guest->physical[at] : 0;
		else if ((byte = fake_guest_memory(guest, at)))
			to[i] = *byte;
		else if (is_openocd(guest))
			to[i] = 0;
		else
			return i;
	}
	return length;
}

static size_t longest_read(const struct fake_guest *guest)
{
	switch (guest->options->kind) {
	case FAKE_GDBSERVER:
		return 0x47ff / 2;
	case FAKE_OPENOCD:
		return 0x4000 / 2;
	case FAKE_PLAIN:
	case FAKE_KGDB:
		return PLAIN_READ_MAX;
	default:
		return 0x800;
	}
}

static void answer_read(struct fake_guest *guest, const struct request *request)
{
	uint64_t range[2];
	uint8_t *bytes;
	size_t got;

	if (numbers_in(request, 1, range, 2) != 2 || range[1] > longest_read(guest)) {
		say(guest, "E22");
		return;
	}
	bytes = malloc(range[1] + 1);
	got = read_some(guest, range[0], bytes, range[1]);
	/* gdbserver returns what there is, the others all or nothing. */
	if (got == range[1] || (got && guest->options->kind == FAKE_GDBSERVER))
		say_hex(guest, bytes, got);
	else
		say_fault(guest);
	free(bytes);
}

static bool write_byte(struct fake_guest *guest, uint64_t address, uint8_t byte)
{
	uint8_t *place = fake_guest_memory(guest, address);

	if (guest->physical_mode)
		place = address < FAKE_RAM_BYTES ? &guest->physical[address] : NULL;
	if (place)
		*place = byte;
	return place || guest->physical_mode;
}

static void answer_write(struct fake_guest *guest, const struct request *request)
{
	const char *colon =
		memchr(request->text, ':', (size_t)(request->end - request->text));
	bool binary = request->text[0] == 'X';
	uint64_t range[2];

	if (binary && guest->options->kind != FAKE_GDBSERVER && !is_openocd(guest) &&
		!is_kgdb(guest)) {
		say(guest, "");
		return;
	}
	if (!colon || numbers_in(request, 1, range, 2) != 2 ||
		(size_t)(request->end - colon - 1) !=
			(binary ? range[1] : 2 * range[1])) {
		say(guest, "E22");
		return;
	}
	if (binary && guest->write_failed) {
		guest->write_failed = false;
		say_fault(guest);
		return;
	}
	for (uint64_t i = 0; i < range[1]; i++) {
		uint8_t byte = (uint8_t)colon[1 + i];

		if (!binary && !sonde_hex_decode(colon + 1 + 2 * i, 1, &byte)) {
			say(guest, "E22");
			return;
		}
		if (!write_byte(guest, range[0] + i, byte)) {
			guest->write_failed = binary && is_openocd(guest) &&
					      range[1] >= LATE_WRITE_BYTES;
			if (guest->write_failed)
				break;
			say_fault(guest);
			return;
		}
	}
	say(guest, "OK");
}

/* --- traps, running, leaving ------------------------------------------------------- */

/* Software breakpoints need none. */
static bool has_unit_for(const struct fake_guest *guest, int kind)
{
	unsigned used = 0;

	for (unsigned i = 0; i < guest->trap_count; i++)
		used += guest->traps[i].kind &&
			(guest->traps[i].kind == 1) == (kind == 1);
	return !is_openocd(guest) || !kind ||
	       used < (kind == 1 ? BREAKPOINT_UNITS : WATCHPOINT_UNITS);
}

static void answer_trap(struct fake_guest *guest, const struct request *request)
{
	struct fake_trap trap = {.kind = request->text[1] - '0'};
	uint64_t range[2];

	if (guest->options->no_traps || is_gdbsx(guest)) {
		say(guest, "");
		return;
	}
	if (numbers_in(request, 3, range, 2) != 2) {
		say(guest, "E22");
		return;
	}
	trap.address = range[0];
	trap.length = range[1];
	if (request->text[0] == 'Z') {
		if (guest->trap_count == FAKE_TRAPS_MAX) {
			say(guest, "E22");
			return;
		}
		if (!has_unit_for(guest, trap.kind)) {
			say_fault(guest);
			return;
		}
		guest->traps[guest->trap_count++] = trap;
		say(guest, "OK");
		return;
	}
	for (unsigned i = 0; i < guest->trap_count; i++) {
		const struct fake_trap *other = &guest->traps[i];

		if (other->kind != trap.kind || other->address != trap.address ||
			other->length != trap.length)
			continue;
		guest->traps[i] = guest->traps[--guest->trap_count];
		say(guest, "OK");
		return;
	}
	say(guest, is_qemu(guest) ? "E02" : is_openocd(guest) ? "E0E" : "E01");
}

static void answer_vcont(struct fake_guest *guest, const struct request *request)
{
	const char *p = request->text + strlen("vCont;");
	unsigned cpu;

	if (!has_vcont(guest)) {
		say(guest, "");
		return;
	}
	if (p < request->end && *p == 'c') {
		run(guest);
		return;
	}
	if (p + 1 >= request->end || *p != 's' ||
		!take_cpu(guest, p + 2, request->end, &cpu)) {
		say(guest, "E22");
		return;
	}
	step(guest, cpu);
}

static void answer_detach(struct fake_guest *guest, const struct request *request)
{
	if (guest->process_ids && is(request, "D")) {
		say(guest, "E22");
		return;
	}
	say(guest, "OK");
	guest->detached = true;
	guest->runs = !is_openocd(guest);
}

static void answer_stop_reason(struct fake_guest *guest)
{
	if (is_qemu(guest))
		guest->trap_count = 0;
	if (is_openocd(guest)) {
		say(guest, guest->halted_by_us ? "S02" : "S05");
		return;
	}
	stop_with(guest, guest->selected, 5, "");
}

static void answer_select(struct fake_guest *guest, const struct request *request)
{
	unsigned cpu;

	if (!take_cpu(guest, request->text + 2, request->end, &cpu)) {
		say(guest, "E22");
		return;
	}
	guest->selected_any = true;
	guest->selected = cpu;
	say(guest, "OK");
}

/* --- what only QEMU knows ----------------------------------------------------------- */

static void answer_monitor(struct fake_guest *guest, const struct request *request)
{
	static const char status[] = "VM status: paused\r\n";
	char text[100] = "O";
	char command[64] = "";
	size_t length = (size_t)(request->end - request->text - 6) / 2;

	if (length < sizeof(command))
		sonde_hex_decode(request->text + 6, length, (uint8_t *)command);
	if (!strcmp(command, "info replay") && guest->options->replays) {
		char count[40];

		snprintf(count, sizeof(count), "instruction count = %lu",
			guest->cpus[0].progress);
		sonde_hex_encode(count, strlen(count), text + 1);
		guest->say(guest->user, text, 1 + 2 * strlen(count));
	}
	if (strcmp(command, "info status")) {
		say(guest, "OK");
		return;
	}
	/* In two pieces, as the monitor's flushes make them. */
	sonde_hex_encode(status, 4, text + 1);
	guest->say(guest->user, text, 9);
	sonde_hex_encode(status + 4, sizeof(status) - 5, text + 1);
	guest->say(guest->user, text, 1 + 2 * (sizeof(status) - 5));
	say(guest, "OK");
}

/* What a command prints while it works, then what it returns; or an error. */
static void answer_openocd_monitor(
	struct fake_guest *guest, const struct request *request)
{
	static const char printed[] = "halted due to debug-request\n";
	char command[64] = "", text[2 * sizeof(printed) + 2] = "O";
	size_t length = (size_t)(request->end - request->text - 6) / 2;

	if (length < sizeof(command))
		sonde_hex_decode(request->text + 6, length, (uint8_t *)command);
	/* Still alive. */
	say(guest, "O");
	sonde_hex_encode(printed, sizeof(printed) - 1, text + 1);
	guest->say(guest->user, text, 1 + 2 * (sizeof(printed) - 1));
	if (!strcmp(command, "targets"))
		say_hex(guest, "one\n", 4);
	else
		say(guest, strcmp(command, "halt") ? "EFC" : "OK");
}

static bool answer_qemu(struct fake_guest *guest, const struct request *request)
{
	uint64_t number = 0;

	if (!is_qemu(guest))
		return false;
	if (is(request, "qqemu.sstepbits")) {
		say(guest, "ENABLE=1,NOIRQ=2,NOTIMER=4");
	} else if (is(request, "qqemu.sstep")) {
		say_format(guest, "0x%x", guest->step_bits);
	} else if (starts(request, "Qqemu.sstep:")) {
		numbers_in(request, 12, &number, 1);
		guest->step_bits = (unsigned)number;
		say(guest, "OK");
	} else if (is(request, "qqemu.PhyMemMode")) {
		say(guest, guest->physical_mode ? "1" : "0");
	} else if (starts(request, "Qqemu.PhyMemMode:")) {
		numbers_in(request, 17, &number, 1);
		guest->physical_mode = number != 0;
		say(guest, "OK");
	} else if (starts(request, "qRcmd,")) {
		answer_monitor(guest, request);
	} else {
		return false;
	}
	return true;
}

/* --- all requests ------------------------------------------------------------------- */

static bool answer_query(struct fake_guest *guest, const struct request *request)
{
	if (answer_qemu(guest, request))
		return true;
	if (starts(request, "qSupported"))
		answer_supported(guest);
	else if (starts(request, "qXfer:features:read:"))
		answer_document(guest, request);
	else if (is(request, "qfThreadInfo"))
		answer_threads(guest, true);
	else if (is(request, "qsThreadInfo"))
		answer_threads(guest, false);
	else if (is(request, "QStartNoAckMode") && fake_guest_knows_no_ack(guest))
		say(guest, "OK");
	else if (starts(request, "qRcmd,") && is_gdbsx(guest))
		say_hex(guest, "Bad monitor command\n", 20);
	else if (starts(request, "qRcmd,") && is_openocd(guest))
		answer_openocd_monitor(guest, request);
	else
		return false;
	return true;
}

static bool answer_data(struct fake_guest *guest, const struct request *request)
{
	switch (request->text[0]) {
	case 'g':
		answer_all_registers(guest);
		return true;
	case 'G':
		answer_set_all_registers(guest, request);
		return true;
	case 'p':
		answer_one_register(guest, request, false);
		return true;
	case 'P':
		answer_one_register(guest, request, true);
		return true;
	case 'm':
		answer_read(guest, request);
		return true;
	case 'M':
	case 'X':
		answer_write(guest, request);
		return true;
	case 'Z':
	case 'z':
		answer_trap(guest, request);
		return true;
	}
	return false;
}

void fake_guest_answer(struct fake_guest *guest, const char *text, size_t length)
{
	struct request request = {.text = text, .end = text + length};

	if (!length)
		say(guest, "");
	else if (is_kgdb(guest) && fake_kgdb_answer(guest, text, length))
		return;
	else if (answer_query(guest, &request) || answer_data(guest, &request))
		return;
	else if (is(&request, "?"))
		answer_stop_reason(guest);
	else if (starts(&request, "Hg") || (is_gdbsx(guest) && starts(&request, "Hc")))
		answer_select(guest, &request);
	else if (starts(&request, "Hc"))
		say(guest, "OK");
	else if (is(&request, "vCont?"))
		say(guest, has_vcont(guest) ? "vCont;c;C;s;S" : "");
	else if (starts(&request, "vCont;"))
		answer_vcont(guest, &request);
	else if (guest->options->replays && (is(&request, "bs") || is(&request, "bc")))
		run_back(guest, text[1] == 's');
	else if (is(&request, "c"))
		run(guest);
	else if (is(&request, "s"))
		step(guest, is_kgdb(guest) ? guest->stopped : guest->selected);
	else if (text[0] == 'D')
		answer_detach(guest, &request);
	else
		say(guest, "");
}

bool fake_guest_knows_no_ack(const struct fake_guest *guest)
{
	return guest->options->kind == FAKE_GDBSERVER || is_openocd(guest);
}

void fake_guest_connect(struct fake_guest *guest)
{
	bool ran = guest->runs;

	guest->detached = false;
	/* It does not know of clients. */
	if (is_kgdb(guest))
		return;
	guest->runs = false;
	guest->no_acks = false;
	guest->read_description = false;
	guest->selected_any = false;
	guest->selected = 0;
	guest->halted_by_us = ran;
	if (guest->options->kind == FAKE_QEMU && ran)
		stop_with(guest, 0, 2, "");
}

static void fill(uint8_t *memory, size_t length, uint64_t address, uint8_t flip)
{
	for (size_t i = 0; i < length; i++)
		memory[i] = fake_byte(address + i) ^ flip;
}

void fake_guest_init(struct fake_guest *guest, const struct fake_options *options)
{
	memset(guest, 0, sizeof(*guest));
	guest->options = options;
	guest->cpu_count = options->cpus ? options->cpus : 1;
	guest->process_ids = options->process_ids;
	guest->physical_mode = options->physical_mode;
	guest->step_bits = DEFAULT_STEP_BITS;
	guest->runs = (options->kind == FAKE_QEMU || options->kind == FAKE_NEW_QEMU ||
			      options->kind == FAKE_OPENOCD ||
			      options->transport == FAKE_TELNET ||
			      options->transport == FAKE_SERIAL_BREAK) &&
		      !options->found_paused;
	fill(guest->ram, sizeof(guest->ram), FAKE_RAM, 0);
	fill(guest->last_page, sizeof(guest->last_page), FAKE_LAST_PAGE, 0);
	fill(guest->physical, sizeof(guest->physical), 0, 0xff);
	memset(guest->ram + FAKE_PROGRAM - FAKE_RAM, 0x90, FAKE_PROGRAM_BYTES);
	if (options->kind == FAKE_KGDB)
		guest->ram[FAKE_KGDB_CALL - FAKE_RAM] = 0xcc;
	guest->ram[FAKE_COUNTER - FAKE_RAM] = 0;
	for (unsigned cpu = 0; cpu < guest->cpu_count; cpu++) {
		for (unsigned i = 0; i < FAKE_REGISTER_BYTES; i++)
			guest->cpus[cpu].registers[i] = (uint8_t)(i * 3 + cpu + 1);
		fake_guest_set_pc(guest, cpu, FAKE_PROGRAM);
	}
}
