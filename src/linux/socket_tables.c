/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the tables of sockets are: of a network namespace, which may have its own or
 * share those of all, and of kernels that know no other than the latter by a symbol.
 */
#include <string.h>

#include "kernel.h"
#include "list.h"
#include "process.h"
#include "socket_table.h"

enum {
	/** net/unix/af_unix.c: UNIX_HASH_SIZE; nobody writes it down where it can be
	 * read.
	 */
	UNIX_CHAINS = 512,
	/** include/uapi/linux/netlink.h: MAX_LINKS. */
	NETLINK_PROTOCOLS = 32,
	NETWORKS_MAX = 1 << 16,
};

struct fields {
	struct sonde_field network, list;
	struct sonde_field death_row, hashinfo, connected, connected_mask,
		connected_chain, listening, listening2, listening2_mask, listening_chain;
	struct sonde_field udp_table, udp_chains, udp_mask, udp_head;
	struct sonde_field unix_chains, raw_chains, packet_head, six;
	struct sonde_field netlink_chains, chains_size, chains_nest, chains,
		netlink_links;
	struct sonde_field links, numbered_links;
};

#define PLACE(place) offsetof(struct fields, place)
#define NEED(type, member, place)                 \
	{                                         \
		type, member, PLACE(place), false \
	}
#define MAYBE(type, member, place)               \
	{                                        \
		type, member, PLACE(place), true \
	}

static const struct sonde_field_wish wishes[] = {
	NEED("struct nsproxy", "net_ns", network),
	NEED("struct net", "list", list),
	MAYBE("struct net", "ipv4.tcp_death_row", death_row),
	MAYBE("struct inet_timewait_death_row", "hashinfo", hashinfo),
	MAYBE("struct inet_hashinfo", "ehash", connected),
	MAYBE("struct inet_hashinfo", "ehash_mask", connected_mask),
	MAYBE("struct inet_ehash_bucket", "chain", connected_chain),
	MAYBE("struct inet_hashinfo", "listening_hash", listening),
	MAYBE("struct inet_hashinfo", "lhash2", listening2),
	MAYBE("struct inet_hashinfo", "lhash2_mask", listening2_mask),
	MAYBE("struct inet_listen_hashbucket", "nulls_head", listening_chain),
	MAYBE("struct net", "ipv4.udp_table", udp_table),
	MAYBE("struct udp_table", "hash", udp_chains),
	MAYBE("struct udp_table", "mask", udp_mask),
	MAYBE("struct udp_hslot", "head", udp_head),
	MAYBE("struct net", "unx.table.buckets", unix_chains),
	MAYBE("struct raw_hashinfo", "ht", raw_chains),
	MAYBE("struct net", "ipv6", six),
	MAYBE("struct net", "packet.sklist", packet_head),
	MAYBE("struct netlink_table", "hash.tbl", netlink_chains),
	MAYBE("struct bucket_table", "size", chains_size),
	MAYBE("struct bucket_table", "nest", chains_nest),
	MAYBE("struct bucket_table", "buckets", chains),
	MAYBE("struct netlink_sock", "node", netlink_links),
	NEED("struct sock_common", "skc_node", links),
	NEED("struct sock_common", "skc_nulls_node", numbered_links),
};

struct finder {
	struct sonde_linux *kernel;
	const struct sonde_types *types;
	struct fields fields;
	struct sonde_linux_socket_tables *tables;
};

static struct sonde_error *prepare(struct sonde_linux *kernel, struct finder *ret)
{
	ret->kernel = kernel;
	CHECK(sonde_linux_types_find(&kernel->types, &ret->types));
	return sonde_fields_resolve(ret->types, wishes, ARRAY_SIZE(wishes), &ret->fields);
}

static struct sonde_error *read_field(const struct finder *finder,
	const struct sonde_field *field, uint64_t address, uint64_t *ret)
{
	return sonde_field_read(field, &finder->kernel->space.space, address, ret);
}

static void miss(struct finder *finder, const char *what)
{
	struct sonde_linux_socket_tables *tables = finder->tables;

	for (size_t i = 0; i < tables->missing_count; i++)
		if (!strcmp(tables->missing[i], what))
			return;
	if (tables->missing_count < SONDE_LINUX_SOCKET_KINDS)
		tables->missing[tables->missing_count++] = what;
}

static void add(struct finder *finder, const struct sonde_linux_socket_table *table)
{
	struct sonde_linux_socket_tables *tables = finder->tables;

	for (size_t i = 0; i < tables->count; i++)
		if (tables->list[i].heads == table->heads)
			return;
	if (tables->count < SONDE_LINUX_SOCKET_TABLES)
		tables->list[tables->count++] = *table;
	else
		miss(finder, "further network namespaces");
}

/* *@p ret is 0 where the kernel has no such symbol. */
static struct sonde_error *find_symbol(
	const struct finder *finder, const char *name, uint64_t *ret)
{
	struct sonde_symbol symbol;
	bool found;

	CHECK(sonde_linux_own_look_up(finder->kernel, name, &symbol, &found));
	*ret = found ? symbol.address : 0;
	return NULL;
}

static struct sonde_error *element_bytes(
	const struct finder *finder, const char *type, uint32_t *ret)
{
	struct sonde_type found;
	uint64_t bytes;

	CHECK(sonde_types_find(finder->types, type, &found));
	CHECK(sonde_type_bytes(found, &bytes));
	*ret = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
	return NULL;
}

/* --- tcp -------------------------------------------------------------------------- */

static struct sonde_error *find_hashinfo(
	const struct finder *finder, uint64_t network, uint64_t *ret)
{
	const struct fields *fields = &finder->fields;
	uint64_t row = network + fields->death_row.offset;
	struct sonde_type type;

	*ret = 0;
	if (!fields->death_row.present || !fields->hashinfo.present)
		return find_symbol(finder, "tcp_hashinfo", ret);
	CHECK(sonde_type_resolve(fields->death_row.type, &type));
	if (sonde_type_kind(type) == SONDE_TYPE_POINTER)
		CHECK(read_field(finder, &fields->death_row, network, &row));
	return read_field(finder, &fields->hashinfo, row, ret);
}

static struct sonde_error *add_listening(struct finder *finder, uint64_t hashinfo)
{
	const struct fields *fields = &finder->fields;
	struct sonde_linux_socket_table table = {
		.name = "tcp that listen",
		.links = fields->numbered_links.offset,
		.numbered = true,
	};
	struct sonde_type type;

	CHECK(element_bytes(finder, "struct inet_listen_hashbucket", &table.stride));
	if (fields->listening.present) {
		CHECK(sonde_type_resolve(fields->listening.type, &type));
		table.count = sonde_type_count(type);
		table.heads = hashinfo + fields->listening.offset;
	} else {
		CHECK(read_field(finder, &fields->listening2, hashinfo, &table.heads));
		CHECK(read_field(
			finder, &fields->listening2_mask, hashinfo, &table.count));
		table.count++;
	}
	table.heads += fields->listening_chain.offset;
	add(finder, &table);
	return NULL;
}

static struct sonde_error *add_tcp(struct finder *finder, uint64_t network)
{
	const struct fields *fields = &finder->fields;
	struct sonde_linux_socket_table table = {
		.name = "tcp",
		.links = fields->numbered_links.offset,
		.numbered = true,
	};
	uint64_t hashinfo;

	CHECK(find_hashinfo(finder, network, &hashinfo));
	if (!hashinfo || !fields->connected.present || !fields->listening_chain.present) {
		miss(finder, "tcp");
		return NULL;
	}
	CHECK(element_bytes(finder, "struct inet_ehash_bucket", &table.stride));
	CHECK(read_field(finder, &fields->connected, hashinfo, &table.heads));
	CHECK(read_field(finder, &fields->connected_mask, hashinfo, &table.count));
	table.count++;
	table.heads += fields->connected_chain.offset;
	add(finder, &table);
	return add_listening(finder, hashinfo);
}

/* --- the others ------------------------------------------------------------------- */

static struct sonde_error *add_udp(struct finder *finder, uint64_t network)
{
	const struct fields *fields = &finder->fields;
	struct sonde_linux_socket_table table = {
		.name = "udp", .links = fields->links.offset};
	uint64_t address;

	if (fields->udp_table.present)
		CHECK(read_field(finder, &fields->udp_table, network, &address));
	else
		CHECK(find_symbol(finder, "udp_table", &address));
	if (!address || !fields->udp_chains.present || !fields->udp_head.present) {
		miss(finder, "udp");
		return NULL;
	}
	CHECK(element_bytes(finder, "struct udp_hslot", &table.stride));
	CHECK(read_field(finder, &fields->udp_chains, address, &table.heads));
	CHECK(read_field(finder, &fields->udp_mask, address, &table.count));
	table.count++;
	table.heads += fields->udp_head.offset;
	add(finder, &table);
	return NULL;
}

static struct sonde_error *add_unix(struct finder *finder, uint64_t network)
{
	const struct fields *fields = &finder->fields;
	struct sonde_linux_socket_table table = {.name = "unix",
		.count = UNIX_CHAINS,
		.stride = 8,
		.links = fields->links.offset};

	if (fields->unix_chains.present)
		CHECK(read_field(finder, &fields->unix_chains, network, &table.heads));
	else
		CHECK(find_symbol(finder, "unix_socket_table", &table.heads));
	if (table.heads)
		add(finder, &table);
	else
		miss(finder, "unix");
	return NULL;
}

static struct sonde_error *add_raw(struct finder *finder)
{
	static const char *const names[] = {"raw_v4_hashinfo", "raw_v6_hashinfo"};
	const struct fields *fields = &finder->fields;

	/* A kernel that has no IPv6, as a module neither, lacks nothing. */
	for (size_t i = 0; i < (fields->six.present ? 2 : 1); i++) {
		struct sonde_linux_socket_table table = {
			.name = "raw", .stride = 8, .links = fields->links.offset};
		struct sonde_type type;

		CHECK(find_symbol(finder, names[i], &table.heads));
		if (!table.heads || !fields->raw_chains.present) {
			miss(finder, "raw");
			continue;
		}
		CHECK(sonde_type_resolve(fields->raw_chains.type, &type));
		table.count = sonde_type_count(type);
		table.heads += fields->raw_chains.offset;
		add(finder, &table);
	}
	return NULL;
}

static void add_packet(struct finder *finder, uint64_t network)
{
	const struct fields *fields = &finder->fields;
	const struct sonde_linux_socket_table table = {
		.name = "packet",
		.heads = network + fields->packet_head.offset,
		.count = 1,
		.stride = 8,
		.links = fields->links.offset,
	};

	/* Without af_packet it is all zeroes. */
	if (fields->packet_head.present)
		add(finder, &table);
}

static struct sonde_error *add_netlink_protocol(struct finder *finder, uint64_t address)
{
	const struct fields *fields = &finder->fields;
	struct sonde_linux_socket_table table = {.name = "netlink",
		.stride = 8,
		.links = fields->netlink_links.offset,
		.locks = true};
	uint64_t chains, nest;

	CHECK(read_field(finder, &fields->netlink_chains, address, &chains));
	if (!chains)
		return NULL;
	CHECK(read_field(finder, &fields->chains_size, chains, &table.count));
	CHECK(read_field(finder, &fields->chains_nest, chains, &nest));
	table.heads = chains + fields->chains.offset;
	if (nest)
		miss(finder, "netlink");
	else
		add(finder, &table);
	return NULL;
}

static struct sonde_error *add_netlink(struct finder *finder)
{
	const struct fields *fields = &finder->fields;
	uint64_t address;
	uint32_t bytes;

	CHECK(find_symbol(finder, "nl_table", &address));
	if (!address || !fields->netlink_chains.present || !fields->chains_size.present ||
		!fields->chains_nest.present || !fields->chains.present ||
		!fields->netlink_links.present) {
		miss(finder, "netlink");
		return NULL;
	}
	CHECK(sonde_space_read_integer(
		&finder->kernel->space.space, address, 8, &address));
	CHECK(element_bytes(finder, "struct netlink_table", &bytes));
	for (unsigned i = 0; i < NETLINK_PROTOCOLS; i++)
		CHECK(add_netlink_protocol(finder, address + (uint64_t)i * bytes));
	return NULL;
}

struct sonde_error *sonde_linux_socket_tables_add(struct sonde_linux *kernel,
	uint64_t network, struct sonde_linux_socket_tables *tables)
{
	struct finder finder = {.tables = tables};

	CHECK(prepare(kernel, &finder));
	CHECK(add_tcp(&finder, network));
	CHECK(add_udp(&finder, network));
	CHECK(add_raw(&finder));
	CHECK(add_unix(&finder, network));
	add_packet(&finder, network);
	return add_netlink(&finder);
}

/* --- network namespaces ----------------------------------------------------------- */

struct sonde_error *sonde_linux_network_of(
	struct sonde_linux *kernel, uint64_t pid, uint64_t *ret)
{
	struct sonde_linux_process process;
	struct finder finder;

	CHECK(prepare(kernel, &finder));
	CHECK(sonde_linux_process_find(kernel, pid, &process));
	if (!process.namespaces)
		return sonde_linux_process_lacks(&process, "network");
	return read_field(&finder, &finder.fields.network, process.namespaces, ret);
}

struct sonde_error *sonde_linux_networks_find(struct sonde_linux *kernel,
	struct sonde_linux_addresses *ret, const char **incomplete)
{
	struct sonde_linux_list list;
	struct finder finder;
	uint64_t head, network = 0;

	CHECK(prepare(kernel, &finder));
	CHECK(find_symbol(&finder, "net_namespace_list", &head));
	if (!head) {
		*incomplete = "the kernel has no symbol 'net_namespace_list': only the "
			      "network of process 1 was looked at";
		CHECK(sonde_linux_network_of(kernel, 1, &network));
		return sonde_linux_addresses_add(ret, network);
	}
	sonde_linux_list_begin(&list, kernel, head, NETWORKS_MAX);
	for (;;) {
		bool more;

		CHECK(sonde_linux_list_next(&list, &network, &more));
		if (!more)
			break;
		CHECK(sonde_linux_addresses_add(
			ret, network - finder.fields.list.offset));
	}
	if (list.torn)
		*incomplete = list.torn;
	return sonde_linux_addresses_drop_doubles(ret);
}
