# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cache of what a guest boots: a Debian kernel and an initrd of busybox.

Layout, below the cache's root:
    ARCH.lock                 held while ARCH is being looked at or built
    ARCH/vmlinuz, busybox     as unpacked from Debian's packages
    ARCH/initrd-HASH.gz       of that busybox and guestkit/initrd; HASH is of both
    ARCH/modules/             the kernel's modules for QEMU's devices; see ensure_modules()
    ARCH/image.json           which packages those came from
    kernels.lock, kernels/ARCH,SUITE,PACKAGE/   the same for other kernels: vmlinuz, kernel.json
ARCH appears by rename, complete or not at all. The network is used only when it
is absent or a refresh is asked for.
"""

import atexit
import fcntl
import gzip
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

from .architectures import Architecture
from .cpio import Archive
from .errors import GuestError
from .packages import PackageSource, extract, package_version

_INITRD_SOURCES = Path(__file__).parent / "initrd"
_KERNEL = re.compile(r"/boot/vmlinu.*|/usr/lib/modules/[^/]+/vmlinuz")    # the latter from 6.19
_MODULES = re.compile(r"/lib/modules/[^/]+/kernel/drivers/(?:virtio|firmware)/([^/]+\.ko)")


@dataclass(frozen=True)
class Image:
    """Files to boot a guest from. They stay until the next refresh."""
    kernel: Path
    initrd: Path
    kernel_package: str


def cache_root() -> Path:
    """Where images are kept: SONDE_GUEST_CACHE, or the user's cache directory."""
    override = os.environ.get("SONDE_GUEST_CACHE")
    if override:
        return Path(override).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).absolute() / "sonde" / "guests"


def private_cache() -> Path:
    """From now on this process, and those that it starts, have a directory for caches of
    their own, which goes when it ends; but for guestkit's images."""
    os.environ["SONDE_GUEST_CACHE"] = str(cache_root())
    directory = tempfile.mkdtemp(prefix="sonde-cache-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    os.environ["XDG_CACHE_HOME"] = directory
    return Path(directory)


def ensure_image(architecture: Architecture, refresh: bool = False) -> Image:
    """The image of ARCHITECTURE, built if it is not there yet, or if REFRESH.

    Safe to call from several processes at once. Says on stderr when it downloads.
    """
    root = cache_root()
    directory = root / architecture.name
    try:
        root.mkdir(parents=True, exist_ok=True)
        with locked(root / f"{architecture.name}.lock"):
            if refresh or not (directory / "image.json").exists():
                _build(architecture, directory)
            initrd = _ensure_initrd(directory)
    except OSError as error:
        raise GuestError(f"the guest cache {root} is not usable ({error.strerror}: "
                         f"{error.filename}): set SONDE_GUEST_CACHE to a directory that is") \
            from error
    facts = json.loads((directory / "image.json").read_text())
    return Image(directory / "vmlinuz", initrd, f"{facts['kernel']} {facts['kernel_version']}")


def ensure_modules(architecture: Architecture) -> Path:
    """A directory with the modules (*.ko) for QEMU's devices that belong to the image's
    kernel. An image that was made without them gets them."""
    image = ensure_image(architecture)
    directory = cache_root() / architecture.name
    with locked(cache_root() / f"{architecture.name}.lock"):
        if not (directory / "modules").exists():
            package, version = image.kernel_package.split()
            print(f"guest: fetching {package} again, for its modules", file=sys.stderr)
            with tempfile.TemporaryDirectory(prefix=f"{architecture.name}.tmp-",
                                             dir=directory.parent) as temporary:
                (Path(temporary) / "apt").mkdir()
                source = PackageSource(architecture.name, Path(temporary) / "apt",
                                       architecture.suite)
                source.update()
                archive = source.download(package)
                if package_version(archive) != version:
                    raise GuestError(f"Debian's {package} is not the cached {version} any more: "
                                     "`scripts/guest build --refresh` fetches the new one")
                _extract_modules(archive, Path(temporary) / "modules")
                (Path(temporary) / "modules").rename(directory / "modules")
    return directory / "modules"


def ensure_kernel(architecture: Architecture, wanted: str) -> tuple[Path, str]:
    """Another kernel of Debian's: its path, and its package with its version. WANTED is
    [SUITE:]PACKAGE, a meta package such as linux-image-rt-amd64 or one with a kernel in
    it. What was fetched once is not fetched again."""
    suite, _, package = wanted.rpartition(":")
    if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]*", package) or \
            not re.fullmatch(r"[a-z][a-z-]*|", suite):
        raise GuestError(f"'{wanted}' is no kernel: [SUITE:]PACKAGE, such as "
                         f"trixie:{architecture.kernel_package}")
    directory = cache_root() / "kernels" / f"{architecture.name},{suite},{package}"
    directory.parent.mkdir(parents=True, exist_ok=True)
    with locked(cache_root() / "kernels.lock"):
        if not (directory / "kernel.json").exists():
            print(f"guest: fetching Debian's {wanted} for {architecture.name}", file=sys.stderr)
            _build_kernel(architecture, suite, package, directory)
    facts = json.loads((directory / "kernel.json").read_text())
    return directory / "vmlinuz", f"{facts['kernel']} {facts['kernel_version']}"


def _build_kernel(architecture: Architecture, suite: str, package: str,
                  directory: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="tmp-", dir=directory.parent) as temporary:
        workspace = Path(temporary)
        for part in ("apt", "kernel"):
            (workspace / part).mkdir()
        source = PackageSource(architecture.name, workspace / "apt", suite)
        source.update()
        kernel_package = _find_kernel(source, package)
        archive = source.download(kernel_package)
        kernel = workspace / "kernel" / "vmlinuz"
        extract(archive, lambda path: kernel if _KERNEL.fullmatch(path) else None)
        if not kernel.exists():
            raise GuestError(f"{archive.name} holds no kernel")
        facts = {"kernel": kernel_package, "kernel_version": package_version(archive)}
        (workspace / "kernel/kernel.json").write_text(json.dumps(facts, indent=4) + "\n")
        (workspace / "kernel").rename(directory)


def extended_initrd(image: Image, files: dict[str, bytes], path: Path) -> None:
    """Write the image's initrd to PATH, with FILES (executable, in /bin) besides: for
    QEMU's -initrd."""
    archive = Archive()
    for name, content in files.items():
        archive.add_file(f"bin/{name}", content, 0o755)
    path.write_bytes(image.initrd.read_bytes() +
                     gzip.compress(archive.to_bytes(), compresslevel=6, mtime=0))


def _extract_modules(archive: Path, directory: Path) -> None:
    directory.mkdir()
    def place(path: str) -> "Path | None":
        match = _MODULES.fullmatch(path)
        return directory / match[1] if match else None
    extract(archive, place)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file PATH; says so when another process has it."""
    with open(path, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"guest: waiting for another build ({path})", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(architecture: Architecture, directory: Path) -> None:
    """Download and unpack into a new directory, then put it in DIRECTORY's place."""
    print(f"guest: fetching Debian's current {architecture.kernel_package} and busybox-static",
          file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix=f"{architecture.name}.tmp-",
                                     dir=directory.parent) as temporary:
        workspace = Path(temporary)
        (workspace / "apt").mkdir()
        (workspace / "image").mkdir()
        source = PackageSource(architecture.name, workspace / "apt", architecture.suite)
        source.update()
        _fetch(architecture, source, workspace / "image")
        if directory.exists():
            directory.rename(workspace / "old")
        (workspace / "image").rename(directory)


def _fetch(architecture: Architecture, source: PackageSource, image: Path) -> None:
    kernel_package = _find_kernel(source, architecture.kernel_package)
    kernel = source.download(kernel_package)
    busybox = source.download("busybox-static")
    extract(kernel, lambda path: image / "vmlinuz" if _KERNEL.fullmatch(path) else None)
    extract(busybox, lambda path: image / "busybox" if path.endswith("bin/busybox") else None)
    _extract_modules(kernel, image / "modules")
    for name, archive in (("vmlinuz", kernel), ("busybox", busybox)):
        if not (image / name).exists():
            raise GuestError(f"{archive.name} holds no {name}: Debian's packaging has changed, "
                             "guestkit/images.py has to follow")
    facts = {
        "kernel": kernel_package,
        "kernel_version": package_version(kernel),
        "busybox_version": package_version(busybox),
    }
    (image / "image.json").write_text(json.dumps(facts, indent=4) + "\n")


def _find_kernel(source: PackageSource, package: str) -> str:
    """Follow dependencies from the meta package to the package with the kernel.

    Up to Linux 6.18 that is linux-image-VERSION, from 6.19 the linux-binary-VERSION
    that it depends on.
    """
    for dependency in source.dependencies(package):
        if dependency.startswith(("linux-image-", "linux-binary-")):
            return _find_kernel(source, dependency)
    return package


def _ensure_initrd(directory: Path) -> Path:
    """The initrd for the sources as they are now, in DIRECTORY. Those of a day ago are
    removed; younger ones may be in use by another checkout."""
    content = _initrd_content((directory / "busybox").read_bytes())
    initrd = directory / f"initrd-{hashlib.sha256(content).hexdigest()[:16]}.gz"
    if not initrd.exists():
        for other in directory.glob("initrd-*"):
            if other.stat().st_mtime < time.time() - 24 * 60 * 60:
                other.unlink()
        temporary = directory / "initrd-incomplete"
        temporary.write_bytes(gzip.compress(content, compresslevel=6, mtime=0))
        temporary.rename(initrd)
    return initrd


def _initrd_content(busybox: bytes) -> bytes:
    archive = Archive()
    for path in ("bin", "dev", "proc", "sys", "tmp"):
        archive.add_directory(path)
    archive.add_character_device("dev/console", 5, 1)
    archive.add_character_device("dev/null", 1, 3, 0o666)
    archive.add_file("bin/busybox", busybox, 0o755)
    archive.add_symlink("bin/sh", "busybox")
    for script in sorted(_INITRD_SOURCES.iterdir()):
        path = "init" if script.name == "init" else f"bin/{script.name}"
        archive.add_file(path, script.read_bytes(), 0o755)
    return archive.to_bytes()
