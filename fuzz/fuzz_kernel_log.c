/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel's log with changes in it: a byte for how many records are written, then what
 * linux_image_change() takes; half of the changes come between two readings.
 */
#include <sonde/kernel_log.h>
#include <stdlib.h>
#include <string.h>

#include "log_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void forget(struct sonde_error *error)
{
	if (error && !*sonde_error_why(error))
		abort();
	sonde_error_destroy(error);
}

static void look(struct sonde_kernel_log *log)
{
	const struct sonde_kernel_record *record;
	unsigned count = 0;

	while ((record = sonde_kernel_log_next(log))) {
		if (record->text[record->length] || record->level > 7)
			abort();
		count += record->length && memchr(record->text, 0, record->length);
		if (count > 1 << 20)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct log_image image, pristine;
	struct sonde_kernel_log_news news = {.size = sizeof(news)};
	struct sonde_kernel_log_options options = {.size = sizeof(options)};
	struct sonde_kernel_log *log;
	struct sonde_error *error;
	size_t half = size / 2;

	if (!image.count) {
		log_image_begin(&image, 4, 10);
		pristine = image;
	}
	if (!size)
		return 0;
	linux_image_restore(&image.fake);
	pristine.fake = image.fake;
	image = pristine;
	for (unsigned i = 0; i < data[0] % 64; i++)
		log_image_write_number(&image, LOG_IMAGE_FINALIZED);
	linux_image_change(&image.fake, data + 1, half);
	options.follow = data[0] / 64 % 2;
	error = sonde_kernel_log_open(&image.fake.kernel.target, &options, &log);
	if (error) {
		forget(error);
		return 0;
	}
	look(log);
	if (half + 1 < size)
		linux_image_change(&image.fake, data + 1 + half, size - 1 - half);
	forget(sonde_kernel_log_read(log, &news));
	look(log);
	if (image.fake.reads > 100000)
		abort();
	sonde_kernel_log_close(log);
	return 0;
}
