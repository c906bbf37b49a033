/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's log: whole, wrapped, while it is written, followed, and as it lies. */
#include "wire_check.h"

#include <stdio.h>

#include <sonde/kernel_log.h>

#include "log_image.h"

static struct log_image image;

static uint64_t desc_of(uint64_t id)
{
	return image.descs + (id & (image.count - 1)) *
				     linux_image_sizeof(&image.fake, "struct prb_desc");
}

static struct sonde_kernel_log *open_log(bool follow)
{
	const struct sonde_kernel_log_options options = {
		.size = sizeof(options), .follow = follow};
	struct sonde_kernel_log *log = NULL;

	check(sonde_kernel_log_open(&image.fake.kernel.target, &options, &log));
	return log;
}

/* What log_image_write_number() wrote; of one that is not torn. */
static void check_number(const struct sonde_kernel_record *record)
{
	char text[40];
	int length = snprintf(
		text, sizeof(text), "record %llu ", (unsigned long long)record->sequence);

	assert_int_equal(record->length, (size_t)length + record->sequence * 7 % 50);
	assert_memory_equal(record->text, text, (size_t)length);
	assert_int_equal(record->text[record->length], 0);
	assert_int_equal(record->time, record->sequence * 1000000);
	assert_int_equal(record->level, record->sequence % 8);
	assert_int_equal(record->facility, record->sequence % 3);
	assert_false(record->torn);
}

/* All of @p log: numbers that count up, as their texts say. Returns how many. */
static unsigned check_all(struct sonde_kernel_log *log, uint64_t *last)
{
	const struct sonde_kernel_record *record;
	unsigned count = 0;

	while ((record = sonde_kernel_log_next(log))) {
		check_number(record);
		if (count)
			assert_int_equal(record->sequence, *last + 1);
		*last = record->sequence;
		count++;
	}
	return count;
}

/* As many records as there may be, so that each ring wraps, the descriptors' or the
 * texts' first; and blocks that end where the ring does. */
static void test_whole(void **state)
{
	static const unsigned sizes[][2] = {{4, 14}, {10, 10}, {6, 12}, {3, 9}};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		unsigned count_bits = sizes[i / 2][0], data_bits = sizes[i / 2][1];

		log_image_begin(&image, count_bits, data_bits);
		image.fits_exactly = i % 2;
		for (unsigned written = 1; written < 300; written++) {
			struct sonde_kernel_log *log;
			uint64_t last = 0;
			unsigned count;

			log_image_write_number(&image, LOG_IMAGE_FINALIZED);
			if (written > 40 && written % 7)
				continue;
			log = open_log(false);
			count = check_all(log, &last);
			assert_int_equal(last, image.sequence - 1);
			assert_true(count <= written);
			/* No more were overwritten than there is room for. */
			if (written < image.count && written * 80 < image.bytes)
				assert_int_equal(count, written);
			assert_true(count >= 4 || count == written);
			assert_null(sonde_kernel_log_incomplete(log));
			sonde_kernel_log_close(log);
		}
		log_image_end(&image);
	}
}

static void test_odd_records(void **state)
{
	static const char bytes[] = "a\0b\n\033[2J\xff";
	static char longest[2000];
	const struct sonde_kernel_record *record;
	struct sonde_kernel_log *log;
	uint64_t id;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	log_image_begin(&image, 5, 13);
	log_image_write(&image, LOG_IMAGE_FINALIZED, bytes, sizeof(bytes) - 1);
	log_image_write(&image, LOG_IMAGE_FINALIZED, "", 0);
	log_image_write(&image, LOG_IMAGE_FINALIZED, longest, sizeof(longest));
	/* There was no room for it. */
	id = log_image_write(&image, LOG_IMAGE_FINALIZED, "", 0);
	linux_image_set(
		&image.fake, desc_of(id), "struct prb_desc", "text_blk_lpos.begin", 1);
	linux_image_set(
		&image.fake, desc_of(id), "struct prb_desc", "text_blk_lpos.next", 1);
	log_image_write(&image, LOG_IMAGE_RESERVED, "not yet", 7);
	log_image_write(&image, LOG_IMAGE_COMMITTED, "and so", 6);
	log = open_log(false);
	record = sonde_kernel_log_next(log);
	assert_int_equal(record->length, sizeof(bytes) - 1);
	assert_memory_equal(record->text, bytes, sizeof(bytes));
	assert_true(record->complete);
	record = sonde_kernel_log_next(log);
	assert_int_equal(record->length, 0);
	assert_false(record->torn);
	record = sonde_kernel_log_next(log);
	assert_int_equal(record->length, sizeof(longest));
	record = sonde_kernel_log_next(log);
	assert_string_equal(record->text, "and so");
	assert_false(record->complete);
	assert_int_equal(record->sequence, image.sequence - 1);
	assert_null(sonde_kernel_log_next(log));
	sonde_kernel_log_close(log);
	log_image_end(&image);
}

/* Nothing was written yet. */
static void test_empty(void **state)
{
	struct sonde_kernel_log *log;

	(void)state;
	log_image_begin(&image, 5, 10);
	log = open_log(false);
	assert_null(sonde_kernel_log_next(log));
	assert_null(sonde_kernel_log_incomplete(log));
	sonde_kernel_log_close(log);
	log_image_end(&image);
}

/* --- while it is written ---------------------------------------------------------- */

static void write_some(struct linux_image *fake)
{
	(void)fake;
	for (unsigned i = 0; i < 10; i++)
		log_image_write_number(&image, LOG_IMAGE_FINALIZED);
}

static void write_round(struct linux_image *fake)
{
	(void)fake;
	for (unsigned i = 0; i < 200; i++)
		log_image_write_number(&image, LOG_IMAGE_FINALIZED);
}

static void begin_one(struct linux_image *fake)
{
	(void)fake;
	log_image_write_number(&image, LOG_IMAGE_RESERVED);
}

/* Whatever is written, and whenever: what is read is right, and goes on without a gap. */
static void test_written_meanwhile(void **state)
{
	static void (*const events[])(struct linux_image *) = {
		write_some, write_round, begin_one};

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(events); k++)
		for (unsigned when = 1; when < 60; when++) {
			struct sonde_kernel_log *log;
			uint64_t last = 0;

			log_image_begin(&image, 6, 12);
			write_round(NULL);
			image.fake.reads = 0;
			image.fake.happens = events[k];
			image.fake.when = when;
			log = open_log(false);
			check_all(log, &last);
			assert_null(sonde_kernel_log_incomplete(log));
			sonde_kernel_log_close(log);
			log_image_end(&image);
		}
}

/* --- followed --------------------------------------------------------------------- */

static struct sonde_kernel_log_news read_log(struct sonde_kernel_log *log)
{
	struct sonde_kernel_log_news news = {.size = sizeof(news)};

	check(sonde_kernel_log_read(log, &news));
	return news;
}

static void test_followed(void **state)
{
	struct sonde_kernel_log_news news;
	struct sonde_kernel_log *log;
	uint64_t last = 0, before, reads;

	(void)state;
	log_image_begin(&image, 6, 12);
	write_some(NULL);
	log = open_log(true);
	assert_int_equal(check_all(log, &last), 10);
	/* Nothing new: nothing but the ring's head is read. */
	reads = image.fake.reads;
	news = read_log(log);
	assert_int_equal(image.fake.reads - reads, 2);
	assert_int_equal(news.lost, 0);
	assert_null(sonde_kernel_log_next(log));
	for (unsigned i = 0; i < 50; i++) {
		write_some(NULL);
		news = read_log(log);
		before = last;
		assert_int_equal(check_all(log, &last), 10);
		assert_int_equal(last, before + 10);
		assert_int_equal(news.lost, 0);
		assert_false(news.restarted);
	}
	/* More than there is room for. */
	write_round(NULL);
	news = read_log(log);
	before = last;
	assert_int_equal(news.lost + check_all(log, &last), 200);
	assert_int_equal(last, before + 200);
	assert_true(news.lost > 0);
	sonde_kernel_log_close(log);
	log_image_end(&image);
}

/* One that is not complete is waited for, and those behind it with it. */
static void test_waited_for(void **state)
{
	struct sonde_kernel_log *log;
	uint64_t id, last = 0;

	(void)state;
	log_image_begin(&image, 6, 12);
	write_some(NULL);
	id = log_image_write_number(&image, LOG_IMAGE_COMMITTED);
	log = open_log(true);
	assert_int_equal(check_all(log, &last), 10);
	write_some(NULL);
	read_log(log);
	assert_int_equal(check_all(log, &last), 0);
	log_image_set_state(&image, id, LOG_IMAGE_FINALIZED);
	read_log(log);
	assert_int_equal(check_all(log, &last), 11);
	/* A writer that is stuck is not waited for for ever. */
	log_image_write_number(&image, LOG_IMAGE_RESERVED);
	write_some(NULL);
	for (unsigned i = 0; i < 10; i++) {
		read_log(log);
		assert_null(sonde_kernel_log_next(log));
	}
	read_log(log);
	last += 1;
	assert_int_equal(sonde_kernel_log_next(log)->sequence, last + 1);
	sonde_kernel_log_close(log);
	log_image_end(&image);
}

/* At boot, when log_buf_len= asks for a larger ring. */
static void test_replaced(void **state)
{
	struct sonde_kernel_log *log;
	uint64_t last = 0;

	(void)state;
	log_image_begin(&image, 4, 10);
	for (unsigned i = 0; i < 5; i++)
		log_image_write_number(&image, LOG_IMAGE_FINALIZED);
	log = open_log(true);
	assert_int_equal(check_all(log, &last), 5);
	log_image_replace(&image, 6, 12);
	image.sequence = 0;
	write_some(NULL);
	assert_int_equal(read_log(log).lost, 0);
	assert_int_equal(check_all(log, &last), 5);
	assert_int_equal(last, 9);
	sonde_kernel_log_close(log);
	log_image_end(&image);
}

/* --- lies ------------------------------------------------------------------------- */

static const char ring_type[] = "struct printk_ringbuffer";

static void test_ring_that_lies(void **state)
{
	static const struct {
		const char *member;
		uint64_t value;
	} lies[] = {
		{"desc_ring.count_bits", 0},
		{"desc_ring.count_bits", 31},
		{"desc_ring.count_bits", UINT32_MAX},
		{"desc_ring.descs", 0},
		{"desc_ring.descs", 0x401000},
		{"desc_ring.infos", 0x7fffffffffffffff},
		{"desc_ring.tail_id.counter", 0},
		{"desc_ring.head_id.counter", 12345},
		{"text_data_ring.size_bits", 0},
		{"text_data_ring.size_bits", 29},
		{"text_data_ring.data", 0x1000},
	};

	(void)state;
	log_image_begin(&image, 5, 12);
	write_some(NULL);
	memcpy(image.fake.pristine, image.fake.data, image.fake.bytes);
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		struct sonde_kernel_log *log;

		linux_image_restore(&image.fake);
		linux_image_set(&image.fake, image.ring, ring_type, lies[i].member,
			lies[i].value);
		check_says(sonde_kernel_log_open(&image.fake.kernel.target, NULL, &log),
			SONDE_ERROR_BAD_DATA, "no ring of records");
	}
	log_image_end(&image);
}

/* What may be read in vain is bounded, and what is wrong is marked. */
static unsigned count_torn(const char **incomplete)
{
	struct sonde_kernel_log *log = open_log(false);
	const struct sonde_kernel_record *record;
	unsigned torn = 0;

	*incomplete = sonde_kernel_log_incomplete(log);
	while ((record = sonde_kernel_log_next(log))) {
		assert_int_equal(record->text[record->length], 0);
		torn += record->torn;
	}
	sonde_kernel_log_close(log);
	assert_true(image.fake.reads < 50000);
	return torn;
}

static void test_descriptors_that_lie(void **state)
{
	static const uint64_t positions[] = {0, 8, 1000, 4096, 4104, UINT64_MAX - 7,
		UINT64_C(1) << 63, 0x7ffffffffffffff8, 4};
	const char *incomplete;
	uint64_t id;

	(void)state;
	log_image_begin(&image, 5, 12);
	write_some(NULL);
	id = image.head - 3;
	memcpy(image.fake.pristine, image.fake.data, image.fake.bytes);
	for (size_t i = 0; i < ARRAY_SIZE(positions); i++)
		for (size_t k = 0; k < ARRAY_SIZE(positions); k++) {
			linux_image_restore(&image.fake);
			linux_image_set(&image.fake, desc_of(id), "struct prb_desc",
				"text_blk_lpos.begin", positions[i]);
			linux_image_set(&image.fake, desc_of(id), "struct prb_desc",
				"text_blk_lpos.next", positions[k]);
			assert_int_equal(count_torn(&incomplete), 1);
			assert_null(incomplete);
		}
	/* Another one's. */
	linux_image_restore(&image.fake);
	log_image_set_state(&image, id, LOG_IMAGE_FINALIZED);
	linux_image_put(&image.fake, desc_of(id), 0x123456, 8);
	assert_int_equal(count_torn(&incomplete), 0);
	assert_string_equal(incomplete,
		"some descriptors are not those of records that should be there");
	/* Nothing at all. */
	linux_image_restore(&image.fake);
	linux_image_set(&image.fake, image.ring, ring_type, "desc_ring.descs",
		UINT64_C(0xffff888000000000));
	assert_int_equal(count_torn(&incomplete), 0);
	assert_non_null(incomplete);
	/* Texts of nothing. */
	linux_image_restore(&image.fake);
	linux_image_set(&image.fake, image.ring, ring_type, "text_data_ring.data",
		UINT64_C(0xffff888000000000));
	assert_int_equal(count_torn(&incomplete), 10);
	log_image_end(&image);
}

/* A quarter of a million descriptors, each with the longest text, all the same. */
#define MANY_DESCS UINT64_C(0xffff900000000000)
#define MANY_INFOS UINT64_C(0xffffa00000000000)
#define MANY_TEXTS UINT64_C(0xffffb00000000000)

static void fill(uint64_t address, uint64_t base, const uint64_t *words, size_t bytes,
	bool counts, uint8_t *buffer, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		uint64_t index = (address + i - base) / bytes;
		size_t at = (address + i - base) % bytes;
		uint64_t word = at / 8 < 3 ? words[at / 8] : 0;

		if (at / 8 == 0 && counts)
			word |= index;
		buffer[i] = (uint8_t)(word >> at % 8 * 8);
	}
}

static bool make_many(
	struct linux_image *fake, uint64_t address, uint8_t *buffer, size_t length)
{
	static const uint64_t desc[3] = {UINT64_C(2) << 62, 0, 65536};
	static const uint64_t info[3] = {0, 1, 0xe200ffff};

	if (address >= MANY_TEXTS)
		memset(buffer, 0, length);
	else if (address >= MANY_INFOS)
		fill(address, MANY_INFOS, info,
			linux_image_sizeof(fake, "struct printk_info"), true, buffer,
			length);
	else if (address >= MANY_DESCS)
		fill(address, MANY_DESCS, desc,
			linux_image_sizeof(fake, "struct prb_desc"), true, buffer,
			length);
	return address >= MANY_DESCS;
}

static void test_many_that_lie(void **state)
{
	const char *incomplete;

	(void)state;
	log_image_begin(&image, 5, 12);
	image.fake.elsewhere = make_many;
	linux_image_set(&image.fake, image.ring, ring_type, "desc_ring.count_bits", 18);
	linux_image_set(
		&image.fake, image.ring, ring_type, "text_data_ring.size_bits", 20);
	linux_image_set(
		&image.fake, image.ring, ring_type, "desc_ring.descs", MANY_DESCS);
	linux_image_set(
		&image.fake, image.ring, ring_type, "desc_ring.infos", MANY_INFOS);
	linux_image_set(
		&image.fake, image.ring, ring_type, "text_data_ring.data", MANY_TEXTS);
	linux_image_set(
		&image.fake, image.ring, ring_type, "desc_ring.tail_id.counter", 0);
	linux_image_set(&image.fake, image.ring, ring_type, "desc_ring.head_id.counter",
		(1 << 18) - 1);
	count_torn(&incomplete);
	assert_string_equal(incomplete, "its texts are more than it has room for");
	log_image_end(&image);
}

/* --- what is missing -------------------------------------------------------------- */

static void test_missing(void **state)
{
	struct sonde_kernel_log *log;
	struct linux_image fake;

	(void)state;
	/* Before 5.10 the log was another one. */
	linux_image_begin(&fake, 4096, "struct printk_log { u64 ts_nsec; };");
	linux_image_ready(&fake);
	check_says(sonde_kernel_log_open(&fake.kernel.target, NULL, &log),
		SONDE_ERROR_NOT_FOUND, "printk_ringbuffer");
	linux_image_end(&fake);
	assert_string_equal(sonde_kernel_log_level_name(4), "warn");
	assert_null(sonde_kernel_log_level_name(8));
	assert_string_equal(sonde_kernel_log_facility_name(0), "kern");
	assert_string_equal(sonde_kernel_log_facility_name(23), "local7");
	assert_null(sonde_kernel_log_facility_name(24));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_odd_records),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_written_meanwhile),
		cmocka_unit_test(test_followed),
		cmocka_unit_test(test_waited_for),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_ring_that_lies),
		cmocka_unit_test(test_descriptors_that_lie),
		cmocka_unit_test(test_many_that_lie),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
