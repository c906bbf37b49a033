/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keeps a file of a Linux guest from being opened:
 *
 *     refuse /path/in/the/guest [TARGET]
 *
 * Whoever opens it, by symbolic links and relative names too, gets EPERM until this
 * program is interrupted; each attempt is printed. The file is one of the guest's root
 * file system.
 *
 * The kernel comes to vfs_open(path, file) when all names have been followed. Where the
 * path is the one that is guarded, that function is not executed, and -EPERM is what it
 * returns.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <sonde/sonde.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sonde *volatile interrupted;

static void interrupt(int number)
{
	(void)number;
	sonde_interrupt(interrupted);
}

/*
 * The condition that holds where vfs_open() is called for @p path, in C, by the names of
 * its arguments: the last name is looked at first, and above the first one there is a
 * directory that is its own parent. The caller frees.
 */
static char *condition_of(const char *path)
{
	const char *end = path + strlen(path);
	char *dentry = strdup("path->dentry"), *condition = NULL;
	size_t size;
	FILE *stream = open_memstream(&condition, &size);

	while (end > path) {
		const char *begin = end;
		char *parent;

		while (begin[-1] != '/')
			begin--;
		fprintf(stream, "%s->d_name.name == \"%.*s\" && ", dentry,
			(int)(end - begin), begin);
		if (asprintf(&parent, "%s->d_parent", dentry) < 0)
			abort();
		free(dentry);
		dentry = parent;
		end = begin - 1;
	}
	fprintf(stream, "%s == %s->d_parent && ", dentry, dentry);
	fprintf(stream, "path->mnt->mnt_sb == task(1).fs->root.mnt->mnt_sb");
	fclose(stream);
	free(dentry);
	return condition;
}

static struct sonde_error *refuse(struct sonde_probe_hit *hit, void *user)
{
	struct sonde_probe_task task;
	struct sonde_error *error = sonde_probe_hit_task(hit, &task);

	(void)user;
	if (error)
		return error;
	printf("%llu %s\n", (unsigned long long)task.pid, task.comm);
	fflush(stdout);
	return sonde_probe_hit_return(hit, (uint64_t)-EPERM);
}

static struct sonde_error *guard(struct sonde_target *target, const char *condition)
{
	struct sonde_probe_options options = {.size = sizeof(options),
		.kind = SONDE_PROBE_ENTRY,
		.place = "vfs_open",
		.condition = condition,
		.handler = refuse};
	struct sonde_probes *probes;
	struct sonde_probes_end end;
	struct sonde_probe *probe;
	struct sonde_error *error, *removing;

	error = sonde_probes_create(target, &probes);
	if (error)
		return error;
	error = sonde_probe_create(probes, &options, &probe);
	if (!error)
		error = sonde_probes_run(probes, -1, &end);
	removing = sonde_probes_destroy(probes);
	if (!error)
		return removing;
	sonde_error_destroy(removing);
	return error;
}

int main(int argc, char **argv)
{
	struct sonde_target *target = NULL;
	struct sonde *sonde = NULL;
	struct sonde_error *error;
	char *condition;
	bool failed;

	if (argc < 2 || argc > 3 || *argv[1] != '/' || strpbrk(argv[1], "\"\\\n")) {
		fprintf(stderr, "usage: refuse /path/in/the/guest [TARGET]\n");
		return 2;
	}
	condition = condition_of(argv[1]);
	error = sonde_create(NULL, &sonde);
	interrupted = sonde;
	signal(SIGINT, interrupt);
	if (!error)
		error = sonde_open_level(sonde, argv[2], "kernel", &target);
	if (!error)
		error = guard(target, condition);
	failed = error && sonde_error_kind(error) != SONDE_ERROR_INTERRUPTED;
	if (failed)
		fprintf(stderr, "refuse: %s: %s\n", sonde_error_what(error),
			sonde_error_why(error));
	sonde_error_destroy(error);
	sonde_target_close(target);
	sonde_destroy(sonde);
	free(condition);
	return failed;
}
