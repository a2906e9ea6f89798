"""Envelopes: what is sealed where, MIME, archives, and the same bytes that zeep would send."""

from __future__ import annotations

import base64
import io
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from sistemats.codes import CALLS, SERVICES, Call, Channel, DocumentType, ExpenseType, Operation, Service
from sistemats.crypto import Opener, Sealer, looks_sealed
from sistemats.documents import BatchEntry, DocumentId, ExpenseDocument, Item, Sender
from sistemats.envelopes import (
    InvalidRequest,
    Sealing,
    UploadRequest,
    WireRequest,
    build_element,
    build_request,
    pack_one,
    parse_request,
)
from sistemats.envelopes.mime import split_package
from sistemats.errors import ForbiddenXml, UnknownBody, UnreadableMessage

WSDL = {
    Service.DOCUMENT: "DocumentoSpesa730p.wsdl",
    Service.UPLOAD: "InvioTelematicoSpeseSanitarie730p.wsdl",
    Service.OUTCOME: "EsitoInvioDatiSpesa730Service.wsdl",
    Service.ERRORS: "DettaglioErrori730Service.wsdl",
    Service.RECEIPT: "RicevutaPdf730Service.wsdl",
    Service.QUERY: "InterrogazionePuntuale730Service.wsdl",
    Service.REPORT: "ReportMensile730Service.wsdl",
    Service.FLAG_DETAIL: "DettaglioSegnalazione730Service.wsdl",
    Service.FLAG_REPORT: "ReportSegnalazioni730Service.wsdl",
}


def all_requests(sealing: Sealing, document: ExpenseDocument) -> list[WireRequest]:
    """One request of each call."""
    refund = replace(document, id=replace(document.id, number="NC1"))
    return [
        sealing.insert(document),
        sealing.change(document),
        sealing.refund(document.id, refund),
        sealing.cancel(document.id),
        sealing.upload("prova01.zip", b"PK\3\4 not really", inline=True),
        sealing.outcome("16102014152383313"),
        sealing.outcomes(date(2026, 3, 1), date(2026, 3, 31)),
        sealing.errors("16102014152383313"),
        sealing.receipt("16102014152383313"),
        sealing.query(document.id),
        sealing.report(2026, 3),
        sealing.flag_detail(document.id),
        sealing.flag_report(date(2026, 1, 1), date(2026, 12, 31)),
    ]


@pytest.fixture
def rich_document(document: ExpenseDocument) -> ExpenseDocument:
    items = (
        Item(ExpenseType.TK, Decimal("25.3"), flag="1", vat_rate=Decimal(10)),
        Item(ExpenseType.FC, Decimal(5), vat_nature="N4"),
    )
    return replace(document, items=items, prepaid=True, document_type=DocumentType.TILL, traceable=False)


def canonical(element: etree._Element) -> str:
    text = etree.tostring(element, encoding="unicode", with_tail=False)
    return str(etree.canonicalize(text, rewrite_prefixes=True, strip_text=True, with_comments=False))


@pytest.mark.parametrize("channel", list(Channel))
def test_parse_request_reads_back_every_request(
    channel: Channel, pharmacy: Sender, sealer: Sealer, rich_document: ExpenseDocument
) -> None:
    intermediary = None if channel is Channel.DIRECT else "07874631000-000"
    sender = replace(pharmacy, channel=channel, intermediary=intermediary)
    for wire in all_requests(Sealing(sender, sealer), rich_document):
        request = build_request(wire)
        assert parse_request(request.content_type, request.body) == wire
        assert request.soap_action == CALLS[wire.call].soap_action
        assert wire.options[0] == intermediary


def _zeep_client(official: Path, service: Service) -> Any:
    zeep = pytest.importorskip("zeep")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return zeep.Client(str(next(official.rglob(WSDL[service]))))


def _as_keywords(element: etree._Element) -> Any:
    """Turn an element into what zeep takes: nested dicts, lists for repeated children, texts."""
    if not len(element):
        return element.text or ""
    values: dict[str, Any] = {}
    for child in element:
        name = etree.QName(child).localname
        value = _as_keywords(child)
        if name in values:
            before = values[name]
            values[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            values[name] = value
    return values


def test_build_element_equals_what_zeep_makes_of_the_official_wsdl(
    official: Path, pharmacy: Sender, sealer: Sealer, rich_document: ExpenseDocument
) -> None:
    seen = set()
    sender = replace(pharmacy, channel=Channel.ENTRATE, intermediary="07874631000-000")
    clients = {service: _zeep_client(official, service) for service in Service}
    for wire in all_requests(Sealing(sender, sealer), rich_document):
        ours = build_element(wire)
        facts = CALLS[wire.call]
        keywords = _as_keywords(ours)
        if isinstance(wire, UploadRequest):
            keywords["documento"] = wire.archive
        client = clients[facts.service]
        url = "http://127.0.0.1/nowhere"
        service = client.create_service(f"{{{facts.facts.namespace}}}{facts.facts.binding}", url)
        envelope = client.create_message(service, _operation(client, facts.body), **keywords)
        theirs = envelope.find("{*}Body")[0]
        assert canonical(ours) == canonical(theirs), wire.call
        seen.add(wire.call)
    assert seen == set(Call)


def _operation(client: Any, body: str) -> str:
    for binding in client.wsdl.bindings.values():
        for name, operation in binding._operations.items():
            if operation.input.body.qname.localname == body:
                return str(name)
    raise AssertionError(body)


def test_codes_agree_with_the_official_wsdl(official: Path) -> None:
    for call, facts in CALLS.items():
        client = _zeep_client(official, facts.service)
        (binding,) = client.wsdl.bindings.values()
        operation = binding._operations[_operation(client, facts.body)]
        assert binding.name.namespace == facts.facts.namespace
        assert binding.name.localname == facts.facts.binding
        assert operation.soapaction == facts.soap_action, call
        assert operation.output.body.qname.localname == facts.reply


def test_endpoint_paths_are_those_of_the_official_lists(official: Path) -> None:
    paths = {facts.path.lower() for facts in SERVICES.values()}
    listed = set()
    for path in official.rglob("*ndpoint*"):
        if path.suffix.lower() in {".txt", ""} and path.is_file():
            text = path.read_bytes().replace(b"\0", b"").decode("latin-1")
            listed |= {word.strip().lower() for word in text.split() if "/" in word and "invioss730p" in word.lower()}
    assert len(listed) >= 9
    for url in listed:
        assert any(url.split("?")[0].endswith(known) for known in paths), url


@pytest.mark.parametrize(
    ("channel", "pin_sealed"), [(Channel.DIRECT, True), (Channel.ENTI, True), (Channel.ENTRATE, False)]
)
def test_sealing_follows_the_encryption_table(
    channel: Channel, pin_sealed: bool, sender: Sender, sealer: Sealer, opener: Opener, document: ExpenseDocument
) -> None:
    sender = replace(sender, channel=channel)
    for wire in all_requests(Sealing(sender, sealer), document):
        assert looks_sealed(wire.pin) is pin_sealed
        assert (opener.open(wire.pin) if pin_sealed else wire.pin) == sender.pin
        owner = getattr(wire, "owner", None)
        if owner is not None:
            in_clear = wire.call is Call.UPLOAD
            assert (owner.code if in_clear else opener.open(owner.code)) == sender.owner.fiscal_code
        held = getattr(wire, "document", None)
        if held is not None:
            assert opener.open(held.citizen) == document.citizen_code


def test_sealing_seals_the_sender_once_and_every_citizen_anew(
    sender: Sender, sealer: Sealer, opener: Opener, document: ExpenseDocument
) -> None:
    sealing = Sealing(sender, sealer)
    made = [sealing.insert(document) for _ in range(3)]
    assert len({request.pin for request in made} | {sealing.outcome("1").pin}) == 1
    assert len({request.owner for request in made} | {sealing.query(document.id).owner}) == 1
    citizens = {request.document.citizen or "" for request in made}
    assert len(citizens) == 3
    assert {opener.open(code) for code in citizens} == {document.citizen_code}
    assert opener.open(made[0].pin) == sender.pin
    assert made[0].owner is not None
    assert opener.open(made[0].owner.code or "") == sender.owner.fiscal_code
    upload = sealing.upload("prova.zip", b"PK")
    assert upload.owner is not None
    assert upload.owner.code == sender.owner.fiscal_code


def test_sealing_afresh_repeats_no_ciphertext(sender: Sender, sealer: Sealer, document: ExpenseDocument) -> None:
    sealing = Sealing(sender, sealer, afresh=True)
    made = [sealing.insert(document) for _ in range(3)]
    assert len({request.pin for request in made}) == len({request.owner for request in made}) == 3


def test_sealing_leaves_out_the_citizen_who_opposes(sender: Sender, sealer: Sealer, document: ExpenseDocument) -> None:
    wire = Sealing(sender, sealer).insert(replace(document, citizen_code=None, opposed=True))
    assert (wire.document.citizen, wire.document.opposed) == (None, "1")


def test_sealing_keeps_codes_that_came_sealed(sender: Sender, sealer: Sealer, document: ExpenseDocument) -> None:
    sealed = sealer.seal("RSSMRA80A01H501U")
    sealing = Sealing(replace(sender, owner=replace(sender.owner, fiscal_code=sealed)), sealer)
    assert sealing.document(replace(document, citizen_code=sealed)).citizen == sealed
    assert sealing.owner().code == sealed


def test_sealing_writes_two_decimals(sender: Sender, sealer: Sealer, document: ExpenseDocument) -> None:
    items = (Item(ExpenseType.SP, Decimal("1E+3"), vat_rate=Decimal(4)),)
    (item,) = Sealing(sender, sealer).document(replace(document, items=items)).items
    assert (item.amount, item.vat_rate) == ("1000.00", "4.00")


@pytest.mark.parametrize(
    "broken",
    [
        lambda d: replace(d, id=replace(d.id, vat_number="123")),
        lambda d: replace(d, id=replace(d.id, number="con spazio")),
        lambda d: replace(d, id=replace(d.id, device=1000)),
        lambda d: replace(d, items=()),
        lambda d: replace(d, items=(replace(d.items[0], vat_nature="N"),)),
    ],
)
def test_build_request_refuses_what_breaks_the_schema(
    broken: Callable[[ExpenseDocument], ExpenseDocument], sender: Sender, sealer: Sealer, document: ExpenseDocument
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        build_request(Sealing(sender, sealer).insert(broken(document)))
    assert refused.value.problems
    assert refused.value.call is Call.INSERT


@pytest.mark.parametrize("text", ["\x00", "a\x0bb", "\ufffe", "\ud800"])
def test_build_request_refuses_characters_that_xml_cannot_hold(text: str, sender: Sender, sealer: Sealer) -> None:
    clear = replace(sender, channel=Channel.ENTRATE, pin=text)
    with pytest.raises(InvalidRequest, match="characters that XML cannot hold") as refused:
        build_request(Sealing(clear, sealer).outcome("P"))
    assert refused.value.call is Call.OUTCOME


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pin=st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]) | st.sampled_from("<>&\"'\r\n\t"), max_size=40))
def test_build_request_escapes_whatever_it_is_given(
    pin: str, pharmacy: Sender, sealer: Sealer, document: ExpenseDocument
) -> None:
    sealing = Sealing(replace(pharmacy, channel=Channel.ENTRATE, pin=pin, intermediary=pin), sealer)
    for wire in all_requests(sealing, document):
        request = build_request(wire)
        assert parse_request(request.content_type, request.body) == wire


def test_build_element_of_an_upload_holds_its_archive(sender: Sender, sealer: Sealer) -> None:
    element = build_element(Sealing(sender, sealer).upload("prova01.zip", b"<documento></documento>"))
    assert element.findtext("documento") == base64.b64encode(b"<documento></documento>").decode()


def test_build_request_packs_an_upload_as_mtom(sender: Sender, sealer: Sealer) -> None:
    archive = bytes(range(256)) * 40 + b"\r\n--"
    request = build_request(Sealing(sender, sealer).upload("prova01.zip", archive))
    assert request.content_type.startswith('multipart/related; type="application/xop+xml"')
    envelope, parts = split_package(request.content_type, request.body)
    assert list(parts.values()) == [archive]
    assert b"xop:Include" in envelope
    assert base64.b64encode(archive[:30]) not in envelope
    wire = parse_request(request.content_type, request.body)
    assert isinstance(wire, UploadRequest)
    assert wire.archive == archive


@pytest.mark.parametrize(
    ("content_type", "body", "error"),
    [
        ("text/xml", b"", UnreadableMessage),
        ("text/xml", b"<a", UnreadableMessage),
        ("text/xml", b"<a/>", UnreadableMessage),
        ("multipart/related", b"--x\r\n\r\n", UnreadableMessage),
        ("multipart/related; boundary=x", b"nothing here", UnreadableMessage),
        ("multipart/related; boundary=x", b"--x\r\nno headers\r\n--x--", UnreadableMessage),
        ("text/xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', ForbiddenXml),
        ("text/xml", b" " * 17_000_000, ForbiddenXml),
    ],
)
def test_parse_request_refuses_what_is_no_message(content_type: str, body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse_request(content_type, body)


def test_parse_request_refuses_a_body_nobody_knows() -> None:
    envelope = b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><x/></e:Body></e:Envelope>'
    with pytest.raises(UnknownBody):
        parse_request("text/xml", envelope)


def test_parse_request_refuses_an_include_without_its_part(sender: Sender, sealer: Sealer) -> None:
    request = build_request(Sealing(sender, sealer).upload("prova01.zip", b"zip"))
    with pytest.raises(UnreadableMessage, match="does not hold"):
        parse_request(request.content_type, request.body.replace(b"Content-ID: <archive", b"Content-ID: <other"))


def test_batch_entry_puts_the_operation_and_the_original_inside(
    sender: Sender, sealer: Sealer, document: ExpenseDocument
) -> None:
    original = DocumentId("00265910661", date(2026, 1, 1), "FT0", 3)
    wire = Sealing(sender, sealer).batch_document(BatchEntry(document, Operation.REFUND, original))
    assert wire.operation == "R"
    assert wire.original is not None
    assert wire.original.document_id == original


def test_archives_of_the_library_are_plain_zips() -> None:
    with zipfile.ZipFile(io.BytesIO(pack_one("a.xml", b"content" * 100))) as archive:
        assert archive.testzip() is None
        (info,) = archive.infolist()
        assert (info.filename, info.compress_type, info.file_size) == ("a.xml", zipfile.ZIP_DEFLATED, 700)
