/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compiled by tests/system/symbol_files to be the vmlinux of a guest: a function at the
 * place of the guest's schedule(), and the names of what lies in its memory. */
struct list_head {
	struct list_head *next, *prev;
};

struct task_struct;
typedef int (*sample_handler)(struct task_struct *task, long argument);

struct only_in_dwarf {
	unsigned int low : 3, high : 5;
	struct task_struct *task;
	sample_handler handler;
	char name[12];
};

enum only_in_dwarf_state { STATE_OF_DWARF = 12 };

extern int vm_swappiness;
extern struct list_head super_blocks;
struct only_in_dwarf only;

int schedule(int argument);

static inline __attribute__((always_inline)) int twice(int value)
{
	return value * 2 + only.low; /* inlined */
}

int schedule(int argument)
{				     /* begin */
	int local = twice(argument); /* local */

	only.low = (unsigned int)local;
	only.task = (struct task_struct *)super_blocks.next;
	return vm_swappiness + STATE_OF_DWARF + local; /* return */
}
