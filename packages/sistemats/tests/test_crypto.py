"""Encryption, checked by the openssl command and not by the library that did it."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sistemats.certificates import CertificateStore, default_store
from sistemats.crypto import Certificate, Opener, Sealer, choose_certificate, looks_sealed
from sistemats.dated import key_is_known, known_certificates
from sistemats.errors import CertificateError, NotOpenable, NotSealable
from sistemats.rules import check_certificate

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("the openssl command is not here")
    return subprocess.run([program, *arguments], input=given, capture_output=True, check=True, timeout=120).stdout


def test_seal_opens_with_the_openssl_command(keys: Any, sealer: Sealer, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(keys.private_pem)
    for text in ("RSSMRA80A01H501U", "3489543096", "x" * 117):
        sealed = sealer.seal(text)
        assert re.fullmatch(r"[A-Za-z0-9+/]{171}=", sealed)
        plain = openssl(
            "pkeyutl",
            "-decrypt",
            "-inkey",
            str(key),
            "-pkeyopt",
            "rsa_padding_mode:pkcs1",
            given=base64.b64decode(sealed),
        )
        assert plain.decode() == text


def test_open_reads_what_the_openssl_command_sealed(keys: Any, opener: Opener, tmp_path: Path) -> None:
    path = tmp_path / "certificate.pem"
    path.write_bytes(keys.pem)
    block = openssl("pkeyutl", "-encrypt", "-certin", "-inkey", str(path), given=b"RSSMRA80A01H501U")
    assert opener.open(base64.b64encode(block).decode()) == "RSSMRA80A01H501U"


def test_seal_never_seals_twice_alike(sealer: Sealer) -> None:
    assert len({sealer.seal("RSSMRA80A01H501U") for _ in range(20)}) == 20


@pytest.mark.parametrize("text", ["", "x" * 118, "città"])
def test_seal_refuses_what_cannot_be_sealed_and_does_not_quote_it(sealer: Sealer, text: str) -> None:
    with pytest.raises(NotSealable) as refused:
        sealer.seal(text)
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize("sealed", ["", "x", "QUJD", "A" * 171 + "\n=", "è" * 172])
def test_open_refuses_what_is_not_one_block(opener: Opener, sealed: str) -> None:
    with pytest.raises(NotOpenable):
        opener.open(sealed)


def test_load_reads_pem_and_der_alike(keys: Any) -> None:
    pem, der = Certificate.load(keys.pem), Certificate.load(keys.der)
    assert pem == der
    assert pem.same_key(der)


@pytest.mark.parametrize("data", [b"", b"x", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_load_refuses_what_is_no_certificate(data: bytes) -> None:
    with pytest.raises(CertificateError):
        Certificate.load(data)


def test_choose_certificate_prefers_the_valid_one_that_lasts_longest(new_keys: Callable[..., Any]) -> None:
    old = Certificate.load(new_keys(begins=NOW - timedelta(days=400), days=390).pem)
    current = Certificate.load(new_keys(begins=NOW - timedelta(days=300), days=320).pem)
    renewed = Certificate.load(new_keys(begins=NOW - timedelta(days=2), days=1000).pem)
    future = Certificate.load(new_keys(begins=NOW + timedelta(days=2), days=2000).pem)
    assert choose_certificate([old, renewed, current, future], NOW) is renewed
    assert choose_certificate([old, current, future], NOW) is current
    assert choose_certificate([old, future], NOW) is old  # expired, and still the best there is
    with pytest.raises(CertificateError):
        choose_certificate([], NOW)


def test_check_certificate_warns_before_and_after_the_end(new_keys: Callable[..., Any]) -> None:
    keys = new_keys(begins=NOW - timedelta(days=10), days=100)
    certificate = Certificate.load(keys.pem)

    def codes(at: datetime, production: bool = False) -> list[str]:
        return [finding.code for finding in check_certificate(certificate, at, production)]

    assert codes(NOW) == []
    assert codes(NOW + timedelta(days=31)) == ["certificate-ends-soon"]
    assert codes(NOW + timedelta(days=91)) == ["certificate-ended"]
    assert codes(NOW - timedelta(days=11)) == ["certificate-not-begun"]
    assert codes(NOW, production=True) == ["certificate-unknown-key"]


def test_known_certificates_are_those_of_the_official_files(official: Path) -> None:
    files = sorted((official / "sanitelcf-history").glob("*.cer"))
    found = [Certificate.load(path.read_bytes()) for path in files]
    facts = known_certificates()
    assert [(c.serial, c.valid_from, c.valid_to, c.key_sha256) for c in found] == [
        (f.serial, f.valid_from, f.valid_to, f.key_sha256) for f in facts
    ]
    assert all(key_is_known(certificate) for certificate in found)
    assert choose_certificate(found, NOW).serial == "641F19FDC36E2533"


def test_store_keeps_certificates_by_serial(keys: Any, tmp_path: Path) -> None:
    store = CertificateStore(tmp_path / "new" / "folder")
    assert store.all() == []
    added = store.add(keys.der)
    store.add(keys.pem)
    (store.folder / "other.pem").write_text("not a certificate")
    assert store.all() == [added]


def test_default_store_follows_the_environment(tmp_path: Path) -> None:
    assert default_store({"SISTEMATS_HOME": str(tmp_path)}) == tmp_path / "certificates"
    assert default_store({"XDG_CONFIG_HOME": str(tmp_path)}) == tmp_path / "sistemats" / "certificates"


def test_looks_sealed_tells_ciphertexts_from_codes(sealer: Sealer) -> None:
    assert looks_sealed(sealer.seal("RSSMRA80A01H501U"))
    assert not looks_sealed("RSSMRA80A01H501U")
    assert not looks_sealed("ò" * 172)
