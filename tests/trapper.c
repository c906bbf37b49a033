/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sets traps as it is told, through the public API alone: trapper TARGET. One command a
 * line on standard input, one line in answer to each. Numbers are hexadecimal; of KIND,
 * sonde_breakpoint_kind's. "error WHAT: WHY (HINT)" where something fails.
 *
 *	set KIND ADDRESS LENGTH     "set N"
 *	unset N                     "unset"
 *	read ADDRESS LENGTH         "BYTES"; readp: of physical memory
 *	write ADDRESS BYTES         "written"; writep
 *	run TIMEOUT_MS              "REASON CPU PC ADDRESS": 2 a breakpoint, 3 watched
 *memory; "timeout" if it was stopped after that step CPU                    the same put
 *CPU REGISTER VALUE      "put" leave                       detaches, and ends
 */
#include <inttypes.h>
#include <sonde/sonde.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TRAPS_MAX = 16,
	BYTES_MAX = 256,
};

static struct sonde_target *target;
static struct sonde_breakpoint *traps[TRAPS_MAX];
static unsigned trap_count;

static struct sonde_error *set(const char *words)
{
	struct sonde_error *error;
	uint64_t address, length;
	unsigned kind;

	if (sscanf(words, "%x %" SCNx64 " %" SCNx64, &kind, &address, &length) != 3 ||
		trap_count == TRAPS_MAX)
		exit(2);
	error = sonde_breakpoint_create(target, (enum sonde_breakpoint_kind)kind, address,
		length, &traps[trap_count]);
	if (!error)
		printf("set %x\n", trap_count++);
	return error;
}

static struct sonde_error *unset(const char *words)
{
	unsigned number = (unsigned)strtoul(words, NULL, 16);
	struct sonde_error *error;

	if (number >= trap_count)
		exit(2);
	error = sonde_breakpoint_destroy(traps[number]);
	traps[number] = NULL;
	if (!error)
		puts("unset");
	return error;
}

static struct sonde_error *space_of(bool physical, struct sonde_space **ret)
{
	return physical ? sonde_target_physical(target, ret)
			: sonde_target_virtual(target, NULL, ret);
}

static struct sonde_error *read_bytes(const char *words, bool physical)
{
	uint8_t bytes[BYTES_MAX];
	struct sonde_space *space;
	struct sonde_error *error;
	uint64_t address;
	unsigned length;

	if (sscanf(words, "%" SCNx64 " %x", &address, &length) != 2 || length > BYTES_MAX)
		exit(2);
	error = space_of(physical, &space);
	if (!error)
		error = sonde_space_read(space, address, bytes, length);
	if (error)
		return error;
	for (unsigned i = 0; i < length; i++)
		printf("%02x", bytes[i]);
	puts("");
	return NULL;
}

static struct sonde_error *write_bytes(const char *words, bool physical)
{
	uint8_t bytes[BYTES_MAX];
	struct sonde_space *space;
	struct sonde_error *error;
	char text[2 * BYTES_MAX + 1];
	uint64_t address;
	size_t length = 0;

	if (sscanf(words, "%" SCNx64 " %512s", &address, text) != 2)
		exit(2);
	for (unsigned byte; sscanf(text + 2 * length, "%2x", &byte) == 1; length++)
		bytes[length] = (uint8_t)byte;
	error = space_of(physical, &space);
	if (!error)
		error = sonde_space_write(space, address, bytes, length);
	if (!error)
		puts("written");
	return error;
}

static struct sonde_error *tell(const struct sonde_stop *stop)
{
	struct sonde_error *error = NULL;
	uint64_t pc = 0;

	if (stop->thread)
		error = sonde_thread_read_pc(stop->thread, &pc);
	if (!error)
		printf("%x %x %" PRIx64 " %" PRIx64 "\n", (unsigned)stop->reason,
			stop->thread ? sonde_thread_number(stop->thread) : 0, pc,
			stop->address);
	return error;
}

static struct sonde_error *run(const char *words)
{
	struct sonde_error *error = sonde_target_resume(target);
	struct sonde_stop stop;

	if (!error)
		error = sonde_target_wait(target, (int)strtoul(words, NULL, 16), &stop);
	if (!error)
		return tell(&stop);
	if (sonde_error_kind(error) != SONDE_ERROR_TIMEOUT)
		return error;
	sonde_error_destroy(error);
	error = sonde_target_pause(target, &stop);
	if (!error)
		puts("timeout");
	return error;
}

static struct sonde_error *step(const char *words)
{
	struct sonde_thread *thread;
	struct sonde_error *error;
	struct sonde_stop stop;

	error = sonde_target_find_thread(
		target, (unsigned)strtoul(words, NULL, 16), &thread);
	if (!error)
		error = sonde_target_step(target, thread, false, &stop);
	return error ? error : tell(&stop);
}

static struct sonde_error *put(const char *words)
{
	const struct sonde_register *reg;
	struct sonde_register_value value;
	struct sonde_thread *thread;
	struct sonde_error *error;
	uint64_t integer;
	unsigned cpu;
	char name[32];

	if (sscanf(words, "%x %31s %" SCNx64, &cpu, name, &integer) != 3)
		exit(2);
	error = sonde_target_find_thread(target, cpu, &thread);
	if (error)
		return error;
	reg = sonde_thread_find_register(thread, name);
	if (!reg)
		exit(2);
	sonde_register_value_set_integer(&value, integer, reg->bits);
	error = sonde_thread_write_register(thread, reg, &value);
	if (!error)
		puts("put");
	return error;
}

static struct sonde_error *act(const char *line)
{
	const char *words = strchr(line, ' ') ?: "";
	size_t length = strcspn(line, " ");
	char name[16];

	snprintf(name, sizeof(name), "%.*s", (int)length, line);
	if (!strcmp(name, "set"))
		return set(words);
	if (!strcmp(name, "unset"))
		return unset(words);
	if (!strcmp(name, "read") || !strcmp(name, "readp"))
		return read_bytes(words, name[4]);
	if (!strcmp(name, "write") || !strcmp(name, "writep"))
		return write_bytes(words, name[5]);
	if (!strcmp(name, "run"))
		return run(words);
	if (!strcmp(name, "step"))
		return step(words);
	if (!strcmp(name, "put"))
		return put(words);
	exit(2);
}

static int report(struct sonde_error *error)
{
	const char *hint = sonde_error_hint(error);

	printf("error %s: %s%s%s%s\n", sonde_error_what(error), sonde_error_why(error),
		hint ? " (" : "", hint ?: "", hint ? ")" : "");
	sonde_error_destroy(error);
	return 1;
}

int main(int argc, char **argv)
{
	char line[3 * BYTES_MAX];
	struct sonde *sonde = NULL;
	struct sonde_error *error;
	struct sonde_stop stop;

	if (argc != 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	error = sonde_create(NULL, &sonde);
	if (!error)
		error = sonde_open(sonde, argv[1], &target);
	if (!error)
		error = sonde_target_pause(target, &stop);
	if (error)
		return report(error);
	puts("ready");
	while (fgets(line, sizeof(line), stdin) && strcmp(line, "leave\n") != 0) {
		error = act(line);
		if (error)
			report(error);
	}
	error = sonde_target_detach(target);
	if (error)
		return report(error);
	puts("left");
	sonde_target_close(target);
	sonde_destroy(sonde);
	return 0;
}
