/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The wire of the fake stub: sockets, packets, acknowledgements, troubles, the record. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <linux/sockios.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "clock.h"
#include "fake_dialogue.h"
#include "fake_kgdb.h"
#include "fake_kvm.h"
#include "fake_stub_guest.h"
#include "hex.h"
#include "packet.h"
#include "wire_check.h"

enum {
	/** How long a piece may wait to be taken before the next one follows (ms). */
	PIECE_MS = 5,
	LEAVE_MS = 2000,
	/** Telnet's command byte and its BREAK. */
	TELNET_COMMAND = 255,
	TELNET_BREAK = 243,
};

struct fake_stub {
	struct fake_options options;
	struct fake_guest guest;
	struct fake_dialogue *dialogue;
	char directory[40];
	char path[108];
	char name[160];
	int listener;
	/** UDP: the listener itself; a terminal: its master side. */
	int client;
	/** Keeps a terminal from hanging up. */
	int terminal;
	/** UDP: who sent last. */
	struct sockaddr_in peer;
	/** What tests want of the thread; one byte each, and one back. */
	int wishes[2], grants[2];
	pthread_t thread;
	/** Everything below, and the guest. */
	pthread_mutex_t lock;
	/** What arrived of a packet. */
	struct sonde_buffer input;
	/** What waits to be sent, as packets; and the last one that was. */
	struct sonde_buffer output, last;
	bool awaiting_ack;
	bool no_acks;
	/** KGDB: a telnet command has begun; a BREAK was the last thing that came. */
	bool telnet_command, sysrq;
	/** KGDB: it tells its stops, since somebody has spoken to it. */
	bool connected;
	/** UDP and terminals: somebody has said something. */
	bool met_somebody;
	/** The trouble that the present request has. */
	const struct fake_fault *fault;
	unsigned met[FAKE_FAULTS_MAX];
	/** The record: requests, each with a blank behind. */
	struct sonde_buffer requests;
	unsigned count;
	unsigned stray_bytes, bytes_after_detach, interrupts, naks;
};

/* --- sending ------------------------------------------------------------------------ */

static void pause_ms(unsigned ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	nanosleep(&time, NULL);
}

/* So that the other side does not get two pieces as one. */
static void wait_until_taken(struct fake_stub *stub)
{
	int64_t deadline = sonde_deadline_in(PIECE_MS);
	int waiting = 0;

	while (sonde_deadline_left(deadline) > 0) {
		if (ioctl(stub->client, SIOCOUTQ, &waiting) < 0 || !waiting)
			return;
		sched_yield();
	}
}

/* There is no such thing as a connection. */
static bool stays_open(const struct fake_stub *stub)
{
	return stub->options.transport == FAKE_UDP ||
	       stub->options.transport == FAKE_SERIAL ||
	       stub->options.transport == FAKE_SERIAL_BREAK;
}

static bool is_kgdb(const struct fake_stub *stub)
{
	return stub->options.kind == FAKE_KGDB;
}

static bool has_break(const struct fake_stub *stub)
{
	return stub->options.transport == FAKE_TELNET ||
	       stub->options.transport == FAKE_SERIAL_BREAK;
}

static void send_bytes(struct fake_stub *stub, const void *data, size_t length)
{
	const uint8_t *bytes = data;

	while (length && stub->client >= 0) {
		size_t piece = stub->options.piece && stub->options.piece < length
				       ? stub->options.piece
				       : length;
		ssize_t sent;

		if (stub->options.transport == FAKE_UDP)
			sent = sendto(stub->client, bytes, piece, 0,
				(struct sockaddr *)&stub->peer, sizeof(stub->peer));
		else if (stays_open(stub))
			sent = write(stub->client, bytes, piece);
		else
			sent = send(stub->client, bytes, piece, MSG_NOSIGNAL);
		if (sent <= 0)
			return;
		bytes += sent;
		length -= (size_t)sent;
		if (length && stub->options.piece)
			wait_until_taken(stub);
	}
}

static void hang_up(struct fake_stub *stub)
{
	if (stub->client >= 0 && !stays_open(stub)) {
		close(stub->client);
		stub->client = -1;
	}
	stub->input.length = stub->output.length = 0;
	/* KGDB does not know that somebody has left. */
	stub->awaiting_ack = stub->awaiting_ack && is_kgdb(stub);
}

/* Runs, as GDB's own stubs write them; no count that would be '#', '$', '+' or '-'. */
static void compress(struct sonde_buffer *out, const char *payload, size_t length)
{
	for (size_t i = 0; i < length;) {
		size_t run = 1;
		char mark[2] = "*";

		while (i + run < length && payload[i + run] == payload[i] && run < 98)
			run++;
		check(sonde_buffer_append(out, payload + i, 1));
		if (run < 4) {
			i++;
			continue;
		}
		while (strchr("#$+-", (char)(run - 1 + 29)))
			run--;
		mark[1] = (char)(run - 1 + 29);
		check(sonde_buffer_append(out, mark, 2));
		i += run;
	}
}

/* "$payload#cc" as it goes over the wire. */
static void frame(struct fake_stub *stub, struct sonde_buffer *out, const char *payload,
	size_t length)
{
	size_t start = out->length;
	unsigned sum = 0;

	if (!stub->options.runs || memchr(payload, '}', length)) {
		check(sonde_gdb_packet_encode(out, payload, length));
		return;
	}
	check(sonde_buffer_append(out, "$", 1));
	compress(out, payload, length);
	for (size_t i = start + 1; i < out->length; i++)
		sum += out->data[i];
	check(sonde_buffer_append_format(out, "#%02x", sum & 0xff));
}

/* Queues are lists of length and bytes. */
static void enqueue(struct fake_stub *stub, const struct sonde_buffer *packet)
{
	check(sonde_buffer_append(
		&stub->output, &packet->length, sizeof(packet->length)));
	check(sonde_buffer_append(&stub->output, packet->data, packet->length));
}

/* Sends what waits, as far as acknowledgements allow. */
static void pump(struct fake_stub *stub)
{
	while (stub->output.length && !stub->awaiting_ack) {
		size_t length;

		memcpy(&length, stub->output.data, sizeof(length));
		send_bytes(stub, stub->output.data + sizeof(length), length);
		if (stub->client < 0)
			return;
		sonde_buffer_consume(&stub->output, sizeof(length) + length);
		stub->awaiting_ack = stub->options.waits_for_acks && !stub->no_acks;
	}
}

static void send_packet(struct fake_stub *stub, const char *payload, size_t length)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer packet = {0};

	frame(stub, &packet, payload, length);
	stub->last.length = 0;
	check(sonde_buffer_append(&stub->last, packet.data, packet.length));
	enqueue(stub, &packet);
	pump(stub);
}

static void send_half(struct fake_stub *stub, const char *payload, size_t length)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer packet = {0};

	frame(stub, &packet, payload, length);
	if (stub->fault->text)
		send_bytes(stub, stub->fault->text, strlen(stub->fault->text));
	else
		send_bytes(stub, packet.data, packet.length / 2);
	hang_up(stub);
}

static void send_broken(struct fake_stub *stub, const char *payload, size_t length)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer packet = {0};
	uint8_t *digit;

	frame(stub, &packet, payload, length);
	stub->last.length = 0;
	check(sonde_buffer_append(&stub->last, packet.data, packet.length));
	digit = &packet.data[packet.length - 1];
	*digit = *digit == '0' ? '1' : '0';
	if (stub->fault->trouble == FAKE_CORRUPT_ALWAYS) {
		stub->last.length = 0;
		check(sonde_buffer_append(&stub->last, packet.data, packet.length));
	}
	enqueue(stub, &packet);
	pump(stub);
}

/* What the guest says, with the trouble that the test asked for. */
static void guest_says(void *user, const char *payload, size_t length)
{
	struct fake_stub *stub = user;
	const struct fake_fault *fault = stub->fault;

	switch (fault ? fault->trouble : FAKE_NO_TROUBLE) {
	case FAKE_SILENCE:
		break;
	case FAKE_CORRUPT:
	case FAKE_CORRUPT_ALWAYS:
		send_broken(stub, payload, length);
		break;
	case FAKE_HANG_UP:
		send_half(stub, payload, length);
		break;
	case FAKE_DELAY:
		pause_ms(fault->delay_ms);
		send_packet(stub, payload, length);
		break;
	case FAKE_RAW:
		send_bytes(stub, fault->text, strlen(fault->text));
		send_packet(stub, payload, length);
		break;
	case FAKE_PACKET:
		send_packet(stub, fault->text, strlen(fault->text));
		send_packet(stub, payload, length);
		break;
	default:
		send_packet(stub, payload, length);
	}
}

/* --- receiving ---------------------------------------------------------------------- */

static const struct fake_fault *fault_for(
	struct fake_stub *stub, const char *request, size_t length)
{
	for (unsigned i = 0; i < FAKE_FAULTS_MAX; i++) {
		const struct fake_fault *fault = &stub->options.faults[i];
		size_t size = fault->request ? strlen(fault->request) : 0;
		unsigned met;

		if (fault->trouble == FAKE_NO_TROUBLE || length < size ||
			memcmp(request, fault->request ? fault->request : "", size))
			continue;
		met = stub->met[i]++;
		if (met >= fault->after &&
			(!fault->times || met < fault->after + fault->times))
			return fault;
	}
	return NULL;
}

static void record(struct fake_stub *stub, const char *request, size_t length)
{
	check(sonde_buffer_append(&stub->requests, request, length));
	check(sonde_buffer_append(&stub->requests, " ", 1));
	stub->count++;
}

static void answer(struct fake_stub *stub, const char *request, size_t length)
{
	if (stub->dialogue)
		fake_dialogue_answer(stub->dialogue, request, length, guest_says, stub);
	else if (!fake_kvm_answer(&stub->guest, request, length))
		fake_guest_answer(&stub->guest, request, length);
}

static void take_request(struct fake_stub *stub, const char *request, size_t length)
{
	const struct fake_fault *fault = fault_for(stub, request, length);

	stub->fault = fault;
	if (fault && fault->trouble == FAKE_LOSE)
		return;
	if (fault && fault->trouble == FAKE_NAK) {
		send_bytes(stub, "-", 1);
		return;
	}
	record(stub, request, length);
	stub->connected = true;
	if (!stub->no_acks)
		send_bytes(stub, "+", 1);
	if (fault && fault->trouble == FAKE_ANSWER)
		send_packet(stub, fault->text ? fault->text : "",
			fault->text ? strlen(fault->text) : 0);
	else if (fault && fault->trouble == FAKE_STUCK)
		stub->guest.runs = true;
	else
		answer(stub, request, length);
	if (length == 15 && !memcmp(request, "QStartNoAckMode", 15))
		stub->no_acks = fake_guest_knows_no_ack(&stub->guest);
	stub->fault = NULL;
	if (stub->guest.ended)
		hang_up(stub);
}

static void take_interrupt(struct fake_stub *stub)
{
	stub->interrupts++;
	stub->fault = fault_for(stub, "\3", 1);
	if (stub->dialogue)
		answer(stub, "\3", 1);
	else if (!stub->fault || stub->fault->trouble != FAKE_LOSE)
		fake_guest_interrupt(&stub->guest);
	stub->fault = NULL;
}

/* A whole packet is in @ref input: unescape it and check its sum. */
static void take_packet(struct fake_stub *stub)
{
	struct sonde_buffer *input = &stub->input;
	size_t length = input->length - 3, to = 0;
	uint8_t sum = 0, expected;

	for (size_t i = 1; i < length; i++)
		sum = (uint8_t)(sum + input->data[i]);
	if (!sonde_hex_decode((const char *)input->data + length + 1, 1, &expected) ||
		expected != sum) {
		send_bytes(stub, "-", 1);
		input->length = 0;
		return;
	}
	for (size_t i = 1; i < length; i++) {
		uint8_t byte = input->data[i];

		if (byte == '}' && i + 1 < length)
			byte = input->data[++i] ^ 0x20;
		input->data[to++] = byte;
	}
	input->length = 0;
	take_request(stub, (const char *)input->data, to);
}

static void resend(struct fake_stub *stub)
{
	stub->naks++;
	send_bytes(stub, stub->last.data, stub->last.length);
}

static bool in_packet(const struct fake_stub *stub)
{
	return stub->input.length > 0;
}

/* --- KGDB's line -------------------------------------------------------------------- */

static void say_nothing(void *user, const char *payload, size_t length)
{
	(void)user, (void)payload, (void)length;
}

/* A client that was not there yet is told by text on the console, if at all. */
static void call_kgdb(struct fake_stub *stub)
{
	static const char text[] = "\r\nKGDB: waiting... or $3#33 for KDB\r\n";

	if (!stub->connected) {
		send_bytes(stub, text, sizeof(text) - 1);
		stub->guest.say = say_nothing;
	}
	take_interrupt(stub);
	stub->guest.say = guest_says;
}

/* A second BREAK takes the first one back. */
static void take_break(struct fake_stub *stub)
{
	if (stub->guest.runs)
		stub->sysrq = !stub->sysrq;
	else if (stub->awaiting_ack)
		send_bytes(stub, stub->last.data, stub->last.length);
}

static void take_console_byte(struct fake_stub *stub, uint8_t byte)
{
	bool calls = stub->sysrq && byte == 'g';

	if (stub->options.echoes)
		send_bytes(stub, &byte, 1);
	stub->sysrq = false;
	if (calls)
		call_kgdb(stub);
}

/* D was acknowledged. What other CPUs have kept stops the kernel again, for good. */
static void let_go(struct fake_stub *stub)
{
	struct fake_guest *guest = &stub->guest;

	guest->leaving = stub->connected = false;
	guest->detached = true;
	guest->runs = !guest->interrupt_kept && !guest->pending_hit;
	if (guest->interrupt_kept)
		fake_kgdb_call(guest, guest->cpu_count - 1);
	guest->interrupt_kept = false;
}

/* Anything but a '+' brings the last packet again; a '$' makes KGDB give up on it. */
static void take_byte_for_ack(struct fake_stub *stub, uint8_t byte)
{
	if (byte != '+' && byte != '$') {
		resend(stub);
		return;
	}
	stub->awaiting_ack = false;
	if (byte == '$')
		send_bytes(stub, "-", 1);
	else if (stub->guest.leaving)
		let_go(stub);
	else
		pump(stub);
}

/* True: that is all. False: it is for those who take packets. */
static bool take_kgdb_byte(struct fake_stub *stub, uint8_t byte)
{
	bool command = stub->telnet_command;

	stub->telnet_command = has_break(stub) && byte == TELNET_COMMAND;
	if (stub->telnet_command)
		return true;
	if (command && byte == TELNET_BREAK)
		take_break(stub);
	else if (stub->guest.runs)
		take_console_byte(stub, byte);
	else if (stub->awaiting_ack)
		take_byte_for_ack(stub, byte);
	else
		return byte != '$' && !in_packet(stub);
	return true;
}

/* --- all bytes ---------------------------------------------------------------------- */

static void take_byte(struct fake_stub *stub, uint8_t byte)
{
	struct sonde_buffer *input = &stub->input;

	if (stub->options.deaf)
		return;
	if (is_kgdb(stub) && take_kgdb_byte(stub, byte))
		return;
	/* An acknowledgement of the last reply harms nobody but QEMU. */
	if (stub->guest.detached && !is_kgdb(stub) &&
		(byte != '+' || stub->options.kind <= FAKE_NEW_QEMU))
		stub->bytes_after_detach++;
	if (!in_packet(stub)) {
		if (stub->guest.runs && !stub->guest.detached && byte != 3)
			stub->stray_bytes++;
		if (byte == '+') {
			stub->awaiting_ack = false;
			pump(stub);
		} else if (byte == '-') {
			resend(stub);
		} else if (byte == 3) {
			take_interrupt(stub);
		} else if (byte == '$' && !stub->awaiting_ack) {
			check(sonde_buffer_append(input, &byte, 1));
		}
		return;
	}
	check(sonde_buffer_append(input, &byte, 1));
	if (input->length >= 4 && input->data[input->length - 3] == '#')
		take_packet(stub);
}

/* A client has come. */
static void greet(struct fake_stub *stub)
{
	static const uint8_t negotiation[] = {255, 251, 1, 255, 251, 3, 255, 253, 0};

	stub->no_acks = false;
	stub->met_somebody = true;
	if (stub->options.transport == FAKE_TELNET)
		send_bytes(stub, negotiation, sizeof(negotiation));
	if (stub->options.greeting)
		send_bytes(stub, stub->options.greeting, strlen(stub->options.greeting));
	if (stub->options.deaf)
		return;
	if (stub->dialogue)
		fake_dialogue_connect(stub->dialogue, guest_says, stub);
	else
		fake_guest_connect(&stub->guest);
}

/* False: nothing there now. */
static bool take_bytes(struct fake_stub *stub)
{
	socklen_t size = sizeof(stub->peer);
	uint8_t bytes[8192];
	ssize_t got;

	if (stub->client < 0)
		return false;
	if (stub->options.transport == FAKE_UDP)
		got = recvfrom(stub->client, bytes, sizeof(bytes), MSG_DONTWAIT,
			(struct sockaddr *)&stub->peer, &size);
	else if (stays_open(stub))
		got = read(stub->client, bytes, sizeof(bytes));
	else
		got = recv(stub->client, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got <= 0) {
		hang_up(stub);
		return false;
	}
	if (stays_open(stub) && !stub->met_somebody)
		greet(stub);
	for (ssize_t i = 0; i < got && stub->client >= 0; i++)
		take_byte(stub, bytes[i]);
	return true;
}

static void take_client(struct fake_stub *stub)
{
	int one = 1;

	stub->client = accept4(stub->listener, NULL, NULL, SOCK_CLOEXEC);
	if (stub->client < 0)
		return;
	if (stub->options.transport == FAKE_TCP)
		setsockopt(stub->client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	greet(stub);
}

/* --- the thread --------------------------------------------------------------------- */

static bool listens(const struct fake_stub *stub)
{
	return stub->listener >= 0 && stub->client < 0 && !stub->options.held;
}

static void *serve(void *user)
{
	struct fake_stub *stub = user;

	for (;;) {
		struct pollfd fds[] = {
			{.fd = stub->wishes[0], .events = POLLIN},
			{.fd = stub->client, .events = POLLIN},
			{.fd = listens(stub) ? stub->listener : -1, .events = POLLIN},
		};
		char wish;

		poll(fds, 3, -1);
		pthread_mutex_lock(&stub->lock);
		while (take_bytes(stub)) {
		}
		if (fds[2].revents)
			take_client(stub);
		pthread_mutex_unlock(&stub->lock);
		if (!fds[0].revents || read(stub->wishes[0], &wish, 1) != 1)
			continue;
		if (write(stub->grants[1], &wish, 1) != 1 || wish == 'q')
			return NULL;
	}
}

static void wish_for(struct fake_stub *stub, char wish)
{
	assert_int_equal(write(stub->wishes[1], &wish, 1), 1);
	assert_int_equal(read(stub->grants[0], &wish, 1), 1);
}

void fake_stub_settle(struct fake_stub *stub)
{
	wish_for(stub, 's');
}

/* --- making and ending ---------------------------------------------------------------
 */

static void listen_on_path(struct fake_stub *stub)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	bool telnet = stub->options.transport == FAKE_TELNET;

	strcpy(stub->directory, "/tmp/sonde-wire-XXXXXX");
	assert_non_null(mkdtemp(stub->directory));
	snprintf(stub->path, sizeof(stub->path), "%s/stub", stub->directory);
	strcpy(address.sun_path, stub->path);
	snprintf(stub->name, sizeof(stub->name), "gdb:%s%s%s", telnet ? "telnet:" : "",
		stub->path, telnet ? ",break-g" : "");
	stub->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
		bind(stub->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(stub->listener, 1), 0);
}

static void listen_on_port(struct fake_stub *stub, int type)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	snprintf(stub->name, sizeof(stub->name), "gdb:%s127.0.0.1:%u",
		type == SOCK_DGRAM ? "udp:" : "", ntohs(address.sin_port));
	if (type == SOCK_DGRAM) {
		stub->client = fd;
		return;
	}
	assert_int_equal(listen(fd, 1), 0);
	stub->listener = fd;
}

static void open_terminal(struct fake_stub *stub)
{
	struct termios line;
	char name[64];

	stub->client = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	assert_true(stub->client >= 0);
	assert_int_equal(grantpt(stub->client), 0);
	assert_int_equal(unlockpt(stub->client), 0);
	assert_int_equal(ptsname_r(stub->client, name, sizeof(name)), 0);
	stub->terminal = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(stub->terminal >= 0);
	tcgetattr(stub->terminal, &line);
	cfmakeraw(&line);
	tcsetattr(stub->terminal, TCSANOW, &line);
	snprintf(stub->name, sizeof(stub->name), "gdb:serial:%s,115200%s", name,
		has_break(stub) ? ",break-g" : "");
}

struct fake_stub *fake_stub_create(const struct fake_options *options)
{
	struct fake_stub *stub = calloc(1, sizeof(*stub));

	assert_non_null(stub);
	stub->options = *options;
	stub->listener = stub->client = stub->terminal = -1;
	stub->connected = options->connected;
	if (is_kgdb(stub))
		stub->options.waits_for_acks = true;
	if (options->dialogue)
		stub->dialogue = fake_dialogue_read(options->dialogue);
	fake_guest_init(&stub->guest, &stub->options);
	stub->guest.say = guest_says;
	stub->guest.user = stub;
	if (options->transport == FAKE_UNIX || options->transport == FAKE_TELNET)
		listen_on_path(stub);
	else if (options->transport == FAKE_SERIAL || has_break(stub))
		open_terminal(stub);
	else
		listen_on_port(
			stub, options->transport == FAKE_UDP ? SOCK_DGRAM : SOCK_STREAM);
	assert_int_equal(pipe2(stub->wishes, O_CLOEXEC), 0);
	assert_int_equal(pipe2(stub->grants, O_CLOEXEC), 0);
	pthread_mutex_init(&stub->lock, NULL);
	assert_int_equal(pthread_create(&stub->thread, NULL, serve, stub), 0);
	return stub;
}

void fake_stub_destroy(struct fake_stub *stub)
{
	if (!stub)
		return;
	wish_for(stub, 'q');
	pthread_join(stub->thread, NULL);
	if (stub->client >= 0)
		close(stub->client);
	if (stub->listener >= 0)
		close(stub->listener);
	if (stub->terminal >= 0)
		close(stub->terminal);
	if (stub->directory[0]) {
		unlink(stub->path);
		rmdir(stub->directory);
	}
	for (unsigned i = 0; i < 2; i++) {
		close(stub->wishes[i]);
		close(stub->grants[i]);
	}
	pthread_mutex_destroy(&stub->lock);
	sonde_buffer_deinit(&stub->input);
	sonde_buffer_deinit(&stub->output);
	sonde_buffer_deinit(&stub->last);
	sonde_buffer_deinit(&stub->requests);
	fake_dialogue_free(stub->dialogue);
	free(stub);
}

const char *fake_stub_name(const struct fake_stub *stub)
{
	return stub->name;
}

/* --- looking -------------------------------------------------------------------------
 */

/* After everything that was sent has been seen, with the lock held. */
static void look(struct fake_stub *stub)
{
	fake_stub_settle(stub);
	pthread_mutex_lock(&stub->lock);
}

static unsigned long looked(struct fake_stub *stub, unsigned long value)
{
	pthread_mutex_unlock(&stub->lock);
	return value;
}

bool fake_stub_is_connected(struct fake_stub *stub)
{
	look(stub);
	return looked(stub, stub->client >= 0);
}

void fake_stub_wait_left(struct fake_stub *stub)
{
	int64_t deadline = sonde_deadline_in(LEAVE_MS);

	while (fake_stub_is_connected(stub)) {
		assert_true(sonde_deadline_left(deadline) > 0);
		pause_ms(1);
	}
}

bool fake_stub_runs(struct fake_stub *stub)
{
	look(stub);
	return looked(stub, stub->guest.runs);
}

void fake_stub_forget(struct fake_stub *stub)
{
	look(stub);
	stub->requests.length = 0;
	stub->count = 0;
	looked(stub, 0);
}

unsigned fake_stub_count(struct fake_stub *stub)
{
	look(stub);
	return (unsigned)looked(stub, stub->count);
}

const char *fake_stub_requests(struct fake_stub *stub)
{
	size_t length;

	look(stub);
	length = stub->requests.length;
	check(sonde_buffer_append(&stub->requests, "", 1));
	stub->requests.length = length;
	looked(stub, 0);
	return (const char *)stub->requests.data;
}

unsigned fake_stub_count_of(struct fake_stub *stub, const char *prefix)
{
	const char *p = fake_stub_requests(stub);
	unsigned count = 0;

	while (*p) {
		count += !strncmp(p, prefix, strlen(prefix));
		p += strcspn(p, " ");
		p += *p == ' ';
	}
	return count;
}

unsigned fake_stub_stray_bytes(struct fake_stub *stub)
{
	look(stub);
	return (unsigned)looked(stub, stub->stray_bytes);
}

unsigned fake_stub_bytes_after_detach(struct fake_stub *stub)
{
	look(stub);
	return (unsigned)looked(stub, stub->bytes_after_detach);
}

unsigned fake_stub_interrupts(struct fake_stub *stub)
{
	look(stub);
	return (unsigned)looked(stub, stub->interrupts);
}

unsigned fake_stub_naks(struct fake_stub *stub)
{
	look(stub);
	return (unsigned)looked(stub, stub->naks);
}

unsigned long fake_stub_progress(struct fake_stub *stub, unsigned cpu)
{
	look(stub);
	return looked(stub, stub->guest.cpus[cpu].progress);
}

uint64_t fake_stub_pc(struct fake_stub *stub, unsigned cpu)
{
	look(stub);
	return looked(stub, fake_guest_pc(&stub->guest, cpu));
}

void fake_stub_set_pc(struct fake_stub *stub, unsigned cpu, uint64_t pc)
{
	look(stub);
	fake_guest_set_pc(&stub->guest, cpu, pc);
	looked(stub, 0);
}

uint64_t fake_stub_register(struct fake_stub *stub, unsigned cpu, size_t offset)
{
	uint64_t value;

	look(stub);
	memcpy(&value, stub->guest.cpus[cpu].registers + offset, sizeof(value));
	return looked(stub, value);
}

uint8_t fake_stub_memory(struct fake_stub *stub, uint64_t address)
{
	look(stub);
	return (uint8_t)looked(stub, *fake_guest_memory(&stub->guest, address));
}

void fake_stub_set_memory(struct fake_stub *stub, uint64_t address, uint8_t byte)
{
	look(stub);
	*fake_guest_memory(&stub->guest, address) = byte;
	looked(stub, 0);
}

unsigned fake_stub_traps(struct fake_stub *stub)
{
	look(stub);
	return (unsigned)looked(stub, stub->guest.trap_count);
}

unsigned fake_stub_step_bits(struct fake_stub *stub)
{
	look(stub);
	return (unsigned)looked(stub, stub->guest.step_bits);
}

void fake_stub_set_step_bits(struct fake_stub *stub, unsigned bits)
{
	look(stub);
	stub->guest.step_bits = bits;
	looked(stub, 0);
}

bool fake_stub_physical_mode(struct fake_stub *stub)
{
	look(stub);
	return looked(stub, stub->guest.physical_mode);
}

void fake_stub_say(struct fake_stub *stub, const char *payload)
{
	look(stub);
	send_packet(stub, payload, strlen(payload));
	looked(stub, 0);
}

void fake_stub_set_fault(struct fake_stub *stub, const struct fake_fault *fault)
{
	look(stub);
	memset(stub->options.faults, 0, sizeof(stub->options.faults));
	memset(stub->met, 0, sizeof(stub->met));
	stub->options.faults[0] = *fault;
	looked(stub, 0);
}
