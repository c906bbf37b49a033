# SPDX-License-Identifier: LGPL-2.1-or-later
"""ps, held against /proc/PID/stat and status of the guest (see lists)."""

import base64
import fcntl
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from harness import TOP, Guest, Sonde, Tap

sys.path.insert(0, str(TOP / "tests"))

from programs import compile_freestanding  # noqa: E402

MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "riscv64": "riscv64"}
# What breaks parsers, terminals and guesses of where a name ends.
NAMES = [b'"}], [{"', b"a\nb\\012c\\", b"\x1b[2J\x1b]0;x\x07", b"exactly15bytes.",
         b"\xff\xfe\xc3(", "\u00e4\u2028\u202e".encode(), b") R 1 (", b" a\tb ", b"'$(x)`y`"]
PAGE_COUNTERS = 3 * 32      # what one CPU may have kept of a process's count of pages
MOVED = "name 6d6f766564"         # in a directory of its own, its executable is gone
CONTAINER = "0123456789abcdef" * 4
GROUP = f"/system.slice/docker-{CONTAINER}.scope"
FIELDS = {"pid", "tgid", "ppid", "comm", "state", "uid", "gid", "kernel_thread", "task", "mm",
          "cpu", "exe"}


def files(architecture: str, scratch: Path) -> dict[str, bytes]:
    return {"tasks": compile_freestanding("tasks", MACHINES[architecture], scratch)}


@dataclass
class Task:
    """What the guest says of a task."""
    stat: list[str] = field(default_factory=list)
    status: dict[str, str] = field(default_factory=dict)

    def stayed(self, later: "Task") -> bool:
        """Whether it slept from this moment to LATER."""
        return (self.stat[:1] == later.stat[:1] != ["R"] and
                all(self.status[name] == later.status[name]
                    for name in ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")))


def say(guest: Guest, command: str) -> str:
    return guest.run(command)[1]


def look(guest: Guest, pattern: str) -> dict[int, Task]:
    """All tasks whose directories in /proc match PATTERN, by their numbers."""
    text = say(guest, f"grep -H '' {pattern}/stat {pattern}/status 2> /dev/null")
    lines: dict[str, list[str]] = {}
    for line in text.split("\n"):
        found = re.match(r"(/proc/[^:]+):(.*)", line)
        if found:
            lines.setdefault(found.group(1), []).append(found.group(2))
    tasks: dict[int, Task] = {}
    for path, parts in lines.items():
        task = tasks.setdefault(int(path.split("/")[-2]), Task())
        if path.endswith("/stat"):
            task.stat = "\n".join(parts).rpartition(")")[2].split()
        else:
            task.status = dict(re.match(r"(\w+):\s*(.*)", part).groups() for part in parts
                               if re.match(r"\w+:", part))
    # One that ends meanwhile has no stat, or no status.
    return {pid: task for pid, task in tasks.items()
            if task.stat and "nonvoluntary_ctxt_switches" in task.status}


def escaped(name: bytes) -> str:
    """As sonde shows it: what is printable UTF-8 as it is, a backslash doubled."""
    text = name.decode(errors="surrogateescape")
    return "".join(
        "\\\\" if letter == "\\"
        else "".join(f"\\x{byte:02X}" for byte in letter.encode(errors="surrogateescape"))
        if not letter.isprintable() else letter for letter in text)


def expected(pid: int, task: Task) -> dict[str, object]:
    """The fields of its row, as the guest has them."""
    real_uid, uid, *_ = map(int, task.status["Uid"].split())
    real_gid, gid, *_ = map(int, task.status["Gid"].split())
    return {"pid": pid, "tgid": int(task.status["Tgid"]), "ppid": int(task.stat[1]),
            "state": task.stat[0], "uid": uid, "gid": gid, "ruid": real_uid,
            "rgid": real_gid, "threads": int(task.stat[17]), "cpu": int(task.stat[36]),
            "kernel_thread": bool(int(task.stat[6]) & 0x200000), "on_cpu": False,
            "virtual_bytes": int(task.stat[20]) or None, "torn": False}


def differences(row: dict, pid: int, task: Task, slack: int) -> list[str]:
    wrong = [f"{pid}: {name} is {row[name]!r}, not {value!r}"
             for name, value in expected(pid, task).items() if row[name] != value]
    ticks = int(task.stat[19])
    if int(row["start_time"] * 100 + 1e-6) != ticks:
        wrong.append(f"{pid}: start_time is {row['start_time']}, not {ticks} ticks")
    pages = int(task.status["VmRSS"].split()[0]) * 1024 if "VmRSS" in task.status else 0
    if abs((row["resident_bytes"] or 0) - pages) > slack:
        wrong.append(f"{pid}: resident_bytes is {row['resident_bytes']}, not {pages}")
    # The guest shows kernel threads' names longer than their 15 bytes.
    said = task.status["Name"].encode(errors="surrogateescape").decode("unicode_escape",
                                                                      errors="replace")
    if row["comm"].isascii() and "\\" not in row["comm"] and not said.startswith(row["comm"]):
        wrong.append(f"{pid}: comm is {row['comm']!r}, not {said!r}")
    if (row["mm"] is None) == ("VmRSS" in task.status):
        wrong.append(f"{pid}: mm is {row['mm']}")
    return wrong


def compare(tap: Tap, name: str, guest: Guest, sonde: Sonde, threads: bool) -> list[dict]:
    """All rows, and of those that slept meanwhile all fields."""
    pattern = "/proc/[0-9]*/task/[0-9]*" if threads else "/proc/[0-9]*"
    words = ["--json", "ps", *(["--threads"] if threads else [])]
    what = f"{name}: {' '.join(words[1:])}"
    counters = "percpu_counter" in sonde.run("type", "struct mm_struct").out
    slack = PAGE_COUNTERS * 4096 * 2 if counters else 0
    before = look(guest, pattern)
    result = sonde.run(*words)
    after = look(guest, pattern)
    if not tap.check(f"{what} works", result.status == 0 and not result.err, result):
        return []
    rows = {row["pid"]: row for row in result.rows}
    tap.equal(f"{what}: nothing comes twice", len(rows), len(result.rows))
    tap.equal(f"{what}: it has the fields of the contract",
              FIELDS - set(result.rows[0]), set())
    both = before.keys() & after.keys()
    tap.equal(f"{what}: all tasks are there", both - rows.keys(), set())
    others = rows.keys() - before.keys() - after.keys()
    tap.check(f"{what}: and no others", all(rows[pid]["kernel_thread"] for pid in others),
              *(rows[pid] for pid in others))
    slept = [pid for pid in both if before[pid].stayed(after[pid])]
    tap.check(f"{what}: most of them slept", len(slept) > len(both) / 2, slept)
    wrong = [text for pid in slept
             for text in differences(rows[pid], pid, after[pid], slack)]
    tap.check(f"{what}: each is what the guest says ({len(slept)})", not wrong, *wrong[:8])
    return result.rows


class Sleepers:
    """Tasks of a guest that only are there, by what they were called with."""

    def __init__(self, guest: Guest, *kinds: str) -> None:
        self.guest = guest
        text = say(guest, " ".join(f"tasks {kind} & echo $!;" for kind in kinds) +
                   "mkdir -p '/tmp/a b'; cd '/tmp/a b'; cp /bin/tasks t;"
                   f"./t {MOVED} 'with a space' '' & echo $!")
        self.pids = dict(zip([*kinds, MOVED], map(int, text.split())))

    def __enter__(self) -> dict[str, int]:
        # They sleep once they are what they were called to be.
        say(self.guest, " ".join(f"while ! grep -q '^State:.S' /proc/{pid}/status; "
                                 "do sleep 0.1; done;" for pid in self.pids.values()) +
            "rm '/tmp/a b/t'")
        return self.pids

    def __exit__(self, *_: object) -> None:
        say(self.guest, "kill -9 " + " ".join(map(str, self.pids.values())))


def check_names(tap: Tap, name: str, sonde: Sonde, pids: dict[str, int],
                rows: list[dict]) -> None:
    comms = {row["pid"]: row["comm"] for row in rows}
    for bytes_ in NAMES:
        tap.equal(f"{name}: a task called {bytes_!r}",
                  comms.get(pids[f"name {bytes_.hex()}"], "").lower(),
                  escaped(bytes_[:15]).lower())
    text = sonde.run("ps")
    tap.check(f"{name}: and nothing of it reaches a terminal",
              text.status == 0 and not re.search(r"[^\n\x20-\x7e\u00e4]", text.out), text)


def check_programs(tap: Tap, name: str, guest: Guest, rows: list[dict],
                   pids: dict[str, int]) -> None:
    """Paths and arguments, against links and cmdline in /proc."""
    links, arguments = {}, {}
    for line in say(guest, "cd /proc; for p in [0-9]*; do echo $p exe $(readlink $p/exe); "
                           "echo $p cwd \"$(readlink $p/cwd)\"; "
                           "echo $p $(base64 -w 0 < $p/cmdline); done").splitlines():
        pid, kind, *rest = line.split(" ", 2) + [""]
        if kind in ("exe", "cwd"):
            links[int(pid), kind] = rest[0]
        else:
            arguments[int(pid)] = base64.b64decode(kind)
    wrong = [f"{row['pid']}: {kind} is {row[kind]!r}, not {links[row['pid'], kind]!r}"
             for row in rows for kind in ("exe", "cwd")
             if (row["pid"], kind) in links and (row[kind] or "") != links[row["pid"], kind]]
    for row in rows:
        wanted = [escaped(part) for part in arguments.get(row["pid"], b"").split(b"\0")[:-1]]
        if row["tgid"] in arguments and (row["arguments"] or []) != wanted and \
                row["pid"] == row["tgid"]:
            wrong.append(f"{row['pid']}: arguments are {row['arguments']}, not {wanted}")
    tap.check(f"{name}: programs are what the guest says", not wrong, *wrong)
    moved = next(row for row in rows if row["pid"] == pids[MOVED])
    tap.equal(f"{name}: one that was removed, and its arguments",
              [moved[field] for field in ("exe", "cwd", "arguments")],
              ["/tmp/a b/t (deleted)", "/tmp/a b",
               ["./t", *MOVED.split(), "with a space", ""]])


def check_container(tap: Tap, name: str, guest: Guest, sonde: Sonde) -> None:
    """A process in a control group and a namespace, as container engines make them."""
    say(guest, "mkdir -p /tmp/groups; mount -t cgroup2 none /tmp/groups; "
               f"mkdir -p /tmp/groups{GROUP}; "
               f"(echo 0 > /tmp/groups{GROUP}/cgroup.procs; "
               f"exec unshare -fp tasks name {b'contained'.hex()}) & "
               "while ! grep -q '^contained' /proc/[0-9]*/comm; do sleep 0.1; done")
    rows = sonde.run("--json", "ps").rows
    row = next((row for row in rows if row["comm"] == "contained"), {})
    said = say(guest, f"cat /proc/{row.get('pid')}/cgroup; "
                      f"grep NSpid /proc/{row.get('pid')}/status; "
                      f"readlink /proc/{row.get('pid')}/ns/pid")
    tap.check(f"{name}: a process in a container",
              (row.get("cgroup"), row.get("container"), row.get("ns_pid")) ==
              (GROUP, CONTAINER, 1) and f"0::{GROUP}" in said and
              f"pid:[{row['pid_ns']}]" in said and f"{row['pid']}\t1" in said, row, said)
    tap.check(f"{name}: and all others in none", all(
        (other["cgroup"], other["container"]) == ("/", None) and
        (other["pid"], row["pid_ns"] != other["pid_ns"]) == (other["ns_pid"], True)
        for other in rows if other is not row and other["comm"] != "unshare"), rows)
    say(guest, f"kill -9 {row.get('pid')}; umount -l /tmp/groups")


def check_running(tap: Tap, name: str, guest: Guest, sonde: Sonde) -> None:
    pid = int(say(guest, "while :; do :; done & echo $!"))
    for _ in range(100):
        row = next(row for row in sonde.run("--json", "ps").rows if row["pid"] == pid)
        if row["on_cpu"] and row["state"] == "R":
            break
    tap.check(f"{name}: what runs is on a CPU", row["on_cpu"] and row["state"] == "R", row)
    say(guest, f"kill -9 {pid}")


def check_stop(tap: Tap, name: str, guest: Guest, sonde: Sonde) -> None:
    """With --stop the guest stands while tasks are read, not while they are printed."""
    guest.events()
    before = len(guest.events("STOP"))
    read_end, write_end = os.pipe()
    fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, 4096)
    process = subprocess.Popen(sonde.words("--stop", "--json", "ps", "--threads"),
                               stdout=write_end, stderr=subprocess.PIPE, text=True)
    os.close(write_end)
    notice = process.stderr.readline()
    tap.check(f"{name}: --stop says for how long the guest stood",
              re.fullmatch(r'{"notice":"the guest stood still for [\d.]+ ms"}\n', notice), notice)
    deadline = time.monotonic() + 60
    while guest.status() != "running" and time.monotonic() < deadline:
        time.sleep(0.01)
    tap.check(f"{name}: and it goes on before the rows are printed",
              guest.status() == "running" and process.poll() is None and
              len(guest.events("STOP")) > before, guest.events())
    with os.fdopen(read_end) as pipe:
        rows = [json.loads(line) for line in pipe]
    tap.check(f"{name}: and no row is torn", process.wait() == 0 and len(rows) > 20 and
              not any(row["torn"] for row in rows), rows)


def check(tap: Tap, name: str, guest: Guest, sonde: Sonde, whole: bool) -> None:
    names = [f"name {bytes_.hex()}" for bytes_ in NAMES]
    with Sleepers(guest, "threads 3", "owner 1000 1001 1002", "zombie", *names) as pids:
        threads = compare(tap, name, guest, sonde, True)
        tap.equal(f"{name}: all threads of a process are there, and counted",
                  [row["threads"] for row in threads if row["tgid"] == pids["threads 3"]],
                  [4] * 4)
        check_names(tap, name, sonde, pids, threads)
        check_programs(tap, name, guest, threads, pids)
        tap.check(f"{name}: a zombie has no memory", any(
            row["state"] == "Z" and row["ppid"] == pids["zombie"] and row["mm"] is None and
            row["resident_bytes"] is None for row in threads), threads)
        if not whole:
            return
        compare(tap, name, guest, sonde, False)
        tap.equal(f"{name}: print task(PID) finds a thread", sonde.run(
            "--json", "print", f"task({threads[-1]['pid']}).pid").rows[0]["value"],
            threads[-1]["pid"])
        check_container(tap, name, guest, sonde)
        check_running(tap, name, guest, sonde)
        check_stop(tap, name, guest, sonde)
