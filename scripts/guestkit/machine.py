# SPDX-License-Identifier: LGPL-2.1-or-later
"""The QEMU command line of a guest, and the directory that it lives in."""

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Sequence

from .architectures import Architecture
from .errors import GuestError
from .images import Image

WORKLOADS = ("idle", "syscalls", "spin")

_LONGEST_SOCKET_PATH = 107      # sun_path of struct sockaddr_un, less its final NUL


@dataclass(frozen=True)
class Settings:
    """What the user may choose of a guest."""
    architecture: Architecture
    cpus: int = 1
    memory: int = 512                   # MiB
    workload: str = "idle"              # one of WORKLOADS
    append: str = ""                    # more kernel parameters; they win
    randomize: bool = True              # False: the kernel is where it was linked (nokaslr)
    paused: bool = False                # True: no instruction runs until QMP `cont`
    gdb: bool = True                    # False: QEMU has no gdb stub
    kgdb: bool = False                  # True: another kernel, with KGDB on a second serial port
    kernel: str | None = None           # [SUITE:]PACKAGE of Debian: another kernel
    cpu: str | None = None              # for -cpu
    machine: str | None = None          # for -machine
    extra: Sequence[str] = field(default_factory=tuple)     # more arguments for QEMU

    def __post_init__(self) -> None:
        if self.workload not in WORKLOADS:
            raise GuestError(f"no workload '{self.workload}': there are {', '.join(WORKLOADS)}")
        if self.cpus < 1 or self.memory < 1:
            raise GuestError("a guest needs at least 1 CPU and 1 MiB (128 to boot)")
        if self.kgdb and self.architecture.name != "amd64":
            raise GuestError("the kernel with KGDB is for amd64 alone")


@dataclass(frozen=True)
class Directory:
    """Names of the files in a guest's directory."""
    path: Path

    gdb = property(lambda self: self.path / "gdb.sock")
    qmp = property(lambda self: self.path / "qmp.sock")             # for whatever is tested
    control = property(lambda self: self.path / "control.sock")     # QMP, for guestkit
    events = property(lambda self: self.path / "events.sock")       # QMP, Guest.events()
    kgdb = property(lambda self: self.path / "kgdb.sock")           # telnet, for its BREAK
    kgdb_log = property(lambda self: self.path / "kgdb.log")        # of both, it and the kernel
    console = property(lambda self: self.path / "console.sock")
    console_log = property(lambda self: self.path / "console.log")
    console_lock = property(lambda self: self.path / "console.lock")
    qemu_log = property(lambda self: self.path / "qemu.log")
    pid = property(lambda self: self.path / "pid")
    record = property(lambda self: self.path / "guest.json")

    @classmethod
    def create(cls, path: str | os.PathLike[str] | None) -> "Directory":
        """A private directory at PATH, which must be absent or empty; without PATH,
        a new one where the user's runtime files go."""
        if path is None:
            parent = os.environ.get("XDG_RUNTIME_DIR", "")
            parent = parent if os.access(parent, os.W_OK) else "/tmp"
            cls(Path(parent, "sonde-guest-12345678"))._check_length()
            return cls(Path(tempfile.mkdtemp(prefix="sonde-guest-", dir=parent)))
        directory = cls(Path(path).absolute())
        directory._check_length()
        try:
            directory.path.mkdir(mode=0o700, exist_ok=True)
            if any(directory.path.iterdir()):
                raise GuestError(f"{directory.path} is not empty: name a directory that is, "
                                 "or that does not exist yet")
            directory.path.chmod(0o700)
        except OSError as error:
            raise GuestError(f"{directory.path} cannot be the guest's directory: "
                             f"{error.strerror}") from error
        return directory

    def _check_length(self) -> None:
        longest = max(len(os.fsencode(path)) for path in
                      (self.gdb, self.qmp, self.control, self.events, self.kgdb,
                       self.console))
        if longest > _LONGEST_SOCKET_PATH:
            raise GuestError(f"{self.path} is too long a name, choose a shorter one: the paths of the "
                             f"sockets in it have {longest} bytes, Linux allows "
                             f"{_LONGEST_SOCKET_PATH}")


def qemu_command(settings: Settings, image: Image, directory: Directory) -> list[str]:
    """The command that runs a guest booting IMAGE, with its sockets in DIRECTORY."""
    architecture = settings.architecture
    command = [
        architecture.qemu, "-no-user-config", "-nodefaults", "-no-reboot", "-display", "none",
        "-accel", "tcg",
        "-machine", settings.machine or architecture.machine,
        "-cpu", settings.cpu or architecture.cpu,
        # The firmware's MP table, all that the kernel with KGDB reads, counts sockets.
        "-smp", f"{settings.cpus},sockets={settings.cpus}" if settings.kgdb
        else str(settings.cpus),
        "-m", f"{settings.memory}M",
        "-kernel", str(image.kernel),
        "-initrd", str(image.initrd),
        "-append", kernel_parameters(settings),
        "-chardev", f"socket,id=console,path={_quoted(directory.console)},server=on,wait=off,"
                    f"logfile={_quoted(directory.console_log)}",
        "-serial", "chardev:console",
    ]
    if settings.kgdb:
        command += ["-chardev", f"socket,id=kgdb,path={_quoted(directory.kgdb)},server=on,"
                                f"wait=off,telnet=on,logfile={_quoted(directory.kgdb_log)}",
                    "-serial", "chardev:kgdb"]
    for path in (directory.qmp, directory.control, directory.events):
        command += ["-qmp", _server(path)]
    if settings.gdb:
        command += ["-gdb", _server(directory.gdb)]
    if settings.paused:
        command += ["-S"]
    return command + list(settings.extra)


def kernel_parameters(settings: Settings) -> str:
    """The kernel's command line. A panic ends the guest: it reboots at once, and
    QEMU has -no-reboot."""
    console = settings.architecture.console
    # KGDB is on the kernel's console, since no other line has a BREAK that it heeds, and
    # of all 8250 ports one can be that. What guestkit needs is the other one.
    consoles = f"console=ttyS1 kgdboc=ttyS1 sonde.console={console}" if settings.kgdb \
        else f"console={console}"
    parameters = [consoles, "quiet", "panic=-1",
                  settings.architecture.parameters, f"sonde.workload={settings.workload}",
                  "" if settings.randomize else "nokaslr", settings.append]
    return " ".join(filter(None, parameters))


def _server(path: Path) -> str:
    return f"unix:{_quoted(path)},server=on,wait=off"


def _quoted(path: Path) -> str:
    """PATH inside one of QEMU's comma separated options."""
    return str(path).replace(",", ",,")
