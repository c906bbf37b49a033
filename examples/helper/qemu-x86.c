/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A helper for QEMU's x86 machines: registers that their stub does not have. It adds
 * gdtr_base, gdtr_limit, idtr_base, idtr_limit, ldtr, ldtr_base, ldtr_limit, tr, tr_base,
 * tr_limit, dr0 to dr3, dr6 and dr7, which QEMU's monitor shows:
 *
 *     sonde -t gdb:/run/vm.sock --helper ./qemu-x86.so regs gdtr_base dr7
 *
 * The monitor is asked when sonde attaches, and at most once after each stop, if somebody
 * wants one of these. Whatever else is asked is passed on, to the stub in the end; with
 * any other stub this helper has nothing to add.
 */
#include <ctype.h>
#include <sonde/helper.h>
#include <sonde/thread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Where "info registers" has them: the word behind the label, from 0. */
static const struct {
	const char *name, *label;
	unsigned word, bits;
} places[] = {
	{"gdtr_base", "GDT=", 0, 64},
	{"gdtr_limit", "GDT=", 1, 16},
	{"idtr_base", "IDT=", 0, 64},
	{"idtr_limit", "IDT=", 1, 16},
	{"ldtr", "LDT=", 0, 16},
	{"ldtr_base", "LDT=", 1, 64},
	{"ldtr_limit", "LDT=", 2, 32},
	{"tr", "TR =", 0, 16},
	{"tr_base", "TR =", 1, 64},
	{"tr_limit", "TR =", 2, 32},
	{"dr0", "DR0=", 0, 64},
	{"dr1", "DR1=", 0, 64},
	{"dr2", "DR2=", 0, 64},
	{"dr3", "DR3=", 0, 64},
	{"dr6", "DR6=", 0, 64},
	{"dr7", "DR7=", 0, 64},
};

struct qemu_x86 {
	struct sonde_helper helper;
	struct sonde_helper_host *host;
	struct sonde_register registers[COUNT(places)];
	/* What the monitor has said of all CPUs since the last stop, or NULL. */
	char *text;
};

static struct qemu_x86 *own(struct sonde_helper *helper)
{
	return (struct qemu_x86 *)helper;
}

/* The part about one CPU, up to *@p end; NULL: there is none. */
static const char *find_cpu(const char *text, unsigned cpu, const char **end)
{
	char heading[24];
	int length = snprintf(heading, sizeof(heading), "CPU#%u", cpu);
	const char *start = strstr(text, heading);

	while (start && isdigit((unsigned char)start[length]))
		start = strstr(start + length, heading);
	if (!start)
		return NULL;
	start += length;
	*end = strstr(start, "CPU#");
	if (!*end)
		*end = start + strlen(start);
	return start;
}

/* The number @p word words behind @p label; false where there is none. */
static bool find_number(const char *start, const char *end, const char *label,
	unsigned word, uint64_t *ret)
{
	const char *at = strstr(start, label);
	char *behind;

	/* TR is no part of another name. */
	while (at && at > start && isalnum((unsigned char)at[-1]))
		at = strstr(at + 1, label);
	if (!at || at >= end)
		return false;
	at += strlen(label);
	for (unsigned i = 0;; i++) {
		at += strspn(at, " ");
		if (!isxdigit((unsigned char)*at))
			return false;
		*ret = strtoull(at, &behind, 16);
		if (behind - at > 16 || behind > end || !isspace((unsigned char)*behind))
			return false;
		if (i == word)
			return true;
		at = behind;
	}
}

static struct sonde_error *ask(struct qemu_x86 *qemu)
{
	if (qemu->text)
		return NULL;
	return sonde_helper_monitor(qemu->host, "info registers -a", &qemu->text);
}

/* A stub that has no such command, or no descriptor tables, has no register more. */
static struct sonde_error *describe(
	struct sonde_helper *helper, struct sonde_helper_description *ret)
{
	struct qemu_x86 *qemu = own(helper);
	struct sonde_error *error = ask(qemu);

	if (error && sonde_error_kind(error) != SONDE_ERROR_PROTOCOL &&
		sonde_error_kind(error) != SONDE_ERROR_UNSUPPORTED)
		return error;
	sonde_error_destroy(error);
	if (!qemu->text || !strstr(qemu->text, "GDT="))
		return NULL;
	ret->registers = qemu->registers;
	ret->register_count = COUNT(places);
	return NULL;
}

static struct sonde_error *read_register(struct qemu_x86 *qemu, size_t place,
	const struct sonde_register_request *request, bool *handled)
{
	unsigned cpu = sonde_thread_number(request->thread);
	struct sonde_error *error = ask(qemu);
	const char *start, *end;
	uint64_t value;

	if (error)
		return error;
	start = find_cpu(qemu->text, cpu, &end);
	if (!start ||
		!find_number(start, end, places[place].label, places[place].word, &value))
		return NULL;
	sonde_register_value_set_integer(request->ret, value, request->reg->bits);
	*handled = true;
	return NULL;
}

static struct sonde_error *registers(struct sonde_helper *helper,
	const struct sonde_register_request *request, bool *handled)
{
	for (size_t i = 0; i < COUNT(places); i++) {
		if (strcmp(request->reg->name, places[i].name) != 0)
			continue;
		if (request->value)
			return sonde_error_create(SONDE_ERROR_UNSUPPORTED,
				"QEMU's monitor shows it and does not change it");
		return read_register(own(helper), i, request, handled);
	}
	return NULL;
}

static void state_changed(struct sonde_helper *helper, enum sonde_state state)
{
	(void)state;
	free(own(helper)->text);
	own(helper)->text = NULL;
}

static const struct sonde_helper_ops ops = {
	.describe = describe,
	.registers = registers,
	.state_changed = state_changed,
};

static struct sonde_error *create(
	struct sonde_helper_host *host, struct sonde_helper **ret)
{
	struct qemu_x86 *qemu = calloc(1, sizeof(*qemu));
	const char *group = sonde_helper_option(host, "group");

	if (!qemu)
		return sonde_error_create(SONDE_ERROR_NO_MEMORY, "no memory");
	qemu->helper.ops = &ops;
	qemu->host = host;
	for (size_t i = 0; i < COUNT(places); i++)
		qemu->registers[i] = (struct sonde_register){.name = places[i].name,
			.group = group ? group : "system",
			.bits = places[i].bits};
	*ret = &qemu->helper;
	return NULL;
}

static void destroy(struct sonde_helper *helper)
{
	free(own(helper)->text);
	free(helper);
}

static const struct sonde_helper_option options[] = {
	{"group", "NAME", "where to list the registers, instead of \"system\""},
	{NULL, NULL, NULL},
};

SONDE_HELPER_EXPORT = {
	.abi = SONDE_HELPER_ABI,
	.size = sizeof(struct sonde_helper_descriptor),
	.name = "qemu-x86",
	.options = options,
	.create = create,
	.destroy = destroy,
};
