/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stddef.h>
#include <string.h>

#include "known_variables.h"
#include "macros.h"

static const struct {
	const char *name, *type;
} variables[] = {
	/* Tasks, and what they have. */
	{"init_task", "struct task_struct"},
	{"init_mm", "struct mm_struct"},
	{"init_cred", "struct cred"},
	{"init_files", "struct files_struct"},
	{"init_fs", "struct fs_struct"},
	{"init_signals", "struct signal_struct"},
	{"init_sighand", "struct sighand_struct"},
	{"init_struct_pid", "struct pid"},
	{"root_user", "struct user_struct"},
	{"nr_threads", "int"},
	{"total_forks", "unsigned long"},
	/* Namespaces. */
	{"init_nsproxy", "struct nsproxy"},
	{"init_uts_ns", "struct uts_namespace"},
	{"init_pid_ns", "struct pid_namespace"},
	{"init_ipc_ns", "struct ipc_namespace"},
	{"init_time_ns", "struct time_namespace"},
	{"init_user_ns", "struct user_namespace"},
	{"init_cgroup_ns", "struct cgroup_namespace"},
	{"init_css_set", "struct css_set"},
	{"init_net", "struct net"},
	{"net_namespace_list", "struct list_head"},
	/* Modules, file systems, devices. */
	{"modules", "struct list_head"},
	{"btf_modules", "struct list_head"},
	{"super_blocks", "struct list_head"},
	{"file_systems", "struct file_system_type *"},
	{"slab_caches", "struct list_head"},
	{"bdi_list", "struct list_head"},
	{"cgroup_roots", "struct list_head"},
	{"iomem_resource", "struct resource"},
	{"ioport_resource", "struct resource"},
	{"clocksource_list", "struct list_head"},
	{"curr_clocksource", "struct clocksource *"},
	/* CPUs and time. */
	{"__cpu_possible_mask", "struct cpumask"},
	{"__cpu_present_mask", "struct cpumask"},
	{"__cpu_online_mask", "struct cpumask"},
	{"__cpu_active_mask", "struct cpumask"},
	{"nr_cpu_ids", "unsigned int"},
	{"boot_cpu_data", "struct cpuinfo_x86"},
	{"jiffies", "unsigned long"},
	{"jiffies_64", "u64"},
	/* Memory. */
	{"max_pfn", "unsigned long"},
	{"max_low_pfn", "unsigned long"},
	{"min_low_pfn", "unsigned long"},
	{"page_offset_base", "unsigned long"},
	{"vmalloc_base", "unsigned long"},
	{"vmemmap_base", "unsigned long"},
	{"phys_base", "unsigned long"},
	{"kimage_voffset", "u64"},
	{"memstart_addr", "s64"},
	{"mem_section", "struct mem_section **"},
	{"contig_page_data", "struct pglist_data"},
	/* What the kernel says, and how it is. */
	{"prb", "struct printk_ringbuffer *"},
	{"saved_command_line", "char *"},
	{"system_state", "enum system_states"},
	{"tainted_mask", "unsigned long"},
	{"oops_in_progress", "int"},
	{"panic_timeout", "int"},
	{"panic_on_oops", "int"},
	/* Of each CPU: kernels before 6.1 have no types of these, either. */
	{"runqueues", "struct rq"},
	{"current_task", "struct task_struct *"},
	{"pcpu_hot", "struct pcpu_hot"},
	{"__entry_task", "struct task_struct *"},
	{"cpu_number", "int"},
	{"cpu_info", "struct cpuinfo_x86"},
	{"cpu_tlbstate", "struct tlb_state"},
	{"kernel_cpustat", "struct kernel_cpustat"},
	{"kstat", "struct kernel_stat"},
	{"irq_stat", "irq_cpustat_t"},
	{"process_counts", "unsigned long"},
	{"vm_event_states", "struct vm_event_state"},
	{"softnet_data", "struct softnet_data"},
	{"hrtimer_bases", "struct hrtimer_cpu_base"},
	{"tick_cpu_sched", "struct tick_sched"},
};

const char *sonde_linux_known_variable(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		if (!strcmp(variables[i].name, name))
			return variables[i].type;
	}
	return NULL;
}
