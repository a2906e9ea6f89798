"""Monthly report, remarks, receipts and the small replies, held against what was captured of the real ones."""

from __future__ import annotations

import subprocess
import zipfile
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sistemats.codes import Call, ExpenseType
from sistemats.documents import DocumentId, Item
from sistemats.replies import (
    DocumentReply,
    FlagDetailReply,
    FlagReportReply,
    Message,
    MonthlyReportReply,
    PointQueryReply,
    ReceiptReply,
    build_reply,
    read_report_archive,
)
from sistemats.simulator.files import ERROR_COLUMNS, java_double
from sistemats.simulator.messages import TABLE, as_table, say
from sistemats.simulator.pdf import text_pdf
from sistemats.simulator.quick import quick_reply

from .cast import CITIZEN, OTHER_CITIZEN, PSYCHOLOGIST, TODAY, Desk, World
from .conftest import Start


def report_text(desk: Desk, month: date, extraction: str = "I") -> str:
    reply = desk.send(desk.sealing.report(month.year, month.month, extraction))
    assert isinstance(reply, MonthlyReportReply)
    assert reply.archive is not None, reply.messages
    with zipfile.ZipFile(BytesIO(reply.archive)) as archive:
        assert archive.namelist() == ["report.csv"]
        return archive.read("report.csv").decode("utf-8")


def put(desk: Desk, number: str, day: date, amount: str, citizen: str = CITIZEN) -> DocumentId:
    document = replace(
        desk.document(number),
        id=replace(desk.document(number).id, issued_on=day),
        paid_on=day,
        items=(Item(ExpenseType.SP, Decimal(amount), vat_nature="N4"),),
        citizen_code=citizen,
    )
    desk.send(desk.sealing.insert(document))
    return document.id


def without_protocols(text: str) -> list[list[str]]:
    return [["" if place == 9 else field for place, field in enumerate(line.split(";"))] for line in text.splitlines()]


def test_monthly_report_is_the_captured_one_but_for_the_protocols(official: Path, start: Start) -> None:
    from sistemats.simulator.clock import read_instant

    world = start(clock=read_instant("2026-09-03"))
    desk = world.desk()
    put(desk, "FT0001/2026", date(2026, 9, 3), "402")
    original = put(desk, "181", date(2025, 12, 1), "41", OTHER_CITIZEN)
    corrected = replace(
        desk.document("181"),
        id=original,
        paid_on=original.issued_on,
        items=(Item(ExpenseType.SP, Decimal("40.00"), vat_nature="N4"),),
    )
    desk.send(desk.sealing.change(corrected))
    note = replace(desk.document("NC1"), items=(Item(ExpenseType.SP, Decimal("5.50"), vat_nature="N4"),))
    note = replace(note, id=replace(note.id, issued_on=date(2026, 9, 3)), paid_on=date(2026, 9, 3))
    desk.send(desk.sealing.refund(original, note))
    captured = (official / "captured-responses" / "report_mensile.csv").read_text("utf-8")
    assert without_protocols(report_text(desk, date(2026, 9, 3))) == without_protocols(captured)


def test_monthly_report_by_day_of_payment_and_without_what_is_cancelled(start: Start) -> None:
    world = start()
    desk = world.desk()
    put(desk, "A1", date(2026, 2, 28), "10")
    gone = put(desk, "A2", date(2026, 2, 1), "20", OTHER_CITIZEN)
    put(desk, "A3", date(2026, 3, 1), "30", OTHER_CITIZEN)
    desk.send(desk.sealing.cancel(gone))
    by_payment = report_text(desk, date(2026, 2, 1), "P")
    assert [line.split(";")[6] for line in by_payment.splitlines()[1:]] == ["A1"]
    by_sending = report_text(desk, TODAY)
    assert [line.split(";")[6] for line in by_sending.splitlines()[1:]] == ["A1", "A3"]


def test_monthly_report_shows_the_types_that_occur(world: World) -> None:
    doctor = world.desk("PROVAX00X00X000Y")
    mixed = replace(
        doctor.document("A1"),
        items=(
            Item(ExpenseType.AA, Decimal("1.00"), vat_nature="N4"),
            Item(ExpenseType.SR, Decimal("2.50"), flag="2", vat_nature="N4"),
            Item(ExpenseType.SR, Decimal("2.50"), vat_nature="N4"),
        ),
    )
    doctor.send(doctor.sealing.insert(mixed))
    header, row = report_text(doctor, TODAY).splitlines()
    assert header.endswith(
        "TOTALE TK; TOTALE TK RIMBORSATO; TOTALE SR; TOTALE SR RIMBORSATO; TOTALE AA; TOTALE AA RIMBORSATO; "
    )
    assert row.endswith(";0.0;0.0;5.0;0.0;1.0;0.0;")
    reply = doctor.send(doctor.sealing.report(TODAY.year, TODAY.month, "I"))
    assert isinstance(reply, MonthlyReportReply)
    [read] = read_report_archive(reply.archive or b"")
    assert read.totals == {"TK": Decimal(0), "SR": Decimal(5), "AA": Decimal(1)}


@pytest.mark.parametrize(
    ("month", "extraction", "code"), [("202601", "I", "WS96"), ("202613", "I", "SX32"), ("202603", "Z", "SX32")]
)
def test_monthly_report_of_nothing_or_of_nonsense(world: World, month: str, extraction: str, code: str) -> None:
    desk = world.desk()
    wire = replace(desk.sealing.report(2026, 3, "I"), month=month, extraction=extraction)
    reply = desk.send(wire)
    assert isinstance(reply, MonthlyReportReply)
    assert (reply.outcome, reply.archive, [message.code for message in reply.messages]) == ("1", None, [code])


def test_point_query_is_the_captured_one_but_for_the_values(official: Path, world: World) -> None:
    desk = world.desk()
    document = desk.document()
    desk.send(desk.sealing.insert(document))
    desk.send(desk.sealing.change(document))
    desk.send(desk.sealing.cancel(document.id))
    ours = etree.fromstring(desk.raw(desk.sealing.query(document.id)).body)
    theirs = etree.parse(official / "captured-responses" / "interrogazione_cancelled.xml").getroot()
    assert [element.tag for element in ours.iter()] == [element.tag for element in theirs.iter()]
    texts = {"codice", "descrizione", "tipo", "esitoChiamata", "nomeFile", "tipoInvio", "tipoSpesa"}
    for one, other in zip(ours.iter(), theirs.iter(), strict=True):
        if etree.QName(one).localname in texts:
            assert (one.text or "") == (other.text or "")


@pytest.mark.parametrize(
    "name", ["inserimento_accepted_with_warning", "inserimento_rejected_duplicate", "fault_authentication"]
)
def test_captured_replies_have_the_shape_of_ours(official: Path, world: World, name: str) -> None:
    desk = world.desk()
    document = desk.document()
    if name == "fault_authentication":
        world.admin.fail("expired_password")
    else:
        world.admin.post("/clock", {"now": "2027-03-01"})
        if name == "inserimento_rejected_duplicate":
            desk.send(desk.sealing.insert(document))
            world.admin.post("/clock", {"now": "2026-03-10"})
    ours = etree.fromstring(desk.raw(desk.sealing.insert(document)).body)
    theirs = etree.parse(official / "captured-responses" / f"{name}.xml").getroot()
    for one, other in zip(ours.iter(), theirs.iter(), strict=True):
        assert one.tag == other.tag
        assert one.prefix == other.prefix
        if etree.QName(one).localname != "protocollo":
            assert (one.text or "").strip() == (other.text or "").strip()


def remark(world: World, number: str, on: str) -> None:
    world.admin.post(
        "/remarks",
        {
            "owner": PSYCHOLOGIST,
            "vat_number": "65498732105",
            "issued_on": TODAY.isoformat(),
            "number": number,
            "on": on,
            "document": ["SPESA NON SOSTENUTA"],
        },
    )


def test_remarks_are_found_by_document_and_by_period(world: World) -> None:
    desk = world.desk()
    document = desk.document("A1")
    desk.send(desk.sealing.insert(document))
    nothing = desk.send(desk.sealing.flag_detail(document.id))
    assert isinstance(nothing, FlagDetailReply)
    assert [message.code for message in nothing.messages] == ["WS96"]
    remark(world, "A1", "2026-04-02")
    told = desk.send(desk.sealing.flag_detail(document.id))
    assert isinstance(told, FlagDetailReply)
    assert told.document is not None
    assert told.document.remarks == ("SPESA NON SOSTENUTA",)
    for first, last, found in (("2026-04-01", "2026-04-02", True), ("2026-04-03", "2026-04-30", False)):
        reply = desk.send(desk.sealing.flag_report(date.fromisoformat(first), date.fromisoformat(last)))
        assert isinstance(reply, FlagReportReply)
        assert (reply.archive is not None) is found
    wrong = desk.send(desk.sealing.flag_report(date(2026, 5, 1), date(2026, 4, 1)))
    assert isinstance(wrong, FlagReportReply)
    assert [message.code for message in wrong.messages] == ["SX31"]


def test_refund_by_its_own_id_shows_its_own_totals(world: World) -> None:
    desk = world.desk()
    desk.send(desk.sealing.insert(desk.document("A1")))
    note = replace(desk.document("N1"), items=(Item(ExpenseType.SP, Decimal("5.50")),))
    desk.send(desk.sealing.refund(desk.document("A1").id, note))
    reply = desk.send(desk.sealing.query(note.id))
    assert isinstance(reply, PointQueryReply)
    assert reply.document is not None
    assert (reply.document.sent_as, [total.amount for total in reply.document.totals]) == ("R", ["5.5"])


def test_receipt_is_a_pdf_that_people_can_read(world: World, tmp_path: Path) -> None:
    desk = world.desk()
    desk.send(desk.sealing.insert(desk.document()))
    protocol = world.admin.documents()[0]["protocol"]
    reply = desk.send(desk.sealing.receipt(protocol))
    assert isinstance(reply, ReceiptReply)
    file = tmp_path / "receipt.pdf"
    file.write_bytes(reply.pdf or b"")
    shown = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert f"Protocollo: {protocol}" in shown.stdout
    assert "Documenti accolti: 1" in shown.stdout


def test_pdf_survives_parentheses_accents_and_strange_letters(tmp_path: Path) -> None:
    file = tmp_path / "text.pdf"
    file.write_bytes(text_pdf("È (così) \\ fatta", ["perché ) (", "漢字"]))
    shown = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=False)
    assert shown.stderr == ""
    assert "È (così) \\ fatta" in shown.stdout
    assert "perché ) (" in shown.stdout


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("402", "402.0"),
        ("0", "0.0"),
        ("5.50", "5.5"),
        ("99999.99", "99999.99"),
        ("10000000", "1.0E7"),
        ("12345678.90", "1.23456789E7"),
    ],
)
def test_amounts_are_written_as_java_does(amount: str, text: str) -> None:
    assert java_double(Decimal(amount)) == text


@given(
    st.sampled_from([Call.INSERT, Call.CHANGE, Call.REFUND, Call.CANCEL]),
    st.sampled_from(["0", "1", "2"]),
    st.none() | st.text(alphabet="0123456789", min_size=17, max_size=17),
    st.lists(
        st.builds(
            Message,
            st.sampled_from(sorted(TABLE)),
            st.text(alphabet="AÈ<>&'\" \u20ac\u6f22", max_size=12),
            st.sampled_from(["E", "W", "S", ""]),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_quick_reply_is_the_reply_of_the_element_tree(
    call: Call, outcome: str, protocol: str | None, messages: list[Message]
) -> None:
    reply = DocumentReply(call, outcome, tuple(messages), protocol)
    quick, slow = etree.fromstring(quick_reply(reply)), etree.fromstring(build_reply(reply))
    assert etree.tostring(quick, method="c14n") == etree.tostring(slow, method="c14n")


def test_every_invented_code_says_so_and_has_words(world: World) -> None:
    rows = {str(row["code"]): row for row in world.admin.get("/codes")["codes"]}
    assert rows.keys() == TABLE.keys()
    assert {code for code, row in rows.items() if row["invented"]} == {code for code in rows if code.startswith("SX")}
    assert all(row["text"] and row["meaning"] for row in rows.values())
    assert rows["S017"]["wording_invented"] is False
    assert rows["S022"]["wording_invented"] is True
    assert say("S035").blocking
    assert len(as_table()) == len(TABLE)
    assert len(ERROR_COLUMNS) == 11


def test_page_of_the_simulator_lists_every_invented_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text("utf-8")
    for code, wording in TABLE.items():
        if wording.invented:
            assert f"| `{code}` | {wording.meaning} |" in page
        else:
            assert code in page or code.isdigit()
