/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client of each kind of stub is killed at each thing that it says, after a number of
 * bytes that chance gives (kill_shim.c): the guard has to leave the machine as it was
 * found. What a real guest only shows by stopping, the fake one tells: which traps are
 * left, what its memory holds, whether a CPU has left an instruction out.
 *
 * The client is this program again: wire_guard client SPECIFICATION. wire_guard NAME runs
 * one test alone.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sonde/sonde.h>
#include "clock.h"
#include "fake_stub.h"
#include "target.h"
#include "wire_check.h"

enum {
	TRAP = FAKE_PROGRAM + 4,
	OTHER_TRAP = FAKE_PROGRAM + 7,
	CHANGED = 0x5a5a00,
	PATIENCE_MS = 20000,
	EVENTS_MAX = 1000,
	/** Of each kind of stub, where no number is asked for. */
	BRIEF_KILLS = 50,
};

struct event {
	unsigned number;
	size_t bytes;
};

struct events {
	struct event list[EVENTS_MAX];
	size_t count;
};

static char scratch[64];
extern char **environ;

/* --- the client --------------------------------------------------------------------- */

static void must(struct sonde_error *error)
{
	if (!error)
		return;
	fprintf(stderr, "client: %s: %s\n", sonde_error_what(error),
		sonde_error_why(error));
	exit(1);
}

/* Where the stub cannot do it, the client does without. */
static void may(struct sonde_error *error)
{
	sonde_error_destroy(error);
}

static void run(struct sonde_target *target)
{
	struct sonde_stop stop;

	must(sonde_target_resume(target));
	must(sonde_target_wait(target, PATIENCE_MS, &stop));
}

/* Something of all that outlives a connection. */
static int be_client(const char *specification)
{
	struct sonde_breakpoint *one = NULL, *other = NULL, *watch = NULL;
	struct sonde_target *target;
	struct sonde_thread *thread;
	struct sonde_space *space;
	struct sonde *sonde;
	struct sonde_stop stop;
	uint64_t word;

	must(sonde_create(NULL, &sonde));
	must(sonde_open(sonde, specification, &target));
	must(sonde_breakpoint_create(target, SONDE_BREAKPOINT_SOFTWARE, TRAP, 0, &one));
	run(target);
	must(sonde_target_current_thread(target, &thread));
	may(sonde_breakpoint_create(
		target, SONDE_BREAKPOINT_WATCH_WRITE, FAKE_COUNTER, 8, &watch));
	if (!sonde_target_physical(target, &space))
		may(sonde_space_read_integer(space, 0x1000, 8, &word));
	run(target);
	must(sonde_breakpoint_create(
		target, SONDE_BREAKPOINT_SOFTWARE, OTHER_TRAP, 0, &other));
	must(sonde_breakpoint_destroy(watch));
	must(sonde_target_current_thread(target, &thread));
	must(sonde_target_step(target, thread, false, &stop));
	run(target);
	must(sonde_breakpoint_destroy(one));
	must(sonde_target_detach(target));
	sonde_target_close(target);
	sonde_destroy(sonde);
	return 0;
}

/* Two registers of the second CPU, of which either both are to change or none. */
static int be_changer(const char *specification)
{
	struct sonde_register_change changes[2];
	struct sonde_target *target;
	struct sonde_thread *thread;
	struct sonde *sonde;

	must(sonde_create(NULL, &sonde));
	must(sonde_open(sonde, specification, &target));
	must(sonde_target_find_thread(target, 1, &thread));
	for (unsigned round = 1; round <= 5; round++) {
		for (unsigned i = 0; i < 2; i++) {
			changes[i].reg =
				sonde_thread_find_register(thread, i ? "rbx" : "rax");
			sonde_register_value_set_integer(
				&changes[i].value, CHANGED + round, 64);
		}
		must(sonde_thread_write_together(thread, changes, 2));
	}
	must(sonde_target_detach(target));
	sonde_target_close(target);
	sonde_destroy(sonde);
	return 0;
}

/* What the next client shall be. */
static const char *role = "client";

static pid_t start_client(const char *specification, const char *place, const char *log)
{
	char self[512], at[64], path[96], shim[600], runtime[96];
	char *arguments[] = {self, (char *)role, (char *)specification, NULL};
	char *environment[] = {runtime, shim, at, path, NULL};
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	pid_t client;

	assert_true(length > 0);
	self[length] = '\0';
	snprintf(shim, sizeof(shim), "LD_PRELOAD=%.*s/libkill_shim.so",
		(int)(strrchr(self, '/') - self), self);
	snprintf(runtime, sizeof(runtime), "XDG_RUNTIME_DIR=%s", scratch);
	snprintf(at, sizeof(at), "SONDE_KILL_AT=%s", place);
	snprintf(path, sizeof(path), "SONDE_KILL_LOG=%s", log);
	assert_int_equal(
		posix_spawn(&client, self, NULL, NULL, arguments, environment), 0);
	return client;
}

static int wait_for(pid_t client)
{
	int status;

	assert_int_equal(waitpid(client, &status, 0), client);
	return status;
}

/* --- where it can be killed -----------------------------------------------------------
 */

static void find_events(const struct fake_options *options, struct events *ret)
{
	struct fake_stub *stub = fake_stub_create(options);
	char log[80], line[96];
	FILE *file;

	snprintf(log, sizeof(log), "%s/log", scratch);
	unlink(log);
	assert_int_equal(wait_for(start_client(fake_stub_name(stub), "0:0", log)), 0);
	fake_stub_destroy(stub);
	file = fopen(log, "r");
	assert_non_null(file);
	ret->count = 0;
	while (ret->count < EVENTS_MAX && fgets(line, sizeof(line), file)) {
		struct event *event = &ret->list[ret->count];

		if (sscanf(line, "%u %*s %zu", &event->number, &event->bytes) == 2)
			ret->count++;
	}
	fclose(file);
	assert_true(ret->count > 20);
}

/* --- what is left ----------------------------------------------------------------------
 */

/* An empty one says that nothing was done. */
static bool journals_are_clean(void)
{
	char path[96];
	struct dirent *entry;
	bool clean = true;
	DIR *directory;

	snprintf(path, sizeof(path), "%s/sonde", scratch);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		struct stat status;

		if (strstr(entry->d_name, ".journal") &&
			!fstatat(dirfd(directory), entry->d_name, &status, 0))
			clean = clean && status.st_size == 0;
	}
	if (directory)
		closedir(directory);
	return clean;
}

static void wait_until_clean(const char *place)
{
	int64_t deadline = sonde_deadline_in(PATIENCE_MS);

	while (!journals_are_clean()) {
		if (sonde_deadline_left(deadline) == 0)
			fail_msg("killed at %s: the journal stays", place);
		poll(NULL, 0, 2);
	}
}

/* As they were, or all of them as they were to be. */
static void check_registers(
	struct fake_stub *stub, const struct fake_options *options, const char *place)
{
	uint64_t rax, rbx;

	if (strcmp(role, "changer") != 0 || options->cpus < 2)
		return;
	rax = fake_stub_register(stub, 1, 0);
	rbx = fake_stub_register(stub, 1, 8);
	if (rax != rbx && (rax - CHANGED <= 5 || rbx - CHANGED <= 5))
		fail_msg("killed at %s: rax is %llx, rbx %llx", place,
			(unsigned long long)rax, (unsigned long long)rbx);
}

static void check_left(struct fake_stub *stub, const struct fake_options *options,
	bool runs, const char *place)
{
	fake_stub_wait_left(stub);
	fake_stub_settle(stub);
	if (fake_stub_traps(stub))
		fail_msg("killed at %s: a trap is left", place);
	if (fake_stub_runs(stub) != runs)
		fail_msg("killed at %s: it %s", place, runs ? "stands" : "runs");
	if (fake_stub_physical_mode(stub) || fake_stub_step_bits(stub) != 7)
		fail_msg("killed at %s: a mode is left", place);
	if (fake_stub_bytes_after_detach(stub))
		fail_msg("killed at %s: something was said after the detach", place);
	for (unsigned i = 0; i < FAKE_PROGRAM_BYTES; i++)
		if (fake_stub_memory(stub, FAKE_PROGRAM + i) != 0x90)
			fail_msg("killed at %s: an instruction is left", place);
	check_registers(stub, options, place);
	for (unsigned cpu = 0; cpu < (options->cpus ?: 1); cpu++) {
		uint64_t wanted =
			FAKE_PROGRAM + fake_stub_progress(stub, cpu) % FAKE_PROGRAM_BYTES;

		/* KGDB's caller is elsewhere, and comes back by itself. */
		if (fake_stub_pc(stub, cpu) != wanted &&
			fake_stub_pc(stub, cpu) - FAKE_PROGRAM < FAKE_PROGRAM_BYTES)
			fail_msg("killed at %s: CPU %u is at +%d, and should be at +%d",
				place, cpu, (int)(fake_stub_pc(stub, cpu) - FAKE_PROGRAM),
				(int)(wanted - FAKE_PROGRAM));
	}
}

static void kill_at(const struct fake_options *options, bool runs, const char *place)
{
	struct fake_stub *stub = fake_stub_create(options);
	int status = wait_for(start_client(fake_stub_name(stub), place, "/dev/null"));

	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		assert_true(WIFEXITED(status));
	wait_until_clean(place);
	check_left(stub, options, runs, place);
	fake_stub_destroy(stub);
}

/* Each thing that is said, cut at a byte that chance gives; some of them more often. */
static void kill_everywhere(const struct fake_options *options, bool runs)
{
	const char *more = getenv("SONDE_TEST_KILLS");
	unsigned rounds = more ? (unsigned)atoi(more) : 1;
	struct events events;
	size_t apart;

	find_events(options, &events);
	/* By itself, some of them: the long run takes all, more than once. */
	apart = more ? 1 : events.count / BRIEF_KILLS + 1;
	for (unsigned round = 0; round < rounds; round++)
		for (size_t i = round % apart; i < events.count; i += apart) {
			const struct event *event = &events.list[i];
			char place[40];

			snprintf(place, sizeof(place), "%u:%ld", event->number,
				random() % (long)(event->bytes + 1));
			kill_at(options, runs, place);
		}
}

static void test_qemu(void **state)
{
	(void)state;
	kill_everywhere(&(struct fake_options){.kind = FAKE_QEMU, .cpus = 2}, true);
}

static void test_paused_qemu(void **state)
{
	(void)state;
	kill_everywhere(
		&(struct fake_options){
			.kind = FAKE_QEMU, .cpus = 2, .found_paused = true},
		false);
}

static void test_new_qemu(void **state)
{
	(void)state;
	kill_everywhere(&(struct fake_options){.kind = FAKE_NEW_QEMU, .cpus = 2}, true);
}

static void test_gdbserver(void **state)
{
	(void)state;
	kill_everywhere(&(struct fake_options){.kind = FAKE_GDBSERVER,
				.cpus = 2,
				.expedites = true,
				.runs = true},
		false);
}

static void test_gdbsx(void **state)
{
	(void)state;
	kill_everywhere(&(struct fake_options){.kind = FAKE_GDBSX, .cpus = 2}, false);
}

static void test_stub_without_traps(void **state)
{
	(void)state;
	kill_everywhere(&(struct fake_options){.kind = FAKE_GDBSERVER,
				.cpus = 1,
				.no_traps = true,
				.no_single_registers = true},
		false);
}

static void test_openocd(void **state)
{
	(void)state;
	kill_everywhere(&(struct fake_options){.kind = FAKE_OPENOCD, .cpus = 1}, true);
}

static void test_registers_together(void **state)
{
	(void)state;
	role = "changer";
	kill_everywhere(&(struct fake_options){.kind = FAKE_QEMU, .cpus = 2}, true);
	kill_everywhere(&(struct fake_options){.kind = FAKE_GDBSERVER, .cpus = 2}, false);
	role = "client";
}

static void make_scratch(void)
{
	strcpy(scratch, "/tmp/sonde-guard-XXXXXX");
	if (!mkdtemp(scratch))
		abort();
}

static void remove_scratch(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", scratch);
	if (system(command) != 0)
		abort();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_qemu),
		cmocka_unit_test(test_paused_qemu),
		cmocka_unit_test(test_new_qemu),
		cmocka_unit_test(test_gdbserver),
		cmocka_unit_test(test_gdbsx),
		cmocka_unit_test(test_stub_without_traps),
		cmocka_unit_test(test_openocd),
		cmocka_unit_test(test_registers_together),
	};
	int failed;

	if (argc == 3 && !strcmp(argv[1], "client"))
		return be_client(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "changer"))
		return be_changer(argv[2]);
	srandom(7);
	make_scratch();
	if (argc == 2)
		cmocka_set_test_filter(argv[1]);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_scratch();
	return failed;
}
