# SPDX-License-Identifier: LGPL-2.1-or-later
"""QEMUs without a system in them, standing at their first instruction: RAM of every kind,
with data at chosen addresses."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Sequence

from harness import GuestError
from guestkit.qmp import QmpConnection

PATIENCE = 20       # seconds
BARE = ["-S", "-display", "none", "-nodefaults", "-no-user-config"]
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


def find_program(architecture: str = "x86_64") -> str:
    return shutil.which(f"qemu-system-{architecture}") or f"qemu-system-{architecture}"


def descriptors(pid: int, part: str) -> "list[tuple[Path, os.stat_result]]":
    """Those of the process that lead to a file with PART in its name. They come and go."""
    found = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if part in os.readlink(entry):
                found.append((entry, entry.stat()))
        except FileNotFoundError:
            pass
    return found


class Qemu:
    """A QEMU with two monitors: `qmp` is for sonde, `control` is for the test.

    LOADED are addresses to which random data are written, three pages each that
    begin in the middle of one. QEMU writes them itself, when it resets the machine."""

    def __init__(self, directory: Path, *words: str, program: "str | None" = None,
                 before: Sequence[str] = (), loaded: Sequence[int] = ()) -> None:
        self.directory = directory
        self.qmp_socket = directory / "qmp.sock"
        self.control = directory / "control.sock"
        self.log = directory / "qemu.log"
        self.loaded = {address: os.urandom(3 * 4096) for address in loaded}
        loaders = []
        for address, data in self.loaded.items():
            path = directory / f"data-{address:x}"
            path.write_bytes(data)
            loaders += ["-device", f"loader,file={path},addr={address:#x},force-raw=on"]
        sockets = [word for path in (self.qmp_socket, self.control)
                   for word in ("-qmp", f"unix:{path},server=on,wait=off")]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*before, program or find_program(), *BARE, *sockets, *words, *loaders],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory)
        self.pid = self.process.pid

    def __enter__(self) -> "Qemu":
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.ask("query-status")
                return
            except GuestError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise ValueError(f"QEMU did not start: {self.log.read_text()[-300:]}") \
                        from None
                time.sleep(0.01)

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def ask(self, command: str, **arguments: Any) -> Any:
        with QmpConnection(self.control) as connection:
            return connection.execute(command, {name.replace("_", "-"): value
                                                for name, value in arguments.items()})

    def monitor(self, command: str) -> str:
        return self.ask("human-monitor-command", command_line=command)

    def physical(self, address: int, length: int) -> bytes:
        """As QEMU saves it. That touches the pages."""
        path = self.directory / "saved"
        self.ask("pmemsave", val=address, size=length, filename=str(path))
        try:
            return path.read_bytes()
        finally:
            path.unlink()

    def resident(self, name: str = "VmRSS") -> int:
        """A line of the process's status, in bytes."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1]) * KIB

    def ram_file(self, part: str) -> Path:
        """The file with PART in its name that the process has mapped, by a descriptor."""
        for entry, _ in descriptors(self.pid, part):
            return entry
        raise LookupError(f"QEMU has no descriptor of {part}")
