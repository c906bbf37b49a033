/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holds the symbols of a guest against what it says itself: symbol_checker TARGET LEVEL
 * STEP < LIST. LIST has lines as /proc/kallsyms: "ADDRESS KIND NAME [MODULE]"; "-" for
 * LEVEL is the default. All symbols are listed and compared in order; of each STEPth one
 * the name and the address are looked up. Prints what differs, and "N symbols, M lookups,
 * K wrong".
 */
#include <inttypes.h>
#include <sonde/sonde.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
	uint64_t address;
	char kind;
	char *name;
	char module[SONDE_SYMBOL_MODULE_BYTES];
	/** How many lines before this one have the same name. */
	unsigned number;
};

static struct line *lines;
static struct line **by_name;
static size_t count;
static unsigned wrong;

static void check(struct sonde_error *error)
{
	if (!error)
		return;
	fprintf(stderr, "symbol_checker: %s: %s\n", sonde_error_what(error),
		sonde_error_why(error));
	exit(1);
}

static int compare(const void *left, const void *right)
{
	const struct line *a = *(struct line *const *)left;
	const struct line *b = *(struct line *const *)right;
	int order = strcmp(a->name, b->name);

	return order ? order : a < b ? -1 : a > b;
}

static void read_list(void)
{
	char text[1024], name[1024], module[64], kind;
	size_t capacity = 0;
	uint64_t address;

	while (fgets(text, sizeof(text), stdin)) {
		*module = '\0';
		if (sscanf(text, "%" SCNx64 " %c %1023s [%63[^]]", &address, &kind, name,
			    module) < 3)
			continue;
		if (count == capacity) {
			capacity = capacity * 2 + 1024;
			lines = realloc(lines, capacity * sizeof(*lines));
		}
		lines[count] = (struct line){address, kind, strdup(name), "", 0};
		memcpy(lines[count++].module, module, sizeof(module));
	}
	by_name = calloc(count + 1, sizeof(struct line *));
	for (size_t i = 0; i < count; i++)
		by_name[i] = &lines[i];
	qsort(by_name, count, sizeof(struct line *), compare);
	for (size_t i = 1; i < count; i++)
		if (!strcmp(by_name[i]->name, by_name[i - 1]->name))
			by_name[i]->number = by_name[i - 1]->number + 1;
}

static void compare_with(
	const struct line *line, const struct sonde_symbol *symbol, const char *how)
{
	if (symbol->address == line->address && symbol->kind == line->kind &&
		!strcmp(symbol->name, line->name) &&
		!strcmp(symbol->module, line->module))
		return;
	if (wrong++ < 20)
		printf("%s: %" PRIx64 " %c %s [%s], not %" PRIx64 " %c %s [%s]\n", how,
			symbol->address, symbol->kind, symbol->name, symbol->module,
			line->address, line->kind, line->name, line->module);
}

static void list(struct sonde_target *target)
{
	struct sonde_symbol symbol;
	uint64_t position = 0;
	size_t seen = 0;
	bool more;

	for (;; seen++) {
		check(sonde_symbol_next(target, NULL, &position, &symbol, &more));
		if (!more)
			break;
		if (seen < count)
			compare_with(&lines[seen], &symbol, "listed");
	}
	if (seen != count) {
		printf("%zu are listed, not %zu\n", seen, count);
		wrong++;
	}
}

/* What compilers and some architectures mark places with. */
static bool is_mark(const struct line *line)
{
	return line->name[0] == '$' || !strncmp(line->name, ".L", 2);
}

/* Of several at one address the first is meant; in modules they are in no order, and
 * marks come last. */
static const struct line *first_at(size_t index)
{
	const struct line *line = &lines[index];

	if (*line->module) {
		for (size_t i = 0; i < count; i++)
			if (lines[i].address == line->address && !is_mark(&lines[i]))
				return &lines[i];
		index = count - 1;
	}
	while (lines[index].address != line->address)
		index--;
	while (index && lines[index - 1].address == line->address)
		index--;
	return &lines[index];
}

int main(int argc, char **argv)
{
	struct sonde_options options = {.size = sizeof(options)};
	struct sonde_target *target;
	struct sonde *sonde;
	size_t lookups = 0, step;

	if (argc != 4)
		return 2;
	step = strtoul(argv[3], NULL, 10) ?: 1;
	read_list();
	check(sonde_create(&options, &sonde));
	check(sonde_open_level(
		sonde, argv[1], strcmp(argv[2], "-") ? argv[2] : NULL, &target));
	list(target);
	for (size_t i = 0; i < count; i++) {
		struct sonde_symbol symbol;

		/* Of modules all: there are few. */
		if (i % step && !*lines[i].module)
			continue;
		lookups += 2;
		check(sonde_symbol_find(target, lines[i].name, lines[i].number, &symbol));
		compare_with(&lines[i], &symbol, "by name");
		check(sonde_symbol_at(target, lines[i].address, &symbol));
		compare_with(first_at(i), &symbol, "by address");
	}
	printf("%zu symbols, %zu lookups, %u wrong\n", count, lookups, wrong);
	sonde_target_close(target);
	sonde_destroy(sonde);
	return wrong != 0;
}
