# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the system tests share: the command, a guest, what the guest says, TAP."""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterator

TOP = Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOP / "scripts"))

from guestkit import Guest, GuestError, private_cache  # noqa: E402

# Whoever runs the tests may ignore it (nohup), and then sonde would, too.
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# What sonde remembers of kernels is no business of the user's, and none of his is ours.
CACHE = private_cache()

PATIENCE = 60       # seconds; for what is only slow when the machine is busy
HEX = re.compile(r"0x[0-9a-f]+")


class Tap:
    """Counts and prints checks, as the Test Anything Protocol has them."""

    def __init__(self) -> None:
        self.count = 0
        self.passed = True

    def check(self, name: str, good: object, *details: object) -> bool:
        self.count += 1
        self.passed = self.passed and bool(good)
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        if not good:
            for line in "\n".join(map(str, details)).splitlines():
                print(f"# {line[:400]}", flush=True)
        return bool(good)

    def equal(self, name: str, found: object, wanted: object) -> bool:
        return self.check(name, found == wanted, f"found:  {found!r}", f"wanted: {wanted!r}")

    def skip(self, name: str, reason: str) -> None:
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}", flush=True)

    def run(self, *functions: Callable[[], None]) -> None:
        """Each group of checks by itself: one that breaks down fails, the rest goes on."""
        for function in functions:
            try:
                function()
            except (GuestError, OSError, subprocess.SubprocessError, LookupError,
                    TypeError, ValueError) as error:
                name = function.__name__.replace("_", " ")
                self.check(f"{name}: all of it ran", False, f"{type(error).__name__}: {error}")

    @contextmanager
    def group(self) -> Iterator["Tap"]:
        """Checks made meanwhile are counted with all others, and by themselves in
        .passed of what this yields."""
        before, self.passed = self.passed, True
        group = Tap()
        try:
            yield group
        finally:
            group.passed = self.passed
            self.passed = self.passed and before

    def end(self) -> int:
        print(f"1..{self.count}")
        return 0 if self.passed else 1


@dataclass(frozen=True)
class Result:
    """How a run of the command ended."""
    words: tuple[str, ...]
    status: int
    out: str
    err: str
    seconds: float

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The output as JSON Lines; ValueError when it is not."""
        return [json.loads(line) for line in self.out.splitlines()]

    def __str__(self) -> str:
        return (f"{' '.join(self.words)}\nstatus {self.status} after {self.seconds:.1f} s\n"
                f"{self.out[-600:]}\n{self.err[-600:]}")


class Sonde:
    """The command that was built in BUILD, for one target."""

    def __init__(self, build: Path, target: str | None = None) -> None:
        self.program = str(build / "sonde")
        self.target = target

    def words(self, *words: str) -> list[str]:
        target = ["-t", self.target] if self.target else []
        return [self.program, *target, *words]

    def run(self, *words: str, stdin: str | None = None, timeout: float = PATIENCE) -> Result:
        """Run a command to its end; one that does not end is interrupted."""
        started = time.monotonic()
        process = self.start(*words, stdin=subprocess.PIPE if stdin is not None else None)
        try:
            out, err = process.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired:
            out, err = end(process)
            err += f"\n(did not end within {timeout:.0f} s)"
        return Result(words, process.returncode, out, err, time.monotonic() - started)

    def start(self, *words: str, stdin: int | None = None) -> subprocess.Popen:
        # What is not UTF-8 is shown as \x..
        return subprocess.Popen(
            self.words(*words), stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="backslashreplace")


def end(process: subprocess.Popen) -> tuple[str, str]:
    """Make a process end that should have ended by itself."""
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()


class Truth:
    """What the guest and QEMU say, without the stub."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        ranges = re.search(r"(\w+)-(\w+) : Kernel code", self.say("cat /proc/iomem"))
        self.text_start = int(ranges.group(1), 16)
        self.text_bytes = int(ranges.group(2), 16) + 1 - self.text_start

    def say(self, command: str) -> str:
        """The output of a shell command in the guest."""
        status, output = self.guest.run(command, PATIENCE)
        if status != 0:
            raise GuestError(f"'{command}' failed in the guest: {output}")
        return output

    def monitor(self, command: str) -> str:
        return self.guest.qmp("human-monitor-command", command_line=command)

    def registers(self, cpu: int) -> dict[str, int]:
        """What QEMU's monitor knows of CPU's registers, by its names."""
        text = self.monitor("info registers -a").split("CPU#")[cpu + 1]
        return {name: int(value, 16)
                for name, value in re.findall(r"\b([A-Z][A-Z0-9]*)\s*=([0-9a-f]+)", text)}

    def physical(self, address: int, length: int) -> bytes:
        """Physical memory, as QEMU saves it."""
        path = self.guest.directory / "memory"
        self.guest.qmp("pmemsave", val=address, size=length, filename=str(path))
        try:
            return path.read_bytes()
        finally:
            path.unlink()

    def text(self) -> str:
        """A checksum of the kernel's text; works while the guest is paused, too."""
        return hashlib.md5(self.physical(self.text_start, self.text_bytes)).hexdigest()

    def stops(self) -> int:
        """How often QEMU has stopped the guest so far."""
        return len(self.guest.events("STOP"))

    def stays_running(self, seconds: float) -> bool:
        """Whether the guest runs, and nothing stops it for so long."""
        before = self.stops()
        if self.guest.status() != "running":
            return False
        time.sleep(seconds)
        return self.guest.status() == "running" and self.stops() == before

    def progresses(self) -> bool:
        """Whether time goes on in the guest."""
        before = float(self.say("cut -d' ' -f1 /proc/uptime"))
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            time.sleep(0.05)
            if float(self.say("cut -d' ' -f1 /proc/uptime")) > before:
                return True
        return False

    def wait_status(self, *wanted: str, timeout: float = PATIENCE) -> bool:
        """Whether QEMU's run state becomes one of WANTED."""
        deadline = time.monotonic() + timeout
        while self.guest.status() not in wanted:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True


PAUSED = ("paused", "debug")        # QEMU's words for a guest that stands


def is_hex(value: object) -> bool:
    return isinstance(value, str) and bool(HEX.fullmatch(value))


def is_data(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch("([0-9a-f]{2})+", value))


def is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def is_decimal(value: object) -> bool:
    return isinstance(value, float) or is_integer(value)


def is_text(value: object) -> bool:
    return isinstance(value, str)


def is_null(value: object) -> bool:
    return value is None


def is_boolean(value: object) -> bool:
    return isinstance(value, bool)


def is_levels(value: object) -> bool:
    return isinstance(value, list) and len(value) > 0 and all(
        isinstance(level, dict) and is_text(level.get("name")) and
        is_hex(level.get("entry_address")) and is_hex(level.get("entry")) for level in value)


def or_null(kind: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or kind(value)


def is_kernel(value: object) -> bool:
    return isinstance(value, dict) and all(
        or_null(is_text)(value[name]) for name in ("release", "version", "build_id")) and all(
        or_null(is_hex)(value[name]) for name in ("text", "slide")) and (
        value["types"] in ("btf", "dwarf", "none") and is_integer(value["symbols"]))


# The contract: each command's fields, with what they hold at the machine level.
FIELDS: dict[str, dict[str, Callable[[object], bool]]] = {
    "info": {"target": is_text, "arch": is_text, "cpus": is_integer, "state": is_text,
             "ram_bytes": or_null(is_integer), "memory": is_text, "paging": or_null(is_text),
             "kernel": or_null(is_kernel), "attach_ms": is_decimal},
    "regs": {"cpu": is_integer, "name": is_text, "value": or_null(is_hex), "bits": is_integer},
    "read": {"address": is_hex, "data": is_data},
    "translate": {"virtual": is_hex, "physical": is_hex, "page_bytes": or_null(is_integer),
                  "writable": or_null(is_boolean), "executable": or_null(is_boolean),
                  "user": or_null(is_boolean), "levels": or_null(is_levels)},
    "disasm": {"address": is_hex, "data": is_data, "text": is_text,
               "symbol": or_null(is_text)},
    "place": {"cpu": is_integer, "pc": is_hex, "symbol": or_null(is_text)},
    "break": {"time": is_decimal, "cpu": is_integer, "pid": or_null(is_integer), "comm": or_null(is_text),
              "place": is_text, "symbol": or_null(is_text),
              "values": lambda value: isinstance(value, dict)},
    "watch": {"time": is_decimal, "cpu": is_integer, "pid": or_null(is_integer), "comm": or_null(is_text),
              "address": is_hex, "old": or_null(is_text), "new": or_null(is_text),
              "pc": is_hex, "symbol": or_null(is_text), "type": or_null(is_text),
              "old_value": lambda value: True, "new_value": lambda value: True,
              "changed": or_null(lambda value: isinstance(value, list))},
    "follow": {"time": is_decimal, "event": is_text, "cpu": is_integer, "pid": is_integer,
               "tgid": or_null(is_integer), "ppid": or_null(is_integer), "comm": is_text,
               "old_comm": or_null(is_text), "module": or_null(is_text),
               "kernel_thread": or_null(is_boolean), "start_time": or_null(is_decimal),
               "task": or_null(is_hex), "structure": or_null(is_hex)},
    "print": {"expression": is_text, "type": is_text, "value": lambda value: True,
              "address": or_null(is_hex)},
    "type": {"name": is_text, "kind": is_text, "bytes": or_null(is_integer),
             "members": or_null(lambda value: isinstance(value, list))},
    "modules": {"name": is_text, "address": or_null(is_hex), "bytes": is_integer,
                "refcount": or_null(is_integer)},
    "dmesg": {"time": is_decimal, "level": is_integer, "text": is_text},
    "syscalls": {"number": is_integer, "name": or_null(is_text), "address": is_hex,
                 "symbol": or_null(is_text), "ok": is_boolean},
    "irq": {"number": is_integer, "name": or_null(is_text), "total": is_integer,
            "counts": lambda value: isinstance(value, list) and all(
                is_integer(one["cpu"]) and is_integer(one["count"]) for one in value),
            "chip": or_null(is_text), "hwirq": is_integer},
    "symbol": {"name": is_text, "address": is_hex, "bytes": or_null(is_integer),
               "kind": is_text, "module": or_null(is_text)},
}


def wrong_fields(kind: str, rows: list[dict[str, Any]]) -> list[str]:
    """What in ROWS is against the contract of the command KIND."""
    problems = []
    for row in rows:
        for name, holds in FIELDS[kind].items():
            if name not in row:
                problems.append(f"no '{name}' in {row}")
            elif not holds(row[name]):
                problems.append(f"{name} is {row[name]!r} in {row}")
    return problems


def build_directory() -> Path:
    if len(sys.argv) != 2:
        sys.exit(f"usage: {os.path.basename(sys.argv[0])} BUILD")
    return Path(sys.argv[1]).resolve()
