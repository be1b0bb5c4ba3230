"""Opens a connection to the service and sees whose key is at the other end before a single byte is said.

The service's certificate may be anybody's and out of date: what counts is that its public key is one that the school's
key statement names, and the handshake proves that the other end holds it.
"""

from __future__ import annotations

import hmac
import socket
import ssl
import sys
from collections.abc import Collection
from hashlib import sha256
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from access_control.core.wire.keys import KeyStatement
from firmware_bridge.config import ServiceSettings
from firmware_bridge.uplink.errors import NonsenseError, UnreachableError, WrongKeyError

CONNECT_S: Final = 5.0
UNHEARD_S: Final = 4.0  # a connection over which nothing is acknowledged for so long is dead
PROBED_FROM_S: Final = 2  # of rest; from then on the system asks each second whether the other end is there
ANY_KEY: Final = None
"""Instead of pins: only to find out who is there, before anything secret is said (see ``enrolling``)."""

Pins = Collection[bytes] | None


def pins_of(statement: KeyStatement | None) -> frozenset[bytes]:
    """The keys that the service may show."""
    if statement is None:
        return frozenset()
    return frozenset(pin for pin in (statement.tls_current, statement.tls_next) if pin is not None)


def fingerprint(certificate: bytes) -> bytes:
    """SHA-256 of the public key (SubjectPublicKeyInfo) in a DER certificate.

    Raises:
        ValueError: It is no certificate.
    """
    key = x509.load_der_x509_certificate(certificate).public_key()
    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def connect(service: ServiceSettings, pins: Pins, timeout_s: float = CONNECT_S) -> tuple[socket.socket, bytes | None]:
    """Open a connection; the socket, and the fingerprint of the key that was shown (``None`` without TLS).

    Args:
        service: Where to.
        pins: The fingerprints that are taken, or :data:`ANY_KEY`.
        timeout_s: For connecting, and again for the handshake.

    Raises:
        UnreachableError: Nobody answers there.
        WrongKeyError: Somebody else does.
        NonsenseError: What answers speaks no TLS.
    """
    try:
        plain = socket.create_connection((service.host, service.port), timeout_s)
    except (OSError, UnicodeError) as error:
        raise UnreachableError(f"Nobody answers at {service.url} ({_words(error)}).") from error
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _end_when_unheard(plain)
        if not service.tls:
            _require_loopback(plain, service)
            return plain, None
        return _encrypted(plain, service, pins, timeout_s)
    except BaseException:
        plain.close()
        raise


def _end_when_unheard(plain: socket.socket) -> None:
    """Have the system end the connection once nothing is acknowledged any more, whether it is used or rests.

    A firewall that loses its state tells nobody; TCP alone would try for a quarter of an hour, and notice nothing on a
    connection that only listens. The other end's system acknowledges, so a service that is slow stays connected, unless
    it leaves what it is sent unread for so long. Only Linux has both options; elsewhere a dead connection ends by the
    time limit of each question and by the silence of the stream.
    """
    if sys.platform == "linux":
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNHEARD_S * 1000))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, PROBED_FROM_S)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _encrypted(
    plain: socket.socket, service: ServiceSettings, pins: Pins, timeout_s: float
) -> tuple[socket.socket, bytes]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False  # names and dates say nothing here; the key does, below
    context.verify_mode = ssl.CERT_NONE
    plain.settimeout(timeout_s)
    try:
        secure = context.wrap_socket(plain, server_hostname=service.host)
    except ssl.SSLError as error:
        raise NonsenseError(f"What answers at {service.url} speaks no TLS ({error.reason or error}).") from error
    except OSError as error:
        raise UnreachableError(f"{service.url} does not finish the greeting ({_words(error)}).") from error
    try:
        shown = fingerprint(secure.getpeercert(binary_form=True) or b"")
        _require_pinned(shown, pins, service)
    except ValueError as error:
        secure.close()
        raise NonsenseError(f"{service.url} shows a certificate that cannot be read.") from error
    except BaseException:
        secure.close()
        raise
    return secure, shown


def _require_pinned(shown: bytes, pins: Pins, service: ServiceSettings) -> None:
    if pins is not ANY_KEY and not any(hmac.compare_digest(shown, pin) for pin in pins):
        raise WrongKeyError(
            f"{service.url} shows the key {shown.hex()[:16]}..., which the school's key statement does not name. "
            "Nothing was said to it. Look whether that is your service.",
            shown,
        )


def _require_loopback(plain: socket.socket, service: ServiceSettings) -> None:
    peer = str(plain.getpeername()[0])
    if not ip_address(peer.partition("%")[0]).is_loopback:
        raise UnreachableError(f"{service.url} is not encrypted and leads to {peer}, another machine; use https://.")


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
