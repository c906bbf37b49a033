/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The smallest real user of libsonde: attach, read, break, detach.
 *
 *     tiny TARGET ADDRESS
 *
 * prints the registers' PC, sixteen bytes of code there, and three hits of a
 * breakpoint at ADDRESS; then the guest runs on as before.
 */
#include <inttypes.h>
#include <sonde/sonde.h>
#include <stdio.h>
#include <stdlib.h>

static struct sonde_error *look(struct sonde_target *target)
{
	struct sonde_thread *cpu;
	struct sonde_space *memory;
	struct sonde_error *error;
	uint8_t code[16];
	uint64_t pc;

	error = sonde_target_current_thread(target, &cpu);
	if (!error)
		error = sonde_thread_read_pc(cpu, &pc);
	if (!error)
		error = sonde_target_virtual(target, cpu, &memory);
	if (!error)
		error = sonde_space_read(memory, pc, code, sizeof(code));
	if (error)
		return error;
	printf("CPU %u is at 0x%" PRIx64 ":", sonde_thread_number(cpu), pc);
	for (size_t i = 0; i < sizeof(code); i++)
		printf(" %02x", code[i]);
	printf("\n");
	return NULL;
}

static struct sonde_error *count_hits(struct sonde_target *target, uint64_t address)
{
	struct sonde_breakpoint *breakpoint;
	struct sonde_error *error = sonde_breakpoint_create(
		target, SONDE_BREAKPOINT_SOFTWARE, address, 0, &breakpoint);

	if (error)
		return error;
	for (int i = 0; i < 3 && !error; i++) {
		struct sonde_stop stop;

		error = sonde_target_resume(target);
		if (!error)
			error = sonde_target_wait(target, 10000, &stop);
		if (!error)
			printf("CPU %u hit 0x%" PRIx64 "\n",
				sonde_thread_number(stop.thread), address);
	}
	if (error)
		return error; /* detaching takes the breakpoint out */
	return sonde_breakpoint_destroy(breakpoint);
}

int main(int argc, char **argv)
{
	struct sonde_target *target = NULL;
	struct sonde *sonde = NULL;
	struct sonde_error *error;

	if (argc != 3) {
		fprintf(stderr, "usage: tiny TARGET ADDRESS\n");
		return 2;
	}
	error = sonde_create(NULL, &sonde);
	if (!error)
		error = sonde_open(sonde, argv[1], &target);
	if (!error)
		error = look(target);
	if (!error)
		error = count_hits(target, strtoull(argv[2], NULL, 0));
	if (!error)
		error = sonde_target_detach(target);
	if (error)
		fprintf(stderr, "tiny: %s: %s\n", sonde_error_what(error),
			sonde_error_why(error));
	sonde_target_close(target);
	sonde_destroy(sonde);
	sonde_error_destroy(error);
	return error ? 1 : 0;
}
