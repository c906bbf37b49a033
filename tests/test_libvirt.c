/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QMP by the hands of a libvirt that is not what it should be: tests/libvirt has one.
 * With the name of a library as its argument: where that one cannot be loaded.
 */
#include <fcntl.h>
#include <json-c/json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "libvirt_domain.h"
#include "macros.h"
#include "qmp.h"
#include "recorded.h"

enum {
	PATIENT_MS = 20000,
	HURRY_MS = 300,
	/** Far below what is waited for where somebody is patient. */
	SOON_MS = 10000,
};

static const char uuid[] = "77b5e13e-775a-46e6-8d92-31b83e1e00fb";

static struct sonde *create(unsigned timeout_ms)
{
	struct sonde_options options = {
		.size = sizeof(options), .timeout_ms = timeout_ms};
	struct sonde *sonde;

	check(sonde_context_create(&options, &sonde));
	return sonde;
}

static struct sonde_error *reach(
	struct sonde *sonde, const char *domain, const char *uri, struct sonde_qmp **ret)
{
	struct sonde_libvirt_place place = {.domain = domain, .uri = uri};

	return sonde_qmp_connect_libvirt(sonde, &place, ret);
}

static struct sonde_qmp *start(struct sonde *sonde)
{
	struct sonde_qmp *qmp;

	check(reach(sonde, "vm", "test:vm", &qmp));
	return qmp;
}

static struct sonde_error *ask(struct sonde_qmp *qmp, const char *command)
{
	return sonde_qmp_execute(qmp, command, NULL, NULL);
}

static void check_works(struct sonde_qmp *qmp)
{
	struct json_object *status;

	check(sonde_qmp_execute(qmp, "query-status", NULL, &status));
	assert_string_equal(
		json_object_get_string(json_object_object_get(status, "status")),
		"running");
	json_object_put(status);
}

/* --- what works ------------------------------------------------------------------- */

static void test_commands(void **state)
{
	static const char *const commands[] = {"info first", "info second"};
	struct sonde *sonde = create(PATIENT_MS);
	struct sonde_qmp *qmp = start(sonde);
	char *texts[2];

	(void)state;
	check_works(qmp);
	check(sonde_qmp_monitor(qmp, 0, commands, 2, texts));
	assert_string_equal(texts[0], "one\r\n");
	assert_string_equal(texts[1], "two");
	free(texts[0]);
	free(texts[1]);
	check(sonde_qmp_poll(qmp));
	check_works(qmp);
	sonde_qmp_close(qmp);
	sonde_destroy(sonde);
}

static void test_refusals(void **state)
{
	struct sonde *sonde = create(PATIENT_MS);
	struct sonde_qmp *qmp = start(sonde);

	(void)state;
	check_says(ask(qmp, "unknown"), SONDE_ERROR_UNSUPPORTED,
		"QEMU says: no such command");
	check_says(ask(qmp, "refused"), SONDE_ERROR_PROTOCOL, "QEMU says: not now");
	check_says(
		ask(qmp, "dead"), SONDE_ERROR_IO, "libvirt says: domain is not running");
	check_works(qmp);
	sonde_qmp_close(qmp);
	sonde_destroy(sonde);
}

/* What is handed over is written into. */
static void test_files(void **state)
{
	struct sonde *sonde = create(PATIENT_MS);
	struct sonde_qmp *qmp = start(sonde);
	struct json_object *handed;
	int fd = memfd_create("test", MFD_CLOEXEC);
	char text[16] = "";

	(void)state;
	assert_true(sonde_qmp_can_hand_over(qmp));
	check(sonde_qmp_hand_over(qmp, "add-fd", NULL, fd, &handed));
	assert_int_equal(
		json_object_get_int(json_object_object_get(handed, "fdset-id")), 3);
	json_object_put(handed);
	assert_int_equal(pread(fd, text, sizeof(text), 0), 7);
	assert_string_equal(text, "written");
	close(fd);
	sonde_qmp_close(qmp);
	sonde_destroy(sonde);
}

static void test_state(void **state)
{
	struct sonde_libvirt_place place = {
		.domain = uuid, .uri = "test:vm", .read_only = true};
	struct sonde *sonde = create(PATIENT_MS);
	struct sonde_libvirt_domain *domain;
	const char *text;

	(void)state;
	check(sonde_libvirt_domain_open(sonde, &place, &domain));
	check(sonde_libvirt_domain_state(domain, sonde_deadline_in(PATIENT_MS), &text));
	assert_string_equal(text, "paused");
	sonde_libvirt_domain_close(domain);
	place.read_only = false;
	check(sonde_libvirt_domain_open(sonde, &place, &domain));
	check(sonde_libvirt_domain_state(domain, sonde_deadline_in(PATIENT_MS), &text));
	assert_string_equal(text, "running");
	sonde_libvirt_domain_close(domain);
	sonde_destroy(sonde);
}

/* --- what is not there ------------------------------------------------------------ */

static void test_places(void **state)
{
	static const char other[] = "00000000-775a-46e6-8d92-31b83e1e00fb";
	struct sonde *sonde = create(PATIENT_MS);
	struct sonde_qmp *qmp;

	(void)state;
	check_says(reach(sonde, "nosuch", "test:vm", &qmp), SONDE_ERROR_NOT_FOUND,
		"libvirt says: Domain not found");
	check_says(reach(sonde, other, "test:vm", &qmp), SONDE_ERROR_NOT_FOUND,
		"Domain not found");
	check_says(reach(sonde, "vm", "test:none", &qmp), SONDE_ERROR_IO,
		"libvirt says: Failed to connect socket");
	check_says(reach(sonde, "vm", "test:denied", &qmp), SONDE_ERROR_PERMISSION,
		"authentication failed");
	check(reach(sonde, uuid, "test:vm", &qmp));
	check_works(qmp);
	sonde_qmp_close(qmp);
	setenv("LIBVIRT_DEFAULT_URI", "test:vm", 1);
	check(reach(sonde, "vm", NULL, &qmp));
	sonde_qmp_close(qmp);
	/* That of the system, which the false one does not know. */
	setenv("LIBVIRT_DEFAULT_URI", "", 1);
	setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
	check_says(reach(sonde, "vm", NULL, &qmp), SONDE_ERROR_IO, "Failed to connect");
	unsetenv("LIBVIRT_DEFAULT_URI");
	sonde_destroy(sonde);
}

/* --- what is no answer ------------------------------------------------------------ */

static void test_nonsense(void **state)
{
	static const struct {
		const char *command;
		enum sonde_error_kind kind;
		const char *why;
	} cases[] = {{"garbage", SONDE_ERROR_PROTOCOL, "does not speak JSON"},
		{"half", SONDE_ERROR_PROTOCOL, "no answer of QEMU's"},
		{"event", SONDE_ERROR_PROTOCOL, "no answer of QEMU's"},
		{"empty", SONDE_ERROR_PROTOCOL, "no answer of QEMU's"},
		{"huge", SONDE_ERROR_PROTOCOL, "too long"},
		{"nothing", SONDE_ERROR_IO, "no answer"}};
	struct sonde *sonde = create(PATIENT_MS);
	struct sonde_qmp *qmp = start(sonde);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		check_says(ask(qmp, cases[i].command), cases[i].kind, cases[i].why);
		check_works(qmp);
	}
	sonde_qmp_close(qmp);
	sonde_destroy(sonde);
}

/* --- what never comes ------------------------------------------------------------- */

static char leave[] = "/tmp/test_libvirt-XXXXXX";

/* "slow" answers once this file is there. */
static void hold(void)
{
	strcpy(leave + strlen(leave) - 6, "XXXXXX");
	close(mkstemp(leave));
	unlink(leave);
	setenv("SONDE_TEST_LEAVE", leave, 1);
}

static void let_go(void)
{
	close(open(leave, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static void test_late_answer(void **state)
{
	struct sonde *sonde = create(HURRY_MS);
	struct sonde_qmp *qmp = start(sonde);

	(void)state;
	hold();
	check_says(ask(qmp, "slow"), SONDE_ERROR_TIMEOUT, "did not answer within 300 ms");
	/* The call still runs: the next one waits behind it, in vain. */
	check_says(ask(qmp, "query-status"), SONDE_ERROR_TIMEOUT, "did not answer");
	let_go();
	sonde->timeout_ms = PATIENT_MS;
	check_works(qmp);
	unlink(leave);
	sonde_qmp_close(qmp);
	sonde_destroy(sonde);
}

static void test_never(void **state)
{
	struct sonde *sonde = create(HURRY_MS);
	struct sonde_qmp *qmp;
	int64_t deadline = sonde_deadline_in(SOON_MS);

	(void)state;
	hold();
	qmp = start(sonde);
	check_says(ask(qmp, "slow"), SONDE_ERROR_TIMEOUT, "did not answer");
	sonde_qmp_close(qmp);
	check_says(reach(sonde, "vm", "test:hang", &qmp), SONDE_ERROR_TIMEOUT,
		"did not answer");
	/* It is let go, which is heard of never. */
	check(reach(sonde, "stubborn", "test:vm", &qmp));
	check_works(qmp);
	sonde_qmp_close(qmp);
	assert_int_not_equal(sonde_deadline_left(deadline), 0);
	/* The thread that was left behind ends by itself, with what it has. */
	let_go();
	qmp = start(sonde);
	check_works(qmp);
	sonde_qmp_close(qmp);
	unlink(leave);
	sonde_destroy(sonde);
}

static void *interrupt_soon(void *sonde)
{
	usleep(50000);
	sonde_interrupt(sonde);
	return NULL;
}

static void test_interrupt(void **state)
{
	struct sonde *sonde = create(PATIENT_MS);
	struct sonde_qmp *qmp = start(sonde);
	int64_t deadline = sonde_deadline_in(SOON_MS);
	pthread_t thread;

	(void)state;
	hold();
	assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, sonde), 0);
	check_fails(ask(qmp, "slow"), SONDE_ERROR_INTERRUPTED);
	pthread_join(thread, NULL);
	assert_int_not_equal(sonde_deadline_left(deadline), 0);
	let_go();
	check_works(qmp);
	/* Who detaches is not to be interrupted. */
	sonde_interrupt(sonde);
	sonde->uninterruptible++;
	check_works(qmp);
	sonde->uninterruptible--;
	sonde_interrupt_clear(sonde);
	unlink(leave);
	sonde_qmp_close(qmp);
	sonde_destroy(sonde);
}

static void go_on(void *user)
{
	*(bool *)user = true;
	let_go();
}

/* QEMU answers only when that is done. */
static void test_meanwhile(void **state)
{
	struct sonde *sonde = create(PATIENT_MS);
	struct sonde_qmp *qmp = start(sonde);
	bool done = false;

	(void)state;
	hold();
	sonde_qmp_meanwhile(qmp, go_on, &done);
	check(ask(qmp, "slow"));
	assert_true(done);
	unlink(leave);
	done = false;
	check_works(qmp);
	assert_false(done);
	sonde_qmp_close(qmp);
	sonde_destroy(sonde);
}

/* --- without it ------------------------------------------------------------------- */

static const char *broken;

static void test_not_installed(void **state)
{
	struct sonde *sonde = create(PATIENT_MS);
	struct sonde_qmp *qmp;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct sonde_error *error = reach(sonde, "vm", "test:vm", &qmp);

		assert_non_null(error);
		assert_non_null(strstr(sonde_error_hint(error), "apt install libvirt0"));
		check_says(error, SONDE_ERROR_UNSUPPORTED, broken);
	}
	sonde_destroy(sonde);
}

/* Starts this program again, where a file that is no library stands before all others. */
static int run_without(char **argv)
{
	char directory[] = "/tmp/test_libvirt-XXXXXX", *path, *search;
	const char *usual = getenv("LD_LIBRARY_PATH");
	int status;

	if (getenv("SONDE_TEST_BROKEN"))
		return -1;
	if (!mkdtemp(directory) || asprintf(&path, "%s/%s", directory, argv[1]) < 0 ||
		asprintf(&search, "%s:%s", directory, usual ? usual : "") < 0)
		return 1;
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	setenv("LD_LIBRARY_PATH", search, 1);
	setenv("SONDE_TEST_BROKEN", "1", 1);
	free(search);
	if (fork() == 0) {
		execv("/proc/self/exe", argv);
		_exit(1);
	}
	if (wait(&status) < 0)
		status = 1;
	unlink(path);
	rmdir(directory);
	free(path);
	return status ? 1 : 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_state),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_late_answer),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_meanwhile),
	};
	const struct CMUnitTest without[] = {cmocka_unit_test(test_not_installed)};
	int status;

	if (argc < 2)
		return cmocka_run_group_tests(tests, NULL, NULL);
	broken = argv[1];
	status = run_without(argv);
	return status >= 0 ? status : cmocka_run_group_tests(without, NULL, NULL);
}
