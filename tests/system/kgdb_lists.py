# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kernel's lists over a serial line, held against what the guest said of itself before
(see kgdb): it stands while KGDB is attached. The line has some ten kilobytes a second, so
all is one session: the kernel's types alone are 1.6 MB."""

import json
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from harness import Guest, Tap
from lists_files import (areas, as_socket, find_holders, links, mounts, plain, say, sockets)
from lists_log import KNOWN, as_in_kmsg, interrupts_of, log_of, symbols_of

LONGEST = 1800      # seconds; of the whole session, on a machine that is busy
MARK = 4711


class Session:
    """One shell of the command's, in which each command is waited for."""

    def __init__(self, build: Path, target: str) -> None:
        self._err = tempfile.TemporaryFile(mode="w+")
        self._process = subprocess.Popen(
            [build / "sonde", "-t", target, "--json", "--level", "kernel", "shell"],
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._err,
            errors="backslashreplace")
        self._alarm = threading.Timer(LONGEST, self._process.kill)
        self._alarm.start()
        self._said = 0

    def run(self, command: str) -> tuple[list[dict], str]:
        """Its rows, and what it said on stderr."""
        started = time.monotonic()
        self._process.stdin.write(f"{command}\nprint {MARK}\n")
        self._process.stdin.flush()
        rows = []
        for line in self._process.stdout:
            row = json.loads(line)
            if row.get("expression") == str(MARK):
                break
            rows.append(row)
        self._err.seek(self._said)
        said = self._err.read()
        self._said += len(said.encode())
        print(f"# {command}: {len(rows)} rows in {time.monotonic() - started:.1f} s",
              flush=True)
        return rows, said

    def end(self) -> bool:
        """Whether it ended well, after which the guest runs on."""
        self._process.stdin.close()
        status = self._process.wait(LONGEST)
        self._alarm.cancel()
        return status in (0, 1)


def differences(found: list, wanted: list) -> list[str]:
    return [f"found {one}, wanted {other}" for one, other in zip(found, wanted)
            if one != other] + ([] if len(found) == len(wanted) else
                                [f"{len(found)} and {len(wanted)}"])


Check = Callable[[list[dict], str], list]


def same(wanted: list, make: Callable[[dict], object], silent: bool = True) -> Check:
    """A check that rows are what is WANTED."""
    def check(rows: list[dict], said: str) -> list:
        wrong = differences([make(row) for row in rows], wanted)
        torn = [row for row in rows if row["torn"] is not False]
        return wrong + torn + ([said] if said and silent else [])
    return check


def area_of(row: dict) -> tuple:
    return (int(row["start"], 16), int(row["end"], 16), row["perms"].encode(), row["offset"],
            row["device"].encode(), row["inode"], plain(row["path"]))


def mount_of(row: dict) -> tuple:
    return (row["id"], row["parent"], row["device"].encode(), plain(row["root"]),
            plain(row["path"]), row["options"].encode(), plain(row["type"]),
            plain(row["source"]), row["super_options"])


def check_files(guest: Guest, pid: int) -> Check:
    wanted = links(guest, pid)
    known = sockets(guest, pid)

    def check(rows: list[dict], said: str) -> list:
        wrong = differences([(row["fd"], plain(row["path"])) for row in rows],
                            sorted(wanted.items()))
        wrong += [row for row in rows if row["torn"] is not False]
        wrong += [row for row in rows if row["type"] == "socket" and row["inode"] in known and
                  as_socket(row["socket"]) != known[row["inode"]][0]]
        return wrong + ([said] if said else [])
    return check


def check_net(guest: Guest, pid: int) -> Check:
    wanted = sorted((inode, one) for inode, entries in sockets(guest, pid).items()
                    for one in entries)

    def check(rows: list[dict], said: str) -> list:
        found = sorted((row["inode"], as_socket(row)) for row in rows
                       if row["protocol"] not in ("packet", "packet6"))
        return differences(found, wanted) + ([said] if said else [])
    return check


def check_log(guest: Guest) -> Check:
    """What the kernel says when KGDB is called comes behind it."""
    wanted = log_of(guest)

    def check(rows: list[dict], said: str) -> list:
        found = {row["sequence"]: as_in_kmsg(row) for row in rows}
        wrong = [(number, found.get(number), record) for number, record in wanted.items()
                 if found.get(number) != record]
        return wrong + ([said] if said or not wanted else [])
    return check


def check_syscalls(guest: Guest) -> Check:
    prefix, known = KNOWN["x86_64"]
    symbols = symbols_of(guest)

    def check(rows: list[dict], said: str) -> list:
        wrong = [row for row in rows if not row["ok"] or
                 (row["address"], row["symbol"]) not in symbols]
        wrong += [(number, rows[number]) for number, (name, function) in known.items()
                  if (rows[number]["name"], rows[number]["symbol"]) != (name, prefix + function)]
        return wrong + ([said] if len(rows) < 430 else [])
    return check


def check_interrupts(guest: Guest) -> Check:
    before = interrupts_of(guest)

    def check(rows: list[dict], said: str) -> list:
        wrong = [row for row in rows if row["number"] not in before]
        wrong += sorted(before.keys() - {row["number"] for row in rows})
        for row in rows:
            counts, words = before.get(row["number"], ([], ""))
            if len(row["counts"]) != len(counts) or not words.endswith(row["name"] or "") or \
                    any(now["count"] < then for now, then in zip(row["counts"], counts)):
                wrong.append((row, counts, words))
        return wrong + ([said] if said else [])
    return check


def check_no_modules(rows: list[dict], said: str) -> list:
    """This kernel was built without them."""
    return [] if not rows and "struct module" in said else [rows, said]


def check_no_process(rows: list[dict], said: str) -> list:
    return [] if not rows and "no task has the number 4000000" in said else [rows, said]


def processes(guest: Guest) -> set[tuple[int, str]]:
    """Those that last. Those of a work queue are named by what they do, others' long names
    are cut."""
    script = "for i in /proc/[0-9]*; do echo ${i#/proc/} $(cat $i/comm); done"
    there = [line.split(" ", 1) for line in guest.run(script)[1].splitlines() if " " in line]
    return {(int(pid), name[:15]) for pid, name in there
            if int(pid) < 50 and not name.startswith("kworker")}


def check_symbols(tap: Tap, session: Session, read: int) -> dict:
    info = session.run("info")[0][0]["kernel"] or {}
    by_name, by_address, value, task = (
        session.run(command)[0][0] for command in
        ("symbol vfs_read", f"symbol {read + 3:#x}", "print init_task.comm",
         "print task(1).comm"))
    tap.equal("the kernel: a symbol", by_name.get("address"), f"{read:#x}")
    tap.equal("the kernel: the symbol at an address", by_address.get("name"), "vfs_read")
    tap.equal("the kernel: values", [value.get("value"), task.get("value")],
              ["swapper/0", "init"])
    return info


def check_kernel(tap: Tap, guest: Guest, build: Path, target: str) -> None:
    """What the kernel knows of itself: there is only virtual memory to look for it in."""
    holder, inner = find_holders(guest)
    read = guest.symbol("vfs_read")
    names = [guest.run(f"uname -{letter}")[1].strip() for letter in "rv"]
    symbols = int(guest.run("grep -vc '\\[' /proc/kallsyms")[1])
    lasting = processes(guest)
    checks: dict[str, Check] = {
        f"maps {holder}": same(areas(say(guest, f"cat /proc/{holder}/maps")), area_of),
        f"files {holder}": check_files(guest, holder),
        f"files {inner}": check_files(guest, inner),
        "mounts": same(mounts(say(guest, "cat /proc/1/mountinfo")), mount_of),
        f"mounts --pid {inner}": same(mounts(say(guest, f"cat /proc/{inner}/mountinfo")),
                                      mount_of),
        "net": check_net(guest, holder),
        "modules": check_no_modules,
        "maps 4000000": check_no_process,
        "syscalls": check_syscalls(guest),
        "dmesg": check_log(guest),
        "irq": check_interrupts(guest),
        "ps": lambda rows, said: sorted(lasting - {(row["pid"], row["comm"]) for row in rows}),
    }
    session = Session(build, target)
    try:
        info = check_symbols(tap, session, read)
        for command, check in checks.items():
            wrong = check(*session.run(command))
            tap.check(f"the kernel: {re.sub(r'[0-9]+', 'PID', command)} is what the guest says",
                      not wrong, *wrong[:6])
    finally:
        good = session.end()
    tap.check("the kernel: the session ends", good)
    tap.equal("the kernel: release, version, symbols, types",
              [info.get(name) for name in ("release", "version", "symbols", "types")],
              [*names, symbols, "btf"])
