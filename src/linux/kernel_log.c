/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sonde/kernel_log.h>
#include <string.h>

#include "kernel.h"
#include "log_ring.h"
#include "options.h"

enum {
	/** Readings after which one that is not complete is not waited for any more. */
	READINGS_STUCK = 10,
	/** Readings between two looks whether the same kernel runs. */
	READINGS_SAME = 10,
};

/* More than this is behind, and not before. */
#define FAR (UINT64_C(1) << 61)

struct sonde_kernel_log {
	struct sonde_target *target;
	struct sonde_linux_log_ring ring;
	/** They live longer than the kernel: by them one is told from another. */
	const struct sonde_types *types;
	bool follow;
	struct sonde_linux_log_records records;
	/** What is handed out. */
	struct sonde_kernel_record *list;
	size_t count, next;
	/** What is read next: by the ring's count, and by the record's. */
	uint64_t next_id, next_sequence;
	/** The one that is waited for, for so many readings. */
	uint64_t stuck_id;
	unsigned stuck;
	unsigned readings;
	const char *incomplete;
};

static uint64_t distance(uint64_t from, uint64_t to)
{
	return (to - from) & SONDE_LINUX_LOG_ID;
}

/* --- what was read ---------------------------------------------------------------- */

static void hand_out(
	struct sonde_kernel_log *log, const struct sonde_linux_log_record *record)
{
	/* In another ring the kernel has them once more. */
	if (log->follow && record->sequence < log->next_sequence && !record->torn)
		return;
	log->list[log->count++] = (struct sonde_kernel_record){
		.sequence = record->sequence,
		.time = record->time,
		.level = record->level,
		.facility = record->facility,
		.text = (const char *)log->records.texts.data + record->text,
		.length = record->length,
		.complete = record->state == SONDE_LINUX_LOG_FINALIZED,
		.torn = record->torn,
	};
	if (!record->torn)
		log->next_sequence = record->sequence + 1;
}

static bool is_complete(const struct sonde_linux_log_record *record)
{
	return record->state != SONDE_LINUX_LOG_RESERVED &&
	       record->state != SONDE_LINUX_LOG_COMMITTED;
}

/* Whether one that is not complete stays so, while others come after it. */
static bool is_stuck(struct sonde_kernel_log *log, size_t index)
{
	const struct sonde_linux_log_record *record = &log->records.list[index];
	bool followed = false;

	for (size_t i = index + 1; i < log->records.count && !followed; i++)
		followed = log->records.list[i].state == SONDE_LINUX_LOG_FINALIZED;
	if (record->id != log->stuck_id)
		log->stuck = 0;
	log->stuck_id = record->id;
	return ++log->stuck > READINGS_STUCK && followed;
}

/* Returns how many were overwritten. */
static uint64_t take(struct sonde_kernel_log *log)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < log->records.count; i++) {
		const struct sonde_linux_log_record *record = &log->records.list[i];

		if (log->follow && !is_complete(record) && !is_stuck(log, i))
			break;
		log->next_id = (record->id + 1) & SONDE_LINUX_LOG_ID;
		if (record->state == SONDE_LINUX_LOG_FINALIZED ||
			record->state == SONDE_LINUX_LOG_COMMITTED)
			hand_out(log, record);
		else if (record->state != SONDE_LINUX_LOG_RESERVED)
			lost++;
	}
	return lost;
}

/* Descriptors of others were overwritten meanwhile, or are not what they should be. */
static struct sonde_error *check(struct sonde_kernel_log *log)
{
	const struct sonde_linux_log_shape *shape = &log->ring.shape;
	bool foreign = false;

	for (size_t i = 0; i < log->records.count; i++)
		foreign |= log->records.list[i].state == SONDE_LINUX_LOG_FOREIGN;
	log->incomplete = NULL;
	if (log->records.overflow)
		log->incomplete = "its texts are more than it has room for";
	if (!foreign)
		return NULL;
	CHECK(sonde_linux_log_ring_look(&log->ring));
	for (size_t i = 0; i < log->records.count; i++)
		if (log->records.list[i].state == SONDE_LINUX_LOG_FOREIGN &&
			distance(shape->tail, log->records.list[i].id) < shape->count)
			log->incomplete =
				"some descriptors are not those of records that should "
				"be there";
	return NULL;
}

/* Reads from log->next_id to the end. */
static struct sonde_error *gather(struct sonde_kernel_log *log, uint64_t *lost)
{
	const struct sonde_linux_log_shape *shape = &log->ring.shape;

	free(log->list);
	log->list = NULL;
	log->count = log->next = 0;
	sonde_linux_log_records_deinit(&log->records);
	*lost = 0;
	if (distance(log->next_id, shape->head + 1) == 0)
		return NULL;
	CHECK(sonde_linux_log_ring_read(
		&log->ring, log->next_id, shape->head, &log->records));
	log->list = calloc(log->records.count, sizeof(*log->list));
	if (!log->list)
		return sonde_error_no_memory();
	*lost = take(log);
	return check(log);
}

/* --- opening ---------------------------------------------------------------------- */

/* All of the kernel that runs now. */
static struct sonde_error *begin(struct sonde_kernel_log *log)
{
	struct sonde_linux *kernel = sonde_linux_below(log->target);
	uint64_t lost;

	CHECK(sonde_linux_log_ring_find(kernel, &log->ring));
	log->types = kernel->types.types;
	CHECK(sonde_linux_log_ring_look(&log->ring));
	log->next_id = log->ring.shape.tail;
	log->next_sequence = 0;
	log->stuck = 0;
	return gather(log, &lost);
}

struct sonde_error *sonde_kernel_log_open(struct sonde_target *target,
	const struct sonde_kernel_log_options *options, struct sonde_kernel_log **ret)
{
	struct sonde_kernel_log_options given = {.size = sizeof(given)};
	struct sonde_kernel_log *log;
	struct sonde_error *error;

	CHECK(sonde_linux_take_options(options, &given, sizeof(given)));
	CHECK(sonde_kernel_find(target));
	log = calloc(1, sizeof(*log));
	if (!log)
		return sonde_error_no_memory();
	log->target = target;
	log->follow = given.follow;
	error = begin(log);
	if (error) {
		sonde_kernel_log_close(log);
		return sonde_error_while(error, "reading the kernel's log of %s",
			sonde_target_name(target));
	}
	*ret = log;
	return NULL;
}

const struct sonde_kernel_record *sonde_kernel_log_next(struct sonde_kernel_log *log)
{
	return log->next < log->count ? &log->list[log->next++] : NULL;
}

const char *sonde_kernel_log_incomplete(const struct sonde_kernel_log *log)
{
	return log->incomplete;
}

void sonde_kernel_log_close(struct sonde_kernel_log *log)
{
	if (!log)
		return;
	sonde_linux_log_records_deinit(&log->records);
	free(log->list);
	free(log);
}

/* --- following -------------------------------------------------------------------- */

static bool is_about_content(const struct sonde_error *error)
{
	return sonde_error_is(error, SONDE_ERROR_FAULT) ||
	       sonde_error_is(error, SONDE_ERROR_BAD_DATA);
}

/* Looking for the kernel asks for registers: not each time, unless something is odd.
 * *@p same: it is the one whose log this is. */
static struct sonde_error *look(struct sonde_kernel_log *log, bool *same)
{
	struct sonde_linux *kernel = log->ring.kernel;
	struct sonde_error *error;

	*same = true;
	if (kernel->found && kernel->types.types == log->types &&
		++log->readings % READINGS_SAME) {
		error = sonde_linux_log_ring_look(&log->ring);
		if (!is_about_content(error))
			return error;
		sonde_error_destroy(error);
	}
	CHECK(sonde_linux_find(kernel));
	*same = kernel->types.types == log->types;
	return *same ? sonde_linux_log_ring_look(&log->ring) : NULL;
}

/* Where to go on in the ring as it is now. Returns how many are not in it any more;
 * *@p anew: it is another ring, all of which is read. */
static uint64_t go_on(struct sonde_kernel_log *log,
	const struct sonde_linux_log_shape *before, bool *anew)
{
	const struct sonde_linux_log_shape *shape = &log->ring.shape;
	uint64_t behind = distance(log->next_id, shape->head + 1), lost = 0;
	uint64_t there = distance(shape->tail, shape->head + 1);

	/* The kernel has taken a larger one. */
	*anew = shape->descs != before->descs || shape->data != before->data ||
		behind > FAR;
	if (*anew) {
		log->next_id = shape->tail;
		return 0;
	}
	if (behind > there) {
		lost = behind - there;
		log->next_id = shape->tail;
	}
	return lost;
}

static struct sonde_error *read_log(
	struct sonde_kernel_log *log, struct sonde_kernel_log_news *news)
{
	struct sonde_linux_log_shape before = log->ring.shape;
	uint64_t passed, overwritten;
	bool same, anew;

	log->follow = true;
	CHECK(look(log, &same));
	if (!same) {
		news->restarted = true;
		return begin(log);
	}
	passed = go_on(log, &before, &anew);
	CHECK(gather(log, &overwritten));
	news->lost = passed + (anew ? 0 : overwritten);
	return NULL;
}

struct sonde_error *sonde_kernel_log_read(
	struct sonde_kernel_log *log, struct sonde_kernel_log_news *ret)
{
	struct sonde_kernel_log_news news = {.size = sizeof(news)};
	size_t size = ret->size < sizeof(news) ? ret->size : sizeof(news);

	if (ret->size < sizeof(ret->size))
		return sonde_error_create(SONDE_ERROR_INVALID,
			"struct sonde_kernel_log_news does not tell its size");
	CHECK(sonde_error_while(read_log(log, &news), "reading the kernel's log of %s",
		sonde_target_name(log->target)));
	news.size = size;
	memcpy(ret, &news, size);
	return NULL;
}

/* --- words ------------------------------------------------------------------------ */

const char *sonde_kernel_log_level_name(unsigned level)
{
	static const char *const names[] = {
		"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"};

	return level < ARRAY_SIZE(names) ? names[level] : NULL;
}

const char *sonde_kernel_log_facility_name(unsigned facility)
{
	static const char *const names[] = {"kern", "user", "mail", "daemon", "auth",
		"syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", NULL, NULL,
		NULL, NULL, "local0", "local1", "local2", "local3", "local4", "local5",
		"local6", "local7"};

	return facility < ARRAY_SIZE(names) ? names[facility] : NULL;
}
