/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define SONDE_SYNTAX_IMPLEMENTATION
#include <stdarg.h>
#include <stdio.h>

#include "syntax.h"

void sonde_syntax_tree_deinit(struct sonde_syntax_tree *tree)
{
	while (tree->nodes) {
		struct sonde_syntax *node = tree->nodes;

		tree->nodes = node->next;
		free(node);
	}
	tree->root = NULL;
}

struct sonde_error *sonde_syntax_create(struct sonde_syntax_tree *tree,
	enum sonde_syntax_kind kind, size_t offset, size_t text_length,
	struct sonde_syntax **ret)
{
	struct sonde_syntax *node = calloc(1, sizeof(*node) + text_length + 1);

	if (!node)
		return sonde_error_no_memory();
	node->kind = kind;
	node->offset = offset;
	node->height = 1;
	node->next = tree->nodes;
	tree->nodes = node;
	*ret = node;
	return NULL;
}

/* People count characters, not the bytes of their UTF-8. */
static unsigned column_of(const char *text, size_t offset)
{
	unsigned column = 1;

	for (size_t i = 0; i < offset; i++)
		column += ((uint8_t)text[i] & 0xc0) != 0x80;
	return column;
}

struct sonde_error *sonde_syntax_error(const char *text, size_t offset,
	enum sonde_error_kind kind, const char *why_format, ...)
{
	struct sonde_error *error;
	va_list arguments;
	char *why;
	int length;

	va_start(arguments, why_format);
	length = vasprintf(&why, why_format, arguments);
	va_end(arguments);
	if (length < 0)
		return sonde_error_no_memory();
	error = sonde_error_create(kind, "column %u: %s", column_of(text, offset), why);
	free(why);
	return error;
}
