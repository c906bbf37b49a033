# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command as people use it: on a terminal."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

from harness import PATIENCE

PROMPT = "sonde> "
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()=>][0B]?|[\r\a\x0f]")


class Terminal:
    """WORDS on a terminal of their own, with HOME for what they remember; COLUMNS wide,
    or of no known width."""

    def __init__(self, words: list[str], home: str, columns: int = 0) -> None:
        self.text = self.before = ""
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="vt100", HOME=home, XDG_STATE_HOME=home, XDG_DATA_HOME=home,
                              PS1="$ ")
            self.descriptor = 0
            self.resize(columns)
            os.execv(words[0], words)

    def resize(self, columns: int) -> None:
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 24 if columns else 0, columns, 0, 0))

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def say(self, line: str) -> str:
        """What comes of LINE, typed at a prompt, up to the next prompt."""
        self.type(line + "\r")
        self.expect("\n")
        return self.until(PROMPT)

    def until(self, wanted: str) -> str:
        """What comes before WANTED, as it is read; ValueError where that does not come."""
        if not self.expect(wanted):
            raise ValueError(f"'{wanted}' did not come, but {self.text[-600:]!r}")
        return ESCAPES.sub("", self.before)

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
        self.before, _, self.text = self.text.partition(wanted)
        return True

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        """One that has not ended loses its terminal."""
        if self.descriptor >= 0:
            os.kill(self.pid, signal.SIGHUP)
            self.close()

    def close(self) -> int | None:
        """The shell's exit status; None if it had to be killed."""
        deadline = time.monotonic() + PATIENCE
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
            self.descriptor = -1
