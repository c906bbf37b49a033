# SPDX-License-Identifier: LGPL-2.1-or-later
"""How fast a guest is read that nothing stops: by a mapping of its RAM, by QEMU's memory.

The bare loops take turns with sonde in one process (reader.c); what a whole command takes
is held against a C program that sends QEMU the same words (exchange.c).
"""

import time
from pathlib import Path
from statistics import median

from clients import Job, program
from guestkit import Guest
from report import Report
from rounds import Rounds, paired
from whole import beyond_floor

MAPPED_BULK = 0.90          # of memcpy from the same mapping
MAPPED_READS = 0.50         # of the loop that looks up in a table, or walks
FIRST_BYTE_MAX = 3e-3       # seconds beyond the floor
RAM = 1024                  # MiB
BULK_BYTES, BULK_ADDRESS = 512 << 20, 64 << 20
READS = 100_000
PROCESS_READS = 10_000      # each is a system call
SAVED_BYTES = 64 << 20
_RUNS = 3
_MEMFD = ["-object", f"memory-backend-memfd,id=ram,size={RAM}M,share=on"]


class Observing:
    """Measures with the programs of BUILD, and tells REPORT."""

    def __init__(self, build: Path, rounds: int, report: Report) -> None:
        self._build = build
        self._rounds = rounds
        self._report = report

    def run(self) -> None:
        """Two guests, one after the other: RAM that can be mapped, and RAM that cannot."""
        with Guest.start("amd64", cpus=1, memory=RAM, machine="pc,memory-backend=ram",
                         extra=_MEMFD) as guest:
            self._bulk("mapped RAM, 512 MiB", guest, "bulk", Job(1, BULK_BYTES, BULK_ADDRESS),
                       MAPPED_BULK)
            self._reads("mapped RAM, 8 bytes, cached", guest, "cached", MAPPED_READS)
            self._reads("the same, one after another", guest, "cached-chain", MAPPED_READS)
            self._reads("the same, cache dropped", guest, "dropped", MAPPED_READS)
            self._reads("both", guest, "dropped-chain", MAPPED_READS)
            self._first_byte("first byte, mapped", guest)
        with Guest.start("amd64", cpus=1, memory=RAM) as guest:
            self._first_byte("first byte, process", guest)
            self._bulk("process memory, 64 MiB", guest, "process-bulk",
                       Job(1, SAVED_BYTES, BULK_ADDRESS), None)
            self._reads("process memory, 8 bytes", guest, "process-reads", None, PROCESS_READS)
            self._save(guest)

    def _paired(self, guest: Guest, work: str, job: Job) -> Rounds:
        """A few runs of many turns: each run has to map all of RAM first."""
        job = Job(-(-self._rounds // _RUNS), job.count, job.address)
        return paired(program(self._build / "bench" / "reader", work, job),
                      Path(str(guest.pid)), _RUNS)

    def _bulk(self, name: str, guest: Guest, work: str, job: Job, bar: float | None) -> None:
        self._compare(name, self._paired(guest, work, job), bar,
                      lambda s: f"{job.count / s / 1e6:.0f} MB/s")

    def _reads(self, name: str, guest: Guest, work: str, bar: float | None,
               count: int = READS) -> None:
        self._compare(name, self._paired(guest, work, Job(1, count)), bar,
                      lambda s: f"{count / s / 1e6:.2f} M/s")

    def _compare(self, name: str, result: Rounds, bar: float | None, show) -> None:
        texts = {each: show(result.median(each)) for each in ("sonde", "loop")}
        ratios = {"loop": result.ratios("sonde", "loop")}
        speed = result.speed("sonde", "loop")
        if bar is None:
            self._report.inform(name, texts, speed, ratios)
        else:
            self._report.judge(name, texts, speed, speed >= bar, f">= {bar:.2f}", speed, ratios)

    def _first_byte(self, name: str, guest: Guest) -> None:
        """The command as users type it, against the same words said by a bare program."""
        value, texts = beyond_floor(self._build, guest,
                                    ["read", "--physical", "0x1000", "8"], self._rounds)
        self._report.judge(name, texts, value, value <= FIRST_BYTE_MAX,
                           f"<= floor + {FIRST_BYTE_MAX * 1e3:.0f} ms")

    def _save(self, guest: Guest) -> None:
        """What QEMU itself takes to write the same memory to a file in RAM."""
        took = []
        path = Path("/dev/shm") / f"sonde-bench-{guest.pid}"
        try:
            for _ in range(self._rounds):
                start = time.monotonic()
                guest.execute("pmemsave", {"val": BULK_ADDRESS, "size": SAVED_BYTES,
                                           "filename": str(path)})
                took.append(time.monotonic() - start)
        finally:
            path.unlink(missing_ok=True)
        self._report.inform("pmemsave, 64 MiB",
                            {"loop": f"{SAVED_BYTES / median(took) / 1e6:.0f} MB/s"})
