/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file lies in the user's runtime directory, one for each stub, named by a hash of
 * the stub's key. A lock on it says that somebody has it: it is of the open file, not
 * of the process, so the guard, which has the same open file, holds it as long as it
 * lives, and it is free when both are dead.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "journal.h"
#include "start_time.h"
#include "runtime_directory.h"

enum {
	/** Between two looks at a lock that another one has. */
	LOCK_POLL_MS = 5,
	NAME_TEXT = 40,
};

struct sonde_journal {
	/** The directory, and the file in it. */
	int directory;
	int fd;
	char name[NAME_TEXT];
	char *key;
	bool dirty;
	/** Only to be told apart from nothing: what was found. */
	struct sonde_journal_head found;
	char predecessor[320];
	uint64_t sequence;
	struct sonde_journal_facts facts;
	/** Where they are written next: never over the newest ones, which count until the
	 * new ones are complete. */
	unsigned facts_slot;
	uint8_t mode;
	/** A bit map of the slots that are taken. */
	uint64_t taken[SONDE_JOURNAL_SLOTS_MAX / 64];
};

/* --- writing ---------------------------------------------------------------------- */

static struct sonde_error *write_at(const struct sonde_journal *journal, const void *data,
	size_t length, uint64_t offset)
{
	ssize_t written;

	do
		written = pwrite(journal->fd, data, length, (off_t)offset);
	while (written < 0 && errno == EINTR);
	if (written == (ssize_t)length)
		return NULL;
	return sonde_error_while(sonde_error_system(written < 0 ? errno : ENOSPC),
		"noting in the journal what would undo the next step");
}

static uint64_t offset_of(unsigned slot)
{
	return SONDE_JOURNAL_SLOTS_OFFSET + (uint64_t)slot * SONDE_JOURNAL_SLOT_BYTES;
}

static struct sonde_error *write_slot(struct sonde_journal *journal, unsigned slot,
	unsigned kind, const void *payload, size_t length)
{
	struct sonde_journal_slot data = {
		.kind = (uint16_t)kind,
		.length = (uint16_t)length,
		.sequence = ++journal->sequence,
	};

	memcpy(data.payload, payload, length);
	data.checksum = sonde_journal_slot_checksum(&data);
	return write_at(journal, &data, sizeof(data), offset_of(slot));
}

static unsigned free_slot(const struct sonde_journal *journal)
{
	for (unsigned i = SONDE_JOURNAL_FACTS_SLOTS; i < SONDE_JOURNAL_SLOTS_MAX; i++)
		if (!(journal->taken[i / 64] >> i % 64 & 1))
			return i;
	return 0;
}

struct sonde_error *sonde_journal_arm(struct sonde_journal *journal, unsigned kind,
	const void *payload, size_t length, unsigned *slot)
{
	unsigned place;

	if (!journal || *slot)
		return NULL;
	place = free_slot(journal);
	if (!place)
		return sonde_error_create(
			SONDE_ERROR_UNSUPPORTED, "the journal has no room left");
	CHECK(write_slot(journal, place, kind, payload, length));
	journal->taken[place / 64] |= UINT64_C(1) << place % 64;
	*slot = place;
	return NULL;
}

void sonde_journal_disarm(struct sonde_journal *journal, unsigned *slot)
{
	static const uint32_t no_checksum;

	if (!journal || !*slot)
		return;
	/* Where this fails, an entry stays that does no harm. */
	sonde_error_destroy(
		write_at(journal, &no_checksum, sizeof(no_checksum), offset_of(*slot)));
	journal->taken[*slot / 64] &= ~(UINT64_C(1) << *slot % 64);
	*slot = 0;
}

struct sonde_journal_facts *sonde_journal_facts(struct sonde_journal *journal)
{
	return journal ? &journal->facts : NULL;
}

struct sonde_error *sonde_journal_write_facts(struct sonde_journal *journal)
{
	if (!journal)
		return NULL;
	CHECK(write_slot(journal, journal->facts_slot, SONDE_JOURNAL_FACTS,
		&journal->facts, sizeof(journal->facts)));
	journal->facts_slot = (journal->facts_slot + 1) % SONDE_JOURNAL_FACTS_SLOTS;
	return NULL;
}

struct sonde_error *sonde_journal_set_mode(
	struct sonde_journal *journal, unsigned bits, bool on)
{
	uint8_t byte;

	if (!journal)
		return NULL;
	byte = (uint8_t)(on ? journal->mode | bits : journal->mode & ~bits);
	if (byte == journal->mode)
		return NULL;
	CHECK(write_at(journal, &byte, 1, SONDE_JOURNAL_MODE_OFFSET));
	journal->mode = byte;
	return NULL;
}

unsigned sonde_journal_mode(const struct sonde_journal *journal)
{
	return journal ? journal->mode : 0;
}

/* --- who ------------------------------------------------------------------------- */

static void fill_command(char *text, size_t size)
{
	FILE *file = fopen("/proc/self/cmdline", "re");
	size_t length = file ? fread(text, 1, size - 1, file) : 0;

	if (file)
		fclose(file);
	while (length && !text[length - 1])
		length--;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ')
			text[i] = ' ';
	text[length] = '\0';
}

static bool is_alive(const struct sonde_journal_head *head)
{
	return kill(head->owner, 0) == 0 || errno == EPERM
		       ? sonde_process_start_time(head->owner) == head->owner_started
		       : false;
}

static bool read_head(int fd, struct sonde_journal_head *head)
{
	if (pread(fd, head, sizeof(*head), 0) != (ssize_t)sizeof(*head) ||
		memcmp(head->magic, SONDE_JOURNAL_MAGIC, sizeof(head->magic)) ||
		head->version != SONDE_JOURNAL_VERSION ||
		head->checksum != sonde_journal_head_checksum(head))
		return false;
	head->key[sizeof(head->key) - 1] = '\0';
	head->identity[sizeof(head->identity) - 1] = '\0';
	head->command[sizeof(head->command) - 1] = '\0';
	return true;
}

static void describe_owner(const struct sonde_journal_head *head, char *text, size_t size)
{
	snprintf(text, size, "process %d (%s)", (int)head->owner, head->command);
}

/* --- opening --------------------------------------------------------------------- */

static struct sonde_error *held(const struct sonde_journal_head *head)
{
	char owner[320];

	describe_owner(head, owner, sizeof(owner));
	if (!is_alive(head))
		return sonde_error_suggest(sonde_error_create(SONDE_ERROR_BUSY,
						   "%s has died, and its guard is still "
						   "letting the target go",
						   owner),
			"try again; if that lasts, the stub does not answer");
	return sonde_error_suggest(sonde_error_create(SONDE_ERROR_BUSY,
					   "%s is connected to this stub", owner),
		"end that one first; a stub serves one client at a time");
}

static struct sonde_error *check_file(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return sonde_error_system(errno);
	if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() ||
		status.st_mode & 077 || status.st_nlink > 1)
		return sonde_error_create(SONDE_ERROR_PERMISSION,
			"the journal is not a private file of ours");
	return NULL;
}

/* Whether the open file is still the one that has this name. */
static bool has_name(const struct sonde_journal *journal)
{
	struct stat ours, theirs;

	return !fstat(journal->fd, &ours) &&
	       !fstatat(
		       journal->directory, journal->name, &theirs, AT_SYMLINK_NOFOLLOW) &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

/* Opens and locks it; *@p locked is false where somebody else has it. */
static struct sonde_error *try_open(struct sonde_journal *journal, bool *locked)
{
	*locked = false;
	journal->fd = openat(journal->directory, journal->name,
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (journal->fd < 0)
		return sonde_error_system(errno);
	CHECK(check_file(journal->fd));
	/* Its last owner may have removed it in between. */
	if (flock(journal->fd, LOCK_EX | LOCK_NB) == 0)
		*locked = has_name(journal);
	else if (errno != EWOULDBLOCK)
		return sonde_error_system(errno);
	return NULL;
}

static struct sonde_error *open_and_lock(struct sonde_journal *journal, int64_t deadline)
{
	for (;;) {
		struct sonde_journal_head head;
		bool locked;

		CHECK(try_open(journal, &locked));
		if (locked)
			return NULL;
		if (read_head(journal->fd, &head) &&
			(is_alive(&head) || sonde_deadline_left(deadline) == 0))
			return held(&head);
		if (sonde_deadline_left(deadline) == 0)
			return sonde_error_create(SONDE_ERROR_BUSY,
				"another process is about to connect to this stub");
		close(journal->fd);
		journal->fd = -1;
		poll(NULL, 0, LOCK_POLL_MS);
	}
}

/* FNV-1a. */
static uint64_t hash_of(const char *text)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
	return hash;
}

static struct sonde_error *open_file(struct sonde_journal *journal, unsigned timeout_ms)
{
	CHECK(sonde_runtime_directory_open(&journal->directory));
	snprintf(journal->name, sizeof(journal->name), "%016" PRIx64 ".journal",
		hash_of(journal->key));
	CHECK(open_and_lock(journal, sonde_deadline_in((int)timeout_ms)));
	journal->dirty = read_head(journal->fd, &journal->found);
	if (journal->dirty)
		describe_owner(&journal->found, journal->predecessor,
			sizeof(journal->predecessor));
	return NULL;
}

struct sonde_error *sonde_journal_open(
	const char *key, unsigned timeout_ms, struct sonde_journal **ret)
{
	struct sonde_journal *journal = calloc(1, sizeof(*journal));
	struct sonde_error *error;

	if (!journal)
		return sonde_error_no_memory();
	journal->directory = journal->fd = -1;
	journal->key = strdup(key);
	error = journal->key ? open_file(journal, timeout_ms) : sonde_error_no_memory();
	if (error) {
		bool busy = sonde_error_is(error, SONDE_ERROR_BUSY);

		journal->dirty = true;
		sonde_journal_close(journal);
		return busy ? error : sonde_error_while(error, "opening the journal");
	}
	*ret = journal;
	return NULL;
}

void sonde_journal_close(struct sonde_journal *journal)
{
	if (!journal)
		return;
	if (!journal->dirty)
		sonde_journal_finish(journal);
	if (journal->fd >= 0)
		close(journal->fd);
	if (journal->directory >= 0)
		close(journal->directory);
	free(journal->key);
	free(journal);
}

bool sonde_journal_is_dirty(const struct sonde_journal *journal)
{
	return journal->dirty;
}

const char *sonde_journal_predecessor(const struct sonde_journal *journal)
{
	return journal->predecessor;
}

const char *sonde_journal_identity(const struct sonde_journal *journal)
{
	return journal->found.identity;
}

struct sonde_error *sonde_journal_begin(
	struct sonde_journal *journal, const char *identity)
{
	struct sonde_journal_head head = {
		.version = SONDE_JOURNAL_VERSION,
		.owner = getpid(),
		.owner_started = sonde_process_start_time(getpid()),
	};

	memcpy(head.magic, SONDE_JOURNAL_MAGIC, sizeof(head.magic));
	snprintf(head.key, sizeof(head.key), "%s", journal->key);
	snprintf(head.identity, sizeof(head.identity), "%s", identity);
	fill_command(head.command, sizeof(head.command));
	head.checksum = sonde_journal_head_checksum(&head);
	if (ftruncate(journal->fd, 0) < 0)
		return sonde_error_system(errno);
	memset(&journal->facts, 0, sizeof(journal->facts));
	memset(journal->taken, 0, sizeof(journal->taken));
	journal->mode = 0;
	journal->dirty = true;
	return write_at(journal, &head, sizeof(head), 0);
}

void sonde_journal_finish(struct sonde_journal *journal)
{
	if (!journal)
		return;
	/* First what makes it clean: the name may be needed for it. */
	if (ftruncate(journal->fd, 0) == 0 && has_name(journal))
		unlinkat(journal->directory, journal->name, 0);
	journal->dirty = false;
}

int sonde_journal_descriptor(const struct sonde_journal *journal)
{
	return journal->fd;
}
