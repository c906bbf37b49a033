/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "regions.h"
#include "shared_ram.h"

/* linux/memfd.h, since Linux 6.3. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

enum {
	/** What is smaller is a ROM or a table, and not worth a file. */
	RAM_BYTES_MIN = 2 << 20,
	/** What sizes of RAM are multiples of. */
	RAM_BYTES_UNIT = 1 << 20,
	/** Out of the way of numbers that a command line may name (fd=N). */
	RAM_FD_MIN = 200,
};

enum shape {
	SHAPE_OTHER,
	SHAPE_RESERVATION,
	/** RAM, if it is inside a reservation. */
	SHAPE_PLACED,
	/** RAM, and what is cut off for its alignment. */
	SHAPE_SURPLUS,
};

static struct {
	bool on;
	/** Anonymous RAM is replaced. */
	bool makes_memfds;
	bool has_complained;
	size_t page;
	/** The program's own code is between them. */
	uintptr_t program, program_end;
	pthread_mutex_t lock;
	/** Its signals, of whoever forks. */
	sigset_t mask;
} ram = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* --- the lock ---------------------------------------------------------------------- */

static void lock(sigset_t *ret)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, ret);
	pthread_mutex_lock(&ram.lock);
}

static void unlock(const sigset_t *mask)
{
	pthread_mutex_unlock(&ram.lock);
	pthread_sigmask(SIG_SETMASK, mask, NULL);
}

static void before_fork(void)
{
	sigset_t mask;

	lock(&mask);
	ram.mask = mask;
}

static void after_fork(void)
{
	sigset_t mask = ram.mask;

	unlock(&mask);
}

static void in_the_child(void)
{
	struct region *region;

	while ((region = regions_find(0, UINTPTR_MAX))) {
		struct region gone = regions_cut(region, 0, UINTPTR_MAX);

		if (gone.fd >= 0 && !regions_have(gone.fd))
			close(gone.fd);
	}
	after_fork();
}

/* --- what is RAM ------------------------------------------------------------------- */

/* The first one is the program. */
static int find_program(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	ram.program = UINTPTR_MAX;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		uintptr_t first = info->dlpi_addr + header->p_vaddr;

		if (header->p_type != PT_LOAD)
			continue;
		if (first < ram.program)
			ram.program = first;
		if (first + header->p_memsz > ram.program_end)
			ram.program_end = first + header->p_memsz;
	}
	return 1;
}

static bool is_program(const void *caller)
{
	return (uintptr_t)caller - ram.program < ram.program_end - ram.program;
}

static uintptr_t end_of(const void *address, size_t length)
{
	uintptr_t end;

	/* The kernel refuses what goes over the edge. */
	if (__builtin_add_overflow((uintptr_t)address, length, &end) ||
		__builtin_add_overflow(end, ram.page - 1, &end))
		return (uintptr_t)address;
	return end & ~(uintptr_t)(ram.page - 1);
}

static enum shape shape_of(const struct mmap_call *call, const void *caller)
{
	const int own = MAP_TYPE | MAP_ANONYMOUS | MAP_FIXED;
	int flags = call->flags & ~MAP_NORESERVE;

	if (!ram.makes_memfds ||
		(flags & (MAP_TYPE | MAP_ANONYMOUS)) != (MAP_PRIVATE | MAP_ANONYMOUS) ||
		(flags & ~own) || call->length < RAM_BYTES_MIN || !is_program(caller))
		return SHAPE_OTHER;
	if (flags & MAP_FIXED)
		return call->protection == (PROT_READ | PROT_WRITE) ? SHAPE_PLACED
								    : SHAPE_OTHER;
	if (call->address)
		return SHAPE_OTHER;
	if (call->protection == PROT_NONE)
		return SHAPE_RESERVATION;
	return call->protection == (PROT_READ | PROT_WRITE) &&
			       (call->length + ram.page) % RAM_BYTES_UNIT == 0
		       ? SHAPE_SURPLUS
		       : SHAPE_OTHER;
}

/* --- files ------------------------------------------------------------------------- */

/* No strerror(), which may allocate. */
static void complain(size_t length)
{
	const char *why = errno == EMFILE || errno == ENFILE ? "too many open files"
			  : errno == EFBIG		     ? "the limit of file sizes"
			  : errno == ENOMEM		     ? "no memory"
			  : errno == ENOSYS || errno == EPERM
				  ? "the kernel refuses memfds"
			  : errno == ENOSPC ? "too many regions"
					    : "it failed";
	char line[160];
	int size;

	if (ram.has_complained)
		return;
	ram.has_complained = true;
	size = snprintf(line, sizeof(line),
		"sonde-qemu-ram: RAM of %zu MiB stays anonymous, without a memfd: %s "
		"(error %d)\n",
		length >> 20, why, errno);
	if (write(STDERR_FILENO, line, (size_t)size) < 0)
		return;
}

static int create_file(size_t length)
{
	/* From Linux 6.3 on, memory that shall never be executed says so. */
	int fd = memfd_create(
		SHARED_RAM_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	int moved;

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(SHARED_RAM_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, RAM_FD_MIN);
	if (moved >= 0) {
		close(fd);
		fd = moved;
	}
	if (ftruncate64(fd, (off64_t)length) < 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* Longer files than this are not only refused: there is a signal, and the end. */
static bool is_too_long(size_t length)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	       limit.rlim_cur < length;
}

static void *map_file(const struct mmap_call *call, int *ret)
{
	struct mmap_call shared = *call;
	void *mapped;
	int saved;

	if (regions_are_full() || is_too_long(call->length)) {
		errno = regions_are_full() ? ENOSPC : EFBIG;
		return MAP_FAILED;
	}
	shared.fd = create_file(end_of(NULL, call->length));
	if (shared.fd < 0)
		return MAP_FAILED;
	shared.flags = (call->flags & ~(MAP_TYPE | MAP_ANONYMOUS)) | MAP_SHARED;
	shared.offset = 0;
	mapped = real_mmap(&shared);
	*ret = shared.fd;
	if (mapped == MAP_FAILED) {
		saved = errno;
		close(shared.fd);
		errno = saved;
	}
	return mapped;
}

/* --- mapping and unmapping --------------------------------------------------------- */

/* What is not mapped any more: its memory goes, and with the last of it, the file. */
static void forget(uintptr_t first, uintptr_t end)
{
	struct region *region;

	while ((region = regions_find(first, end))) {
		struct region gone = regions_cut(region, first, end);

		if (gone.fd < 0)
			continue;
		if (regions_have(gone.fd))
			fallocate64(gone.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				gone.offset, (off64_t)(gone.end - gone.first));
		else
			close(gone.fd);
	}
}

static bool is_inside(enum region_kind kind, const struct mmap_call *call)
{
	uintptr_t first = (uintptr_t)call->address;
	uintptr_t end = end_of(call->address, call->length);
	const struct region *region = regions_find(first, end);

	return region && region->kind == kind && region->first <= first &&
	       end <= region->end;
}

static void remember(enum region_kind kind, const void *address, size_t length, int fd)
{
	struct region region = {.kind = kind,
		.first = (uintptr_t)address,
		.end = end_of(address, length),
		.fd = fd};

	/* Somebody else may have unmapped what was here. */
	forget(region.first, region.end);
	regions_add(&region);
}

static void *map_ram(const struct mmap_call *call)
{
	void *mapped;
	int fd;

	mapped = map_file(call, &fd);
	if (mapped == MAP_FAILED) {
		complain(call->length);
		return MAP_FAILED;
	}
	if (call->flags & MAP_FIXED) {
		struct region *reserved = regions_find(
			(uintptr_t)call->address, end_of(call->address, call->length));

		/* There is one RAM in each; the rest is cut off, but for a guard page. */
		regions_cut(reserved, reserved->first, reserved->end);
	}
	remember(REGION_RAM, mapped, call->length, fd);
	return mapped;
}

static void *map(const struct mmap_call *call, enum shape shape)
{
	void *mapped = MAP_FAILED;

	if (shape == SHAPE_SURPLUS ||
		(shape == SHAPE_PLACED && is_inside(REGION_RESERVED, call)))
		mapped = map_ram(call);
	if (mapped != MAP_FAILED)
		return mapped;
	mapped = real_mmap(call);
	if (mapped == MAP_FAILED)
		return mapped;
	if (shape == SHAPE_RESERVATION)
		remember(REGION_RESERVED, mapped, call->length, -1);
	else
		forget((uintptr_t)mapped, end_of(mapped, call->length));
	return mapped;
}

bool shared_ram_mmap(const struct mmap_call *call, const void *caller, void **ret)
{
	int saved = errno;
	enum shape shape;
	sigset_t mask;

	if (!ram.on)
		return false;
	shape = shape_of(call, caller);
	if (shape == SHAPE_OTHER && !((call->flags & MAP_FIXED) && regions_any()))
		return false;
	lock(&mask);
	*ret = map(call, shape);
	if (*ret != MAP_FAILED)
		errno = saved;
	unlock(&mask);
	return true;
}

bool shared_ram_mmap_file(const struct mmap_call *call, void **ret)
{
	int saved = errno;
	sigset_t mask;
	bool again;

	if (!ram.on)
		return false;
	lock(&mask);
	again = (call->flags & MAP_FIXED) && is_inside(REGION_RAM, call);
	*ret = real_mmap(call);
	if (*ret != MAP_FAILED) {
		remember(REGION_RAM, *ret, call->length, -1);
		/* A page with an error, to be a new one: the file still has the old one.
		 */
		if (again)
			real_madvise(*ret, call->length, MADV_REMOVE);
		errno = saved;
	}
	unlock(&mask);
	return true;
}

bool shared_ram_munmap(void *address, size_t length, int *ret)
{
	uintptr_t first = (uintptr_t)address, end;
	int saved = errno;
	bool concerned;
	sigset_t mask;

	if (!ram.on || !regions_any())
		return false;
	end = end_of(address, length);
	lock(&mask);
	concerned = regions_find(first, end);
	if (concerned) {
		*ret = real_munmap(address, length);
		if (*ret == 0) {
			forget(first, end);
			errno = saved;
		}
	}
	unlock(&mask);
	return concerned;
}

/* --- giving back ------------------------------------------------------------------- */

static bool gives_back(int advice)
{
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_FREE:
#ifdef MADV_DONTNEED_LOCKED
	case MADV_DONTNEED_LOCKED:
#endif
		return true;
	default:
		return false;
	}
}

static int advise(uintptr_t first, uintptr_t end, int advice)
{
	return first < end ? real_madvise((void *)first, end - first, advice) : 0;
}

static int discard(uintptr_t first, uintptr_t end, int advice)
{
	while (first < end) {
		const struct region *region = regions_find(first, end);
		uintptr_t from = region && region->first > first ? region->first : first;
		uintptr_t to = region && region->end < end ? region->end : end;

		if (!region)
			return advise(first, end, advice);
		if (advise(first, from, advice) < 0 ||
			advise(from, to,
				region->kind == REGION_RAM ? MADV_REMOVE : advice) < 0)
			return -1;
		first = to;
	}
	return 0;
}

bool shared_ram_madvise(void *address, size_t length, int advice, int *ret)
{
	uintptr_t first = (uintptr_t)address, end;
	bool concerned;
	sigset_t mask;

	if (!ram.on || !gives_back(advice) || !regions_any())
		return false;
	end = end_of(address, length);
	lock(&mask);
	concerned = regions_find(first, end);
	if (concerned)
		*ret = discard(first, end, advice);
	unlock(&mask);
	return concerned;
}

/* --- moving ------------------------------------------------------------------------ */

/* What QEMU does not do, since its RAM is where the guest's is. */
static void *make_shorter(void *address, size_t old_length, size_t length, int flags)
{
	uintptr_t end = end_of(address, length), old_end = end_of(address, old_length);
	void *mapped;

	if (end > old_end || (flags & ~MREMAP_MAYMOVE)) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	mapped = real_mremap(address, old_length, length, flags, NULL);
	if (mapped != MAP_FAILED)
		forget(end, old_end);
	return mapped;
}

bool shared_ram_mremap(void *address, size_t old_length, size_t length, int flags,
	void *place, void **ret)
{
	int saved = errno;
	bool concerned;
	sigset_t mask;

	if (!ram.on || !regions_any())
		return false;
	lock(&mask);
	/* Length 0: another mapping of the same. */
	concerned = regions_find(
		(uintptr_t)address, end_of(address, old_length ? old_length : 1));
	if (concerned) {
		*ret = make_shorter(address, old_length, length, flags);
	} else if (flags & MREMAP_FIXED) {
		concerned = true;
		*ret = real_mremap(address, old_length, length, flags, place);
		if (*ret != MAP_FAILED)
			forget((uintptr_t)place, end_of(place, length));
	}
	if (concerned && *ret != MAP_FAILED)
		errno = saved;
	unlock(&mask);
	return concerned;
}

/* ----------------------------------------------------------------------------------- */

void shared_ram_init(const struct settings *settings)
{
	if (!settings->is_qemu)
		return;
	ram.makes_memfds = settings->memfd;
	ram.page = (size_t)sysconf(_SC_PAGESIZE);
	dl_iterate_phdr(find_program, NULL);
	ram.on = pthread_atfork(before_fork, after_fork, in_the_child) == 0;
}
