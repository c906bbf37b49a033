/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "inode.h"
#include "kernel.h"

static const struct sonde_field_wish wishes[] = {
	{"struct inode", "i_mode", offsetof(struct sonde_linux_inode_fields, mode),
		false},
	{"struct inode", "i_sb", offsetof(struct sonde_linux_inode_fields, super_block),
		false},
	{"struct inode", "i_ino", offsetof(struct sonde_linux_inode_fields, number),
		false},
	{"struct inode", "i_rdev", offsetof(struct sonde_linux_inode_fields, special),
		false},
};

static const struct sonde_field_wish super_block_wishes[] = {
	{"struct super_block", "s_dev", offsetof(struct sonde_linux_inode_fields, device),
		false},
};

struct sonde_error *sonde_linux_inodes_init(
	struct sonde_linux_inodes *ret, struct sonde_linux *kernel)
{
	const struct sonde_types *types;

	*ret = (struct sonde_linux_inodes){.kernel = kernel};
	CHECK(sonde_linux_types_find(&kernel->types, &types));
	CHECK(sonde_fields_resolve(
		types, super_block_wishes, ARRAY_SIZE(super_block_wishes), &ret->fields));
	CHECK(sonde_fields_resolve(types, wishes, ARRAY_SIZE(wishes), &ret->fields));
	CHECK(sonde_record_plan(wishes, ARRAY_SIZE(wishes), &ret->fields,
		sonde_linux_record_gap(kernel), &ret->record));
	if (ret->record.bytes > SONDE_LINUX_INODE_BYTES)
		return sonde_error_create(SONDE_ERROR_BAD_DATA,
			"'struct inode' is larger than any such structure");
	return NULL;
}

struct sonde_error *sonde_linux_inode_read(struct sonde_linux_inodes *inodes,
	uint64_t address, struct sonde_linux_inode *ret)
{
	const struct sonde_linux_inode_fields *fields = &inodes->fields;
	struct sonde_space *space = &inodes->kernel->space.space;
	uint8_t copy[SONDE_LINUX_INODE_BYTES];
	uint64_t super_block, device;

	CHECK(sonde_record_read(&inodes->record, space, address, copy));
	super_block = sonde_record_integer(&fields->super_block, copy);
	if (super_block != inodes->super_block) {
		CHECK(sonde_field_read(&fields->device, space, super_block, &device));
		inodes->super_block = super_block;
		inodes->device = (uint32_t)device;
	}
	*ret = (struct sonde_linux_inode){
		.number = sonde_record_integer(&fields->number, copy),
		.mode = (uint32_t)sonde_record_integer(&fields->mode, copy),
		.device = inodes->device,
		.special = (uint32_t)sonde_record_integer(&fields->special, copy),
	};
	return NULL;
}
