# SPDX-License-Identifier: LGPL-2.1-or-later
"""QEMUs with libsonde-qemu-ram.so in them, and what sonde makes of them."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

from harness import TOP, Sonde, Tap
from qemus import KIB, MIB, Qemu

sys.path.insert(0, str(TOP / "tests"))

from programs import assemble  # noqa: E402

SANDBOX = ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]


@contextmanager
def preloaded(build: Path, library: bool = True, **settings: str) -> Iterator[None]:
    """What is started meanwhile has the library in it, and SETTINGS in its environment."""
    added = dict(settings)
    if library:
        added["LD_PRELOAD"] = str(build / "preload" / "libsonde-qemu-ram.so")
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def becomes(good: Callable[[Any], object], ask: Callable[[], Any], seconds: float = 10) -> Any:
    """The answer, once it is good, or after some seconds."""
    deadline = time.monotonic() + seconds
    found = ask()
    while not good(found) and time.monotonic() < deadline:
        time.sleep(0.02)
        found = ask()
    return found


def memory(sonde: Sonde) -> object:
    """How it reads RAM."""
    result = sonde.run("--json", "info")
    return result.rows[0]["memory"] if result.status == 0 else str(result)


def read(sonde: Sonde, scratch: Path, address: int, length: int) -> "bytes | str":
    out = scratch / "read"
    out.unlink(missing_ok=True)
    result = sonde.run("read", "--physical", f"{address:#x}", str(length), "-o", str(out))
    return out.read_bytes() if result.status == 0 else str(result)


def ends_by(qemu: Qemu, way: str) -> None:
    """QEMU's command "quit", or a signal's name."""
    if way == "quit":
        qemu.ask("quit")
    else:
        qemu.process.send_signal(getattr(signal, way))
    qemu.process.wait(10)


# --- KVM ----------------------------------------------------------------------------------

def why_no_kvm(directory: Path) -> str:
    """Why QEMU cannot use KVM here; "" where it can."""
    if not os.path.exists("/dev/kvm"):
        return "there is no /dev/kvm"
    try:
        with Qemu(directory, "-enable-kvm", "-m", "4M"):
            return ""
    except ValueError as error:
        return " ".join(str(error).split())


def sector_under_kvm(tap: Tap, name: str, qemu: Qemu, sonde: Sonde) -> None:
    """A QEMU with kvm_words() that stands: it runs, and sonde reads what its guest wrote."""
    written = b"".join(i.to_bytes(2, "little") for i in range(32 * KIB)) * 2
    qemu.ask("cont")
    tap.equal(f"{name}: the guest is done",
              becomes(lambda found: found == b"\x0d\x60", lambda: qemu.physical(0x600, 2), 30),
              b"\x0d\x60")
    tap.equal(f"{name}: read by a mapping", memory(sonde), "mmap")
    tap.check(f"{name}: what it wrote", read(sonde, qemu.directory, 0x20000, 128 * KIB) == written)
    tap.check(f"{name}: as QEMU saves it", read(sonde, qemu.directory, MIB, 31 * MIB) ==
              qemu.physical(MIB, 31 * MIB))


def kvm_words(directory: Path) -> list[str]:
    try:
        sector = assemble("boot-sector", directory, raw=True)
    except subprocess.CalledProcessError as error:
        raise ValueError(f"the boot sector cannot be assembled: {error}") from error
    return ["-enable-kvm", "-m", "32M", "-drive", f"file={sector},format=raw,if=ide"]
