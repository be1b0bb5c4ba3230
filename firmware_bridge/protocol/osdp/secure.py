"""Secure Channel: keys, proofs, MACs and encryption of one session, the same for both ends (OSDP 2.2, SIA, Annex D).

One AES-ECB context is kept for each key and the chaining is done here: a new CBC context for every packet costs about
fifteen times as much.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from firmware_bridge.protocol.osdp.frames import MAC_BYTES, Packet

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import CipherContext

SCBK_D = bytes(range(0x30, 0x40))
"""The key that everybody knows; for commissioning only."""

CHALLENGE = 0x11
CLIENT_PROOF = 0x12
SERVER_PROOF = 0x13
SESSION_BEGINS = 0x14
COMMAND_MAC = 0x15
REPLY_MAC = 0x16
COMMAND_SEALED = 0x17
REPLY_SEALED = 0x18
USING_DEFAULT_KEY = 0
USING_OWN_KEY = 1

_BLOCK = 16
_ALL_ONES = (1 << 128) - 1


def derive_scbk(master_key: bytes, client: bytes) -> bytes:
    """A reader's key made of a master key and the reader's 8-byte id. A random key for each reader is better."""
    return _ecb(master_key).update(client + bytes(byte ^ 0xFF for byte in client))


def _ecb(key: bytes) -> CipherContext:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - chaining is done by hand below


class SecureSession:
    """One session's keys and MAC chain; a panel and a reader each hold one.

    A panel seals commands and opens replies, a reader the other way round. Nothing moves when a check fails, so the
    same bytes may be sent or heard again.
    """

    def __init__(self, scbk: bytes, random_a: bytes, random_b: bytes) -> None:
        """Derive everything from the reader's key and both sides' eight random bytes."""
        root = _ecb(scbk)
        enc, mac1, mac2 = (root.update(bytes((1, kind)) + random_a[:6] + bytes(8)) for kind in (0x82, 0x01, 0x02))
        self.keys = (enc, mac1, mac2)
        self._enc = _ecb(enc)
        self._dec = Cipher(algorithms.AES(enc), modes.ECB()).decryptor()  # noqa: S305 - as in _ecb
        self._mac1 = _ecb(mac1)
        self._mac2 = _ecb(mac2)
        self.client_cryptogram = self._enc.update(random_a + random_b)
        self.server_cryptogram = self._enc.update(random_b + random_a)
        self.initial_mac = self._mac2.update(self._mac1.update(self.server_cryptogram))
        self._command_mac = bytes(_BLOCK)
        self._reply_mac = self.initial_mac

    def client_proved(self, cryptogram: bytes) -> bool:
        """Whether the reader has the key."""
        return compare_digest(cryptogram, self.client_cryptogram)

    def server_proved(self, cryptogram: bytes) -> bool:
        """Whether the panel has the key."""
        return compare_digest(cryptogram, self.server_cryptogram)

    def session_proved(self, mac: bytes) -> bool:
        """Whether both ends start the chain of MACs at the same place."""
        return compare_digest(mac, self.initial_mac)

    def seal(self, packet: Packet) -> Packet:
        """Encrypt the payload if there is one, add the MAC, and move the chain on."""
        last = self._command_mac if packet.reply else self._reply_mac
        kind = COMMAND_MAC + packet.reply + (2 if packet.data else 0)
        security = bytes((kind,))
        data = self._encrypt(packet.data, last) if packet.data else b""
        mac = self._mac(packet.head_with(security, data), last)
        self._remember(mac, reply=packet.reply)
        return _like(packet, data, security, mac[:MAC_BYTES])

    def open(self, packet: Packet) -> Packet | None:
        """Check and decrypt; ``None``, with nothing moved, unless the MAC is right. The result has no security block.

        A packet of the wrong type for its direction, or one of the handshake, is refused like a wrong MAC.
        """
        kind = packet.security[0] if packet.security else 0
        if kind not in (COMMAND_MAC + packet.reply, COMMAND_SEALED + packet.reply):
            return None
        last = self._command_mac if packet.reply else self._reply_mac
        mac = self._mac(packet.head(), last)
        if not compare_digest(mac[:MAC_BYTES], packet.mac):
            return None
        data = packet.data
        if kind >= COMMAND_SEALED and data:
            plain = self._decrypt(data, last)
            if plain is None:
                return None
            data = plain
        self._remember(mac, reply=packet.reply)
        return _like(packet, data)

    def _remember(self, mac: bytes, *, reply: bool) -> None:
        if reply:
            self._reply_mac = mac
        else:
            self._command_mac = mac

    def _mac(self, body: bytes, last: bytes) -> bytes:
        over = len(body) % _BLOCK
        if over:
            body += b"\x80" + bytes(_BLOCK - 1 - over)
        chain = int.from_bytes(last, "big")
        final = len(body) - _BLOCK
        for at in range(0, final, _BLOCK):
            block = int.from_bytes(body[at : at + _BLOCK], "big") ^ chain
            chain = int.from_bytes(self._mac1.update(block.to_bytes(_BLOCK, "big")), "big")
        return self._mac2.update((int.from_bytes(body[final:], "big") ^ chain).to_bytes(_BLOCK, "big"))

    def _encrypt(self, data: bytes, last: bytes) -> bytes:
        data += b"\x80" + bytes(-(len(data) + 1) % _BLOCK)
        chain = int.from_bytes(last, "big") ^ _ALL_ONES
        sealed = bytearray()
        for at in range(0, len(data), _BLOCK):
            block = int.from_bytes(data[at : at + _BLOCK], "big") ^ chain
            out = self._enc.update(block.to_bytes(_BLOCK, "big"))
            chain = int.from_bytes(out, "big")
            sealed += out
        return bytes(sealed)

    def _decrypt(self, data: bytes, last: bytes) -> bytes | None:
        if len(data) % _BLOCK:
            return None
        chain = int.from_bytes(last, "big") ^ _ALL_ONES
        plain = bytearray()
        for at in range(0, len(data), _BLOCK):
            block = data[at : at + _BLOCK]
            plain += (int.from_bytes(self._dec.update(block), "big") ^ chain).to_bytes(_BLOCK, "big")
            chain = int.from_bytes(block, "big")
        text, end, padding = bytes(plain).rpartition(b"\x80")
        return text if end and not any(padding) else None


def _like(packet: Packet, data: bytes, security: bytes = b"", mac: bytes = b"") -> Packet:
    """The same packet with other contents; twice for each question, where ``replace`` would cost five times as much."""
    return Packet(packet.address, packet.sequence, packet.code, data, packet.reply, security, mac, packet.crc)
