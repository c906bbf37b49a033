/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What command lines say, and what stands behind "qemu:": nothing here looks around. */
#include "wire_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "command_line.h"
#include "macros.h"
#include "option_list.h"
#include "specification.h"

#define MIB (UINT64_C(1) << 20)

/* --- option lists ----------------------------------------------------------------- */

struct option_case {
	const char *text, *implied, *name, *value;
};

static void test_option_lists(void **state)
{
	static const struct option_case cases[] = {
		{"a=1,b=2", NULL, "a", "1"},
		{"a=1,b=2", NULL, "b", "2"},
		{"a=1,b=2", NULL, "c", NULL},
		{"a=1,a=2", NULL, "a", "2"},
		{"x,a=1", "first", "first", "x"},
		{"x,,y,a=1", "first", "first", "x,y"},
		{"x,,,a=1", "first", "first", "x,"},
		{",,x", "first", "first", ",x"},
		{"a=b=c,d", NULL, "a", "b=c"},
		{"a=,b=1", NULL, "a", ""},
		{"a=1,,b=2", NULL, "a", "1,b=2"},
		{"a=1,,b=2", NULL, "b", NULL},
		{"x,server", "path", "server", "on"},
		{"x,noserver", "path", "server", "off"},
		{"x,server,server=off", "path", "server", "off"},
		{"x,server=off,server", "path", "server", "on"},
		/* The first piece is a value, whatever it is called. */
		{"server", "path", "server", NULL},
		{"server", "path", "path", "server"},
		{"a", NULL, "a", "on"},
		{"", "a", "a", NULL},
		{",", NULL, "a", NULL},
		{",a=1", NULL, "a", "1"},
		{"=x", NULL, "", "x"},
		{"n", NULL, "", NULL},
		{"a=1,", NULL, "a", "1"},
		{"a=1,,", NULL, "a", "1,"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct option_case *c = &cases[i];
		CLEANUP(cleanup_free) char *value = NULL;

		check(sonde_qemu_option_get(c->text, c->implied, c->name, &value));
		if (!c->value)
			assert_null(value);
		else {
			assert_non_null(value);
			assert_string_equal(value, c->value);
		}
	}
}

static void test_flags(void **state)
{
	static const struct {
		const char *text;
		bool on;
	} cases[] = {{"x,server=on", true}, {"x,server=yes", true},
		{"x,server=true", true}, {"x,server=y", true}, {"x,server", true},
		{"x,server=off", false}, {"x,server=no", false}, {"x,noserver", false},
		{"x", false}, {"x,server=", false}, {"x,server=ON", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool on;

		check(sonde_qemu_option_get_flag(cases[i].text, "path", "server", &on));
		assert_int_equal(on, cases[i].on);
	}
}

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {{"64", 64 * MIB}, {"1", MIB}, {"512M", 512 * MIB},
		{"512m", 512 * MIB}, {"1G", 1024 * MIB}, {"1.5G", 1536 * MIB},
		{"0.5g", 512 * MIB}, {"2097152k", 2048 * MIB}, {"4096b", 4096},
		{"1T", MIB * MIB}, {"0x40", 64 * MIB}, {"1.5", MIB * 3 / 2},
		{"15E", UINT64_C(15) << 60}};
	static const char *const bad[] = {"", "x", "-1", "+1", " 1", "1x", "1MB", "1 M",
		".5", "16E", "99999999999999999999", "1e3", "1.5e3", "nan", "inf", "0x",
		"1.7e308G", "17.0E", "99999999999999G"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t bytes;

		assert_true(sonde_qemu_option_size(cases[i].text, MIB, &bytes));
		assert_int_equal(bytes, cases[i].bytes);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t bytes = 77;

		if (sonde_qemu_option_size(bad[i], MIB, &bytes))
			fail_msg("\"%s\" is %llu bytes", bad[i],
				(unsigned long long)bytes);
	}
}

/* --- command lines ---------------------------------------------------------------- */

struct line_case {
	/** The words, parted by '|'. */
	const char *words;
	const char *name, *accel, *machine;
	uint64_t ram_bytes;
	unsigned cpus;
	/** Each as "KIND ADDRESS", parted by '|'; NULL: none. */
	const char *qmp, *monitor, *gdb;
	/** The UUID, where it is one of libvirt's. */
	const char *libvirt;
};

static const struct line_case line_cases[] = {
	{"qemu-system-x86_64"},
	{"q|-name|vm1|-m|64", .name = "vm1", .ram_bytes = 64 * MIB},
	{"q|--name|vm1|--m|64", .name = "vm1", .ram_bytes = 64 * MIB},
	{"q|-name|guest=vm1,debug-threads=on", .name = "vm1"},
	{"q|-name|a,,b,process=x", .name = "a,b"},
	{"q|-name|process=x,guest=a b", .name = "a b"},
	{"q|-name|a|-name|b", .name = "b"},
	{"q|-name|process=x"},
	{"q|-name|"},
	/* An argument that looks like an option is one no more. */
	{"q|-append|-name|-name|real", .name = "real"},
	{"q|-append|-qmp unix:/x,server|-name|-s", .name = "-s"},
	{"q|-S|-name|a", .name = "a"},
	{"q|-nodefaults|-no-user-config|-nographic|-name|a", .name = "a"},
	{"q|disk.img|-name|a", .name = "a"},
	{"q|-|-name|a", .name = "a"},
	{"q|-unknown-option|-name|a"},
	{"q|-name"},
	{"q|-m|size=2097152k,slots=16,maxmem=4G", .ram_bytes = 2048 * MIB},
	{"q|-m|1G|-m|slots=2,maxmem=2G", .ram_bytes = 1024 * MIB},
	{"q|-m|nonsense"},
	/* CPUs. */
	{"q|-smp|4", .cpus = 4},
	{"q|-smp|cpus=2,maxcpus=8", .cpus = 2},
	{"q|-smp|2,sockets=2,cores=4,threads=2", .cpus = 2},
	{"q|-smp|sockets=2,dies=1,cores=3,threads=2", .cpus = 12},
	{"q|-smp|maxcpus=6,cores=3", .cpus = 6},
	{"q|-smp|cores=65536,threads=65536", .cpus = 65536},
	{"q|-smp|4294967298", .cpus = 1},
	{"q|-smp|many", .cpus = 1},
	/* The accelerator. */
	{"q|-enable-kvm|-name|a", .accel = "kvm", .name = "a"},
	{"q|-accel|tcg,thread=multi", .accel = "tcg"},
	{"q|-accel|kvm|-accel|tcg", .accel = "kvm"},
	{"q|-accel|accel=hvf", .accel = "hvf"},
	{"q|-machine|pc,accel=kvm:tcg", .accel = "kvm", .machine = "pc"},
	{"q|-M|q35,accel=tcg", .accel = "tcg", .machine = "q35"},
	{"q|-M|type=virt", .machine = "virt"},
	{"q|-M|accel=tcg", .accel = "tcg"},
	{"q|-accel|an-accelerator-with-a-long-name"},
	/* Channels. */
	{"q|-qmp|unix:/run/a.sock,server=on,wait=off", .qmp = "unix /run/a.sock"},
	{"q|-qmp|unix:/run/a.sock,server", .qmp = "unix /run/a.sock wait"},
	{"q|-qmp|unix:/run/a.sock,server,nowait", .qmp = "unix /run/a.sock"},
	{"q|-qmp-pretty|unix:a.sock,server,wait=off", .qmp = "unix a.sock"},
	{"q|-qmp|unix:/run/a,,b.sock,server=on,wait=off", .qmp = "unix /run/a,b.sock"},
	{"q|-qmp|unix:/run/a.sock", .qmp = "other unix:/run/a.sock"},
	{"q|-qmp|unix:,server=on,wait=off", .qmp = "other unix:,server=on,wait=off"},
	{"q|-qmp|unix:x,abstract=on,server=on",
		.qmp = "other unix:x,abstract=on,server=on"},
	{"q|-qmp|tcp:127.0.0.1:4444,server=on,wait=off", .qmp = "tcp 127.0.0.1:4444"},
	{"q|-qmp|tcp::4444,server,nowait", .qmp = "tcp localhost:4444"},
	{"q|-qmp|tcp:0.0.0.0:4444,server,nowait", .qmp = "tcp 127.0.0.1:4444"},
	{"q|-qmp|tcp:[::1]:4444,server,nowait", .qmp = "tcp [::1]:4444"},
	{"q|-qmp|tcp:localhost:4444", .qmp = "other tcp:localhost:4444"},
	{"q|-qmp|tcp:4444,server=on", .qmp = "other tcp:4444,server=on"},
	{"q|-qmp|tcp:x:,server=on", .qmp = "other tcp:x:,server=on"},
	{"q|-qmp|stdio", .qmp = "other stdio"},
	/* libvirt's own name, but not for a monitor of QMP. */
	{"q|-uuid|x|-chardev|socket,id=charmonitor,path=/a,server=on,wait=off|-mon|"
	 "charmonitor",
		.monitor = "unix /a"},
	{"q|-uuid|x|-uuid|y|-chardev|socket,id=charmonitor,path=/a,server=on,wait=off|"
	 "-mon|charmonitor,mode=control",
		.qmp = "unix /a", .libvirt = "y"},
	{"q|-qmp|none"},
	{"q|-qmp|unix:/a,server,nowait|-qmp|unix:/b,server,nowait",
		.qmp = "unix /a|unix /b"},
	{"q|-monitor|none|-qmp|unix:/a,server,nowait", .qmp = "unix /a"},
	{"q|-monitor|unix:/m,server,nowait", .monitor = "unix /m"},
	{"q|-chardev|socket,id=c,path=/a,server=on,wait=off|-mon|chardev=c,mode=control",
		.qmp = "unix /a"},
	{"q|-mon|c,mode=control,pretty=on|-chardev|socket,path=/a,id=c,server,nowait",
		.qmp = "unix /a"},
	{"q|-mon|c|-chardev|socket,id=c,path=/a,server=on,wait=off",
		.monitor = "unix /a"},
	{"q|-mon|c,mode=readline|-chardev|socket,id=c,host=::1,port=7,server=on,wait=off",
		.monitor = "tcp [::1]:7"},
	{"q|-chardev|socket,id=c,port=7,server=on|-qmp|chardev:c",
		.qmp = "tcp localhost:7 wait"},
	{"q|-chardev|socket,id=c,path=/a|-mon|c,mode=control",
		.qmp = "other socket,id=c,path=/a"},
	{"q|-chardev|pty,id=c|-mon|c,mode=control", .qmp = "other pty,id=c"},
	{"q|-chardev|socket,id=d,path=/a,server|-mon|c,mode=control"},
	{"q|-mon|mode=control"},
	{"q|-chardev|id=c,backend=socket,path=/a,server,nowait|-mon|c,mode=control",
		.qmp = "unix /a"},
	/* A disk's id is nobody's channel. */
	{"q|-drive|id=c,path=/a,server|-mon|c,mode=control"},
	{"q|-s", .gdb = "tcp localhost:1234 wait"},
	{"q|-gdb|tcp::1234", .gdb = "tcp localhost:1234 wait"},
	{"q|-gdb|tcp:127.0.0.1:9", .gdb = "tcp 127.0.0.1:9 wait"},
	{"q|-gdb|unix:/g,server=on,wait=off", .gdb = "unix /g"},
	{"q|-gdb|unix:/g", .gdb = "other unix:/g"},
	{"q|-gdb|none"},
	{"q|-s|-gdb|none"},
	{"q|-gdb|stdio", .gdb = "other stdio"},
	{"q|-chardev|socket,id=c,path=/a,server=on,wait=off|-gdb|chardev:c",
		.gdb = "unix /a"},
	/* RAM that is an object. */
	{"q|-M|pc,memory-backend=m|-object|memory-backend-ram,id=m,size=4G",
		.machine = "pc", .ram_bytes = 4096 * MIB},
	{"q|-object|memory-backend-memfd,size=64M,id=m|-M|memory-backend=m",
		.ram_bytes = 64 * MIB},
	{"q|-M|memory-backend=m|-object|{\"qom-type\":\"memory-backend-ram\",\"id\":"
	 "\"m\","
	 "\"size\":2147483648}",
		.ram_bytes = 2048 * MIB},
	{"q|-M|memory-backend=m|-object|{\"id\":\"n\",\"size\":1}"},
	{"q|-M|memory-backend=m|-object|{\"id\":\"m\",\"size\":\"big\"}"},
	{"q|-M|memory-backend=m|-object|{\"id\":"},
	{"q|-M|memory-backend=m|-object|{\"id\":7,\"size\":-1}"},
	{"q|-M|memory-backend=m|-object|[1]"},
	{"q|-M|memory-backend=m"},
	{"q|-m|1G|-M|memory-backend=m|-object|memory-backend-ram,id=m,size=4G",
		.ram_bytes = 1024 * MIB},
	/* As libvirt 9 writes it. */
	{"/usr/bin/qemu-system-x86_64|-name|guest=debian12,debug-threads=on|-S|-object|"
	 "{\"qom-type\":\"secret\",\"id\":\"masterKey0\",\"format\":\"raw\",\"file\":"
	 "\"/var/lib/libvirt/qemu/domain-1-debian12/master-key.aes\"}|-machine|"
	 "pc-q35-7.2,usb=off,vmport=off,dump-guest-core=off,memory-backend=pc.ram|"
	 "-accel|kvm|-cpu|host,migratable=on|-m|size=2097152k|-object|"
	 "{\"qom-type\":\"memory-backend-ram\",\"id\":\"pc.ram\",\"size\":2147483648}|"
	 "-overcommit|mem-lock=off|-smp|2,sockets=2,cores=1,threads=1|-uuid|"
	 "c7a5fdbd-edaf-9455-926a-d65c16db1809|-no-user-config|-nodefaults|-chardev|"
	 "socket,id=charmonitor,fd=33,server=on,wait=off|-mon|"
	 "chardev=charmonitor,id=monitor,mode=control|-rtc|base=utc,driftfix=slew|"
	 "-no-shutdown|-boot|strict=on",
		.name = "debian12", .accel = "kvm", .machine = "pc-q35-7.2",
		.ram_bytes = 2048 * MIB, .cpus = 2, .qmp = "descriptor 33",
		.libvirt = "c7a5fdbd-edaf-9455-926a-d65c16db1809"},
	/* As this tree's guests are started, and as Proxmox does it. */
	{"/usr/bin/kvm|-id|100|-name|web,debug-threads=on|-no-shutdown|-chardev|"
	 "socket,id=qmp,path=/var/run/qemu-server/100.qmp,server=on,wait=off|-mon|"
	 "chardev=qmp,mode=control|-chardev|socket,id=qmp-event,path=/var/run/qmeventd."
	 "sock,"
	 "reconnect=5|-mon|chardev=qmp-event,mode=control|-pidfile|"
	 "/var/run/qemu-server/100.pid|-daemonize|-m|512|-machine|type=pc+pve0",
		.name = "web", .machine = "pc+pve0", .ram_bytes = 512 * MIB,
		.qmp = "unix /var/run/qemu-server/100.qmp|other "
		       "socket,id=qmp-event,path=/var/run/qmeventd.sock,reconnect=5"},
};

static struct sonde_qemu_command_line parse(const char *words)
{
	struct sonde_qemu_command_line line;
	size_t length = strlen(words) + 1;
	CLEANUP(cleanup_free) char *data = malloc(length);

	assert_non_null(data);
	memcpy(data, words, length);
	for (size_t i = 0; i < length; i++)
		if (data[i] == '|')
			data[i] = '\0';
	check(sonde_qemu_command_line_parse(data, length, &line));
	return line;
}

static void describe(const struct sonde_qemu_channel *channel, char *ret, size_t size)
{
	static const char *const kinds[] = {"none", "unix", "tcp", "descriptor", "other"};

	snprintf(ret, size, "%s %s%s", kinds[channel->kind], channel->address,
		channel->waits ? " wait" : "");
}

static void check_channel(
	const char *words, const struct sonde_qemu_channel *channel, const char *wanted)
{
	char text[512];

	if (!wanted) {
		assert_int_equal(channel->kind, SONDE_QEMU_CHANNEL_NONE);
		return;
	}
	describe(channel, text, sizeof(text));
	if (strcmp(text, wanted) != 0)
		fail_msg("%s: \"%s\", not \"%s\"", words, text, wanted);
}

static void check_qmp(const struct sonde_qemu_command_line *line, const char *wanted)
{
	char text[1024] = "";

	for (size_t i = 0; i < line->qmp_count; i++) {
		char one[512];

		describe(&line->qmp[i], one, sizeof(one));
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			i ? "|" : "", one);
	}
	assert_string_equal(text, wanted ? wanted : "");
}

static void check_text(const char *words, const char *found, const char *wanted)
{
	if (!found != !wanted || (found && strcmp(found, wanted) != 0))
		fail_msg("%s: \"%s\", not \"%s\"", words, found ? found : "(null)",
			wanted ? wanted : "(null)");
}

static void test_command_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(line_cases); i++) {
		const struct line_case *c = &line_cases[i];
		struct sonde_qemu_command_line line = parse(c->words);

		/* QEMU takes "-name ''" for no name. */
		check_text(c->words, line.name && *line.name ? line.name : NULL, c->name);
		check_text(c->words, line.accel, c->accel ? c->accel : "");
		check_text(c->words, line.machine, c->machine);
		check_text(c->words, line.libvirt ? line.uuid : NULL, c->libvirt);
		if (line.ram_bytes != c->ram_bytes)
			fail_msg("%s: %llu bytes", c->words,
				(unsigned long long)line.ram_bytes);
		if (line.cpus != c->cpus)
			fail_msg("%s: %u CPUs", c->words, line.cpus);
		check_qmp(&line, c->qmp);
		check_channel(c->words, &line.monitor, c->monitor);
		check_channel(c->words, &line.gdb, c->gdb);
		sonde_qemu_command_line_deinit(&line);
	}
}

static void test_config_files(void **state)
{
	struct sonde_qemu_command_line line = parse("q|-readconfig|x.cfg|-m|1");

	(void)state;
	assert_true(line.reads_config);
	sonde_qemu_command_line_deinit(&line);
	line = parse("q|-append|-readconfig|x");
	assert_false(line.reads_config);
	sonde_qemu_command_line_deinit(&line);
}

/* No NUL at the end, nothing at all, nothing but NULs. */
static void test_odd_ends(void **state)
{
	static const struct {
		const char *data;
		size_t length;
	} cases[] = {{"", 0}, {"q", 1}, {"\0", 1}, {"\0\0\0\0", 4}, {"q\0-name", 7},
		{"q\0-name\0", 8}, {"q\0-name\0a", 9}, {"q\0-qmp\0unix:", 12},
		{"q\0-", 3}, {"q\0--\0--", 7}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sonde_qemu_command_line line;
		char *exact = malloc(cases[i].length + 1);

		memcpy(exact, cases[i].data, cases[i].length);
		exact = realloc(exact, cases[i].length ? cases[i].length : 1);
		check(sonde_qemu_command_line_parse(exact, cases[i].length, &line));
		sonde_qemu_command_line_deinit(&line);
		free(exact);
	}
}

/* Who writes thousands of monitors waits no longer than we do. */
static void test_many_monitors(void **state)
{
	static const char one[] =
		"-mon\0c,mode=control\0-qmp\0unix:/a,server\0-gdb\0chardev:x";
	size_t count = 256 * 1024 / sizeof(one);
	char *data = malloc(count * sizeof(one));
	struct sonde_qemu_command_line line;
	clock_t began = clock();

	(void)state;
	for (size_t i = 0; i < count; i++)
		memcpy(data + i * sizeof(one), one, sizeof(one));
	check(sonde_qemu_command_line_parse(data, count * sizeof(one), &line));
	assert_int_equal(line.qmp_count, SONDE_QEMU_CHANNELS_MAX);
	sonde_qemu_command_line_deinit(&line);
	free(data);
	assert_true((clock() - began) / CLOCKS_PER_SEC < 2);
}

static void test_executables(void **state)
{
	static const struct {
		const char *name, *architecture;
	} emulators[] = {{"qemu-system-x86_64", "x86_64"},
		{"qemu-system-aarch64", "aarch64"},
		{"qemu-system-x86_64-spice", "x86_64"}, {"qemu-system-arm.real", "arm"},
		{"qemu-kvm", ""}, {"kvm", ""}};
	static const char *const others[] = {"qemu-x86_64", "qemu-aarch64-static",
		"qemu-img", "qemu-system-", "qemu-system", "bash", "", "kvm2",
		"my-qemu-system-x86_64", "qemu-system-/x",
		"qemu-system-an_architecture_that_has_a_long_name"};
	char architecture[SONDE_QEMU_ARCHITECTURE_TEXT];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(emulators); i++) {
		assert_true(sonde_qemu_is_emulator(emulators[i].name, architecture));
		assert_string_equal(architecture, emulators[i].architecture);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(sonde_qemu_is_emulator(others[i], architecture));
}

/* --- behind "qemu:" --------------------------------------------------------------- */

static void test_specifications(void **state)
{
	static const struct {
		const char *words;
		enum sonde_specification_kind kind;
		const char *word, *qmp, *gdb, *ram;
		pid_t pid;
		const char *libvirt;
	} cases[] = {
		{"", SONDE_SPECIFICATION_ONLY},
		{"vm1", SONDE_SPECIFICATION_NAMED, "vm1"},
		{"17", SONDE_SPECIFICATION_NAMED, "17"},
		{"a b, c", SONDE_SPECIFICATION_NAMED, "a b, c"},
		{"a b=c", SONDE_SPECIFICATION_NAMED, "a b=c"},
		{"VM=1", SONDE_SPECIFICATION_NAMED, "VM=1"},
		{"dir/vm", SONDE_SPECIFICATION_NAMED, "dir/vm"},
		{"/run/a.sock", SONDE_SPECIFICATION_SOCKET, "/run/a.sock"},
		{"/run/a=b,c.sock", SONDE_SPECIFICATION_SOCKET, "/run/a=b,c.sock"},
		{"./a.sock", SONDE_SPECIFICATION_SOCKET, "./a.sock"},
		{"../a.sock", SONDE_SPECIFICATION_SOCKET, "../a.sock"},
		{".a", SONDE_SPECIFICATION_NAMED, ".a"},
		{"qmp=/a", SONDE_SPECIFICATION_PARTS, NULL, "/a"},
		{"gdb=localhost:1234,qmp=/a,ram=/dev/shm/x,pid=17",
			SONDE_SPECIFICATION_PARTS, NULL, "/a", "localhost:1234",
			"/dev/shm/x", 17},
		{"pid=2147483647", SONDE_SPECIFICATION_PARTS, .pid = 2147483647},
		{"qmp=a=b", SONDE_SPECIFICATION_PARTS, NULL, "a=b"},
		{"libvirt=vm 1", SONDE_SPECIFICATION_PARTS, .libvirt = "vm 1"},
		{"qmp=/a,libvirt=x,pid=7", SONDE_SPECIFICATION_PARTS, NULL, "/a",
			.pid = 7, .libvirt = "x"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sonde_specification found;

		check(sonde_specification_parse(cases[i].words, &found));
		assert_int_equal(found.kind, cases[i].kind);
		check_text(cases[i].words, found.word, cases[i].word);
		check_text(cases[i].words, found.qmp, cases[i].qmp);
		check_text(cases[i].words, found.gdb, cases[i].gdb);
		check_text(cases[i].words, found.ram, cases[i].ram);
		check_text(cases[i].words, found.libvirt, cases[i].libvirt);
		assert_int_equal(found.pid, cases[i].pid);
		sonde_specification_deinit(&found);
	}
}

static void test_specifications_refused(void **state)
{
	static const char *const bad[] = {"vm=1", "qmp=", "foo=1", "qmp=/a,",
		"libvirt=", "libvirt=a,libvirt=b", "qmp=/a,,gdb=x", "qmp=/a,b",
		"qmp=/a,qmp=/b", "pid=", "pid=0", "pid=-1", "pid=x", "pid=1x",
		"pid=2147483648", "pid=99999999999999999999", "pid=1,pid=1", "=x", "=",
		"qmp=/a,=b", "ram=", "gdb=,qmp=/a", "start=1", "name=x"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct sonde_specification found = {.pid = 77};
		struct sonde_error *error = sonde_specification_parse(bad[i], &found);

		if (!error)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(sonde_error_kind(error), SONDE_ERROR_INVALID);
		assert_non_null(sonde_error_hint(error));
		sonde_error_destroy(error);
		assert_int_equal(found.pid, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_option_lists),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_command_lines),
		cmocka_unit_test(test_config_files),
		cmocka_unit_test(test_odd_ends),
		cmocka_unit_test(test_many_monitors),
		cmocka_unit_test(test_executables),
		cmocka_unit_test(test_specifications),
		cmocka_unit_test(test_specifications_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
