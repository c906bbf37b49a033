/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SONDE_CORE_NO_OP_H
#define SONDE_CORE_NO_OP_H

#include "target.h"

/**
 * Moves @p thread, which stopped at @p pc, to where the instruction there leads, if that
 * does nothing else, as a no-op or a jump: then it need not be stepped. What is there is
 * read anew each time, since a kernel changes its no-ops; so only where reading costs no
 * packet. @p passed says
 * whether it was done.
 */
SONDE_NODISCARD struct sonde_error *sonde_thread_pass_no_op(
	struct sonde_thread *thread, uint64_t pc, bool *passed);

#endif
