/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A target is one level of a running system: here, the machine. It offers
 * memory, registers, threads and control, each of which may be absent: then the
 * functions below fail with SONDE_ERROR_UNSUPPORTED.
 */
#ifndef SONDE_TARGET_H
#define SONDE_TARGET_H

#include <sonde/context.h>
#include <sonde/control.h>
#include <sonde/space.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Attaches to what @p specification names: gdb:HOST:PORT, gdb:/path.sock,
 * gdb:udp:HOST:PORT, gdb:serial:DEVICE,BAUD, gdb:exec:COMMAND; qemu:NAME, qemu:PID,
 * qemu:/path/qmp.sock, qemu:qmp=ADDR,gdb=ADDR,ram=FILE,pid=N. NULL, "" and "qemu:" mean
 * the only QEMU of this host that can be reached. A QEMU is watched, without being
 * stopped, until something is to be controlled. The caller closes @p ret with
 * sonde_target_close().
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_open(
	struct sonde *sonde, const char *specification, struct sonde_target **ret);

/**
 * As sonde_open(), with a level on top: "machine", "kernel" (<sonde/kernel.h>), or NULL:
 * of a QEMU the kernel, as SONDE_KERNEL_VIEW_CPU, of a stub the machine. Whether there is
 * a kernel is not looked at before something needs it.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_open_level(struct sonde *sonde,
	const char *specification, const char *level, struct sonde_target **ret);

/**
 * Takes everything out that was put in, leaves the target in the state that it
 * was found in, and disconnects. Afterwards only sonde_target_close() is allowed.
 * An interrupt does not cut it short.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_detach(
	struct sonde_target *target);

/** Detaches where that is not done yet, logs what fails, and frees. NULL is allowed. */
SONDE_PUBLIC void sonde_target_close(struct sonde_target *target);

/** What was opened, such as "gdb:/run/vm.sock". Lives as long as @p target. */
SONDE_PUBLIC const char *sonde_target_name(const struct sonde_target *target);

/** What is behind it, such as "QEMU", "gdbserver" or "stub". Lives as long as @p target.
 */
SONDE_PUBLIC const char *sonde_target_kind(const struct sonde_target *target);

/** "x86_64", "i386", "aarch64", "riscv64". Lives as long as @p target. */
SONDE_PUBLIC const char *sonde_target_architecture(const struct sonde_target *target);

/** How many bits an address has. */
SONDE_PUBLIC unsigned sonde_target_address_bits(const struct sonde_target *target);

/** By which means memory is reached: "stub", "mmap", "process", "qmp" or "none". */
SONDE_PUBLIC const char *sonde_target_memory_means(const struct sonde_target *target);

/** How much RAM the machine has (bytes); 0: unknown. */
SONDE_PUBLIC uint64_t sonde_target_ram_bytes(const struct sonde_target *target);

/**
 * Whether registers and memory can be read while the target runs. Then nothing that is
 * read stops it, and nothing is connected to that would.
 */
SONDE_PUBLIC bool sonde_target_is_observable(const struct sonde_target *target);

/**
 * Nothing will be asked for a while: lets go of what others may want meanwhile, such as
 * QEMU's monitor, and forgets what was read of a running target. Whatever is asked next
 * looks anew.
 */
SONDE_PUBLIC void sonde_target_rest(struct sonde_target *target);

/** How addresses are translated on @p thread ("4-level", "none", ..); NULL: unknown. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_paging(
	struct sonde_target *target, struct sonde_thread *thread, const char **ret);

/** Memory as @p thread sees it; NULL: as the thread that stopped last sees it. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_virtual(
	struct sonde_target *target, struct sonde_thread *thread,
	struct sonde_space **ret);

/** Memory by physical address. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_physical(
	struct sonde_target *target, struct sonde_space **ret);

/** The threads there are; an array that lives until the target runs or closes. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_threads(
	struct sonde_target *target, struct sonde_thread *const **ret, size_t *count);

/** The thread that users call @p number. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_find_thread(
	struct sonde_target *target, unsigned number, struct sonde_thread **ret);

/** The thread that stopped last: what a command means when no CPU is named. */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_current_thread(
	struct sonde_target *target, struct sonde_thread **ret);

struct sonde_types;

/**
 * The types that the target describes, for <sonde/type.h>; they live as long as @p
 * target. SONDE_ERROR_UNSUPPORTED says why there are none.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_types(
	struct sonde_target *target, const struct sonde_types **ret);

/**
 * All registers that threads have; an array that lives as long as @p target. Where a stub
 * is connected to later, by what needs to stop the target, there may be more afterwards.
 */
SONDE_PUBLIC SONDE_NODISCARD struct sonde_error *sonde_target_registers(
	struct sonde_target *target, const struct sonde_register **ret, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
