# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writing "newc" cpio archives, the format of a Linux initrd.

Specification: Documentation/driver-api/early-userspace/buffer-format.rst of the
Linux source. Written here, and not with cpio(1), because device nodes and root's
ownership can then be put in an archive without being root.
"""

import stat

_TRAILER = "TRAILER!!!"


class Archive:
    """An archive in memory. Everything in it belongs to root and dates from 1970,
    so the same contents always give the same bytes. Add a directory before what
    it holds: the kernel unpacks in order and creates no parents.
    """

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._inode = 0

    def add_directory(self, path: str, mode: int = 0o755) -> None:
        self._add(path, stat.S_IFDIR | mode)

    def add_file(self, path: str, content: bytes, mode: int = 0o644) -> None:
        self._add(path, stat.S_IFREG | mode, content)

    def add_symlink(self, path: str, target: str) -> None:
        self._add(path, stat.S_IFLNK | 0o777, target.encode())

    def add_character_device(self, path: str, major: int, minor: int, mode: int = 0o600) -> None:
        self._add(path, stat.S_IFCHR | mode, device=(major, minor))

    def to_bytes(self) -> bytes:
        """The complete archive. Entries may still be added afterwards."""
        return b"".join(self._chunks) + self._entry(0, _TRAILER, 0, b"", (0, 0))

    def _add(self, path: str, mode: int, content: bytes = b"",
             device: tuple[int, int] = (0, 0)) -> None:
        self._inode += 1
        self._chunks.append(self._entry(self._inode, path, mode, content, device))

    @staticmethod
    def _entry(inode: int, path: str, mode: int, content: bytes,
               device: tuple[int, int]) -> bytes:
        name = path.encode() + b"\0"
        links = 2 if stat.S_ISDIR(mode) else 1
        fields = (inode, mode, 0, 0, links, 0, len(content), 0, 0, *device, len(name), 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        return _padded(header + name) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
