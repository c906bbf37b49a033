# SPDX-License-Identifier: LGPL-2.1-or-later
"""A small x86_64 kernel with KGDB, built from Debian's linux-source package.

Layout, below the cache's root:
    kgdb.lock                 held while a kernel is being looked for or built
    kgdb-HASH/vmlinuz         HASH is of kgdb.config, so another one gets another kernel
    kgdb-HASH/kernel.json     which version of which package it was built from
    kgdb-build.log            what the last build printed
kgdb-HASH appears by rename, complete or not at all. The sources, 2 GB with what is made
of them, are unpacked beside it and removed again.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .errors import GuestError, last_line
from .images import cache_root, locked
from .packages import PackageSource, extract, package_version

_CONFIG = Path(__file__).parent / "kgdb.config"
_TOOLS = ("make", "gcc", "flex", "bison", "bc", "xz", "tar", "nice", "pahole")


def ensure_kgdb_kernel(refresh: bool = False) -> Path:
    """The kernel, built if it is not there yet, or if REFRESH. Safe to call from several
    processes at once. Says on stderr when it builds: that takes some minutes."""
    root = cache_root()
    name = f"kgdb-{hashlib.sha256(_CONFIG.read_bytes()).hexdigest()[:16]}"
    try:
        root.mkdir(parents=True, exist_ok=True)
        with locked(root / "kgdb.lock"):
            if refresh or not (root / name / "kernel.json").exists():
                _build(root, root / name)
    except OSError as error:
        raise GuestError(f"building the kernel with KGDB failed ({error.strerror}: "
                         f"{error.filename})") from error
    return root / name / "vmlinuz"


def _build(root: Path, directory: Path) -> None:
    for tool in _TOOLS:
        if shutil.which(tool) is None:
            raise GuestError(f"{tool} is not here, and a kernel is to be built: run "
                             "scripts/install-packages --for kgdb")
    with tempfile.TemporaryDirectory(prefix="kgdb.tmp-", dir=root) as temporary:
        workspace = Path(temporary)
        for part in ("apt", "source", "output", "kernel"):
            (workspace / part).mkdir()
        package, version = _fetch(workspace)
        _make(root / "kgdb-build.log", workspace, f"{package} {version}")
        shutil.copy(workspace / "output/arch/x86/boot/bzImage", workspace / "kernel/vmlinuz")
        facts = {"package": package, "version": version}
        (workspace / "kernel/kernel.json").write_text(json.dumps(facts, indent=4) + "\n")
        if directory.exists():
            directory.rename(workspace / "old")
        (workspace / "kernel").rename(directory)


def _fetch(workspace: Path) -> tuple[str, str]:
    """Unpack Debian's current kernel source; the package's name and version."""
    print("guest: fetching Debian's current linux-source", file=sys.stderr)
    source = PackageSource("amd64", workspace / "apt")
    source.update()
    package = next((name for name in source.dependencies("linux-source")
                    if name.startswith("linux-source-")), "linux-source")
    archive = source.download(package)
    tarball = workspace / "source.tar.xz"
    extract(archive, lambda path: tarball if path.endswith(".tar.xz") and
            Path(path).name.startswith("linux-source-") else None)
    if not tarball.exists():
        raise GuestError(f"{archive.name} holds no source: Debian's packaging has changed, "
                         "guestkit/kgdb.py has to follow")
    subprocess.run(["tar", "-xJf", tarball, "-C", workspace / "source",
                    "--strip-components=1"], check=True)
    tarball.unlink()
    return package, package_version(archive)


def _make(log: Path, workspace: Path, what: str) -> None:
    """Configure and compile, out of tree; what make prints goes to LOG."""
    print(f"guest: building a kernel with KGDB from {what}, log in {log}", file=sys.stderr)
    started = time.monotonic()
    command = ["nice", "make", "-C", str(workspace / "source"),
               f"O={workspace / 'output'}", "ARCH=x86_64"]
    # The same sources give the same bytes, whoever builds them.
    environment = dict(os.environ, KCONFIG_ALLCONFIG=str(_CONFIG), LC_ALL="C",
                       KBUILD_BUILD_TIMESTAMP="1970-01-01", KBUILD_BUILD_USER="sonde",
                       KBUILD_BUILD_HOST="sonde")
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "CC", "CFLAGS"):
        environment.pop(name, None)     # ours, if `make check-kgdb` called
    with open(log, "w", encoding="utf-8") as output:
        for goal in (["allnoconfig"], ["-j2", "bzImage"]):
            done = subprocess.run([*command, *goal], env=environment, check=False,
                                  stdin=subprocess.DEVNULL, stdout=output,
                                  stderr=subprocess.STDOUT)
            if done.returncode != 0:
                raise GuestError("building the kernel with KGDB failed, see "
                                 f"{log}; it ends: {last_line(log.read_text())}")
            if goal == ["allnoconfig"]:
                _check_config(workspace / "output" / ".config")
    print(f"guest: built in {time.monotonic() - started:.0f} s", file=sys.stderr)


def _check_config(path: Path) -> None:
    """Options that depend on what is not set are dropped without a word: notice."""
    chosen = set(path.read_text().splitlines())
    missing = [line for line in _CONFIG.read_text().splitlines()
               if line.startswith("CONFIG_") and line not in chosen]
    if missing:
        raise GuestError("this kernel's configuration does not take "
                         f"{', '.join(missing)}: guestkit/kgdb.config has to follow")
