/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "address_list.h"
#include "grow.h"

struct sonde_error *sonde_linux_addresses_add(
	struct sonde_linux_addresses *addresses, uint64_t address)
{
	CHECK(SONDE_GROW(&addresses->list, addresses->count, &addresses->capacity));
	addresses->list[addresses->count++] = address;
	return NULL;
}

struct place {
	uint64_t address;
	size_t index;
};

static int compare(const void *one, const void *other)
{
	const struct place *first = one, *second = other;

	if (first->address != second->address)
		return first->address < second->address ? -1 : 1;
	return first->index < second->index ? -1 : first->index > second->index;
}

struct sonde_error *sonde_linux_addresses_drop_doubles(
	struct sonde_linux_addresses *addresses)
{
	CLEANUP(cleanup_free) struct place *places = NULL;
	size_t count = addresses->count, kept = 0;

	if (!count)
		return NULL;
	places = calloc(count, sizeof(*places));
	if (!places)
		return sonde_error_no_memory();
	for (size_t i = 0; i < count; i++)
		places[i] = (struct place){addresses->list[i], i};
	qsort(places, count, sizeof(*places), compare);
	for (size_t i = 1; i < count; i++)
		if (places[i].address == places[i - 1].address)
			addresses->list[places[i].index] = 0;
	for (size_t i = 0; i < count; i++)
		if (addresses->list[i])
			addresses->list[kept++] = addresses->list[i];
	addresses->count = kept;
	return NULL;
}

bool sonde_linux_addresses_are_same(const struct sonde_linux_addresses *one,
	const struct sonde_linux_addresses *other)
{
	return one->count == other->count &&
	       (!one->count ||
		       !memcmp(one->list, other->list, one->count * sizeof(*one->list)));
}

void sonde_linux_addresses_deinit(struct sonde_linux_addresses *addresses)
{
	free(addresses->list);
	*addresses = (struct sonde_linux_addresses){.count = 0};
}
