# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fetching Debian packages of any architecture, and installing nothing.

apt runs with package lists, caches and a configuration of its own inside a
directory that the caller throws away. From the system it takes only the sources,
their keys, preferences, credentials and proxy settings (all below /etc/apt), so
neither root nor `dpkg --add-architecture` is needed.
"""

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Callable

from .errors import GuestError, first_complaint

# Settings that are replaced (below) or would act on the system (hooks).
_DROPPED = re.compile(r'(APT::(Architectures?|Update|Sandbox)|DPkg|Dir::(Cache|State)'
                      r'|Dir::Etc::(main|parts)|Acquire::Languages)\b', re.IGNORECASE)

_SETTINGS = """
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Sandbox::User "root";
Dir::State "{root}/state";
Dir::State::status "{root}/status";
Dir::Cache "{root}/cache";
Dir::Etc::main "apt.conf.none";
Dir::Etc::parts "{root}/no-parts";
Acquire::Languages "none";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
"""


_OTHER_SUITE = """
Dir::Etc::sourcelist "{root}/sources.list";
Dir::Etc::sourceparts "{root}/no-parts";
"""
_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class PackageSource:
    """Packages of one architecture, as this machine's apt sources offer them; with SUITE,
    what the same mirrors have in that suite of Debian.

    ROOT is an existing directory that becomes apt's own; the caller removes it.
    """

    def __init__(self, architecture: str, root: Path, suite: str = "") -> None:
        for tool in ("apt-get", "dpkg-deb"):
            if shutil.which(tool) is None:
                raise GuestError(f"{tool} is not here: guests are built from Debian's "
                                 "packages, on Debian")
        self._architecture = architecture
        self._root = root
        self._suite = suite
        for name in ("state/lists/partial", "cache/archives/partial", "no-parts", "debs"):
            (root / name).mkdir(parents=True)
        (root / "status").touch()
        inherited = [line for line in self._run("apt-config", "dump").stdout.splitlines()
                     if not _DROPPED.match(line)]
        settings = _SETTINGS.format(architecture=architecture, root=root)
        if suite:
            (root / "sources.list").write_text(self._other_sources())
            settings += _OTHER_SUITE.format(root=root)
        (root / "apt.conf").write_text("\n".join(inherited) + settings)
        self._update_complaint = ""

    def update(self) -> None:
        """Read the package lists. Sources that fail are not an error yet: they may
        be of no interest."""
        result = self._run("apt-get", "-q", "update")
        self._update_complaint = first_complaint(result.stderr)

    def dependencies(self, package: str) -> list[str]:
        """Names of the packages that PACKAGE's candidate version depends on."""
        result = self._run("apt-cache", "--no-all-versions", "show", package)
        if not result.stdout.strip():
            complaint = self._update_complaint or first_complaint(result.stderr)
            where = f"{self._suite} at the mirrors that are named" if self._suite \
                else "the sources"
            raise GuestError(
                f"no package {package} for {self._architecture} in {where} below "
                f"/etc/apt: add a Debian source that has it, or see to the network; "
                f"apt said: {complaint}")
        field = re.search(r"^Depends: (.*)$", result.stdout, re.MULTILINE)
        if field is None:
            return []
        return [item.split()[0].split(":")[0] for item in field[1].split(",")]

    def download(self, package: str) -> Path:
        """Fetch PACKAGE's candidate version and return its .deb, inside ROOT."""
        directory = self._root / "debs" / package
        directory.mkdir()
        result = self._run("apt-get", "-q", "download", package, cwd=directory)
        archives = list(directory.glob("*.deb"))
        if result.returncode != 0 or len(archives) != 1:
            raise GuestError(f"downloading {package} for {self._architecture} failed: see to "
                             "the network and try again; apt said: "
                             f"{first_complaint(result.stderr)}")
        return archives[0]

    def _other_sources(self) -> str:
        """The system's sources with another suite. A source of updates or of security
        fixes is none of a whole suite; one that is not Debian's lacks the suite."""
        listed = self._run("apt-get", "indextargets", "--format",
                           "$(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages")
        option = f" [signed-by={_KEYS}]" if _KEYS.exists() else ""
        lines = []
        for line in listed.stdout.splitlines():
            words = line.split()        # without a component it is no archive of suites
            if len(words) == 3 and "-" not in words[1] and "/" not in words[1]:
                lines.append(f"deb{option} {words[0]} {self._suite} {words[2]}\n")
        return "".join(dict.fromkeys(lines))

    def _run(self, *command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        environment = dict(os.environ, LC_ALL="C")
        if (self._root / "apt.conf").exists():
            environment["APT_CONFIG"] = str(self._root / "apt.conf")
        return subprocess.run(command, cwd=cwd or self._root, env=environment, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, check=False)


def package_version(archive: Path) -> str:
    """The version field of the .deb ARCHIVE."""
    return subprocess.run(["dpkg-deb", "--field", archive, "Version"], text=True,
                          capture_output=True, check=True).stdout.strip()


def extract(archive: Path, wanted: Callable[[str], Path | None]) -> None:
    """Write regular files of the .deb ARCHIVE: WANTED maps a file's absolute path
    in the package to where it shall be written, or to None to leave it out."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive],
                          stdout=subprocess.PIPE) as unpacker:
        with tarfile.open(fileobj=unpacker.stdout, mode="r|") as members:
            for member in members:
                target = wanted(member.name.removeprefix(".")) if member.isfile() else None
                if target is not None:
                    with open(target, "wb") as output:
                        shutil.copyfileobj(members.extractfile(member), output)
        unpacker.stdout.read()
    if unpacker.returncode != 0:
        raise GuestError(f"unpacking {archive.name} failed: dpkg-deb ended with status "
                         f"{unpacker.returncode}")
