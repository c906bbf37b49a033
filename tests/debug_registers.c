/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a debug register stops a program on this machine: some hypervisors take what is
 * written there and do nothing. Exits 0 if it does, 1 if not, 77 where it cannot be told.
 * Source: ptrace(2), PTRACE_POKEUSER; AMD64 Architecture Programmer's Manual 2, 13.1.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__
static volatile int calls;

__attribute__((noinline)) static void hot(void)
{
	calls++;
}

int main(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		hot();
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status))
		return 77;
	if (ptrace(PTRACE_POKEUSER, child, offsetof(struct user, u_debugreg[0]), hot) <
			0 ||
		ptrace(PTRACE_POKEUSER, child, offsetof(struct user, u_debugreg[7]), 1L) <
			0)
		return 77;
	ptrace(PTRACE_CONT, child, NULL, NULL);
	waitpid(child, &status, 0);
	if (!WIFSTOPPED(status))
		return 1;
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return 0;
}
#else
int main(void)
{
	return 77;
}
#endif
