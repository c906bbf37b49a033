# SPDX-License-Identifier: LGPL-2.1-or-later
"""Of 'lists': the kernel's modules."""

from pathlib import Path

from harness import Guest, Sonde, Tap, wrong_fields

from guestkit import ensure_modules, find_architecture

# In an order in which they can be loaded; those at hand are of Debian's current kernel.
MODULES = ("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev",
           "virtio_pci", "qemu_fw_cfg")


def files(architecture: str, scratch: Path) -> dict[str, bytes]:
    directory = ensure_modules(find_architecture(architecture))
    return {f"{name}.ko": (directory / f"{name}.ko").read_bytes()
            for name in MODULES if (directory / f"{name}.ko").exists()}


def say(guest: Guest, command: str) -> str:
    status, output = guest.run(command, 60)
    return output if status == 0 else ""


def check(tap: Tap, name: str, guest: Guest, sonde: Sonde, whole: bool) -> None:
    for module in MODULES:
        say(guest, f"insmod /bin/{module}.ko 2>/dev/null")
    check_modules(tap, name, guest, sonde)
    if whole:
        check_taints(tap, name, guest, sonde)


# --- modules

def modules_of(guest: Guest) -> list[dict[str, object]]:
    """/proc/modules, as sonde has it: NAME BYTES REFCOUNT USERS STATE ADDRESS [(TAINTS)]"""
    rows = []
    for line in say(guest, "cat /proc/modules").splitlines():
        name, size, count, users, state, address, *taints = line.split()
        rows.append({"name": name, "address": hex(int(address, 16)), "bytes": int(size),
                     "refcount": int(count), "state": state,
                     "taints": taints[0].strip("()") if taints else "",
                     "used_by": [user for user in users.split(",") if user not in ("-", "")],
                     "torn": False})
    return rows


def check_modules(tap: Tap, name: str, guest: Guest, sonde: Sonde) -> None:
    wanted = modules_of(guest)
    result = sonde.run("--json", "modules")
    if not wanted and result.status:
        # No symbol names the list (arm64), and an empty one looks like any other.
        tap.check(f"{name}: a list of modules that is empty is not found by its looks",
                  "there may be no modules" in result.err, result)
        return
    rows = result.rows
    tap.check(f"{name}: modules have the contract's fields", result.status == 0 and
              not wrong_fields("modules", rows), result)
    tap.equal(f"{name}: the {len(wanted)} modules are those of /proc/modules",
              [{field: row[field] for field in wanted[0]} for row in rows] if wanted else rows,
              wanted)


def check_taints(tap: Tap, name: str, guest: Guest, sonde: Sonde) -> None:
    """As if the last one had been loaded by force, and were not signed."""
    row = sonde.run("--json", "modules").rows[-1]
    taints = f"((struct module *){row['structure']})->taints"
    before = sonde.run("--json", "print", taints).rows[0]["value"]
    done = sonde.run("--json", "print", "--write", f"{taints} = 0x2002")
    tap.check(f"{name}: a module's taints are written", done.status == 0, done)
    check_modules(tap, f"{name}, a tainted module", guest, sonde)
    tap.equal(f"{name}: their letters", sonde.run("--json", "modules").rows[-1]["taints"], "FE")
    sonde.run("print", "--write", f"{taints} = {before}")
