/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finding the kernel: by what each CPU translates with; where no CPU tells that, by
 * VMCOREINFO; and where there is no physical memory, by
 * where the CPUs are. What was found counts as a kernel if it has
 * symbols or says that it is Linux.
 */
#include <string.h>

#include "cache.h"
#include "clock.h"
#include "kernel.h"
#include "log.h"
#include "vmcoreinfo.h"

/* arch/x86/include/asm/page_64_types.h: __START_KERNEL_map. */
#define X86_START_KERNEL_MAP UINT64_C(0xffffffff80000000)

enum {
	/** That are taken at CPUs that run. */
	LOOKS = 3,
};

struct finder {
	struct sonde_linux *kernel;
	struct sonde_target *machine;
	struct sonde_space *physical;
	/** A CPU told what it translates with, and that it translates. */
	bool told, translates;
	bool found;
};

/* --- what an image is ------------------------------------------------------------- */

/* Of what makes no sense, and only of that, somebody else may make more. */
static bool is_about_content(const struct sonde_error *error)
{
	return sonde_error_is(error, SONDE_ERROR_NOT_FOUND) ||
	       sonde_error_is(error, SONDE_ERROR_BAD_DATA) ||
	       sonde_error_is(error, SONDE_ERROR_FAULT);
}

/* Memory that is read at the speed of memory: else a scan takes minutes. */
static bool is_at_hand(const struct sonde_target *machine)
{
	const char *means = sonde_target_memory_means(machine);

	return !strcmp(means, "mmap") || !strcmp(means, "process");
}

static struct sonde_error *find_symbols(struct sonde_linux *kernel)
{
	const struct sonde_linux_image *image = &kernel->image;
	struct sonde_kallsyms_place place = {
		.first = image->first,
		.last = image->last,
		.likely = image->code_end < image->last ? image->code_end : image->first,
		.digits = sonde_linux_place(kernel, kernel->places.digits),
		.markers = sonde_linux_place(kernel, kernel->places.markers),
		.slow = !is_at_hand(sonde_target_base(&kernel->target)),
	};
	struct sonde_error *error = sonde_kallsyms_create(
		&kernel->image_space.space, &place, &kernel->symbols);

	if (!is_about_content(error))
		return error;
	sonde_log(
		&kernel->target.sonde->log, SONDE_LOG_INFO, "%s", sonde_error_why(error));
	sonde_error_destroy(error);
	return NULL;
}

static struct sonde_error *find_banner(struct sonde_linux *kernel, bool *found)
{
	struct sonde_space *space = &kernel->image_space.space;
	const struct sonde_linux_image *image = &kernel->image;
	struct sonde_symbol symbol;

	CHECK(sonde_linux_own_in_memory(kernel, "linux_banner", &symbol, found));
	if (*found)
		CHECK(sonde_linux_banner_read(
			space, symbol.address, &kernel->banner, found));
	if (!*found && image->code_end < image->last)
		CHECK(sonde_linux_banner_search(
			space, image->code_end, image->last, &kernel->banner, found));
	if (!*found && !kernel->symbols)
		CHECK(sonde_linux_banner_search(
			space, image->first, image->last, &kernel->banner, found));
	if (!*found)
		kernel->banner.text[0] = '\0';
	return NULL;
}

static uint64_t physical_of(const struct sonde_linux_image *image, uint64_t address)
{
	return image->physical + (address - image->first);
}

/* Whether @p regime maps the image as @p image says. */
static bool maps(struct sonde_space *physical, const struct sonde_page_regime *regime,
	const struct sonde_linux_image *image)
{
	struct sonde_translation translation;
	struct sonde_error *error =
		sonde_page_walk(physical, regime, image->first, &translation);
	bool same = !error && translation.physical_address == image->physical;

	sonde_error_destroy(error);
	return same;
}

/*
 * x86, riscv64: what a CPU has loaded are the tables of some process, which ends one day.
 * The kernel's own ones are in its image.
 */
static struct sonde_error *use_own_tables(struct finder *finder)
{
	static const char *const names[] = {"init_top_pgt", "swapper_pg_dir"};
	struct sonde_linux *kernel = finder->kernel;
	struct sonde_page_regime regime = kernel->image.regime;
	struct sonde_symbol symbol;
	bool found = false;

	for (unsigned i = 0; i < ARRAY_SIZE(names) && !found; i++)
		CHECK(sonde_linux_own_in_memory(kernel, names[i], &symbol, &found));
	if (!found || symbol.address < kernel->image.first ||
		symbol.address > kernel->image.last)
		return NULL;
	for (unsigned i = 0; i < regime.range_count; i++)
		if (regime.ranges[i].first >> 63)
			regime.ranges[i].root =
				physical_of(&kernel->image, symbol.address);
	if (maps(finder->physical, &regime, &kernel->image))
		kernel->image.regime = regime;
	return NULL;
}

static struct sonde_error *judge(struct finder *finder, bool *is_kernel)
{
	struct sonde_linux *kernel = finder->kernel;

	CHECK(sonde_linux_cache_load(kernel));
	CHECK(find_symbols(kernel));
	CHECK(find_banner(kernel, is_kernel));
	*is_kernel = *is_kernel || kernel->symbols;
	if (!*is_kernel)
		return NULL;
	CHECK(use_own_tables(finder));
	return sonde_linux_cache_store(kernel);
}

static struct sonde_error *try_image(
	struct finder *finder, const struct sonde_linux_image *image)
{
	struct sonde_linux *kernel = finder->kernel;
	struct sonde_error *error;
	bool is_kernel = false;

	sonde_linux_forget(kernel);
	kernel->image = *image;
	sonde_linux_image_space_init(&kernel->image_space, finder->physical, image);
	if (!is_at_hand(finder->machine))
		CHECK(sonde_linux_image_space_keep(&kernel->image_space));
	error = judge(finder, &is_kernel);
	if (error || !is_kernel) {
		sonde_linux_forget(kernel);
		if (!is_about_content(error))
			return error;
		sonde_error_destroy(error);
		return NULL;
	}
	sonde_linux_space_init(
		&kernel->space, finder->machine, finder->physical, &kernel->image.regime);
	kernel->epoch = finder->machine->epoch;
	kernel->asked = sonde_clock_ns();
	kernel->found = finder->found = true;
	return NULL;
}

static struct sonde_error *try_regime(
	struct finder *finder, const struct sonde_page_regime *regime, uint64_t anchor)
{
	for (unsigned i = 0; i < SONDE_LINUX_IMAGE_ATTEMPTS && !finder->found; i++) {
		struct sonde_linux_image image;
		bool found;

		CHECK(sonde_linux_image_find(finder->machine->arch, finder->physical,
			regime, anchor, i, &image, &found));
		if (found)
			CHECK(try_image(finder, &image));
	}
	return NULL;
}

/* --- by a CPU --------------------------------------------------------------------- */

/* Where exceptions enter the kernel, on CPUs that have one address for that; else 0. */
static struct sonde_error *read_anchor(struct sonde_thread *thread, uint64_t *ret)
{
	static const char *const names[] = {"VBAR", "VBAR_EL1"};

	*ret = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		const struct sonde_register *reg =
			sonde_thread_find_register(thread, names[i]);
		struct sonde_register_value value;

		if (!reg)
			continue;
		CHECK(sonde_thread_read_register(thread, reg, &value));
		if (value.available)
			*ret = sonde_register_value_integer(&value);
	}
	return NULL;
}

static struct sonde_error *try_cpu(struct finder *finder, struct sonde_thread *thread)
{
	struct sonde_page_regime regime;
	struct sonde_error *error = sonde_thread_read_regime(thread, &regime);
	uint64_t anchor;

	if (sonde_error_is(error, SONDE_ERROR_UNSUPPORTED)) {
		sonde_error_destroy(error);
		return NULL;
	}
	CHECK(error);
	finder->told = true;
	if (!regime.range_count)
		return NULL;
	finder->translates = true;
	CHECK(read_anchor(thread, &anchor));
	return try_regime(finder, &regime, anchor);
}

/* The one that stopped last first: it is the one that is asked about. */
static struct sonde_error *try_cpus(struct finder *finder,
	struct sonde_error *(*try)(struct finder *, struct sonde_thread *))
{
	struct sonde_thread *const *threads, *current;
	size_t count;

	CHECK(sonde_target_current_thread(finder->machine, &current));
	CHECK(sonde_target_threads(finder->machine, &threads, &count));
	CHECK(try(finder, current));
	for (size_t i = 0; i < count && !finder->found; i++)
		if (threads[i] != current && !threads[i]->gone)
			CHECK(try(finder, threads[i]));
	return NULL;
}

/* --- by a PC ---------------------------------------------------------------------- */

/* Stubs that know neither physical memory nor control registers, such as KGDB. */
static struct sonde_error *try_pc(struct finder *finder, struct sonde_thread *thread)
{
	struct sonde_linux_image image;
	uint64_t pc;
	bool found;

	CHECK(sonde_target_virtual(finder->machine, thread, &finder->physical));
	CHECK(sonde_thread_read_pc(thread, &pc));
	CHECK(sonde_linux_image_probe(finder->physical, pc, &image, &found));
	return found ? try_image(finder, &image) : NULL;
}

/* --- by VMCOREINFO ---------------------------------------------------------------- */

/* Registers as they are when the kernel has set them; what is not here is 0. */
struct made_up {
	const char *names[6];
	uint64_t values[6];
};

static bool read_made_up(void *user, const char *name, uint64_t *ret)
{
	const struct made_up *registers = user;

	for (unsigned i = 0; i < ARRAY_SIZE(registers->names); i++)
		if (registers->names[i] && !strcmp(registers->names[i], name)) {
			*ret = registers->values[i];
			return true;
		}
	return false;
}

/* CR0.PG; EFER.NXE, LMA and LME; CR4.PAE and LA57. */
static bool make_up_x86(const struct sonde_vmcoreinfo *info, struct made_up *ret)
{
	uint64_t tables, base, five = 0;

	if (!sonde_vmcoreinfo_hex(info, "SYMBOL(swapper_pg_dir)", &tables) ||
		!sonde_vmcoreinfo_number(info, "NUMBER(phys_base)", &base))
		return false;
	sonde_vmcoreinfo_number(info, "NUMBER(pgtable_l5_enabled)", &five);
	*ret = (struct made_up){
		{"cr0", "efer", "cr4", "cr3"},
		{UINT64_C(1) << 31, 0xd00, 0x20 | (five ? UINT64_C(1) << 12 : 0),
			tables - X86_START_KERNEL_MAP + base},
	};
	return true;
}

/* TCR_EL1: T1SZ, EPD0, TG1, DS (D19.2 of the Arm ARM); SCTLR_EL1.M. */
static bool make_up_aarch64(const struct sonde_vmcoreinfo *info, struct made_up *ret)
{
	uint64_t tables, offset, size, page = 4096, tcr;

	if (!sonde_vmcoreinfo_hex(info, "SYMBOL(swapper_pg_dir)", &tables) ||
		!sonde_vmcoreinfo_number(info, "NUMBER(kimage_voffset)", &offset) ||
		!sonde_vmcoreinfo_number(info, "NUMBER(TCR_EL1_T1SZ)", &size) ||
		size > 48)
		return false;
	sonde_vmcoreinfo_number(info, "PAGESIZE", &page);
	tcr = size << 16 | UINT64_C(1) << 7 |
	      (page == 4096	      ? UINT64_C(2)
		      : page == 16384 ? 1
				      : 3)
		      << 30;
	if (size < 16)
		tcr |= UINT64_C(6) << 32 | UINT64_C(1) << 59;
	*ret = (struct made_up){
		{"SCTLR", "TCR_EL1", "TTBR1_EL1", "cpsr"},
		{1, tcr, tables - offset, 5},
	};
	return true;
}

/* satp (4.1.11 of the privileged ISA): the mode by the bits of an address, the page. */
static bool make_up_riscv64(const struct sonde_vmcoreinfo *info, struct made_up *ret)
{
	uint64_t tables, offset, bits;

	if (!sonde_vmcoreinfo_hex(info, "SYMBOL(swapper_pg_dir)", &tables) ||
		!sonde_vmcoreinfo_number(info, "NUMBER(va_kernel_pa_offset)", &offset) ||
		!sonde_vmcoreinfo_number(info, "NUMBER(VA_BITS)", &bits) ||
		(bits != 39 && bits != 48 && bits != 57))
		return false;
	*ret = (struct made_up){
		{"satp"},
		{(8 + (bits - 39) / 9) << 60 | (tables - offset) >> 12},
	};
	return true;
}

static bool make_up(const struct sonde_arch *arch, const struct sonde_vmcoreinfo *info,
	struct sonde_page_regime *ret)
{
	static const struct {
		const struct sonde_arch *arch;
		bool (*make_up)(const struct sonde_vmcoreinfo *, struct made_up *);
	} known[] = {
		{&sonde_arch_x86_64, make_up_x86},
		{&sonde_arch_aarch64, make_up_aarch64},
		{&sonde_arch_riscv64, make_up_riscv64},
	};
	struct made_up registers = {{NULL}};
	struct sonde_arch_reader reader = {read_made_up, &registers};

	for (unsigned i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].arch == arch)
			return known[i].make_up(info, &registers) &&
			       arch->read_regime(&reader, ret);
	return false;
}

/* One kernel that left its page in memory: it may be gone since. */
static struct sonde_error *try_candidate(struct finder *finder,
	const struct sonde_vmcoreinfo *info, enum sonde_linux_verdict *ret)
{
	struct sonde_page_regime regime;
	uint64_t anchor = 0;

	*ret = SONDE_LINUX_GONE;
	if (!make_up(finder->machine->arch, info, &regime))
		return NULL;
	sonde_vmcoreinfo_hex(info, "SYMBOL(_stext)", &anchor);
	CHECK(try_regime(finder, &regime, anchor));
	return finder->found ? sonde_linux_verify(finder->kernel, ret) : NULL;
}

static void drop(struct finder *finder)
{
	sonde_linux_forget(finder->kernel);
	finder->found = false;
}

/* All there are, up to one that surely runs; else the first of which nobody knows. */
static struct sonde_error *try_candidates(struct finder *finder,
	struct sonde_vmcoreinfo *info, struct sonde_vmcoreinfo *unknown)
{
	enum sonde_linux_verdict verdict;
	uint64_t from = 0;
	bool found;

	for (unsigned i = 0; i < SONDE_VMCOREINFO_TRIES; i++) {
		CHECK(sonde_vmcoreinfo_scan(finder->machine, &from, info, &found));
		if (!found)
			break;
		CHECK(try_candidate(finder, info, &verdict));
		if (verdict == SONDE_LINUX_RUNS)
			return NULL;
		if (verdict == SONDE_LINUX_UNKNOWN && !*unknown->release)
			*unknown = *info;
		drop(finder);
	}
	return *unknown->release ? try_candidate(finder, unknown, &verdict) : NULL;
}

static struct sonde_error *try_vmcoreinfo(struct finder *finder)
{
	CLEANUP(cleanup_free) struct sonde_vmcoreinfo *infos = NULL;

	if (!is_at_hand(finder->machine))
		return NULL;
	infos = calloc(2, sizeof(*infos));
	if (!infos)
		return sonde_error_no_memory();
	return try_candidates(finder, &infos[0], &infos[1]);
}

/* ---------------------------------------------------------------------------------- */

static struct sonde_error *refuse(const struct finder *finder)
{
	const char *why = "nothing in the guest's memory looks like a kernel";

	if (finder->translates)
		why = "no CPU has a kernel mapped: the firmware may be at work, or the "
		      "decompressor";
	else if (finder->told)
		why = "no CPU translates addresses yet: the firmware is at work";
	else if (!is_at_hand(finder->machine))
		why = "the registers do not tell where page tables are, and no CPU is "
		      "in a kernel that can be read";
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_NOT_FOUND, "no kernel yet: %s", why),
		"--wait waits for one, --level machine does without");
}

/*
 * A CPU that runs may have left the tables that its registers told of, and they may have
 * become something else before they were read: then it is asked once more.
 */
static struct sonde_error *try_running_cpus(struct finder *finder)
{
	for (unsigned i = 0; i < LOOKS; i++) {
		CHECK(try_cpus(finder, try_cpu));
		if (finder->found || !finder->translates ||
			sonde_target_state(finder->machine) == SONDE_STATE_STOPPED)
			return NULL;
		sonde_target_next_epoch(finder->machine);
	}
	return NULL;
}

static struct sonde_error *find_anew(struct sonde_linux *kernel)
{
	struct finder finder = {
		.kernel = kernel,
		.machine = sonde_target_base(&kernel->target),
	};
	struct sonde_error *error;

	if (!sonde_linux_image_is_known(finder.machine->arch))
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_UNSUPPORTED,
				"this version finds kernels on x86_64, aarch64 and "
				"riscv64, and this is %s",
				finder.machine->arch->name),
			"--level machine does without");
	error = sonde_target_physical(finder.machine, &finder.physical);
	if (!error)
		error = try_running_cpus(&finder);
	if (!error && !finder.found && !finder.told)
		error = try_vmcoreinfo(&finder);
	if (sonde_error_is(error, SONDE_ERROR_UNSUPPORTED)) {
		/* It has no physical memory. */
		sonde_error_destroy(error);
		error = NULL;
	}
	CHECK(error);
	if (!finder.found && !finder.translates)
		CHECK(try_cpus(&finder, try_pc));
	return finder.found ? NULL : refuse(&finder);
}

struct sonde_error *sonde_linux_repeat(const struct sonde_error *error)
{
	const char *hint = sonde_error_hint(error), *what = sonde_error_what(error);
	struct sonde_error *copy =
		sonde_error_create(sonde_error_kind(error), "%s", sonde_error_why(error));

	if (what && *what)
		copy = sonde_error_while(copy, "%s", what);
	return hint ? sonde_error_suggest(copy, "%s", hint) : copy;
}

/* In the same epoch it would be the same answer: it may have taken a scan. */
static struct sonde_error *look(struct sonde_linux *kernel, uint64_t epoch)
{
	struct sonde_error *error;

	if (kernel->missing && kernel->epoch == epoch)
		return sonde_linux_repeat(kernel->missing);
	sonde_linux_forget(kernel);
	error = find_anew(kernel);
	if (!sonde_error_is(error, SONDE_ERROR_NOT_FOUND))
		return error;
	kernel->missing = error;
	kernel->epoch = sonde_target_base(&kernel->target)->epoch;
	return sonde_linux_repeat(error);
}

struct sonde_error *sonde_linux_find(struct sonde_linux *kernel)
{
	const struct sonde_target *machine = sonde_target_base(&kernel->target);
	bool same = false;

	CHECK(sonde_target_check_readable(machine));
	if (kernel->found && kernel->epoch == machine->epoch)
		return NULL;
	if (kernel->found && sonde_target_runs_the_same(machine, kernel->asked)) {
		kernel->epoch = machine->epoch;
		return NULL;
	}
	if (kernel->found)
		CHECK(sonde_linux_is_there_still(kernel, &same));
	if (same) {
		kernel->epoch = machine->epoch;
		kernel->asked = sonde_clock_ns();
		return NULL;
	}
	return sonde_error_while(look(kernel, machine->epoch),
		"looking for the kernel of %s", kernel->target.name);
}
