# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hits a second of probes at the entry of a function, and of watched memory, beside bare
loops that do nothing but stop and resume, and beside gdb.

The floor is what QEMU needs for a stop at a breakpoint: TCG translates anew what the guest
executes next. A bare loop gets past the breakpoint by a step, as any debugger does, or, as
sonde does, past the no-op that the kernel has there for tracing, by writing the PC.
"""

import json
import subprocess
import time
from pathlib import Path
from statistics import median

from clients import (BenchError, Client, Figures, Job, gdb_condition, gdb_hits, gdb_watch, has_gdb,
                     program)
from dialogue import Cycles, cycles, record
from guestkit import Guest
from report import Report
from rounds import Rounds, interleave

AS_FAST = 0.95              # of the loop: what counts as "as fast"
IDLE_SHARE_MAX = 0.05
FUNCTION = "vfs_read"       # of (file, buf, count, pos): count is in $rdx
# What does the same without sonde: s, c, p; z0, s, Z0, c, p; P, c, p.
STEPPING, REMOVING, PASSING = "s,c", "z0,s,Z0,c", "P,c"
LOOPS = {STEPPING: "hits", REMOVING: "hits-removing", PASSING: "hits-passing"}
# Most packets a hit: p, P, c; g for arguments, and for where page tables are now and then.
PACKETS = {"untyped": 4, "typed": 4, "task": 4, "false": 4, "false-pid": 4}
WATCH_PACKETS = 3           # c; p and g now and then
NAMES = {"untyped": "entry, untyped", "typed": "entry, 4 arguments by type",
         "task": "entry, the task", "false": "entry, false: count == N",
         "false-pid": "entry, false: pid == N", "return": "return (two stops)"}
HITS, WATCH_HITS = 25, 100  # a turn
FEW, MANY = 20, 220         # hits of whole commands
RAM = 1024                  # MiB
_MEMFD = ["-object", f"memory-backend-memfd,id=ram,size={RAM}M,share=on"]


class Probing:
    """Measures with the programs of BUILD, and tells REPORT."""

    def __init__(self, build: Path, rounds: int, report: Report) -> None:
        self._build = build
        self._programs = build / "bench"
        self._rounds = rounds
        self._report = report

    def run(self) -> None:
        """Guests whose one CPU reads and writes, one after the other: RAM that QEMU has to be
        asked for, and RAM that can be mapped."""
        with Guest.start("amd64", cpus=1, memory=RAM, workload="syscalls") as guest:
            job = Job(2, HITS, guest.symbol(FUNCTION))
            self._entries(guest, job)
            self._dialogues(guest, job)
            self._watches(guest, "watch, process memory", None)
            self._commands(guest)
        with Guest.start("amd64", cpus=1, memory=RAM, workload="syscalls",
                         machine="pc,memory-backend=ram", extra=_MEMFD) as guest:
            self._watches(guest, "watch, mapped RAM", AS_FAST)

    def _prober(self, guest: Guest, work: str, job: Job) -> Client:
        client = _each(program(self._programs / "prober", work, job), job)
        return lambda _: client(Path(f"qemu:{guest.pid}"))

    def _floor(self, work: str, job: Job) -> Client:
        return _each(program(self._programs / "floor", work, job), job)

    def _probers(self, guest: Guest, job: Job) -> dict[str, Client]:
        return {work: self._prober(guest, work, job) for work in NAMES}

    def _entries(self, guest: Guest, job: Job) -> None:
        clients = self._probers(guest, job)
        for name, work in LOOPS.items():
            clients[name] = self._floor(work, job)
        peers = {}
        if has_gdb():
            peers = {"untyped": gdb_hits(job),
                     "typed": gdb_condition(job, "$rdi + $rsi + $rdx + $rcx == 1"),
                     "false": gdb_condition(job, "$rdx == 123456789")}
            clients |= {f"gdb, {work}": client for work, client in peers.items()}
        result = interleave(clients, guest.gdb_socket, 2 * self._rounds)
        best = result.fastest(STEPPING, REMOVING)
        for work, name in NAMES.items():
            peer = f"gdb, {work}" if work in peers else None
            bar = AS_FAST if work in PACKETS else None
            self._compare(f"{name}; {best}", result, work, best, bar, peer)
        self._compare(f"{NAMES['untyped']}; {PASSING}", result, "untyped", PASSING, AS_FAST)

    def _compare(self, name: str, result: Rounds, work: str, loop: str, bar: float | None,
                 peer: str | None = None) -> None:
        texts = {"sonde": _a_second(result, work), "loop": _a_second(result, loop)}
        ratios = {"loop": result.ratios(work, loop)}
        if peer:
            texts["gdb"] = _a_second(result, peer)
            ratios["gdb"] = result.ratios(work, peer)
        speed = result.speed(work, loop)
        if bar is None:
            self._report.inform(name, texts, speed, ratios)
        else:
            self._report.judge(name, texts, speed, speed >= bar, f">= {bar:.2f}", speed, ratios)

    def _dialogues(self, guest: Guest, job: Job) -> None:
        """How long the guest waits for each, and how much is said."""
        clients = self._probers(guest, job)
        clients[PASSING] = self._floor(LOOPS[PASSING], job)
        seen = self._record(guest, clients)
        for work, name in NAMES.items():
            self._dialogue(name, seen[work], seen[PASSING], PACKETS.get(work))
        least = _packets(seen["untyped"])
        for work in "false", "false-pid":
            more = _packets(seen[work]) - least
            self._report.judge(f"{NAMES[work]}: packets more than untyped",
                               {"sonde": f"{more:.2f}"}, more, more <= 1, "<= 1")

    def _record(self, guest: Guest, clients: dict[str, Client]) -> dict[str, list[Cycles]]:
        seen: dict[str, list[Cycles]] = {name: [] for name in clients}
        for _ in range(self._rounds):
            for name, client in clients.items():
                seen[name].append(cycles(record(self._programs / "librecorder.so",
                                                guest.gdb_socket, client)))
        return seen

    def _dialogue(self, name: str, ours: list[Cycles], loop: list[Cycles],
                  most: int | None) -> None:
        share = median(one.idle_share for one in ours)
        texts = {"sonde": f"{share * 100:.1f} %",
                 "loop": f"{median(one.idle_share for one in loop) * 100:.1f} %"}
        packets = {"sonde": f"{_packets(ours):.2f}", "loop": f"{_packets(loop):.2f}"}
        if most is None:
            self._report.inform(f"{name}: guest waits", texts)
            self._report.inform(f"{name}: packets", packets)
            return
        self._report.judge(f"{name}: guest waits", texts, share, share <= IDLE_SHARE_MAX,
                           f"<= {IDLE_SHARE_MAX * 100:.0f} %")
        self._report.judge(f"{name}: packets", packets, _packets(ours), _packets(ours) <= most,
                           f"<= {most}")

    def _watches(self, guest: Guest, name: str, bar: float | None) -> None:
        """Of a counter that each read changes: old and new value are read at each."""
        job = Job(2, WATCH_HITS, self._counter(guest))
        clients = {"watch": self._prober(guest, "watch", job),
                   "c": self._floor("watch", job)}
        seen = self._record(guest, clients)
        if has_gdb():
            clients["gdb"] = gdb_watch(job)
        result = interleave(clients, guest.gdb_socket, 2 * self._rounds)
        self._compare(f"{name}; c", result, "watch", "c", bar, "gdb" if has_gdb() else None)
        self._dialogue(name, seen["watch"], seen["c"], WATCH_PACKETS)

    def _counter(self, guest: Guest) -> int:
        """Where the kernel counts the reads of the process that reads all the time."""
        deadline = time.monotonic() + 10
        while True:
            rows = self._sonde(guest, "ps")
            readers = [row["pid"] for row in rows if row["comm"] == "dd"]
            if readers:
                break
            if time.monotonic() > deadline:
                raise BenchError(f"nobody reads in the guest: {[row['comm'] for row in rows]}")
            time.sleep(0.1)
        row, = self._sonde(guest, "print", f"&task({readers[0]}).ioac.syscr")
        return int(row["value"], 16)

    def _commands(self, guest: Guest) -> None:
        """What a user gets who has hits printed, tasks and all."""
        taken = []
        for _ in range(self._rounds // 2):
            seconds = {}
            for hits in FEW, MANY:
                start = time.monotonic()
                self._sonde(guest, "break", FUNCTION, "-n", str(hits))
                seconds[hits] = time.monotonic() - start
            taken.append((seconds[MANY] - seconds[FEW]) / (MANY - FEW))
        self._report.inform("sonde break, each hit a line", {
            "sonde": f"{1 / median(taken):.0f}/s"})

    def _sonde(self, guest: Guest, *words: str) -> list[dict]:
        done = subprocess.run([self._build / "sonde", "-t", f"qemu:{guest.pid}", "--json", *words],
                              capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise BenchError(f"sonde {words[0]} failed: {done.stderr.strip()[-300:]}")
        return [json.loads(line) for line in done.stdout.splitlines()]


def _packets(seen: list[Cycles]) -> float:
    return median(one.packets_per_hit for one in seen)


def _each(client: Client, job: Job) -> Client:
    """CLIENT with seconds a hit, as gdb's are: a batch is of many."""
    def of_one(socket: Path) -> Figures:
        figures = client(socket)
        return {**figures, "batch": [batch / job.count for batch in figures["batch"]]}
    return of_one


def _a_second(result: Rounds, client: str) -> str:
    return f"{1 / result.median(client):.0f}/s"
