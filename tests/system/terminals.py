# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command as people use it: on a terminal."""

import os
import pty
import select
import signal
import time

from harness import PATIENCE


class Terminal:
    """WORDS on a terminal of their own, with HOME for what they remember."""

    def __init__(self, words: list[str], home: str) -> None:
        self.text = ""
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="vt100", HOME=home, XDG_STATE_HOME=home, XDG_DATA_HOME=home)
            os.execv(words[0], words)

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def expect(self, wanted: str, timeout: float = PATIENCE) -> bool:
        """Whether WANTED comes, after what was expected before."""
        deadline = time.monotonic() + timeout
        while wanted not in self.text:
            ready = select.select([self.descriptor], [], [], max(deadline - time.monotonic(), 0))
            try:
                got = os.read(self.descriptor, 4096) if ready[0] else b""
            except OSError:
                got = b""
            if not got:
                return False
            self.text += got.decode(errors="replace")
        self.text = self.text.partition(wanted)[2]
        return True

    def close(self) -> int | None:
        """The shell's exit status; None if it had to be killed."""
        deadline = time.monotonic() + 20
        try:
            while time.monotonic() < deadline:
                done, status = os.waitpid(self.pid, os.WNOHANG)
                if done:
                    return os.waitstatus_to_exitcode(status)
                time.sleep(0.02)
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            return None
        finally:
            os.close(self.descriptor)
