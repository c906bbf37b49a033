/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The gate: one test for each line of "never do", and that the rest passes. */
#include "wire_check.h"

#include <stdio.h>

#include "hex.h"
#include "macros.h"
#include "rules.h"

/* Of a stub that is stopped and has been asked all that attaching asks. */
static struct sonde_gdb_rules attached(void)
{
	return (struct sonde_gdb_rules){
		.asked_stop_reason = true,
		.thread_selected = true,
		.packet_size = 0x1000 - 8,
		.read_limit = 0x800,
	};
}

static void allow(const struct sonde_gdb_rules *rules, const char *packet)
{
	check(sonde_gdb_rules_check(rules, packet, strlen(packet)));
}

static void refuse(const struct sonde_gdb_rules *rules, const char *packet)
{
	check_fails(sonde_gdb_rules_check(rules, packet, strlen(packet)),
		SONDE_ERROR_INVALID);
}

static void test_everyday_packets_pass(void **state)
{
	static const char *const packets[] = {"g", "p10", "P10=00", "m0,800", "M0,1:00",
		"X0,1:a", "Z0,1000,1", "z0,1000,1", "Hg1", "Hc-1", "vCont?", "vCont;c",
		"vCont;s:1", "c", "s", "D", "D;1", "qfThreadInfo", "qsThreadInfo",
		"qXfer:features:read:target.xml:0,ff0", "qSupported:swbreak+",
		"qqemu.sstepbits", "Qqemu.PhyMemMode:1", "qRcmd,696e666f", "F-1,58",
		"QStartNoAckMode"};
	struct sonde_gdb_rules rules = attached();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(packets); i++)
		allow(&rules, packets[i]);
}

static void test_backwards(void **state)
{
	struct sonde_gdb_rules rules = attached();

	(void)state;
	refuse(&rules, "bs");
	refuse(&rules, "bc");
	rules.reverse_step = true;
	allow(&rules, "bs");
	refuse(&rules, "bc");
	rules.reverse_continue = true;
	allow(&rules, "bc");
}

static void test_detach_while_running(void **state)
{
	static const char *const resumptions[] = {
		"c", "s", "C05", "S05", "vCont;c", "vCont;s:1;c", "c1000"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(resumptions); i++) {
		struct sonde_gdb_rules rules = attached();

		sonde_gdb_rules_note(&rules, resumptions[i], strlen(resumptions[i]));
		assert_true(rules.running);
		refuse(&rules, "D");
		refuse(&rules, "D;1");
		refuse(&rules, "g");
		refuse(&rules, "?");
		refuse(&rules, "");
	}
}

static void test_backwards_runs_too(void **state)
{
	struct sonde_gdb_rules rules = attached();

	(void)state;
	sonde_gdb_rules_note(&rules, "bc", 2);
	assert_true(rules.running);
}

static void test_nothing_after_detach(void **state)
{
	struct sonde_gdb_rules rules = attached();

	(void)state;
	sonde_gdb_rules_note(&rules, "D;1", 3);
	refuse(&rules, "g");
	refuse(&rules, "D");
	refuse(&rules, "qSupported");
	refuse(&rules, "vCont;c");
}

static void test_never_kills(void **state)
{
	struct sonde_gdb_rules rules = attached();

	(void)state;
	refuse(&rules, "k");
	refuse(&rules, "k1");
	refuse(&rules, "vKill");
	refuse(&rules, "vKill;1");
	refuse(&rules, "R00");
	refuse(&rules, "r");
}

static void test_never_without_arguments(void **state)
{
	struct sonde_gdb_rules rules = attached();

	(void)state;
	refuse(&rules, "G");
	refuse(&rules, "vCont");
	refuse(&rules, "");
	allow(&rules, "G00");
}

static void test_stop_reason_once(void **state)
{
	struct sonde_gdb_rules rules = {.read_limit = 198};

	(void)state;
	allow(&rules, "?");
	sonde_gdb_rules_note(&rules, "?", 1);
	refuse(&rules, "?");
}

static void test_thread_before_features(void **state)
{
	struct sonde_gdb_rules rules = {.read_limit = 198};

	(void)state;
	refuse(&rules, "qXfer:features:read:target.xml:0,ff");
	sonde_gdb_rules_note(&rules, "Hg0", 3);
	allow(&rules, "qXfer:features:read:target.xml:0,ff");
}

static void test_reads_within_the_packet(void **state)
{
	struct sonde_gdb_rules rules = attached();

	(void)state;
	allow(&rules, "m1000,800");
	refuse(&rules, "m1000,801");
	refuse(&rules, "x1000,801");
	refuse(&rules, "m0,ffffffffffffffff");
	/* KGDB announces no size and takes 0x1ff bytes at most. */
	rules.read_limit = 200;
	allow(&rules, "mffffffff81000000,c8");
	refuse(&rules, "mffffffff81000000,c9");
}

static void test_auxv(void **state)
{
	struct sonde_gdb_rules rules = attached();

	(void)state;
	refuse(&rules, "qXfer:auxv:read::0,10");
}

static void test_too_long_a_packet(void **state)
{
	struct sonde_gdb_rules rules = attached();
	char packet[4097];

	(void)state;
	memset(packet, '0', sizeof(packet));
	packet[0] = 'M';
	packet[4088] = '\0';
	allow(&rules, packet);
	packet[4088] = '0';
	packet[4089] = '\0';
	refuse(&rules, packet);
	/* As long as it is not known what the stub takes, nothing can be said. */
	rules.packet_size = 0;
	allow(&rules, packet);
}

static void monitor(const char *command, bool allowed)
{
	struct sonde_gdb_rules rules = attached();
	char packet[200] = "qRcmd,";

	sonde_hex_encode(command, strlen(command), packet + 6);
	packet[6 + 2 * strlen(command)] = '\0';
	if (allowed)
		allow(&rules, packet);
	else
		refuse(&rules, packet);
}

static void test_monitor_commands(void **state)
{
	(void)state;
	monitor("info mem", false);
	monitor("  info   mem ", false);
	monitor("info\tmem", false);
	monitor("info memdev", true);
	monitor("info mtree -f", true);
	monitor("info status", true);
	monitor("quit", false);
	monitor("q", false);
	monitor(" quit ", false);
	monitor("query", true);
	monitor("", true);
}

static void test_odd_packets_do_no_harm(void **state)
{
	struct sonde_gdb_rules rules = attached();

	(void)state;
	allow(&rules, "m");
	allow(&rules, "m0");
	allow(&rules, "qRcmd,zz");
	allow(&rules, "qRcmd,6");
	/* gdbserver would take the lowest 32 bits of a length that is no number here. */
	refuse(&rules, "m0,100000000ffff0000000");
	refuse(&rules, "m,");
	refuse(&rules, "m0,zz");
}

static void test_the_error_names_the_packet(void **state)
{
	struct sonde_gdb_rules rules = attached();

	(void)state;
	check_says(sonde_gdb_rules_check(&rules, "vKill;1", 7), SONDE_ERROR_INVALID,
		"packet \"vKill;1\" is not sent: it would end QEMU");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everyday_packets_pass),
		cmocka_unit_test(test_backwards),
		cmocka_unit_test(test_detach_while_running),
		cmocka_unit_test(test_backwards_runs_too),
		cmocka_unit_test(test_nothing_after_detach),
		cmocka_unit_test(test_never_kills),
		cmocka_unit_test(test_never_without_arguments),
		cmocka_unit_test(test_stop_reason_once),
		cmocka_unit_test(test_thread_before_features),
		cmocka_unit_test(test_reads_within_the_packet),
		cmocka_unit_test(test_auxv),
		cmocka_unit_test(test_too_long_a_packet),
		cmocka_unit_test(test_monitor_commands),
		cmocka_unit_test(test_odd_packets_do_no_harm),
		cmocka_unit_test(test_the_error_names_the_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
