# SPDX-License-Identifier: LGPL-2.1-or-later
"""Commands from the start of their process to its end, beside their floor: a C program that
sends QEMU the same words and does nothing else (exchange.c)."""

import re
import subprocess
import time
from pathlib import Path
from statistics import median

from clients import BenchError
from guestkit import Guest


def beyond_floor(build: Path, guest: Guest, words: list[str],
                 rounds: int) -> tuple[float, dict[str, str]]:
    """Median seconds of sonde's command WORDS beyond the floor, by turns; and both, as
    text."""
    command = [str(build / "sonde"), "-t", f"qemu:{guest.pid}", *words]
    floor = [str(build / "bench" / "exchange"), str(guest.qmp_socket), *batches(command)]
    beyond: list[float] = []
    seconds: dict[str, list[float]] = {"sonde": [], "loop": []}
    for i in range(2 * rounds):
        turns = [("sonde", command), ("loop", floor)]
        took = {}
        for client, arguments in turns if i % 2 else reversed(turns):
            took[client] = process_time(arguments)
            seconds[client].append(took[client])
        beyond.append(took["sonde"] - took["loop"])
    texts = {client: f"{median(all_of) * 1e3:.1f} ms" for client, all_of in seconds.items()}
    return median(beyond), texts


def process_time(arguments: list[str]) -> float:
    """Seconds from the start of a program to its end."""
    start = time.monotonic()
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=False)
    took = time.monotonic() - start
    if done.returncode != 0:
        raise BenchError(f"{' '.join(arguments)} failed: {done.stderr.strip()[-300:]}")
    return took


def batches(command: list[str]) -> list[str]:
    """What COMMAND says to QMP, as its log tells: what it sends before it reads is one."""
    done = subprocess.run([command[0], "-v", "-v", *command[1:]], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, check=True)
    found: list[str] = []
    sending = False
    for direction, text in re.findall(r"debug: (->|<-) qmp (.*)", done.stderr):
        if direction == "->" and sending:
            found[-1] += text + "\n"
        elif direction == "->":
            found.append(text + "\n")
        sending = direction == "->"
    return found
