/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing to guest RAM: this process is the QEMU whose RAM it is. */
#include "wire_check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "macros.h"
#include "ram.h"
#include "ram_file.h"

enum {
	PAGE = SONDE_WINDOW_PAGE_BYTES,
	PAGES = 16,
	BYTES = PAGES * PAGE,
	/** Guest-physical: a file, private memory right behind it, a ROM, nothing. */
	FILE_AT = 0x100000,
	PRIVATE_AT = FILE_AT + BYTES,
	ROM_AT = PRIVATE_AT + BYTES,
	END = ROM_AT + BYTES,
};

struct machine {
	int fd;
	uint8_t *file, *private, *rom;
	struct sonde_qemu_host process;
	struct sonde_qemu_ram *ram;
};

static void *map_memory(int fd, int flags)
{
	void *mapped = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, flags, fd, 0);

	assert_ptr_not_equal(mapped, MAP_FAILED);
	return mapped;
}

static void find_ram(struct machine *machine, bool no_mapping, bool with_process)
{
	static char file[] = "file", private[] = "private", rom[] = "rom";
	struct sonde_qemu_range ranges[] = {
		{FILE_AT, FILE_AT + BYTES - 1, .region = file},
		{PRIVATE_AT, PRIVATE_AT + BYTES - 1, .region = private},
		{ROM_AT, ROM_AT + BYTES - 1, .region = rom, .read_only = true}};
	const struct sonde_qemu_memory_map map = {ranges, ARRAY_SIZE(ranges)};
	const uint64_t hosts[] = {(uintptr_t)machine->file, (uintptr_t)machine->private,
		(uintptr_t)machine->rom};
	const struct sonde_qemu_ram_sources sources = {.map = &map,
		.host = hosts,
		.process = with_process ? &machine->process : NULL,
		.no_mapping = no_mapping};

	check(sonde_qemu_ram_create(&sources, &machine->ram));
}

static void machine_init(struct machine *machine)
{
	machine->fd = memfd_create("ram", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(machine->fd, BYTES), 0);
	machine->file = map_memory(machine->fd, MAP_SHARED);
	machine->private = map_memory(-1, MAP_PRIVATE | MAP_ANONYMOUS);
	machine->rom = map_memory(-1, MAP_PRIVATE | MAP_ANONYMOUS);
	check(sonde_qemu_host_hold(getpid(), 0, &machine->process));
}

static void machine_deinit(struct machine *machine)
{
	sonde_qemu_ram_destroy(machine->ram);
	sonde_qemu_host_release(&machine->process);
	munmap(machine->file, BYTES);
	munmap(machine->private, BYTES);
	munmap(machine->rom, BYTES);
	close(machine->fd);
}

static void expect_possible(
	struct machine *machine, uint64_t address, size_t length, bool wanted)
{
	bool possible;

	check(sonde_qemu_ram_check_write(machine->ram, address, length, &possible));
	assert_int_equal(possible, wanted);
}

/* From the middle of the file into private memory. */
static void write_across(struct machine *machine)
{
	uint8_t data[BYTES];

	memset(data, 0x5a, sizeof(data));
	expect_possible(machine, PRIVATE_AT - BYTES / 2, BYTES, true);
	/* That changes nothing. */
	assert_int_equal(machine->file[BYTES - 1], 0);
	check(sonde_qemu_ram_write(
		machine->ram, PRIVATE_AT - BYTES / 2, data, sizeof(data)));
	assert_int_equal(machine->file[BYTES / 2 - 1], 0);
	assert_memory_equal(machine->file + BYTES / 2, data, BYTES / 2);
	assert_memory_equal(machine->private, data, BYTES / 2);
	assert_int_equal(machine->private[BYTES / 2], 0);
}

static void test_writes(void **state)
{
	(void)state;
	for (int no_mapping = 0; no_mapping < 2; no_mapping++) {
		struct machine machine;

		machine_init(&machine);
		find_ram(&machine, no_mapping, true);
		write_across(&machine);
		machine_deinit(&machine);
	}
}

/* Others may not write to the file, but the process still does. */
static void test_file_that_is_sealed(void **state)
{
	(void)state;
	for (int no_mapping = 0; no_mapping < 2; no_mapping++) {
		struct machine machine;

		machine_init(&machine);
		assert_int_equal(fcntl(machine.fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), 0);
		find_ram(&machine, no_mapping, true);
		write_across(&machine);
		machine_deinit(&machine);
	}
}

static void test_what_the_stub_has_to_write(void **state)
{
	struct machine machine;
	bool possible;

	(void)state;
	machine_init(&machine);
	find_ram(&machine, false, true);
	check_says(sonde_qemu_ram_check_write(machine.ram, ROM_AT - 1, 2, &possible),
		SONDE_ERROR_UNSUPPORTED, "ROM");
	expect_possible(&machine, ROM_AT - 1, 1, true);
	check_fails(sonde_qemu_ram_check_write(machine.ram, END, 1, &possible),
		SONDE_ERROR_FAULT);
	check_fails(sonde_qemu_ram_check_write(machine.ram, FILE_AT - 1, 2, &possible),
		SONDE_ERROR_FAULT);
	sonde_qemu_ram_destroy(machine.ram);
	/* The monitor can read, and there is nothing else. */
	find_ram(&machine, false, false);
	expect_possible(&machine, FILE_AT, 1, false);
	check_fails(sonde_qemu_ram_write(machine.ram, FILE_AT, "x", 1),
		SONDE_ERROR_PERMISSION);
	machine_deinit(&machine);
}

static void test_file_that_is_cut_short(void **state)
{
	(void)state;
	for (int map = 0; map < 2; map++) {
		int fd = memfd_create("ram", MFD_CLOEXEC);
		struct sonde_qemu_ram_file *file;
		struct stat status;

		assert_int_equal(ftruncate(fd, BYTES), 0);
		check(sonde_qemu_ram_file_create(dup(fd), map, &file));
		check(sonde_qemu_ram_file_prepare_write(file));
		check(sonde_qemu_ram_file_write(file, BYTES - 8, "x", 1));
		check_fails(sonde_qemu_ram_file_write(file, BYTES, "x", 1),
			SONDE_ERROR_BAD_DATA);
		assert_int_equal(ftruncate(fd, PAGE), 0);
		check_says(sonde_qemu_ram_file_write(file, BYTES - 8, "x", 1),
			SONDE_ERROR_IO, "cut short");
		/* It was not made longer again. */
		assert_int_equal(fstat(fd, &status), 0);
		assert_int_equal(status.st_size, PAGE);
		sonde_qemu_ram_file_destroy(file);
		close(fd);
	}
}

static void test_process_that_has_ended(void **state)
{
	struct sonde_qemu_host host;
	int ends[2], memory;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child) {
		char byte;

		close(ends[1]);
		_exit(read(ends[0], &byte, 1) < 0);
	}
	check(sonde_qemu_host_hold(child, 0, &host));
	check(sonde_qemu_host_open_memory(&host, &memory));
	check(sonde_qemu_host_write(memory, (uintptr_t)ends, "1234", 4));
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	check_fails(sonde_qemu_host_write(memory, (uintptr_t)ends, "1", 1),
		SONDE_ERROR_NOT_FOUND);
	close(memory);
	check_fails(sonde_qemu_host_open_memory(&host, &memory), SONDE_ERROR_NOT_FOUND);
	sonde_qemu_host_release(&host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First, since cmocka takes SIGBUS for itself with each test. */
		cmocka_unit_test(test_file_that_is_cut_short),
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_file_that_is_sealed),
		cmocka_unit_test(test_what_the_stub_has_to_write),
		cmocka_unit_test(test_process_that_has_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
