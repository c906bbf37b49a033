/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether the kernel that was found is the one that runs. After a reset all of the one
 * before is still in memory, its page tables and its banner included, so the CPUs have to
 * be asked: one that has the image mapped where it is, runs it.
 */
#include <string.h>

#include "kernel.h"

/* By page tables; a CPU that translates nothing runs no kernel. */
static struct sonde_error *ask_tables(const struct sonde_linux *kernel,
	const struct sonde_page_regime *regime, enum sonde_linux_verdict *ret)
{
	const struct sonde_arch *arch = sonde_target_base(&kernel->target)->arch;
	const struct sonde_linux_image *image = &kernel->image;

	*ret = SONDE_LINUX_GONE;
	for (unsigned i = 0; i < SONDE_LINUX_IMAGE_ATTEMPTS; i++) {
		struct sonde_page_regime tables = *regime;
		struct sonde_translation translation;
		struct sonde_error *error;

		if (!sonde_linux_image_tables(arch, &tables, i))
			return NULL;
		error = sonde_page_walk(kernel->space.tables.physical, &tables,
			image->first, &translation);
		if (!error && translation.physical_address == image->physical)
			*ret = SONDE_LINUX_RUNS;
		if (error && !sonde_error_is(error, SONDE_ERROR_FAULT))
			return error;
		sonde_error_destroy(error);
	}
	return NULL;
}

/*
 * By whoever translates without telling the tables. That nothing is mapped there says
 * little: a CPU in a program may have nothing of the kernel, and so may one that is just
 * entering it.
 */
static struct sonde_error *ask_translator(const struct sonde_linux *kernel,
	struct sonde_thread *thread, enum sonde_linux_verdict *ret)
{
	struct sonde_target *machine = sonde_target_base(&kernel->target);
	struct sonde_translation translation;
	struct sonde_error *error;

	*ret = SONDE_LINUX_UNKNOWN;
	error = sonde_target_translate(
		machine, thread, kernel->image.first, &translation);
	if (!error)
		*ret = translation.physical_address == kernel->image.physical
			       ? SONDE_LINUX_RUNS
			       : SONDE_LINUX_GONE;
	else if (sonde_error_is(error, SONDE_ERROR_INTERRUPTED))
		return error;
	sonde_error_destroy(error);
	return NULL;
}

static struct sonde_error *ask(const struct sonde_linux *kernel,
	struct sonde_thread *thread, enum sonde_linux_verdict *ret)
{
	struct sonde_page_regime regime;
	struct sonde_error *error = sonde_thread_read_regime(thread, &regime);

	if (sonde_error_is(error, SONDE_ERROR_UNSUPPORTED)) {
		sonde_error_destroy(error);
		return ask_translator(kernel, thread, ret);
	}
	CHECK(error);
	return ask_tables(kernel, &regime, ret);
}

/* The CPU that has just stopped is asked first: its registers are wanted anyway. */
static struct sonde_error *ask_stopped(
	const struct sonde_linux *kernel, enum sonde_linux_verdict *ret)
{
	const struct sonde_target *machine = sonde_target_base(&kernel->target);

	if (machine->state != SONDE_STATE_STOPPED || !machine->current ||
		machine->current->gone)
		return NULL;
	return ask(kernel, machine->current, ret);
}

struct sonde_error *sonde_linux_verify(
	const struct sonde_linux *kernel, enum sonde_linux_verdict *ret)
{
	struct sonde_thread *const *threads;
	size_t count;

	*ret = SONDE_LINUX_UNKNOWN;
	/* Without page tables it was found by where the CPUs are. */
	if (!kernel->image.regime.range_count)
		return NULL;
	CHECK(ask_stopped(kernel, ret));
	if (*ret == SONDE_LINUX_RUNS)
		return NULL;
	CHECK(sonde_target_threads(sonde_target_base(&kernel->target), &threads, &count));
	for (size_t i = 0; i < count && *ret != SONDE_LINUX_RUNS; i++) {
		enum sonde_linux_verdict verdict = SONDE_LINUX_UNKNOWN;

		if (!threads[i]->gone)
			CHECK(ask(kernel, threads[i], &verdict));
		if (verdict != SONDE_LINUX_UNKNOWN)
			*ret = verdict;
	}
	return NULL;
}

static bool has_banner_still(struct sonde_linux *kernel)
{
	size_t length = strlen(kernel->banner.text);
	char text[SONDE_LINUX_BANNER_MAX];
	struct sonde_error *error;
	bool same;

	error = sonde_space_read(
		&kernel->space.space, kernel->banner.address, text, length);
	same = !error && !memcmp(text, kernel->banner.text, length);
	sonde_error_destroy(error);
	return same;
}

struct sonde_error *sonde_linux_is_there_still(struct sonde_linux *kernel, bool *ret)
{
	enum sonde_linux_verdict verdict;

	CHECK(sonde_linux_verify(kernel, &verdict));
	/* Another kernel may be at the same place. */
	*ret = verdict != SONDE_LINUX_GONE &&
	       (*kernel->banner.text ? has_banner_still(kernel)
				     : verdict == SONDE_LINUX_RUNS);
	return NULL;
}
