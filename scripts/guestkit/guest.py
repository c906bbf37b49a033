# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest: one QEMU process, its sockets, and the Linux that runs in it."""

import atexit
import json
import os
import re
import shlex
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from .architectures import find_architecture
from .console import run_command
from .errors import GuestError, last_line
from .images import ensure_image, ensure_kernel
from .kgdb import ensure_kgdb_kernel
from .machine import Directory, Settings, qemu_command
from .process import Process
from .qmp import QmpConnection

_READY = b"SONDE-GUEST-READY"
_ATTEMPTS = 3       # QEMU 7.2's TCG now and then panics a kernel that is without fault


class Guest:
    """A guest that was started here (Guest.start) or elsewhere (Guest(directory)).

    As a context manager it stops the guest at the end. Paths for others to use:
    gdb_socket, kgdb_socket, qmp_socket, console_socket, console_log. guestkit itself
    never touches the first three.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        """The guest whose directory `start` named. It may have ended meanwhile."""
        self._files = Directory(Path(directory).absolute())
        try:
            record = json.loads(self._files.record.read_text())
        except (OSError, ValueError) as error:
            raise GuestError(f"{directory} is not the directory of a guest "
                             f"(no {self._files.record.name})") from error
        self.architecture: str = record["architecture"]
        self._process = Process(record["pid"], record["start_time"])
        self._command: list[str] = record["command"]
        self._ready = False
        self._event_connection: QmpConnection | None = None
        self._addresses: dict[str, int] = {}

    @classmethod
    def start(cls, architecture: str, directory: str | os.PathLike[str] | None = None, *,
              timeout: float = 120, die_with_parent: bool = True, **settings: Any) -> "Guest":
        """Start a guest, wait until it is ready, and return it.

        SETTINGS are those of machine.Settings: cpus=2, workload="syscalls", ... A
        guest with paused=True is returned at once. With DIE_WITH_PARENT the guest
        ends with this process, and with the thread that called; otherwise it stays
        until stop(). If it fails to boot, nothing is left behind.
        """
        chosen = Settings(find_architecture(architecture), **settings)
        if shutil.which(chosen.architecture.qemu) is None:
            raise GuestError(f"{chosen.architecture.qemu} is not here: install the package "
                             f"{chosen.architecture.qemu_package}")
        image = ensure_image(chosen.architecture)
        if chosen.kgdb:
            image = replace(image, kernel=ensure_kgdb_kernel())
        elif chosen.kernel:
            kernel, _ = ensure_kernel(chosen.architecture, chosen.kernel)
            image = replace(image, kernel=kernel)
        files = Directory.create(directory)
        try:
            command = qemu_command(chosen, image, files)
            for retries_left in reversed(range(_ATTEMPTS)):
                try:
                    guest = cls._launch(chosen, files, command, die_with_parent, timeout)
                    break
                except _Ended as error:
                    if retries_left == 0:
                        raise
                    print(f"guest: trying again: {error}", file=sys.stderr)
        except BaseException:
            shutil.rmtree(files.path, ignore_errors=True)
            raise
        if die_with_parent:
            atexit.register(guest.stop)
        return guest

    pid = property(lambda self: self._process.pid)
    directory = property(lambda self: self._files.path)
    gdb_socket = property(lambda self: self._files.gdb)
    kgdb_socket = property(lambda self: self._files.kgdb)
    qmp_socket = property(lambda self: self._files.qmp)
    console_socket = property(lambda self: self._files.console)
    console_log = property(lambda self: self._files.console_log)

    def __enter__(self) -> "Guest":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the guest and remove its directory. Harmless when it has ended."""
        atexit.unregister(self.stop)
        if self._event_connection is not None:
            self._event_connection.close()
            self._event_connection = None
        if self._process.runs(self._command):
            self._process.end()
        shutil.rmtree(self._files.path, ignore_errors=True)

    def is_running(self) -> bool:
        """Whether QEMU is there; the guest in it may be paused."""
        return self._process.is_running()

    def run(self, command: str, timeout: float = 30) -> tuple[int, str]:
        """Run a shell COMMAND in the guest; its exit status and output, stderr included.
        A guest that is still booting gets until TIMEOUT to do both."""
        deadline = time.monotonic() + timeout
        self.wait_ready(timeout)
        return run_command(self._files.console, self._files.console_lock, command,
                           max(deadline - time.monotonic(), 0.1))

    def symbol(self, name: str) -> int:
        """The address of the kernel's symbol NAME."""
        return self.symbols(name)[name]

    def symbols(self, *names: str) -> dict[str, int]:
        """Addresses of the kernel's symbols NAMES, as the guest's /proc/kallsyms has
        them. Modules are not searched. A name that is not there, or more than once, is
        an error. Each address is asked for once; a call takes a second or two."""
        unknown = sorted(set(names) - self._addresses.keys())
        if unknown:
            pattern = "|".join(re.escape(name) for name in unknown)
            output = self.run(f"grep -E {shlex.quote(f' ({pattern})$')} /proc/kallsyms")[1]
            found = [line.split() for line in output.splitlines()]
            for name in unknown:
                addresses = [int(fields[0], 16) for fields in found if fields[2] == name]
                if len(addresses) != 1:
                    raise GuestError(f"/proc/kallsyms has {len(addresses)} symbols '{name}', "
                                     "not one")
                self._addresses[name] = addresses[0]
        return {name: self._addresses[name] for name in names}

    def qmp(self, command: str, **arguments: Any) -> Any:
        """Run a QMP command over a connection of its own. An underscore in an
        argument's name stands for QMP's hyphen."""
        return self.execute(command, {name.replace("_", "-"): value
                                      for name, value in arguments.items()})

    def execute(self, command: str, arguments: dict[str, Any] | None = None) -> Any:
        """As qmp(), with the arguments as QMP has them."""
        with QmpConnection(self._files.control) as connection:
            return connection.execute(command, arguments)

    def status(self) -> str:
        """QEMU's run state: "running", "paused", "debug", ..."""
        return self.execute("query-status")["status"]

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """QMP events so far, oldest first; with NAME only those, such as "STOP".
        Nothing is missed after the first call; Guest.start with DIE_WITH_PARENT makes
        that call itself. One process at a time can watch a guest's events."""
        if self._event_connection is None:
            self._event_connection = QmpConnection(self._files.events)
        self._event_connection.execute("query-status")      # its reply comes after the events
        return [event for event in self._event_connection.events
                if name in (None, event["event"])]

    def has_come_from_elsewhere(self) -> None:
        """Its Linux booted in another QEMU and was restored in this one, so that its
        console has nothing of that."""
        self._ready = True

    def wait_ready(self, timeout: float = 120) -> None:
        """Return when the guest has booted. Needs the guest to run."""
        deadline = time.monotonic() + timeout
        while not self._ready and _READY not in self._read_console_log():
            if not self.is_running():
                raise self._ended()
            if time.monotonic() > deadline:
                raise GuestError(f"the guest was not ready within {timeout:.3g} s; its console's "
                                 f"last lines:\n{self.console_tail()}")
            time.sleep(0.02)
        self._ready = True

    def console_tail(self, lines: int = 15) -> str:
        """The last LINES of what the guest wrote on its console."""
        text = self._read_console_log().decode(errors="replace")
        readable = (line.rstrip() for line in text.splitlines() if line.isprintable())
        return "\n".join(list(readable)[-lines:])

    @classmethod
    def _launch(cls, chosen: Settings, files: Directory, command: list[str],
                die_with_parent: bool, timeout: float) -> "Guest":
        """Start QEMU once; on any failure it is gone again."""
        files.console_log.unlink(missing_ok=True)
        process = Process.launch(command, files.qemu_log, die_with_parent)
        try:
            files.pid.write_text(f"{process.pid}\n")
            files.record.write_text(json.dumps({
                "architecture": chosen.architecture.name, "pid": process.pid,
                "start_time": process.start_time, "command": command}, indent=4) + "\n")
            guest = cls(files.path)
            guest._wait_for_sockets()
            if die_with_parent:
                guest.events()
            if not chosen.paused:
                guest.wait_ready(timeout)
        except BaseException:
            process.end()
            raise
        return guest

    def _wait_for_sockets(self) -> None:
        """Return when QEMU serves all its sockets. It answers on none before that."""
        deadline = time.monotonic() + 10
        while True:
            try:
                self.execute("query-status")
                return
            except GuestError:
                if not self.is_running():
                    raise self._ended() from None
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _ended(self) -> GuestError:
        """The error for a QEMU that is not there any more."""
        if self._read_console_log():
            return _Ended(f"the guest has ended; its console's last lines:\n{self.console_tail()}")
        log = self._files.qemu_log
        text = log.read_text(errors="replace") if log.exists() else ""
        return GuestError(f"QEMU did not start: {last_line(text)}")

    def _read_console_log(self) -> bytes:
        try:
            return self._files.console_log.read_bytes()
        except FileNotFoundError:
            return b""


class _Ended(GuestError):
    """The guest ran and ended."""
