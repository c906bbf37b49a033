/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire_check.h"

#include "error.h"
#include "macros.h"
#include "page_memory.h"

static struct page_memory *memory_of(struct sonde_space *space)
{
	return CONTAINER_OF(space, struct page_memory, space);
}

static struct page_memory_bank *find(struct page_memory *memory, uint64_t address)
{
	for (size_t i = 0; i < PAGE_MEMORY_BANKS; i++)
		if (address - memory->banks[i].base < memory->banks[i].length)
			return &memory->banks[i];
	return NULL;
}

static struct sonde_error *transfer(struct page_memory *memory, uint64_t address,
	uint8_t *to, const uint8_t *from, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		struct page_memory_bank *bank = find(memory, address + i);

		if (memory->broken && address + i == memory->broken) {
			memory->broken = 0;
			return sonde_error_create(SONDE_ERROR_TIMEOUT, "no answer came");
		}
		if (!bank)
			return sonde_error_fault(
				memory->lie && length > 8 ? memory->lie : address + i,
				NULL);
		if (to)
			to[i] = bank->data[address + i - bank->base];
		else if (from)
			bank->data[address + i - bank->base] = from[i];
	}
	return NULL;
}

static struct sonde_error *read_memory(
	struct sonde_space *space, uint64_t address, void *buffer, size_t length)
{
	struct page_memory *memory = memory_of(space);

	if (length > 8)
		memory->long_reads++;
	else
		memory->entry_reads++;
	return transfer(memory, address, buffer, NULL, length);
}

static struct sonde_error *write_memory(
	struct sonde_space *space, const struct sonde_write *write)
{
	struct page_memory *memory = memory_of(space);

	if (write->only_check && write->address >> 12 == memory->unwritable >> 12)
		return NULL;
	if (memory->unwritable && write->address >> 12 == memory->unwritable >> 12)
		return sonde_error_create(SONDE_ERROR_IO, "it cannot be written");
	if (write->may_be_code)
		memory->code_writes++;
	return transfer(memory, write->address, NULL,
		write->only_check ? NULL : write->data, write->length);
}

/* Windows begin before the address that is asked for, and are cut by the bank. */
static struct sonde_error *look(
	struct sonde_space *space, uint64_t address, struct sonde_window *ret)
{
	struct page_memory *memory = memory_of(space);
	struct page_memory_bank *bank = find(memory, address);
	uint64_t offset, from, to;

	if (!bank)
		return sonde_error_fault(address, NULL);
	*ret = (struct sonde_window){.length = 0};
	if (!memory->window_bytes)
		return NULL;
	offset = address - bank->base;
	from = offset > memory->window_bytes / 2 ? offset - memory->window_bytes / 2 : 0;
	to = offset + memory->window_bytes / 2;
	if (to > bank->length)
		to = bank->length;
	*ret = (struct sonde_window){.address = bank->base + from,
		.length = to - from,
		.host = bank->data + from};
	if (memory->present && bank == memory->banks) {
		memory->present[address >> 12 >> 6] |= UINT64_C(1)
						       << (address >> 12) % 64;
		ret->present = memory->present;
		ret->present_first = ret->address >> 12;
	}
	return NULL;
}

static const struct sonde_space_ops ops = {
	.read = read_memory,
	.look = look,
	.write = write_memory,
};

void page_memory_init(struct page_memory *memory)
{
	static const uint64_t bases[] = {0, UINT64_C(1) << 48, UINT64_C(3) << 50};

	*memory = (struct page_memory){.space = {
					       .ops = &ops,
					       .name = "physical",
					       .page_bytes = 4096,
					       .limit = UINT64_MAX,
					       .epoch = &memory->epoch,
				       }};
	for (size_t i = 0; i < PAGE_MEMORY_BANKS; i++) {
		memory->banks[i].base = bases[i];
		memory->banks[i].length = PAGE_MEMORY_BANK_BYTES;
		memory->banks[i].data = calloc(1, PAGE_MEMORY_BANK_BYTES);
		assert_non_null(memory->banks[i].data);
	}
}

void page_memory_deinit(struct page_memory *memory)
{
	sonde_space_deinit(&memory->space);
	for (size_t i = 0; i < PAGE_MEMORY_BANKS; i++)
		free(memory->banks[i].data);
}

uint8_t *page_memory_at(struct page_memory *memory, uint64_t address, uint64_t length)
{
	struct page_memory_bank *bank = find(memory, address);

	assert_non_null(bank);
	assert_true(length <= bank->length - (address - bank->base));
	return bank->data + (address - bank->base);
}

void page_memory_put(
	struct page_memory *memory, uint64_t address, uint64_t value, unsigned bytes)
{
	uint8_t *to = page_memory_at(memory, address, bytes);

	for (unsigned i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}
