# SPDX-License-Identifier: LGPL-2.1-or-later
"""Linux guests to try a debugger on: Debian's kernel and a busybox initrd in QEMU.

    from guestkit import Guest

    with Guest.start("amd64", cpus=2, workload="syscalls") as guest:
        status, output = guest.run("progress")
        address = guest.symbol("vfs_read")
        ... use guest.gdb_socket, guest.qmp_socket ...
        assert not guest.events("STOP")

scripts/guest is the same for the command line.
"""

from .architectures import ARCHITECTURES, find_architecture
from .errors import GuestError
from .guest import Guest
from .images import Image, cache_root, ensure_image, ensure_kernel, ensure_modules, extended_initrd, private_cache
from .kgdb import ensure_kgdb_kernel
from .machine import WORKLOADS

__all__ = ["ARCHITECTURES", "Guest", "GuestError", "Image", "WORKLOADS", "cache_root",
           "ensure_image", "ensure_kernel", "ensure_kgdb_kernel", "ensure_modules",
           "extended_initrd", "find_architecture", "private_cache"]
