# SPDX-License-Identifier: LGPL-2.1-or-later
"""Servers on a local port that are no stub, or not one for long."""

import socket
import threading
import time
from collections.abc import Callable

Behaviour = Callable[[socket.socket], None]

_LONG = 60      # seconds; longer than any client waits
_PACKETS = {b"qSupported": b"PacketSize=1000;qXfer:features:read+", b"?": b"T05thread:01;"}


class Server:
    """Listens until the end of its block; each client gets a thread with BEHAVIOUR."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.clients = 0
        self.target = f"gdb:127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "Server":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # close() alone does not wake who is in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            self.clients += 1
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                self._behaviour(client)
            except OSError:
                pass


def drain(client: socket.socket) -> None:
    """Read until the client leaves."""
    client.settimeout(_LONG)
    while client.recv(4096):
        pass


def silent(client: socket.socket) -> None:
    drain(client)


def closes_at_once(_client: socket.socket) -> None:
    pass


def banner(client: socket.socket) -> None:
    client.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
    drain(client)


def http(client: socket.socket) -> None:
    client.recv(4096)
    client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
                   b"Connection: close\r\n\r\n400 Bad Request")


def chatters(client: socket.socket) -> None:
    """Never stops to send what is no packet."""
    client.settimeout(_LONG)
    deadline = time.monotonic() + _LONG
    while time.monotonic() < deadline:
        client.sendall(b"lorem ipsum dolor sit amet " * 100)
        time.sleep(0.01)


def accepts_everything(client: socket.socket) -> None:
    """Acknowledges, and never answers."""
    client.settimeout(_LONG)
    while client.recv(4096):
        client.sendall(b"+")


def rejects_everything(client: socket.socket) -> None:
    client.settimeout(_LONG)
    while client.recv(4096):
        client.sendall(b"-")


def packet(payload: bytes) -> bytes:
    return b"$%b#%02x" % (payload, sum(payload) % 256)


def wrong_checksums(client: socket.socket) -> None:
    client.settimeout(_LONG)
    while client.recv(4096):
        client.sendall(b"+$OK#00")


def stub(last: Callable[[socket.socket, bytes], bool]) -> Behaviour:
    """A stub that answers what it knows until LAST(client, payload) says that it is over."""
    def behave(client: socket.socket) -> None:
        client.settimeout(_LONG)
        received = b""
        while True:
            start, end = received.find(b"$"), received.find(b"#")
            if start < 0 or len(received) < end + 3 or end < 0:
                chunk = client.recv(4096)
                if not chunk:
                    return
                received += chunk
                continue
            payload, received = received[start + 1:end], received[end + 3:]
            client.sendall(b"+")
            if last(client, payload):
                return
            known = [reply for name, reply in _PACKETS.items() if payload.startswith(name)]
            client.sendall(packet(known[0] if known else b""))
    return behave


def dies_in(name: bytes) -> Behaviour:
    """A stub that sends half a reply to the packet NAME and is gone."""
    def last(client: socket.socket, payload: bytes) -> bool:
        if payload.startswith(name):
            client.sendall(b"$T05thr")
            return True
        return False
    return stub(last)


def falls_silent_at(name: bytes) -> Behaviour:
    def last(client: socket.socket, payload: bytes) -> bool:
        if payload.startswith(name):
            client.sendall(b"$T05thr")
            drain(client)
            return True
        return False
    return stub(last)


NO_STUBS: dict[str, Behaviour] = {
    "a port that says nothing": silent,
    "a port that closes at once": closes_at_once,
    "a port with a banner": banner,
    "a web server": http,
    "a port that chatters without end": chatters,
    "a port that acknowledges everything": accepts_everything,
    "a port that rejects everything": rejects_everything,
    "a stub with wrong checksums": wrong_checksums,
    "a stub that dies in its first reply": dies_in(b"qSupported"),
    "a stub that dies in its stop reply": dies_in(b"?"),
    "a stub that falls silent in its first reply": falls_silent_at(b"qSupported"),
    "a stub that falls silent in its stop reply": falls_silent_at(b"?"),
}
