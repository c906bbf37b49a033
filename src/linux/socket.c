/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel.h"
#include "socket.h"
#include "socket_table.h"

enum {
	/** include/net/tcp_states.h. */
	STATE_SYN_RECV = 3,
	STATE_TIME_WAIT = 6,
	STATE_NEW_SYN_RECV = 12,
	/** IPPROTO_.. */
	ICMP = 1,
	TCP = 6,
	UDP = 17,
	ICMP6 = 58,
	UDP_LITE = 136,
	MPTCP = 262,
	/** Looks that are taken at a socket that changes. */
	LOOKS = 4,
	/** SOCK_.. */
	TYPE_RAW = 3,
	/** "[", an IPv6 address, "]:", a port. */
	ADDRESS_BYTES = INET6_ADDRSTRLEN + 16,
	/** Of a struct sockaddr_un, behind its family. */
	PATH_BYTES = 108,
};

#define PLACE(place) offsetof(struct sonde_linux_socket_fields, place)
#define COMMON(member, place)                                     \
	{                                                         \
		"struct sock_common", member, PLACE(place), false \
	}
#define SOCK(member, place)                                \
	{                                                  \
		"struct sock", member, PLACE(place), false \
	}
#define MAYBE(tag, member, place)                         \
	{                                                 \
		"struct " tag, member, PLACE(place), true \
	}
#define OTHER(tag, member, place)                          \
	{                                                  \
		"struct " tag, member, PLACE(place), false \
	}

static const struct sonde_field_wish common_wishes[] = {
	COMMON("skc_family", family),
	COMMON("skc_state", state),
	COMMON("skc_daddr", remote4),
	COMMON("skc_rcv_saddr", local4),
	COMMON("skc_dport", remote_port),
	COMMON("skc_num", local_port),
	/* Without CONFIG_NET_NS there is one network, and nothing says so. */
	MAYBE("sock_common", "skc_net.net", network),
	MAYBE("sock_common", "skc_v6_daddr", remote6),
	MAYBE("sock_common", "skc_v6_rcv_saddr", local6),
};

/* A struct sock begins with the common part. */
static const struct sonde_field_wish sock_wishes[] = {
	SOCK("sk_type", type),
	SOCK("sk_protocol", protocol),
	SOCK("sk_socket", socket),
};

static const struct sonde_field_wish other_wishes[] = {
	OTHER("socket_alloc", "socket", socket_part),
	OTHER("socket_alloc", "vfs_inode", inode_part),
	OTHER("inode", "i_ino", inode_number),
	OTHER("net", "ns", network_ns),
	OTHER("ns_common", "inum", ns_number),
	MAYBE("unix_sock", "addr", unix_address),
	MAYBE("unix_sock", "peer", unix_peer),
	MAYBE("unix_address", "len", unix_length),
	MAYBE("unix_address", "name", unix_name),
	MAYBE("netlink_sock", "portid", port_id),
	MAYBE("netlink_sock", "dst_portid", remote_port_id),
	MAYBE("inet_timewait_sock", "tw_substate", ending_state),
};

struct sonde_error *sonde_linux_socket_reader_init(
	struct sonde_linux_socket_reader *ret, struct sonde_linux *kernel)
{
	uint64_t gap = sonde_linux_record_gap(kernel);
	const struct sonde_types *types;

	*ret = (struct sonde_linux_socket_reader){.kernel = kernel};
	CHECK(sonde_linux_types_find(&kernel->types, &types));
	CHECK(sonde_fields_resolve(
		types, common_wishes, ARRAY_SIZE(common_wishes), &ret->fields));
	CHECK(sonde_fields_resolve(
		types, sock_wishes, ARRAY_SIZE(sock_wishes), &ret->fields));
	CHECK(sonde_fields_resolve(
		types, other_wishes, ARRAY_SIZE(other_wishes), &ret->fields));
	CHECK(sonde_record_plan(common_wishes, ARRAY_SIZE(common_wishes), &ret->fields,
		gap, &ret->common));
	CHECK(sonde_record_plan(
		sock_wishes, ARRAY_SIZE(sock_wishes), &ret->fields, gap, &ret->whole));
	if (ret->whole.bytes > SONDE_LINUX_SOCK_BYTES ||
		ret->common.bytes > SONDE_LINUX_SOCK_BYTES)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"'struct sock' is larger than any such structure");
	if (ret->fields.network.present)
		return NULL;
	return sonde_linux_network_of(kernel, 1, &ret->only_network);
}

/* --- words ------------------------------------------------------------------------ */

static const char *word(const char *const *words, size_t count, uint64_t index)
{
	return index < count ? words[index] : NULL;
}

static const char *state_word(uint64_t state)
{
	static const char *const words[] = {NULL, "ESTABLISHED", "SYN_SENT", "SYN_RECV",
		"FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK",
		"LISTEN", "CLOSING"};

	return word(words, ARRAY_SIZE(words), state);
}

static const char *type_word(uint64_t type)
{
	static const char *const words[] = {
		NULL, "stream", "dgram", "raw", "rdm", "seqpacket"};

	return word(words, ARRAY_SIZE(words), type);
}

static const char *netlink_word(uint64_t protocol)
{
	static const char *const words[] = {"route", "unused", "usersock", "firewall",
		"sock_diag", "nflog", "xfrm", "selinux", "iscsi", "audit", "fib_lookup",
		"connector", "netfilter", "ip6_fw", "dnrtmsg", "kobject_uevent",
		"generic", NULL, "scsitransport", "ecryptfs", "rdma", "crypto", "smc"};

	return word(words, ARRAY_SIZE(words), protocol);
}

static const char *inet_word(uint64_t protocol, uint64_t type, bool six)
{
	if (type == TYPE_RAW)
		return six ? "raw6" : "raw";
	switch (protocol) {
	case TCP:
		return six ? "tcp6" : "tcp";
	case UDP:
		return six ? "udp6" : "udp";
	case UDP_LITE:
		return six ? "udplite6" : "udplite";
	case MPTCP:
		return six ? "mptcp6" : "mptcp";
	case ICMP:
		return "icmp";
	case ICMP6:
		return "icmp6";
	default:
		return six ? "inet6" : "inet";
	}
}

static const char *family_word(uint64_t family)
{
	static const char *const words[] = {
		[AF_UNIX] = "unix",
		[AF_NETLINK] = "netlink",
		[AF_PACKET] = "packet",
		[AF_ALG] = "alg",
		[AF_VSOCK] = "vsock",
		[AF_XDP] = "xdp",
		[AF_BLUETOOTH] = "bluetooth",
		[AF_CAN] = "can",
	};

	return word(words, ARRAY_SIZE(words), family);
}

/* --- addresses -------------------------------------------------------------------- */

/** One that is read. */
struct look {
	struct sonde_linux_socket_reader *reader;
	struct sonde_text_pool *texts;
	struct sonde_socket *socket;
	uint8_t common[SONDE_LINUX_SOCK_BYTES], whole[SONDE_LINUX_SOCK_BYTES];
};

static struct sonde_space *memory(const struct look *look)
{
	return &look->reader->kernel->space.space;
}

static uint64_t of_common(const struct look *look, const struct sonde_field *field)
{
	return sonde_record_integer(field, look->common);
}

/* In the network's order, as they lie. */
static void format_inet(const struct look *look, const struct sonde_field *address,
	uint64_t port, bool six, char ret[static ADDRESS_BYTES])
{
	const uint8_t *bytes = look->common + address->offset;
	char text[INET6_ADDRSTRLEN];

	inet_ntop(six ? AF_INET6 : AF_INET, bytes, text, sizeof(text));
	snprintf(ret, ADDRESS_BYTES, six ? "[%s]:%" PRIu64 : "%s:%" PRIu64, text, port);
}

static struct sonde_error *put_inet(struct look *look, bool six)
{
	const struct sonde_linux_socket_fields *fields = &look->reader->fields;
	const uint8_t *port = look->common + fields->remote_port.offset;
	char text[ADDRESS_BYTES];

	if (six && (!fields->local6.present || fields->local6.bytes < 16 ||
			   !fields->remote6.present || fields->remote6.bytes < 16))
		return NULL;
	format_inet(look, six ? &fields->local6 : &fields->local4,
		of_common(look, &fields->local_port), six, text);
	CHECK(sonde_text_pool_add(look->texts, text, &look->socket->local));
	format_inet(look, six ? &fields->remote6 : &fields->remote4,
		(uint64_t)port[0] << 8 | port[1], six, text);
	return sonde_text_pool_add(look->texts, text, &look->socket->remote);
}

static struct sonde_error *read_unix_path(
	struct look *look, uint64_t sock, const char **ret)
{
	const struct sonde_linux_socket_fields *fields = &look->reader->fields;
	uint64_t address, length;
	char path[PATH_BYTES + 1];

	CHECK(sonde_field_read(&fields->unix_address, memory(look), sock, &address));
	if (!address)
		return NULL;
	CHECK(sonde_field_read(&fields->unix_length, memory(look), address, &length));
	if (length <= 2 || length > 2 + PATH_BYTES + 1)
		return sonde_error_fault(address, NULL);
	length -= 2;
	if (length > PATH_BYTES)
		length = PATH_BYTES;
	CHECK(sonde_space_read(
		memory(look), address + fields->unix_name.offset + 2, path, length));
	/* A path ends with a NUL; a name that begins with one has a length. */
	if (path[0])
		length = strnlen(path, length);
	for (uint64_t i = 0; i < length; i++)
		if (!path[i])
			path[i] = '@';
	path[length] = '\0';
	return sonde_text_pool_add(look->texts, path, ret);
}

static struct sonde_error *put_unix(struct look *look)
{
	const struct sonde_linux_socket_fields *fields = &look->reader->fields;
	uint64_t peer;

	if (!fields->unix_address.present || !fields->unix_length.present ||
		!fields->unix_name.present || !fields->unix_peer.present)
		return NULL;
	CHECK(read_unix_path(look, look->socket->address, &look->socket->local));
	CHECK(sonde_field_read(
		&fields->unix_peer, memory(look), look->socket->address, &peer));
	return peer ? read_unix_path(look, peer, &look->socket->remote) : NULL;
}

static struct sonde_error *put_netlink(struct look *look, uint64_t protocol)
{
	const struct sonde_linux_socket_fields *fields = &look->reader->fields;
	const char *name = netlink_word(protocol);
	uint64_t port, remote;
	char text[ADDRESS_BYTES];

	if (!fields->port_id.present || !fields->remote_port_id.present)
		return NULL;
	CHECK(sonde_field_read(
		&fields->port_id, memory(look), look->socket->address, &port));
	CHECK(sonde_field_read(
		&fields->remote_port_id, memory(look), look->socket->address, &remote));
	if (name)
		snprintf(text, sizeof(text), "%s:%" PRIu64, name, port);
	else
		snprintf(text, sizeof(text), "%" PRIu64 ":%" PRIu64, protocol, port);
	CHECK(sonde_text_pool_add(look->texts, text, &look->socket->local));
	if (!remote)
		return NULL;
	snprintf(text, sizeof(text), "%" PRIu64, remote);
	return sonde_text_pool_add(look->texts, text, &look->socket->remote);
}

/* --- all of it -------------------------------------------------------------------- */

static struct sonde_error *put_network(struct look *look)
{
	struct sonde_linux_socket_reader *reader = look->reader;
	const struct sonde_linux_socket_fields *fields = &reader->fields;
	uint64_t network = reader->only_network, number;

	if (fields->network.present)
		network = of_common(look, &fields->network);
	if (network != reader->network) {
		CHECK(sonde_field_read(&fields->ns_number, memory(look),
			network + fields->network_ns.offset, &number));
		reader->network = network;
		reader->network_number = number;
	}
	look->socket->network = reader->network_number;
	return NULL;
}

static struct sonde_error *put_inode(struct look *look, uint64_t socket)
{
	const struct sonde_linux_socket_fields *fields = &look->reader->fields;

	if (!socket)
		return NULL;
	return sonde_field_read(&fields->inode_number, memory(look),
		socket - fields->socket_part.offset + fields->inode_part.offset,
		&look->socket->inode);
}

static struct sonde_error *put_protocol(struct look *look, uint64_t family)
{
	char text[ADDRESS_BYTES];

	look->socket->protocol = family_word(family);
	if (look->socket->protocol)
		return NULL;
	snprintf(text, sizeof(text), "family %" PRIu64, family);
	return sonde_text_pool_add(look->texts, text, &look->socket->protocol);
}

static struct sonde_error *read_sock(struct look *look)
{
	struct sonde_linux_socket_reader *reader = look->reader;
	const struct sonde_linux_socket_fields *fields = &reader->fields;
	uint64_t family, state, type = SOCK_STREAM, protocol = TCP, socket = 0;

	CHECK(sonde_record_read(
		&reader->common, memory(look), look->socket->address, look->common));
	family = of_common(look, &fields->family);
	state = of_common(look, &fields->state);
	/* These two are no whole sockets: a connection that ends, one that begins. */
	if (state == STATE_TIME_WAIT) {
		if (fields->ending_state.present)
			CHECK(sonde_field_read(&fields->ending_state, memory(look),
				look->socket->address, &state));
	} else if (state == STATE_NEW_SYN_RECV) {
		state = STATE_SYN_RECV;
	} else {
		CHECK(sonde_record_read(&reader->whole, memory(look),
			look->socket->address, look->whole));
		type = sonde_record_integer(&fields->type, look->whole);
		protocol = sonde_record_integer(&fields->protocol, look->whole);
		socket = sonde_record_integer(&fields->socket, look->whole);
	}
	/* 13 is one that is bound, and no more. */
	look->socket->state = state_word(state <= 11 ? state : 7);
	look->socket->type = type_word(type);
	CHECK(put_network(look));
	CHECK(put_inode(look, socket));
	if (family != AF_INET && family != AF_INET6)
		CHECK(put_protocol(look, family));
	else
		look->socket->protocol = inet_word(protocol, type, family == AF_INET6);
	if (family == AF_INET || family == AF_INET6)
		return put_inet(look, family == AF_INET6);
	if (family == AF_UNIX)
		return put_unix(look);
	return family == AF_NETLINK ? put_netlink(look, protocol) : NULL;
}

static bool is_same_member(
	const struct look *look, const uint8_t *now, const struct sonde_field *field)
{
	return !field->present ||
	       !memcmp(look->common + field->offset, now + field->offset, field->bytes);
}

/* Whether it is the same connection still, in the same state. */
static struct sonde_error *is_same(const struct look *look, bool *ret)
{
	const struct sonde_linux_socket_fields *fields = &look->reader->fields;
	const struct sonde_field *members[] = {&fields->family, &fields->state,
		&fields->remote4, &fields->local4, &fields->remote_port,
		&fields->local_port, &fields->remote6, &fields->local6, &fields->network};
	uint8_t now[SONDE_LINUX_SOCK_BYTES];

	*ret = true;
	CHECK(sonde_record_read(
		&look->reader->common, memory(look), look->socket->address, now));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		*ret = *ret && is_same_member(look, now, members[i]);
	return NULL;
}

struct sonde_error *sonde_linux_socket_read(struct sonde_linux_socket_reader *reader,
	uint64_t address, struct sonde_text_pool *texts, struct sonde_socket *ret)
{
	struct look look = {.reader = reader, .texts = texts, .socket = ret};
	bool same = false;

	for (unsigned i = 0; i < LOOKS && !same; i++) {
		struct sonde_error *error;

		*ret = (struct sonde_socket){.address = address};
		error = read_sock(&look);
		if (!error)
			error = is_same(&look, &same);
		if (error && !sonde_error_is(error, SONDE_ERROR_FAULT))
			return error;
		sonde_error_destroy(error);
	}
	ret->torn = !same;
	return NULL;
}
