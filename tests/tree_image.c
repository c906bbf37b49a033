/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tree_image.h"

#define LONG_PATH "/mnt/one/a name that is longer than the room in a dentry\n\x1b[31m\xff"
#define LONG_NAME (&LONG_PATH[9])

static const char types[] =
	"struct list_head { struct list_head *next, *prev; };"
	"struct seqcount { unsigned int sequence; };"
	"struct qstr { union { struct { u32 hash; u32 len; }; u64 hash_len; };"
	"	const unsigned char *name; };"
	"struct file_system_type { const char *name; };"
	"struct super_block { struct list_head s_list; u32 s_dev; unsigned long s_flags;"
	"	struct file_system_type *s_type; struct dentry *s_root; };"
	"struct inode { u16 i_mode; struct super_block *i_sb; unsigned long i_ino;"
	"	u32 i_rdev; void *i_private; };"
	"struct dentry_operations { void *d_revalidate, *d_dname; };"
	"struct dentry { u32 d_flags; u32 d_seq; struct { void *next, *pprev; } d_hash;"
	"	struct dentry *d_parent; struct qstr d_name; struct inode *d_inode;"
	"	unsigned char d_iname[32]; struct dentry_operations *d_op;"
	"	struct super_block *d_sb; };"
	"struct vfsmount { struct dentry *mnt_root; struct super_block *mnt_sb;"
	"	int mnt_flags; };"
	"struct rb_node { unsigned long rb_parent_color; struct rb_node *rb_right, "
	"*rb_left; };"
	"struct mount { struct list_head mnt_hash; struct mount *mnt_parent;"
	"	struct dentry *mnt_mountpoint; struct vfsmount mnt; const char "
	"*mnt_devname;"
	"	struct list_head mnt_list; struct rb_node mnt_node; struct mnt_namespace "
	"*mnt_ns;"
	"	int mnt_id; };"
	"struct path { struct vfsmount *mnt; struct dentry *dentry; };"
	"struct proc_ns_operations { const char *name; };"
	"struct ns_common { struct proc_ns_operations *ops; unsigned int inum; };"
	"struct fs_struct { int users; struct path root, pwd; };"
	"struct signal_struct { int nr_threads; struct list_head thread_head; };"
	"struct cred { struct { u32 val; } uid, gid, euid, egid; };"
	"struct upid { int nr; struct pid_namespace *ns; };"
	"struct pid { unsigned int level; struct upid numbers[1]; };"
	"struct pid_namespace { struct ns_common ns; };";

/* Short of what others declare at more length. */
static const char common[] =
	"struct file { struct path f_path; struct inode *f_inode; unsigned int f_flags;"
	"	long f_pos; void *private_data; };"
	"struct mm_struct { unsigned long total_vm, arg_start, arg_end; void *pgd;"
	"	struct file *exe_file; };" TREE_IMAGE_TASK;

const char *const tree_paths[TREE_DENTRIES] = {
	[TREE_ROOT] = "/",
	[TREE_MNT] = "/mnt",
	[TREE_UNDER] = "/mnt/under",
	[TREE_OTHER_ROOT] = "/mnt",
	[TREE_ONE] = "/mnt/one",
	[TREE_LONG] = LONG_PATH,
	[TREE_GONE] = "/mnt/one/gone (deleted)",
	[TREE_PIPE] = "pipe:[107]",
	[TREE_SOCKET] = "socket:[108]",
	[TREE_EVENT] = "anon_inode:[eventfd]",
	[TREE_MEMORY] = "/memfd:some (deleted)",
	[TREE_NAMESPACE] = "net:[4026531840]",
};

static const struct {
	const char *name;
	enum tree_dentry parent;
	enum tree_mount mount;
	const char *type;
	bool own_name;
} entries[TREE_DENTRIES] = {
	[TREE_ROOT] = {"/", TREE_ROOT, TREE_MOUNT_FIRST, "rootfs", false},
	[TREE_MNT] = {"mnt", TREE_ROOT, TREE_MOUNT_FIRST, "rootfs", false},
	[TREE_UNDER] = {"under", TREE_MNT, TREE_MOUNT_FIRST, "rootfs", false},
	[TREE_OTHER_ROOT] = {"/", TREE_OTHER_ROOT, TREE_MOUNT_SECOND, "tmpfs", false},
	[TREE_ONE] = {"one", TREE_OTHER_ROOT, TREE_MOUNT_SECOND, "tmpfs", false},
	[TREE_LONG] = {LONG_NAME, TREE_ONE, TREE_MOUNT_SECOND, "tmpfs", false},
	[TREE_GONE] = {"gone", TREE_ONE, TREE_MOUNT_SECOND, "tmpfs", false},
	[TREE_PIPE] = {"", TREE_PIPE, TREE_MOUNT_NOWHERE, "pipefs", true},
	[TREE_SOCKET] = {"", TREE_SOCKET, TREE_MOUNT_NOWHERE, "sockfs", true},
	[TREE_EVENT] = {"[eventfd]", TREE_EVENT, TREE_MOUNT_NOWHERE, "anon_inodefs",
		true},
	[TREE_MEMORY] = {"memfd:some", TREE_MEMORY, TREE_MOUNT_NOWHERE, "tmpfs", true},
	[TREE_NAMESPACE] = {"", TREE_NAMESPACE, TREE_MOUNT_NOWHERE, "nsfs", true},
};

static uint64_t allocate(struct tree_image *tree, const char *type)
{
	return linux_image_allocate(&tree->fake, linux_image_sizeof(&tree->fake, type));
}

static uint64_t add_text(struct tree_image *tree, const char *text)
{
	uint64_t address = linux_image_allocate(&tree->fake, strlen(text) + 1);

	memcpy(linux_image_at(&tree->fake, address, strlen(text) + 1), text,
		strlen(text) + 1);
	return address;
}

static void add_name(struct tree_image *tree, uint64_t dentry, const char *name)
{
	struct linux_image *fake = &tree->fake;
	uint64_t address = dentry + linux_image_offset(fake, "struct dentry", "d_iname");

	if (strlen(name) < 32)
		linux_image_fill(
			fake, dentry, "struct dentry", "d_iname", name, strlen(name));
	else
		address = add_text(tree, name);
	linux_image_set(fake, dentry, "struct dentry", "d_name.len", strlen(name));
	linux_image_set(fake, dentry, "struct dentry", "d_name.name", address);
}

static uint64_t add_super_block(struct tree_image *tree, const char *name)
{
	uint64_t type = allocate(tree, "struct file_system_type");
	uint64_t super = allocate(tree, "struct super_block");

	linux_image_set(&tree->fake, type, "struct file_system_type", "name",
		add_text(tree, name));
	linux_image_set(&tree->fake, super, "struct super_block", "s_type", type);
	return super;
}

static uint64_t add_inode(struct tree_image *tree, unsigned which, uint64_t super)
{
	uint64_t inode = allocate(tree, "struct inode"), ns, operations;
	struct linux_image *fake = &tree->fake;

	linux_image_set(fake, inode, "struct inode", "i_ino", 100 + which);
	linux_image_set(fake, inode, "struct inode", "i_sb", super);
	if (which != TREE_NAMESPACE)
		return inode;
	ns = allocate(tree, "struct ns_common");
	operations = allocate(tree, "struct proc_ns_operations");
	linux_image_set(fake, operations, "struct proc_ns_operations", "name",
		add_text(tree, "net"));
	linux_image_set(fake, ns, "struct ns_common", "ops", operations);
	linux_image_set(fake, ns, "struct ns_common", "inum", 4026531840);
	linux_image_set(fake, inode, "struct inode", "i_private", ns);
	return inode;
}

static void add_dentry(struct tree_image *tree, unsigned which)
{
	uint64_t dentry = tree->dentries[which], super, inode, operations;
	struct linux_image *fake = &tree->fake;

	super = add_super_block(tree, entries[which].type);
	if (which == TREE_ROOT || which == TREE_OTHER_ROOT)
		tree->super_blocks[which == TREE_OTHER_ROOT] = super;
	inode = tree->inodes[which] = add_inode(tree, which, super);
	operations = allocate(tree, "struct dentry_operations");
	if (entries[which].own_name)
		linux_image_set(fake, operations, "struct dentry_operations", "d_dname",
			LINUX_IMAGE_BASE + 64);
	add_name(tree, dentry, entries[which].name);
	linux_image_set(fake, dentry, "struct dentry", "d_parent",
		tree->dentries[entries[which].parent]);
	linux_image_set(fake, dentry, "struct dentry", "d_inode", inode);
	linux_image_set(fake, dentry, "struct dentry", "d_sb", super);
	linux_image_set(fake, dentry, "struct dentry", "d_op", operations);
	if (which != TREE_GONE)
		linux_image_set(fake, dentry, "struct dentry", "d_hash.pprev", dentry);
}

static void set_path(
	struct tree_image *tree, uint64_t address, uint64_t mount, uint64_t dentry)
{
	struct linux_image *fake = &tree->fake;

	linux_image_set(fake, address, "struct path", "mnt",
		mount + linux_image_offset(fake, "struct mount", "mnt"));
	linux_image_set(fake, address, "struct path", "dentry", dentry);
}

static void add_file(struct tree_image *tree, unsigned which)
{
	struct linux_image *fake = &tree->fake;
	uint64_t file = allocate(tree, "struct file");
	uint64_t path = file + linux_image_offset(fake, "struct file", "f_path");

	set_path(tree, path, tree->mounts[entries[which].mount], tree->dentries[which]);
	tree->files[which] = file;
}

static void add_mount(struct tree_image *tree, enum tree_mount which,
	enum tree_mount parent, enum tree_dentry root, enum tree_dentry place)
{
	struct linux_image *fake = &tree->fake;
	uint64_t mount = tree->mounts[which];

	linux_image_set(fake, mount, "struct mount", "mnt_parent", tree->mounts[parent]);
	linux_image_set(
		fake, mount, "struct mount", "mnt.mnt_root", tree->dentries[root]);
	linux_image_set(
		fake, mount, "struct mount", "mnt_mountpoint", tree->dentries[place]);
	linux_image_set(fake, mount, "struct mount", "mnt_id", 20 + which);
}

/* The first task, and the process with the number 1. */
static void add_tasks(struct tree_image *tree)
{
	struct linux_image *fake = &tree->fake;
	uint64_t first = allocate(tree, "struct task_struct"), link;
	uint64_t signal = allocate(tree, "struct signal_struct");
	uint64_t head =
		signal + linux_image_offset(fake, "struct signal_struct", "thread_head");
	size_t tasks = linux_image_offset(fake, "struct task_struct", "tasks");

	tree->task = allocate(tree, "struct task_struct");
	tree->fs = allocate(tree, "struct fs_struct");
	linux_image_symbol(fake, "init_task", first);
	link = tree->task + tasks;
	linux_image_list(fake, first + tasks, &link, 1);
	link = tree->task + linux_image_offset(fake, "struct task_struct", "thread_node");
	linux_image_list(fake, head, &link, 1);
	linux_image_set(fake, tree->task, "struct task_struct", "signal", signal);
	linux_image_set(fake, tree->task, "struct task_struct", "pid", 1);
	/* "init" */
	linux_image_put(fake,
		tree->task + linux_image_offset(fake, "struct task_struct", "comm"),
		0x74696e69, 4);
	linux_image_set(fake, tree->task, "struct task_struct", "tgid", 1);
	linux_image_set(fake, tree->task, "struct task_struct", "fs", tree->fs);
	set_path(tree, tree->fs + linux_image_offset(fake, "struct fs_struct", "root"),
		tree->mounts[TREE_MOUNT_FIRST], tree->dentries[TREE_ROOT]);
}

void tree_image_begin(struct tree_image *tree, size_t bytes, const char *more, bool locks)
{
	size_t room = sizeof(types) + sizeof(common) + strlen(more);
	char *text = malloc(room);

	if (!text)
		abort();
	snprintf(text, room, "%s%s", types, *more ? more : common);
	linux_image_begin(&tree->fake, bytes, text);
	free(text);
	for (unsigned i = 0; i < TREE_DENTRIES; i++)
		tree->dentries[i] = allocate(tree, "struct dentry");
	for (unsigned i = 0; i < TREE_MOUNTS; i++)
		tree->mounts[i] = allocate(tree, "struct mount");
	for (unsigned i = 0; i < TREE_DENTRIES; i++)
		add_dentry(tree, i);
	add_mount(tree, TREE_MOUNT_FIRST, TREE_MOUNT_FIRST, TREE_ROOT, TREE_ROOT);
	add_mount(tree, TREE_MOUNT_SECOND, TREE_MOUNT_FIRST, TREE_OTHER_ROOT, TREE_MNT);
	add_mount(tree, TREE_MOUNT_NOWHERE, TREE_MOUNT_NOWHERE, TREE_ROOT, TREE_ROOT);
	for (unsigned i = 0; i < TREE_DENTRIES; i++)
		add_file(tree, i);
	add_tasks(tree);
	tree->rename_lock = allocate(tree, "struct seqcount");
	tree->mount_lock = allocate(tree, "struct seqcount");
	if (!locks)
		return;
	linux_image_symbol(&tree->fake, "rename_lock", tree->rename_lock);
	linux_image_symbol(&tree->fake, "mount_lock", tree->mount_lock);
}

void tree_image_end(struct tree_image *tree)
{
	linux_image_end(&tree->fake);
}
