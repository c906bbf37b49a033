/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire_check.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dwarf_samples.h"

static const struct dwarf_sample samples[DWARF_SAMPLES] = {
	{"dwarf_sample_4_O2", true},
	{"dwarf_sample_5_O2", true},
	{"dwarf_sample_5_O0", false},
	{"dwarf_sample_3_O0", false},
	{"dwarf_sample_2_O2", true},
	{"dwarf_sample_5_O2_packed", true},
};

char *dwarf_sample_path(unsigned index)
{
	const char *directory = getenv("SONDE_TEST_SAMPLES");
	char *path;

	assert_non_null(directory);
	assert_true(asprintf(&path, "%s/%s", directory, samples[index].name) > 0);
	return path;
}

void dwarf_sample_open(unsigned index, struct dwarf_sample *ret)
{
	char *path = dwarf_sample_path(index);

	*ret = samples[index];
	check(sonde_symbol_file_open(path, &ret->file));
	check(sonde_symbol_file_dwarf(ret->file, true, &ret->dwarf));
	assert_non_null(ret->dwarf);
	free(path);
}

void dwarf_sample_close(struct dwarf_sample *sample)
{
	sonde_dwarf_destroy(sample->dwarf);
	sonde_symbol_file_close(sample->file);
}

uint64_t dwarf_sample_address(const struct dwarf_sample *sample, const char *name)
{
	uint32_t index;

	if (!sonde_symbol_table_find(sample->file->symbols, name, 0, &index))
		fail_msg("%s has no symbol %s", sample->name, name);
	return sonde_symbol_table_address(sample->file->symbols, index);
}

unsigned dwarf_sample_line(const char *file, const char *comment)
{
	FILE *source;
	unsigned number = 0, found = 0;
	char line[256], wanted[64];

	snprintf(line, sizeof(line), "tests/%s", file);
	source = fopen(line, "r");
	assert_non_null(source);
	snprintf(wanted, sizeof(wanted), "/* %s */\n", comment);
	while (fgets(line, sizeof(line), source)) {
		number++;
		if (strstr(line, wanted))
			found = number;
	}
	fclose(source);
	if (!found)
		fail_msg("no line of the sample is called '%s'", comment);
	return found;
}

char *dwarf_sample_read(unsigned index, size_t *length)
{
	char *path = dwarf_sample_path(index), *bytes;
	FILE *stream = fopen(path, "rb");
	struct stat status;

	assert_non_null(stream);
	assert_int_equal(fstat(fileno(stream), &status), 0);
	*length = (size_t)status.st_size;
	bytes = malloc(*length);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *length, stream), *length);
	fclose(stream);
	free(path);
	return bytes;
}

int dwarf_sample_copy(const char *bytes, size_t length)
{
	char path[] = "/tmp/sonde-dwarf-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(write(fd, bytes, length), (ssize_t)length);
	return fd;
}
