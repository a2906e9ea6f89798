"""Replies: what the simulator writes the official schemas accept, and what anybody writes the parser survives."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from sistemats.codes import Call, SendingState, Service
from sistemats.documents import DocumentId
from sistemats.envelopes import WireId, pack_one
from sistemats.errors import BadArchive, UnreadableMessage
from sistemats.replies import (
    DocumentReply,
    ErrorDetailReply,
    Fault,
    FlagDetailReply,
    FlagDocument,
    FlagItem,
    FlagReportReply,
    ItemTotal,
    Message,
    MonthlyReportReply,
    OutcomeReply,
    PointQueryReply,
    QueriedDocument,
    ReceiptReply,
    Refusal,
    Reply,
    Sending,
    UnreadableReply,
    UploadReply,
    build_reply,
    parse_reply,
    read_error_archive,
    read_flag_archive,
    read_receipt,
)
from sistemats.xml import soap_body

DONE = Message("0", "Operazione eseguita correttamente", "")
LATE = Message("W008", "IL DOCUMENTO E' STATO TRASMESSO OLTRE I TERMINI PREVISTI", "W")
ID = WireId("65498732105", "2026-03-02", "001", "FT1")
REPLIES: list[Reply] = [
    DocumentReply(Call.INSERT, "0", (DONE,), "99260926001866680"),
    DocumentReply(Call.CHANGE, "2", (LATE, DONE), "99260926001866681"),
    DocumentReply(Call.REFUND, "1", (Message("S017", "IDENTIFICATIVO DOCUMENTO FISCALE GIA' PRESENTE", "E"),)),
    DocumentReply(Call.CANCEL, "0", (DONE,), "99260926001866682"),
    UploadReply("000", "ok", "16102014152383313", "02-03-2026 10:11:12", "1234", "prova.zip"),
    UploadReply("104", "PINCODE ERRATO", "", "", "", "prova.zip", "E1"),
    OutcomeReply("0", "", (Sending("16102014152383313", "02-03-2026", 3, "File elaborato con errori", 5, 3, 1, 2),)),
    OutcomeReply("1", "", (), (Refusal("WS96", "LA RICERCA NON HA PRODOTTO RISULTATI"),)),
    ErrorDetailReply("0", b"PK\3\4"),
    ErrorDetailReply("1", None, (Refusal("WS37", "FILE SCARTATO"),)),
    ReceiptReply("0", b"%PDF-1.4"),
    ReceiptReply("1", None, (Refusal("WS96", "NIENTE"),)),
    PointQueryReply(
        "2",
        (DONE, Message("W010", "ANNULLATO", "W")),
        QueriedDocument(
            ID,
            "2026-03-02",
            (ItemTotal("SP", "90.0"),),
            (ItemTotal("SP", "5.5"),),
            "99260926001866680",
            "SERVIZIO SINCRONO",
            "2026-03-03",
            "V",
            (Message("W003", "CF", "W"),),
        ),
    ),
    PointQueryReply("1", (Message("WS96", "NIENTE", "E"),)),
    MonthlyReportReply("0", (DONE,), b"PK\3\4"),
    MonthlyReportReply("1", (Message("WS96", "NIENTE", "E"),)),
    FlagDetailReply(
        "0",
        (DONE,),
        FlagDocument(
            ID,
            "2026-03-02",
            "2026-03-03",
            "99260926001866680",
            "SERVIZIO SINCRONO",
            ("Spesa non sostenuta",),
            (FlagItem("SP", "90.0", "importo diverso"),),
            (FlagItem(None, None, None, "tipo diverso"),),
        ),
    ),
    FlagReportReply("0", (DONE,), b"PK\3\4"),
]
SERVICE_OF = {
    call: service
    for service, calls in {Service.DOCUMENT: (Call.INSERT, Call.CHANGE, Call.REFUND, Call.CANCEL)}.items()
    for call in calls
}


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: f"{reply.call}")
def test_parse_reply_reads_back_every_reply(reply: Reply) -> None:
    assert parse_reply(reply.call, 200, "text/xml; charset=UTF-8", build_reply(reply)) == reply


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: f"{reply.call}")
def test_build_reply_writes_what_the_official_schema_accepts(
    reply: Reply, official_schemas: dict[Service, etree.XMLSchema]
) -> None:
    service = SERVICE_OF.get(reply.call) or Service(reply.call.value)
    official_schemas[service].assertValid(soap_body(etree.fromstring(build_reply(reply))))


def test_build_reply_declares_the_default_namespace_only_where_children_are_qualified() -> None:
    assert b'<inserimentoDocumentoSpesaResponse xmlns="http://documentospesap730' in build_reply(REPLIES[0])
    assert b"<DatiOutputRichiesta>" in build_reply(REPLIES[6])
    assert b"<ts:EsitoInviiResponse" in build_reply(REPLIES[6])


def test_parse_reply_reads_faults_typed_ones_too() -> None:
    plain = Fault("env:Client", "Errore generico di autenticazione")
    body = build_reply(plain)
    assert b"<env:Fault><faultcode>env:Client</faultcode>" in body
    assert parse_reply(Call.OUTCOME, 500, "text/xml", body) == plain
    typed = Fault("env:Server", "Errore", "qualcosa non va")
    assert parse_reply(Call.OUTCOME, 500, "text/xml", build_reply(typed)) == typed


def test_parse_reply_takes_codes_elements_and_orders_it_does_not_know() -> None:
    body = (
        build_reply(REPLIES[1])
        .replace(b"W008", b"ZZ99999")
        .replace(b"<listaMessaggi>", b"<nuovo><dentro>1</dentro></nuovo><listaMessaggi><altro/>")
    )
    reply = parse_reply(Call.CHANGE, 200, "text/xml", body)
    assert isinstance(reply, DocumentReply)
    assert [message.code for message in reply.messages] == ["ZZ99999", "0"]


def test_parse_reply_takes_empty_numbers_and_unknown_states() -> None:
    body = build_reply(REPLIES[6]).replace(b"<nWarnings>1<", b"<nWarnings><").replace(b"<stato>3<", b"<stato>7<")
    reply = parse_reply(Call.OUTCOME, 200, "text/xml", body)
    assert isinstance(reply, OutcomeReply)
    (sending,) = reply.sendings
    assert (sending.warnings, sending.state, sending.known_state) == (None, 7, None)


def test_parse_reply_reads_a_mime_package() -> None:
    envelope = build_reply(REPLIES[4])
    body = b"--b\r\nContent-Type: application/xop+xml\r\nContent-ID: <r>\r\n\r\n" + envelope + b"\r\n--b--\r\n"
    assert parse_reply(Call.UPLOAD, 200, 'multipart/related; boundary="b"; start="<r>"', body) == REPLIES[4]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>busy</body></html>",
        b"not xml",
        build_reply(REPLIES[4]),
        build_reply(REPLIES[0]).replace(b"<esitoChiamata>0</esitoChiamata>", b""),
    ],
)
def test_parse_reply_refuses_what_is_not_the_answer(body: bytes) -> None:
    with pytest.raises(UnreadableReply, match="HTTP 503"):
        parse_reply(Call.INSERT, 503, "text/html", body)


def test_parse_reply_refuses_wrong_base64() -> None:
    body = build_reply(REPLIES[14]).replace(b"<fileCSV>", b"<fileCSV>*")
    with pytest.raises(UnreadableReply, match="base64"):
        parse_reply(Call.REPORT, 200, "text/xml", body)


def test_sending_knows_which_states_are_final() -> None:
    assert [state.name for state in SendingState if not state.final] == ["WAITING", "PROCESSING"]


ERRORS = (
    "CF PROPRIETARIO; COD REGIONE; COD ASL; COD SSA; PARTITA IVA; DATA EMISSIONE; DOCUMENTO FISCALE DISPOSITIVO; "
    "DOCUMENTO FISCALE NUMERO; TIPO SPESA; CODICE ERRORE; DESCRIZIONE ERRORE\r\n"
    "RSSMRA80A01H501U;;;;65498732105;02/03/2026;1;FT1;SP;S017;GIA' PRESENTE\r\n"
    "RSSMRA80A01H501U;;;;65498732105;02/03/2026;1;FT2;SP;W003;CF NON PRESENTE\r\n"
)


def test_read_error_archive_reads_every_file_of_the_archive() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", ERRORS)
        archive.writestr("b.csv", ERRORS.encode("utf-8-sig"))
        archive.writestr("empty.csv", "")
    rows = read_error_archive(buffer.getvalue())
    assert len(rows) == 4
    assert rows[0].document_id == DocumentId("65498732105", date(2026, 3, 2), "FT1", 1)
    assert [(row.code, row.blocking) for row in rows[:2]] == [("S017", True), ("W003", False)]
    assert "RSSMRA" not in repr(rows)


def test_read_error_archive_survives_unreadable_cells() -> None:
    text = ERRORS.replace("02/03/2026", "32/13/2026")
    (first, _) = read_error_archive(pack_one("a.csv", text.encode("cp1252")))
    assert first.issued_on is None
    assert first.document_id is None
    with pytest.raises(BadArchive):
        read_error_archive(b"no zip")


def test_read_error_archive_refuses_a_field_larger_than_any_csv() -> None:
    with pytest.raises(UnreadableMessage):
        read_error_archive(pack_one("a.csv", b'A;B\n"' + b"x" * 200_000 + b'";1\n'))


def test_read_flag_archive_keeps_columns_nobody_published() -> None:
    (table,) = read_flag_archive(pack_one("a.csv", b"UNO; DUE; \n1;2;\n"))
    assert table.columns == ("UNO", "DUE")
    assert table.rows == ({"UNO": "1", "DUE": "2"},)


def test_read_receipt_opens_a_zipped_one() -> None:
    assert read_receipt(b"%PDF-1.7 x") == b"%PDF-1.7 x"
    assert read_receipt(pack_one("r.pdf", b"%PDF-1.7 y")) == b"%PDF-1.7 y"
    for wrong in (b"", b"<html>", pack_one("r.txt", b"x")):
        with pytest.raises(BadArchive):
            read_receipt(wrong)


def test_amounts_of_the_report_are_cents() -> None:
    from sistemats.replies.files import _amount

    assert _amount("402.0") == Decimal("402.00")
    assert _amount("x") is None
