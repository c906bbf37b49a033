/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "context.h"
#include "wire_case.h"

static bool is_hurried(const struct wire_case *wire, const char *request)
{
	return wire->hurry && !strncmp(request, wire->hurry, strlen(wire->hurry));
}

static void keep_log(void *user, enum sonde_log_level level, const char *message)
{
	struct wire_case *wire = user;

	/* A request that is about to be sent; its answer is waited for afterwards. */
	if (wire->sonde && !strncmp(message, "-> ", 3))
		wire->sonde->timeout_ms =
			is_hurried(wire, message + 3) ? WIRE_HURRY_MS : WIRE_PATIENT_MS;
	wire->logged[level]++;
	snprintf(wire->log[level], sizeof(wire->log[level]), "%s", message);
	if (getenv("WIRE_VERBOSE"))
		print_message("%s\n", message);
}

void wire_prepare(struct wire_case *wire, const struct fake_options *options)
{
	struct sonde_options context = {
		.size = sizeof(context),
		.log = keep_log,
		.log_user = wire,
		.log_level = SONDE_LOG_DEBUG,
		.timeout_ms = WIRE_PATIENT_MS,
		/* It would have something to say to a stub that misbehaves. */
		.guard = SONDE_GUARD_REFUSED,
	};

	memset(wire, 0, sizeof(*wire));
	wire->stub = fake_stub_create(options);
	check(sonde_create(&context, &wire->sonde));
}

struct sonde_error *wire_attach(struct wire_case *wire)
{
	struct sonde_error *error =
		sonde_open(wire->sonde, fake_stub_name(wire->stub), &wire->target);

	if (error)
		return error;
	check(sonde_target_current_thread(wire->target, &wire->thread));
	check(sonde_target_virtual(wire->target, NULL, &wire->memory));
	return NULL;
}

void wire_open(struct wire_case *wire, const struct fake_options *options)
{
	wire_prepare(wire, options);
	check(wire_attach(wire));
	fake_stub_forget(wire->stub);
}

void wire_close(struct wire_case *wire)
{
	sonde_target_close(wire->target);
	/* Whatever a test was about: these hold. */
	assert_int_equal(fake_stub_stray_bytes(wire->stub), 0);
	assert_int_equal(fake_stub_bytes_after_detach(wire->stub), 0);
	assert_int_equal(fake_stub_count_of(wire->stub, "k"), 0);
	assert_int_equal(fake_stub_count_of(wire->stub, "vKill"), 0);
	sonde_destroy(wire->sonde);
	fake_stub_destroy(wire->stub);
}

void wire_expect(struct wire_case *wire, const char *requests)
{
	char text[4096];
	size_t length;

	snprintf(text, sizeof(text), "%s", fake_stub_requests(wire->stub));
	length = strlen(text);
	if (length && text[length - 1] == ' ')
		text[length - 1] = '\0';
	assert_string_equal(text, requests);
	fake_stub_forget(wire->stub);
}

void wire_check_memory(struct wire_case *wire, uint64_t address, size_t length)
{
	uint8_t *bytes = malloc(length);

	memset(bytes, 0xee, length);
	check(sonde_space_read(wire->memory, address, bytes, length));
	for (size_t i = 0; i < length; i++)
		if (bytes[i] != fake_byte(address + i))
			fail_msg("byte %zu of %zu is %02x in place of %02x", i, length,
				bytes[i], fake_byte(address + i));
	free(bytes);
}

uint64_t wire_register(struct wire_case *wire, const char *name)
{
	const struct sonde_register *reg = sonde_thread_find_register(wire->thread, name);
	struct sonde_register_value value;

	assert_non_null(reg);
	check(sonde_thread_read_register(wire->thread, reg, &value));
	assert_true(value.available);
	return sonde_register_value_integer(&value);
}

void wire_run(struct wire_case *wire, struct sonde_stop *ret)
{
	check(sonde_target_resume(wire->target));
	check(sonde_target_wait(wire->target, 2000, ret));
}
