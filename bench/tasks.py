# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long listing a guest's tasks takes a process that is attached, while the guest runs;
beside drgn, on a dump of the same guest, and the guest's own ps.

drgn needs the kernel's debug file, see kernel.py; what it takes to begin is not counted."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from clients import BenchError
from guestkit import Guest, ensure_image, ensure_modules, extended_initrd, find_architecture
from kernel import debug_file
from report import Report

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

from programs import compile_freestanding  # noqa: E402  pylint: disable=wrong-import-position

FEW, MANY = 85, 5000
FEW_MAX = 0.1e-3            # seconds: number, name and state of each
ALL_MAX = 4                 # times that: all columns
MANY_MAX = 5e-3
RAM = 1024                  # MiB
TURNS = 300
_FW_CFG = "qemu_fw_cfg.ko"  # by which the guest tells QEMU of its VMCOREINFO

_DRGN = """
import time
from drgn.helpers.linux.pid import for_each_task
def look():
    start = time.monotonic()
    count = 0
    for task in for_each_task(prog):
        task.pid.value_(), task.comm.string_(), task.member_("__state").value_()
        count += 1
    return time.monotonic() - start, count
look()
for _ in range(5):
    print(*look())
"""


class Tasks:
    """Measures with the programs of BUILD, and tells REPORT."""

    def __init__(self, build: Path, report: Report) -> None:
        self._lister = build / "bench" / "lister"
        self._report = report

    def run(self) -> None:
        with tempfile.TemporaryDirectory(prefix="sonde-bench-") as name:
            directory = Path(name)
            words = ["-initrd", str(initrd(directory)), "-device", "vmcoreinfo",
                     "-object", f"memory-backend-memfd,id=ram,size={RAM}M,share=on"]
            with Guest.start("amd64", cpus=2, memory=RAM, randomize=False,
                             machine="pc,memory-backend=ram", extra=words) as guest:
                if guest.run(f"insmod /bin/{_FW_CFG}")[0] != 0:
                    raise BenchError(f"the guest does not take {_FW_CFG}")
                few = self._measure(guest, FEW)
                self._judge(f"{FEW} tasks: pid, comm, state", few["few"], FEW_MAX)
                self._judge(f"{FEW} tasks: all columns", few["all"], FEW_MAX * ALL_MAX)
                self._peers(guest, directory, FEW, median(few["few"]))
                many = self._measure(guest, MANY)
                self._judge(f"{MANY} tasks: pid, comm, state", many["few"], MANY_MAX)
                self._report.inform(f"{MANY} tasks: all columns",
                                    {"sonde": text(median(many["all"]))})
                self._peers(guest, directory, MANY, median(many["few"]))

    def _measure(self, guest: Guest, wanted: int) -> dict[str, list[float]]:
        """By name, what each turn took with so many tasks in the guest."""
        there = self._list(guest, 1)["tasks"][0]
        guest.run(f"tasks many {wanted - int(there) - 1} &")
        deadline = time.monotonic() + 120
        while (there := self._list(guest, 1)["tasks"][0]) < wanted - 5:
            if time.monotonic() > deadline:
                raise BenchError(f"the guest made {there:.0f} tasks, not {wanted}")
            time.sleep(0.2)
        return self._list(guest, TURNS)

    def _list(self, guest: Guest, turns: int) -> dict[str, list[float]]:
        done = subprocess.run([self._lister, f"qemu:{guest.pid}", str(turns)],
                              capture_output=True, text=True, check=False, timeout=300)
        if done.returncode != 0:
            raise BenchError(f"lister failed: {done.stderr}")
        figures: dict[str, list[float]] = {}
        for line in done.stdout.splitlines():
            name, value = line.split()
            figures.setdefault(name, []).append(float(value))
        return figures

    def _judge(self, name: str, seconds: list[float], most: float) -> None:
        value = median(seconds)
        self._report.judge(name, {"sonde": text(value)}, value, value <= most,
                           f"<= {text(most)}")

    def _peers(self, guest: Guest, directory: Path, count: int, ours: float) -> None:
        start = time.monotonic()
        guest.run("for i in 1 2 3 4 5; do ps -o pid,comm,stat > /dev/null; done", 120)
        theirs = (time.monotonic() - start) / 5
        self._report.inform(f"{count} tasks by the guest's own ps",
                            {"sonde": text(ours), "gdb": text(theirs)}, theirs / ours)
        vmlinux = debug_file(guest)
        if vmlinux is None:
            self._report.inform(f"{count} tasks by drgn",
                                {"gdb": "no debug file of the kernel"})
            return
        dump, script = directory / "dump", directory / "script.py"
        guest.execute("dump-guest-memory", {"paging": True, "protocol": f"file:{dump}",
                                            "detach": True})
        while guest.qmp("query-dump")["status"] == "active":
            time.sleep(0.2)
        script.write_text(_DRGN)
        done = subprocess.run(["drgn", "-c", dump, "-s", vmlinux, script], timeout=300,
                              capture_output=True, text=True, check=False)
        dump.unlink()
        if done.returncode != 0:
            raise BenchError(f"drgn failed: {done.stderr[-300:]}")
        theirs = median(float(line.split()[0]) for line in done.stdout.splitlines())
        self._report.inform(f"{count} tasks by drgn, of a dump",
                            {"sonde": text(ours), "gdb": text(theirs)}, theirs / ours)


def text(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} us" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def initrd(directory: Path) -> Path:
    """The guest's, with a program that makes tasks, and the module that drgn's dumps need."""
    architecture = find_architecture("amd64")
    path = directory / "initrd"
    extended_initrd(ensure_image(architecture), {
        _FW_CFG: (ensure_modules(architecture) / _FW_CFG).read_bytes(),
        "tasks": compile_freestanding("tasks", "x86_64", directory)}, path)
    return path
