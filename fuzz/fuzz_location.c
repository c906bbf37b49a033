/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any operations as the location of a variable, on any registers and memory: it ends. */
#include <stdlib.h>
#include <string.h>

#include "location.h"

enum {
	/** Of an operation: its code, a type, an offset, two numbers. */
	OPERATION_BYTES = 12,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sonde_error *read_register(void *user, uint64_t number, uint64_t *ret)
{
	(void)user;
	*ret = number << 60 | number;
	return NULL;
}

static struct sonde_error *read_memory(
	void *user, uint64_t address, unsigned bytes, uint64_t *ret)
{
	(void)user;
	if (!bytes || bytes > 8)
		abort();
	if (address % 16 == 3)
		return sonde_error_fault(address, "nothing there");
	*ret = address & (UINT64_MAX >> (64 - 8 * bytes));
	return NULL;
}

static uint64_t move(void *user, uint64_t linked)
{
	(void)user;
	return linked + 0x1000;
}

/* What libdw would have made of bytes: every number may be anything, small or near 0. */
static void decode(const uint8_t *data, struct sonde_location_operation *ret)
{
	int32_t number;
	int16_t number2;

	memcpy(&number, data + 4, sizeof(number));
	memcpy(&number2, data + 8, sizeof(number2));
	*ret = (struct sonde_location_operation){
		.code = data[0],
		.type_bytes = data[1] & 0x7f,
		.type_is_signed = data[1] >> 7,
		.offset = data[2],
		.number = data[3] & 1 ? (uint64_t)number << 32 : (uint64_t)number,
		.number2 = (uint64_t)number2,
	};
}

/* Takes operations up to a code of 0. */
static size_t take(const uint8_t **data, size_t *size,
	struct sonde_location_operation *operations,
	struct sonde_location_expression *ret)
{
	size_t count = 0;

	while (*size >= OPERATION_BYTES && count < SONDE_LOCATION_OPERATIONS_MAX) {
		const uint8_t *place = *data;

		*data += OPERATION_BYTES;
		*size -= OPERATION_BYTES;
		if (!*place)
			break;
		decode(place, &operations[count++]);
	}
	*ret = (struct sonde_location_expression){operations, count};
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sonde_location_operation operations[3]
							 [SONDE_LOCATION_OPERATIONS_MAX];
	struct sonde_location_expression expressions[3];
	struct sonde_location_context context = {
		.read_register = read_register,
		.read_memory = read_memory,
		.move = move,
		.frame_base = &expressions[1],
		.frame = &expressions[2],
	};
	struct sonde_location location;
	struct sonde_error *error;

	for (unsigned i = 0; i < 3; i++)
		take(&data, &size, operations[i], &expressions[i]);
	error = sonde_location_evaluate(&expressions[0], &context, &location);
	if (error && !*sonde_error_why(error))
		abort();
	if (!error && location.kind > SONDE_LOCATION_VALUE)
		abort();
	sonde_error_destroy(error);
	return 0;
}
