"""Every official sample parses and rebuilds canonically equal, the two artefacts of the SoapUI projects cleaned."""

from __future__ import annotations

import re
from pathlib import Path

from lxml import etree

from sistemats.codes import Call, Operation
from sistemats.crypto import looks_sealed
from sistemats.envelopes import (
    build_element,
    build_request,
    pack_one,
    parse_request,
    read_batch,
    read_batch_archive,
    read_body,
    unpack_one,
    write_batch,
)
from sistemats.replies import (
    DocumentReply,
    Fault,
    PointQueryReply,
    build_reply,
    parse_reply,
    read_report_archive,
)
from sistemats.replies.files import _report_row

SOAPUI_NEWLINE = re.compile(rb"\\r(?=\r?\n|$)")
SOAPUI_ATTACHMENT = re.compile(rb"<documento>cid:[^<]*</documento>")


def canonical(element: etree._Element) -> str:
    """Canonical XML without comments, blanks between elements and the choice of prefixes."""
    text = etree.tostring(element, encoding="unicode", with_tail=False)
    return str(etree.canonicalize(text, rewrite_prefixes=True, strip_text=True, with_comments=False))


def clean(data: bytes) -> bytes:
    """Take out SoapUI's literal \\r at line ends and its placeholder for the attachment."""
    return SOAPUI_ATTACHMENT.sub(b"<documento>UEsFBgAAAAA=</documento>", SOAPUI_NEWLINE.sub(b"", data))


def test_parse_request_reads_and_rebuilds_every_official_request(official: Path) -> None:
    calls: dict[Call, int] = {}
    files = sorted((official / "derived-soapui-requests").glob("*/*.xml"))
    for path in files:
        data = clean(path.read_bytes())
        wire = parse_request("text/xml; charset=UTF-8", data)
        assert canonical(build_element(wire)) == canonical(read_body("text/xml", data)), path.name
        sent = build_request(wire)
        assert parse_request(sent.content_type, sent.body) == wire, path.name
        calls[wire.call] = calls.get(wire.call, 0) + 1
    assert len(files) == 185
    assert calls == {
        call: {Call.INSERT: 26, Call.CHANGE: 13, Call.REFUND: 13, Call.CANCEL: 13}.get(call, 15) for call in Call
    }


def test_read_batch_reads_and_write_batch_rebuilds_every_official_file(official: Path) -> None:
    files = sorted(official.glob("kit*/TracciatiWS/EsempiFileXmlInvioAsincrono/*.xml"))
    assert len(files) == 14
    for path in files:
        with path.open("rb") as stream:
            owner, documents = read_batch(stream)
            entries = list(documents)
        (file,) = write_batch(owner, entries, "prova")
        expected = etree.parse(path).getroot()
        expected.attrib.clear()
        etree.cleanup_namespaces(expected)
        assert canonical(etree.fromstring(unpack_one(file.archive))) == canonical(expected), path.name
        assert all(entry.operation == Operation.INSERT and looks_sealed(owner.code or "") for entry in entries)


def test_read_batch_archive_opens_every_official_archive(official: Path) -> None:
    archives = sorted((official / "derived-soapui-requests").glob("*/*.zip"))
    assert len(archives) == 15
    for path in archives:
        _, documents = read_batch_archive(path.read_bytes())
        assert len(list(documents)) >= 1


def test_parse_reply_reads_every_captured_reply_word_for_word(official: Path) -> None:
    folder = official / "captured-responses"
    seen = 0
    for path in sorted(folder.glob("*.xml")):
        call = Call.QUERY if path.name.startswith("interrogazione") else Call.INSERT
        reply = parse_reply(call, 200, "text/xml;charset=UTF-8", path.read_bytes())
        assert parse_reply(call, 200, "text/xml", build_reply(reply)) == reply
        seen += 1
    assert seen == 5
    warned = parse_reply(Call.INSERT, 200, "text/xml", (folder / "inserimento_accepted_with_warning.xml").read_bytes())
    assert isinstance(warned, DocumentReply)
    assert (warned.outcome, warned.protocol) == ("2", "99260926001866680")
    assert [(m.code, m.kind) for m in warned.messages] == [("W008", "W"), ("0", "")]
    assert warned.messages[0].text == "IL DOCUMENTO E' STATO TRASMESSO OLTRE I TERMINI PREVISTI"
    gone = parse_reply(Call.QUERY, 200, "text/xml", (folder / "interrogazione_cancelled.xml").read_bytes())
    assert isinstance(gone, PointQueryReply)
    assert gone.document is not None
    assert gone.document.sent_as == "V"
    fault = parse_reply(Call.INSERT, 500, "text/xml", (folder / "fault_authentication.xml").read_bytes())
    assert isinstance(fault, Fault)
    assert fault.authentication


def test_read_report_archive_reads_the_captured_report(official: Path) -> None:
    rows = read_report_archive(
        pack_one("report.csv", (official / "captured-responses/report_mensile.csv").read_bytes())
    )
    assert [(row.number, row.sent_as, str(row.totals["SP"]), str(row.refunded["SP"])) for row in rows] == [
        ("FT0001/2026", "I", "402.00", "0.00"),
        ("181", "V", "40.00", "5.50"),
    ]
    assert rows[0].document_id is not None
    assert "" not in rows[0].raw
    assert _report_row({"TOTALE XY": "3,5"}).totals.keys() == {"XY"}
