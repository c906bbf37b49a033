# SPDX-License-Identifier: LGPL-2.1-or-later
"""What differs between the architectures that a guest can have."""

from dataclasses import dataclass

from .errors import GuestError


@dataclass(frozen=True)
class Architecture:
    """One architecture. To add another, add its line to the table below; the
    scripts in initrd/ are meant to need no change."""
    name: str               # Debian's name
    kernel_package: str     # meta package that depends on the current kernel
    qemu: str               # QEMU's executable
    qemu_package: str       # the Debian package that has it
    machine: str            # default for -machine
    cpu: str                # default for -cpu
    console: str            # the kernel's name of the first serial port
    parameters: str         # for the kernel, against what emulation on a busy host does to it
    suite: str = ""         # of Debian that has it; "": the machine's own


# rdrand seeds the kernel's random numbers while it boots; without, its code would change
# later, when it has gathered enough (the static key crng_is_ready), and checksums with it.
# tsc=reliable spares another such key (__sched_clock_stable), no_timer_check the panic
# "IO-APIC + timer doesn't work". arm64 gets a seed from QEMU in its device tree.
ARCHITECTURES = {architecture.name: architecture for architecture in (
    Architecture("amd64", "linux-image-cloud-amd64", "qemu-system-x86_64", "qemu-system-x86",
                 "pc", "Nehalem,+rdrand", "ttyS0", "no_timer_check tsc=reliable"),
    Architecture("arm64", "linux-image-cloud-arm64", "qemu-system-aarch64", "qemu-system-arm",
                 "virt", "cortex-a72", "ttyAMA0", ""),
    Architecture("riscv64", "linux-image-riscv64", "qemu-system-riscv64", "qemu-system-misc",
                 "virt", "rv64", "ttyS0", "", suite="trixie"),
)}


def find_architecture(name: str) -> Architecture:
    """The architecture called NAME, Debian's way."""
    if name not in ARCHITECTURES:
        raise GuestError(f"no architecture '{name}': there are {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name]
