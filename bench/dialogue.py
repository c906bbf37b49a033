# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a client says to a stub around each hit of a breakpoint, as recorder.c has it."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Iterable

from clients import BenchError, Client


@dataclass(frozen=True)
class Packet:
    """One packet that was sent or received."""
    nanoseconds: int
    to_stub: bool
    text: str

    @property
    def resumes(self) -> bool:
        return self.to_stub and self.text.startswith(("c", "s", "C", "S", "vCont;"))

    @property
    def continues(self) -> bool:
        return self.to_stub and self.text.startswith(("c", "C", "vCont;c"))

    @property
    def stops(self) -> bool:
        return not self.to_stub and self.text.startswith(("T", "S"))


@dataclass(frozen=True)
class Cycles:
    """Cycles from one hit of a breakpoint to the next."""
    hits: int
    packets_per_hit: float
    idle_share: float   # median: of a cycle, how long the client has its stop and has not resumed it


def record(recorder: Path, socket: Path, client: Client) -> list[Packet]:
    """Let CLIENT work on the stub at SOCKET with RECORDER in it, and return what was said."""
    with tempfile.TemporaryDirectory(prefix="sonde-bench-") as directory:
        path = Path(directory) / "record"
        settings = {"LD_PRELOAD": str(recorder), "SONDE_BENCH_RECORD": str(path)}
        os.environ.update(settings)
        try:
            client(socket)
        finally:
            for name in settings:
                del os.environ[name]
        return [_packet(line) for line in path.read_text().splitlines()]


def cycles(packets: Iterable[Packet]) -> Cycles:
    """Count what lies between the first hit of a breakpoint and the last one."""
    hits: list[tuple[int, int, int]] = []   # when, packets so far, idle nanoseconds so far
    sent = idle = 0
    stopped_at = None
    running = continued = False
    for packet in packets:
        sent += packet.to_stub
        if packet.resumes:
            if stopped_at is not None:
                idle += packet.nanoseconds - stopped_at
            running, continued = True, packet.continues
        elif packet.stops and running:
            running, stopped_at = False, packet.nanoseconds
            if continued:
                hits.append((packet.nanoseconds, sent, idle))
    if len(hits) < 2:
        raise BenchError("the breakpoint was not hit while it was recorded")
    shares = [(after[2] - before[2]) / (after[0] - before[0])
              for before, after in zip(hits, hits[1:])]
    return Cycles(len(shares), (hits[-1][1] - hits[0][1]) / len(shares), median(shares))


def _packet(line: str) -> Packet:
    nanoseconds, direction, text = line.split(" ", 2)
    return Packet(int(nanoseconds), direction == ">", text)
