/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* C's built-in types as a source of types: their numbers are enum sonde_scalar. */
#include <string.h>

#include "type.h"

static void describe(
	const struct sonde_types *types, uint32_t id, struct sonde_type_record *ret)
{
	static const char *const names[] = {
		[SONDE_SCALAR_VOID] = "void",
		[SONDE_SCALAR_BOOL] = "_Bool",
		[SONDE_SCALAR_CHAR] = "char",
		[SONDE_SCALAR_SIGNED_CHAR] = "signed char",
		[SONDE_SCALAR_UNSIGNED_CHAR] = "unsigned char",
		[SONDE_SCALAR_SHORT] = "short",
		[SONDE_SCALAR_UNSIGNED_SHORT] = "unsigned short",
		[SONDE_SCALAR_INT] = "int",
		[SONDE_SCALAR_UNSIGNED_INT] = "unsigned int",
		[SONDE_SCALAR_LONG] = "long",
		[SONDE_SCALAR_UNSIGNED_LONG] = "unsigned long",
		[SONDE_SCALAR_LONG_LONG] = "long long",
		[SONDE_SCALAR_UNSIGNED_LONG_LONG] = "unsigned long long",
	};
	struct sonde_scalar_type scalar = sonde_scalar_type((enum sonde_scalar)id);

	ret->kind = id == SONDE_SCALAR_VOID   ? SONDE_TYPE_VOID
		    : id == SONDE_SCALAR_BOOL ? SONDE_TYPE_BOOL
					      : SONDE_TYPE_INTEGER;
	ret->name = names[id];
	ret->space = SONDE_TYPE_NAMES;
	ret->bytes = sonde_scalar_type_bytes(scalar, 8 * types->pointer_bytes);
	ret->is_signed = sonde_scalar_type_is_signed(scalar);
}

static struct sonde_error *part(const struct sonde_types *types, uint32_t id,
	uint64_t index, struct sonde_type_part *ret)
{
	(void)types;
	(void)id;
	(void)index;
	(void)ret;
	return sonde_error_create(SONDE_ERROR_INVALID, "built-in types have no parts");
}

static struct sonde_error *find(const struct sonde_types *types,
	enum sonde_type_space space, const char *name, size_t length, uint32_t *ret)
{
	(void)types;
	(void)space;
	(void)name;
	(void)length;
	/* sonde_types_find() knows their names by their words. */
	*ret = 0;
	return NULL;
}

static const struct sonde_types_ops ops = {
	.describe = describe,
	.part = part,
	.find = find,
};

const struct sonde_types *sonde_types_builtin(unsigned pointer_bytes)
{
	static const struct sonde_types narrow = {
		.ops = &ops,
		.count = SONDE_TYPE_BUILTINS,
		.pointer_bytes = 4,
	};
	static const struct sonde_types wide = {
		.ops = &ops,
		.count = SONDE_TYPE_BUILTINS,
		.pointer_bytes = 8,
	};

	return pointer_bytes == 4 ? &narrow : &wide;
}
