# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kernels of Debian's to try the kernel level on, beside the current cloud kernel of the
suite that the machine has; and what became of it, for docs/support.md."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from guestkit import ensure_kernel, find_architecture

X86 = 0xffffffff81000000


@dataclass(frozen=True)
class Kernel:
    """One kernel, where its symbol _text, else _stext, was linked, and a CPU that it runs
    on; "" is that of all guests."""
    architecture: str
    suite: str          # "": the machine's own
    package: str
    linked: int = X86
    cpu: str = ""

    def __post_init__(self) -> None:
        # TCG of QEMU 7.2 panics kernels from 6.12 now and then that have cmpxchg16b.
        if self.architecture == "amd64" and not self.cpu:
            object.__setattr__(self, "cpu", "Nehalem,+rdrand,-cx16")

    machine = property(lambda self: find_architecture(self.architecture).machine)
    wanted = property(lambda self: f"{self.suite}:{self.package}" if self.suite
                      else self.package)

    def __str__(self) -> str:
        return f"{self.architecture} {self.wanted}"


# arm64: KIMAGE_VADDR (Documentation/arch/arm64/memory.rst), and behind it a head of 64 KiB
# where /proc/kallsyms begins with _stext. Few CPUs have pages of 16 KiB;
# with them addresses have 47 bits. riscv64: KERNEL_LINK_ADDR, and a head of 8 KiB.
KERNELS = [
    Kernel("amd64", "bullseye", "linux-image-cloud-amd64"),
    Kernel("amd64", "bullseye", "linux-image-rt-amd64"),
    Kernel("amd64", "", "linux-image-amd64"),
    Kernel("amd64", "", "linux-image-rt-amd64"),
    Kernel("amd64", "bookworm-backports", "linux-image-cloud-amd64"),
    Kernel("amd64", "trixie", "linux-image-cloud-amd64"),
    Kernel("amd64", "trixie", "linux-image-amd64"),
    Kernel("amd64", "trixie", "linux-image-rt-amd64"),
    Kernel("amd64", "trixie-backports", "linux-image-cloud-amd64"),
    Kernel("amd64", "forky", "linux-image-cloud-amd64"),
    Kernel("amd64", "sid", "linux-image-cloud-amd64"),
    Kernel("arm64", "bullseye", "linux-image-cloud-arm64", 0xffff800010010000),
    Kernel("arm64", "trixie", "linux-image-cloud-arm64", 0xffff800080000000),
    Kernel("arm64", "trixie", "linux-image-arm64-16k", 0xffffc00080000000,
           "max,pauth-impdef=on"),
    Kernel("arm64", "sid", "linux-image-cloud-arm64", 0xffff800080000000),
    Kernel("riscv64", "trixie", "linux-image-riscv64", 0xffffffff80002000),
    Kernel("riscv64", "sid", "linux-image-riscv64", 0xffffffff80002000),
]


def fetch(kernel: Kernel) -> str:
    """Have KERNEL; which package in which version it is of. GuestError: it is not to be
    had."""
    return ensure_kernel(find_architecture(kernel.architecture), kernel.wanted)[1]


class Verdicts:
    """What scripts/make-support makes a table of, in the file at PATH, of which rows of
    kernels that are not tried this time are kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[dict] = json.loads(path.read_text()) if path.exists() else []

    def add(self, kernel: Kernel, version: str, passed: bool) -> None:
        self._add(kernel, version, "yes" if passed else "FAILS")

    def skip(self, kernel: Kernel, reason: str) -> None:
        self._add(kernel, "", reason)

    def _add(self, kernel: Kernel, version: str, verdict: str) -> None:
        row = asdict(kernel) | {"name": str(kernel), "version": version, "verdict": verdict}
        rows = {one["name"]: one for one in [*self._rows, row]}
        self._rows = [rows[str(one)] for one in KERNELS if str(one) in rows]
        self._path.write_text(json.dumps(self._rows, indent=4) + "\n")
