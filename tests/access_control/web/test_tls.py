"""The school's own certificate: the key stays, so that bridges go on trusting it."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from access_control.config import Config
from access_control.web.tls import TlsError, key_hashes, make, make_next_key, names_of, tls_files, usable, use_next_key

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NAMES = ["doors.school.example", "127.0.0.1"]


def test_a_browser_that_trusts_the_authority_trusts_the_service(tmp_path: Path) -> None:
    files = make(tmp_path, NAMES, AT)
    chain = x509.load_pem_x509_certificates(files.certificate.read_bytes())
    store = Store([x509.load_pem_x509_certificate(files.authority.read_bytes())])
    verifier = PolicyBuilder().store(store).time(AT).build_server_verifier(x509.DNSName(NAMES[0]))
    verifier.verify(chain[0], chain[1:])


def test_keys_are_private(tmp_path: Path) -> None:
    files = make(tmp_path, NAMES, AT)
    for path in (files.key, files.authority_key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700


def test_a_renewal_keeps_the_key(tmp_path: Path) -> None:
    files = make(tmp_path, NAMES, AT)
    before, first = key_hashes(tmp_path), files.certificate.read_bytes()
    assert usable(tmp_path, NAMES, AT).certificate.read_bytes() == first
    assert usable(tmp_path, NAMES, AT + timedelta(days=380)).certificate.read_bytes() != first
    assert key_hashes(tmp_path) == before


def test_a_new_name_makes_a_new_certificate(tmp_path: Path) -> None:
    files = make(tmp_path, NAMES, AT)
    usable(tmp_path, ["other.example"], AT)
    names = x509.load_pem_x509_certificate(files.certificate.read_bytes()).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert set(names.value.get_values_for_type(x509.DNSName)) == {"other.example", "doors.school.example"}


def test_the_next_key_is_known_before_it_is_used(tmp_path: Path) -> None:
    make(tmp_path, NAMES, AT)
    following = make_next_key(tmp_path)
    current, told = key_hashes(tmp_path)
    assert told == following != current
    use_next_key(tmp_path, NAMES, AT)
    assert key_hashes(tmp_path) == (following, None)
    with pytest.raises(TlsError, match="no next key"):
        use_next_key(tmp_path, NAMES, AT)


def test_without_one_it_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(TlsError, match="access-control tls make"):
        usable(tmp_path, NAMES, AT)


def test_one_of_somebody_else_is_taken_as_it_is(tmp_path: Path) -> None:
    make(tmp_path, NAMES, AT)
    files = tls_files(tmp_path)
    files.authority_key.unlink()
    given = files.certificate.read_bytes()
    assert usable(tmp_path, ["other.example"], AT).certificate.read_bytes() == given
    with pytest.raises(TlsError, match="ended"):
        usable(tmp_path, NAMES, AT + timedelta(days=400))


def test_the_public_name_comes_first(tmp_path: Path) -> None:
    config = Config(
        state_dir=tmp_path, database_url="", listen_host="0.0.0.0", public_url="https://doors.example:8443", tls=True
    )
    names = names_of(config)
    assert names[0] == "doors.example"
    assert "0.0.0.0" not in names
    assert "127.0.0.1" in names
