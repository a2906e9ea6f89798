"""Hostile and broken input: a fault of the right kind, the door stays open, memory stays flat."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import random
import socket
import struct
import threading
import time
import zipfile
import zlib
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sistemats.codes import Call, Channel, endpoint_path
from sistemats.envelopes import build_request
from sistemats.replies import Fault, OutcomeReply, UploadReply, parse_reply
from sistemats.simulator import server

from .cast import Desk, World
from .conftest import Start

INTERNAL = b"<faultcode>env:Client</faultcode><faultstring>Internal Error</faultstring>"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def alive(world: World) -> bool:
    desk = world.desk()
    return isinstance(desk.send(desk.sealing.outcome("1")), OutcomeReply)


def envelope(inner: bytes) -> bytes:
    return b'<e:Envelope xmlns:e="%s"><e:Body>%s</e:Body></e:Envelope>' % (SOAP.encode(), inner)


ENTITIES = (
    b"<!DOCTYPE l [<!ENTITY a '"
    + b"A" * 1000
    + b"'>"
    + b"".join(b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
)
HOSTILE = {
    "nothing": b"",
    "text": b"hello",
    "html": b"<html><body>x</body></html>",
    "unclosed": b"<a><b>",
    "two roots": b"<a/><b/>",
    "nul": b"\x00" * 5000,
    "bad utf-8": b"<?xml version='1.0' encoding='utf-8'?><a>\xff\xfe\xfa</a>",
    "unknown encoding": b"<?xml version='1.0' encoding='klingon'?><a/>",
    "billion laughs": ENTITIES + b"]><l>&j;</l>",
    "external entity": b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + envelope(b"<a>&x;</a>"),
    "external dtd": b"<!DOCTYPE a SYSTEM 'http://127.0.0.1:1/x.dtd'>" + envelope(b"<a/>"),
    "parameter entity": b"<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://127.0.0.1:1/x'> %x;]>" + envelope(b"<a/>"),
    "utf-16 doctype": ("<!DOCTYPE a [<!ENTITY b 'c'>]>" + envelope(b"<a>&b;</a>").decode()).encode("utf-16"),
    "deep": b"<a>" * 100_000 + b"</a>" * 100_000,
    "wide": envelope(b"<a/>" * 200_000),
    "many attributes": b"<a " + b" ".join(b'a%d="1"' % n for n in range(50_000)) + b"/>",
    "huge text": envelope(b"<a>" + b"x" * 11_000_000 + b"</a>"),
    "soap 1.2": b'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body/></e:Envelope>',
    "empty body": envelope(b""),
    "two bodies": envelope(b"<a/><b/>"),
    "no service": envelope(b'<a xmlns="urn:nobody"/>'),
    "gzip": gzip.compress(envelope(b"<a/>")),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
@pytest.mark.parametrize("call", [Call.INSERT, Call.UPLOAD])
def test_hostile_body_is_an_internal_error_fault(world: World, name: str, call: Call) -> None:
    desk = world.desk()
    answer = desk.post(endpoint_path(call), HOSTILE[name])
    assert answer.status_code == 500
    assert INTERNAL in answer.content
    assert alive(world)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/related", b"--x\r\n\r\nhello\r\n--x--"),
        ('multipart/related; boundary=""', b"x"),
        ('multipart/related; boundary="x"', b""),
        ('multipart/related; boundary="x"', b"--x\r\nno blank line"),
        ('multipart/related; boundary="x"', b"--x\r\n\r\n\r\n" * 10_000),
        ('multipart/related; boundary="x"; start="<no>"', b"--x\r\n\r\n<a/>\r\n--x--"),
        ('multipart/related; boundary="' + "b" * 60_000 + '"', b"--x"),
        ("multipart/related; boundary=(.*)+$", b"--" + b"a" * 100_000),
        ('text/xml; charset="\x01"', b"<a/>"),
    ],
)
def test_hostile_package_is_an_internal_error_fault(world: World, content_type: str, body: bytes) -> None:
    answer = world.desk().post(endpoint_path(Call.UPLOAD), body, content_type)
    assert answer.status_code == 500
    assert INTERNAL in answer.content
    assert alive(world)


@pytest.mark.parametrize("href", ["cid:absent", "", "http://127.0.0.1:1/x", "file:///etc/passwd", "cid:" + "%" * 9000])
def test_include_that_leads_nowhere_is_an_internal_error(world: World, href: str) -> None:
    desk = world.desk()
    body = build_request(desk.sealing.upload("prova.zip", b"PLACE", inline=True)).body.decode()
    start, end = body.index("<documento>") + 11, body.index("</documento>")
    include = f'<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="{href}"/>'
    answer = desk.post(endpoint_path(Call.UPLOAD), (body[:start] + include + body[end:]).encode())
    assert (answer.status_code, INTERNAL in answer.content) == (500, True)


@pytest.mark.parametrize("text", ["!!!!", "cid:infermiere.zip", "UEs=UEs=", "UE", "ÀÈ", "UEsD" * 10 + "="])
def test_wrong_base64_is_a_schema_fault(world: World, text: str) -> None:
    desk = world.desk()
    body = build_request(desk.sealing.upload("prova.zip", b"PLACE", inline=True)).body.decode()
    start, end = body.index("<documento>") + 11, body.index("</documento>")
    answer = desk.post(endpoint_path(Call.UPLOAD), (body[:start] + text + body[end:]).encode())
    assert answer.status_code == 500
    assert b"cvc-" in answer.content


@pytest.mark.parametrize("field", ["pincode", "cfCittadino", "numDocumento", "importo", "pIva", "cfProprietario"])
@pytest.mark.parametrize("text", ["9" * 2_000_000, "&lt;" * 200_000, "\u00e8" * 100_000, "%s%n" * 1000, "' OR 1=1 --"])
def test_giant_and_odd_fields_are_faults_or_refusals(world: World, field: str, text: str) -> None:
    desk = world.desk()
    body = build_request(desk.sealing.insert(desk.document())).body.decode()
    start = body.index(f"<ts:{field}>") + len(field) + 5
    end = body.index(f"</ts:{field}>")
    answer = desk.post(endpoint_path(Call.INSERT), (body[:start] + text + body[end:]).encode())
    reply = parse_reply(Call.INSERT, answer.status_code, answer.headers["Content-Type"], answer.content)
    assert isinstance(reply, Fault) or reply.outcome == "1"
    assert world.admin.documents() == []
    assert alive(world)


def bomb(levels: int) -> bytes:
    """A valid zip whose one file unpacks to `levels` million spaces inside a batch."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("a.xml", "w") as file,
    ):
        file.write(b"<precompilata>")
        for _ in range(levels):
            file.write(b" " * 1_000_000)
        file.write(b"</precompilata>")
    return buffer.getvalue()


def lying_zip() -> bytes:
    """A zip whose directory promises four gigabytes."""
    data = bytearray(bomb(1))
    place = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, place + 24, 0xFFFFFFF0)
    return bytes(data)


def nested_bomb() -> bytes:
    """A raw deflate stream that grows a thousandfold, in a hand-made entry without a size."""
    packed = zlib.compress(b"<a>" + b"x" * 50_000_000, 9)[2:-4]
    head = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 33, 0, len(packed), 50_000_003, 1, 0) + b"a"
    central = struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 8, 0, 33, 0, len(packed), 50_000_003, 1, *[0] * 6
    )
    central += b"a"
    start = len(head) + len(packed)
    return head + packed + central + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(central), start, 0)


@pytest.mark.parametrize("archive", [bomb(120), lying_zip(), nested_bomb()], ids=["spaces", "lying", "nested"])
def test_zip_bomb_is_rejected_in_processing_and_never_unpacked_whole(start: Start, archive: bytes) -> None:
    world = start()
    world.admin.post("/settings", {"max_xml_bytes": 100_000_000})
    desk = world.desk()
    before = resident()
    taken = desk.send(desk.sealing.upload("prova.zip", archive))
    assert isinstance(taken, UploadReply)
    assert taken.accepted
    ended = desk.client().wait_for_outcome(taken.protocol, [0.1] * 1_200, time.sleep)
    assert isinstance(ended, OutcomeReply)
    assert ended.sendings[0].state == 5
    assert resident() - before < 60_000_000
    assert alive(world)


def resident(pid: int | str = "self") -> int:
    """Bytes of memory a process holds."""
    with open(f"/proc/{pid}/statm") as file:  # noqa: PTH123  a file of the kernel
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


@pytest.mark.parametrize(
    "words",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"POST\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"POST / HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5, 6\r\n\r\nabcde",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
    ],
)
def test_broken_http_is_a_client_error_and_the_end_of_the_connection(world: World, words: bytes) -> None:
    parts = urlsplit(world.simulator.base)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(words)
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(OSError):
            while piece := connection.recv(65_536):
                answer += piece
    assert (
        answer == b""
        or b" 40" in answer[:20]
        or b" 41" in answer[:20]
        or b" 43" in answer[:20]
        or b" 50" in answer[:20]
    )
    assert alive(world)


def test_body_beyond_the_limit_is_a_fault_and_not_read(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_DRAIN_SECONDS", 60.0)
    world = start()
    parts = urlsplit(world.simulator.base)
    path = endpoint_path(Call.UPLOAD)
    for framing in (b"Content-Length: 900000000", b"Transfer-Encoding: chunked"):
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as connection:
            connection.sendall(b"POST %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % (path.encode(), framing))
            if framing.startswith(b"Transfer"):
                with contextlib.suppress(OSError):
                    for _ in range(26):
                        connection.sendall(b"f4240\r\n" + bytes(1_000_000) + b"\r\n")
            answer = b""
            while piece := connection.recv(65_536):
                answer += piece
            assert INTERNAL in answer
    assert alive(world)


def test_slow_client_is_let_go(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEADER_SECONDS", 0.3)
    monkeypatch.setattr(server, "BODY_SECONDS", 0.3)
    monkeypatch.setattr(server, "IDLE_SECONDS", 0.3)
    world = start()
    parts = urlsplit(world.simulator.base)
    for words in (b"", b"POST / HT", b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"):
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as connection:
            connection.sendall(words)
            while connection.recv(4_096):  # a server that waits on lets this time out
                pass


def test_hundred_silent_connections_do_not_stop_the_others(world: World) -> None:
    parts = urlsplit(world.simulator.base)
    silent = [socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) for _ in range(100)]
    assert alive(world)
    for connection in silent:
        connection.close()


def test_many_callers_at_once_insert_each_document_once(world: World) -> None:
    desk = world.desk()
    body = build_request(desk.sealing.insert(desk.document())).body
    answers: list[bytes] = []

    def call() -> None:
        answers.append(desk.post(endpoint_path(Call.INSERT), body).content)

    threads = [threading.Thread(target=call) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(b"<esitoChiamata>0" in answer for answer in answers) == 1
    assert sum(b"S017" in answer for answer in answers) == 23
    assert len(world.admin.documents()) == 1


def mutate(body: bytes, dice: random.Random) -> bytes:
    data = bytearray(body)
    for _ in range(dice.randint(1, 6)):
        place = dice.randrange(len(data))
        action = dice.randrange(4)
        if action == 0:
            data[place] = dice.randrange(256)
        elif action == 1:
            del data[place : place + dice.randint(1, 40)]
        elif action == 2:
            data[place:place] = data[place : place + dice.randint(1, 60)]
        else:
            data[place:place] = bytes(dice.choices(b"<>&/\"' ;\x00\xff", k=dice.randint(1, 8)))
    return bytes(data or b"x")


def requests_of(desk: Desk) -> list[tuple[str, str, bytes]]:
    sealing, document = desk.sealing, desk.document()
    built = [
        build_request(wire)
        for wire in (
            sealing.insert(document),
            sealing.cancel(document.id),
            sealing.upload("prova.zip", desk.batch(document).archive),
            sealing.outcome("1"),
            sealing.query(document.id),
            sealing.report(2026, 3, "I"),
            sealing.flag_detail(document.id),
        )
    ]
    return [(endpoint_path(request.call, Channel.DIRECT), request.content_type, request.body) for request in built]


def test_mutated_calls_never_fail_inside_and_memory_stays_flat(start: Start) -> None:
    world = start()
    desk = world.desk()
    dice, calls = random.Random(20260310), requests_of(desk)
    session = requests.Session()
    session.auth = (desk.values["user"], desk.values["password"])

    def storm(count: int) -> None:
        for _ in range(count):
            path, content_type, body = dice.choice(calls)
            answer = session.post(
                world.simulator.base + path,
                data=mutate(body, dice),
                headers={"Content-Type": content_type},
                timeout=120,
            )
            assert answer.status_code in {200, 500}, answer.status_code

    storm(400)
    before = resident()
    storm(1_600)
    session.close()
    assert resident() - before < 25_000_000
    notes = {entry["note"] for entry in world.admin.get("/journal")["entries"]}
    assert "internal error" not in notes


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A simulator shared by the examples of one property."""
    from sistemats.simulator import Options, Settings, Simulator

    with Simulator(Options(folder=tmp_path_factory.mktemp("dir"), settings=Settings(lock_after=10**9))) as simulator:
        yield World(simulator)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    path=st.text(max_size=80), body=st.binary(max_size=400), kind=st.text(max_size=40), secret=st.binary(max_size=60)
)
def test_ministry_answers_whatever_it_is_asked(
    lasting: World, path: str, body: bytes, kind: str, secret: bytes
) -> None:
    import base64

    from sistemats.simulator.ministry import PATHS, HttpCall

    authorization = "Basic " + base64.b64encode(secret).decode()
    for target in (path, next(iter(PATHS))):
        answer = lasting.simulator.ministry.answer(HttpCall("POST", target, kind, authorization, body))
        assert answer.status in {404, 500}
