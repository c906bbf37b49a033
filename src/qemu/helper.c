/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "arch.h"
#include "helper.h"
#include "monitor_registers.h"
#include "qemu.h"
#include "target.h"
#include "window.h"

enum {
	CPUS_MAX = 4096,
};

static struct sonde_qemu *own(struct sonde_helper *helper)
{
	return CONTAINER_OF(helper, struct sonde_qemu, helper);
}

/* --- learning --------------------------------------------------------------------- */

static const char *known_architecture(const char *name)
{
	const struct sonde_arch *arch = name ? sonde_arch_find(name) : NULL;

	return arch ? arch->name : NULL;
}

/* `query-cpus-fast` (QEMU 2.12 and later) tells both. */
static struct sonde_error *ask_cpus(struct sonde_qemu *qemu)
{
	struct json_object *cpus, *target;
	size_t count;

	CHECK(sonde_qemu_monitor_query(&qemu->monitor, "query-cpus-fast", &cpus));
	count = json_object_is_type(cpus, json_type_array)
			? json_object_array_length(cpus)
			: 0;
	if (count && count <= CPUS_MAX)
		qemu->cpu_count = (unsigned)count;
	if (count && json_object_object_get_ex(
			     json_object_array_get_idx(cpus, 0), "target", &target))
		qemu->architecture = known_architecture(json_object_get_string(target))
					     ?: qemu->architecture;
	json_object_put(cpus);
	return NULL;
}

static struct sonde_error *list_registers(struct sonde_qemu *qemu)
{
	if (qemu->registers || !qemu->architecture)
		return NULL;
	qemu->known = sonde_qemu_registers_of(qemu->architecture, &qemu->register_count);
	qemu->registers = calloc(qemu->register_count + 1, sizeof(*qemu->registers));
	qemu->cpus = calloc(qemu->cpu_count + 1, sizeof(*qemu->cpus));
	if (!qemu->registers || !qemu->cpus)
		return sonde_error_no_memory();
	for (size_t i = 0; i < qemu->register_count; i++)
		qemu->registers[i] = (struct sonde_register){.name = qemu->known[i].name,
			.group = qemu->known[i].group,
			.bits = qemu->known[i].bits};
	return NULL;
}

/* Most machines have one CPU where nobody says how many. */
static unsigned said_cpus(const struct sonde_qemu *qemu)
{
	const char *text = sonde_helper_option(qemu->host, "cpus");
	unsigned long count = text ? strtoul(text, NULL, 10) : 1;

	return count && count <= CPUS_MAX ? (unsigned)count : 1;
}

static void warn(struct sonde_qemu *qemu, struct sonde_error *error)
{
	const char *what = sonde_error_what(error);

	sonde_log(&qemu->monitor.sonde->log, SONDE_LOG_WARNING, "%s%s%s", what,
		*what ? ": " : "", sonde_error_why(error));
	sonde_error_destroy(error);
}

/*
 * Nothing is guessed where the user named something else. But a process that is there may
 * be one that the libvirt which we could ask does not know.
 */
static bool is_final(const struct sonde_qemu *qemu, const struct sonde_error *error)
{
	bool other_libvirt = qemu->monitor.place.domain && qemu->process.directory >= 0;

	return sonde_error_is(error, SONDE_ERROR_INTERRUPTED) ||
	       sonde_error_is(error, SONDE_ERROR_PROTOCOL) ||
	       (sonde_error_is(error, SONDE_ERROR_NOT_FOUND) && !other_libvirt);
}

static struct sonde_error *attach(struct sonde_helper *helper)
{
	struct sonde_qemu *qemu = own(helper);
	const char *pid = sonde_helper_option(qemu->host, "pid");
	const char *start = sonde_helper_option(qemu->host, "start");
	struct sonde_error *error, *second;

	if (pid)
		CHECK(sonde_qemu_host_hold((pid_t)strtol(pid, NULL, 10),
			start ? strtoull(start, NULL, 10) : 0, &qemu->process));
	qemu->architecture = known_architecture(sonde_helper_option(qemu->host, "arch"));
	error = ask_cpus(qemu);
	if (!error)
		return NULL;
	if (is_final(qemu, error))
		return error;
	/* What can be had without the monitor may be what is wanted. */
	if (sonde_helper_option(qemu->host, "gdb")) {
		if (qemu->monitor.address || qemu->monitor.place.domain)
			warn(qemu, error);
		else
			sonde_error_destroy(error);
		return NULL;
	}
	second = qemu->architecture ? sonde_qemu_find_ram(qemu) : NULL;
	if (!qemu->architecture || second) {
		sonde_error_destroy(second);
		return error;
	}
	/* That was said with what was found. */
	sonde_error_destroy(error);
	return NULL;
}

static struct sonde_error *describe_memory(
	struct sonde_qemu *qemu, struct sonde_helper_description *ret)
{
	struct sonde_error *error = sonde_qemu_find_ram(qemu);

	if (sonde_error_is(error, SONDE_ERROR_INTERRUPTED))
		return error;
	if (error) {
		/* Once, and not where attaching has said it. */
		if (!qemu->why_said && qemu->monitor.state != SONDE_STATE_UNKNOWN)
			warn(qemu, error);
		else
			sonde_error_destroy(error);
		qemu->why_said = true;
		return NULL;
	}
	ret->memory_means = sonde_qemu_ram_means(qemu->ram);
	ret->ram_bytes = qemu->ram_bytes;
	return NULL;
}

static struct sonde_error *describe(
	struct sonde_helper *helper, struct sonde_helper_description *ret)
{
	struct sonde_qemu *qemu = own(helper);

	ret->architecture = qemu->architecture;
	ret->kind = "QEMU";
	ret->cpus = qemu->cpu_count;
	if (qemu->has_found) {
		/* Connecting has stopped it. */
		ret->state = qemu->found;
		CHECK(sonde_qemu_note_stub(qemu));
	} else {
		ret->state = qemu->monitor.state;
	}
	CHECK(describe_memory(qemu, ret));
	CHECK(list_registers(qemu));
	ret->registers = qemu->registers;
	ret->register_count = qemu->register_count;
	return NULL;
}

/* --- registers -------------------------------------------------------------------- */

static ptrdiff_t find(const struct sonde_qemu *qemu, const char *name)
{
	for (size_t i = 0; i < qemu->register_count; i++)
		if (!strcmp(qemu->known[i].name, name))
			return (ptrdiff_t)i;
	return -1;
}

static struct sonde_error *fetch(struct sonde_qemu *qemu, unsigned number)
{
	static const char *const commands[] = {"info registers"};
	struct sonde_qemu_cpu *cpu = &qemu->cpus[number];
	CLEANUP(cleanup_free) char *text = NULL;

	if (cpu->has_values && cpu->epoch == qemu->target->epoch)
		return NULL;
	cpu->has_values = false;
	if (!cpu->values)
		cpu->values = calloc(qemu->register_count, sizeof(*cpu->values));
	if (!cpu->values)
		return sonde_error_no_memory();
	CHECK(sonde_qemu_monitor_say(&qemu->monitor, number, commands, 1, &text));
	CHECK(sonde_qemu_registers_parse(qemu->architecture, text, cpu->values));
	cpu->has_values = true;
	cpu->epoch = qemu->target->epoch;
	return NULL;
}

static struct sonde_error *registers(struct sonde_helper *helper,
	const struct sonde_register_request *request, bool *handled)
{
	struct sonde_qemu *qemu = own(helper);
	unsigned number = sonde_thread_number(request->thread);
	ptrdiff_t index;

	if (sonde_helper_stub_has(qemu->host, request->reg))
		return NULL;
	index = find(qemu, request->reg->name);
	if (index < 0 || number >= qemu->cpu_count)
		return NULL;
	if (request->value)
		return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
			"the stub does not have it, and QEMU's monitor only shows it");
	*handled = true;
	if (qemu->known[index].why_not) {
		memset(request->ret, 0, sizeof(*request->ret));
		request->ret->bits = request->reg->bits;
		if (request->why)
			*request->why = qemu->known[index].why_not;
		return NULL;
	}
	CHECK(fetch(qemu, number));
	*request->ret = qemu->cpus[number].values[index];
	request->ret->bits = request->reg->bits;
	if (!request->ret->available && request->why)
		*request->why = "QEMU's monitor did not print it";
	return NULL;
}

/* --- memory ----------------------------------------------------------------------- */

/* TCG translates code, and does not see it change when others change it. Who does not
 * tell may be TCG. */
static bool runs_on_hardware(struct sonde_qemu *qemu)
{
	struct json_object *answer, *enabled;
	struct sonde_error *error;

	if (qemu->hardware_known)
		return qemu->runs_on_hardware;
	error = sonde_qemu_monitor_query(&qemu->monitor, "query-kvm", &answer);
	if (!error) {
		qemu->hardware_known = true;
		qemu->runs_on_hardware =
			json_object_is_type(answer, json_type_object) &&
			json_object_object_get_ex(answer, "enabled", &enabled) &&
			json_object_get_boolean(enabled);
		json_object_put(answer);
	}
	sonde_error_destroy(error);
	return qemu->runs_on_hardware;
}

static struct sonde_error *write_memory(struct sonde_qemu *qemu,
	const struct sonde_memory_request *request, bool *handled)
{
	CHECK(sonde_qemu_ram_check_write(
		qemu->ram, request->address, request->length, handled));
	if (request->must_be_noticed && *handled)
		*handled = runs_on_hardware(qemu);
	if (!*handled || request->only_check)
		return NULL;
	return sonde_qemu_ram_write(
		qemu->ram, request->address, request->data, request->length);
}

static struct sonde_error *memory(struct sonde_helper *helper,
	const struct sonde_memory_request *request, bool *handled)
{
	struct sonde_qemu *qemu = own(helper);
	struct sonde_window window;
	struct sonde_error *error;

	if (!request->physical)
		return NULL;
	error = sonde_qemu_find_ram(qemu);
	/* The stub reaches it, too, once it is connected. */
	if (error && !qemu->target->watched) {
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	if (request->data)
		return write_memory(qemu, request, handled);
	*handled = true;
	if (!request->window)
		return sonde_qemu_ram_read(
			qemu->ram, request->address, request->ret, request->length);
	CHECK(sonde_qemu_ram_look(qemu->ram, request->address, &window));
	if (window.length)
		*request->window = (struct sonde_memory_window){
			.host = window.host,
			.length = window.length,
			.before = request->address - window.address,
			.present = window.present,
			.present_first = window.present_first,
			.broken = window.broken,
		};
	return NULL;
}

/* Only where the tables cannot be walked: the monitor tells no system registers of ARM.
 */
static struct sonde_error *translate(struct sonde_helper *helper,
	struct sonde_thread *thread, uint64_t address, uint64_t *ret, bool *handled)
{
	struct sonde_qemu *qemu = own(helper);
	const struct sonde_register *root =
		sonde_thread_find_register(thread, "TTBR0_EL1");
	CLEANUP(cleanup_free) char *text = NULL;
	char command[48];
	const char *commands[] = {command};

	if (!root || sonde_helper_stub_has(qemu->host, root))
		return NULL;
	snprintf(command, sizeof(command), "gva2gpa 0x%" PRIx64, address);
	CHECK(sonde_qemu_monitor_say(
		&qemu->monitor, sonde_thread_number(thread), commands, 1, &text));
	*handled = true;
	return sonde_qemu_parse_gva2gpa(text, ret)
		       ? NULL
		       : sonde_error_fault(address, "the CPU has nothing mapped there");
}

/* --- coming and going ------------------------------------------------------------- */

static struct sonde_error *connect_stub(
	struct sonde_helper *helper, const char **address, bool *handled)
{
	*handled = true;
	return address ? sonde_qemu_start_stub(own(helper), address, handled)
		       : sonde_qemu_drop_stub(own(helper));
}

static void state_changed(struct sonde_helper *helper, enum sonde_state state)
{
	struct sonde_qemu *qemu = own(helper);

	if (state == SONDE_STATE_STOPPED)
		return;
	/* Others may want the monitor while the guest runs, or the user thinks. */
	sonde_qemu_monitor_release(&qemu->monitor);
	if (state == SONDE_STATE_UNKNOWN)
		sonde_qemu_forget_ram(qemu);
}

static void notice_event(void *user, enum sonde_state state)
{
	sonde_helper_notice_state(((struct sonde_qemu *)user)->host, state);
}

static const struct sonde_helper_ops ops = {
	.attach = attach,
	.describe = describe,
	.connect = connect_stub,
	.registers = registers,
	.translate = translate,
	.memory = memory,
	.state_changed = state_changed,
};

static struct sonde_error *create(
	struct sonde_helper_host *host, struct sonde_helper **ret)
{
	struct sonde_qemu *qemu = calloc(1, sizeof(*qemu));

	if (!qemu)
		return sonde_error_no_memory();
	qemu->helper.ops = &ops;
	qemu->host = host;
	qemu->target = sonde_helper_target(host);
	qemu->process.directory = -1;
	qemu->cpu_count = said_cpus(qemu);
	qemu->monitor = (struct sonde_qemu_monitor){
		.sonde = sonde_helper_context(host),
		.address = sonde_helper_option(host, "qmp"),
		.place = {.domain = sonde_helper_option(host, "libvirt"),
			.uri = sonde_helper_option(host, "libvirt-uri")},
		.state = SONDE_STATE_UNKNOWN,
		.state_changed = notice_event,
		.user = qemu,
	};
	*ret = &qemu->helper;
	return NULL;
}

static void destroy(struct sonde_helper *helper)
{
	struct sonde_qemu *qemu = own(helper);

	for (size_t i = 0; qemu->cpus && i < qemu->cpu_count; i++)
		free(qemu->cpus[i].values);
	free(qemu->cpus);
	free(qemu->registers);
	free(qemu->stub_address);
	sonde_qemu_forget_ram(qemu);
	sonde_qemu_monitor_release(&qemu->monitor);
	sonde_qemu_host_release(&qemu->process);
	free(qemu);
}

static const struct sonde_helper_option options[] = {
	{"qmp", "ADDRESS", "the machine protocol's socket: a path or HOST:PORT"},
	{"gdb", "ADDRESS", "a stub that is there"},
	{"libvirt", "DOMAIN", "the domain of libvirt that it is, by name or UUID"},
	{"libvirt-uri", "URI", "whom of libvirt to ask for it"},
	{"ram", "FILE", "the file that the guest's RAM is in"},
	{"pid", "N", "QEMU's process"},
	{"start", "TICKS", "when that began"},
	{"name", "TEXT", "what the machine is called"},
	{"arch", "NAME", "the architecture, where the monitor cannot be asked"},
	{"cpus", "N", "how many CPUs, the same"},
	{"machine", "NAME", "the same, of the machine's type"},
	{NULL, NULL, NULL},
};

const struct sonde_helper_descriptor sonde_qemu_helper = {
	.abi = SONDE_HELPER_ABI,
	.size = sizeof(struct sonde_helper_descriptor),
	.name = "qemu",
	.options = options,
	.create = create,
	.destroy = destroy,
};
