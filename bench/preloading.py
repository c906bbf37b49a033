# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the preload library costs the guest: boots and a memory benchmark, with the library
in QEMU and without, by turns; and how fast its RAM is read either way."""

import os
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Iterator

from clients import Job, program
from guestkit import Guest, GuestError
from report import Report
from rounds import paired

RAM = 256                   # MiB
HUGE_PAGES = RAM // 2 + 8
NR = Path("/proc/sys/vm/nr_hugepages")
# A file in RAM written, read and summed: it goes through 64 MiB five times.
WORK = ("dd if=/dev/zero of=/tmp/memory bs=1M count=64 2> /dev/null && md5sum /tmp/memory && "
        "for i in 1 2 3; do cat /tmp/memory > /dev/null; done && rm /tmp/memory")
LEAST_NOISE = 0.02
BULK_BYTES, BULK_ADDRESS = 64 << 20, 16 << 20


class Preloading:
    """Measures with the library of BUILD, and tells REPORT."""

    def __init__(self, build: Path, rounds: int, report: Report) -> None:
        self._build = build
        self._rounds = rounds
        self._report = report

    def run(self) -> None:
        """RAM of both kinds: in a file of hugetlbfs, and QEMU's own."""
        self._compare("anonymous RAM", [], {"SONDE_RAM_MEMFD": "1"})
        with hugetlbfs() as directory:
            if directory is None:
                self._report.inform("guest on hugetlbfs", {"sonde": "cannot be mounted"})
                return
            self._compare("hugetlbfs", ["-mem-path", str(directory)],
                          {"SONDE_RAM_PREFIX": f"{directory}/qemu"})

    def _compare(self, name: str, words: list[str], variables: dict[str, str]) -> None:
        library = {"LD_PRELOAD": str(self._build / "preload" / "libsonde-qemu-ram.so"),
                   **variables}
        boots: dict[str, list[float]] = {"with": [], "without": []}
        works: dict[str, list[float]] = {"with": [], "without": []}
        for i in range(self._rounds):
            turns = [("with", library), ("without", {})]
            for kind, environment in turns if i % 2 else reversed(turns):
                with started(words, environment) as (guest, seconds):
                    boots[kind].append(seconds)
                    works[kind].append(work(guest))
        self._judge(f"boot, {name}", boots)
        self._judge(f"memory in the guest, {name}", works)
        for kind, environment, means in (("with", library, "bulk"), ("without", {},
                                                                     "process-bulk")):
            with started(words, environment) as (guest, _):
                client = program(self._build / "bench" / "reader", means,
                                 Job(3, BULK_BYTES, BULK_ADDRESS))
                result = paired(client, Path(str(guest.pid)), 3)
                self._report.inform(f"its RAM read, {kind} library", {
                    each: f"{BULK_BYTES / result.median(each) / 1e6:.0f} MB/s"
                    for each in ("sonde", "loop")}, result.speed("sonde", "loop"))

    def _judge(self, name: str, seconds: dict[str, list[float]]) -> None:
        """The guest's times, with the library beside those without it. Noise is how far the
        median of so many ratios is from the true one, 19 times in 20."""
        ratios = [a / b for a, b in zip(seconds["with"], seconds["without"])]
        ratio = median(ratios)
        first, _, third = quantiles(ratios, n=4)
        noise = max(LEAST_NOISE, 1.57 * (third - first) / len(ratios) ** 0.5)
        texts = {"sonde": f"{median(seconds['with']):.2f} s",
                 "loop": f"{median(seconds['without']):.2f} s"}
        self._report.judge(name, texts, ratio, ratio <= 1 + noise, f"<= 1 + {noise:.2f}",
                           1 / ratio)


@contextmanager
def started(words: list[str], environment: dict[str, str]) -> Iterator[tuple[Guest, float]]:
    """A guest, and how long its boot took."""
    os.environ.update(environment)
    try:
        start = time.monotonic()
        guest = Guest.start("amd64", memory=RAM, extra=words)
    finally:
        for name in environment:
            del os.environ[name]
    with guest:
        yield guest, time.monotonic() - start


def work(guest: Guest) -> float:
    """Seconds that WORK takes in the guest."""
    start = time.monotonic()
    status, said = guest.run(WORK, 120)
    if status != 0:
        raise GuestError(f"the memory benchmark failed in the guest: {said}")
    return time.monotonic() - start


@contextmanager
def hugetlbfs() -> Iterator[Path | None]:
    """A directory on one with pages enough, which goes again; None where it cannot be."""
    with tempfile.TemporaryDirectory(prefix="sonde-bench-") as directory:
        before = NR.read_text() if NR.exists() else "0"
        mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "hugetlbfs", "none", directory], check=False,
            capture_output=True).returncode == 0
        try:
            if mounted:
                NR.write_text(str(int(before) + HUGE_PAGES))
            enough = mounted and int(NR.read_text()) >= int(before) + HUGE_PAGES
            yield Path(directory) if enough else None
        finally:
            if mounted:
                subprocess.run(["umount", directory], check=True)
                NR.write_text(before)
