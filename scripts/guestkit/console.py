# SPDX-License-Identifier: LGPL-2.1-or-later
"""Running commands in a guest over its serial console.

The guest's side is initrd/console-shell: it runs each line it receives, and echoes
nothing. A command is sent in base64, because the terminal between would act on
control characters; its output comes between two marks with a random word in them.
"""

import base64
import fcntl
import secrets
import socket
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from .errors import GuestError

_LINE_LIMIT = 4095      # the kernel's terminal drops what a line has beyond that
_INTERRUPT = b"\x03"


def run_command(path: Path, lock: Path, command: str, timeout: float) -> tuple[int, str]:
    """Run the shell COMMAND over the console socket at PATH, within TIMEOUT seconds.

    Returns its exit status and its output, stderr included. LOCK is a file that
    keeps one command from mixing with another's; it is created. A command that
    takes too long is interrupted.
    """
    word = secrets.token_hex(8)
    encoded = base64.b64encode(command.encode()).decode()
    # The marks are put together by the guest, so nothing that shows the line has them.
    line = (f"echo SONDE-BEGIN-'{word}'; sh -c \"$(echo {encoded} | base64 -d)\" 2>&1; "
            f"printf '\\nSONDE-DONE-%s-%d\\n' {word} $?\n").encode()
    if len(line) > _LINE_LIMIT:
        raise GuestError(f"the command is too long for the console: {len(command)} characters, "
                         "about 2900 are possible; write a file in the guest by pieces")
    deadline = time.monotonic() + timeout
    with _locked(lock, deadline), _connected(path) as console:
        try:
            console.settimeout(timeout)
            console.sendall(line)
            return _read_answer(console, word, deadline)
        except TimeoutError:
            console.settimeout(1)
            console.sendall(_INTERRUPT)
            raise GuestError(f"no end of '{command}' within {timeout:.3g} s: is the guest paused?"
                             ) from None
        except OSError as error:
            raise GuestError(f"the console failed ({error.strerror}): the guest has ended") \
                from error


def _read_answer(console: socket.socket, word: str, deadline: float) -> tuple[int, str]:
    """What stands between the marks with WORD, after the status in the second."""
    begin, end = f"SONDE-BEGIN-{word}\n".encode(), f"\nSONDE-DONE-{word}-".encode()
    received = bytearray()
    while True:
        console.settimeout(max(deadline - time.monotonic(), 0.001))
        chunk = console.recv(65536)
        if not chunk:
            raise GuestError("the console was closed: the guest has ended")
        received += chunk
        recent = received[-len(chunk) - len(end) - 16:]
        if b"\n" in recent.partition(end)[2]:
            body, _, status = received.partition(begin)[2].partition(end)
            return int(status.partition(b"\n")[0]), body.decode(errors="replace")


@contextmanager
def _locked(path: Path, deadline: float) -> Iterator[None]:
    with open(path, "w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise GuestError("the console is busy with another command") from None
                time.sleep(0.02)
        yield


@contextmanager
def _connected(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as console:
        try:
            console.connect(str(path))
        except OSError as error:
            raise GuestError(f"no console at {path} ({error.strerror}): has the guest ended?") \
                from error
        yield console
