# SPDX-License-Identifier: LGPL-2.1-or-later
"""How soon a command knows the kernel of a guest that nobody prepared, and what memory it
takes."""

import os
import re
import subprocess
from pathlib import Path

from clients import BenchError
from guestkit import Guest, private_cache
from report import Report
from whole import beyond_floor

INFO_MAX = 6e-3             # seconds beyond the floor, in a fresh process
CACHED_MAX = 2e-3           # the same, of a kernel that was seen before
MEMORY_MAX = 60e6
RAM = 1024                  # MiB


class Kernel:
    """Measures with the programs of BUILD, and tells REPORT."""

    def __init__(self, build: Path, rounds: int, report: Report) -> None:
        self._build = build
        self._rounds = rounds
        self._report = report

    def run(self) -> None:
        """One guest, idle, whose RAM cannot be mapped."""
        cache = private_cache()
        with Guest.start("amd64", cpus=1, memory=RAM) as guest:
            self._time("sonde info, from the cache", guest, ["info"], CACHED_MAX)
            if not list((cache / "sonde" / "kernels").iterdir()):
                raise BenchError("sonde left nothing in the cache")
            os.environ["XDG_CACHE_HOME"] = os.devnull
            self._time("sonde info", guest, ["info"], INFO_MAX)
            self._time("sonde symbol vfs_read", guest, ["symbol", "vfs_read"], None)
            self._measure_memory(guest)

    def _time(self, name: str, guest: Guest, words: list[str], most: float | None) -> None:
        value, texts = beyond_floor(self._build, guest, words, self._rounds)
        if most is None:
            self._report.inform(name, texts)
        else:
            self._report.judge(name, texts, value, value <= most,
                               f"<= floor + {most * 1e3:.0f} ms")

    def _measure_memory(self, guest: Guest) -> None:
        """Of a shell that has looked at symbols and types."""
        shell = subprocess.Popen(
            [self._build / "sonde", "-t", f"qemu:{guest.pid}", "shell"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert shell.stdin and shell.stdout
        shell.stdin.write("info\nsymbol vfs_read\nsymbol no_such_*\n"
                          "symbol vfs_write\n")
        shell.stdin.flush()
        for line in shell.stdout:
            if line.startswith("vfs_write"):
                break
        status = Path(f"/proc/{shell.pid}/status").read_text()
        _, said = shell.communicate("quit\n", timeout=60)
        found = re.search(r"RssAnon:\s*(\d+) kB", status)
        if not found:
            raise BenchError(f"the shell failed: {said[-300:]}")
        used = int(found.group(1)) * 1024
        self._report.judge("memory, kernel known", {"sonde": f"{used / 1e6:.1f} MB"}, used,
                           used <= MEMORY_MAX, f"<= {MEMORY_MAX / 1e6:.0f} MB")
