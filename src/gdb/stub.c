/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first conversation with a stub, and the last one.
 *
 * Was the guest running? QEMU 7.2 sends an unsolicited T02 when connecting has
 * paused it, and nothing when it was paused before. Later QEMUs never send one; they
 * show themselves by answering `p` before the target description was read, and what
 * they were found in is UNKNOWN. Other stubs are stopped whenever they listen; KGDB,
 * where the address allows to call it by a BREAK, was running if it had to be.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "notes.h"

enum {
	/** What GDB assumes of a stub that announces no PacketSize. */
	DEFAULT_PACKET_SIZE = 400,
	/** Larger announcements are not believed (bytes). */
	LARGEST_PACKET_SIZE = 1 << 17,
	REQUESTS_IN_FLIGHT = 32,
	DOCUMENT_CHUNK = 0xff0,
	/** How long an interrupted attach waits to learn how to leave (milliseconds). */
	LAST_WORDS_MS = 1000,
	/** A KGDB that holds its kernel answers sooner (milliseconds). */
	KGDB_ANSWERS_MS = 1000,
	/** One that a BREAK has called, sooner than this. */
	KGDB_COMES_MS = 3000,
	KGDB_CALLS = 3,
	/**
	 * KGDB announces none, and overruns its buffer when more than 0x1ff bytes are
	 * read. The buffer is as long or longer on all architectures known here.
	 */
	KGDB_PACKET_SIZE = 2 * 0x1ff,
};

static struct sonde_gdb_reply empty_reply(void)
{
	return (struct sonde_gdb_reply){.data = ""};
}

/* --- qSupported ----------------------------------------------------------------- */

static bool offers(const struct sonde_gdb_reply *reply, const char *feature)
{
	size_t length = strlen(feature);
	const char *p = reply->data, *end = p + reply->length;

	while (p < end) {
		const char *stop = memchr(p, ';', (size_t)(end - p));
		size_t size = (size_t)((stop ? stop : end) - p);

		if (size == length && !memcmp(p, feature, length))
			return true;
		p = stop ? stop + 1 : end;
	}
	return false;
}

static size_t announced_packet_size(const struct sonde_gdb_reply *reply)
{
	static const char name[] = "PacketSize=";
	const char *p = memmem(reply->data, reply->length, name, sizeof(name) - 1);
	uint64_t size;

	if (!p)
		return DEFAULT_PACKET_SIZE;
	p += sizeof(name) - 1;
	if (!sonde_hex_parse(&p, reply->data + reply->length, &size) || size < 64)
		return DEFAULT_PACKET_SIZE;
	return size > LARGEST_PACKET_SIZE ? LARGEST_PACKET_SIZE : (size_t)size;
}

static void take_packet_size(struct sonde_gdb_stub *stub, size_t size)
{
	struct sonde_gdb_rules *rules = &stub->connection.rules;

	/* Two digits a byte; QEMU and gdbserver take exactly half. */
	stub->read_chunk = size / 2;
	rules->read_limit = stub->read_chunk;
	/* QEMU drops a payload that fills its buffer; the framing may count too. */
	stub->payload_max = size - 8;
	rules->packet_size = stub->payload_max;
}

static struct sonde_error *ask_features(struct sonde_gdb_stub *stub)
{
	static const char question[] =
		"qSupported:xmlRegisters=i386,arm;swbreak+;hwbreak+;vContSupported+";
	struct sonde_gdb_connection *connection = &stub->connection;
	struct sonde_gdb_reply reply;
	bool no_ack;

	CHECK(sonde_gdb_exchange(connection, question, strlen(question), &reply));
	take_packet_size(stub, announced_packet_size(&reply));
	stub->offers_features = offers(&reply, "qXfer:features:read+");
	stub->offers_binary_read = offers(&reply, "binary-upload+");
	connection->rules.reverse_step = offers(&reply, "ReverseStep+");
	connection->rules.reverse_continue = offers(&reply, "ReverseContinue+");
	/* Only who has to know of flash memory has a map; some say that they have none.
	 */
	stub->is_probe = offers(&reply, "qXfer:memory-map:read+") ||
			 offers(&reply, "qXfer:memory-map:read-");
	if (stub->is_probe)
		stub->binary_write = SONDE_GDB_OFFER_NO;
	no_ack = offers(&reply, "QStartNoAckMode+");
	if (reply.length && !connection->marker.length) {
		CHECK(sonde_buffer_append(
			&connection->marker, question, strlen(question)));
		CHECK(sonde_buffer_append(
			&connection->marker_reply, reply.data, reply.length));
	}
	stub->in_flight = 1;
	if (no_ack && connection->transport.reliable) {
		CHECK(sonde_gdb_ask(connection, &reply, "QStartNoAckMode"));
		if (sonde_gdb_reply_is(&reply, "OK")) {
			connection->acks = false;
			stub->in_flight = REQUESTS_IN_FLIGHT;
		}
	}
	return NULL;
}

/* --- what QEMU alone answers ---------------------------------------------------- */

static struct sonde_error *ask_number(
	struct sonde_gdb_stub *stub, const char *question, uint64_t *ret)
{
	struct sonde_gdb_reply reply;
	const char *p;

	CHECK(sonde_gdb_ask(&stub->connection, &reply, "%s", question));
	p = reply.data;
	if (reply.length >= 2 && p[0] == '0' && p[1] == 'x')
		p += 2;
	if (!sonde_hex_parse(&p, reply.data + reply.length, ret))
		*ret = 0;
	return NULL;
}

/* Physical memory is what only a whole machine has; a program's own offsets, a program.
 */
static struct sonde_error *ask_physical_mode(struct sonde_gdb_stub *stub)
{
	struct sonde_gdb_reply reply;
	const char *p;
	uint64_t physical;

	CHECK(sonde_gdb_ask(&stub->connection, &reply, "qqemu.PhyMemMode"));
	p = reply.data;
	if (reply.length) {
		stub->found_physical_mode = stub->physical_mode =
			sonde_hex_parse(&p, p + reply.length, &physical) && physical;
		return NULL;
	}
	CHECK(sonde_gdb_ask(&stub->connection, &reply, "qOffsets"));
	stub->is_user_mode = reply.length && !sonde_gdb_reply_is_error(&reply);
	return NULL;
}

/* A QEMU that did not say it was running: an old one was paused, a new one says nothing.
 */
static struct sonde_error *look_for_new_qemu(struct sonde_gdb_stub *stub)
{
	CLEANUP(cleanup_free) char *status = NULL;
	struct sonde_gdb_reply reply;
	struct sonde_error *error;

	stub->found = SONDE_STATE_STOPPED;
	CHECK(sonde_gdb_ask(&stub->connection, &reply, "p0"));
	if (!reply.length || sonde_gdb_reply_is_error(&reply))
		return NULL;
	stub->found = SONDE_STATE_UNKNOWN;
	error = sonde_gdb_stub_monitor(stub, "info status", &status);
	/* Started with -S and never run: that does show. */
	if (!error && strstr(status, "prelaunch"))
		stub->found = SONDE_STATE_STOPPED;
	sonde_error_destroy(error);
	return NULL;
}

/* "ENABLE=1,NOIRQ=2,NOTIMER=4"; without KVM's help the first alone. */
static uint64_t all_bits(const struct sonde_gdb_reply *reply)
{
	const char *p = reply->data, *end = reply->data + reply->length;
	uint64_t bits = 0, bit;

	while ((p = memchr(p, '=', (size_t)(end - p)))) {
		p++;
		if (!sonde_hex_parse(&p, end, &bit))
			break;
		bits |= bit;
	}
	return bits;
}

/* Whoever does not answer that emulates. */
static struct sonde_error *ask_whether_kvm(struct sonde_gdb_stub *stub)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct sonde_error *error;

	if (stub->is_user_mode)
		return NULL;
	error = sonde_gdb_stub_monitor(stub, "info kvm", &text);
	if (error && !sonde_error_is(error, SONDE_ERROR_UNSUPPORTED) &&
		!sonde_error_is(error, SONDE_ERROR_PROTOCOL))
		return error;
	sonde_error_destroy(error);
	stub->has_kvm = text && strstr(text, "enabled");
	stub->steps_ignore_traps = !stub->has_kvm;
	return NULL;
}

static struct sonde_error *ask_whether_qemu(struct sonde_gdb_stub *stub)
{
	struct sonde_gdb_connection *connection = &stub->connection;
	struct sonde_gdb_reply reply;

	connection->acks_output = true;
	CHECK(sonde_gdb_ask(connection, &reply, "qqemu.sstepbits"));
	stub->is_other = reply.length < 6 || memcmp(reply.data, "ENABLE", 6) != 0;
	if (stub->is_other)
		return NULL;
	stub->is_qemu = true;
	stub->steps_ignore_traps = true;
	connection->acks_output = false;
	stub->quiet_step_bits = all_bits(&reply);
	CHECK(ask_number(stub, "qqemu.sstep", &stub->found_step_bits));
	stub->step_bits = stub->found_step_bits;
	CHECK(ask_physical_mode(stub));
	CHECK(ask_whether_kvm(stub));
	/* The next request acknowledges a reply there: no need to wait for it. */
	if (connection->transport.reliable && !stub->is_user_mode)
		stub->in_flight = REQUESTS_IN_FLIGHT;
	if (connection->unsolicited.length) {
		stub->found = SONDE_STATE_RUNNING;
		return NULL;
	}
	return look_for_new_qemu(stub);
}

/* --- the rest ------------------------------------------------------------------- */

static struct sonde_error *ask_stop_reason(struct sonde_gdb_stub *stub)
{
	struct sonde_gdb_reply reply;
	struct sonde_buffer *text = &stub->first_stop_text;

	CHECK(sonde_gdb_ask(&stub->connection, &reply, "?"));
	CHECK(sonde_buffer_append(text, reply.data, reply.length));
	return sonde_gdb_stop_reply_parse(
		(const char *)text->data, text->length, &stub->first_stop);
}

static struct sonde_error *ask_vcont(struct sonde_gdb_stub *stub)
{
	struct sonde_gdb_reply reply;

	CHECK(sonde_gdb_ask(&stub->connection, &reply, "vCont?"));
	if (reply.length < 5 || memcmp(reply.data, "vCont", 5))
		return NULL;
	stub->vcont_continue = offers(&reply, "c");
	stub->vcont_step = offers(&reply, "s");
	return NULL;
}

/* Everything but the first question, to which a mute stub has no answer. */
static struct sonde_error *ask_the_rest(struct sonde_gdb_stub *stub)
{
	struct sonde_gdb_reply reply;

	CHECK(ask_whether_qemu(stub));
	CHECK(sonde_gdb_ask(&stub->connection, &reply, "Hg0"));
	CHECK(ask_stop_reason(stub));
	CHECK(ask_vcont(stub));
	/* However late it said so. */
	if (stub->is_qemu && stub->connection.unsolicited.length)
		stub->found = SONDE_STATE_RUNNING;
	/* Halted on request: ours, by connecting, or somebody's before. */
	if (stub->is_probe && stub->first_stop.reason == SONDE_STOP_INTERRUPT)
		stub->found = SONDE_STATE_UNKNOWN;
	return sonde_gdb_note_stub(stub);
}

/* The first question, answered within @p timeout_ms or not at all. */
static struct sonde_error *ask_features_within(
	struct sonde_gdb_stub *stub, unsigned timeout_ms)
{
	struct sonde *sonde = stub->connection.transport.sonde;
	unsigned patience = sonde->timeout_ms;
	struct sonde_error *error;

	if (timeout_ms < patience)
		sonde->timeout_ms = timeout_ms;
	error = ask_features(stub);
	sonde->timeout_ms = patience;
	return error;
}

/*
 * A kernel that runs has no ear for packets. KGDB is asked first without a BREAK, though:
 * if it holds the kernel already, that is how it is found.
 */
static struct sonde_error *call_kgdb(struct sonde_gdb_stub *stub)
{
	struct sonde_error *error = ask_features_within(stub, KGDB_ANSWERS_MS);

	for (unsigned i = 0; i < KGDB_CALLS; i++) {
		if (!sonde_error_is(error, SONDE_ERROR_TIMEOUT))
			return error;
		sonde_error_destroy(error);
		stub->found = SONDE_STATE_RUNNING;
		CHECK(sonde_gdb_note_call(stub));
		CHECK(sonde_gdb_send_break(&stub->connection));
		error = ask_features_within(stub, KGDB_COMES_MS);
	}
	if (!sonde_error_is(error, SONDE_ERROR_TIMEOUT))
		return error;
	/* Not even BREAK was heard: there is nothing to be let go. */
	stub->found = SONDE_STATE_STOPPED;
	return sonde_error_suggest(error,
		"check that the line is the kernel's console and its kgdboc, that "
		"somebody has it open there (a login will do), and that it carries a "
		"BREAK: a pseudo-terminal does not");
}

/*
 * Only the wait for the first answer can be interrupted: from then on it is a matter of
 * milliseconds, and what the stub was found in must be known to leave it so.
 */
static struct sonde_error *converse(struct sonde_gdb_stub *stub)
{
	struct sonde *sonde = stub->connection.transport.sonde;
	unsigned patience = sonde->timeout_ms;
	struct sonde_error *error, *interrupted = NULL;

	error = stub->connection.transport.break_g ? call_kgdb(stub) : ask_features(stub);
	sonde->uninterruptible++;
	if (sonde_error_is(error, SONDE_ERROR_INTERRUPTED)) {
		interrupted = error;
		sonde->timeout_ms = patience < LAST_WORDS_MS ? patience : LAST_WORDS_MS;
		error = ask_features(stub);
	}
	if (!error)
		error = sonde_gdb_note_marker(stub);
	if (!error)
		error = ask_the_rest(stub);
	sonde->timeout_ms = patience;
	sonde->uninterruptible--;
	return sonde_error_first(interrupted, error);
}

/* Whatever went wrong, a guest that connecting has paused must run on. */
static void leave_after_failure(struct sonde_gdb_stub *stub)
{
	struct sonde_gdb_connection *connection = &stub->connection;
	struct sonde *sonde = connection->transport.sonde;
	struct sonde_error *error = NULL;
	/* It had no time to say what it was found in: the guard may find out. */
	bool untold = connection->note_arrival && !connection->dead &&
		      !sonde_gdb_is_no_stub(connection);

	if (connection->unsolicited.length || sonde_gdb_noted_running(stub))
		stub->found = SONDE_STATE_RUNNING;
	if (stub->found != SONDE_STATE_STOPPED) {
		sonde->uninterruptible++;
		error = sonde_gdb_stub_detach(stub);
		sonde->uninterruptible--;
		untold = error != NULL;
	}
	if (untold)
		sonde_gdb_stub_abandon(stub);
	else
		sonde_gdb_stub_close(stub);
	sonde_error_destroy(error);
}

struct sonde_error *sonde_gdb_stub_open(
	struct sonde_gdb_stub *stub, struct sonde *sonde, const char *address)
{
	struct sonde_error *error;

	memset(stub, 0, sizeof(*stub));
	CHECK(sonde_gdb_connection_open(&stub->connection, sonde, address));
	stub->found = SONDE_STATE_STOPPED;
	error = converse(stub);
	if (!error)
		return NULL;
	leave_after_failure(stub);
	error = sonde_error_while(error, "talking to the stub at %s", address);
	return sonde_error_suggest(error,
		"check that a GDB stub listens there and that no other debugger is "
		"connected to it");
}

void sonde_gdb_stub_close(struct sonde_gdb_stub *stub)
{
	sonde_gdb_connection_close(&stub->connection);
	sonde_buffer_deinit(&stub->first_stop_text);
}

void sonde_gdb_stub_abandon(struct sonde_gdb_stub *stub)
{
	sonde_gdb_connection_abandon(&stub->connection);
	sonde_buffer_deinit(&stub->first_stop_text);
}

static struct sonde_error *say_goodbye(struct sonde_gdb_stub *stub, const char *packet)
{
	struct sonde_gdb_connection *connection = &stub->connection;
	struct sonde_gdb_reply reply = empty_reply();
	struct sonde_error *error =
		sonde_gdb_exchange(connection, packet, strlen(packet), &reply);

	if (sonde_error_is(error, SONDE_ERROR_IO) && connection->rules.detached) {
		/* It let go of the target and closed before it said so. */
		sonde_error_destroy(error);
		return NULL;
	}
	if (error)
		return error;
	if (!sonde_gdb_reply_is_error(&reply)) {
		/* KGDB waits for this before it lets go; others may have left. */
		if (stub->is_other)
			sonde_error_destroy(sonde_gdb_acknowledge(connection));
		return NULL;
	}
	/* Refused: the target was not let go, and may be asked otherwise. */
	connection->rules.detached = false;
	return sonde_gdb_unexpected(&reply);
}

/* A probe's board stays halted after D: it is let run, and nobody waits for it. */
static struct sonde_error *let_run(struct sonde_gdb_stub *stub)
{
	const char *packet = stub->vcont_continue ? "vCont;c" : "c";

	CHECK(sonde_gdb_settle(&stub->connection));
	CHECK(sonde_gdb_queue(&stub->connection, packet, strlen(packet)));
	return sonde_gdb_flush(&stub->connection);
}

struct sonde_error *sonde_gdb_stub_detach(struct sonde_gdb_stub *stub)
{
	char packet[SONDE_GDB_THREAD_ID_TEXT + 4] = "D";
	struct sonde_error *error;

	CHECK(sonde_gdb_note_leaving(stub, SONDE_STATE_RUNNING));
	if (stub->is_probe)
		return let_run(stub);
	if (stub->first_stop.has_thread && stub->first_stop.thread.has_process)
		snprintf(packet, sizeof(packet), "D;%" PRIx64,
			(uint64_t)stub->first_stop.thread.process);
	error = say_goodbye(stub, packet);
	if (!sonde_error_is(error, SONDE_ERROR_PROTOCOL))
		return error;
	/* An earlier client may have switched process ids on, or off. */
	sonde_error_destroy(error);
	return say_goodbye(stub, packet[1] ? "D" : "D;1");
}

struct sonde_error *sonde_gdb_stub_set_physical(
	struct sonde_gdb_stub *stub, bool physical)
{
	struct sonde_gdb_reply reply;

	if (stub->physical_mode == physical)
		return NULL;
	if (!stub->is_qemu || stub->is_user_mode)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "this stub cannot read physical memory");
	CHECK(sonde_gdb_note_mode(stub, &stub->physical_mode_slot, "Qqemu.PhyMemMode:%d",
		stub->found_physical_mode ? 1 : 0));
	CHECK(sonde_gdb_ask(
		&stub->connection, &reply, "Qqemu.PhyMemMode:%d", physical ? 1 : 0));
	if (!sonde_gdb_reply_is(&reply, "OK"))
		return sonde_gdb_unexpected(&reply);
	stub->physical_mode = physical;
	return NULL;
}

struct sonde_error *sonde_gdb_stub_restore_modes(struct sonde_gdb_stub *stub)
{
	struct sonde_journal *journal =
		sonde_guard_journal(stub->connection.transport.guard);
	struct sonde_error *error =
		sonde_gdb_stub_set_physical(stub, stub->found_physical_mode);
	struct sonde_gdb_reply reply;

	if (stub->step_bits != stub->found_step_bits)
		error = sonde_error_first(
			error, sonde_gdb_ask(&stub->connection, &reply,
				       "Qqemu.sstep:%" PRIx64, stub->found_step_bits));
	stub->step_bits = stub->found_step_bits;
	if (error)
		return error;
	sonde_journal_disarm(journal, &stub->physical_mode_slot);
	sonde_journal_disarm(journal, &stub->step_bits_slot);
	return NULL;
}

struct sonde_error *sonde_gdb_stub_select(
	struct sonde_gdb_stub *stub, const struct sonde_gdb_thread_id *thread)
{
	char id[SONDE_GDB_THREAD_ID_TEXT];
	struct sonde_gdb_reply reply;

	if (stub->has_selected && sonde_gdb_thread_id_equal(&stub->selected, thread))
		return NULL;
	stub->has_selected = false;
	sonde_gdb_thread_id_format(thread, id);
	CHECK(sonde_gdb_ask(&stub->connection, &reply, "Hg%s", id));
	if (!sonde_gdb_reply_is(&reply, "OK"))
		return sonde_error_while(
			sonde_gdb_unexpected(&reply), "selecting thread %s", id);
	stub->has_selected = true;
	stub->selected = *thread;
	return NULL;
}

/* KGDB's first list begins with all CPUs: takes the tasks behind them out. */
static bool keep_cpus(struct sonde_gdb_thread_ids *ids)
{
	size_t cpus = 0;

	while (cpus < ids->count && sonde_gdb_thread_id_is_cpu(&ids->list[cpus]))
		cpus++;
	if (cpus)
		ids->count = cpus;
	return cpus > 0;
}

static struct sonde_error *meet_kgdb(struct sonde_gdb_stub *stub)
{
	struct sonde_gdb_connection *connection = &stub->connection;

	if (stub->is_kgdb)
		return NULL;
	stub->is_kgdb = true;
	take_packet_size(stub, KGDB_PACKET_SIZE);
	/* It says nothing to qSupported, and to qC what it says to nothing else. */
	connection->marker.length = connection->marker_reply.length = 0;
	CHECK(sonde_buffer_append(&connection->marker, "qC", 2));
	return sonde_buffer_append(&connection->marker_reply, "QC", 2);
}

static struct sonde_error *list_threads(
	struct sonde_gdb_stub *stub, struct sonde_gdb_thread_ids *ret)
{
	struct sonde_gdb_reply reply;
	bool last;

	CHECK(sonde_gdb_ask(&stub->connection, &reply, "qfThreadInfo"));
	CHECK(sonde_gdb_thread_ids_add(ret, reply.data, reply.length, &last));
	if (keep_cpus(ret))
		return meet_kgdb(stub);
	for (unsigned i = 0; !last; i++) {
		if (i > SONDE_GDB_THREADS_MAX)
			return sonde_error_create(
				SONDE_ERROR_BAD_DATA, "the list of threads never ends");
		CHECK(sonde_gdb_ask(&stub->connection, &reply, "qsThreadInfo"));
		CHECK(sonde_gdb_thread_ids_add(ret, reply.data, reply.length, &last));
	}
	return NULL;
}

struct sonde_error *sonde_gdb_stub_list_threads(
	struct sonde_gdb_stub *stub, struct sonde_gdb_thread_ids *ret)
{
	struct sonde_gdb_thread_ids ids = {0};
	struct sonde_error *error = list_threads(stub, &ids);

	if (error) {
		sonde_gdb_thread_ids_deinit(&ids);
		return sonde_error_while(error, "listing the threads");
	}
	*ret = ids;
	return NULL;
}

struct sonde_error *sonde_gdb_stub_fetch_document(
	struct sonde_gdb_stub *stub, const char *name, char **ret, size_t *length)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer document = {0};
	size_t chunk = stub->payload_max < DOCUMENT_CHUNK ? stub->payload_max - 8
							  : DOCUMENT_CHUNK;

	for (;;) {
		struct sonde_gdb_reply reply;

		CHECK(sonde_gdb_ask(&stub->connection, &reply,
			"qXfer:features:read:%.128s:%zx,%zx", name, document.length,
			chunk));
		if (!reply.length || (reply.data[0] != 'm' && reply.data[0] != 'l'))
			return sonde_gdb_unexpected(&reply);
		if (document.length + reply.length > SONDE_GDB_PACKET_MAX)
			return sonde_error_create(
				SONDE_ERROR_BAD_DATA, "document %s never ends", name);
		CHECK(sonde_buffer_append(&document, reply.data + 1, reply.length - 1));
		if (reply.data[0] == 'l')
			break;
		if (reply.length == 1)
			return sonde_error_create(
				SONDE_ERROR_BAD_DATA, "document %s is cut short", name);
	}
	*length = document.length;
	CHECK(sonde_buffer_append(&document, "", 1));
	*ret = (char *)document.data;
	document.data = NULL;
	return NULL;
}

/* "Ohex" is a piece of the answer, "OK" its end; "hex" alone is all of it (gdbsx). */
static struct sonde_error *take_monitor_reply(
	struct sonde_buffer *text, const struct sonde_gdb_reply *reply, bool *last)
{
	const char *hex = reply->data;
	size_t digits = reply->length;

	*last = true;
	if (sonde_gdb_reply_is(reply, "OK"))
		return NULL;
	if (!digits || sonde_gdb_reply_is_error(reply))
		return sonde_gdb_unexpected(reply);
	if (hex[0] == 'O') {
		*last = false;
		hex++;
		digits--;
	}
	CHECK(sonde_buffer_reserve(text, digits / 2));
	if (!sonde_hex_decode(hex, digits / 2, text->data + text->length))
		return sonde_gdb_unexpected(reply);
	text->length += digits / 2;
	if (text->length > SONDE_GDB_PACKET_MAX)
		return sonde_error_create(SONDE_ERROR_BAD_DATA, "the answer never ends");
	return NULL;
}

static struct sonde_error *monitor(
	struct sonde_gdb_stub *stub, const char *command, struct sonde_buffer *text)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer packet = {0};
	size_t length = strlen(command);
	struct sonde_gdb_reply reply;
	bool last;

	CHECK(sonde_buffer_append(&packet, "qRcmd,", 6));
	CHECK(sonde_buffer_reserve(&packet, 2 * length));
	sonde_hex_encode(command, length, (char *)packet.data + packet.length);
	packet.length += 2 * length;
	CHECK(sonde_gdb_exchange(&stub->connection, packet.data, packet.length, &reply));
	CHECK(take_monitor_reply(text, &reply, &last));
	while (!last) {
		CHECK(sonde_gdb_receive(&stub->connection, &reply));
		CHECK(take_monitor_reply(text, &reply, &last));
	}
	return sonde_buffer_append(text, "", 1);
}

struct sonde_error *sonde_gdb_stub_monitor(
	struct sonde_gdb_stub *stub, const char *command, char **ret)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer text = {0};

	CHECK(sonde_error_while(
		monitor(stub, command, &text), "monitor command \"%s\"", command));
	*ret = (char *)text.data;
	text.data = NULL;
	return NULL;
}
