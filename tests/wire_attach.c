/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attaching and leaving: what is asked, how a guest is found and left, and every way
 * in which attaching fails - with one clear error, in time, and nothing left open.
 */
#include "wire_case.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FEATURES "qSupported:xmlRegisters=i386,arm;swbreak+;hwbreak+;vContSupported+"
#define DOCUMENTS                               \
	"qXfer:features:read:target.xml:0,ff0 " \
	"qXfer:features:read:core.xml:0,ff0 "   \
	"qXfer:features:read:system.xml:0,ff0"
/* The last one is "info kvm" to the monitor. */
#define QEMU_MODES "qqemu.sstepbits qqemu.sstep qqemu.PhyMemMode qRcmd,696e666f206b766d"

static long now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static unsigned open_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	unsigned count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

/* --- what is asked ------------------------------------------------------------------ */

static void test_asks_qemu(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU};
	struct wire_case wire;

	(void)state;
	wire_prepare(&wire, &options);
	check(wire_attach(&wire));
	wire_expect(&wire, FEATURES " " QEMU_MODES " Hg0 ? vCont? " DOCUMENTS
				    " qfThreadInfo qsThreadInfo");
	assert_string_equal(sonde_target_kind(wire.target), "QEMU");
	assert_string_equal(sonde_target_architecture(wire.target), "x86_64");
	wire_close(&wire);
}

/* The p is for telling old from new: the old one has not read the description yet. */
static void test_asks_paused_qemu(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .found_paused = true};
	struct wire_case wire;

	(void)state;
	wire_prepare(&wire, &options);
	check(wire_attach(&wire));
	wire_expect(&wire, FEATURES " " QEMU_MODES " p0 Hg0 ? vCont? " DOCUMENTS
				    " qfThreadInfo qsThreadInfo");
	wire_close(&wire);
}

static void test_asks_gdbserver(void **state)
{
	struct fake_options options = {.kind = FAKE_GDBSERVER};
	struct wire_case wire;

	(void)state;
	wire_prepare(&wire, &options);
	check(wire_attach(&wire));
	wire_expect(&wire,
		FEATURES " QStartNoAckMode qqemu.sstepbits Hg0 ? vCont? " DOCUMENTS
			 " qfThreadInfo qsThreadInfo");
	wire_close(&wire);
}

static void test_asks_a_plain_stub(void **state)
{
	struct fake_options options = {.kind = FAKE_PLAIN};
	struct wire_case wire;

	(void)state;
	wire_prepare(&wire, &options);
	check(wire_attach(&wire));
	wire_expect(&wire,
		FEATURES " qqemu.sstepbits Hg0 ? vCont? g qfThreadInfo qsThreadInfo");
	assert_string_equal(sonde_target_architecture(wire.target), "x86_64");
	assert_int_equal(wire_register(&wire, "pc"), FAKE_PROGRAM);
	wire_close(&wire);
}

/* --- how it is found, and left --------------------------------------------------------
 */

/* Opens, closes, and says whether the guest runs then. */
static bool visit(const struct fake_options *options, enum sonde_state found,
	enum sonde_state leave, unsigned *detaches)
{
	struct wire_case wire;
	bool runs;

	wire_open(&wire, options);
	assert_int_equal(sonde_target_state(wire.target), SONDE_STATE_STOPPED);
	assert_int_equal(sonde_target_found_state(wire.target), found);
	if (leave != SONDE_STATE_UNKNOWN)
		sonde_target_leave(wire.target, leave);
	sonde_target_close(wire.target);
	wire.target = NULL;
	fake_stub_wait_left(wire.stub);
	runs = fake_stub_runs(wire.stub);
	*detaches = fake_stub_count_of(wire.stub, "D");
	wire_close(&wire);
	return runs;
}

static void test_found_running(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU};
	unsigned detaches;

	(void)state;
	assert_true(visit(&options, SONDE_STATE_RUNNING, SONDE_STATE_UNKNOWN, &detaches));
	assert_int_equal(detaches, 1);
}

/* D would resume a guest that its operator has paused. */
static void test_found_paused(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .found_paused = true};
	unsigned detaches;

	(void)state;
	assert_false(
		visit(&options, SONDE_STATE_STOPPED, SONDE_STATE_UNKNOWN, &detaches));
	assert_int_equal(detaches, 0);
}

static void test_leave_otherwise(void **state)
{
	struct fake_options running = {.kind = FAKE_QEMU};
	struct fake_options paused = {.kind = FAKE_QEMU, .found_paused = true};
	unsigned detaches;

	(void)state;
	assert_false(
		visit(&running, SONDE_STATE_RUNNING, SONDE_STATE_STOPPED, &detaches));
	assert_int_equal(detaches, 0);
	assert_true(visit(&paused, SONDE_STATE_STOPPED, SONDE_STATE_RUNNING, &detaches));
	assert_int_equal(detaches, 1);
}

/* It does not say; most guests run, so it is left running, and that is logged. */
static void test_found_by_new_qemu(void **state)
{
	struct fake_options options = {.kind = FAKE_NEW_QEMU};
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &options);
	assert_int_equal(sonde_target_found_state(wire.target), SONDE_STATE_UNKNOWN);
	sonde_target_close(wire.target);
	wire.target = NULL;
	fake_stub_wait_left(wire.stub);
	assert_true(fake_stub_runs(wire.stub));
	assert_int_equal(wire.logged[SONDE_LOG_WARNING], 1);
	wire_close(&wire);
}

static void test_gdbserver_is_left_stopped(void **state)
{
	struct fake_options options = {.kind = FAKE_GDBSERVER};
	unsigned detaches;

	(void)state;
	assert_false(
		visit(&options, SONDE_STATE_STOPPED, SONDE_STATE_UNKNOWN, &detaches));
	assert_int_equal(detaches, 0);
	assert_true(visit(&options, SONDE_STATE_STOPPED, SONDE_STATE_RUNNING, &detaches));
	assert_int_equal(detaches, 1);
}

/* The T02 comes only after some answers. */
static void test_late_unsolicited_stop(void **state)
{
	static const char *const before[] = {
		"qSupported", "qqemu.sstepbits", "qqemu.PhyMemMode", "Hg0", "vCont?"};

	(void)state;
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		struct fake_options options = {.kind = FAKE_QEMU,
			.found_paused = true,
			.faults = {{FAKE_PACKET, before[i], .times = 1,
				.text = "T02thread:01;"}}};
		struct wire_case wire;

		wire_open(&wire, &options);
		assert_int_equal(
			sonde_target_found_state(wire.target), SONDE_STATE_RUNNING);
		wire_close(&wire);
	}
}

/* --- what an earlier client has left behind -------------------------------------------
 */

static void test_process_ids(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .process_ids = true};
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &options);
	assert_string_equal(sonde_thread_name(wire.thread), "p1.1");
	assert_int_equal(wire_register(&wire, "pc"), FAKE_PROGRAM);
	wire_expect(&wire, "Hgp1.1 p10");
	check(sonde_target_detach(wire.target));
	fake_stub_wait_left(wire.stub);
	wire_expect(&wire, "D;1");
	assert_true(fake_stub_runs(wire.stub));
	wire_close(&wire);
}

/* It does not show in its thread ids, and still D is refused. */
static void test_detach_is_refused_once(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU,
		.faults = {{FAKE_ANSWER, "D", .times = 1, .text = "E22"}}};
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &options);
	check(sonde_target_detach(wire.target));
	fake_stub_wait_left(wire.stub);
	wire_expect(&wire, "D D;1");
	assert_true(fake_stub_runs(wire.stub));
	wire_close(&wire);
}

static void test_detach_is_refused(void **state)
{
	struct fake_options options = {
		.kind = FAKE_QEMU, .faults = {{FAKE_ANSWER, "D", .text = "E22"}}};
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &options);
	check_says(sonde_target_detach(wire.target), SONDE_ERROR_PROTOCOL, "E22");
	fake_stub_wait_left(wire.stub);
	wire_close(&wire);
}

static void test_physical_mode_is_put_back(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .physical_mode = true};
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &options);
	wire_check_memory(&wire, 0x3000, 16);
	assert_false(fake_stub_physical_mode(wire.stub));
	check(sonde_target_detach(wire.target));
	fake_stub_wait_left(wire.stub);
	assert_true(fake_stub_physical_mode(wire.stub));
	wire_close(&wire);
}

static void test_attach_twice(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU, .physical_mode = true};
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &options);
	sonde_target_close(wire.target);
	fake_stub_wait_left(wire.stub);
	check(wire_attach(&wire));
	wire_check_memory(&wire, 0x3000, 16);
	wire_close(&wire);
}

/* --- ways to fail
 * ----------------------------------------------------------------------- */

/* One error of @p kind with @p word in it, in time, nothing open, the guest running. */
static void check_attach_fails(const struct fake_options *options,
	enum sonde_error_kind kind, const char *word, long limit_ms)
{
	struct wire_case wire;
	unsigned descriptors;
	long start;

	wire_prepare(&wire, options);
	if (options->deaf || options->held)
		wire.hurry = "";
	descriptors = open_descriptors();
	start = now_ms();
	check_says(wire_attach(&wire), kind, word);
	assert_in_range(now_ms() - start, 0, limit_ms);
	if (!options->held)
		fake_stub_wait_left(wire.stub);
	/* The stub has closed its side, too. */
	assert_int_equal(open_descriptors(), descriptors);
	wire_close(&wire);
}

/* Its timeout, once, and time to clean up; much more on a busy machine. */
#define IN_TIME 4000

static void test_nobody_listens(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU};
	struct sonde_target *target;
	struct wire_case wire;

	(void)state;
	wire_prepare(&wire, &options);
	check_says(sonde_open(wire.sonde, "gdb:/tmp/sonde-no-such-socket", &target),
		SONDE_ERROR_IO, "No such file");
	check_says(sonde_open(wire.sonde, "gdb:127.0.0.1:1", &target), SONDE_ERROR_IO,
		"refused");
	check_fails(
		sonde_open(wire.sonde, "gdb:udp:127.0.0.1:1", &target), SONDE_ERROR_IO);
	check_says(sonde_open(wire.sonde, "gdb:serial:/dev/sonde-no-such-line", &target),
		SONDE_ERROR_IO, "No such file");
	check_says(sonde_open(wire.sonde, "gdb:exec:exit 3", &target), SONDE_ERROR_IO,
		"closed the connection");
	wire_close(&wire);
}

static void test_bad_addresses(void **state)
{
	static const char *const bad[] = {"nonsense", "gdb", "gdb:", "gdb:host",
		"gdb:host:", "qmp:/tmp/x", "gdb:serial:/dev/null,12345",
		"gdb:serial:/dev/null", "gdb:serial:/dev/null,", "gdb:exec:", ":",
		"gdb:unix:/tmp/"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	struct fake_options options = {.kind = FAKE_QEMU};
	struct sonde_target *target;
	struct wire_case wire;

	(void)state;
	wire_prepare(&wire, &options);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_fails(sonde_open(wire.sonde, bad[i], &target), SONDE_ERROR_INVALID);
	check_fails(sonde_open(wire.sonde, "gdb:host.invalid:1", &target),
		SONDE_ERROR_NOT_FOUND);
	check_fails(sonde_open(wire.sonde, "gdb:127.0.0.1:no-such-service", &target),
		SONDE_ERROR_NOT_FOUND);
	wire_close(&wire);
}

static void test_not_a_stub(void **state)
{
	static const char *const greetings[] = {
		"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "\r\nlogin: "};

	(void)state;
	for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++) {
		struct fake_options options = {.greeting = greetings[i], .deaf = true};

		check_attach_fails(
			&options, SONDE_ERROR_PROTOCOL, "not a GDB stub", IN_TIME);
	}
}

/* As web servers do: they answer, and hang up. */
static void test_web_server(void **state)
{
	struct fake_options options = {.kind = FAKE_GDBSERVER,
		.faults = {{FAKE_HANG_UP, .text = "HTTP/1.1 400 Bad Request\r\n\r\n"}}};

	(void)state;
	check_attach_fails(
		&options, SONDE_ERROR_PROTOCOL, "it says \"HTTP/1.1 400", IN_TIME);
}

static void test_silent_server(void **state)
{
	struct fake_options options = {.deaf = true};

	(void)state;
	check_attach_fails(&options, SONDE_ERROR_TIMEOUT, "did not answer", IN_TIME);
	options.transport = FAKE_TCP;
	check_attach_fails(&options, SONDE_ERROR_TIMEOUT, "did not answer", IN_TIME);
}

/* Somebody else is being served: the second client is let in and not heard. */
static void test_unheard_client(void **state)
{
	struct fake_options options = {.held = true};

	(void)state;
	check_attach_fails(&options, SONDE_ERROR_TIMEOUT, "did not answer", IN_TIME);
}

static void test_held_stub(void **state)
{
	static const enum fake_transport transports[] = {FAKE_UNIX, FAKE_TCP};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct fake_options options = {
			.kind = FAKE_QEMU, .transport = transports[i]};
		struct sonde_target *second = NULL;
		struct wire_case wire;
		long start;

		wire_open(&wire, &options);
		start = now_ms();
		check_fails(sonde_open(wire.sonde, fake_stub_name(wire.stub), &second),
			SONDE_ERROR_BUSY);
		assert_in_range(now_ms() - start, 0, IN_TIME);
		/* The first one did not notice. */
		assert_int_equal(fake_stub_count(wire.stub), 0);
		wire_check_memory(&wire, 0x3000, 8);
		wire_close(&wire);
	}
}

/* Whatever goes wrong, the guest that connecting has paused runs on. */
static void check_resumed_after(
	const struct fake_fault *fault, enum sonde_error_kind kind)
{
	struct fake_options options = {.kind = FAKE_QEMU, .faults = {*fault}};
	struct wire_case wire;

	wire_prepare(&wire, &options);
	wire.hurry = fault->trouble == FAKE_SILENCE ? fault->request : NULL;
	check_fails(wire_attach(&wire), kind);
	fake_stub_wait_left(wire.stub);
	if (!fake_stub_runs(wire.stub))
		fail_msg("paused after trouble with %s: %s", fault->request,
			fake_stub_requests(wire.stub));
	wire_close(&wire);
}

static void test_silent_from_some_point(void **state)
{
	static const char *const requests[] = {
		"qSupported", "qqemu.sstepbits", "?", "vCont?", "qXfer", "qsThreadInfo"};

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		check_resumed_after(
			&(struct fake_fault){FAKE_SILENCE, requests[i], .times = 1},
			SONDE_ERROR_TIMEOUT);
}

static void test_refused_at_some_point(void **state)
{
	static const char *const requests[] = {
		"?", "qXfer", "qXfer:features:read:core", "qfThreadInfo", "qsThreadInfo"};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		check_resumed_after(
			&(struct fake_fault){FAKE_ANSWER, requests[i], .text = "E01"},
			i ? SONDE_ERROR_PROTOCOL : SONDE_ERROR_BAD_DATA);
	for (size_t i = 3; i < 5; i++)
		check_resumed_after(
			&(struct fake_fault){FAKE_ANSWER, requests[i], .text = "mzz"},
			SONDE_ERROR_BAD_DATA);
}

static void test_broken_at_some_point(void **state)
{
	static const char *const requests[] = {
		"qSupported", "qqemu.sstepbits", "Hg", "?", "qXfer", "qfThreadInfo"};

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		check_resumed_after(
			&(struct fake_fault){FAKE_CORRUPT_ALWAYS, requests[i]},
			SONDE_ERROR_BAD_DATA);
}

static void test_no_stop_reason(void **state)
{
	(void)state;
	check_resumed_after(
		&(struct fake_fault){FAKE_ANSWER, "?", .text = ""}, SONDE_ERROR_BAD_DATA);
}

static void test_hang_up_at_some_point(void **state)
{
	static const char *const requests[] = {"qSupported", "qqemu.sstepbits", "Hg", "?",
		"vCont?", "qXfer", "qfThreadInfo"};

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct fake_options options = {
			.kind = FAKE_GDBSERVER, .faults = {{FAKE_HANG_UP, requests[i]}}};

		check_attach_fails(
			&options, SONDE_ERROR_IO, "closed the connection", IN_TIME);
	}
}

static void test_bad_descriptions(void **state)
{
	static const struct {
		const char *xml;
		enum sonde_error_kind kind;
		const char *word;
	} bad[] = {
		{"", SONDE_ERROR_BAD_DATA, "target.xml"},
		{"<target>", SONDE_ERROR_BAD_DATA, "target.xml"},
		{"<target><include href=\"target.xml\"/></target>", SONDE_ERROR_BAD_DATA,
			"never end"},
		{"<target><include href=\"nothing.xml\"/></target>", SONDE_ERROR_PROTOCOL,
			"E00"},
		{"<target><architecture>pdp11</architecture>"
		 "<reg name=\"r0\" bitsize=\"16\"/></target>",
			SONDE_ERROR_UNSUPPORTED, "pdp11"},
		{"<target><reg name=\"r0\" bitsize=\"16\"/></target>",
			SONDE_ERROR_UNSUPPORTED, "names no architecture"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fake_options options = {
			.kind = FAKE_QEMU, .target_xml = bad[i].xml};
		struct wire_case wire;

		wire_prepare(&wire, &options);
		check_says(wire_attach(&wire), bad[i].kind, bad[i].word);
		fake_stub_wait_left(wire.stub);
		assert_true(fake_stub_runs(wire.stub));
		wire_close(&wire);
	}
}

static void test_program_has_ended(void **state)
{
	struct fake_options options = {
		.kind = FAKE_GDBSERVER, .faults = {{FAKE_ANSWER, "?", .text = "W00"}}};

	(void)state;
	check_attach_fails(&options, SONDE_ERROR_NOT_FOUND, "has ended", IN_TIME);
}

/* Described by nothing but the length of g. */
static void test_lengths_of_g(void **state)
{
	static const struct {
		size_t bytes;
		const char *architecture;
	} stubs[] = {{156, "x86_64"}, {164, "x86_64"}, {536, "x86_64"}, {308, "i386"},
		{268, "aarch64"}, {788, "aarch64"}, {264, "riscv64"}};

	(void)state;
	for (size_t i = 0; i < sizeof(stubs) / sizeof(stubs[0]); i++) {
		struct fake_options options = {
			.kind = FAKE_PLAIN, .g_bytes = stubs[i].bytes};
		struct wire_case wire;

		wire_open(&wire, &options);
		assert_string_equal(
			sonde_target_architecture(wire.target), stubs[i].architecture);
		wire_close(&wire);
	}
}

static void test_unknown_length_of_g(void **state)
{
	struct fake_options options = {.kind = FAKE_PLAIN, .g_bytes = 100};

	(void)state;
	check_attach_fails(&options, SONDE_ERROR_UNSUPPORTED, "100 bytes", IN_TIME);
}

/* An architecture, and no registers: their order is the usual one. */
static void test_description_without_registers(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU,
		.g_bytes = 536,
		.target_xml =
			"<target><architecture>i386:x86-64</architecture></target>"};
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &options);
	assert_int_equal(wire_register(&wire, "rip"), FAKE_PROGRAM);
	wire_close(&wire);
}

static void test_interrupted_while_attaching(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU};
	struct wire_case wire;

	(void)state;
	wire_prepare(&wire, &options);
	fake_stub_set_fault(wire.stub,
		&(struct fake_fault){FAKE_DELAY, "qXfer", .times = 1, .delay_ms = 300});
	sonde_interrupt(wire.sonde);
	check_fails(wire_attach(&wire), SONDE_ERROR_INTERRUPTED);
	fake_stub_wait_left(wire.stub);
	assert_true(fake_stub_runs(wire.stub));
	/* The interrupt is used up. */
	check(wire_attach(&wire));
	wire_close(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asks_qemu),
		cmocka_unit_test(test_asks_paused_qemu),
		cmocka_unit_test(test_asks_gdbserver),
		cmocka_unit_test(test_asks_a_plain_stub),
		cmocka_unit_test(test_found_running),
		cmocka_unit_test(test_found_paused),
		cmocka_unit_test(test_leave_otherwise),
		cmocka_unit_test(test_found_by_new_qemu),
		cmocka_unit_test(test_gdbserver_is_left_stopped),
		cmocka_unit_test(test_late_unsolicited_stop),
		cmocka_unit_test(test_process_ids),
		cmocka_unit_test(test_detach_is_refused_once),
		cmocka_unit_test(test_detach_is_refused),
		cmocka_unit_test(test_physical_mode_is_put_back),
		cmocka_unit_test(test_attach_twice),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_bad_addresses),
		cmocka_unit_test(test_not_a_stub),
		cmocka_unit_test(test_web_server),
		cmocka_unit_test(test_silent_server),
		cmocka_unit_test(test_unheard_client),
		cmocka_unit_test(test_held_stub),
		cmocka_unit_test(test_silent_from_some_point),
		cmocka_unit_test(test_refused_at_some_point),
		cmocka_unit_test(test_broken_at_some_point),
		cmocka_unit_test(test_no_stop_reason),
		cmocka_unit_test(test_hang_up_at_some_point),
		cmocka_unit_test(test_bad_descriptions),
		cmocka_unit_test(test_program_has_ended),
		cmocka_unit_test(test_lengths_of_g),
		cmocka_unit_test(test_unknown_length_of_g),
		cmocka_unit_test(test_description_without_registers),
		cmocka_unit_test(test_interrupted_while_attaching),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
