"""Nothing that comes in over a wire or out of a file crashes a parser: it is read, or refused in our own words."""

from __future__ import annotations

import contextlib
import random
import tracemalloc
from base64 import b64encode
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sistemats.codes import Call
from sistemats.crypto import Opener, Sealer
from sistemats.documents import ExpenseDocument, Sender
from sistemats.envelopes import InvalidRequest, Sealing, build_request, parse_request, read_archive, read_batch_archive
from sistemats.envelopes.batch import InvalidBatch
from sistemats.errors import NotOpenable, UnreadableMessage
from sistemats.replies import (
    DocumentReply,
    Fault,
    Message,
    build_reply,
    parse_reply,
    read_error_archive,
    read_report_archive,
)

SOAP = b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>%s</e:Body></e:Envelope>'
LAUGHS = (
    b"<!DOCTYPE l [<!ENTITY a 'ha'>"
    + b"".join(b"<!ENTITY %c '%s'>" % (97 + n, b"&%c;" % (96 + n) * 10) for n in range(1, 12))
    + b"]>"
    + SOAP % b"<x>&l;</x>"
)
EXTERNAL = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + SOAP % b"<x>&f;</x>"
UTF16_LAUGHS = LAUGHS.decode().encode("utf-16")
fuzz = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def swallow(call: Callable[[], object]) -> None:
    """Run; a refusal in our own words is as good as an answer."""
    try:
        call()
    except (UnreadableMessage, InvalidRequest, InvalidBatch):
        return


@fuzz
@given(body=st.binary(max_size=2000), content_type=st.text(max_size=80))
@example(body=LAUGHS, content_type="text/xml")
@example(body=UTF16_LAUGHS, content_type="text/xml")
@example(body=EXTERNAL, content_type="text/xml")
@example(body=b"<a>" * 100_000, content_type="text/xml")
@example(body=SOAP % (b"<x y='" + b"z" * 3_000_000 + b"'/>"), content_type="text/xml")
@example(body=b"--b\r\n" * 5000, content_type="multipart/related; boundary=b")
@example(body=b"--b\r\n\r\n<a/>\r\n--b--", content_type="multipart/related; boundary=b")
@example(body=b"\xef\xbb\xbf" + SOAP % b"<x/>", content_type="text/xml; charset=utf-8")
def test_parsers_survive_any_bytes(body: bytes, content_type: str) -> None:
    swallow(lambda: parse_request(content_type, body))
    swallow(lambda: parse_reply(Call.INSERT, 200, content_type, body))
    swallow(lambda: read_archive(body))
    swallow(lambda: read_error_archive(body))
    swallow(lambda: read_report_archive(body))
    swallow(lambda: list(read_batch_archive(body)[1]))


@pytest.mark.parametrize("bomb", [LAUGHS, UTF16_LAUGHS, EXTERNAL])
def test_entities_are_refused_and_never_expanded(bomb: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableMessage) as refused:
            parse_request("text/xml", bomb)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
    assert "root:" not in str(refused.value)


def test_parse_request_survives_bent_real_requests(sender: Sender, sealer: Sealer, document: ExpenseDocument) -> None:
    dice = random.Random(7)
    sealing = Sealing(sender, sealer)
    requests = [
        build_request(sealing.insert(document)),
        build_request(sealing.upload("prova01.zip", b"PK\3\4" * 50)),
        build_request(sealing.outcome("P")),
    ]
    refused = 0
    for _ in range(1500):
        request = dice.choice(requests)
        body = bytearray(request.body)
        for _ in range(dice.randrange(1, 6)):
            at = dice.randrange(len(body))
            body[at : at + dice.choice((0, 1, 20))] = dice.choice(
                (b"", b"<", b"&", b"\0", b"\xff", b"]]>", b"--", b"==")
            )
        try:
            parse_request(request.content_type, bytes(body))
        except (UnreadableMessage, InvalidRequest):
            refused += 1
    assert refused > 1000


def test_parse_reply_survives_bent_real_replies() -> None:
    dice = random.Random(8)
    good = build_reply(DocumentReply(Call.INSERT, "2", (Message("W008", "TARDI", "W"),), "99"))
    for _ in range(1500):
        body = bytearray(good)
        at = dice.randrange(len(body))
        body[at : at + dice.choice((0, 1, 30))] = dice.choice((b"", b"<", b"&#0;", b"\xfe", b"<x/>"))
        swallow(lambda body=body: parse_reply(Call.INSERT, 200, "text/xml", bytes(body)))  # type: ignore[misc]


def test_a_giant_field_breaks_the_schema_and_not_the_parser(sender: Sender, sealer: Sealer) -> None:
    giant = b"<codice>" + b"9" * 9_000_000 + b"</codice>"
    body = build_reply(DocumentReply(Call.INSERT, "1", (Message("S017", "x", "E"),)))
    reply = parse_reply(Call.INSERT, 200, "text/xml", body.replace(b"<codice>S017</codice>", giant))
    assert isinstance(reply, DocumentReply)
    assert len(reply.messages[0].code) == 9_000_000
    request = build_request(Sealing(sender, sealer).outcome("P")).body.replace(b">P<", b">" + b"P" * 11_000_000 + b"<")
    with pytest.raises(UnreadableMessage):
        parse_request("text/xml", request)


@fuzz
@given(code=st.text(max_size=20), text=st.text(max_size=200))
def test_faults_keep_any_words_xml_can_hold(code: str, text: str) -> None:
    printable = "".join(c for c in text if c.isprintable())
    plain = "".join(c for c in code if c.isprintable())
    fault = parse_reply(Call.INSERT, 500, "text/xml", build_reply(Fault(plain, printable)))
    assert fault == Fault(plain.strip(), printable.strip())


@fuzz
@given(sealed=st.text(max_size=200) | st.binary(min_size=128, max_size=128).map(lambda data: b64encode(data).decode()))
def test_open_survives_any_text(sealed: str, opener: Opener) -> None:
    with contextlib.suppress(NotOpenable):
        assert isinstance(opener.open(sealed), str)
