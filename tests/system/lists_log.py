# SPDX-License-Identifier: LGPL-2.1-or-later
"""Of 'lists': the kernel's modules, its log, its system calls, its interrupts."""

import base64
import functools
import gzip
import json
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Callable

from harness import PATIENCE, Guest, Sonde, Tap, end, wrong_fields

from guestkit import ensure_modules, find_architecture

# In an order in which they can be loaded; those at hand are of Debian's current kernel.
MODULES = ("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev",
           "virtio_pci", "qemu_fw_cfg")


def files(architecture: str, scratch: Path) -> dict[str, bytes]:
    directory = ensure_modules(find_architecture(architecture))
    return {f"{name}.ko": (directory / f"{name}.ko").read_bytes()
            for name in MODULES if (directory / f"{name}.ko").exists()}


def say(guest: Guest, command: str) -> str:
    status, output = guest.run(command, 60)
    return output if status == 0 else ""


@functools.cache
def symbols_of(guest: Guest) -> set[tuple[str, str]]:
    """Of /proc/kallsyms, which takes the guest seconds: addresses with the names of system calls,
    and with some that modules define."""
    packed = say(guest, "grep -E 'sys_|virtio_b|btf_modules' /proc/kallsyms | gzip | base64")
    lines = gzip.decompress(base64.b64decode(packed)).decode().splitlines()
    return {(hex(int(line.split()[0], 16)), line.split()[2]) for line in lines}


def check(tap: Tap, name: str, guest: Guest, sonde: Sonde, whole: bool) -> None:
    for module in MODULES:
        say(guest, f"insmod /bin/{module}.ko 2>/dev/null")
    check_modules(tap, name, guest, sonde)
    check_odd_records(tap, name, guest, sonde)
    check_log(tap, name, guest, sonde)
    check_syscalls(tap, name, guest, sonde)
    check_names(tap, name, guest, sonde, whole)
    check_interrupts(tap, name, guest, sonde)
    if sonde.target.startswith("gdb:"):
        check_followed_by_stub(tap, name, guest, sonde)
    if whole:
        check_standing(tap, name, sonde)
        check_taints(tap, name, guest, sonde)
        check_hooked(tap, name, guest, sonde)
        check_flood(tap, name, guest, sonde)
        check_followed(tap, name, guest, sonde)


# --- modules

def modules_of(guest: Guest) -> list[dict[str, object]]:
    """/proc/modules, as sonde has it: NAME BYTES REFCOUNT USERS STATE ADDRESS [(TAINTS)]"""
    rows = []
    for line in say(guest, "cat /proc/modules").splitlines():
        name, size, count, users, state, address, *taints = line.split()
        rows.append({"name": name, "address": hex(int(address, 16)), "bytes": int(size),
                     "refcount": int(count), "state": state,
                     "taints": taints[0].strip("()") if taints else "",
                     "used_by": [user for user in users.split(",") if user not in ("-", "")],
                     "torn": False})
    return rows


def check_modules(tap: Tap, name: str, guest: Guest, sonde: Sonde) -> None:
    wanted = modules_of(guest)
    result = sonde.run("--json", "modules")
    if not wanted and result.status:
        # No symbol names the list (arm64), and an empty one looks like any other.
        tap.check(f"{name}: a list of modules that is empty is not found by its looks",
                  "there may be no modules" in result.err, result)
        return
    rows = result.rows
    tap.check(f"{name}: modules have the contract's fields", result.status == 0 and
              not wrong_fields("modules", rows), result)
    tap.equal(f"{name}: the {len(wanted)} modules are those of /proc/modules",
              [{field: row[field] for field in wanted[0]} for row in rows] if wanted else rows,
              wanted)


def check_names(tap: Tap, name: str, guest: Guest, sonde: Sonde, whole: bool) -> None:
    """What modules define is a name in expressions."""
    if "virtio_ring " not in say(guest, "cat /proc/modules"):
        return
    known = {symbol: address for address, symbol in symbols_of(guest)
             if symbol in ("virtio_break_device", "virtio_bus")}
    found = {symbol: sonde.run("--json", "print", f"&{symbol}") for symbol in known}
    # Without KALLSYMS_ALL (arm64) there are no names of data: neither theirs, nor of where BTF is.
    named = any(symbol == "btf_modules" for _, symbol in symbols_of(guest))
    tap.check(f"{name}: modules' functions and variables are names in expressions",
              len(found) == 1 + named and all(result.status == 0 and result.rows[0]["value"] == known[symbol]
                      for symbol, result in found.items()), known, *found.values())
    function = sonde.run("--json", "print", "&virtio_break_device").rows[0]
    tap.equal(f"{name}: functions have their type of the module's BTF", function["type"],
              "void (*)(struct virtio_device *dev)" if named else "void *")
    if not whole:
        return
    wrong = sonde.run("print", "virtio_brake_device")
    tap.check(f"{name}: a name that nearly is a module's", wrong.status == 1 and
              "virtio_break_device" in wrong.err, wrong)


def check_standing(tap: Tap, name: str, sonde: Sonde) -> None:
    """With --stop the guest stands while a list is read, and goes on."""
    for command in ("modules", "dmesg", "syscalls", "irq"):
        running, standing = sonde.run("--json", command), sonde.run("--stop", "--json", command)
        tap.check(f"{name}: --stop {command} says for how long the guest stood", standing.status == 0
                  and re.search(r"stood|stopped", standing.err) and
                  len(standing.rows) >= len(running.rows) > 3, standing.err)


def check_taints(tap: Tap, name: str, guest: Guest, sonde: Sonde) -> None:
    """As if the last one had been loaded by force, and were not signed."""
    row = sonde.run("--json", "modules").rows[-1]
    taints = f"((struct module *){row['structure']})->taints"
    before = sonde.run("--json", "print", taints).rows[0]["value"]
    done = sonde.run("--json", "print", "--write", f"{taints} = 0x2002")
    tap.check(f"{name}: a module's taints are written", done.status == 0, done)
    check_modules(tap, f"{name}, a tainted module", guest, sonde)
    tap.equal(f"{name}: their letters", sonde.run("--json", "modules").rows[-1]["taints"], "FE")
    sonde.run("print", "--write", f"{taints} = {before}")


# --- its log

ODD = (r"<3>\033[2J\033]0;title\007escapes\n",
       r"<12>not UTF-8: \377\376 \303( \303\251\n",
       r"<30>a backslash \\ and \\x41, \"quotes\" and a tab\t.\n",
       r"<6>one\ntwo\n\nfour",
       r"<191>the highest facility and level\n")
WRITER = ("echo on > /proc/sys/kernel/printk_devkmsg; awk 'BEGIN{{for (i = {0}; i < {1}; i++) "
          "{{printf \"<6>flood %d\\n\", i > \"/dev/kmsg\"; fflush(\"/dev/kmsg\")}}}}'")


def to_bytes(text: str) -> bytes:
    """Text in which bytes are \\xHH and backslashes are doubled, or \\x5c."""
    return b"".join(bytes.fromhex(code) if code else b"\\" if double else char.encode()
                    for code, double, char in
                    re.findall(r"\\x([0-9a-f]{2})|(\\\\)|(.)", text, re.DOTALL))


def log_of(guest: Guest) -> dict[int, tuple[int, int, bytes]]:
    """/dev/kmsg by number: PRIORITY,NUMBER,MICROSECONDS,FLAGS;TEXT; up to a mark that is
    written for this. Packed, since a serial line is slower than that."""
    mark = f"mark {time.monotonic_ns()}"
    packed = say(guest, f"echo {mark} > /dev/kmsg; "
                        f"awk '{{ print }} /{mark}/ {{ exit }}' /dev/kmsg | gzip | base64")
    rows = {}
    for line in gzip.decompress(base64.b64decode(packed)).decode().splitlines():
        match = re.fullmatch(r"(\d+),(\d+),(\d+),[^;]*;(.*)", line)
        if match:
            rows[int(match[2])] = (int(match[1]), int(match[3]), to_bytes(match[4]))
    return rows


def as_in_kmsg(row: dict) -> tuple[int, int, bytes]:
    return (row["facility"] * 8 + row["level"], round(row["time"] * 1e6), to_bytes(row["text"]))


def check_odd_records(tap: Tap, name: str, guest: Guest, sonde: Sonde) -> None:
    guest.run("echo on > /proc/sys/kernel/printk_devkmsg", PATIENCE)
    for text in ODD:
        guest.run(f"printf '{text}' > /dev/kmsg", PATIENCE)
    text = sonde.run("dmesg")
    last = text.out.splitlines()[-8:]
    tap.check(f"{name}: nothing of the log reaches a terminal as it is", text.status == 0 and
              all(char == "\n" or char.isprintable() for char in text.out) and
              [line.split(None, 2)[1] for line in last] ==
              ["err", "warn", "info", "info", "info", "info", "info", "debug"], text)
    tap.check(f"{name}: lines of a record are lines", [line.split(None, 2)[2:] for line in last[3:7]]
              == [["one"], ["two"], [], ["four"]], last)


def check_log(tap: Tap, name: str, guest: Guest, sonde: Sonde) -> None:
    wanted = log_of(guest)
    result = sonde.run("--json", "dmesg")
    rows = result.rows
    tap.check(f"{name}: records have the contract's fields, and are whole", result.status == 0 and
              not wrong_fields("dmesg", rows) and not result.err and
              all(row["complete"] and not row["torn"] for row in rows), result.err)
    found = {row["sequence"]: as_in_kmsg(row) for row in rows}
    # The kernel may have said something meanwhile, for which the oldest records had to go.
    news = max(found) - max(wanted)
    different = [(number, found.get(number), wanted.get(number))
                 for number in sorted(found.keys() | wanted.keys())
                 if found.get(number) != wanted.get(number) and number <= max(wanted) and
                 (not news or number >= min(found))]
    tap.check(f"{name}: the {len(wanted)} records are those of /dev/kmsg", len(wanted) > 50 and
              news < 10 and not different, news, *different[:5])


def check_flood(tap: Tap, name: str, guest: Guest, sonde: Sonde) -> None:
    """The ring wraps, while it is read."""
    guest.run(f"({WRITER.format(0, 8000)}) > /dev/null 2>&1 &", PATIENCE)
    bad, looks, sizes = [], 0, set()
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        result = sonde.run("--json", "dmesg")
        rows = result.rows
        looks += 1
        sizes.add(len(rows))
        numbers = [row["sequence"] for row in rows]
        floods = {row["sequence"] - int(row["text"].split()[1])
                  for row in rows if row["text"].startswith("flood ")}
        if result.status or result.err or any(row["torn"] for row in rows) or \
                numbers != list(range(numbers[0], numbers[0] + len(rows))) or len(floods) > 1:
            bad.append(result)
        if rows[-1]["text"] == "flood 7999":
            break
    tap.check(f"{name}: each of {looks} looks at a log that is being written is right "
              f"({min(sizes)} to {max(sizes)} records)",
              not bad and looks > 2 and rows[-1]["text"] == "flood 7999", *bad[:2])
    check_log(tap, f"{name}, wrapped", guest, sonde)


def lines_of(process: subprocess.Popen, wanted: Callable[[dict], bool]) -> list[dict]:
    """The rows that a process prints, up to one that is WANTED, which takes PATIENCE at most."""
    rows = []
    alarm = subprocess.Popen(["sh", "-c", f"sleep {PATIENCE}; kill -INT {process.pid}"],
                             start_new_session=True)
    try:
        for line in process.stdout:
            rows.append(json.loads(line))
            if wanted(rows[-1]):
                break
    finally:
        alarm.kill()
        alarm.wait()
    return rows


def check_followed(tap: Tap, name: str, guest: Guest, sonde: Sonde) -> None:
    stops = len(guest.events("STOP"))
    last = sonde.run("--json", "dmesg").rows[-1]["sequence"]
    process = sonde.start("--json", "dmesg", "-f")
    try:
        lines_of(process, lambda row: row["sequence"] == last)
        guest.run(WRITER.format(20000, 20300), PATIENCE)
        rows = lines_of(process, lambda row: row["text"] == "flood 20299")
        tap.equal(f"{name}: dmesg -f shows what is written meanwhile",
                  [row["text"] for row in rows], [f"flood {i}" for i in range(20000, 20300)])
        # While it cannot look, more is written than there is room for.
        process.send_signal(signal.SIGSTOP)
        guest.run(WRITER.format(30000, 35000), PATIENCE)
        process.send_signal(signal.SIGCONT)
        before = rows[-1]["sequence"]
        rows = lines_of(process, lambda row: row["text"] == "flood 34999")
        numbers = [row["sequence"] for row in rows]
        tap.check(f"{name}: dmesg -f goes on where the log begins now",
                  numbers == list(range(numbers[0], numbers[0] + len(rows))) and
                  numbers[0] > before + 1, numbers[:3], len(rows))
    finally:
        out, err = end(process)
    lost = re.search(r"(\d+) records were overwritten", err)
    tap.check(f"{name}: dmesg -f says how many it has missed, and ends at Ctrl-C",
              process.returncode == 0 and lost and int(lost[1]) == numbers[0] - before - 1,
              process.returncode, err)
    tap.equal(f"{name}: dmesg -f never stops the guest", len(guest.events("STOP")), stops)


def check_followed_by_stub(tap: Tap, name: str, guest: Guest, sonde: Sonde) -> None:
    """The guest is stopped for each look, and runs between them."""
    last = sonde.run("--json", "dmesg").rows[-1]["sequence"]
    process = sonde.start("--json", "dmesg", "-f")
    try:
        lines_of(process, lambda row: row["sequence"] == last)
        guest.run("echo by a stub > /dev/kmsg", PATIENCE)
        rows = lines_of(process, lambda row: row["text"] == "by a stub")
    finally:
        _, err = end(process)
    tap.check(f"{name}: dmesg -f by a stub, which leaves the guest running",
              rows and rows[-1]["text"] == "by a stub" and process.returncode == 0 and
              guest.status() == "running", process.returncode, err, rows[-1:])
    refused = sonde.run("--stop", "dmesg", "-f")
    tap.check(f"{name}: dmesg -f --stop makes no sense", refused.status == 2, refused)


# --- system calls

# By number, as asm/unistd.h has them, and what they are called in the kernel.
KNOWN = {
    "x86_64": ("__x64_sys_", {0: ("read", "read"), 39: ("getpid", "getpid"),
                              63: ("uname", "newuname"), 166: ("umount2", "umount"),
                              174: ("create_module", "ni_syscall"), 231: ("exit_group",) * 2,
                              435: ("clone3", "clone3")}),
    "riscv64": ("__riscv_sys_", {63: ("read", "read"), 172: ("getpid", "getpid"),
                                 160: ("uname", "newuname"), 38: ("renameat", "ni_syscall"),
                                 258: ("riscv_hwprobe",) * 2, 435: ("clone3", "clone3")}),
    "aarch64": ("__arm64_sys_", {63: ("read", "read"), 172: ("getpid", "getpid"),
                                 160: ("uname", "newuname"), 39: ("umount2", "umount"),
                                 92: ("personality", "arm64_personality"),
                                 94: ("exit_group",) * 2, 435: ("clone3", "clone3")}),
}


def check_syscalls(tap: Tap, name: str, guest: Guest, sonde: Sonde) -> None:
    prefix, known = KNOWN[say(guest, "uname -m").strip()]
    result = sonde.run("--json", "syscalls")
    rows = result.rows
    tap.check(f"{name}: system calls have the contract's fields",
              result.status == 0 and not wrong_fields("syscalls", rows), result)
    tap.check(f"{name}: all {len(rows)} system calls lead to where they should",
              len(rows) > 430 and all(row["ok"] for row in rows) and
              [row["number"] for row in rows] == list(range(len(rows))),
              *[row for row in rows if not row["ok"]][:5])
    tap.equal(f"{name}: some are what they are known to be",
              {number: (rows[number]["name"], rows[number]["symbol"]) for number in known},
              {number: (called, prefix + function)
               for number, (called, function) in known.items()})
    symbols = symbols_of(guest)
    tap.check(f"{name}: their symbols are those of /proc/kallsyms",
              all((row["address"], row["symbol"]) in symbols for row in rows),
              *[row for row in rows if (row["address"], row["symbol"]) not in symbols][:5])
    dispatcher = any(name == "x64_sys_call" for _, name in symbols)
    tap.check(f"{name}: it is said whether the kernel goes by the table",
              ("x64_sys_call()" in result.err) == dispatcher and all(
                  row["dispatched"] == (True if dispatcher and row["expected"] else None)
                  for row in rows),
              result.err, *[row for row in rows if row["dispatched"] is not True][:3])


def check_hooked(tap: Tap, name: str, guest: Guest, sonde: Sonde) -> None:
    """Some entries that nothing uses here lead elsewhere."""
    before = sonde.run("--json", "syscalls").rows
    module = sonde.run("--json", "modules").rows[0]
    calls = {row["name"]: row for row in before}
    hooks = {"swapoff": calls["swapon"]["address"], "quotactl": hex(int(
                calls["quotactl"]["address"], 16) + 4),
             "acct": module["address"], "sysfs": calls["create_module"]["address"],
             "nfsservctl": calls["read"]["address"], "ustat": "0x0", "vhangup": "0x401000"}
    for call, address in hooks.items():
        done = sonde.run("write", "--write", calls[call]["entry"],
                         int(address, 16).to_bytes(8, "little").hex())
        if done.status:
            tap.check(f"{name}: {call} is hooked", False, done)
    rows = sonde.run("--json", "syscalls")
    wrong = {row["name"]: row for row in rows.rows if not row["ok"]}
    tap.equal(f"{name}: entries that lead elsewhere are not ok, all others are",
              {call: row["address"] for call, row in wrong.items()}, hooks)
    tap.check(f"{name}: what they lead to has a name",
              wrong["swapoff"]["symbol"] == "__x64_sys_swapon" and
              wrong["quotactl"]["symbol"] == "__x64_sys_quotactl+0x4" and
              wrong["acct"]["module"] == module["name"] and wrong["ustat"]["symbol"] is None and
              wrong["vhangup"]["symbol"] is None and "7 of them do not" in rows.err, *wrong.values())
    for call in hooks:
        sonde.run("write", "--write", calls[call]["entry"],
                  int(calls[call]["address"], 16).to_bytes(8, "little").hex())
    tap.check(f"{name}: all are ok again", sonde.run("--json", "syscalls").rows == before)


# --- interrupts

def interrupts_of(guest: Guest) -> dict[int, tuple[list[int], str]]:
    """The numbered lines of /proc/interrupts: counts, and what is behind them."""
    head, *lines = say(guest, "cat /proc/interrupts").splitlines()
    cpus = len(head.split())
    rows = {}
    for line in lines:
        number, colon, rest = line.partition(":")
        if colon and number.strip().isdigit():
            *counts, words = rest.split(None, cpus)
            rows[int(number)] = ([int(count) for count in counts], words.strip())
    return rows


def check_interrupts(tap: Tap, name: str, guest: Guest, sonde: Sonde) -> None:
    before = sonde.run("--json", "irq")
    if before.status:
        # arm64 without KALLSYMS_ALL.
        tap.check(f"{name}: without symbols of data it is said which are missing",
                  "CONFIG_KALLSYMS_ALL" in before.err and
                  not any(symbol == "btf_modules" for _, symbol in symbols_of(guest)), before)
        return
    wanted = interrupts_of(guest)
    after = sonde.run("--json", "irq").rows
    tap.check(f"{name}: interrupts have their fields", not wrong_fields("irq", before.rows), before)
    tap.equal(f"{name}: the {len(wanted)} interrupts are those of /proc/interrupts",
              sorted(row["number"] for row in after), sorted(wanted))
    bad = []
    for first, last in zip(before.rows, after):
        counts, words = wanted[last["number"]]
        between = [one["count"] <= count <= other["count"] for one, count, other in
                   zip(first["counts"], counts, last["counts"])]
        if not all(between) or len(between) != len(counts) or \
                not words.endswith(last["name"] or "") or (last["chip"] or "") not in words or \
                last["total"] != sum(one["count"] for one in last["counts"]):
            bad.append((first, counts, words, last))
    tap.check(f"{name}: counts of each CPU are between two looks, names and chips the same",
              not bad, *bad)
