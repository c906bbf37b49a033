# SPDX-License-Identifier: LGPL-2.1-or-later
"""The debug file of the kernel that a guest boots: 280 MB to be fetched, half a gigabyte
then, and nothing that a guest needs."""

import sys
import tempfile
from pathlib import Path

from .architectures import Architecture
from .errors import GuestError
from .images import cache_root, ensure_image, locked
from .packages import PackageSource, extract, package_version


def ensure_debug_file(architecture: Architecture) -> Path:
    """The image's kernel as an ELF file with symbols and DWARF, from Debian's -dbg package."""
    package, version = ensure_image(architecture).kernel_package.split()
    name = package.removesuffix("-unsigned")
    directory = cache_root() / architecture.name
    path = directory / f"vmlinux-{name}-{version}"
    with locked(cache_root() / f"{architecture.name}.lock"):
        if path.exists():
            return path
        print(f"guest: fetching {name}-dbg, some 280 MB", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="debug.tmp-", dir=directory) as temporary:
            workspace = Path(temporary)
            (workspace / "apt").mkdir()
            source = PackageSource(architecture.name, workspace / "apt")
            source.update()
            archive = source.download(f"{name}-dbg")
            if package_version(archive) != version:
                raise GuestError(f"Debian's {name}-dbg is not for the cached {version}: "
                                 "`scripts/guest build --refresh` fetches the new kernel")
            extract(archive, lambda member: workspace / "vmlinux"
                    if "/usr/lib/debug/boot/vmlinux-" in member else None)
            if not (workspace / "vmlinux").exists():
                raise GuestError(f"{name}-dbg holds no vmlinux: Debian's packaging has changed, "
                                 "guestkit/debug.py has to follow")
            for other in directory.glob("vmlinux-*"):
                other.unlink()
            (workspace / "vmlinux").rename(path)
    return path
