"""A certificate of the school's own for https in its network: a local authority, and under it the service.

Bridges do not look at names and dates but at the hash of the service's key, which the key statement holds. So the key
stays the same when the certificate is renewed.
"""

from __future__ import annotations

import hashlib
import ipaddress
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from access_control.config import Config
from access_control.web.secret_files import private_folder, write_private

FOLDER: Final = "tls"
AUTHORITY_DAYS: Final = 3650
SERVICE_DAYS: Final = 397  # browsers refuse longer ones
RENEW: Final = timedelta(days=30)


class TlsError(Exception):
    """There is no certificate that can be used; the text says what to do."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where the files are.

    Attributes:
        authority: The certificate to install on the school's computers; public.
        certificate: The service's, with the authority's behind it.
    """

    folder: Path

    @property
    def authority(self) -> Path:
        """The authority's certificate."""
        return self.folder / "school-authority.pem"

    @property
    def authority_key(self) -> Path:
        """Its key."""
        return self.folder / "school-authority.key"

    @property
    def certificate(self) -> Path:
        """The service's certificate."""
        return self.folder / "service.pem"

    @property
    def key(self) -> Path:
        """Its key."""
        return self.folder / "service.key"

    @property
    def next_key(self) -> Path:
        """The key that follows, if one was made."""
        return self.folder / "service-next.key"


def tls_files(state_dir: Path) -> TlsFiles:
    """Those of a state folder."""
    return TlsFiles(state_dir / FOLDER)


def make(state_dir: Path, names: list[str], at: datetime) -> TlsFiles:
    """Make what is missing, and a new certificate for these names with the key that is there.

    Args:
        state_dir: The service's state folder.
        names: Host names and addresses that people type.
        at: Now.

    Raises:
        OSError: The folder cannot be written.
    """
    files = tls_files(state_dir)
    private_folder(files.folder)
    authority_key = _key(files.authority_key)
    authority = _authority(files, authority_key, at)
    certificate = _service(_key(files.key), names, authority, authority_key, at)
    chain = certificate.public_bytes(_PEM) + authority.public_bytes(_PEM)
    write_private(files.certificate, chain, replace=True)
    return files


def make_next_key(state_dir: Path) -> bytes:
    """Make the key that follows, to be told to bridges before it is used; its hash."""
    files = tls_files(state_dir)
    private_folder(files.folder)
    return key_hash(_key(files.next_key))


def use_next_key(state_dir: Path, names: list[str], at: datetime) -> TlsFiles:
    """Serve with the key that follows from now on.

    Raises:
        TlsError: There is none.
    """
    files = tls_files(state_dir)
    if not files.next_key.exists():
        raise TlsError("There is no next key. Make one with 'access-control tls next', and wait until bridges know it.")
    files.next_key.replace(files.key)
    return make(state_dir, names, at)


def key_hashes(state_dir: Path) -> tuple[bytes | None, bytes | None]:
    """SHA-256 of the public keys in use and next, as the key statement names them; ``None`` for one not there."""
    files = tls_files(state_dir)
    return (
        key_hash(_key(files.key)) if files.key.exists() else None,
        key_hash(_key(files.next_key)) if files.next_key.exists() else None,
    )


def key_hash(key: ec.EllipticCurvePrivateKey) -> bytes:
    """SHA-256 of a key's SubjectPublicKeyInfo."""
    info = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(info).digest()


def names_of(config: Config) -> list[str]:
    """The names that people and bridges reach the service by, the most public first."""
    public = urlsplit(config.public_url).hostname or "localhost"
    host = config.listen_host.strip("[]")
    listened = [] if host in _ANYWHERE else [host]
    return list(dict.fromkeys([public, *listened, socket.gethostname(), "localhost", "127.0.0.1"]))


def usable(state_dir: Path, names: list[str], at: datetime) -> TlsFiles:
    """The files to serve with; renewed when the certificate ends within 30 days or lacks a name.

    Raises:
        TlsError: They were never made, or cannot be read.
    """
    files = tls_files(state_dir)
    if not files.certificate.exists() or not files.key.exists():
        raise TlsError(
            f"There is no certificate in {files.folder}. Make one with 'access-control tls make', or put your own "
            f"there as {files.certificate.name} and {files.key.name}."
        )
    try:
        certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    except ValueError as error:
        raise TlsError(f"{files.certificate} is not a certificate.") from error
    ours = files.authority_key.exists() and files.authority.exists()
    if ours and (certificate.not_valid_after_utc - at < RENEW or not set(names) <= _names_of(certificate)):
        return make(state_dir, sorted({*names, *_names_of(certificate)}), at)
    if certificate.not_valid_after_utc <= at:
        raise TlsError(f"The certificate {files.certificate} ended. Put a new one there.")
    return files


_ANYWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - names of the wildcard, to leave them out
_PEM: Final = serialization.Encoding.PEM


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The key in a file, made if there is none."""
    if not path.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        text = made.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        write_private(path, text)
        return made
    found = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(found, ec.EllipticCurvePrivateKey):
        raise TlsError(f"{path} is not a key on an elliptic curve, which is what this program serves with.")
    return found


def _authority(files: TlsFiles, key: ec.EllipticCurvePrivateKey, at: datetime) -> x509.Certificate:
    if files.authority.exists():
        return x509.load_pem_x509_certificate(files.authority.read_bytes())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "School access control, local authority")])
    made = (
        _builder(name, name, key, at, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_private(files.authority, made.public_bytes(_PEM))
    return made


def _service(
    key: ec.EllipticCurvePrivateKey,
    names: list[str],
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    at: datetime,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    return (
        _builder(subject, authority.subject, key, at, SERVICE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, at: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return x509.DNSName(name)


def _names_of(certificate: x509.Certificate) -> set[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))}
