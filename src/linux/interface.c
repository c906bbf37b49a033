/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <sonde/interface.h>

#include "buffer.h"
#include "grow.h"
#include "kernel.h"
#include "list.h"
#include "options.h"
#include "record.h"
#include "socket_table.h"
#include "text_pool.h"

enum {
	/** Of a network namespace, and of an interface's addresses. */
	INTERFACES_MAX = 1 << 16,
	ADDRESSES_MAX = 1 << 12,
	/** Looks that are taken at an interface that changes. */
	LOOKS = 4,
	DEVICE_BYTES = 8 << 10,
	ADDRESS_BYTES = 1 << 10,
	/** MAX_ADDR_LEN. */
	LINK_MAX = 32,
	/** IFF_UP. */
	UP = 1,
};

struct fields {
	struct sonde_field name, flags, index, mtu, link, link_length, four, six;
	struct sonde_field local, prefix, next;
	struct sonde_field address6, prefix6;
	struct sonde_field devices, network_ns, ns_number, links, first, addresses6,
		links6;
};

#define PLACE(place) offsetof(struct fields, place)
#define DEVICE(member, place)                                    \
	{                                                        \
		"struct net_device", member, PLACE(place), false \
	}

static const struct sonde_field_wish device_wishes[] = {
	DEVICE("name", name),
	DEVICE("flags", flags),
	DEVICE("ifindex", index),
	DEVICE("mtu", mtu),
	DEVICE("dev_addr", link),
	DEVICE("addr_len", link_length),
	DEVICE("ip_ptr", four),
	{"struct net_device", "ip6_ptr", PLACE(six), true},
};

static const struct sonde_field_wish address_wishes[] = {
	{"struct in_ifaddr", "ifa_local", PLACE(local), false},
	{"struct in_ifaddr", "ifa_prefixlen", PLACE(prefix), false},
	{"struct in_ifaddr", "ifa_next", PLACE(next), false},
};

/* Kernels can be built without IPv6, or have it in a module. */
static const struct sonde_field_wish address6_wishes[] = {
	{"struct inet6_ifaddr", "addr", PLACE(address6), true},
	{"struct inet6_ifaddr", "prefix_len", PLACE(prefix6), true},
};

static const struct sonde_field_wish other_wishes[] = {
	{"struct net", "dev_base_head", PLACE(devices), false},
	{"struct net", "ns", PLACE(network_ns), false},
	{"struct ns_common", "inum", PLACE(ns_number), false},
	{"struct net_device", "dev_list", PLACE(links), false},
	{"struct in_device", "ifa_list", PLACE(first), false},
	{"struct inet6_dev", "addr_list", PLACE(addresses6), true},
	{"struct inet6_ifaddr", "if_list", PLACE(links6), true},
};

struct sonde_interfaces {
	struct sonde_interface *list;
	size_t count, capacity, next;
	struct sonde_text_pool texts;
	const char *incomplete;
};

struct reader {
	struct sonde_linux *kernel;
	struct sonde_interfaces *interfaces;
	struct fields fields;
	struct sonde_record device, address, address6;
	/** Of the network namespace that is read. */
	uint64_t number;
	/** Addresses of the interface that is read, and how many there are. */
	struct sonde_buffer text;
	unsigned count;
};

static struct sonde_space *memory(const struct reader *reader)
{
	return &reader->kernel->space.space;
}

static struct sonde_error *add(
	struct sonde_interfaces *interfaces, const struct sonde_interface *interface)
{
	CHECK(SONDE_GROW(&interfaces->list, interfaces->count, &interfaces->capacity));
	interfaces->list[interfaces->count++] = *interface;
	return NULL;
}

/* --- addresses -------------------------------------------------------------------- */

static struct sonde_error *add_address(
	struct reader *reader, int family, const uint8_t *bytes, uint64_t prefix)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(family, bytes, text, sizeof(text));
	return sonde_buffer_append_format(
		&reader->text, "%s%s/%" PRIu64, reader->count++ ? " " : "", text, prefix);
}

static struct sonde_error *read_four(struct reader *reader, uint64_t device)
{
	const struct fields *fields = &reader->fields;
	uint8_t copy[ADDRESS_BYTES];
	uint64_t address;

	CHECK(sonde_field_read(&fields->first, memory(reader), device, &address));
	while (address && reader->count < ADDRESSES_MAX) {
		CHECK(sonde_record_read(&reader->address, memory(reader), address, copy));
		CHECK(add_address(reader, AF_INET, copy + fields->local.offset,
			sonde_record_integer(&fields->prefix, copy)));
		address = sonde_record_integer(&fields->next, copy);
	}
	return NULL;
}

/* *@p torn: not all of them could be found. */
static struct sonde_error *read_six(struct reader *reader, uint64_t device, bool *torn)
{
	const struct fields *fields = &reader->fields;
	struct sonde_linux_list list;
	uint8_t copy[ADDRESS_BYTES];
	uint64_t link;
	bool more;

	if (!fields->addresses6.present || !fields->links6.present ||
		!fields->address6.present || fields->address6.bytes < 16 ||
		!fields->prefix6.present)
		return NULL;
	sonde_linux_list_begin(
		&list, reader->kernel, device + fields->addresses6.offset, ADDRESSES_MAX);
	for (;;) {
		CHECK(sonde_linux_list_next(&list, &link, &more));
		if (!more)
			break;
		CHECK(sonde_record_read(&reader->address6, memory(reader),
			link - fields->links6.offset, copy));
		CHECK(add_address(reader, AF_INET6, copy + fields->address6.offset,
			sonde_record_integer(&fields->prefix6, copy)));
	}
	*torn = *torn || list.torn;
	return NULL;
}

static struct sonde_error *read_addresses(
	struct reader *reader, const uint8_t *copy, struct sonde_interface *interface)
{
	uint64_t four = sonde_record_integer(&reader->fields.four, copy);
	uint64_t six = sonde_record_integer(&reader->fields.six, copy);

	reader->text.length = 0;
	reader->count = 0;
	CHECK(sonde_buffer_append_format(&reader->text, "%s", ""));
	if (four)
		CHECK(read_four(reader, four));
	if (six)
		CHECK(read_six(reader, six, &interface->torn));
	interface->torn = interface->torn || reader->count >= ADDRESSES_MAX;
	return NULL;
}

/* --- one interface ---------------------------------------------------------------- */

static struct sonde_error *read_link(
	struct reader *reader, const uint8_t *copy, struct sonde_interface *interface)
{
	uint64_t length = sonde_record_integer(&reader->fields.link_length, copy);
	uint8_t bytes[LINK_MAX];

	if (!length)
		return NULL;
	if (length > LINK_MAX)
		length = LINK_MAX;
	CHECK(sonde_space_read(memory(reader),
		sonde_record_integer(&reader->fields.link, copy), bytes, length));
	for (uint64_t i = 0; i < length; i++)
		snprintf(interface->link + 3 * i, sizeof(interface->link) - 3 * i,
			"%02x%s", bytes[i], i + 1 < length ? ":" : "");
	return NULL;
}

static struct sonde_error *read_device(
	struct reader *reader, uint64_t address, struct sonde_interface *interface)
{
	const struct fields *fields = &reader->fields;
	uint8_t copy[DEVICE_BYTES];

	CHECK(sonde_record_read(&reader->device, memory(reader), address, copy));
	interface->index = (uint32_t)sonde_record_integer(&fields->index, copy);
	interface->mtu = (uint32_t)sonde_record_integer(&fields->mtu, copy);
	interface->flags = (uint32_t)sonde_record_integer(&fields->flags, copy);
	interface->up = interface->flags & UP;
	sonde_record_text(&fields->name, copy, interface->name, sizeof(interface->name));
	CHECK(read_link(reader, copy, interface));
	return read_addresses(reader, copy, interface);
}

/* Of one that changes its addresses meanwhile the last look counts. */
static struct sonde_error *add_device(struct reader *reader, uint64_t address)
{
	struct sonde_interface interface;
	bool steady = false;

	for (unsigned i = 0; i < LOOKS && !steady; i++) {
		struct sonde_error *error;

		interface = (struct sonde_interface){
			.address = address, .network = reader->number};
		error = read_device(reader, address, &interface);
		if (error && !sonde_error_is(error, SONDE_ERROR_FAULT))
			return error;
		steady = !error && !interface.torn;
		sonde_error_destroy(error);
	}
	interface.torn = !steady;
	CHECK(sonde_text_pool_add(&reader->interfaces->texts,
		reader->text.length ? (const char *)reader->text.data : "",
		&interface.addresses));
	if (!interface.addresses)
		interface.addresses = "";
	return add(reader->interfaces, &interface);
}

/* --- all of them ------------------------------------------------------------------ */

static struct sonde_error *find_devices(
	struct reader *reader, uint64_t network, struct sonde_linux_addresses *ret)
{
	const struct fields *fields = &reader->fields;
	struct sonde_linux_list list;
	uint64_t link;
	bool more;

	sonde_linux_list_begin(
		&list, reader->kernel, network + fields->devices.offset, INTERFACES_MAX);
	for (;;) {
		CHECK(sonde_linux_list_next(&list, &link, &more));
		if (!more)
			break;
		CHECK(sonde_linux_addresses_add(ret, link - fields->links.offset));
	}
	if (list.torn)
		reader->interfaces->incomplete = list.torn;
	return sonde_linux_addresses_drop_doubles(ret);
}

static struct sonde_error *read_network(struct reader *reader, uint64_t network)
{
	struct sonde_linux_addresses devices = {.count = 0};
	struct sonde_error *error;

	error = sonde_field_read(&reader->fields.ns_number, memory(reader),
		network + reader->fields.network_ns.offset, &reader->number);
	if (!error)
		error = find_devices(reader, network, &devices);
	for (size_t i = 0; i < devices.count && !error; i++) {
		error = sonde_context_check_interrupt(reader->kernel->target.sonde);
		if (!error)
			error = add_device(reader, devices.list[i]);
	}
	sonde_linux_addresses_deinit(&devices);
	if (!sonde_error_is(error, SONDE_ERROR_FAULT))
		return error;
	sonde_error_destroy(error);
	reader->interfaces->incomplete = "a network cannot be read";
	return NULL;
}

static struct sonde_error *plan(struct reader *reader,
	const struct sonde_field_wish *wishes, size_t count, size_t bytes,
	struct sonde_record *ret)
{
	CHECK(sonde_record_plan(wishes, count, &reader->fields,
		sonde_linux_record_gap(reader->kernel), ret));
	if (ret->bytes <= bytes)
		return NULL;
	return sonde_error_create(SONDE_ERROR_BAD_DATA,
		"'%s' is larger than any such structure", wishes[0].type);
}

static struct sonde_error *find_fields(struct reader *reader)
{
	struct fields *fields = &reader->fields;
	const struct sonde_types *types;

	CHECK(sonde_linux_types_find(&reader->kernel->types, &types));
	CHECK(sonde_fields_resolve(
		types, device_wishes, ARRAY_SIZE(device_wishes), fields));
	CHECK(sonde_fields_resolve(
		types, address_wishes, ARRAY_SIZE(address_wishes), fields));
	CHECK(sonde_fields_resolve(
		types, address6_wishes, ARRAY_SIZE(address6_wishes), fields));
	CHECK(sonde_fields_resolve(
		types, other_wishes, ARRAY_SIZE(other_wishes), fields));
	CHECK(plan(reader, device_wishes, ARRAY_SIZE(device_wishes), DEVICE_BYTES,
		&reader->device));
	CHECK(plan(reader, address_wishes, ARRAY_SIZE(address_wishes), ADDRESS_BYTES,
		&reader->address));
	return plan(reader, address6_wishes, ARRAY_SIZE(address6_wishes), ADDRESS_BYTES,
		&reader->address6);
}

static struct sonde_error *read_networks(struct reader *reader, uint64_t pid)
{
	struct sonde_linux_addresses networks = {.count = 0};
	struct sonde_error *error;
	uint64_t network;

	if (pid) {
		CHECK(sonde_linux_network_of(reader->kernel, pid, &network));
		return read_network(reader, network);
	}
	error = sonde_linux_networks_find(
		reader->kernel, &networks, &reader->interfaces->incomplete);
	for (size_t i = 0; i < networks.count && !error; i++)
		error = read_network(reader, networks.list[i]);
	sonde_linux_addresses_deinit(&networks);
	return error;
}

static struct sonde_error *read_all(
	struct sonde_linux *kernel, uint64_t pid, struct sonde_interfaces *interfaces)
{
	struct reader reader = {.kernel = kernel, .interfaces = interfaces};
	struct sonde_error *error;

	error = find_fields(&reader);
	if (!error)
		error = read_networks(&reader, pid);
	sonde_buffer_deinit(&reader.text);
	return error;
}

struct sonde_error *sonde_interfaces_open(struct sonde_target *target,
	const struct sonde_interfaces_options *options, struct sonde_interfaces **ret)
{
	struct sonde_interfaces_options given = {.size = 0};
	struct sonde_interfaces *interfaces;
	struct sonde_error *error;

	CHECK(sonde_kernel_find(target));
	CHECK(sonde_linux_take_options(options, &given, sizeof(given)));
	interfaces = calloc(1, sizeof(*interfaces));
	if (!interfaces)
		return sonde_error_no_memory();
	error = read_all(sonde_linux_below(target), given.pid, interfaces);
	if (error) {
		sonde_interfaces_close(interfaces);
		return sonde_error_while(error, "reading the network interfaces");
	}
	*ret = interfaces;
	return NULL;
}

const struct sonde_interface *sonde_interfaces_next(struct sonde_interfaces *interfaces)
{
	return interfaces->next < interfaces->count
		       ? &interfaces->list[interfaces->next++]
		       : NULL;
}

const char *sonde_interfaces_incomplete(const struct sonde_interfaces *interfaces)
{
	return interfaces->texts.is_full ? "there is more text than any system has"
					 : interfaces->incomplete;
}

void sonde_interfaces_close(struct sonde_interfaces *interfaces)
{
	if (!interfaces)
		return;
	sonde_text_pool_deinit(&interfaces->texts);
	free(interfaces->list);
	free(interfaces);
}
