# SPDX-License-Identifier: LGPL-2.1-or-later
"""A user's own libvirtd with a domain in it, all of it below a directory of the test's."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from harness import PATIENCE, TOP, GuestError
from qemus import NOBODY, find_program

sys.path.insert(0, str(TOP / "tests"))

from programs import assemble, symbols  # noqa: E402

NAME = "sonde test"
DOMAIN = """<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>32</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <loader readonly='yes' type='rom'>{rom}</loader>
  </os>
  <devices>
    <emulator>{emulator}</emulator>
    <memballoon model='none'/>
  </devices>
</domain>
"""


class Libvirtd:
    """Root's would be the system's: that one runs as nobody, as one of a user does."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.socket = directory / "run" / "libvirt" / "libvirt-sock"
        self.before = NOBODY if os.geteuid() == 0 else []
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("LIBVIRT_")}
        for variable, name in (("XDG_RUNTIME_DIR", "run"), ("XDG_CONFIG_HOME", "config"),
                               ("XDG_CACHE_HOME", "cache"), ("XDG_DATA_HOME", "data"),
                               ("HOME", "home")):
            (directory / name).mkdir(mode=0o700)
            self.environment[variable] = str(directory / name)
        settings = directory / "config" / "libvirt"
        settings.mkdir(mode=0o700)
        # No virtlogd beside it.
        (settings / "qemu.conf").write_text('stdio_handler = "file"\n')
        program = assemble("replayed", directory)
        self.places = symbols(program)
        rom = assemble("replayed", directory, raw=True)
        self.code = rom.read_bytes()[:512]
        xml = directory / "domain.xml"
        xml.write_text(DOMAIN.format(name=NAME, rom=rom, emulator=find_program()))
        directory.chmod(0o711)
        rom.chmod(0o644)
        xml.chmod(0o644)
        if self.before:
            for path in [directory / name for name in ("run", "config", "cache", "data", "home")]:
                for one in [path, *path.rglob("*")]:
                    os.chown(one, 65534, 65534)
        self.process: "subprocess.Popen | None" = None

    def __enter__(self) -> "Libvirtd":
        self.start()
        try:
            self.virsh("create", str(self.directory / "domain.xml"))
        except GuestError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None and self.process.poll() is None:
            try:
                self.virsh("destroy", NAME)
            except GuestError:
                pass
        self.end()

    def start(self) -> None:
        """The daemon; what was there before, it finds again."""
        log = (self.directory / "libvirtd.log").open("ab")
        self.process = subprocess.Popen(
            [*self.before, shutil.which("libvirtd") or "/usr/sbin/libvirtd"],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                self.virsh("list")
                return
            except GuestError:
                time.sleep(0.05)
        raise GuestError(f"libvirtd did not start: {self.log()[-300:]}")

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def log(self) -> str:
        return (self.directory / "libvirtd.log").read_text(errors="replace")

    @property
    def uri(self) -> str:
        return f"qemu+unix:///session?socket={self.socket}"

    def virsh(self, *words: str) -> str:
        # The daemon is there already: it shall not be started by the one who asks.
        if not self.socket.exists():
            raise GuestError("there is no libvirtd")
        result = subprocess.run(
            [*self.before, "virsh", "-q", "-c", self.uri, *words],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
        if result.returncode:
            raise GuestError(f"virsh {' '.join(words)}: {result.stderr.strip()}")
        return result.stdout.strip()

    @property
    def pid(self) -> int:
        return int((self.directory / "run" / "libvirt" / "qemu" / "run" / f"{NAME}.pid")
                   .read_text())

    def physical(self, address: int, length: int) -> bytes:
        path = self.directory / "home" / "saved"
        self.virsh("qemu-monitor-command", NAME, "--hmp",
                   f"pmemsave {address:#x} {length:#x} \"{path}\"")
        try:
            return path.read_bytes()
        finally:
            path.unlink()

    def count(self) -> int:
        """How often the domain's program has called hot()."""
        return int.from_bytes(self.physical(self.places["counter"], 4), "little")

    def registers(self) -> dict[str, int]:
        text = self.virsh("qemu-monitor-command", NAME, "--hmp", "info registers")
        return {name: int(value, 16)
                for name, value in re.findall(r"\b([A-Z][A-Z0-9]*)\s*=([0-9a-f]+)", text)}
