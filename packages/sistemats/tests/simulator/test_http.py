"""Whatever a decent HTTP or SOAP stack sends is understood; whatever is broken is answered and survived."""

from __future__ import annotations

import gzip
import http.client
import io
import quopri
import socket
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from sistemats.codes import CALLS, Call, endpoint_path
from sistemats.envelopes import build_request

from .cast import Desk, World

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
BASIC = "Basic TVRPTVJBNjZBNDFHMjI0TTpTYWx2ZTEyMw=="


def insert_body(desk: Desk, number: str = "FT1") -> bytes:
    return build_request(desk.sealing.insert(desk.document(number))).body


@contextmanager
def connected(world: World) -> Iterator[http.client.HTTPConnection]:
    parts = urlsplit(world.simulator.base)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    yield connection
    connection.close()


@contextmanager
def raw(world: World) -> Iterator[socket.socket]:
    parts = urlsplit(world.simulator.base)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as connection:
        yield connection


def read_answer(connection: socket.socket) -> bytes:
    """Return one answer: head and as many bytes as it announces."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65_536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
    wanted = int(lengths[0]) if lengths else 0
    while len(body) < wanted:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def head(length: str, more: str = "") -> bytes:
    return (
        f"POST {endpoint_path(Call.INSERT)} HTTP/1.1\r\nHost: x\r\nAuthorization: {BASIC}\r\n"
        f"Content-Type: text/xml\r\n{length}\r\n{more}\r\n"
    ).encode()


def test_connection_is_kept_for_many_calls(world: World) -> None:
    desk = world.desk()
    with connected(world) as connection:
        for number in range(5):
            connection.request(
                "POST", endpoint_path(Call.INSERT), insert_body(desk, f"A{number}"), {"Authorization": BASIC}
            )
            assert b"<esitoChiamata>" in connection.getresponse().read()
    assert len(world.admin.documents()) == 5


def test_calls_may_be_sent_without_waiting_for_answers(world: World) -> None:
    desk = world.desk()
    bodies = [insert_body(desk, f"A{number}") for number in range(3)]
    with raw(world) as connection:
        connection.sendall(b"".join(head(f"Content-Length: {len(body)}") + body for body in bodies))
        answers = b""
        while answers.count(b"</soapenv:Envelope>") < 3:
            answers += connection.recv(65_536)
    assert answers.count(b"HTTP/1.1 200") == 3


def test_body_may_come_in_chunks_with_extensions_and_trailers(world: World) -> None:
    body = insert_body(world.desk())
    pieces = [body[i : i + 700] for i in range(0, len(body), 700)]
    chunked = b"".join(b"%x;name=value\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    with raw(world) as connection:
        connection.sendall(head("Transfer-Encoding: chunked") + chunked + b"0\r\nX-Trailer: 1\r\n\r\n")
        assert b"<esitoChiamata>0" in read_answer(connection)


def test_client_that_expects_100_is_told_to_go_on(world: World) -> None:
    body = insert_body(world.desk())
    with raw(world) as connection:
        connection.sendall(head(f"Content-Length: {len(body)}", "Expect: 100-continue\r\n"))
        assert connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert b"<esitoChiamata>0" in read_answer(connection)


def test_http_1_0_client_gets_its_answer_and_the_end(world: World) -> None:
    body = insert_body(world.desk())
    with raw(world) as connection:
        connection.sendall(head(f"Content-Length: {len(body)}").replace(b"HTTP/1.1", b"HTTP/1.0") + body)
        assert b"<esitoChiamata>0" in read_answer(connection)
        assert connection.recv(1) == b""


def test_http_1_0_client_that_asks_keeps_its_connection_and_is_told_so(world: World) -> None:
    with raw(world) as connection:
        for number in range(2):
            body = insert_body(world.desk(), f"A{number}")
            words = head(f"Content-Length: {len(body)}", "Connection: keep-alive\r\n")
            connection.sendall(words.replace(b"HTTP/1.1", b"HTTP/1.0") + body)
            answer = read_answer(connection)
            assert b"<esitoChiamata>" in answer
            assert b"\r\nConnection: keep-alive\r\n" in answer


def test_body_may_dribble_in(world: World) -> None:
    body = insert_body(world.desk())
    with raw(world) as connection:
        for start in range(0, len(body), 97):
            connection.sendall((head(f"Content-Length: {len(body)}") if start == 0 else b"") + body[start : start + 97])
        assert b"<esitoChiamata>0" in read_answer(connection)


@pytest.mark.parametrize("action", ['""', "", "anything", '"urn:wrong"', None])
def test_soap_action_does_not_matter(world: World, action: str | None) -> None:
    desk = world.desk()
    headers = {} if action is None else {"SOAPAction": action}
    answer = desk.post(endpoint_path(Call.INSERT), insert_body(desk), headers=headers)
    assert b"<esitoChiamata>0" in answer.content


@pytest.mark.parametrize("content_type", ["text/xml", "text/xml;charset=utf-8", "application/xml", "text/plain", ""])
def test_content_type_of_a_plain_message_does_not_matter(world: World, content_type: str) -> None:
    desk = world.desk()
    assert b"<esitoChiamata>0" in desk.post(endpoint_path(Call.INSERT), insert_body(desk), content_type).content


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "utf-8-sig"])
def test_message_may_be_in_any_encoding_it_declares(world: World, encoding: str) -> None:
    desk = world.desk()
    text = insert_body(desk).decode("utf-8").split("?>", 1)[1]
    name = encoding.removesuffix("-sig")
    body = f'<?xml version="1.0" encoding="{name}"?>{text}'.encode(encoding)
    assert b"<esitoChiamata>0" in desk.post(endpoint_path(Call.INSERT), body).content


@pytest.mark.parametrize("charset", ["ISO-8859-1", '"windows-1252"', "utf-16le", "UTF-16"])
def test_message_that_declares_no_encoding_is_read_as_its_header_says(world: World, charset: str) -> None:
    desk = world.desk()
    text = insert_body(desk).decode("utf-8").split("?>", 1)[1]
    text = text.replace("<ts:pincode>", "<ts:opzionale1>citt\u00e0</ts:opzionale1><ts:pincode>")
    answer = desk.post(endpoint_path(Call.INSERT), text.encode(charset.strip('"')), f"text/xml; charset={charset}")
    assert b"<esitoChiamata>0" in answer.content
    assert world.admin.last_call()["values"]["options"][0] == "citt\u00e0"


@pytest.mark.parametrize("charset", ["ISO-8859-1", "punycode", "utf-7", "nonsense", "utf-16le"])
def test_charset_of_the_header_opens_no_door(world: World, charset: str) -> None:
    desk = world.desk()
    for text in ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "\u00e8<a/>"):
        answer = desk.post(endpoint_path(Call.INSERT), text.encode("latin-1"), f"text/xml; charset={charset}")
        assert (answer.status_code, b"Internal Error" in answer.content) == (500, True)


def test_compressed_message_is_not_taken_and_the_journal_says_why(world: World) -> None:
    desk = world.desk()
    body = gzip.compress(insert_body(desk))
    answer = desk.post(endpoint_path(Call.INSERT), body, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, b"Internal Error" in answer.content) == (500, True)
    assert "compressed" in world.admin.last_call()["note"]


XSI, XSD = "http://www.w3.org/2001/XMLSchema-instance", "http://www.w3.org/2001/XMLSchema"
TYPED = f'xmlns:xsi="{XSI}" xmlns:xsd="{XSD}" xsi:type="xsd:{{}}"'


@pytest.mark.parametrize(("name", "kind"), [("pincode", "string"), ("importo", "double")])
def test_plain_fields_may_name_their_type(world: World, name: str, kind: str) -> None:
    desk = world.desk()
    body = insert_body(desk).replace(f"<ts:{name}>".encode(), f"<ts:{name} {TYPED.format(kind)}>".encode())
    assert b"<esitoChiamata>0" in desk.post(endpoint_path(Call.INSERT), body).content
    wrong = body.replace(f"xsd:{kind}".encode(), b"xsd:date")
    assert b"cvc-" in desk.post(endpoint_path(Call.INSERT), wrong).content


def prefixed(desk: Desk, prefix: str, soap: str) -> bytes:
    """The same insert with other prefixes, a header, comments, and blanks as another stack would write them."""
    text = insert_body(desk).decode()
    inner = text[text.index("<ts:") : text.index("</soapenv:Body>")]
    if prefix:
        inner = (
            inner.replace("<ts:", f"<{prefix}:").replace("</ts:", f"</{prefix}:").replace("xmlns:ts", f"xmlns:{prefix}")
        )
    else:
        inner = inner.replace("<ts:", "<").replace("</ts:", "</").replace("xmlns:ts", "xmlns")
    inner = inner.replace("><", ">\r\n\t<!-- blank --><")
    return (
        f'<{soap}:Envelope xmlns:{soap}="{SOAP}"><{soap}:Header><x xmlns="urn:y">1</x></{soap}:Header>\n'
        f"<{soap}:Body>\n{inner}\n</{soap}:Body></{soap}:Envelope>"
    ).encode()


@pytest.mark.parametrize(("prefix", "soap"), [("doc", "soapenv"), ("", "S"), ("ns0", "soap-env"), ("a.b-c", "e")])
def test_prefixes_headers_and_comments_are_free(world: World, prefix: str, soap: str) -> None:
    desk = world.desk()
    answer = desk.post(endpoint_path(Call.INSERT), prefixed(desk, prefix, soap))
    assert b"<esitoChiamata>0" in answer.content
    assert b'<inserimentoDocumentoSpesaResponse xmlns="http://documentospesap730' in answer.content


def test_qualification_is_not_free(world: World) -> None:
    desk = world.desk()
    bare = insert_body(desk).replace(b"<ts:pincode>", b"<pincode>").replace(b"</ts:pincode>", b"</pincode>")
    outcome = build_request(desk.sealing.outcome("1")).body
    namespace = CALLS[Call.OUTCOME].facts.namespace.encode()
    qualified = outcome.replace(b'xmlns:ts="' + namespace, b'xmlns="' + namespace)
    qualified = qualified.replace(b"<ts:", b"<").replace(b"</ts:", b"</")
    for call, body in ((Call.INSERT, bare), (Call.OUTCOME, qualified)):
        answer = desk.post(endpoint_path(call), body)
        assert answer.status_code == 500
        assert b"<faultcode>env:Client</faultcode>" in answer.content
        assert b"cvc-particle 2.1" in answer.content


def test_schema_fault_reads_like_the_gateways_and_quotes_no_value(world: World) -> None:
    desk = world.desk()
    request = build_request(desk.sealing.upload("prova.zip", b"PK", inline=True)).body.decode()
    start, end = request.index("<pincodeInvianteCifrato>"), request.index("</pincodeInvianteCifrato>")
    without = request[:start] + request[end + len("</pincodeInvianteCifrato>") :]
    answer = desk.post(endpoint_path(Call.UPLOAD), without.encode())
    assert answer.status_code == 500
    namespace = "{http://ejb.invioTelematicoSS730p.sanita.finanze.it/}"
    assert (
        f"cvc-particle 2.1: in element {namespace}inviaFileMtom of type {namespace}inviaFileMtom, found"
        " &lt;datiProprietario&gt; (in default namespace), but next item should be pincodeInvianteCifrato"
    ) in answer.text
    good = desk.sealing.insert(desk.document())
    secret = replace(good, document=replace(good.document, paid_on="SEGRETO"))
    body = insert_body(desk).replace(good.document.paid_on.encode(), secret.document.paid_on.encode())
    wrong = desk.post(endpoint_path(Call.INSERT), body)
    assert "cvc-simple-type 1" in wrong.text
    assert "SEGRETO" not in wrong.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", endpoint_path(Call.INSERT), 405),
        ("GET", endpoint_path(Call.INSERT) + "?wsdl", 405),
        ("PUT", endpoint_path(Call.INSERT), 405),
        ("HEAD", endpoint_path(Call.INSERT), 405),
        ("POST", "/", 404),
        ("POST", "/nowhere", 404),
        ("POST", endpoint_path(Call.INSERT).lower(), 404),
        ("GET", "/healthz", 200),
    ],
)
def test_other_methods_and_paths(world: World, method: str, path: str, status: int) -> None:
    with connected(world) as connection:
        connection.request(method, path, headers={"Authorization": BASIC})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status


def test_body_of_another_service_is_an_internal_error(world: World) -> None:
    desk = world.desk()
    answer = desk.post(endpoint_path(Call.QUERY), insert_body(desk))
    assert (answer.status_code, b"Internal Error" in answer.content) == (500, True)
    assert world.admin.documents() == []


def test_query_string_and_whole_urls_are_read_as_paths(world: World) -> None:
    desk = world.desk()
    assert b"<esitoChiamata>0" in desk.post(endpoint_path(Call.INSERT) + "?x=1", insert_body(desk)).content
    body = insert_body(desk, "FT2")
    with raw(world) as connection:
        whole = head(f"Content-Length: {len(body)}").replace(b"POST ", b"POST http://ministero.example", 1)
        connection.sendall(whole + body)
        assert b"<esitoChiamata>" in read_answer(connection)


def package(
    desk: Desk,
    *,
    boundary: str,
    start: str | None,
    cid: str,
    href: str,
    newline: str,
    zip_first: bool,
    quoted_printable: bool,
) -> tuple[str, bytes]:
    """An upload as other stacks would package it."""
    archive = desk.batch(desk.document()).archive
    envelope = build_request(desk.sealing.upload("prova.zip", b"PLACE", inline=True)).body.decode()
    include = f'<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="{href}"/>'
    begin, end = envelope.index("<documento>") + 11, envelope.index("</documento>")
    envelope = envelope[:begin] + include + envelope[end:]
    root_id = f"Content-Id: <{start}>{newline}" if start else ""
    if quoted_printable:
        root_id += f"Content-Transfer-Encoding: Quoted-Printable{newline}"
        envelope = quopri.encodestring(envelope.encode()).decode().replace("\n", newline)
    root = (
        f'content-type: application/xop+xml; charset=utf-8; type="text/xml"{newline}{root_id}{newline}{envelope}'
    ).encode()
    part = f"Content-Type: application/octet-stream{newline}CONTENT-ID: <{cid}>{newline}{newline}".encode() + archive
    edge, line = f"--{boundary}".encode(), newline.encode()
    parts = [part, root] if zip_first else [root, part]
    body = b"preamble" + line + b"".join(edge + line + piece + line for piece in parts) + edge + b"--" + line
    pointer = f'; start="<{start}>"' if start else ""
    return f'Multipart/Related; boundary="{boundary}"; type="application/xop+xml"{pointer}; start-info="text/xml"', body


@pytest.mark.parametrize(
    "form",
    [
        {
            "boundary": "MIMEBoundary_axis2",
            "start": "0.urn@apache.org",
            "cid": "1.urn@apache.org",
            "href": "cid:1.urn@apache.org",
        },
        {"boundary": "uuid:cxf-1234", "start": "root.message@cxf.apache.org", "cid": "a b@x", "href": "cid:a%20b@x"},
        {"boundary": "----=_Part_7_1.2", "start": None, "cid": "file.zip", "href": "cid:file.zip"},
        {
            "boundary": "wcf+id=1",
            "start": "http://tempuri.org/0",
            "cid": "http://tempuri.org/1/6",
            "href": "cid:http%3A%2F%2Ftempuri.org%2F1%2F6",
        },
        {"boundary": "lf", "start": "r@x", "cid": "z@x", "href": "cid:z@x", "newline": "\n"},
        {"boundary": "scheme", "start": "r@x", "cid": "z@x", "href": "CID:%3Cz@x%3E"},
        {"boundary": "letters", "start": "r@x", "cid": "z@x", "href": "cid:z@x", "quoted_printable": True},
        {"boundary": "order", "start": "r@x", "cid": "z@x", "href": "cid:z@x", "zip_first": True},
    ],
)
def test_packages_of_other_stacks_are_read(world: World, form: dict[str, object]) -> None:
    desk = world.desk()
    usual = {"newline": "\r\n", "zip_first": False, "quoted_printable": False}
    content_type, body = package(desk, **{**usual, **form})  # type: ignore[arg-type]
    answer = desk.post(endpoint_path(Call.UPLOAD), body, content_type)
    assert b"<codiceEsito>000</codiceEsito>" in answer.content, answer.content
    [held] = world.admin.documents()
    assert held["number"] == "FT1"


def test_attachment_arrives_byte_for_byte(world: World) -> None:
    desk = world.desk()
    archive = desk.batch(desk.document()).archive
    tricky = archive + b"\r\n--uuid\r\n"  # bytes after a zip are ignored; they look like a boundary
    with zipfile.ZipFile(io.BytesIO(tricky)) as opened:
        assert opened.namelist()
    desk.send(desk.sealing.upload("prova.zip", tricky))
    assert world.admin.get("/books")["sendings"][0]["size"] == len(tricky)


def test_healthz_answers_without_credentials(world: World) -> None:
    with connected(world) as connection:
        connection.request("GET", "/healthz")
        assert connection.getresponse().read() == b'{"status": "ok"}\n'


def test_calls_to_no_service_are_in_the_journal_too(world: World) -> None:
    with connected(world) as connection:
        connection.request("POST", "/DocumentoSpesa730pWeb/wrong", b"x", {"Authorization": BASIC})
        connection.getresponse().read()
    last = world.admin.last_call()
    assert (last["status"], last["user"], last["service"]) == (404, "MTOMRA66A41G224M", None)
    assert last["note"] == "POST /DocumentoSpesa730pWeb/wrong"
