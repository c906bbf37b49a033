/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looks at a QEMU that runs on meanwhile:
 *
 *     watch [TARGET]
 *
 * prints, once a second until it is interrupted, whether the guest runs, and where each
 * of its CPUs is, with sixteen bytes of the code there. Without TARGET it takes the only
 * QEMU on this host; others are named as "qemu:NAME" or "qemu:PID".
 */
#include <inttypes.h>
#include <sonde/sonde.h>
#include <stdio.h>
#include <unistd.h>

/* A CPU that leaves a page between two questions is no failure: memory is not there. */
static struct sonde_error *show_cpu(struct sonde_target *target, struct sonde_thread *cpu)
{
	struct sonde_space *memory;
	struct sonde_error *error;
	uint8_t code[16];
	uint64_t pc;

	error = sonde_thread_read_pc(cpu, &pc);
	if (!error)
		error = sonde_target_virtual(target, cpu, &memory);
	if (error)
		return error;
	printf("  CPU %u  0x%016" PRIx64 " ", sonde_thread_number(cpu), pc);
	error = sonde_space_read(memory, pc, code, sizeof(code));
	for (size_t i = 0; !error && i < sizeof(code); i++)
		printf(" %02x", code[i]);
	printf("\n");
	if (!error || sonde_error_kind(error) != SONDE_ERROR_FAULT)
		return error;
	sonde_error_destroy(error);
	return NULL;
}

static struct sonde_error *look(struct sonde_target *target)
{
	struct sonde_thread *const *cpus;
	struct sonde_error *error;
	size_t count;

	error = sonde_target_threads(target, &cpus, &count);
	for (size_t i = 0; !error && i < count; i++)
		error = show_cpu(target, cpus[i]);
	printf("  %s\n",
		sonde_target_state(target) == SONDE_STATE_RUNNING ? "running" : "paused");
	fflush(stdout);
	/* QEMU's monitor is free for others until the next look, which looks anew. */
	sonde_target_rest(target);
	return error;
}

int main(int argc, char **argv)
{
	struct sonde_target *target = NULL;
	struct sonde *sonde = NULL;
	struct sonde_error *error;

	error = sonde_create(NULL, &sonde);
	if (!error)
		error = sonde_open(sonde, argc > 1 ? argv[1] : NULL, &target);
	if (!error && !sonde_target_is_observable(target))
		error = sonde_error_while(
			sonde_error_create(SONDE_ERROR_UNSUPPORTED,
				"it cannot be looked at without stopping it"),
			"watching %s", sonde_target_name(target));
	if (!error)
		printf("%s: %" PRIu64 " MiB of RAM, read by %s\n",
			sonde_target_name(target), sonde_target_ram_bytes(target) >> 20,
			sonde_target_memory_means(target));
	while (!error) {
		error = look(target);
		sleep(error ? 0 : 1);
	}
	fprintf(stderr, "watch: %s: %s\n", sonde_error_what(error),
		sonde_error_why(error));
	sonde_error_destroy(error);
	sonde_target_close(target);
	sonde_destroy(sonde);
	return 1;
}
