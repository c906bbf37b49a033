/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must never go out to a stub, whoever asks: the driver, or a helper through
 * sonde_helper_exchange(). One test for each line of the list of what kills, stops or
 * hangs stubs.
 */
#include "wire_case.h"

#include <stdio.h>

#include "hex.h"

/* --- a helper that only keeps what it was given
 * ------------------------------------------ */

static struct sonde_helper_host *helper_host;
static const struct sonde_helper_ops no_ops;

static struct sonde_error *create(
	struct sonde_helper_host *host, struct sonde_helper **ret)
{
	static struct sonde_helper helper = {.ops = &no_ops};

	helper_host = host;
	*ret = &helper;
	return NULL;
}

static void destroy(struct sonde_helper *helper)
{
	(void)helper;
	helper_host = NULL;
}

static const struct sonde_helper_descriptor descriptor = {
	.abi = SONDE_HELPER_ABI,
	.size = sizeof(descriptor),
	.name = "keeper",
	.create = create,
	.destroy = destroy,
};

static void open_with_helper(struct wire_case *wire, const struct fake_options *options)
{
	wire_prepare(wire, options);
	check(sonde_add_helper(wire->sonde, &descriptor));
	check(wire_attach(wire));
	fake_stub_forget(wire->stub);
}

/* The helper is refused, and not a byte is sent. */
static void refuse(struct wire_case *wire, const char *packet)
{
	struct sonde_error *error;
	char *reply = NULL;
	size_t length;

	fake_stub_forget(wire->stub);
	error = sonde_helper_exchange(
		helper_host, packet, strlen(packet), &reply, &length);
	if (!error)
		fail_msg("\"%.20s\" was sent, and answered \"%s\"", packet, reply);
	if (sonde_error_kind(error) != SONDE_ERROR_INVALID)
		fail_msg("\"%.20s\": %s", packet, sonde_error_why(error));
	sonde_error_destroy(error);
	assert_int_equal(fake_stub_count(wire->stub), 0);
}

static void allow(const char *packet)
{
	size_t length;
	char *reply;

	check(sonde_helper_exchange(
		helper_host, packet, strlen(packet), &reply, &length));
	assert_int_equal(strlen(reply), length);
	free(reply);
}

static const struct fake_options qemu = {.kind = FAKE_QEMU};

/* --- the list
 * ------------------------------------------------------------------------------ */

static void test_helpers_may_ask(void **state)
{
	struct wire_case wire;
	char *text;

	(void)state;
	open_with_helper(&wire, &qemu);
	allow("qqemu.sstep");
	allow("m3000,800");
	allow("Hg1");
	check(sonde_helper_monitor(helper_host, "info status", &text));
	assert_string_equal(text, "VM status: paused\r\n");
	free(text);
	wire_expect(&wire, "qqemu.sstep m3000,800 Hg1 qRcmd,696e666f20737461747573");
	wire_close(&wire);
}

static void test_backwards(void **state)
{
	struct wire_case wire;

	(void)state;
	open_with_helper(&wire, &qemu);
	refuse(&wire, "bs");
	refuse(&wire, "bc");
	wire_close(&wire);
}

static void test_kill(void **state)
{
	struct wire_case wire;

	(void)state;
	open_with_helper(&wire, &qemu);
	refuse(&wire, "k");
	refuse(&wire, "vKill;1");
	refuse(&wire, "R00");
	refuse(&wire, "r");
	wire_close(&wire);
}

/* Not by detaching, by closing alone, nor when an attach fails. */
static void test_no_kill_on_leaving(void **state)
{
	static const enum fake_kind kinds[] = {FAKE_QEMU, FAKE_GDBSERVER, FAKE_PLAIN};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct fake_options options = {.kind = kinds[i]};
		struct wire_case wire;

		/* wire_close() looks for it. */
		wire_open(&wire, &options);
		wire_close(&wire);
		wire_open(&wire, &options);
		check(sonde_target_detach(wire.target));
		wire_close(&wire);
		options.faults[0] =
			(struct fake_fault){FAKE_ANSWER, "qfThreadInfo", .text = "mx"};
		options.faults[1] = (struct fake_fault){FAKE_ANSWER, "?", .text = "zz"};
		wire_prepare(&wire, &options);
		check_fails(wire_attach(&wire), SONDE_ERROR_BAD_DATA);
		wire_close(&wire);
	}
}

static void test_helpers_do_not_run_or_leave(void **state)
{
	static const char *const packets[] = {"c", "s", "C05", "S05", "vCont;c",
		"vCont;s:1", "D", "D;1", "vRun;", "vAttach;1", "G", "vCont", ""};
	struct wire_case wire;

	(void)state;
	open_with_helper(&wire, &qemu);
	for (unsigned i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
		refuse(&wire, packets[i]);
	wire_close(&wire);
}

/* An interrupt, then the traps, then D. */
static void test_no_detach_while_it_runs(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	check(sonde_breakpoint_create(
		wire.target, SONDE_BREAKPOINT_SOFTWARE, 0x5000, 0, &breakpoint));
	check(sonde_target_resume(wire.target));
	fake_stub_forget(wire.stub);
	check(sonde_target_detach(wire.target));
	fake_stub_wait_left(wire.stub);
	assert_int_equal(fake_stub_interrupts(wire.stub), 1);
	wire_expect(&wire, "z0,5000,1 D");
	assert_true(fake_stub_runs(wire.stub));
	sonde_error_destroy(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

/* It cannot be stopped: then nothing is sent, D least of all. */
static void test_no_detach_when_it_does_not_stop(void **state)
{
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &qemu);
	fake_stub_set_fault(wire.stub, &(struct fake_fault){FAKE_LOSE, "\3"});
	check(sonde_target_resume(wire.target));
	fake_stub_forget(wire.stub);
	wire.hurry = "interrupt";
	check_fails(sonde_target_detach(wire.target), SONDE_ERROR_TIMEOUT);
	assert_int_equal(fake_stub_count(wire.stub), 0);
	wire_close(&wire);
}

static void test_nothing_after_a_detach(void **state)
{
	struct wire_case wire;
	struct sonde_error *error;
	uint64_t value;
	size_t length;
	char *reply;

	(void)state;
	open_with_helper(&wire, &qemu);
	check(sonde_target_detach(wire.target));
	error = sonde_space_read_integer(wire.memory, 0x3000, 8, &value);
	assert_non_null(error);
	sonde_error_destroy(error);
	check_fails(sonde_thread_read_pc(wire.thread, &value), SONDE_ERROR_INVALID);
	check_fails(sonde_target_resume(wire.target), SONDE_ERROR_INVALID);
	check_fails(sonde_helper_exchange(helper_host, "g", 1, &reply, &length),
		SONDE_ERROR_INVALID);
	check_fails(sonde_helper_monitor(helper_host, "info status", &reply),
		SONDE_ERROR_INVALID);
	fake_stub_wait_left(wire.stub);
	assert_int_equal(fake_stub_bytes_after_detach(wire.stub), 0);
	wire_close(&wire);
}

/* Not even an acknowledgement. */
static void test_no_byte_while_it_runs(void **state)
{
	struct wire_case wire;
	struct sonde_stop stop;
	uint64_t value;

	(void)state;
	open_with_helper(&wire, &qemu);
	for (unsigned i = 0; i < 3; i++) {
		check(sonde_target_resume(wire.target));
		fake_stub_settle(wire.stub);
		refuse(&wire, "qqemu.sstep");
		refuse(&wire, "g");
		refuse(&wire, "m3000,8");
		check_fails(sonde_space_read_integer(wire.memory, 0x3000, 8, &value),
			SONDE_ERROR_RUNNING);
		check_fails(
			sonde_target_wait(wire.target, 20, &stop), SONDE_ERROR_TIMEOUT);
		fake_stub_say(wire.stub, "O6869");
		check_fails(
			sonde_target_wait(wire.target, 20, &stop), SONDE_ERROR_TIMEOUT);
		assert_int_equal(fake_stub_stray_bytes(wire.stub), 0);
		check(sonde_target_pause(wire.target, &stop));
		assert_int_equal(stop.reason, SONDE_STOP_INTERRUPT);
	}
	wire_close(&wire);
}

static void test_stop_reason_once(void **state)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_prepare(&wire, &qemu);
	check(sonde_add_helper(wire.sonde, &descriptor));
	check(wire_attach(&wire));
	check(sonde_breakpoint_create(
		wire.target, SONDE_BREAKPOINT_SOFTWARE, 0x1004, 0, &breakpoint));
	wire_run(&wire, &stop);
	/* A stream that has to be lined up again does not ask it either. */
	fake_stub_set_fault(
		wire.stub, &(struct fake_fault){FAKE_SILENCE, "m", .times = 1});
	wire.hurry = "m";
	check_fails(sonde_space_read(wire.memory, 0x3000, &(uint8_t){0}, 1),
		SONDE_ERROR_TIMEOUT);
	wire.hurry = NULL;
	wire_check_memory(&wire, 0x3000, 8);
	assert_int_equal(fake_stub_count_of(wire.stub, "?"), 1);
	assert_int_equal(fake_stub_traps(wire.stub), 1);
	refuse(&wire, "?");
	check(sonde_breakpoint_destroy(breakpoint));
	wire_close(&wire);
}

static void test_thread_before_description(void **state)
{
	struct fake_options options = {.kind = FAKE_GDBSERVER};
	const char *requests, *thread, *description;
	struct wire_case wire;

	(void)state;
	wire_prepare(&wire, &options);
	check(wire_attach(&wire));
	requests = fake_stub_requests(wire.stub);
	thread = strstr(requests, "Hg");
	description = strstr(requests, "qXfer:features");
	assert_non_null(thread);
	assert_non_null(description);
	assert_true(thread < description);
	wire_close(&wire);
}

static uint64_t longest_read(struct wire_case *wire)
{
	const char *p = fake_stub_requests(wire->stub);
	uint64_t longest = 0;

	while ((p = strstr(p, "m"))) {
		const char *end = p + strcspn(p, " ");
		const char *comma = memchr(p, ',', (size_t)(end - p));
		uint64_t length;

		if (comma && (comma++, sonde_hex_parse(&comma, end, &length)) &&
			length > longest)
			longest = length;
		p = end;
	}
	return longest;
}

static void test_reads_are_short_enough(void **state)
{
	static const struct {
		enum fake_kind kind;
		uint64_t limit;
	} stubs[] = {
		{FAKE_QEMU, 0x800}, {FAKE_GDBSERVER, 0x47ff / 2}, {FAKE_PLAIN, 0x1ff}};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct fake_options options = {.kind = stubs[i].kind};
		struct wire_case wire;
		char packet[40];

		open_with_helper(&wire, &options);
		wire_check_memory(&wire, 0x3001, 0x8000);
		assert_in_range(longest_read(&wire), 1, stubs[i].limit);
		snprintf(packet, sizeof(packet), "m3000,%jx",
			(uintmax_t)stubs[i].limit + 1);
		refuse(&wire, packet);
		refuse(&wire, "m3000,ffffffff");
		refuse(&wire, "m3000,100000000000000001");
		wire_close(&wire);
	}
}

static void test_auxv(void **state)
{
	struct wire_case wire;

	(void)state;
	open_with_helper(&wire, &qemu);
	refuse(&wire, "qXfer:auxv:read::0,10");
	wire_close(&wire);
}

static void test_too_long_a_packet(void **state)
{
	struct wire_case wire;
	char packet[4200];

	(void)state;
	open_with_helper(&wire, &qemu);
	memset(packet, '0', sizeof(packet) - 1);
	packet[sizeof(packet) - 1] = '\0';
	memcpy(packet, "M3000,800:", 10);
	refuse(&wire, packet);
	wire_close(&wire);
}

static void test_monitor_commands(void **state)
{
	static const char *const commands[] = {"info mem", " info  mem", "quit", "q"};
	struct wire_case wire;
	char *text;

	(void)state;
	open_with_helper(&wire, &qemu);
	for (unsigned i = 0; i < 4; i++) {
		check_fails(sonde_helper_monitor(helper_host, commands[i], &text),
			SONDE_ERROR_INVALID);
		assert_int_equal(fake_stub_count(wire.stub), 0);
	}
	wire_close(&wire);
}

/* The stub's replies fill its socket while requests are still to be sent. */
static void test_never_stops_reading(void **state)
{
	static const enum fake_kind kinds[] = {FAKE_QEMU, FAKE_GDBSERVER};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct fake_options options = {.kind = kinds[i]};
		struct wire_case wire;

		wire_open(&wire, &options);
		for (unsigned j = 0; j < 4; j++)
			wire_check_memory(&wire, 0x2001, FAKE_RAM_END - 0x2001);
		wire_close(&wire);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_helpers_may_ask),
		cmocka_unit_test(test_backwards),
		cmocka_unit_test(test_kill),
		cmocka_unit_test(test_no_kill_on_leaving),
		cmocka_unit_test(test_helpers_do_not_run_or_leave),
		cmocka_unit_test(test_no_detach_while_it_runs),
		cmocka_unit_test(test_no_detach_when_it_does_not_stop),
		cmocka_unit_test(test_nothing_after_a_detach),
		cmocka_unit_test(test_no_byte_while_it_runs),
		cmocka_unit_test(test_stop_reason_once),
		cmocka_unit_test(test_thread_before_description),
		cmocka_unit_test(test_reads_are_short_enough),
		cmocka_unit_test(test_auxv),
		cmocka_unit_test(test_too_long_a_packet),
		cmocka_unit_test(test_monitor_commands),
		cmocka_unit_test(test_never_stops_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
