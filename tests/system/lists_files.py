# SPDX-License-Identifier: LGPL-2.1-or-later
"""maps, files, mounts and net, held against /proc of the guest (see lists)."""

import base64
import re
import socket
import struct
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from harness import TOP, Guest, GuestError, Result, Sonde, Tap

sys.path.insert(0, str(TOP / "tests"))

from programs import compile_freestanding  # noqa: E402

MACHINES = {"amd64": "x86_64", "arm64": "aarch64", "riscv64": "riscv64"}
MAPS = {"start", "end", "perms", "offset", "device", "inode", "path", "torn"}
INTERFACES = {"index", "name", "up", "flags", "mtu", "mac", "network", "addresses", "torn"}
NET = {"protocol", "type", "state", "local", "remote", "inode", "network", "pid", "comm", "torn"}
MOUNTS = {"id", "parent", "device", "type", "options", "super_options", "source", "root", "path",
          "torn"}
FILES = {"fd", "path", "type", "flags", "position", "torn"}
STATES = [None, "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
          "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV"]
TYPES = {0: "anon", 1: "fifo", 2: "chr", 4: "directory", 6: "blk", 8: "regular", 10: "link",
         12: "socket"}


def files(architecture: str, scratch: Path) -> dict[str, bytes]:
    return {"holder": compile_freestanding("holder", MACHINES[architecture], scratch)}


def say(guest: Guest, command: str) -> bytes:
    """What it prints in the guest, to the byte."""
    status, text = guest.run(f"({command}) 2> /dev/null | base64")
    if status != 0:
        raise GuestError(f"'{command}' failed in the guest: {text}")
    return base64.b64decode(text)


def plain(text: str | None) -> bytes | None:
    """The guest's bytes, of what sonde shows of them."""
    if text is None:
        return None
    return re.sub(rb"\\(\\|x[0-9A-Fa-f]{2})",
                  lambda found: b"\\" if found[1] == b"\\" else bytes([int(found[1][1:], 16)]),
                  text.encode())


def check_works(tap: Tap, what: str, result: Result, fields: set[str]) -> bool:
    """Whether it worked, said nothing, and has all fields in rows that are not torn."""
    good = tap.check(f"{what} works", result.status == 0 and not result.err and result.out,
                     result)
    rows = result.rows if good else []
    missing = [fields - row.keys() for row in rows if not fields <= row.keys()]
    torn = [row for row in rows if row["torn"] is not False]
    return tap.check(f"{what}: each row has its fields, and is not torn",
                     good and not missing and not torn, *missing[:2], *torn[:2])


def check_same(tap: Tap, what: str, found: list | dict, wanted: list | dict) -> None:
    if isinstance(found, dict):
        found = sorted(found.items())
    if isinstance(wanted, dict):
        wanted = sorted(wanted.items())
    wrong = [f"found:  {one}\nwanted: {other}" for one, other in zip(found, wanted)
             if one != other]
    tap.check(f"{what} ({len(wanted)})", found == wanted and wanted,
              f"{len(found)} and {len(wanted)}", *wrong[:4])


# --- maps --------------------------------------------------------------------------------

def areas(text: bytes) -> list[tuple]:
    """Of /proc/PID/maps."""
    rows = []
    for line in text.split(b"\n")[:-1]:
        addresses, perms, offset, device, inode, *path = line.split(None, 5)
        start, end = addresses.split(b"-")
        rows.append((int(start, 16), int(end, 16), perms, int(offset, 16), device, int(inode),
                     path[0].replace(b"\\012", b"\n") if path else None))
    return rows


def check_maps(tap: Tap, name: str, guest: Guest, sonde: Sonde, pid: int) -> None:
    what = f"{name}: maps {pid}"
    result = sonde.run("--json", "maps", str(pid))
    wanted = areas(say(guest, f"cat /proc/{pid}/maps"))
    if check_works(tap, what, result, MAPS):
        found = [(int(row["start"], 16), int(row["end"], 16), row["perms"].encode(),
                  row["offset"], row["device"].encode(), row["inode"], plain(row["path"]))
                 for row in result.rows]
        check_same(tap, f"{what}: each is what the guest says", found, wanted)


# --- sockets -----------------------------------------------------------------------------

@dataclass(frozen=True, order=True)
class Socket:
    """What /proc/net says of one."""
    protocol: str
    state: str
    local: bytes | None
    remote: bytes | None


def inet(text: str) -> bytes:
    """An address and a port as /proc/net has them: words as they lie, the port a number."""
    address, port = text.split(":")
    words = b"".join(struct.pack("=I", int(address[i:i + 8], 16))
                     for i in range(0, len(address), 8))
    if len(words) == 4:
        return f"{socket.inet_ntop(socket.AF_INET, words)}:{int(port, 16)}".encode()
    return f"[{socket.inet_ntop(socket.AF_INET6, words)}]:{int(port, 16)}".encode()


def inet_sockets(text: bytes, protocol: str) -> dict[int, list[Socket]]:
    found: dict[int, list[Socket]] = {}
    for line in text.decode().splitlines()[1:]:
        _, local, remote, state, _, _, _, _, _, inode, *_ = line.split()
        found.setdefault(int(inode), []).append(
            Socket(protocol, STATES[int(state, 16)], inet(local), inet(remote)))
    return found


def unix_sockets(text: bytes) -> dict[int, list[Socket]]:
    found: dict[int, list[Socket]] = {}
    # A path may hold a line's end.
    for part in re.split(rb"\n(?=[0-9a-f]{16}: )", text)[1:]:
        fields = re.match(rb"\w+: \w+ \w+ (\w+) \w+ (\w+) +(\d+)(?: (.*))?$",
                          part.rstrip(b"\n"), re.DOTALL)
        flags, state, inode, path = fields.groups()
        word = "LISTEN" if int(flags, 16) & 0x10000 else (
            "ESTABLISHED" if int(state) == 3 else "CLOSE")
        found.setdefault(int(inode), []).append(Socket("unix", word, path, None))
    return found


def netlink_sockets(text: bytes) -> dict[int, list[Socket]]:
    found: dict[int, list[Socket]] = {}
    names = {0: "route", 2: "usersock", 4: "sock_diag", 6: "xfrm", 7: "selinux", 8: "iscsi",
             9: "audit", 10: "fib_lookup", 11: "connector", 12: "netfilter",
             15: "kobject_uevent", 16: "generic", 18: "scsitransport", 20: "rdma",
             21: "crypto", 22: "smc"}
    for line in text.decode().splitlines()[1:]:
        _, protocol, port, *_, inode = line.split()
        word = names.get(int(protocol), protocol)
        found.setdefault(int(inode), []).append(
            Socket("netlink", "CLOSE", f"{word}:{int(port) % (1 << 32)}".encode(), None))
    return found


def sockets(guest: Guest, pid: int) -> dict[int, list[Socket]]:
    """All that /proc/PID/net has, by inode; those that no file is have 0."""
    found: dict[int, list[Socket]] = {}
    tables = [("tcp", "tcp"), ("tcp6", "tcp6"), ("udp", "udp"), ("udp6", "udp6"),
              ("raw", "raw"), ("raw6", "raw6"), ("unix", None), ("netlink", None)]
    text = say(guest, "; ".join(f"echo; echo === {name}; cat /proc/{pid}/net/{name}"
                                for name, _ in tables))
    parts = dict(part.split(b"\n", 1) for part in text.split(b"\n=== ")[1:])
    for name, protocol in tables:
        part = parts[name.encode()].rstrip(b"\n") + b"\n"
        if name == "unix":
            rows = unix_sockets(part)
        elif name == "netlink":
            rows = netlink_sockets(part)
        else:
            rows = inet_sockets(part, protocol)
        for inode, entries in rows.items():
            found.setdefault(inode, []).extend(entries)
    return found


def as_socket(row: dict) -> Socket:
    """A row's, without what /proc/net does not have."""
    remote = plain(row["remote"]) if row["protocol"] not in ("unix", "netlink") else None
    return Socket(row["protocol"], row["state"], plain(row["local"]), remote)


def number_of(guest: Guest, pid: int, namespace: str) -> int:
    return int(re.search(rb"\d+", say(guest, f"readlink /proc/{pid}/ns/{namespace}"))[0])


def users_of(guest: Guest) -> dict[int, tuple[int, str]]:
    """The process with the lowest number that has each socket open, by the socket's inode."""
    text = say(guest, "cd /proc; for p in [0-9]*; do echo ! $p $(cat $p/comm); "
                      "ls -l $p/fd; done").decode(errors="replace")
    users: dict[int, tuple[int, str]] = {}
    for part in text.split("! ")[1:]:
        head, *lines = part.splitlines()
        pid, _, comm = head.partition(" ")
        for inode in re.findall(r"-> socket:\[(\d+)\]", "\n".join(lines)):
            users[int(inode)] = min(users.get(int(inode), (1 << 32, "")), (int(pid), comm))
    return users


def check_net(tap: Tap, name: str, guest: Guest, sonde: Sonde, pid: int) -> None:
    """The tables of a process's network namespace; those of packets have no addresses."""
    what = f"{name}: net --pid {pid}"
    before = sockets(guest, pid)
    result = sonde.run("--json", "net", "--pid", str(pid))
    after = sockets(guest, pid)
    # Kernels without KALLSYMS_ALL do not tell where all tables are, and that is said.
    missing = re.search(r"where the tables are of ([\w, ]+)", result.err)
    if missing:
        result = replace(result, err="")
    if not check_works(tap, what, result, NET):
        return
    gone = missing[1].split(", ") if missing else []
    tap.check(f"{what}: all tables are there, but of a kernel without symbols of data",
              not gone or "init_task" not in sonde.run("symbol", "init_task").out, missing)
    wanted = sorted((inode, one) for inode, entries in after.items() for one in entries
                    if one in before.get(inode, ()) and one.protocol.rstrip("6") not in gone)
    found = sorted((row["inode"], as_socket(row)) for row in result.rows
                   if row["protocol"] not in ("packet", "packet6"))
    check_same(tap, f"{what}: each is what the guest says", found, wanted)
    users = users_of(guest)
    check_same(tap, f"{what}: who has each open, too",
               sorted((row["inode"], row["pid"], row["comm"]) for row in result.rows),
               sorted((row["inode"], *users.get(row["inode"], (None, None)))
                      for row in result.rows))
    network = number_of(guest, pid, "net")
    tap.equal(f"{what}: all are in its namespace",
              {row["network"] for row in result.rows}, {network})
    packets = sorted(int(line.split()[-1]) for line in
                     say(guest, f"cat /proc/{pid}/net/packet").decode().splitlines()[1:])
    tap.equal(f"{what}: those of packets, too", sorted(
        row["inode"] for row in result.rows if row["protocol"] == "packet"), packets)


# --- interfaces --------------------------------------------------------------------------

def interfaces(guest: Guest, pid: int) -> list[tuple]:
    """Of sysfs and ip, in the namespace of PID."""
    enter = f"nsenter -t {pid} -n"
    text = say(guest, f"{enter} ip -o link; echo ===; {enter} ip -o address").decode()
    links, addresses = text.split("===")
    rows = []
    for line in links.strip().splitlines():
        index, name, flags, mtu, more = re.match(
            r"(\d+): ([^:@]+)(?:@\w+)?: <([^>]*)> mtu (\d+) (.*)", line).groups()
        mac = re.search(r"link/\w+ ([0-9a-f:]{17})", more)
        rows.append((int(index), name, "UP" in flags.split(","), int(mtu),
                     mac[1] if mac else None,
                     re.findall(rf"^{index}: \S+ +inet6? (\S+)", addresses, re.MULTILINE)))
    return rows


def check_interfaces(tap: Tap, name: str, guest: Guest, sonde: Sonde, pid: int) -> None:
    what = f"{name}: net --interfaces --pid {pid}"
    result = sonde.run("--json", "net", "--interfaces", "--pid", str(pid))
    if check_works(tap, what, result, INTERFACES):
        found = [(row["index"], row["name"], row["up"], row["mtu"], row["mac"],
                  row["addresses"]) for row in result.rows]
        check_same(tap, f"{what}: each is what the guest says", found,
                   interfaces(guest, pid))


# --- files -------------------------------------------------------------------------------

def links(guest: Guest, pid: int) -> dict[int, bytes]:
    """Where /proc/PID/fd leads."""
    text = say(guest, f"stat -c %N /proc/{pid}/fd/*")
    found = re.split(rb"(?:^|\n)'?/proc/\d+/fd/(\d+)'? -> ", text.removesuffix(b"\n"))[1:]
    return {int(fd): link.removeprefix(b"'").removesuffix(b"'")
            for fd, link in zip(found[::2], found[1::2])}


def check_files(tap: Tap, name: str, guest: Guest, sonde: Sonde, pid: int,
                known: dict[int, list[Socket]]) -> None:
    what = f"{name}: files {pid}"
    result = sonde.run("--json", "files", str(pid))
    if not check_works(tap, what, result, FILES):
        return
    rows = {row["fd"]: row for row in result.rows}
    check_same(tap, f"{what}: paths are those of /proc",
               {fd: plain(row["path"]) for fd, row in rows.items()}, links(guest, pid))
    info: dict[int, dict[str, str]] = {}
    for line in say(guest, f"grep -H '' /proc/{pid}/fdinfo/*").decode().splitlines():
        found = re.match(r"/proc/\d+/fdinfo/(\d+):(pos|flags):\t(\w+)", line)
        if found:
            info.setdefault(int(found[1]), {})[found[2]] = found[3]
    check_same(tap, f"{what}: flags and positions, too",
               {fd: {"pos": str(row["position"]), "flags": row["flags"]}
                for fd, row in rows.items()}, info)
    facts = {}
    for line in say(guest, f"stat -L -c '%n %f %i %D %t %T' /proc/{pid}/fd/*") \
            .decode().splitlines():
        path, mode, inode, device, major, minor = line.split()
        fd = int(path.rpartition("/")[2])
        kind = TYPES[int(mode, 16) >> 12]
        if kind == "fifo" and rows[fd]["path"].startswith("pipe:["):
            kind = "pipe"
        special = f"{int(major, 16):02x}:{int(minor, 16):02x}" if kind in ("chr", "blk") \
            else None
        number = int(device, 16)
        facts[fd] = (kind, int(inode), f"{number >> 8 & 0xfff:02x}:{number & 0xff:02x}",
                     special)
    check_same(tap, f"{what}: types, inodes and devices, too",
               {fd: (row["type"], row["inode"], row["device"], row["special"])
                for fd, row in rows.items()}, facts)
    check_sockets_of_files(tap, what, rows, known)


def check_sockets_of_files(tap: Tap, what: str, rows: dict[int, dict],
                           known: dict[int, list[Socket]]) -> None:
    found, wanted = {}, {}
    for fd, row in rows.items():
        if row["type"] != "socket":
            continue
        # What is bound to nothing is in no table.
        if row["inode"] in known:
            found[fd] = as_socket(row["socket"])
            wanted[fd] = known[row["inode"]][0]
    if wanted:
        check_same(tap, f"{what}: sockets are those of /proc/net", found, wanted)


# --- mounts ------------------------------------------------------------------------------

def octal(text: bytes) -> bytes:
    """What mountinfo writes as a backslash and three digits."""
    return re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), text)


def mounts(text: bytes) -> list[tuple]:
    """Of /proc/PID/mountinfo; of a file system's options those that all of them have."""
    rows = []
    for line in text.split(b"\n")[:-1]:
        first, last = line.split(b" - ", 1)
        number, parent, device, root, path, options, *_ = first.split(b" ")
        kind, source, more = last.split(b" ")
        general = [word for word in more.decode(errors="replace").split(",")
                   if word in ("ro", "rw", "sync", "dirsync", "mand", "lazytime")]
        rows.append((int(number), int(parent), device, octal(root), octal(path),
                     options, octal(kind), octal(source), ",".join(general)))
    return rows


def check_mounts(tap: Tap, name: str, guest: Guest, sonde: Sonde, pid: int | None) -> None:
    words = ["mounts", *(["--pid", str(pid)] if pid else [])]
    what = f"{name}: {' '.join(words)}"
    result = sonde.run("--json", *words)
    wanted = mounts(say(guest, f"cat /proc/{pid or 1}/mountinfo"))
    if check_works(tap, what, result, MOUNTS):
        found = [(row["id"], row["parent"], row["device"].encode(), plain(row["root"]),
                  plain(row["path"]), row["options"].encode(), plain(row["type"]),
                  plain(row["source"]), row["super_options"]) for row in result.rows]
        check_same(tap, f"{what}: each is what the guest says", found, wanted)


# --- all of it ---------------------------------------------------------------------------

def find_holders(guest: Guest) -> tuple[int, int]:
    """The process that holds what is looked at, and one with namespaces of its own; started
    once a guest."""
    _, text = guest.run("[ -e /tmp/holders ] || holder > /tmp/holders; cat /tmp/holders")
    found = re.fullmatch(r"holder (\d+) (\d+)\n?", text)
    if not found:
        raise GuestError(f"what is to be held could not be made: {text}")
    return int(found[1]), int(found[2])


def check_all_networks(tap: Tap, name: str, guest: Guest, sonde: Sonde,
                       pids: tuple[int, ...]) -> None:
    """Without a process it is all of them."""
    for words in (["net"], ["net", "--interfaces"]):
        result = sonde.run("--json", *words)
        parts = [sonde.run("--json", *words, "--pid", str(pid)) for pid in pids]
        tap.equal(f"{name}: {' '.join(words)} is those of all network namespaces",
                  sorted(result.out.splitlines()),
                  sorted(line for part in parts for line in part.out.splitlines()))


# What changes names, mounts, tables of sockets and their chains, again and again.
CHURN = ("mkdir -p /tmp/churn/m; while [ -d /tmp/churn ]; do mkdir /tmp/churn/a; "
         "mv /tmp/churn/a /tmp/churn/b; mount -t tmpfs none /tmp/churn/m; "
         "umount /tmp/churn/m; rmdir /tmp/churn/b; "
         "nc -l -p 7 > /dev/null & nc -w 1 127.0.0.1 7 < /dev/null; done")
LOOKS = 6


def check_while_it_changes(tap: Tap, name: str, guest: Guest, sonde: Sonde,
                           holder: int) -> None:
    """What stays is in every list, as it is, and nothing fails."""
    # Connections that end do not stay.
    stay = {words: {line for line in sonde.run("--json", *words.split()).out.splitlines()
                    if '"inode":0,"network"' not in line}
            for words in (f"maps {holder}", f"files {holder}", "mounts", "net")}
    guest.run(f"({CHURN}) > /dev/null 2>&1 < /dev/null &")
    try:
        for words, lines in stay.items():
            results = [sonde.run("--json", *words.split()) for _ in range(LOOKS)]
            tap.check(f"{name}: {words} works while the guest changes what it looks at",
                      all(result.status == 0 for result in results), *results[:2])
            missing = [line for result in results
                       for line in lines - set(result.out.splitlines())]
            tap.check(f"{name}: {words} has what stays, {LOOKS} times", not missing,
                      *missing[:4])
    finally:
        guest.run("rm -rf /tmp/churn; umount /tmp/churn/m; rm -rf /tmp/churn; sleep 1; "
                  "killall nc")


def check_standing(tap: Tap, name: str, guest: Guest, sonde: Sonde, holder: int) -> None:
    """With --stop the guest stands while rows are read, and for how long is said."""
    for words in (f"maps {holder}", f"files {holder}", "mounts", "net", "net --interfaces"):
        before = len(guest.events("STOP"))
        result = sonde.run("--stop", "--json", *words.split())
        said = re.fullmatch(r'{"notice":"the guest stood still for [\d.]+ ms"}\n', result.err)
        tap.check(f"{name}: --stop {words} says for how long the guest stood",
                  result.status == 0 and said and len(guest.events("STOP")) > before, result)
        tap.equal(f"{name}: --stop {words} shows the same", sorted(result.out.splitlines()),
                  sorted(sonde.run("--json", *words.split()).out.splitlines()))


def check_what_is_not(tap: Tap, name: str, guest: Guest, sonde: Sonde) -> None:
    """Numbers that no process has, and those of kernel threads."""
    for command in ("maps", "files"):
        result = sonde.run(command, "4000000")
        tap.check(f"{name}: {command} of nobody says so",
                  result.status == 1 and "no task has the number 4000000" in result.err, result)
        result = sonde.run(command, "none")
        tap.check(f"{name}: {command} of no number is a wrong command line",
                  result.status == 2, result)
    result = sonde.run("maps", "2")
    tap.check(f"{name}: a kernel thread has no memory, and that is said",
              result.status == 1 and "kernel thread" in result.err, result)
    result = sonde.run("--json", "files", "2")
    tap.check(f"{name}: it has no open files", result.status == 0 and not result.out, result)


def check(tap: Tap, name: str, guest: Guest, sonde: Sonde, whole: bool) -> None:
    holder, inner = find_holders(guest)
    known = sockets(guest, holder)
    for pid in (holder, 1) if whole else (holder,):
        check_maps(tap, name, guest, sonde, pid)
        check_files(tap, name, guest, sonde, pid, known)
    check_mounts(tap, name, guest, sonde, None)
    check_mounts(tap, name, guest, sonde, inner)
    for pid in (holder, inner):
        check_net(tap, name, guest, sonde, pid)
        check_interfaces(tap, name, guest, sonde, pid)
    if whole:
        check_files(tap, name, guest, sonde, inner, sockets(guest, inner))
        check_all_networks(tap, name, guest, sonde, (holder, inner))
        check_standing(tap, name, guest, sonde, holder)
        check_while_it_changes(tap, name, guest, sonde, holder)
        check_what_is_not(tap, name, guest, sonde)
