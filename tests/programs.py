# SPDX-License-Identifier: LGPL-2.1-or-later
"""The small programs in tests/programs: assembling them, finding their symbols, and a QEMU
that replays one of them."""

import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).resolve().parent / "programs"
PATIENCE = 60       # seconds; for what is only slow when the machine is busy

# What clang and its linker are told: for compiling, for linking.
KINDS = {
    "bare-riscv64": (["--target=riscv64", "-march=rv64ima"], ["-Ttext=0x80000000"]),
    "looper-aarch64": (["--target=aarch64-linux-gnu", "-O1", "-ffreestanding", "-fno-pic"],
                       ["-static"]),
    "boot-sector": (["--target=i386-elf"], ["-Ttext=0x7c00"]),
    "boot-long": (["--target=x86_64-elf"], ["-Ttext=0x7c00"]),
    "replayed": (["--target=i386-elf"], ["-Ttext=0x7c00"]),
}


def assemble(name: str, directory: Path, *, raw: bool = False) -> Path:
    """The program NAME as an executable in DIRECTORY, or RAW: just its bytes."""
    source = next(SOURCES.glob(f"{name}.[Sc]"))
    to_compile, to_link = KINDS[name]
    result = directory / (f"{name}.bin" if raw else name)
    with_object = directory / f"{name}.o"
    subprocess.run(["clang", *to_compile, "-c", source, "-o", with_object], check=True)
    subprocess.run(["ld.lld", *to_link, *(["--oformat", "binary"] if raw else []),
                    with_object, "-o", result], check=True)
    return result


def compile_for_guest(name: str, directory: Path) -> bytes:
    """The program NAME, for a guest like this host that has no C library."""
    result = directory / name
    subprocess.run(["cc", "-O2", "-static", SOURCES / f"{name}.c", "-o", result], check=True)
    return result.read_bytes()


def compile_freestanding(name: str, machine: str, directory: Path) -> bytes:
    """The program NAME, which needs no C library, for guests whose `uname -m` is MACHINE."""
    result = directory / f"{name}-{machine}"
    subprocess.run(["clang", f"--target={machine}-linux-gnu", "-O2", "-ffreestanding",
                    "-fno-stack-protector", "-fno-builtin", "-fno-pic", "-c",
                    SOURCES / f"{name}.c", "-o", f"{result}.o"], check=True)
    subprocess.run(["ld.lld", "-static", f"{result}.o", "-o", result], check=True)
    return result.read_bytes()


def symbols(program: Path) -> dict[str, int]:
    """The symbols of a 32-bit or 64-bit little-endian ELF file."""
    data = program.read_bytes()
    wide = data[4] == 2
    table, = struct.unpack_from("<Q" if wide else "<I", data, 40 if wide else 32)
    size, count = struct.unpack_from("<HH", data, 58 if wide else 46)
    sections = []
    for i in range(count):
        fields = struct.unpack_from("<IIQQQQIIQQ" if wide else "<10I", data, table + i * size)
        sections.append({"type": fields[1], "offset": fields[4], "bytes": fields[5],
                         "link": fields[6]})
    found = {}
    for section in sections:
        if section["type"] != 2:        # SHT_SYMTAB
            continue
        names = sections[section["link"]]["offset"]
        step = 24 if wide else 16
        for at in range(section["offset"], section["offset"] + section["bytes"], step):
            name, = struct.unpack_from("<I", data, at)
            value, = struct.unpack_from("<Q" if wide else "<I", data, at + (8 if wide else 4))
            text = data[names + name:data.index(b"\0", names + name)].decode()
            found[text] = value
    return found


@dataclass(frozen=True)
class Replay:
    """A QEMU that replays what was recorded."""
    socket: Path
    symbols: dict[str, int]


def _qemu(directory: Path, mode: str) -> list[str]:
    # An APIC of QEMU 7.2 waits for its CPU when a snapshot is loaded, and so for ever.
    return ["qemu-system-x86_64", "-M", "pc", "-cpu", "qemu64,-apic", "-m", "8",
            "-nodefaults", "-display", "none", "-bios", str(directory / "replayed.bin"),
            "-drive", f"file={directory}/snapshots.qcow2,if=none,id=snapshots",
            "-icount", f"shift=auto,rr={mode},rrfile={directory}/record,rrsnapshot=start"]


@contextmanager
def replay(directory: Path, seconds: float) -> Iterator[Replay]:
    """Record the program "replayed" for SECONDS, and replay that, paused at its start.
    The record has a snapshot at its start: without one, nothing could go back."""
    assemble("replayed", directory, raw=True)
    path = directory / "gdb.sock"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", directory / "snapshots.qcow2",
                    "1M"], check=True)
    recorder = subprocess.Popen(_qemu(directory, "record"), stdin=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
    try:
        recorder.wait(seconds)
    except subprocess.TimeoutExpired:
        recorder.terminate()
        recorder.wait(PATIENCE)
    player = subprocess.Popen([*_qemu(directory, "replay"), "-S", "-gdb",
                               f"unix:{path},server=on,wait=off"],
                              stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE
        while not path.exists() and player.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        yield Replay(path, symbols(assemble("replayed", directory)))
    finally:
        player.kill()
        player.wait()
