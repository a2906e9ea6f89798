"""Files: taken in charge, waiting, worked on, finished; their errors and receipts."""

from __future__ import annotations

import io
import time
import zipfile
from dataclasses import replace
from decimal import Decimal

import pytest

from sistemats.codes import ExpenseType, Operation
from sistemats.documents import BatchEntry, Item
from sistemats.envelopes import UploadRequest, WireOwner
from sistemats.replies import (
    ErrorDetailReply,
    OutcomeReply,
    ReceiptReply,
    Reply,
    UploadReply,
    read_error_archive,
    read_receipt,
)
from sistemats.replies import Fault as SoapFault
from sistemats.simulator import Settings

from .cast import OTHER_CITIZEN, TODAY, Desk, World
from .conftest import Start


def packed(content: bytes, name: str = "prova.xml") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def upload(desk: Desk, archive: bytes, name: str = "prova.zip", **changes: object) -> UploadReply:
    request = replace(desk.sealing.upload(name, archive), **changes)  # type: ignore[arg-type]
    reply = desk.send(request)
    assert isinstance(reply, UploadReply), reply
    return reply


def state(desk: Desk, protocol: str) -> tuple[int | None, int | None, int | None, int | None, int | None]:
    reply = desk.send(desk.sealing.outcome(protocol))
    assert isinstance(reply, OutcomeReply)
    [row] = reply.sendings
    return row.state, row.sent, row.accepted, row.warnings, row.errors


def refusal_code(reply: Reply | SoapFault) -> str:
    assert isinstance(reply, OutcomeReply | ErrorDetailReply | ReceiptReply)
    assert reply.outcome == "1"
    return reply.refusals[0].code


def test_upload_is_taken_in_charge_with_the_facts_of_the_file(world: World) -> None:
    desk = world.desk()
    file = desk.batch(desk.document())
    reply = upload(desk, file.archive, file.name)
    assert (reply.code, reply.file_name, reply.size) == ("000", file.name, str(len(file.archive)))
    assert len(reply.protocol) == 17
    assert reply.protocol.startswith("260310")
    assert reply.accepted_at.startswith("10-03-2026 ")
    assert reply.error_id is None


def test_file_waits_is_worked_on_and_ends_by_the_clock(start: Start) -> None:
    world = start(settings=Settings(queue_seconds=60, processing_seconds=120))
    world.admin.post("/clock", {"frozen": True})
    desk = world.desk()
    protocol = upload(desk, desk.batch(desk.document()).archive).protocol
    assert state(desk, protocol) == (0, 0, 0, 0, 0)
    assert refusal_code(desk.send(desk.sealing.errors(protocol))) == "WS96"
    assert refusal_code(desk.send(desk.sealing.receipt(protocol))) == "WS96"
    world.admin.post("/clock", {"advance_seconds": 60})
    assert state(desk, protocol) == (1, 0, 0, 0, 0)
    assert world.admin.documents() == []
    world.admin.post("/clock", {"advance_seconds": 120})
    assert state(desk, protocol) == (2, 1, 1, 0, 0)
    assert refusal_code(desk.send(desk.sealing.errors(protocol))) == "WS96"
    assert world.admin.documents()[0]["protocol"] == protocol


def test_file_ripens_by_itself_while_the_clock_runs(start: Start) -> None:
    world = start(settings=Settings(queue_seconds=0.05, processing_seconds=0.05))
    desk = world.desk()
    protocol = upload(desk, desk.batch(desk.document()).archive).protocol
    ended = desk.client().wait_for_outcome(protocol, [0.05] * 2_400, time.sleep)
    assert isinstance(ended, OutcomeReply)
    assert ended.sendings[0].state == 2


def test_mixed_file_ends_in_state_3_with_one_line_a_message(world: World) -> None:
    desk = world.desk()
    good, twin = desk.document("A1"), desk.document("A2")
    wrong = replace(desk.document("A3"), citizen_code="RSSMRA80A01H501X", document_type=None)
    protocol = upload(desk, desk.batch(good, twin, good, wrong).archive).protocol
    assert state(desk, protocol) == (3, 4, 2, 1, 2)
    reply = desk.send(desk.sealing.errors(protocol))
    assert isinstance(reply, ErrorDetailReply)
    rows = read_error_archive(reply.archive or b"")
    assert [(row.number, row.code) for row in rows] == [
        ("A2", "W014"),
        ("A1", "S017"),
        ("A3", "S011"),
        ("A3", "SX02"),
    ]
    assert {row.issued_on for row in rows} == {TODAY}
    assert {row.raw["CF PROPRIETARIO"] for row in rows} == {"MTOMRA66A41G224M"}
    assert {row["number"] for row in world.admin.documents()} == {"A1", "A2"}


def test_file_of_all_four_operations_is_done_in_order(world: World) -> None:
    desk = world.desk()
    original = desk.document("A1")
    dearer = replace(original, items=(Item(ExpenseType.SP, Decimal("99.99"), vat_nature="N4"),))
    note = replace(desk.document("N1"), items=(Item(ExpenseType.SP, Decimal("10.00"), vat_nature="N4"),))
    gone = replace(desk.document("A2"), citizen_code=OTHER_CITIZEN)
    file = desk.batch(
        BatchEntry(original),
        BatchEntry(dearer, Operation.CHANGE),
        BatchEntry(note, Operation.REFUND, original.id),
        BatchEntry(gone),
        BatchEntry(gone, Operation.CANCEL),
    )
    protocol = upload(desk, file.archive).protocol
    assert state(desk, protocol) == (2, 5, 5, 0, 0)
    held = {row["number"]: row for row in world.admin.documents()}
    assert held["A1"]["items"][0]["amount"] == "99.99"
    assert held["N1"]["refund_of"]["number"] == "A1"
    assert held["A2"]["cancelled"] is True


def test_original_belongs_to_refunds_alone(world: World) -> None:
    desk = world.desk()
    desk.send(desk.sealing.insert(desk.document("A1")))
    wrong = BatchEntry(desk.document("A2"), Operation.INSERT, desk.document("A1").id)
    missing = BatchEntry(desk.document("A3"), Operation.REFUND, None)
    protocol = upload(desk, desk.batch(wrong, missing).archive).protocol
    assert state(desk, protocol) == (3, 2, 0, 0, 2)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not xml",
        b"<precompilata/>",
        b"<precompilata><proprietario/><documentoSpesa/></precompilata>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><precompilata/>",
        b"\xff\xfe\x00broken",
    ],
)
def test_file_that_breaks_the_schema_is_rejected_whole(world: World, content: bytes) -> None:
    desk = world.desk()
    protocol = upload(desk, packed(content)).protocol
    assert state(desk, protocol) == (5, 0, 0, 0, 0)
    assert refusal_code(desk.send(desk.sealing.errors(protocol))) == "WS37"
    receipt = desk.send(desk.sealing.receipt(protocol))
    assert isinstance(receipt, ReceiptReply)
    assert b"Motivo dello scarto" in read_receipt(receipt.pdf or b"")


def test_one_wrong_document_rejects_the_file_it_is_in(world: World) -> None:
    desk = world.desk()
    with zipfile.ZipFile(io.BytesIO(desk.batch(desk.document("A1"), desk.document("A2")).archive)) as archive:
        text = archive.read(archive.namelist()[0])
    comma = b",00".join(text.rsplit(b".00", 1))
    assert comma != text
    protocol = upload(desk, packed(comma)).protocol
    assert state(desk, protocol)[0] == 5
    assert world.admin.documents() == []


def test_two_files_in_a_zip_or_a_damaged_one_are_rejected_in_processing(world: World) -> None:
    desk = world.desk()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.xml", "<a/>")
        archive.writestr("b.xml", "<b/>")
    assert state(desk, upload(desk, buffer.getvalue()).protocol)[0] == 5
    good = bytearray(desk.batch(desk.document()).archive)
    good[80] ^= 0xFF
    assert state(desk, upload(desk, bytes(good)).protocol)[0] == 5


def test_owner_inside_must_be_the_owner_outside(world: World) -> None:
    psychologist, nurse = world.desk(), world.desk("PPRPLT00A01H501I")
    protocol = upload(psychologist, nurse.batch(nurse.document()).archive).protocol
    assert state(psychologist, protocol)[0] == 5


def test_owner_in_clear_inside_the_file_cannot_be_opened(world: World) -> None:
    desk = world.desk()
    with zipfile.ZipFile(io.BytesIO(desk.batch(desk.document()).archive)) as archive:
        text = archive.read(archive.namelist()[0])
    start, end = text.index(b"<cfProprietario>"), text.index(b"</cfProprietario>")
    clear = text[:start] + b"<cfProprietario>MTOMRA66A41G224M" + text[end:]
    assert state(desk, upload(desk, packed(clear)).protocol)[0] == 5


@pytest.mark.parametrize(
    ("archive", "name", "code"),
    [
        (b"", "prova.zip", "103"),
        (b"this is no zip at all", "prova.zip", "102"),
        (b"PK\x03\x04 truncated", "prova.zip", "102"),
        (packed(b"<a/>"), "prova.txt", "101"),
        (packed(b"<a/>"), "provazip", "101"),
        (b"PK\x05\x06" + bytes(18), "prova.zip", "103"),
        (bytes(5_000_001), "prova.zip", "108"),
    ],
)
def test_upload_is_refused_at_the_door_with_the_official_code(
    world: World, archive: bytes, name: str, code: str
) -> None:
    desk = world.desk()
    reply = upload(desk, archive, name)
    assert (reply.code, reply.protocol, reply.accepted_at) == (code, "", "")
    assert reply.error_id
    assert world.admin.get("/books")["sendings"] == []


def test_upload_takes_the_archive_inline_as_well(world: World) -> None:
    desk = world.desk()
    request = desk.sealing.upload("prova.zip", desk.batch(desk.document()).archive, inline=True)
    reply = desk.send(request)
    assert isinstance(reply, UploadReply)
    assert reply.accepted
    assert len(world.admin.documents()) == 1


def test_upload_with_the_owners_code_sealed_is_formally_wrong(world: World) -> None:
    desk = world.desk()
    sealed = WireOwner(code=desk.sealing._sealer.seal("MTOMRA66A41G224M"))
    assert upload(desk, desk.batch(desk.document()).archive, owner=sealed).code == "109"
    assert upload(desk, desk.batch(desk.document()).archive, owner=None).code == "109"


def test_same_file_twice_is_two_protocols_and_documents_once(world: World) -> None:
    desk = world.desk()
    archive = desk.batch(desk.document()).archive
    first, second = upload(desk, archive).protocol, upload(desk, archive).protocol
    assert first != second
    assert state(desk, first) == (2, 1, 1, 0, 0)
    assert state(desk, second) == (3, 1, 0, 0, 1)
    world.admin.post("/settings", {"refuse_same_file": True})
    assert upload(desk, archive).code == "SX20"


def test_outcome_wants_a_protocol_or_both_days(world: World) -> None:
    desk = world.desk()
    wire = desk.sealing.outcome("99161117000731505")
    assert refusal_code(desk.send(wire)) == "WS96"
    both = replace(wire, first_day="01-03-2026", last_day="31-03-2026")
    assert refusal_code(desk.send(both)) == "SX30"
    assert refusal_code(desk.send(replace(both, protocol=None, last_day=None))) == "SX30"
    assert refusal_code(desk.send(replace(both, protocol="", first_day="31-03-2026", last_day="01-03-2026"))) == "SX31"
    assert refusal_code(desk.send(replace(both, protocol=None, first_day="2026-03-01"))) == "SX31"
    upload(desk, desk.batch(desk.document()).archive)
    found = desk.send(replace(both, protocol=""))
    assert isinstance(found, OutcomeReply)
    assert len(found.sendings) == 1
    empty = replace(wire, protocol=found.sendings[0].protocol, first_day="", last_day="")
    assert isinstance(desk.send(empty), OutcomeReply)


def test_outcome_by_days_lists_synchronous_calls_only_by_setting(world: World) -> None:
    desk = world.desk()
    desk.send(desk.sealing.insert(desk.document()))
    days = desk.sealing.outcomes(TODAY, TODAY)
    assert refusal_code(desk.send(days)) == "WS96"
    world.admin.post("/settings", {"list_synchronous": True})
    found = desk.send(days)
    assert isinstance(found, OutcomeReply)
    assert (found.sendings[0].state, found.sendings[0].sent) == (2, 1)


def test_synchronous_protocols_have_receipts_and_error_files_too(world: World) -> None:
    desk = world.desk()
    desk.send(desk.sealing.insert(desk.document("A1")))
    warned = desk.send(desk.sealing.insert(desk.document("A2")))
    protocol = getattr(warned, "protocol", "")
    assert state(desk, protocol) == (2, 1, 1, 1, 0)
    errors = desk.send(desk.sealing.errors(protocol))
    assert isinstance(errors, ErrorDetailReply)
    assert [row.code for row in read_error_archive(errors.archive or b"")] == ["W014"]
    receipt = desk.send(desk.sealing.receipt(protocol))
    assert isinstance(receipt, ReceiptReply)
    assert protocol.encode() in read_receipt(receipt.pdf or b"")


def test_receipts_of_others_are_not_there(world: World) -> None:
    psychologist, nurse = world.desk(), world.desk("PPRPLT00A01H501I")
    protocol = upload(psychologist, psychologist.batch(psychologist.document()).archive).protocol
    assert refusal_code(nurse.send(nurse.sealing.outcome(protocol))) == "WS96"
    assert refusal_code(nurse.send(nurse.sealing.receipt(protocol))) == "WS96"


def test_empty_pin_is_undecipherable_to_the_receipts(world: World) -> None:
    desk = world.desk()
    assert refusal_code(desk.send(replace(desk.sealing.outcome("1"), pin=""))) == "002"


def test_upload_request_keeps_its_archive_out_of_the_journal(world: World) -> None:
    desk = world.desk()
    request = desk.sealing.upload("prova.zip", desk.batch(desk.document()).archive)
    assert isinstance(request, UploadRequest)
    desk.send(request)
    values = world.admin.last_call()["values"]
    assert values["archive_bytes"] == len(request.archive)
    assert "archive" not in values
