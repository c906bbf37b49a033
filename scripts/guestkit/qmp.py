# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of QMP, QEMU's machine protocol: one JSON object a line.

Specification: docs/interop/qmp-spec.txt of QEMU's source. Events come between
replies at any time; a reply is told by the id of its command. A QMP socket serves
one client; the next one connects at once but is greeted only when the first leaves.
"""

import json
import socket
import time
from pathlib import Path
from typing import Any

from .errors import GuestError


class QmpConnection:
    """An open, negotiated connection. Use as a context manager, or close()."""

    def __init__(self, path: Path, timeout: float = 10) -> None:
        """Connect to the socket at PATH; each exchange may take TIMEOUT seconds."""
        self.events: list[dict[str, Any]] = []      # all that came so far, oldest first
        self._path = path
        self._timeout = timeout
        self._pending = b""
        self._last_id = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._connect()
        except BaseException:
            self.close()
            raise

    def execute(self, command: str, arguments: dict[str, Any] | None = None) -> Any:
        """Run COMMAND and return what it returns. Every event that QEMU sent before
        its reply is in `events` afterwards."""
        self._last_id += 1
        request: dict[str, Any] = {"execute": command, "id": self._last_id}
        if arguments:
            request["arguments"] = arguments
        deadline = time.monotonic() + self._timeout
        try:
            self._socket.settimeout(self._timeout)
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise self._gone(f"({error.strerror or error})") from error
        while True:
            message = self._receive(deadline, f"no reply to {command}")
            if "event" in message:
                self.events.append(message)
            elif message.get("id") == self._last_id and "error" in message:
                raise GuestError(f"QMP {command}: {message['error']['desc']}")
            elif message.get("id") == self._last_id:
                return message["return"]

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> "QmpConnection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connect(self) -> None:
        try:
            self._socket.settimeout(self._timeout)
            self._socket.connect(str(self._path))
        except OSError as error:
            raise GuestError(f"no QMP at {self._path} ({error.strerror or error}): "
                             "has the guest ended?") from error
        self._receive(time.monotonic() + self._timeout,
                      "no greeting, another client may hold it")
        self.execute("qmp_capabilities")

    def _receive(self, deadline: float, complaint: str) -> dict[str, Any]:
        """The next message, or an error with COMPLAINT when DEADLINE has passed."""
        while b"\n" not in self._pending:
            try:
                self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
                received = self._socket.recv(65536)
            except TimeoutError:
                raise GuestError(f"QMP at {self._path}: {complaint} after "
                                 f"{self._timeout:g} s") from None
            except OSError as error:
                raise self._gone(f"({error.strerror})") from error
            if not received:
                raise self._gone("(end of file)")
            self._pending += received
        line, self._pending = self._pending.split(b"\n", 1)
        return json.loads(line)

    def _gone(self, detail: str) -> GuestError:
        return GuestError(f"QMP at {self._path} was closed by QEMU {detail}: "
                          "the guest has ended")
