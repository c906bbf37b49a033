/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>

#include "process_image.h"

enum {
	IMAGE_BYTES = 96 << 10,
	CHAINS = 4,
	UNIX_CHAINS = 512,
	NETLINK_PROTOCOLS = 32,
	LISTENING_BASE = 1 << 29,
	DESCRIPTORS = 64,
	FAMILY_UNIX = 1,
	FAMILY_INET = 2,
	FAMILY_INET6 = 10,
	FAMILY_NETLINK = 16,
};

#define TYPES                                                                            \
	"struct nsproxy { struct mnt_namespace *mnt_ns; struct net *net_ns; };"          \
	"struct fdtable { unsigned int max_fds; void *fd, *close_on_exec, *open_fds; };" \
	"struct files_struct { int count; struct fdtable *fdt; };"                       \
	"struct socket { int state; short type; struct file *file; struct sock *sk; };"  \
	"struct socket_alloc { struct socket socket; struct inode vfs_inode; };"         \
	"struct file { struct path f_path; struct inode *f_inode;"                       \
	"	unsigned int f_flags, f_mode; long f_pos; void *private_data; };"              \
	"struct vm_operations_struct { void *open, *name; };"                            \
	"struct vm_special_mapping { const char *name; };"                               \
	"struct hlist_node { struct hlist_node *next; void *pprev; };"                   \
	"struct hlist_head { struct hlist_node *first; };"                               \
	"struct in6_addr { u8 bytes[16]; };"                                             \
	"struct sock_common { u32 skc_daddr, skc_rcv_saddr; u16 skc_dport, skc_num;"     \
	"	u16 skc_family; u8 skc_state; struct possible_net skc_net;"                    \
	"	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;"                               \
	"	union { struct hlist_node skc_node, skc_nulls_node; }; };"                     \
	"struct sock { struct sock_common __sk_common; u16 sk_type, sk_protocol;"        \
	"	struct socket *sk_socket; };"                                                  \
	"struct inet_timewait_sock { struct sock_common __tw_common; u8 tw_substate; };" \
	"struct unix_address { int refcnt, len; char name[110]; };"                      \
	"struct unix_sock { struct sock sk; struct unix_address *addr; void *peer; };"   \
	"struct netlink_sock { struct sock sk; u32 portid, dst_portid;"                  \
	"	struct hlist_node node; };"                                                    \
	"struct bucket_table { unsigned int size, nest; void *buckets[4]; };"            \
	"struct netlink_table { struct { struct bucket_table *tbl; } hash; };"           \
	"struct inet_ehash_bucket { struct hlist_head chain; };"                         \
	"struct inet_listen_hashbucket { u32 lock; struct hlist_head nulls_head; };"     \
	"struct udp_hslot { struct hlist_head head; int count; u32 lock; };"             \
	"struct udp_table { struct udp_hslot *hash; unsigned int mask; };"               \
	"struct raw_hashinfo { u64 lock; struct hlist_head ht[4]; };"                    \
	"struct inet_timewait_death_row { int count; struct inet_hashinfo *hashinfo; };" \
	"struct net_device { char name[16]; struct list_head dev_list;"                  \
	"	unsigned int flags; int ifindex; unsigned int mtu; u8 addr_len;"               \
	"	u8 *dev_addr; struct in_device *ip_ptr; struct inet6_dev *ip6_ptr; };"         \
	"struct in_device { struct in_ifaddr *ifa_list; };"                              \
	"struct in_ifaddr { struct in_ifaddr *ifa_next; u32 ifa_local;"                  \
	"	u8 ifa_prefixlen; };" TREE_IMAGE_TASK

#define AREA                                                                   \
	"struct vm_area_struct { unsigned long vm_start, vm_end; void *vm_mm;" \
	"	unsigned long vm_flags, vm_pgoff; struct file *vm_file;"             \
	"	struct vm_operations_struct *vm_ops; void *vm_private_data;"
#define MEMORY                                                              \
	"	unsigned long start_brk, brk, start_stack, total_vm, arg_start, " \
	"arg_end;"                                                          \
	"	void *pgd; struct file *exe_file; };"
#define NETWORK                                                    \
	"struct net { struct list_head list; struct ns_common ns;" \
	"	struct list_head dev_base_head;"                         \
	"	struct { struct inet_timewait_death_row tcp_death_row;"

#define LISTS                                                                 \
	"	struct vm_area_struct *vm_next; };"                                 \
	"struct mm_struct { struct vm_area_struct *mmap;" MEMORY              \
	"struct mnt_namespace { struct ns_common ns; struct list_head list; " \
	"	int mounts; };"                                                     \
	"struct inet_hashinfo { void *ehash; unsigned int ehash_mask;"        \
	"	struct inet_listen_hashbucket listening_hash[4]; };" NETWORK
#define MANY_NETWORKS "struct possible_net { struct net *net; };"
#define ONE_NETWORK   "struct possible_net { };"

static const char *const types[PROCESS_LAYOUTS] = {
	[PROCESS_LISTS] = MANY_NETWORKS TYPES AREA LISTS "} ipv4; int ipv6; };",
	[PROCESS_ONE_NETWORK] = ONE_NETWORK TYPES AREA LISTS "} ipv4; };",
	[PROCESS_TREES] = MANY_NETWORKS TYPES
	"struct backing_file { struct file file; struct path user_path; };"
	"struct anon_vma_name { int kref; char name[28]; };" AREA
	"	struct anon_vma_name *anon_name; };"
	"struct maple_range_64 { void *parent; unsigned long pivot[15]; void *slot[16]; "
	"};"
	"struct maple_arange_64 { void *parent; unsigned long pivot[9]; void *slot[10]; "
	"};"
	"struct maple_tree { u32 ma_lock; void *ma_root; };"
	"struct mm_struct { struct maple_tree mm_mt;" MEMORY
	"struct rb_root { struct rb_node *rb_node; };"
	"struct mnt_namespace { struct ns_common ns; struct rb_root mounts; };"
	"struct inet_hashinfo { void *ehash; unsigned int ehash_mask, lhash2_mask;"
	"	struct inet_listen_hashbucket *lhash2; };" NETWORK
	"	struct udp_table *udp_table; } ipv4; int ipv6;"
	"	struct { struct { struct hlist_head *buckets; } table; } unx; };",
};

static uint64_t allocate(struct process_image *image, const char *type)
{
	struct linux_image *fake = &image->tree.fake;

	return linux_image_allocate(fake, linux_image_sizeof(fake, type));
}

static void set(struct process_image *image, uint64_t address, const char *type,
	const char *member, uint64_t value)
{
	linux_image_set(&image->tree.fake, address, type, member, value);
}

static uint64_t place_of(struct process_image *image, uint64_t address, const char *type,
	const char *member)
{
	return address + linux_image_offset(&image->tree.fake, type, member);
}

static void put(struct process_image *image, uint64_t address, uint64_t value)
{
	linux_image_put(&image->tree.fake, address, value, 8);
}

/* --- memory ----------------------------------------------------------------------- */

static void add_area(struct process_image *image, unsigned number)
{
	static const char type[] = "struct vm_area_struct";
	uint64_t area = allocate(image, type);
	uint64_t start = PROCESS_START + (uint64_t)number * PROCESS_AREA_BYTES;

	image->areas[number] = area;
	set(image, area, type, "vm_start", start);
	set(image, area, type, "vm_end", start + PROCESS_AREA_BYTES);
	set(image, area, type, "vm_mm", image->memory);
	set(image, area, type, "vm_flags", number & 7);
	set(image, area, type, "vm_pgoff", number);
	if (number % 3 == 0)
		set(image, area, type, "vm_file", image->tree.files[TREE_ONE]);
	if (image->layout != PROCESS_TREES && number)
		set(image, image->areas[number - 1], type, "vm_next", area);
}

/* A leaf for so many areas; before the first of all there is a gap. */
static uint64_t add_leaf(
	struct process_image *image, uint64_t parent, unsigned first, unsigned count)
{
	static const char type[] = "struct maple_range_64";
	unsigned gap = first == 0;
	/* Nodes are aligned to 256 bytes. */
	uint64_t node =
		(linux_image_allocate(&image->tree.fake, 512) + 255) & ~UINT64_C(255);
	uint64_t pivots = place_of(image, node, type, "pivot");
	uint64_t slots = place_of(image, node, type, "slot");

	set(image, node, type, "parent", parent);
	if (gap)
		put(image, pivots, PROCESS_START - 1);
	for (unsigned i = 0; i < count; i++) {
		put(image, pivots + 8 * (gap + i),
			PROCESS_START + (uint64_t)(first + i + 1) * PROCESS_AREA_BYTES -
				1);
		put(image, slots + 8 * (gap + i), image->areas[first + i]);
	}
	return node;
}

static void add_tree(struct process_image *image)
{
	static const char type[] = "struct maple_range_64";
	uint64_t tree = place_of(image, image->memory, "struct mm_struct", "mm_mt");
	uint64_t half = PROCESS_START + PROCESS_AREAS / 2 * PROCESS_AREA_BYTES - 1;
	uint64_t root;

	root = (linux_image_allocate(&image->tree.fake, 512) + 255) & ~UINT64_C(255);
	image->root = root;
	set(image, root, type, "parent", tree | 1);
	image->leaves[0] = add_leaf(image, root | 6, 0, PROCESS_AREAS / 2);
	image->leaves[1] =
		add_leaf(image, root | 6, PROCESS_AREAS / 2, PROCESS_AREAS / 2);
	put(image, place_of(image, root, type, "pivot"), half);
	put(image, place_of(image, root, type, "slot"), image->leaves[0] | 1 << 3 | 6);
	put(image, place_of(image, root, type, "slot") + 8,
		image->leaves[1] | 1 << 3 | 6);
	set(image, tree, "struct maple_tree", "ma_root", root | 2 << 3 | 2);
}

static void add_memory(struct process_image *image)
{
	static const char type[] = "struct mm_struct";

	image->memory = allocate(image, type);
	for (unsigned i = 0; i < PROCESS_AREAS; i++)
		add_area(image, i);
	if (image->layout != PROCESS_TREES)
		set(image, image->memory, type, "mmap", image->areas[0]);
	else
		add_tree(image);
	/* The second area is the heap, the last one the stack. */
	set(image, image->memory, type, "start_brk", PROCESS_START + PROCESS_AREA_BYTES);
	set(image, image->memory, type, "brk", PROCESS_START + 2 * PROCESS_AREA_BYTES);
	set(image, image->memory, type, "start_stack",
		PROCESS_START + PROCESS_AREAS * PROCESS_AREA_BYTES - 64);
	set(image, image->tree.task, "struct task_struct", "mm", image->memory);
}

/* --- files ------------------------------------------------------------------------ */

static void add_files(struct process_image *image)
{
	static const char type[] = "struct fdtable";
	struct linux_image *fake = &image->tree.fake;
	uint64_t open = (UINT64_C(1) << (TREE_DENTRIES + PROCESS_SOCKETS)) - 1;

	image->files = allocate(image, "struct files_struct");
	image->table = allocate(image, type);
	image->pointers = linux_image_allocate(fake, 8 * DESCRIPTORS);
	image->open = linux_image_allocate(fake, 8);
	image->close_on_exec = linux_image_allocate(fake, 8);
	set(image, image->files, "struct files_struct", "fdt", image->table);
	set(image, image->table, type, "max_fds", DESCRIPTORS);
	set(image, image->table, type, "fd", image->pointers);
	set(image, image->table, type, "open_fds", image->open);
	set(image, image->table, type, "close_on_exec", image->close_on_exec);
	put(image, image->open, open);
	put(image, image->close_on_exec, UINT64_C(0xaaaaaaaaaaaaaaaa));
	for (unsigned i = 0; i < TREE_DENTRIES; i++) {
		uint64_t inode = image->tree.inodes[i];

		set(image, inode, "struct inode", "i_mode", 0100644);
		set(image, image->tree.files[i], "struct file", "f_inode", inode);
		set(image, image->tree.files[i], "struct file", "f_flags", 0100002);
		set(image, image->tree.files[i], "struct file", "f_pos", 7 * i);
		put(image, image->pointers + 8 * i, image->tree.files[i]);
	}
	set(image, image->tree.task, "struct task_struct", "files", image->files);
}

/* --- sockets ---------------------------------------------------------------------- */

static const struct {
	const char *type;
	unsigned family, kind, protocol, state;
	bool has_file;
} kinds[PROCESS_SOCKETS] = {
	[PROCESS_LISTENING] = {"struct sock", FAMILY_INET, 1, 6, 10, true},
	[PROCESS_CONNECTED] = {"struct sock", FAMILY_INET, 1, 6, 1, true},
	[PROCESS_ENDING] = {"struct inet_timewait_sock", FAMILY_INET, 0, 0, 6, false},
	[PROCESS_UDP6] = {"struct sock", FAMILY_INET6, 2, 17, 7, true},
	[PROCESS_UNIX] = {"struct unix_sock", FAMILY_UNIX, 1, 0, 10, true},
	[PROCESS_UNIX_PEER] = {"struct unix_sock", FAMILY_UNIX, 1, 0, 1, true},
	[PROCESS_NETLINK] = {"struct netlink_sock", FAMILY_NETLINK, 3, 0, 7, true},
};

static void add_socket_file(struct process_image *image, unsigned which)
{
	uint64_t whole = allocate(image, "struct socket_alloc");
	uint64_t file = allocate(image, "struct file");
	uint64_t inode = place_of(image, whole, "struct socket_alloc", "vfs_inode");
	uint64_t path = place_of(image, file, "struct file", "f_path");

	set(image, whole, "struct socket", "sk", image->sockets[which]);
	set(image, whole, "struct socket", "file", file);
	set(image, image->sockets[which], "struct sock", "sk_socket", whole);
	set(image, inode, "struct inode", "i_ino", 300 + which);
	set(image, inode, "struct inode", "i_mode", 0140777);
	set(image, inode, "struct inode", "i_sb", image->tree.super_blocks[0]);
	set(image, file, "struct file", "f_inode", inode);
	set(image, file, "struct file", "f_flags", 2);
	set(image, file, "struct file", "private_data", whole);
	set(image, path, "struct path", "mnt",
		place_of(image, image->tree.mounts[TREE_MOUNT_NOWHERE], "struct mount",
			"mnt"));
	set(image, path, "struct path", "dentry", image->tree.dentries[TREE_SOCKET]);
	put(image, image->pointers + 8 * (TREE_DENTRIES + which), file);
}

static void add_socket(struct process_image *image, unsigned which)
{
	static const char common[] = "struct sock_common";
	uint64_t sock = allocate(image, kinds[which].type);

	image->sockets[which] = sock;
	set(image, sock, common, "skc_family", kinds[which].family);
	set(image, sock, common, "skc_state", kinds[which].state);
	set(image, sock, common, "skc_rcv_saddr", 0x0100007f);
	set(image, sock, common, "skc_daddr", 0x0200007f);
	set(image, sock, common, "skc_num", 1000 + which);
	/* In the network's order: 80. */
	set(image, sock, common, "skc_dport", 80 << 8);
	if (image->layout != PROCESS_ONE_NETWORK)
		set(image, sock, common, "skc_net.net", image->network);
	if (!kinds[which].has_file)
		return;
	set(image, sock, "struct sock", "sk_type", kinds[which].kind);
	set(image, sock, "struct sock", "sk_protocol", kinds[which].protocol);
	add_socket_file(image, which);
}

/* Behind the head at @p head; @p end is what stands at the end. */
static void chain(
	struct process_image *image, uint64_t head, uint64_t links, uint64_t end)
{
	put(image, head, links);
	put(image, links, end);
}

static uint64_t links_of(struct process_image *image, unsigned which)
{
	return place_of(image, image->sockets[which], "struct sock_common", "skc_node");
}

static void add_tcp(struct process_image *image)
{
	static const char type[] = "struct inet_hashinfo";
	struct linux_image *fake = &image->tree.fake;
	size_t stride = linux_image_sizeof(fake, "struct inet_listen_hashbucket");
	uint64_t base = image->layout != PROCESS_TREES ? 0 : LISTENING_BASE;

	image->hashinfo = allocate(image, type);
	image->connected = linux_image_allocate(fake, 8 * CHAINS);
	image->listening = place_of(image, image->hashinfo, type,
		image->layout != PROCESS_TREES ? "listening_hash" : "ehash");
	if (image->layout == PROCESS_TREES) {
		image->listening = linux_image_allocate(fake, CHAINS * stride);
		set(image, image->hashinfo, type, "lhash2", image->listening);
		set(image, image->hashinfo, type, "lhash2_mask", CHAINS - 1);
	}
	set(image, image->hashinfo, type, "ehash", image->connected);
	set(image, image->hashinfo, type, "ehash_mask", CHAINS - 1);
	for (unsigned i = 0; i < CHAINS; i++) {
		put(image, image->connected + 8 * i, 2 * i + 1);
		put(image, image->listening + i * stride + 8, 2 * (base + i) + 1);
	}
	chain(image, image->connected + 8, links_of(image, PROCESS_CONNECTED),
		links_of(image, PROCESS_ENDING));
	put(image, links_of(image, PROCESS_ENDING), 2 * 1 + 1);
	chain(image, image->listening + 2 * stride + 8,
		links_of(image, PROCESS_LISTENING), 2 * (base + 2) + 1);
	set(image, image->network, "struct net", "ipv4.tcp_death_row.hashinfo",
		image->hashinfo);
}

static void add_udp(struct process_image *image)
{
	struct linux_image *fake = &image->tree.fake;
	size_t stride = linux_image_sizeof(fake, "struct udp_hslot");
	uint64_t table = allocate(image, "struct udp_table");
	uint64_t chains = linux_image_allocate(fake, CHAINS * stride);

	set(image, table, "struct udp_table", "hash", chains);
	set(image, table, "struct udp_table", "mask", CHAINS - 1);
	chain(image, chains + 3 * stride, links_of(image, PROCESS_UDP6), 0);
	if (image->layout != PROCESS_TREES)
		linux_image_symbol(fake, "udp_table", table);
	else
		set(image, image->network, "struct net", "ipv4.udp_table", table);
}

static void add_unix(struct process_image *image)
{
	struct linux_image *fake = &image->tree.fake;
	uint64_t address = allocate(image, "struct unix_address");
	uint64_t chains = linux_image_allocate(fake, 8 * UNIX_CHAINS);

	image->unix_chains = chains;
	linux_image_fill(
		fake, address, "struct unix_address", "name", "\1\0\0an\0ame", 9);
	set(image, address, "struct unix_address", "len", 9);
	set(image, image->sockets[PROCESS_UNIX], "struct unix_sock", "addr", address);
	set(image, image->sockets[PROCESS_UNIX_PEER], "struct unix_sock", "peer",
		image->sockets[PROCESS_UNIX]);
	chain(image, chains + 8 * 5, links_of(image, PROCESS_UNIX), 0);
	chain(image, chains + 8 * 511, links_of(image, PROCESS_UNIX_PEER), 0);
	if (image->layout != PROCESS_TREES)
		linux_image_symbol(fake, "unix_socket_table", chains);
	else
		set(image, image->network, "struct net", "unx.table.buckets", chains);
}

static void add_netlink(struct process_image *image)
{
	static const char type[] = "struct bucket_table";
	struct linux_image *fake = &image->tree.fake;
	uint64_t tables = linux_image_allocate(fake, 8 * NETLINK_PROTOCOLS);
	uint64_t chains = allocate(image, type), pointer = linux_image_allocate(fake, 8);
	uint64_t heads = place_of(image, chains, type, "buckets");
	uint64_t sock = image->sockets[PROCESS_NETLINK];

	set(image, sock, "struct netlink_sock", "portid", 431);
	set(image, chains, type, "size", 4);
	/* The head is locked. */
	chain(image, heads + 8, place_of(image, sock, "struct netlink_sock", "node"),
		(heads + 8) | 1);
	put(image, heads + 8, place_of(image, sock, "struct netlink_sock", "node") | 1);
	put(image, tables, chains);
	put(image, pointer, tables);
	linux_image_symbol(fake, "nl_table", pointer);
}

/* --- mounts, the network ---------------------------------------------------------- */

static void add_mounts(struct process_image *image)
{
	static const char type[] = "struct mount";
	struct linux_image *fake = &image->tree.fake;
	uint64_t text = linux_image_allocate(fake, 8), links[2];
	bool lists = image->layout != PROCESS_TREES;

	memcpy(linux_image_at(fake, text, 5), "none", 5);
	image->mounts = allocate(image, "struct mnt_namespace");
	set(image, image->namespaces, "struct nsproxy", "mnt_ns", image->mounts);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t mount = image->tree.mounts[i];

		set(image, mount, type, "mnt_ns", image->mounts);
		set(image, mount, type, "mnt_devname", text);
		set(image, mount, type, "mnt.mnt_flags", i ? 0x41 : 0x20);
		set(image, mount, type, "mnt.mnt_sb", image->tree.super_blocks[i]);
		links[i] = place_of(image, mount, type, lists ? "mnt_list" : "mnt_node");
	}
	if (lists) {
		linux_image_list(fake,
			place_of(image, image->mounts, "struct mnt_namespace", "list"),
			links, 2);
		return;
	}
	set(image, image->mounts, "struct mnt_namespace", "mounts.rb_node", links[1]);
	set(image, links[1], "struct rb_node", "rb_left", links[0]);
}

static void add_interface(struct process_image *image)
{
	static const char type[] = "struct net_device";
	struct linux_image *fake = &image->tree.fake;
	uint64_t in = allocate(image, "struct in_device");
	uint64_t hardware = linux_image_allocate(fake, 6), link;

	image->device = allocate(image, type);
	image->address = allocate(image, "struct in_ifaddr");
	memcpy(linux_image_at(fake, hardware, 6), "RT\0\x12\x34\x56", 6);
	linux_image_fill(fake, image->device, type, "name", "eth0", 5);
	set(image, image->device, type, "flags", 0x1003);
	set(image, image->device, type, "ifindex", 2);
	set(image, image->device, type, "mtu", 1500);
	set(image, image->device, type, "addr_len", 6);
	set(image, image->device, type, "dev_addr", hardware);
	set(image, image->device, type, "ip_ptr", in);
	set(image, in, "struct in_device", "ifa_list", image->address);
	set(image, image->address, "struct in_ifaddr", "ifa_local", 0x0f02000a);
	set(image, image->address, "struct in_ifaddr", "ifa_prefixlen", 24);
	link = place_of(image, image->device, type, "dev_list");
	linux_image_list(fake,
		place_of(image, image->network, "struct net", "dev_base_head"), &link, 1);
}

static void add_network(struct process_image *image)
{
	struct linux_image *fake = &image->tree.fake;
	uint64_t head = linux_image_allocate(fake, 16), link;

	image->network = allocate(image, "struct net");
	set(image, image->network, "struct net", "ns.inum", PROCESS_NAMESPACE);
	link = place_of(image, image->network, "struct net", "list");
	linux_image_list(fake, head, &link, 1);
	linux_image_symbol(fake, "net_namespace_list", head);
	linux_image_symbol(
		fake, "raw_v4_hashinfo", allocate(image, "struct raw_hashinfo"));
	if (image->layout != PROCESS_ONE_NETWORK)
		linux_image_symbol(
			fake, "raw_v6_hashinfo", allocate(image, "struct raw_hashinfo"));
	set(image, image->namespaces, "struct nsproxy", "net_ns", image->network);
}

void process_image_begin(struct process_image *image, enum process_layout layout)
{
	*image = (struct process_image){.layout = layout};
	tree_image_begin(&image->tree, IMAGE_BYTES, types[layout], true);
	image->namespaces = allocate(image, "struct nsproxy");
	set(image, image->tree.task, "struct task_struct", "nsproxy", image->namespaces);
	add_memory(image);
	add_files(image);
	add_mounts(image);
	add_network(image);
	for (unsigned i = 0; i < PROCESS_SOCKETS; i++)
		add_socket(image, i);
	/* Nobody has it open. */
	put(image, image->open,
		((UINT64_C(1) << (TREE_DENTRIES + PROCESS_SOCKETS)) - 1) &
			~(UINT64_C(1) << (TREE_DENTRIES + PROCESS_ENDING)));
	add_tcp(image);
	add_udp(image);
	add_unix(image);
	add_netlink(image);
	add_interface(image);
	linux_image_ready(&image->tree.fake);
}

void process_image_end(struct process_image *image)
{
	tree_image_end(&image->tree);
}

struct linux_image *process_image_changed(const uint8_t *data, size_t size)
{
	static struct process_image images[PROCESS_LAYOUTS];
	struct linux_image *fake;

	for (unsigned i = 0; i < PROCESS_LAYOUTS && !images[i].memory; i++)
		process_image_begin(&images[i], i);
	if (!size)
		return NULL;
	fake = &images[data[0] % PROCESS_LAYOUTS].tree.fake;
	linux_image_restore(fake);
	linux_image_change(fake, data + 1, size - 1);
	return fake;
}
