/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A QEMU of libvirt's. Its monitor is held by libvirt's daemon, which is asked instead:
 * here only whether the domain runs, which it knows by itself. Handing a command to QEMU
 * would mark the domain as one that was tampered with ("tainted"), and whoever lists
 * QEMUs does not mean that.
 */
#include <string.h>

#include "clock.h"
#include "found.h"
#include "libvirt_daemon.h"
#include "libvirt_domain.h"
#include "socket_holder.h"

enum {
	/** How long a daemon that does not answer is waited for. */
	ANSWER_MS = 1000,
};

static struct sonde_error *take_domain(struct sonde_look *look)
{
	const struct sonde_qemu_command_line *line = &look->process.line;
	const char *domain = line->uuid ? line->uuid : line->name;

	if (!domain)
		return NULL;
	look->found.domain = strdup(domain);
	return look->found.domain ? NULL : sonde_error_no_memory();
}

/*
 * Who holds the monitor is the one to ask; it may be another user's. Its UUID a process
 * chooses itself: where we can see that no daemon of libvirt holds the monitor, none is
 * asked, since it might have a domain with that UUID, and that would be another one.
 */
static struct sonde_error *find_daemon(struct sonde_look *look, bool *is_held)
{
	const char *monitor = look->found.qemu.qmp;
	struct sonde_socket_owner owner;

	*is_held = !look->process.descriptors_known;
	if (!monitor || !strchr(monitor, '/'))
		return NULL;
	*is_held = look->found.hindrance == SONDE_ERROR_BUSY;
	if (!*is_held || !sonde_socket_find_unix_holder(monitor, &owner))
		return NULL;
	CHECK(sonde_libvirt_daemon_uri(
		owner.pid, look->listeners, &look->found.libvirt_uri));
	*is_held = look->found.libvirt_uri != NULL;
	return NULL;
}

static struct sonde_error *ask_state(
	struct sonde *sonde, const struct sonde_found *found, char **ret)
{
	struct sonde_libvirt_place place = {
		.domain = found->domain, .uri = found->libvirt_uri, .read_only = true};
	struct sonde_libvirt_domain *domain;
	struct sonde_error *error;
	const char *state = NULL;

	CHECK(sonde_libvirt_domain_open(sonde, &place, &domain));
	error = sonde_libvirt_domain_state(
		domain, sonde_deadline_in(sonde->timeout_ms), &state);
	sonde_libvirt_domain_close(domain);
	if (error)
		return error;
	*ret = state ? strdup(state) : NULL;
	return state && !*ret ? sonde_error_no_memory() : NULL;
}

static struct sonde_error *inquire(struct sonde_look *look, char **ret)
{
	struct sonde *sonde = look->sonde;
	unsigned usual = sonde->timeout_ms;
	struct sonde_error *error;

	sonde->timeout_ms = usual < ANSWER_MS ? usual : ANSWER_MS;
	error = ask_state(sonde, &look->found, ret);
	sonde->timeout_ms = usual;
	return error;
}

static struct sonde_error *explain(struct sonde_look *look, struct sonde_error *error)
{
	const char *hint = sonde_error_hint(error);
	struct sonde_error *failure;

	if (sonde_error_is(error, SONDE_ERROR_NO_MEMORY) ||
		sonde_error_is(error, SONDE_ERROR_INTERRUPTED))
		return error;
	failure = sonde_look_explain(look, "libvirt: %s%s%s%s", sonde_error_why(error),
		hint ? " (" : "", hint ? hint : "", hint ? ")" : "");
	sonde_error_destroy(error);
	return failure;
}

static struct sonde_error *use(struct sonde_look *look)
{
	struct sonde_found *found = &look->found;
	const char *name = found->qemu.name ? found->qemu.name : found->domain;
	struct sonde_buffer text = {0};

	CHECK(sonde_buffer_append_format(&text, "libvirt:%s", name));
	free((char *)found->qemu.qmp);
	found->qemu.qmp = (const char *)text.data;
	found->by_libvirt = true;
	found->qmp_free = true;
	return NULL;
}

struct sonde_error *sonde_look_at_libvirt(
	struct sonde_look *look, struct sonde_qemu_inquiry *inquiry)
{
	struct sonde_error *error = NULL;
	bool is_held;

	CHECK(take_domain(look));
	if (!look->found.domain || look->found.qmp_free || look->process.stopped)
		return NULL;
	CHECK(find_daemon(look, &is_held));
	if (!is_held)
		return NULL;
	/* Whoever attaches will ask. */
	if (!look->brief)
		error = inquire(look, &inquiry->state);
	return error ? explain(look, error) : use(look);
}
