/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"
#include "kallsyms_sample.h"
#include "kallsyms_tables.h"
#include "space_search.h"

enum {
	/** From one sample to the next (bytes), and how many numbers one has. */
	STEP = 8 << 10,
	NUMBERS = 4,
	/** Samples in a row that are like offsets: a table of fewer symbols is left to
	 * whoever reads everything. */
	SAMPLES_MIN = 4,
	/** Between symbols that follow each other, and between samples (bytes). */
	NEAR = 1 << 20,
	FAR = 64 << 20,
	/** An offset from itself falls by that where symbols share an address. */
	BACK = 64,
	/** Real kernels' names take twice as much, packed (bytes each). */
	NAME_MIN = 6,
	/** Images of more are not kernels. */
	IMAGE_MAX = 1 << 28,
	/** What tokens and their index have, and a step more (bytes). */
	BEFORE = 16 << 10,
};

struct sample {
	int32_t first, last;
	/** 1: the numbers rise, -1: they fall, 0: neither. */
	int direction;
};

/* A run of samples that are like offsets. */
struct table {
	uint64_t first, last;
	unsigned count;
};

static int direction_of(int64_t difference, int64_t most)
{
	if (difference > 0 && difference <= most)
		return 1;
	return difference < 0 && difference >= -most ? -1 : 0;
}

/* Most of the differences, and none that would be too large. */
static int direction_of_all(const int32_t *numbers)
{
	int sum = 0;

	for (unsigned i = 0; i + 1 < NUMBERS; i++) {
		int64_t difference = (int64_t)numbers[i + 1] - numbers[i];

		if (difference > NEAR || difference < -NEAR)
			return 0;
		sum += direction_of(difference, NEAR);
	}
	return sum > 1 ? 1 : sum < -1 ? -1 : 0;
}

static struct sonde_error *take_sample(
	struct sonde_space *space, uint64_t address, struct sample *ret)
{
	uint8_t bytes[4 * NUMBERS];
	int32_t numbers[NUMBERS];
	size_t got;

	*ret = (struct sample){.direction = 0};
	CHECK(sonde_space_read_part(space, address, bytes, sizeof(bytes), &got));
	if (got < sizeof(bytes))
		return NULL;
	for (unsigned i = 0; i < NUMBERS; i++)
		numbers[i] = (int32_t)sonde_kallsyms_u32(bytes + 4 * (size_t)i);
	*ret = (struct sample){
		.first = numbers[0],
		.last = numbers[NUMBERS - 1],
		.direction = direction_of_all(numbers),
	};
	return NULL;
}

static bool goes_on(const struct sample *before, const struct sample *sample)
{
	int64_t difference = (int64_t)sample->first - before->last;

	return sample->direction && sample->direction == before->direction &&
	       direction_of(difference, FAR) == sample->direction;
}

/*
 * Of tables in the order of kernels to 6.3: the base, which is an address in the image,
 * and as many symbols as there are offsets follow. Where the tokens are looked for,
 * behind most of the names; 0: not so.
 */
static struct sonde_error *find_tokens(struct sonde_space *space,
	const struct sonde_kallsyms_place *place, const struct table *table,
	uint64_t *ret)
{
	uint64_t from = table->last & ~UINT64_C(7);
	CLEANUP(cleanup_free) uint8_t *data = malloc(2 * STEP);
	size_t got;

	*ret = 0;
	if (!data)
		return sonde_error_no_memory();
	CHECK(sonde_space_read_part(space, from, data, 2 * STEP, &got));
	for (size_t at = 0; at + 16 <= got && !*ret; at += 8) {
		uint64_t base = sonde_kallsyms_u32(data + at) |
				(uint64_t)sonde_kallsyms_u32(data + at + 4) << 32;
		uint64_t count = sonde_kallsyms_u32(data + at + 8);
		uint64_t bytes = from + at - table->first;

		if (base >= place->first && base <= place->last &&
			4 * count <= bytes + STEP && 4 * count + STEP + 8 >= bytes)
			*ret = from + at + 16 + NAME_MIN * count;
	}
	return NULL;
}

static void add(struct sonde_kallsyms_range *ret, unsigned *count,
	const struct sonde_kallsyms_place *place, uint64_t first, uint64_t last)
{
	if (*count == SONDE_KALLSYMS_SAMPLE_RANGES)
		return;
	ret[*count].first = first > place->first ? first : place->first;
	ret[*count].last = last < place->last ? last : place->last;
	++*count;
}

static struct sonde_error *add_table(struct sonde_space *space,
	const struct sonde_kallsyms_place *place, const struct table *table,
	struct sonde_kallsyms_range *ret, unsigned *count, bool *sure)
{
	uint64_t tokens;

	if (table->count < SAMPLES_MIN)
		return NULL;
	CHECK(find_tokens(space, place, table, &tokens));
	*sure = tokens != 0;
	if (*sure)
		add(ret, count, place, tokens, place->last);
	else
		add(ret, count, place, table->first - BEFORE, table->first + STEP);
	return NULL;
}

struct sonde_error *sonde_kallsyms_sample(struct sonde_space *space,
	const struct sonde_kallsyms_place *place,
	struct sonde_kallsyms_range ret[SONDE_KALLSYMS_SAMPLE_RANGES], unsigned *count)
{
	struct table table = {.count = 0};
	struct sample before = {.direction = 0};
	uint64_t end = place->last;
	bool sure = false;

	*count = 0;
	if (end - place->likely > IMAGE_MAX)
		end = place->likely + IMAGE_MAX;
	for (uint64_t at = place->likely & ~(uint64_t)(STEP - 1);
		at <= end - STEP && !sure; at += STEP) {
		struct sample sample;

		CHECK(take_sample(space, at, &sample));
		if (table.count && goes_on(&before, &sample)) {
			table.count++;
		} else {
			CHECK(add_table(space, place, &table, ret, count, &sure));
			table = (struct table){
				.first = at, .count = sample.direction != 0};
		}
		table.last = at;
		before = sample;
	}
	return sure ? NULL : add_table(space, place, &table, ret, count, &sure);
}
