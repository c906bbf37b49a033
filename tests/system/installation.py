# SPDX-License-Identifier: LGPL-2.1-or-later
"""An installed sonde, in a directory of its own, for tests of what others build on it."""

import json
import os
import subprocess
import tempfile
from pathlib import Path


def run(*words: object, **settings: object) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in words], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300, check=False, **settings)


class Installation:
    """`with Installation(BUILD) as tree:` installs, and removes what was installed."""

    def __init__(self, build: Path) -> None:
        self.build = build
        self.scratch = tempfile.TemporaryDirectory()
        self.top = Path(self.scratch.name).resolve()
        prefix = self.option("prefix").lstrip("/")
        self.prefix = self.top / prefix
        self.bin_dir = self.prefix / self.option("bindir")
        self.lib_dir = self.prefix / self.option("libdir")
        self.include_dir = self.prefix / self.option("includedir")
        self.environment = dict(os.environ, LD_LIBRARY_PATH=str(self.lib_dir),
                                PKG_CONFIG_PATH=str(self.lib_dir / "pkgconfig"),
                                PKG_CONFIG_SYSROOT_DIR=str(self.top))

    def option(self, name: str) -> str:
        """What BUILD was configured with."""
        options = self.build / "meson-info" / "intro-buildoptions.json"
        for entry in json.loads(options.read_text()):
            if entry["name"] == name:
                return entry["value"]
        raise LookupError(name)

    def __enter__(self) -> "Installation":
        self.done = run("meson", "install", "-C", self.build, "--no-rebuild", "--destdir",
                        self.top)
        return self

    def __exit__(self, *_: object) -> None:
        self.scratch.cleanup()
