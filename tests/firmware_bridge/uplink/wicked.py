"""A service that misbehaves: a TCP server which answers with whatever bytes a test says, with TLS or without."""

from __future__ import annotations

import ctypes
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from firmware_bridge.config import ServiceSettings, service_at

Answer = Callable[["Visit"], None]
SO_ATTACH_FILTER = 26  # Linux; the socket module does not name it


@dataclass
class Visit:
    """One connection: what came and how to answer."""

    socket: socket.socket
    number: int
    stopping: threading.Event

    def request(self) -> bytes:
        """The next request; empty when the visitor has gone."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.socket.recv(65536)
            if not more:
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                while len(body) < int(line.split(b":")[1]):
                    body += self.socket.recv(65536)
        return head + b"\r\n\r\n" + body

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def drip(self, data: bytes, every_s: float) -> None:
        """A byte now and then."""
        for byte in data:
            self.send(bytes([byte]))
            if self.stopping.wait(every_s):
                return


@dataclass
class Wicked:
    """The server; ``heard`` is every byte that was said to it."""

    service: ServiceSettings
    stopping: threading.Event
    heard: list[bytes] = field(default_factory=list)
    visits: int = 0
    fingerprint: bytes = b""
    sockets: list[socket.socket] = field(default_factory=list)

    def fall_silent(self) -> None:
        """Make every connection of now half open: as if a firewall had forgotten them. New ones work."""
        for one in list(self.sockets):
            with suppress(OSError):
                swallow(one)


@contextmanager
def wicked(answer: Answer, *, tls: tuple[Path, bytes] | None = None, port: int = 0) -> Iterator[Wicked]:
    """Serve until the end of the test; ``tls`` is a file with key and certificate, and its fingerprint."""
    listener = socket.create_server(("127.0.0.1", port))
    port = listener.getsockname()[1]
    scheme = "http" if tls is None else "https"
    server = Wicked(service_at(f"{scheme}://127.0.0.1:{port}"), threading.Event())
    context = None
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls[0])
        server.fingerprint = tls[1]
    threads: list[threading.Thread] = []
    sockets = server.sockets

    def serve(plain: socket.socket, number: int) -> None:
        with suppress(OSError), plain:
            plain.settimeout(30)
            if context is None:
                answer(Visit(plain, number, server.stopping))
                return
            with context.wrap_socket(plain, server_side=True) as secure:
                sockets.append(secure)
                answer(Visit(secure, number, server.stopping))

    def accepting() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            server.visits += 1
            sockets.append(plain)
            thread = threading.Thread(target=serve, args=(plain, server.visits), daemon=True)
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accepting, daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        server.stopping.set()
        _hang_up([listener, *sockets])
        listener.close()
        for thread in (acceptor, *threads):
            thread.join(10)


def swallow(one: socket.socket) -> None:
    """Have the kernel lose whatever comes for this socket, unseen and unacknowledged: a filter that passes no byte."""
    nothing = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # BPF: return 0
    one.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(nothing)))


def _hang_up(sockets: Iterable[socket.socket]) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def certificate(folder: Path, name: str = "service") -> tuple[Path, bytes]:
    """A key with a certificate for nobody, long out of date; the file and the key's fingerprint."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nobody.invalid")])
    then = datetime(2001, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(then)
        .not_valid_after(then + timedelta(days=1))
        .sign(key, SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    )
    info = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return path, sha256(info).digest()


def reply(body: bytes, status: int = 200, *headers: bytes) -> bytes:
    """An HTTP answer."""
    head = [b"HTTP/1.1 %d X" % status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(head) + b"\r\n\r\n" + body
