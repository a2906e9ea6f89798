"""TLS: trusted by ca.pem alone, client certificates on /enti, old suites, and a stranger's certificate."""

from __future__ import annotations

import re
import socket
import stat
import subprocess
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from sistemats.codes import Call, endpoint_path
from sistemats.connection import connect
from sistemats.envelopes import WireOwner, build_request
from sistemats.exchange import Accepted, Unavailable
from sistemats.replies import DocumentReply, Fault, OutcomeReply, PointQueryReply
from sistemats.settings import Secrets, simulator_settings

from .cast import FIVE, PSYCHOLOGIST, World
from .conftest import Start


@pytest.fixture
def secure(start: Start) -> World:
    return start(tls=True)


def test_client_that_trusts_the_folders_authority_gets_in(secure: World) -> None:
    assert secure.simulator.base.startswith("https://127.0.0.1:")
    desk = secure.desk()
    assert isinstance(desk.client().insert(desk.document()), Accepted)


def test_client_that_does_not_is_told_before_anything_is_sent(secure: World) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(secure.simulator.base + "/healthz", timeout=60)
    good = requests.get(
        secure.simulator.base.replace("127.0.0.1", "localhost") + "/healthz",
        timeout=60,
        verify=str(secure.simulator.directory.folder / "ca.pem"),
    )
    assert good.status_code == 200


def test_openssl_verifies_the_chain_by_name_and_by_number(secure: World) -> None:
    folder, address = secure.simulator.directory.folder, urlsplit(secure.simulator.base).netloc
    command = ["openssl", "s_client", "-connect", address, "-CAfile", str(folder / "ca.pem"), "-verify_return_error"]
    for check in (["-verify_ip", "127.0.0.1"], ["-verify_hostname", "localhost"]):
        done = subprocess.run([*command, *check], input=b"", capture_output=True, timeout=120, check=False)
        assert b"Verify return code: 0 (ok)" in done.stdout, done.stderr


def test_region_comes_in_by_its_client_certificate(secure: World) -> None:
    region, structure = secure.desk("REG999ZZ"), secure.desk("UXN6VMDD")
    request = replace(
        structure.sealing.insert(structure.document()),
        owner=WireOwner("020", "101", "888888"),
        pin=region.sealing.pin(),
        options=("999000", None, None),
    )
    reply = region.send(request)
    assert isinstance(reply, DocumentReply)
    assert reply.outcome == "0"
    assert secure.admin.last_call()["user"] == "REG999ZZ"


def test_folder_over_tls_holds_the_regions_certificate_and_its_key_for_the_owner_only(
    secure: World, tmp_path: Path
) -> None:
    folder = secure.simulator.directory.folder
    more = {path.name for path in folder.iterdir()} - FIVE
    assert more == {"client-REG999ZZ.pem", "client-REG999ZZ.key"}
    assert stat.S_IMODE((folder / "client-REG999ZZ.key").stat().st_mode) == 0o600
    values = secure.desk("REG999ZZ").values
    assert values["client_certificate"] == (folder / values["client_certificate_file"]).read_text()
    assert values["client_key"] == (folder / values["client_key_file"]).read_text()
    command = ["openssl", "verify", "-purpose", "sslclient", "-CAfile", str(folder / "ca.pem")]
    done = subprocess.run(
        [*command, str(folder / "client-REG999ZZ.pem")], capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr


def test_region_with_a_name_that_is_no_file_name_stays_in_the_folder(secure: World) -> None:
    folder = secure.simulator.directory.folder
    before = {path.name for path in folder.parent.iterdir()}
    region = {"user": "../REGIONE B/1", "role": "entity", "pin": "1112223334", "label": "Regione B"}
    secure.admin.post("/users", region)
    assert {path.name for path in folder.parent.iterdir()} == before
    values = secure.desk("../REGIONE B/1").values
    assert re.fullmatch(r"client-[0-9a-f]{16}\.key", values["client_key_file"])
    reply = secure.desk("../REGIONE B/1").send(secure.desk("../REGIONE B/1").sealing.outcome("1"))
    assert isinstance(reply, OutcomeReply)


def test_settings_of_a_region_bring_its_certificate_and_no_password(secure: World) -> None:
    folder, nobody = secure.simulator.directory.folder, Secrets({}, interactive=False)
    settings = simulator_settings(folder, "Regione di prova (inventata)")
    assert settings.tls.client_certificate == (folder / "client-REG999ZZ.pem", folder / "client-REG999ZZ.key")
    assert settings.credentials(nobody) is None
    document = secure.desk("UXN6VMDD").document()
    with connect(settings, nobody, now=secure.simulator.clock.now) as client:
        assert isinstance(client.insert(document), Accepted)
        held = client.query(document.id)
        assert isinstance(held, PointQueryReply)
        assert held.document is not None
    call = secure.admin.last_call()
    assert (call["user"], call["channel"], call["outcome"]) == ("REG999ZZ", "enti", "done")


def test_settings_of_everybody_else_bring_a_password_and_no_certificate(secure: World) -> None:
    settings = simulator_settings(secure.simulator.directory.folder, PSYCHOLOGIST)
    assert settings.tls.client_certificate is None
    assert settings.credentials(Secrets({}, interactive=False)) is not None


def test_settings_of_a_region_bring_a_password_where_there_is_no_tls(world: World) -> None:
    settings = simulator_settings(world.simulator.directory.folder, "REG999ZZ")
    with connect(settings, Secrets({}, interactive=False), now=world.simulator.clock.now) as client:
        assert isinstance(client.insert(world.desk("UXN6VMDD").document()), Accepted)


def test_region_without_its_certificate_stays_out_whatever_its_password(secure: World) -> None:
    region = secure.desk("REG999ZZ")
    body = build_request(region.sealing.outcome("1")).body
    answer = region.post(
        "/enti" + endpoint_path(Call.OUTCOME), body, verify=str(secure.simulator.directory.folder / "ca.pem")
    )
    assert (answer.status_code, b"autenticazione" in answer.content) == (500, True)


def test_client_certificate_of_a_stranger_fails_the_handshake(secure: World, tmp_path: Path) -> None:
    pair = [str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")]
    subject = ["-days", "2", "-subj", "/CN=REG999ZZ"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", pair[0], "-out", pair[1], *subject],
        check=True,
        capture_output=True,
        timeout=120,
    )
    with pytest.raises(requests.exceptions.RequestException):
        requests.post(
            secure.simulator.base + "/enti" + endpoint_path(Call.OUTCOME),
            data=b"x",
            cert=(pair[1], pair[0]),
            verify=str(secure.simulator.directory.folder / "ca.pem"),
            timeout=60,
        )
    assert secure.admin.get("/journal")["entries"] == []


def test_basic_works_beside_a_client_certificate_on_the_other_channels(secure: World) -> None:
    desk = secure.desk()
    reply = desk.send(desk.sealing.query(desk.document().id))
    assert isinstance(reply, PointQueryReply)


def test_old_suites_are_reached_by_our_client_and_not_by_a_modern_default(start: Start) -> None:
    world = start(tls=True, old_tls=True)
    desk = world.desk()
    assert isinstance(desk.client().insert(desk.document()), Accepted)
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(
            world.simulator.base + "/healthz", verify=str(world.simulator.directory.folder / "ca.pem"), timeout=5
        )


def test_untrusted_certificate_on_demand_is_certain_not_to_have_arrived(secure: World) -> None:
    desk = secure.desk()
    secure.admin.fail("untrusted_tls", calls=[1])
    outcome = desk.client().insert(desk.document())
    assert isinstance(outcome, Unavailable)
    assert outcome.untrusted
    assert secure.admin.documents() == []
    assert isinstance(desk.client().insert(desk.document()), Accepted)


def test_plain_words_and_silence_on_the_tls_port_harm_nobody(secure: World) -> None:
    parts = urlsplit(secure.simulator.base)
    silent = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as rude:
        rude.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"HTTP/1.1 200" not in rude.recv(1_000)
    desk = secure.desk()
    assert not isinstance(desk.send(desk.sealing.query(desk.document().id)), Fault)
    silent.close()


def test_no_version_before_tls_1_2(secure: World) -> None:
    address = urlsplit(secure.simulator.base).netloc
    command = ["openssl", "s_client", "-connect", address, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]
    done = subprocess.run(command, input=b"", capture_output=True, timeout=120, check=False)
    assert b"Cipher is (NONE)" in done.stdout
