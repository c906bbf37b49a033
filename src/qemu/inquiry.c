/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Source: QEMU's qapi/run-state.json, qapi/misc.json, qapi/machine.json, qapi/char.json.
 * A stub is a character device that is called "gdb"; "disconnected:" stands before its
 * place while nobody is connected to it.
 */
#include <json-c/json_object.h>
#include <string.h>

#include "inquiry.h"
#include "qmp.h"

static const char *member_text(struct json_object *object, const char *name)
{
	struct json_object *member;

	if (!json_object_is_type(object, json_type_object) ||
		!json_object_object_get_ex(object, name, &member) ||
		!json_object_is_type(member, json_type_string))
		return NULL;
	return json_object_get_string(member);
}

/* *@p ret is NULL where there is no such text. */
static struct sonde_error *copy_text(
	struct json_object *object, const char *name, char **ret)
{
	const char *text = member_text(object, name);

	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? sonde_error_no_memory() : NULL;
}

static struct sonde_error *take_status(
	struct sonde_qemu_inquiry *inquiry, struct json_object *answer)
{
	return copy_text(answer, "status", &inquiry->state);
}

static struct sonde_error *take_name(
	struct sonde_qemu_inquiry *inquiry, struct json_object *answer)
{
	return copy_text(answer, "name", &inquiry->name);
}

static struct sonde_error *take_kvm(
	struct sonde_qemu_inquiry *inquiry, struct json_object *answer)
{
	struct json_object *enabled;

	inquiry->kvm_known = json_object_is_type(answer, json_type_object) &&
			     json_object_object_get_ex(answer, "enabled", &enabled) &&
			     json_object_is_type(enabled, json_type_boolean);
	inquiry->kvm = inquiry->kvm_known && json_object_get_boolean(enabled);
	return NULL;
}

static struct sonde_error *take_stub(
	struct sonde_qemu_inquiry *inquiry, const char *place)
{
	static const char free_mark[] = "disconnected:";

	inquiry->stub_held = strncmp(place, free_mark, sizeof(free_mark) - 1);
	if (!inquiry->stub_held)
		place += sizeof(free_mark) - 1;
	return sonde_qemu_channel_parse(place, true, &inquiry->stub);
}

static struct sonde_error *take_devices(
	struct sonde_qemu_inquiry *inquiry, struct json_object *answer)
{
	inquiry->stub_known = json_object_is_type(answer, json_type_array);
	for (size_t i = 0; inquiry->stub_known && i < json_object_array_length(answer);
		i++) {
		struct json_object *device = json_object_array_get_idx(answer, i);
		const char *label = member_text(device, "label");
		const char *place = member_text(device, "filename");

		if (label && place && !strcmp(label, "gdb"))
			return take_stub(inquiry, place);
	}
	return NULL;
}

/* A QEMU that lacks a command says so, and that is an answer. */
static struct sonde_error *ask(struct sonde_qmp *qmp, struct sonde_qemu_inquiry *inquiry,
	const char *command,
	struct sonde_error *(*take)(struct sonde_qemu_inquiry *, struct json_object *))
{
	struct json_object *answer = NULL;
	struct sonde_error *error = sonde_qmp_execute(qmp, command, NULL, &answer);

	if (sonde_error_is(error, SONDE_ERROR_UNSUPPORTED) ||
		sonde_error_is(error, SONDE_ERROR_PROTOCOL)) {
		sonde_error_destroy(error);
		return NULL;
	}
	if (error)
		return error;
	error = take(inquiry, answer);
	json_object_put(answer);
	return error;
}

static struct sonde_error *ask_all(
	struct sonde_qmp *qmp, struct sonde_qemu_inquiry *inquiry)
{
	CHECK(ask(qmp, inquiry, "query-status", take_status));
	CHECK(ask(qmp, inquiry, "query-name", take_name));
	CHECK(ask(qmp, inquiry, "query-kvm", take_kvm));
	return ask(qmp, inquiry, "query-chardev", take_devices);
}

struct sonde_error *sonde_qemu_inquire(struct sonde *sonde, const char *address,
	unsigned timeout_ms, struct sonde_qemu_inquiry *ret)
{
	struct sonde_qemu_inquiry inquiry = {0};
	unsigned usual = sonde->timeout_ms;
	struct sonde_error *error;
	struct sonde_qmp *qmp;

	sonde->timeout_ms = timeout_ms < usual ? timeout_ms : usual;
	error = sonde_qmp_connect(sonde, address, NULL, &qmp);
	if (!error) {
		error = ask_all(qmp, &inquiry);
		sonde_qmp_close(qmp);
	}
	sonde->timeout_ms = usual;
	if (error) {
		sonde_qemu_inquiry_deinit(&inquiry);
		return error;
	}
	*ret = inquiry;
	return NULL;
}

void sonde_qemu_inquiry_deinit(struct sonde_qemu_inquiry *inquiry)
{
	free(inquiry->state);
	free(inquiry->name);
	sonde_qemu_channel_deinit(&inquiry->stub);
	*inquiry = (struct sonde_qemu_inquiry){0};
}
