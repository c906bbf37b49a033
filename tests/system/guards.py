# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guards and their journals, as seen from outside."""

import os
import time
from pathlib import Path

PATIENCE = 20       # seconds, on a busy machine


class Directory:
    """Where the journals are: in a runtime directory of the test's own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def _entries(self) -> list[tuple[Path, int]]:
        found = []
        for path in sorted((self.path / "sonde").glob("*.journal")):
            try:
                found.append((path, path.stat().st_size))
            except FileNotFoundError:
                pass
        return found

    def journals(self) -> list[Path]:
        """Those that list something. An empty one says that nothing was done."""
        return [path for path, size in self._entries() if size]

    def sizes(self) -> list[int]:
        return [size for _, size in self._entries()]

    def wait_until_clean(self) -> bool:
        deadline = time.monotonic() + PATIENCE
        while self.journals():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)
        return True


def guards_of(directory: Directory) -> list[int]:
    """The processes that watch now. Other tests' are told by their journals."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            name = (entry / "comm").read_text().strip()
            journal = os.readlink(entry / "fd" / "4")
        except OSError:
            continue
        if name == "sonde-guard" and journal.startswith(str(directory.path)):
            found.append(int(entry.name))
    return found
