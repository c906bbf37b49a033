/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "libvirt_daemon.h"
#include "libvirt_domain.h"
#include "libvirt_library.h"

enum {
	/** How long the daemon is given to see us off (ms). */
	CLOSE_MS = 500,
};

enum job_kind {
	JOB_OPEN,
	JOB_COMMAND,
	JOB_STATE,
	JOB_CLOSE,
};

struct job {
	enum job_kind kind;
	/** What to say, and what is handed over, or -1. Owned. */
	char *command;
	int fd;
	/** What came of it. Owned. */
	struct sonde_error *error;
	char *answer;
	int state;
};

struct sonde_libvirt_domain {
	struct sonde *sonde;
	const struct sonde_libvirt *library;
	char *name, *uri;
	bool read_only;
	pthread_t thread;
	/** Counts jobs that were done. */
	int done;
	/** The caller's: a job was begun whose end was not seen. */
	bool busy;

	pthread_mutex_t lock;
	pthread_cond_t wake;
	/** Under the lock: a job waits to be begun; the caller has left for good. */
	bool waiting, abandoned;
	/** Whoever is at work owns it: the thread until it is done, then the caller. */
	struct job job;

	/** The thread's. */
	struct libvirt_connection *connection;
	struct libvirt_domain *domain;
};

static void job_deinit(struct job *job)
{
	free(job->command);
	free(job->answer);
	sonde_error_destroy(job->error);
	if (job->fd >= 0)
		close(job->fd);
	*job = (struct job){.fd = -1};
}

static void destroy(struct sonde_libvirt_domain *domain)
{
	job_deinit(&domain->job);
	pthread_cond_destroy(&domain->wake);
	pthread_mutex_destroy(&domain->lock);
	if (domain->done >= 0)
		close(domain->done);
	free(domain->name);
	free(domain->uri);
	free(domain);
}

/* --- on the thread ---------------------------------------------------------------- */

static void release(struct sonde_libvirt_domain *domain)
{
	if (domain->domain)
		domain->library->free_domain(domain->domain);
	if (domain->connection)
		domain->library->close(domain->connection);
	domain->domain = NULL;
	domain->connection = NULL;
}

static bool is_uuid(const char *text)
{
	return strlen(text) == 36 && strspn(text, "0123456789abcdefABCDEF-") == 36;
}

/* It may be called like a UUID, too. */
static struct libvirt_domain *find(const struct sonde_libvirt_domain *domain)
{
	struct libvirt_domain *found = NULL;

	if (is_uuid(domain->name))
		found = domain->library->find_by_uuid(domain->connection, domain->name);
	return found ? found
		     : domain->library->find_by_name(domain->connection, domain->name);
}

static struct sonde_error *open_at(struct sonde_libvirt_domain *domain, const char *uri)
{
	const struct sonde_libvirt *library = domain->library;
	struct sonde_error *error;

	domain->connection =
		domain->read_only ? library->open_read_only(uri) : library->open(uri);
	if (domain->connection)
		domain->domain = find(domain);
	if (domain->domain)
		return NULL;
	error = sonde_libvirt_error(library);
	release(domain);
	return sonde_error_while(error, "asking libvirt at %s", uri);
}

/* That there is no such domain is a better answer than that there is no daemon. */
static struct sonde_error *better(struct sonde_error *error, struct sonde_error *other)
{
	if (!error || sonde_error_is(other, SONDE_ERROR_NOT_FOUND)) {
		sonde_error_destroy(error);
		return other;
	}
	sonde_error_destroy(other);
	return error;
}

static struct sonde_error *open_any(struct sonde_libvirt_domain *domain)
{
	const char *uris[SONDE_LIBVIRT_DAEMONS_MAX];
	size_t count = sonde_libvirt_daemons(domain->uri, uris);
	struct sonde_error *error = NULL;

	for (size_t i = 0; i < count; i++) {
		struct sonde_error *failure = open_at(domain, uris[i]);

		if (!failure) {
			sonde_error_destroy(error);
			return NULL;
		}
		error = better(error, failure);
	}
	if (error)
		return error;
	return sonde_error_suggest(
		sonde_error_create(SONDE_ERROR_NOT_FOUND,
			"no daemon of libvirt runs, of the system or of this user"),
		"start it, or set LIBVIRT_DEFAULT_URI");
}

static struct sonde_error *say(struct sonde_libvirt_domain *domain, struct job *job)
{
	const struct sonde_libvirt *library = domain->library;
	int status =
		job->fd < 0
			? library->command(domain->domain, job->command, &job->answer, 0)
			: library->command_with_files(domain->domain, job->command, 1,
				  &job->fd, NULL, NULL, &job->answer, 0);

	if (status < 0) {
		job->answer = NULL;
		return sonde_libvirt_error(library);
	}
	return job->answer ? NULL
			   : sonde_error_create(
				     SONDE_ERROR_IO, "libvirt has handed on no answer");
}

static struct sonde_error *do_job(struct sonde_libvirt_domain *domain, struct job *job)
{
	int reason;

	switch (job->kind) {
	case JOB_OPEN:
		return open_any(domain);
	case JOB_COMMAND:
		return say(domain, job);
	case JOB_STATE:
		if (domain->library->get_state(domain->domain, &job->state, &reason, 0) <
			0)
			return sonde_libvirt_error(domain->library);
		return NULL;
	case JOB_CLOSE:
		release(domain);
		return NULL;
	}
	return NULL;
}

/* Whether the caller still waits for it. */
static bool hand_back(struct sonde_libvirt_domain *domain)
{
	bool abandoned;

	pthread_mutex_lock(&domain->lock);
	abandoned = domain->abandoned;
	if (!abandoned)
		eventfd_write(domain->done, 1);
	pthread_mutex_unlock(&domain->lock);
	return !abandoned;
}

static void *work(void *user)
{
	struct sonde_libvirt_domain *domain = user;
	enum job_kind kind;

	do {
		pthread_mutex_lock(&domain->lock);
		while (!domain->waiting)
			pthread_cond_wait(&domain->wake, &domain->lock);
		domain->waiting = false;
		pthread_mutex_unlock(&domain->lock);
		kind = domain->job.kind;
		domain->job.error = do_job(domain, &domain->job);
		if (!hand_back(domain)) {
			release(domain);
			destroy(domain);
			return NULL;
		}
	} while (kind != JOB_CLOSE);
	return NULL;
}

/* --- for the caller --------------------------------------------------------------- */

static struct sonde_error *no_answer(const struct sonde_libvirt_domain *domain)
{
	return sonde_error_suggest(sonde_error_create(SONDE_ERROR_TIMEOUT,
					   "libvirt's daemon did not answer within %u ms",
					   domain->sonde->timeout_ms),
		"it may hang, or be busy with this domain: 'virsh domstate %s' asks it, "
		"too",
		domain->name);
}

/* Waits for the job that was begun. */
static struct sonde_error *await(struct sonde_libvirt_domain *domain, int64_t deadline)
{
	struct sonde *sonde = domain->sonde;

	while (domain->busy) {
		struct pollfd fds[] = {{.fd = domain->done, .events = POLLIN},
			{.fd = sonde->uninterruptible ? -1 : sonde->interrupt_fd,
				.events = POLLIN}};
		eventfd_t count;

		poll(fds, ARRAY_SIZE(fds), sonde_deadline_left(deadline));
		if (fds[0].revents) {
			eventfd_read(domain->done, &count);
			domain->busy = false;
			break;
		}
		if (!sonde->uninterruptible)
			CHECK(sonde_context_check_interrupt(sonde));
		if (sonde_deadline_left(deadline) == 0)
			return no_answer(domain);
	}
	return NULL;
}

static void begin(struct sonde_libvirt_domain *domain, const struct job *job)
{
	/* Nobody has asked for what came of the one before. */
	job_deinit(&domain->job);
	domain->job = *job;
	domain->busy = true;
	pthread_mutex_lock(&domain->lock);
	domain->waiting = true;
	pthread_cond_signal(&domain->wake);
	pthread_mutex_unlock(&domain->lock);
}

/* One that has no more to say than how it ended. */
static struct sonde_error *run(
	struct sonde_libvirt_domain *domain, enum job_kind kind, int64_t deadline)
{
	struct sonde_error *error;

	CHECK(await(domain, deadline));
	begin(domain, &(struct job){.kind = kind, .fd = -1});
	CHECK(await(domain, deadline));
	error = domain->job.error;
	domain->job.error = NULL;
	return error;
}

struct sonde_error *sonde_libvirt_domain_send(struct sonde_libvirt_domain *domain,
	const char *command, int fd, int64_t deadline)
{
	struct job job = {.kind = JOB_COMMAND, .fd = -1};

	CHECK(await(domain, deadline));
	job.command = strdup(command);
	if (!job.command)
		return sonde_error_no_memory();
	/* The caller's may be closed, and its number be another's, before it is used. */
	if (fd >= 0)
		job.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0 && job.fd < 0) {
		int number = errno;

		job_deinit(&job);
		return sonde_error_system(number);
	}
	begin(domain, &job);
	return NULL;
}

struct sonde_error *sonde_libvirt_domain_receive(
	struct sonde_libvirt_domain *domain, int64_t deadline, char **ret)
{
	struct sonde_error *error;

	CHECK(await(domain, deadline));
	error = domain->job.error;
	domain->job.error = NULL;
	if (error)
		return error;
	*ret = domain->job.answer;
	domain->job.answer = NULL;
	return NULL;
}

struct sonde_error *sonde_libvirt_domain_state(
	struct sonde_libvirt_domain *domain, int64_t deadline, const char **ret)
{
	CHECK(run(domain, JOB_STATE, deadline));
	*ret = domain->job.state == LIBVIRT_STATE_RUNNING ||
			       domain->job.state == LIBVIRT_STATE_BLOCKED
		       ? "running"
	       : domain->job.state == LIBVIRT_STATE_PAUSED ? "paused"
							   : NULL;
	return NULL;
}

bool sonde_libvirt_domain_can_hand_over(const struct sonde_libvirt_domain *domain)
{
	return domain->library->command_with_files != NULL;
}

/* --- coming and going ------------------------------------------------------------- */

/* Signals are the program's, and none of this thread's business. */
static int start(struct sonde_libvirt_domain *domain)
{
	sigset_t all, before;
	int number;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	number = pthread_create(&domain->thread, NULL, work, domain);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return number;
}

static struct sonde_error *create(struct sonde *sonde,
	const struct sonde_libvirt *library, const struct sonde_libvirt_place *place,
	struct sonde_libvirt_domain **ret)
{
	struct sonde_libvirt_domain *domain = calloc(1, sizeof(*domain));
	int number = 0;

	if (!domain)
		return sonde_error_no_memory();
	domain->sonde = sonde;
	domain->library = library;
	domain->read_only = place->read_only;
	domain->job.fd = -1;
	pthread_mutex_init(&domain->lock, NULL);
	pthread_cond_init(&domain->wake, NULL);
	domain->name = strdup(place->domain);
	domain->uri = place->uri ? strdup(place->uri) : NULL;
	domain->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!domain->name || (place->uri && !domain->uri))
		number = ENOMEM;
	else if (domain->done < 0)
		number = errno;
	else
		number = start(domain);
	if (number) {
		destroy(domain);
		return sonde_error_system(number);
	}
	*ret = domain;
	return NULL;
}

struct sonde_error *sonde_libvirt_domain_open(struct sonde *sonde,
	const struct sonde_libvirt_place *place, struct sonde_libvirt_domain **ret)
{
	const struct sonde_libvirt *library;
	struct sonde_libvirt_domain *domain;
	struct sonde_error *error;

	CHECK(sonde_libvirt_load(&library));
	CHECK(create(sonde, library, place, &domain));
	error = run(domain, JOB_OPEN, sonde_deadline_in(sonde->timeout_ms));
	if (error) {
		sonde_libvirt_domain_close(domain);
		return error;
	}
	*ret = domain;
	return NULL;
}

/* Leaves it to the thread, unless that has just come to its end. */
static bool abandon(struct sonde_libvirt_domain *domain)
{
	pthread_t thread = domain->thread;
	eventfd_t count;
	bool done;

	pthread_mutex_lock(&domain->lock);
	done = eventfd_read(domain->done, &count) == 0;
	domain->abandoned = !done;
	pthread_mutex_unlock(&domain->lock);
	/* From here on it may be gone. */
	if (!done)
		pthread_detach(thread);
	return !done;
}

void sonde_libvirt_domain_close(struct sonde_libvirt_domain *domain)
{
	if (!domain)
		return;
	/* What was waited for in vain is not waited for again. */
	if (domain->busy && abandon(domain))
		return;
	domain->busy = false;
	domain->sonde->uninterruptible++;
	sonde_error_destroy(run(domain, JOB_CLOSE, sonde_deadline_in(CLOSE_MS)));
	domain->sonde->uninterruptible--;
	if (domain->busy && abandon(domain))
		return;
	pthread_join(domain->thread, NULL);
	destroy(domain);
}
