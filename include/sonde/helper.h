/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Helpers teach the GDB driver what a stub cannot do. They form a chain: each
 * question goes to the helper that was registered first; one that cannot answer
 * passes on, and the last, "builtin", asks the stub. A helper serves one target;
 * all its operations are called by the thread that uses that target.
 *
 * Passing on: an operation that returns NULL and leaves *handled false has done
 * nothing, and the next helper is asked. One that sets *handled has answered,
 * completely. An error ends the question: nobody else is asked. So a helper that
 * fails half-way returns the error, and one that merely does not know passes on.
 *
 * Order of calls: create, attach, describe; then registers, translate and memory in any
 * number and order, and state_changed at each stop and resume; detach; destroy. A target
 * whose stub is named is connected to before describe. Others are watched without a stub
 * until something is to be controlled: then comes connect, and describe once more.
 *
 * A helper may live in a shared object of its own: see SONDE_HELPER_EXPORT and
 * sonde_load_helper(), and sonde-helper(7) for the whole of one.
 */
#ifndef SONDE_HELPER_H
#define SONDE_HELPER_H

#include <sonde/register.h>
#include <sonde/target.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	/** Changes with every change of this header: the check is exact. */
	SONDE_HELPER_ABI = 5,
};

/** One target's helper: the helper's own structure begins with this one. */
struct sonde_helper {
	const struct sonde_helper_ops *ops;
};

/** What a helper may use of the driver. Borrowed, lives as long as the helper. */
struct sonde_helper_host;

struct sonde_helper_description {
	/** Our name of the architecture, or NULL. Lives as long as the helper. */
	const char *architecture;
	/** What is behind the stub ("QEMU"), or NULL. Lives as long as the helper. */
	const char *kind;
	/** 0: unknown. */
	unsigned cpus;
	/** As it was found; SONDE_STATE_UNKNOWN where the helper cannot tell. */
	enum sonde_state state;
	/**
	 * "mmap", "process", "qmp", "stub"; NULL: no memory from this helper. Where it is
	 * not "stub", the helper serves physical memory, and virtual memory is made of
	 * that by walking page tables.
	 */
	const char *memory_means;
	/** How much RAM the guest has (bytes); 0: unknown. */
	uint64_t ram_bytes;
	/**
	 * Registers that the stub lacks and this helper has; name, group and bits count.
	 * They are listed after the stub's. One whose name is there already is not
	 * listed again, but this helper is asked for it all the same, before those
	 * that were added later. They live as long as the helper.
	 */
	const struct sonde_register *registers;
	size_t register_count;
};

struct sonde_register_request {
	struct sonde_thread *thread;
	const struct sonde_register *reg;
	/** Filled on a read. */
	struct sonde_register_value *ret;
	/**
	 * On a read that leaves @ref ret unavailable: may be set to why, in a few words
	 * that live as long as the helper.
	 */
	const char **why;
	/** Not NULL: a write of this value. */
	const struct sonde_register_value *value;
};

/** Where bytes of physical memory lie in this process, as long as nothing is said. */
struct sonde_memory_window {
	/** Of the first byte, and how many lie there from it on. */
	const uint8_t *host;
	uint64_t length;
	/** The first byte is so many before the one that was asked for. */
	uint64_t before;
	/**
	 * NULL: all of it may be read. Else the first byte is that of a page of 4 KiB,
	 * and here is a bit for each page, beginning with bit @ref present_first: pages
	 * without it are read only after they were asked for. The helper may set bits
	 * while the window is valid.
	 */
	const uint64_t *present;
	uint64_t present_first;
	/** Set by the library where reading there raises SIGBUS. */
	bool *broken;
};

struct sonde_memory_request {
	/** True: physical addresses; false: as @ref thread sees memory. */
	bool physical;
	struct sonde_thread *thread;
	uint64_t address;
	size_t length;
	/** Filled on a read. */
	void *ret;
	/** Not NULL: a write of these bytes. */
	const void *data;
	/**
	 * Of a write: this may be code that the CPU has executed. Where it is emulated,
	 * only a helper that lets the emulator notice writes it; others pass on.
	 */
	bool must_be_noticed;
	/** Of a write: nothing is written yet; whoever would do it sets *handled. */
	bool only_check;
	/**
	 * Not NULL: nothing is to be read; a helper that has this memory mapped may say
	 * where. Others set *handled and leave it as it is, which is zeros. It is valid
	 * until state_changed.
	 */
	struct sonde_memory_window *window;
};

struct sonde_helper_ops {
	/**
	 * Optional. First use of the machine: open what is needed, look whether this
	 * helper fits at all. An error fails the attach; a helper that does not fit
	 * returns NULL and passes on whatever it is asked.
	 */
	struct sonde_error *(*attach)(struct sonde_helper *helper);

	/**
	 * Optional. Put back what was changed; the target is stopped and the stub still
	 * connected, unless attaching failed or the stub has hung up. Called once, if
	 * attach succeeded.
	 */
	struct sonde_error *(*detach)(struct sonde_helper *helper);

	/**
	 * Optional. Fill in what is known of @p ret and leave the rest: a later
	 * helper fills what is still unknown. Where the stub is connected
	 * (sonde_helper_exchange() works), the target is stopped; which registers the
	 * stub has is not known yet.
	 */
	struct sonde_error *(*describe)(
		struct sonde_helper *helper, struct sonde_helper_description *ret);

	/**
	 * Optional. With @p address: the stub is about to be needed; make it reachable,
	 * and set *@p address to where (it lives as long as the helper). With NULL: it is
	 * not needed any more, we have said goodbye; undo what was done to make it
	 * reachable.
	 */
	struct sonde_error *(*connect)(
		struct sonde_helper *helper, const char **address, bool *handled);

	/**
	 * Optional. Read or write a register. The target is stopped, unless the helper
	 * described a target without a stub: then it may run on a read.
	 */
	struct sonde_error *(*registers)(struct sonde_helper *helper,
		const struct sonde_register_request *request, bool *handled);

	/** Optional. The physical address behind a virtual one. */
	struct sonde_error *(*translate)(struct sonde_helper *helper,
		struct sonde_thread *thread, uint64_t address, uint64_t *ret,
		bool *handled);

	/**
	 * Optional. Read memory: completely, or SONDE_ERROR_FAULT with the first address
	 * that failed and all bytes before it done. Or write: completely, or nothing.
	 */
	struct sonde_error *(*memory)(struct sonde_helper *helper,
		const struct sonde_memory_request *request, bool *handled);

	/**
	 * Optional. It stopped, or is about to run: caches of the guest end here.
	 * SONDE_STATE_UNKNOWN: nothing will be asked for a while (sonde_target_rest()):
	 * what others may want meanwhile is to be let go as well.
	 */
	void (*state_changed)(struct sonde_helper *helper, enum sonde_state state);
};

/** An option, for `--helper NAME,OPTION=VALUE`. */
struct sonde_helper_option {
	/** Without '=' and ','. */
	const char *name;
	/** What its value is called in messages; NULL: it has none. */
	const char *argument;
	/** A few words for users. */
	const char *help;
};

struct sonde_helper_descriptor {
	/** SONDE_HELPER_ABI. */
	unsigned abi;
	/** sizeof(struct sonde_helper_descriptor). */
	size_t size;
	const char *name;
	/** Ends with an entry without a name; NULL: no options. */
	const struct sonde_helper_option *options;
	/**
	 * Mandatory. The helper is freed with @ref destroy. @p host and the values of its
	 * options live as long.
	 */
	struct sonde_error *(*create)(
		struct sonde_helper_host *host, struct sonde_helper **ret);
	/** Mandatory. */
	void (*destroy)(struct sonde_helper *helper);
};

/**
 * Begins the definition of the one symbol that a helper's shared object exports:
 *
 *     SONDE_HELPER_EXPORT = {
 *             .abi = SONDE_HELPER_ABI,
 *             .size = sizeof(struct sonde_helper_descriptor),
 *             ...
 *     };
 */
#define SONDE_HELPER_EXPORT \
	SONDE_PUBLIC const struct sonde_helper_descriptor sonde_helper_exported
extern const struct sonde_helper_descriptor sonde_helper_exported;

/**
 * Adds a helper to all targets opened afterwards, to be asked after those that were
 * added before; it is given no options. @p descriptor outlives @p sonde.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_add_helper(
	struct sonde *sonde, const struct sonde_helper_descriptor *descriptor);

/**
 * Loads a helper from a shared object and adds it. @p specification is a path, which
 * has a slash in it, or the name of an installed helper, NAME.so in sonde/helpers
 * beside this library; behind it options may stand, each after a comma: NAME,A=1,B.
 * Neither a path nor a value can have a comma. The same one may be added more than
 * once, with other options. What was loaded is unloaded by sonde_destroy().
 *
 * Loading executes the helper's code with all rights of the program, and nothing can
 * contain it afterwards. So a file is refused with SONDE_ERROR_PERMISSION if somebody
 * else could have put it there: if it or one of the directories above it belongs to
 * neither root nor the user, or may be written by group or others. Directories with
 * the sticky bit, such as /tmp, may; so may those that this library itself is in, for an
 * installed helper. Symbolic links are followed: what they lead to is judged.
 *
 * SONDE_ERROR_NOT_FOUND: there is no such file. SONDE_ERROR_BAD_DATA: it is no shared
 * object that can be loaded, or no helper. SONDE_ERROR_UNSUPPORTED: it was built for
 * another SONDE_HELPER_ABI. SONDE_ERROR_INVALID: the options are wrong.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_load_helper(
	struct sonde *sonde, const char *specification);

/**
 * The value of an option that the helper was given; "" for one without a value, NULL
 * for one that was not given; of one that was given twice, the last. Lives as long
 * as the helper.
 */
SONDE_PUBLIC const char *sonde_helper_option(
	const struct sonde_helper_host *host, const char *name);

/** What the helper was made for. Both live as long as the helper. */
SONDE_PUBLIC struct sonde *sonde_helper_context(const struct sonde_helper_host *host);
SONDE_PUBLIC struct sonde_target *sonde_helper_target(
	const struct sonde_helper_host *host);

/** Whether the stub can be asked for this register now: it has it, and is stopped. */
SONDE_PUBLIC bool sonde_helper_stub_has(
	const struct sonde_helper_host *host, const struct sonde_register *reg);

/**
 * The helper has learned that the target runs, or stopped, without the driver: somebody
 * else did that. What was read before is not believed any more.
 */
SONDE_PUBLIC void sonde_helper_notice_state(
	struct sonde_helper_host *host, enum sonde_state state);

/**
 * Sends a packet of the GDB remote protocol and waits for the answer. Packets
 * that would harm a stub are refused. The caller frees @p ret, which ends with a
 * NUL byte that @p ret_length does not count.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_helper_exchange(
	struct sonde_helper_host *host, const void *packet, size_t length, char **ret,
	size_t *ret_length);

/** Runs a command of the stub's monitor (qRcmd). The caller frees @p ret. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_helper_monitor(
	struct sonde_helper_host *host, const char *command, char **ret);

#ifdef __cplusplus
}
#endif

#endif
