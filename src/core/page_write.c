/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "error.h"
#include "page_walk.h"
#include "page_write.h"

/** So many bytes at a virtual address. */
struct transfer {
	struct sonde_space *physical;
	const struct sonde_page_regime *regime;
	uint64_t address;
	const uint8_t *data;
	size_t length;
};

/* What is to be written behind the first @p done bytes, up to the end of a page. */
static struct sonde_error *find_part(
	const struct transfer *transfer, size_t done, struct sonde_write *ret)
{
	uint64_t address = transfer->address + done, rest;
	struct sonde_translation page;

	CHECK(sonde_page_walk(transfer->physical, transfer->regime, address, &page));
	*ret = (struct sonde_write){.address = page.physical_address,
		.data = transfer->data + done,
		.length = transfer->length - done,
		.may_be_code = !page.permissions_known || page.executable};
	rest = page.page_bytes - (address & (page.page_bytes - 1));
	if (page.page_bytes && rest < ret->length)
		ret->length = (size_t)rest;
	return NULL;
}

/* One page after the other; *@p done: so many bytes were written, or would be. */
static struct sonde_error *write_parts(
	const struct transfer *transfer, bool only_check, size_t *done)
{
	struct sonde_space *physical = transfer->physical;
	struct sonde_write part;

	for (*done = 0; *done < transfer->length; *done += part.length) {
		CHECK(find_part(transfer, *done, &part));
		part.only_check = only_check;
		CHECK(sonde_page_fault(physical->ops->write(physical, &part),
			part.address, part.length, transfer->address + *done));
	}
	return NULL;
}

/* The page with the error is as it was. */
static struct sonde_error *undo(struct transfer *transfer, const uint8_t *old,
	size_t done, struct sonde_error *error)
{
	struct sonde_error *second;

	transfer->data = old;
	transfer->length = done;
	second = write_parts(transfer, false, &done);
	if (second)
		error = sonde_error_suggest(error,
			"the first bytes were written, and that could not be undone: "
			"read them before you go on");
	sonde_error_destroy(second);
	return error;
}

struct sonde_error *sonde_page_write(struct sonde_space *physical,
	const struct sonde_page_regime *regime, const struct sonde_write *write)
{
	struct transfer transfer = {
		physical, regime, write->address, write->data, write->length};
	CLEANUP(cleanup_free) uint8_t *old = NULL;
	struct sonde_error *error;
	size_t done;

	if (write->length && write->length - 1 > UINT64_MAX - write->address)
		return sonde_error_fault(write->address,
			"the range goes past the end of the address space");
	CHECK(write_parts(&transfer, true, &done));
	if (write->only_check)
		return NULL;
	old = malloc(write->length + 1);
	if (!old)
		return sonde_error_no_memory();
	CHECK(sonde_page_read(physical, regime, write->address, old, write->length));
	error = write_parts(&transfer, false, &done);
	return error ? undo(&transfer, old, done, error) : NULL;
}
