# SPDX-License-Identifier: LGPL-2.1-or-later
"""How soon a command knows the kernel of a guest that nobody prepared, and what memory it
takes; beside gdb and drgn, which are given what they need.

They need the kernel's debug file: Debian's linux-image-VERSION-dbg, or what
SONDE_BENCH_VMLINUX names; drgn also a dump, the time of which is not counted."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from statistics import median

from clients import BenchError
from guestkit import (Guest, ensure_image, ensure_modules, extended_initrd, find_architecture,
                      private_cache)
from report import Report
from whole import beyond_floor, process_time

INFO_MAX = 6e-3             # seconds beyond the floor, in a fresh process
CACHED_MAX = 2e-3           # the same, of a kernel that was seen before
MEMORY_MAX = 60e6
RAM = 1024                  # MiB
PEER_ROUNDS = 3             # each takes seconds
VALUE = "init_task.comm"
_FW_CFG = "qemu_fw_cfg.ko"  # by which the guest tells QEMU of its VMCOREINFO


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
            self._time(f"sonde print {VALUE}", guest, ["print", VALUE], None)
            self._measure_memory(guest)
        self._peers()

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
        shell.stdin.write("info\nsymbol vfs_read\nsymbol no_such_*\nprint init_task\n"
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

    def _peers(self) -> None:
        """Whole processes, to the first value. Without KASLR, which gdb does not find."""
        with tempfile.TemporaryDirectory(prefix="sonde-bench-") as name:
            directory = Path(name)
            words = ["-initrd", str(initrd(directory)), "-device", "vmcoreinfo"]
            with Guest.start("amd64", cpus=1, memory=RAM, randomize=False,
                             extra=words) as guest:
                vmlinux = debug_file(guest)
                if vmlinux is None:
                    self._report.inform("the same by gdb, drgn",
                                        {"gdb": "no debug file of the kernel"})
                    return
                self._peer("the same by gdb", guest, "gdb",
                           ["gdb", "-nx", "-batch", str(vmlinux), "-ex",
                            f"target remote {guest.gdb_socket}", "-ex", f"print {VALUE}", "-ex",
                            "detach"])
                if guest.run(f"insmod /bin/{_FW_CFG}")[0] != 0:
                    raise BenchError(f"the guest does not take {_FW_CFG}")
                dump, script = directory / "dump", directory / "script.py"
                guest.execute("dump-guest-memory", {"paging": True, "protocol": f"file:{dump}"})
                script.write_text("print(prog['init_task'].comm)\n")
                self._peer("the same by drgn, of a dump", guest, "drgn",
                           ["drgn", "-c", str(dump), "-s", str(vmlinux), str(script)])

    def _peer(self, name: str, guest: Guest, peer: str, words: list[str]) -> None:
        if shutil.which(peer) is None:
            self._report.inform(name, {"gdb": f"{peer} is not here"})
            return
        ours = [str(self._build / "sonde"), "-t", f"qemu:{guest.pid}", "print", VALUE]
        times: dict[str, list[float]] = {"sonde": [], "gdb": []}
        for _ in range(PEER_ROUNDS):
            times["sonde"].append(process_time(ours))
            times["gdb"].append(process_time(words))
        texts = {each: f"{median(all_of) * 1e3:.0f} ms" for each, all_of in times.items()}
        self._report.inform(name, texts, median(times["gdb"]) / median(times["sonde"]))


def initrd(directory: Path) -> Path:
    """The guest's, with the module in it that drgn's dumps need."""
    architecture = find_architecture("amd64")
    path = directory / "initrd"
    extended_initrd(ensure_image(architecture), {
        _FW_CFG: (ensure_modules(architecture) / _FW_CFG).read_bytes()}, path)
    return path


def debug_file(guest: Guest) -> Path | None:
    """The guest's kernel with debug information; None: it is not here."""
    release = guest.run("uname -r")[1].strip()
    path = Path(os.environ.get("SONDE_BENCH_VMLINUX", f"/usr/lib/debug/boot/vmlinux-{release}"))
    return path if path.exists() else None
