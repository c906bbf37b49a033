/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything that can be wrong with a helper is found here, before anyone attaches. */
#include <string.h>

#include "added_helper.h"
#include "buffer.h"

static struct sonde_error *check_descriptor(
	const struct sonde_helper_descriptor *descriptor)
{
	/* Of another layout nothing but these two is where we look for it. */
	if (descriptor->abi != SONDE_HELPER_ABI ||
		descriptor->size != sizeof(*descriptor))
		return sonde_error_suggest(
			sonde_error_create(SONDE_ERROR_UNSUPPORTED,
				"it was built for helper ABI %u, with a descriptor of "
				"%zu bytes; this library has ABI %u, with %zu bytes",
				descriptor->abi, descriptor->size,
				(unsigned)SONDE_HELPER_ABI, sizeof(*descriptor)),
			"build it again with this version's headers");
	if (!descriptor->name || !descriptor->create || !descriptor->destroy)
		return sonde_error_create(SONDE_ERROR_INVALID,
			"its descriptor lacks a name, create or destroy");
	return NULL;
}

/* --- options -------------------------------------------------------------------- */

/* What a helper takes, as a hint; without memory there is none. */
static struct sonde_error *suggest_options(
	struct sonde_error *error, const struct sonde_helper_descriptor *descriptor)
{
	CLEANUP(sonde_buffer_deinit) struct sonde_buffer text = {0};
	const struct sonde_helper_option *option = descriptor->options;
	struct sonde_error *full = NULL;

	if (!option || !option->name)
		return sonde_error_suggest(error, "it has no options");
	for (; option->name && !full; option++)
		full = sonde_buffer_append_format(&text, "%s%s%s%s (%s)",
			text.length ? ", " : "", option->name,
			option->argument ? "=" : "",
			option->argument ? option->argument : "",
			option->help ? option->help : "");
	if (full) {
		sonde_error_destroy(full);
		return error;
	}
	return sonde_error_suggest(error, "its options: %s", (const char *)text.data);
}

static const struct sonde_helper_option *find_option(
	const struct sonde_helper_descriptor *descriptor, const char *name)
{
	const struct sonde_helper_option *option = descriptor->options;

	for (; option && option->name; option++)
		if (!strcmp(option->name, name))
			return option;
	return NULL;
}

static struct sonde_error *check_setting(const struct sonde_helper_descriptor *descriptor,
	const char *name, const char *value)
{
	const struct sonde_helper_option *option = find_option(descriptor, name);

	if (!option)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "it has no option \"%s\"", name);
	if (option->argument && !value)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "its option \"%s\" wants a value", name);
	if (!option->argument && value)
		return sonde_error_create(
			SONDE_ERROR_INVALID, "its option \"%s\" takes no value", name);
	return NULL;
}

static size_t count_pieces(const char *text)
{
	size_t count = 1;

	for (; *text; text++)
		count += *text == ',';
	return count;
}

static struct sonde_error *take_options(
	struct sonde_added_helper *added, const char *options)
{
	char *rest, *piece;

	added->text = rest = strdup(options);
	added->settings = calloc(count_pieces(options), sizeof(*added->settings));
	if (!added->text || !added->settings)
		return sonde_error_no_memory();
	while ((piece = strsep(&rest, ","))) {
		const char *name = strsep(&piece, "=");

		CHECK(check_setting(added->descriptor, name, piece));
		added->settings[added->setting_count++] = (struct sonde_helper_setting){
			.name = name, .value = piece ? piece : ""};
	}
	return NULL;
}

const char *sonde_added_helper_option(
	const struct sonde_added_helper *added, const char *name)
{
	for (size_t i = added->setting_count; i > 0; i--)
		if (!strcmp(added->settings[i - 1].name, name))
			return added->settings[i - 1].value;
	return NULL;
}

/* -------------------------------------------------------------------------------- */

struct sonde_error *sonde_added_helper_init(struct sonde_added_helper *ret,
	const struct sonde_helper_descriptor *descriptor, const char *options)
{
	struct sonde_added_helper added = {.descriptor = descriptor};
	struct sonde_error *error;

	CHECK(check_descriptor(descriptor));
	error = options && *options ? take_options(&added, options) : NULL;
	if (error) {
		sonde_added_helper_deinit(&added);
		return suggest_options(error, descriptor);
	}
	*ret = added;
	return NULL;
}

void sonde_added_helper_deinit(struct sonde_added_helper *added)
{
	free(added->settings);
	free(added->text);
	if (added->object)
		added->unload(added->object);
}
