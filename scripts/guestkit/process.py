# SPDX-License-Identifier: LGPL-2.1-or-later
"""Starting QEMU, and ending that process and no other."""

import os
import select
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A running program that need not be a child of ours. A process id alone may
    have been given to another process since, so the start time goes with it."""
    pid: int
    start_time: int         # in ticks since boot, as in /proc/PID/stat

    @classmethod
    def launch(cls, command: list[str], log: Path, die_with_parent: bool) -> "Process":
        """Start COMMAND in a session of its own; its output goes to LOG.

        With DIE_WITH_PARENT the kernel kills it when the thread that called this
        ends, however that ends.
        """
        if die_with_parent:
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        with open(log, "wb") as output:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                     stderr=subprocess.STDOUT, start_new_session=True)
        fields = _status(child.pid)     # there for sure: nobody has reaped it yet
        child.returncode = 0            # is_running() will, subprocess need not
        return cls(child.pid, int(fields[19]))

    def is_running(self) -> bool:
        """Whether the process is there and has not exited."""
        fields = _status(self.pid)
        if fields is None or int(fields[19]) != self.start_time:
            return False
        if fields[0] == "Z":
            _reap(self.pid)
            return False
        return True

    def runs(self, command: list[str]) -> bool:
        """Whether COMMAND is what the process was executed with."""
        try:
            arguments = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except OSError:
            return False
        return arguments == b"".join(os.fsencode(word) + b"\0" for word in command)

    def end(self, patience: float = 5) -> None:
        """Ask the process to end; after PATIENCE seconds, make it. Returns when it is gone."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            # The handle is open: from here on the number cannot come to mean another.
            for number, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, 60)):
                if not self.is_running():
                    return
                signal.pidfd_send_signal(handle, number)
                select.select([handle], [], [], wait)
            self.is_running()
        except ProcessLookupError:
            return
        finally:
            os.close(handle)


def _status(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the third on (state), or None."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _reap(pid: int) -> None:
    """Let go of PID, which has exited, if it is a child of ours."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass
