# SPDX-License-Identifier: LGPL-2.1-or-later
"""The three clients that are measured: floor, subject (libsonde) and gdb.

Each is a process that attaches to a stub's socket, works, and detaches, one after the
other: a stub serves one client at a time. Each says what it measured as "name value",
one a line; a name that comes several times gives a list.
"""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

_TIMEOUT = 120
_WARM_UP_HITS = 5
_PROCESS = "process"    # the name of a whole process's seconds among the figures

Figures = dict[str, list[float]]
Client = Callable[[Path], Figures]


class BenchError(Exception):
    """A measurement that could not be made; the text is one line for the user."""


@dataclass(frozen=True)
class Job:
    """COUNT operations (or bytes) a batch, at ADDRESS."""
    batches: int = 1
    count: int = 1
    address: int = 0


def program(path: Path, work: str, job: Job = Job(), *options: str) -> Client:
    """The program at PATH, floor or subject, doing WORK."""
    arguments = [work, str(job.batches), str(job.count), hex(job.address), *options]
    return lambda socket: _run([str(path), str(socket), *arguments])


def gdb_hits(job: Job) -> Client:
    """gdb passing over a breakpoint by `ignore`: its fastest way. Seconds are those of one
    hit: all of the job's are one batch."""
    hits = job.batches * job.count
    return lambda socket: _gdb(
        f"target remote {socket}", f"break *{job.address:#x}",
        f"ignore 1 {_WARM_UP_HITS}", "continue", f"ignore 1 {hits - 1}",
        "python start = time.monotonic()", "continue",
        f"python print('batch', (time.monotonic() - start) / {hits})", "delete", "detach")


def gdb_condition(job: Job, condition: str) -> Client:
    """gdb passing over a breakpoint whose CONDITION is false, which is all that is done there
    but for counting: one hit's seconds."""
    hits = job.batches * job.count
    return lambda socket: _gdb(
        "set $n = 0", f"set $end = {_WARM_UP_HITS}", f"target remote {socket}",
        f"break *{job.address:#x} if ({condition}) || ++$n == $end", "continue",
        f"set $end = {_WARM_UP_HITS + hits}", "python start = time.monotonic()", "continue",
        f"python print('batch', (time.monotonic() - start) / {hits})", "delete", "detach")


def gdb_watch(job: Job) -> Client:
    """gdb passing over changes of 8 bytes by `ignore`: one's seconds."""
    hits = job.batches * job.count
    return lambda socket: _gdb(
        f"target remote {socket}", f"watch *(unsigned long *){job.address:#x}",
        f"ignore 1 {_WARM_UP_HITS}", "continue", f"ignore 1 {hits - 1}",
        "python start = time.monotonic()", "continue",
        f"python print('batch', (time.monotonic() - start) / {hits})", "delete", "detach")


def gdb_attach() -> Client:
    """gdb attaching and detaching."""
    return lambda socket: _gdb(
        "python start = time.monotonic()", f"target remote {socket}", "detach",
        "python print('total', time.monotonic() - start)")


def has_gdb() -> bool:
    return shutil.which("gdb") is not None


def process_seconds(figures: Figures) -> float:
    """From the client's start to its end."""
    return figures[_PROCESS][0]


def _gdb(*commands: str) -> Figures:
    arguments = ["gdb", "-nx", "-q", "-batch", "-ex", "python import time"]
    for command in commands:
        arguments += ["-ex", command]
    return _run(arguments)


def _run(arguments: list[str]) -> Figures:
    start = time.monotonic()
    try:
        done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors="replace", timeout=_TIMEOUT,
                              env={**os.environ, "DEBUGINFOD_URLS": ""})
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchError(f"{arguments[0]}: {error}") from error
    figures: Figures = {_PROCESS: [time.monotonic() - start]}
    for line in done.stdout.splitlines():
        name, _, value = line.partition(" ")
        if name in ("batch", "bare", "total", "rss_anon_kb", "anonymous_kb"):
            figures.setdefault(name, []).append(float(value))
    if done.returncode != 0 or not figures.keys() & {"batch", "total"}:
        raise BenchError(f"{' '.join(arguments)} failed ({done.returncode}): "
                         f"{done.stderr.strip()[-300:]}")
    return figures
