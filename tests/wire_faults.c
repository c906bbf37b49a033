/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything a wire and a stub can do wrong, and that what comes next is right. */
#include "wire_case.h"

#include <stdio.h>

static const enum fake_kind kinds[] = {
	FAKE_QEMU, FAKE_NEW_QEMU, FAKE_GDBSERVER, FAKE_PLAIN};

enum {
	KINDS = sizeof(kinds) / sizeof(kinds[0]),
};

/* Attach, look, break, step, leave: a visit in which everything must be right. */
static void visit(const struct fake_options *options)
{
	struct sonde_breakpoint *breakpoint;
	struct wire_case wire;
	struct sonde_stop stop;

	wire_open(&wire, options);
	wire_check_memory(&wire, 0x3001, 2100);
	assert_int_equal(wire_register(&wire, "pc"), FAKE_PROGRAM);
	wire_register(&wire, "rax");
	check(sonde_space_write(wire.memory, 0x3000, "x#$}*y", 6));
	assert_int_equal(fake_stub_memory(wire.stub, 0x3002), '$');
	check(sonde_breakpoint_create(
		wire.target, SONDE_BREAKPOINT_SOFTWARE, 0x1004, 0, &breakpoint));
	for (unsigned i = 0; i < 2; i++) {
		wire_run(&wire, &stop);
		assert_int_equal(stop.reason, SONDE_STOP_BREAKPOINT);
		assert_int_equal(stop.pc, 0x1004);
	}
	assert_int_equal(fake_stub_progress(wire.stub, 0), 20);
	check(sonde_target_step(wire.target, wire.thread, false, &stop));
	check(sonde_breakpoint_destroy(breakpoint));
	check(sonde_target_resume(wire.target));
	fake_stub_settle(wire.stub);
	check(sonde_target_pause(wire.target, &stop));
	assert_int_equal(stop.reason, SONDE_STOP_INTERRUPT);
	check(sonde_target_detach(wire.target));
	wire_close(&wire);
}

static void visit_all_kinds(struct fake_options options)
{
	for (unsigned i = 0; i < KINDS; i++) {
		options.kind = kinds[i];
		visit(&options);
	}
}

/* --- how bytes arrive --------------------------------------------------------------- */

static void test_nothing_wrong(void **state)
{
	(void)state;
	for (unsigned i = FAKE_UNIX; i <= FAKE_SERIAL; i++)
		visit_all_kinds((struct fake_options){.transport = i});
}

static void test_split_replies(void **state)
{
	static const unsigned pieces[] = {1, 3, 7};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		visit(&(struct fake_options){.kind = FAKE_QEMU, .piece = pieces[i]});
	visit_all_kinds((struct fake_options){.piece = 11});
}

static void test_runs(void **state)
{
	(void)state;
	visit_all_kinds((struct fake_options){.runs = true});
	visit(&(struct fake_options){.kind = FAKE_GDBSERVER, .runs = true, .piece = 1});
}

/* gdbserver on a line without QStartNoAckMode; vgdb. */
static void test_stub_that_waits_for_acknowledgements(void **state)
{
	struct fake_options options = {.kind = FAKE_GDBSERVER,
		.waits_for_acks = true,
		.supported = "PacketSize=47ff;qXfer:features:read+"};

	(void)state;
	visit(&options);
	options.kind = FAKE_PLAIN;
	options.supported = NULL;
	visit(&options);
}

/* Each trouble at each request in turn, once. */
static void visit_with_trouble_everywhere(struct fake_options options,
	enum fake_trouble trouble, const char *text, unsigned requests)
{
	for (unsigned i = 0; i < requests; i++) {
		options.faults[0] = (struct fake_fault){
			.trouble = trouble, .after = i, .times = 1, .text = text};
		visit(&options);
	}
}

static void test_bad_checksums(void **state)
{
	(void)state;
	visit_with_trouble_everywhere(
		(struct fake_options){.kind = FAKE_QEMU, .found_paused = true},
		FAKE_CORRUPT, NULL, 35);
	visit_with_trouble_everywhere(
		(struct fake_options){.kind = FAKE_PLAIN}, FAKE_CORRUPT, NULL, 60);
}

/* A '-' would come after the detach: QEMU is not asked again. */
static void test_bad_checksum_of_a_detach(void **state)
{
	struct fake_options options = {
		.kind = FAKE_QEMU, .faults = {{FAKE_CORRUPT, "D"}}};
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &options);
	check_fails(sonde_target_detach(wire.target), SONDE_ERROR_BAD_DATA);
	fake_stub_wait_left(wire.stub);
	assert_int_equal(fake_stub_bytes_after_detach(wire.stub), 0);
	wire_close(&wire);
}

static void test_requests_are_rejected(void **state)
{
	(void)state;
	visit_with_trouble_everywhere(
		(struct fake_options){.kind = FAKE_QEMU}, FAKE_NAK, NULL, 12);
	visit_with_trouble_everywhere(
		(struct fake_options){.kind = FAKE_PLAIN}, FAKE_NAK, NULL, 30);
}

static void test_rejected_for_ever(void **state)
{
	struct fake_options options = {.kind = FAKE_PLAIN};
	struct wire_case wire;
	uint64_t value;

	(void)state;
	wire_open(&wire, &options);
	fake_stub_set_fault(wire.stub, &(struct fake_fault){FAKE_NAK, "m"});
	check_says(sonde_space_read_integer(wire.memory, 0x3000, 8, &value),
		SONDE_ERROR_PROTOCOL, "rejects");
	assert_int_equal(wire_register(&wire, "pc"), FAKE_PROGRAM);
	wire_close(&wire);
}

/* --- between the replies -------------------------------------------------------------
 */

static void test_notifications(void **state)
{
	(void)state;
	visit_all_kinds((struct fake_options){
		.faults = {{FAKE_RAW, .text = "%Stop:T05thread:01;#02"}}});
	/* One that is broken, and one that never ends. */
	visit_all_kinds(
		(struct fake_options){.faults = {{FAKE_RAW, .text = "%Stop#00"}}});
	visit_all_kinds((struct fake_options){.faults = {{FAKE_RAW, .text = "%Stop"}}});
}

static void test_console_between_replies(void **state)
{
	struct fake_options options = {
		.faults = {{FAKE_PACKET, .text = "O48656c6c6f20776f726c640a"}}};

	(void)state;
	visit_all_kinds(options);
	/* Before the second request it is not known whether this is QEMU. */
	options.faults[0].after = 1;
	options.kind = FAKE_GDBSERVER;
	options.waits_for_acks = true;
	options.supported = "PacketSize=47ff;qXfer:features:read+";
	visit(&options);
}

/* The console of a kernel on the same line. */
static void test_text_between_replies(void **state)
{
	static const char *const texts[] = {
		"[   12.345678] usb 1-1: new high-speed USB\r\n", "a + b - c\n",
		"100% done\n", "\033[1mbold\033[0m #1 \r\n", "\xff\xfe\x01"};
	struct fake_options options = {.kind = FAKE_PLAIN};

	(void)state;
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		options.faults[0] = (struct fake_fault){FAKE_RAW, .text = texts[i]};
		visit(&options);
		options.transport = FAKE_SERIAL;
		visit(&options);
		options.transport = FAKE_UNIX;
	}
}

static void test_stop_replies_out_of_place(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct fake_options options = {.kind = kinds[i],
			.faults = {{FAKE_PACKET, "m", .text = "T05thread:01;"},
				{FAKE_PACKET, "g", .text = "S05"},
				{FAKE_PACKET, "Z", .text = "T02thread:01;"}}};

		visit(&options);
	}
}

/* --- no answer, and late answers
 * -------------------------------------------------------- */

/* The request fails in time; what is asked next gets its own answer. */
static void check_recovers(enum fake_kind kind, const struct fake_fault *fault)
{
	struct fake_options options = {.kind = kind};
	struct sonde_error *error;
	struct wire_case wire;
	uint64_t value;

	wire_open(&wire, &options);
	fake_stub_set_fault(wire.stub, fault);
	wire.hurry = "m3000";
	error = sonde_space_read_integer(wire.memory, 0x3000, 8, &value);
	/* On a busy machine, what is late may still be in time. */
	assert_true(error || fault->trouble == FAKE_DELAY);
	assert_true(!error || sonde_error_kind(error) == SONDE_ERROR_TIMEOUT);
	sonde_error_destroy(error);
	wire_check_memory(&wire, 0x4000, 8);
	wire_check_memory(&wire, 0x5000, 8);
	assert_int_equal(wire_register(&wire, "pc"), FAKE_PROGRAM);
	check(sonde_target_detach(wire.target));
	wire_close(&wire);
}

static void test_no_answer(void **state)
{
	(void)state;
	check_recovers(FAKE_QEMU, &(struct fake_fault){FAKE_SILENCE, "m", .times = 1});
	check_recovers(FAKE_PLAIN, &(struct fake_fault){FAKE_SILENCE, "m", .times = 1});
}

static void test_late_answer(void **state)
{
	static const unsigned late[] = {WIRE_HURRY_MS + 60, WIRE_HURRY_MS + 150};

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		check_recovers(FAKE_QEMU, &(struct fake_fault){FAKE_DELAY, "m",
						  .times = 1, .delay_ms = late[i]});
}

/* Later than all patience: the question that shows the place in the stream helps. */
static void test_very_late_answer(void **state)
{
	(void)state;
	check_recovers(FAKE_GDBSERVER, &(struct fake_fault){FAKE_DELAY, "m", .times = 1,
					       .delay_ms = WIRE_HURRY_MS + 300});
}

/* Many requests were under way when one of them was not answered. */
static void test_no_answer_in_the_middle(void **state)
{
	static const enum fake_kind fast[] = {FAKE_QEMU, FAKE_GDBSERVER};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct fake_options options = {.kind = fast[i]};
		uint8_t *bytes = malloc(0x20000);
		struct sonde_error *error;
		struct wire_case wire;

		wire_open(&wire, &options);
		fake_stub_set_fault(wire.stub,
			&(struct fake_fault){FAKE_SILENCE, "m", .after = 5, .times = 1});
		wire.hurry = "m";
		/* A failure, or the right bytes: never those of another request. */
		error = sonde_space_read(wire.memory, 0x2001, bytes, 0x20000);
		for (unsigned j = 0; !error && j < 0x20000; j++)
			assert_int_equal(bytes[j], fake_byte(0x2001 + j));
		assert_true(!error || sonde_error_kind(error) == SONDE_ERROR_TIMEOUT);
		sonde_error_destroy(error);
		wire.hurry = NULL;
		wire_check_memory(&wire, 0x4000, 8);
		wire_check_memory(&wire, 0x2001, 0x20000);
		wire_close(&wire);
		free(bytes);
	}
}

/* A broken reply among many: "the last packet" would be another one. */
static void test_bad_checksum_in_the_middle(void **state)
{
	static const enum fake_kind fast[] = {FAKE_QEMU, FAKE_GDBSERVER};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned after = 0; after < 70; after += 9) {
			struct fake_options options = {.kind = fast[i],
				.faults = {
					{FAKE_CORRUPT, "m", .after = after, .times = 1}}};
			struct wire_case wire;

			wire_open(&wire, &options);
			wire_check_memory(&wire, 0x2001, 0x3f000 - 1);
			wire_check_memory(&wire, 0x2001, 8);
			assert_int_equal(wire_register(&wire, "pc"), FAKE_PROGRAM);
			wire_close(&wire);
		}
	}
}

static void test_interrupted_read(void **state)
{
	static const size_t lengths[] = {8, 0x20000};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct fake_options options = {.kind = FAKE_QEMU};
		uint8_t *bytes = malloc(lengths[i]);
		struct wire_case wire;

		wire_open(&wire, &options);
		fake_stub_set_fault(wire.stub, &(struct fake_fault){FAKE_DELAY, "m",
						       .times = 1, .delay_ms = 300});
		sonde_interrupt(wire.sonde);
		check_fails(sonde_space_read(wire.memory, 0x3000, bytes, lengths[i]),
			SONDE_ERROR_INTERRUPTED);
		/* What is still under way is passed over. */
		wire_check_memory(&wire, 0x4000, 8);
		wire_check_memory(&wire, 0x4000, 0x20000);
		wire_close(&wire);
		free(bytes);
	}
}

/* --- answers that make no sense
 * ------------------------------------------------------------ */

static void check_refused_reply(enum fake_kind kind, const char *reply)
{
	struct fake_options options = {.kind = kind};
	struct sonde_error *error;
	struct wire_case wire;
	uint64_t value;

	wire_open(&wire, &options);
	fake_stub_set_fault(wire.stub,
		&(struct fake_fault){FAKE_ANSWER, "m", .times = 1, .text = reply});
	error = sonde_space_read_integer(wire.memory, 0x3000, 8, &value);
	if (!error)
		fail_msg("\"%s\" was taken for memory", reply);
	assert_true(sonde_error_kind(error) == SONDE_ERROR_PROTOCOL ||
		    sonde_error_kind(error) == SONDE_ERROR_UNSUPPORTED);
	sonde_error_destroy(error);
	wire_check_memory(&wire, 0x3000, 8);
	wire_close(&wire);
}

static void test_wrong_lengths_and_garbage(void **state)
{
	static const char *const replies[] = {"0", "00112233445566778", "zz",
		"001122334455667788", "OK", "", "vCont;c",
		"0011223344556677889900aabbccddee", "00112233445566xx", "l", "m",
		"\x01\x02"};

	(void)state;
	for (unsigned i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		check_refused_reply(FAKE_QEMU, replies[i]);
		check_refused_reply(FAKE_GDBSERVER, replies[i]);
	}
}

/* Half of what was asked for is no fault: the rest is asked for again. */
static void test_short_reads(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU};
	struct wire_case wire;
	uint64_t value;

	(void)state;
	wire_open(&wire, &options);
	fake_stub_set_fault(wire.stub,
		&(struct fake_fault){FAKE_ANSWER, "m3000", .times = 1, .text = "0011"});
	check(sonde_space_read_integer(wire.memory, 0x3000, 8, &value));
	assert_int_equal(value & 0xffff, 0x1100);
	assert_int_equal(value >> 56, fake_byte(0x3007));
	wire_expect(&wire, "Hg1 m3000,8 m3002,6");
	wire_close(&wire);
}

static void test_announced_packet_sizes(void **state)
{
	static const char *const sizes[] = {"0", "1", "3f", "40", "80",
		"ffffffffffffffff", "11111111111111111111", "", "xyz", "-1", "7fffffff"};
	char supported[100];

	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct fake_options options = {.kind = FAKE_QEMU, .supported = supported};
		struct wire_case wire;

		snprintf(supported, sizeof(supported),
			"PacketSize=%s;qXfer:features:read+", sizes[i]);
		wire_open(&wire, &options);
		/* A stub that promises more than it takes refuses, which is a fault. */
		wire_check_memory(&wire, 0x3000, 30);
		check(sonde_space_write(wire.memory, 0x3000, "abcdefghijklmnop", 16));
		wire_close(&wire);
	}
}

static void test_odd_thread_lists(void **state)
{
	static const struct {
		const char *list;
		size_t count;
	} lists[] = {{"m1l", 1}, {"m1,2l", 2}, {"m1,", 1}, {"", 1}, {"l", 1},
		{"mp1.1,p1.2", 2}};

	(void)state;
	for (unsigned i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct fake_options options = {.kind = FAKE_QEMU,
			.faults = {{FAKE_ANSWER, "qfThreadInfo", .text = lists[i].list}}};
		struct sonde_thread *const *threads;
		struct wire_case wire;
		size_t count;

		wire_open(&wire, &options);
		check(sonde_target_threads(wire.target, &threads, &count));
		assert_int_equal(count, lists[i].count);
		assert_int_equal(wire_register(&wire, "pc"), FAKE_PROGRAM);
		wire_close(&wire);
	}
}

static void test_endless_thread_list(void **state)
{
	struct fake_options options = {.kind = FAKE_QEMU,
		.faults = {{FAKE_ANSWER, "qsThreadInfo", .text = "m1,2,3,4,5,6,7,8"}}};
	struct wire_case wire;

	(void)state;
	wire_prepare(&wire, &options);
	check_fails(wire_attach(&wire), SONDE_ERROR_BAD_DATA);
	fake_stub_wait_left(wire.stub);
	assert_true(fake_stub_runs(wire.stub));
	wire_close(&wire);
}

static void test_endless_description(void **state)
{
	struct fake_options options = {
		.kind = FAKE_QEMU, .faults = {{FAKE_ANSWER, "qXfer", .text = "m"}}};
	struct wire_case wire;

	(void)state;
	wire_prepare(&wire, &options);
	check_says(wire_attach(&wire), SONDE_ERROR_BAD_DATA, "cut short");
	wire_close(&wire);
}

/* --- hanging up
 * ------------------------------------------------------------------------- */

static void test_hang_up_in_a_reply(void **state)
{
	(void)state;
	for (unsigned i = 0; i < KINDS; i++) {
		struct fake_options options = {.kind = kinds[i]};
		struct wire_case wire;
		uint64_t value;

		wire_open(&wire, &options);
		fake_stub_set_fault(wire.stub, &(struct fake_fault){FAKE_HANG_UP, "m"});
		check_says(sonde_space_read_integer(wire.memory, 0x3000, 8, &value),
			SONDE_ERROR_IO, "closed the connection");
		check_fails(sonde_space_read_integer(wire.memory, 0x3000, 8, &value),
			SONDE_ERROR_IO);
		check_fails(sonde_thread_read_pc(wire.thread, &value), SONDE_ERROR_IO);
		check_fails(sonde_target_resume(wire.target), SONDE_ERROR_IO);
		wire_close(&wire);
	}
}

static void test_hang_up_while_it_runs(void **state)
{
	struct fake_options options = {.kind = FAKE_GDBSERVER};
	struct wire_case wire;
	struct sonde_stop stop;

	(void)state;
	wire_open(&wire, &options);
	fake_stub_set_fault(wire.stub, &(struct fake_fault){FAKE_HANG_UP, "\3"});
	check(sonde_target_resume(wire.target));
	check(sonde_target_interrupt(wire.target));
	check_fails(sonde_target_wait(wire.target, -1, &stop), SONDE_ERROR_IO);
	assert_int_equal(sonde_target_state(wire.target), SONDE_STATE_ENDED);
	check(sonde_target_detach(wire.target));
	wire_close(&wire);
}

/* It lets go and closes without a word: that is what was wanted. */
static void test_hang_up_on_detach(void **state)
{
	struct fake_options options = {
		.kind = FAKE_QEMU, .faults = {{FAKE_HANG_UP, "D"}}};
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &options);
	check(sonde_target_detach(wire.target));
	wire_close(&wire);
}

/* --- lines that lose bytes -------------------------------------------------------------
 */

/* Sent again after a second without an acknowledgement. */
static void test_lost_request(void **state)
{
	struct fake_options options = {.kind = FAKE_PLAIN, .transport = FAKE_UDP};
	struct wire_case wire;

	(void)state;
	wire_open(&wire, &options);
	fake_stub_set_fault(wire.stub, &(struct fake_fault){FAKE_LOSE, "m", .times = 1});
	wire_check_memory(&wire, 0x3000, 8);
	wire_close(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_wrong),
		cmocka_unit_test(test_split_replies),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_stub_that_waits_for_acknowledgements),
		cmocka_unit_test(test_bad_checksums),
		cmocka_unit_test(test_bad_checksum_of_a_detach),
		cmocka_unit_test(test_requests_are_rejected),
		cmocka_unit_test(test_rejected_for_ever),
		cmocka_unit_test(test_notifications),
		cmocka_unit_test(test_console_between_replies),
		cmocka_unit_test(test_text_between_replies),
		cmocka_unit_test(test_stop_replies_out_of_place),
		cmocka_unit_test(test_no_answer),
		cmocka_unit_test(test_late_answer),
		cmocka_unit_test(test_very_late_answer),
		cmocka_unit_test(test_no_answer_in_the_middle),
		cmocka_unit_test(test_bad_checksum_in_the_middle),
		cmocka_unit_test(test_interrupted_read),
		cmocka_unit_test(test_wrong_lengths_and_garbage),
		cmocka_unit_test(test_short_reads),
		cmocka_unit_test(test_announced_packet_sizes),
		cmocka_unit_test(test_odd_thread_lists),
		cmocka_unit_test(test_endless_thread_list),
		cmocka_unit_test(test_endless_description),
		cmocka_unit_test(test_hang_up_in_a_reply),
		cmocka_unit_test(test_hang_up_while_it_runs),
		cmocka_unit_test(test_hang_up_on_detach),
		cmocka_unit_test(test_lost_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
