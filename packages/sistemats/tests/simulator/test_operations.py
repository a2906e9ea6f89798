"""The four synchronous operations, as a client sees them and as the books hold them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from sistemats.codes import DocumentType, ExpenseType
from sistemats.documents import Item
from sistemats.replies import DocumentReply, PointQueryReply

from .cast import CITIZEN, OTHER_CITIZEN, TODAY, World


def codes(reply: object) -> list[str]:
    assert isinstance(reply, DocumentReply | PointQueryReply), reply
    return [message.code for message in reply.messages]


def test_insert_of_a_good_document_is_accepted_and_held(world: World) -> None:
    desk = world.desk()
    reply = desk.send(desk.sealing.insert(desk.document()))
    assert isinstance(reply, DocumentReply)
    assert (reply.outcome, codes(reply)) == ("0", ["0"])
    assert reply.messages[0].kind == ""
    assert reply.protocol is not None
    assert reply.protocol.startswith("99260310")
    assert len(reply.protocol) == 17
    [held] = world.admin.documents()
    assert held["citizen"] == CITIZEN
    assert held["items"][0]["amount"] == "50.00"
    assert held["protocol"] == reply.protocol
    assert held["file_name"] == "SERVIZIO SINCRONO"


def test_insert_of_a_present_id_is_refused_whatever_the_device_looks_like(world: World) -> None:
    desk = world.desk()
    desk.send(desk.sealing.insert(desk.document()))
    again = desk.sealing.insert(desk.document())
    padded = replace(again, document=replace(again.document, id=replace(again.document.id, device="001")))
    reply = desk.send(padded)
    assert codes(reply) == ["S017"]
    assert isinstance(reply, DocumentReply)
    assert (reply.outcome, reply.protocol) == ("1", None)
    assert len(world.admin.documents()) == 1


def test_change_replaces_the_content_and_gets_a_new_protocol(world: World) -> None:
    desk = world.desk()
    first = desk.send(desk.sealing.insert(desk.document()))
    dearer = replace(desk.document(), items=(Item(ExpenseType.SP, Decimal("80.00"), vat_nature="N4"),))
    second = desk.send(desk.sealing.change(dearer))
    assert isinstance(first, DocumentReply)
    assert isinstance(second, DocumentReply)
    assert second.protocol != first.protocol
    [held] = world.admin.documents()
    assert (held["items"][0]["amount"], held["last_operation"]) == ("80.00", "V")


def test_change_of_an_unknown_document_is_not_found(world: World) -> None:
    desk = world.desk()
    assert codes(desk.send(desk.sealing.change(desk.document()))) == ["S010"]


def test_cancel_keeps_the_document_and_the_query_still_finds_it(world: World) -> None:
    desk = world.desk()
    document = desk.document()
    desk.send(desk.sealing.insert(document))
    desk.send(desk.sealing.change(document))
    assert codes(desk.send(desk.sealing.cancel(document.id))) == ["0"]
    assert codes(desk.send(desk.sealing.cancel(document.id))) == ["S022"]
    reply = desk.send(desk.sealing.query(document.id))
    assert isinstance(reply, PointQueryReply)
    assert (reply.outcome, codes(reply)) == ("2", ["0", "W010"])
    assert reply.document is not None
    assert reply.document.sent_as == "V"
    [held] = world.admin.documents()
    assert held["cancelled"] is True


def test_cancelled_id_stays_taken_unless_the_setting_frees_it(world: World) -> None:
    desk = world.desk()
    document = desk.document()
    desk.send(desk.sealing.insert(document))
    desk.send(desk.sealing.cancel(document.id))
    assert codes(desk.send(desk.sealing.insert(document))) == ["S017"]
    world.admin.post("/settings", {"reinsert_after_cancel": True})
    assert codes(desk.send(desk.sealing.insert(document))) == ["0"]
    [held] = world.admin.documents()
    assert held["cancelled"] is False


def test_refund_is_tied_to_its_original_and_guards_it(world: World) -> None:
    desk = world.desk()
    original = desk.document("FT1")
    note = replace(desk.document("NC1"), items=(Item(ExpenseType.SP, Decimal("5.50"), vat_nature="N4"),))
    desk.send(desk.sealing.insert(original))
    assert codes(desk.send(desk.sealing.refund(original.id, note))) == ["0"]
    reply = desk.send(desk.sealing.query(original.id))
    assert isinstance(reply, PointQueryReply)
    assert reply.document is not None
    assert [(total.expense_type, total.amount) for total in reply.document.totals] == [("SP", "50.0")]
    assert [(total.expense_type, total.amount) for total in reply.document.refunded] == [("SP", "5.5")]
    assert codes(desk.send(desk.sealing.cancel(original.id))) == ["SX09"]
    assert codes(desk.send(desk.sealing.refund(original.id, note))) == ["S017"]
    assert codes(desk.send(desk.sealing.cancel(note.id))) == ["0"]
    assert codes(desk.send(desk.sealing.cancel(original.id))) == ["0"]


def test_refund_of_what_is_not_there_or_is_itself_a_refund_is_refused(world: World) -> None:
    desk = world.desk()
    original, note = desk.document("FT1"), desk.document("NC1")
    assert codes(desk.send(desk.sealing.refund(original.id, note))) == ["S010"]
    desk.send(desk.sealing.insert(original))
    desk.send(desk.sealing.refund(original.id, note))
    assert codes(desk.send(desk.sealing.refund(note.id, desk.document("NC2")))) == ["SX11"]
    late = replace(desk.document("NC3"), paid_on=date(2026, 3, 9))
    assert codes(desk.send(desk.sealing.refund(original.id, late))) == ["SX07", "SX10"]


def test_refund_of_more_than_was_spent_is_refused_only_by_setting(world: World) -> None:
    desk = world.desk()
    desk.send(desk.sealing.insert(desk.document("FT1")))
    much = replace(desk.document("NC1"), items=(Item(ExpenseType.SP, Decimal("50.01")),))
    world.admin.post("/settings", {"check_refund_amount": True})
    assert codes(desk.send(desk.sealing.refund(desk.document("FT1").id, much))) == ["SX13"]
    world.admin.post("/settings", {"check_refund_amount": False})
    assert codes(desk.send(desk.sealing.refund(desk.document("FT1").id, much))) == ["0"]


def test_second_document_of_a_citizen_on_a_day_is_taken_with_a_warning(world: World) -> None:
    desk = world.desk()
    desk.send(desk.sealing.insert(desk.document("FT1")))
    reply = desk.send(desk.sealing.insert(desk.document("FT2")))
    assert isinstance(reply, DocumentReply)
    assert (reply.outcome, codes(reply)) == ("2", ["W014", "0"])
    other = replace(desk.document("FT3"), citizen_code=OTHER_CITIZEN)
    assert codes(desk.send(desk.sealing.insert(other))) == ["0"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"citizen_code": None}, ["SX06"]),
        ({"opposed": True}, ["SX05"]),
        ({"citizen_code": None, "opposed": True}, ["0"]),
        ({"citizen_code": "RSSMRA80A01H501X"}, ["S011"]),
        ({"citizen_code": "PROVAX00X00X000Y"}, ["0"]),
        ({"paid_on": date(2026, 3, 11)}, ["S036"]),
        ({"paid_on": date(2026, 3, 9)}, ["SX07"]),
        ({"paid_on": date(2026, 3, 9), "prepaid": True}, ["0"]),
        ({"prepaid": True}, ["0"]),
        ({"document_type": None}, ["SX02"]),
        ({"traceable": None}, ["SX12"]),
        ({"items": (Item(ExpenseType.SP, Decimal("50.00")),)}, ["S016"]),
        ({"items": (Item(ExpenseType.SP, Decimal("50.00"), vat_rate=Decimal("22.00")),)}, ["0"]),
        ({"items": (Item(ExpenseType.SP, Decimal("50.00"), vat_nature="N9"),)}, ["S016"]),
        ({"items": (Item(ExpenseType.SP, Decimal("50.00"), vat_nature="N2.2"),)}, ["0"]),
        (
            {
                "items": (Item(ExpenseType.SP, Decimal("50.00"), vat_nature="N2.2"),),
                "document_type": DocumentType.TILL,
            },
            ["S016"],
        ),
        ({"items": (Item(ExpenseType.SR, Decimal("50.00"), vat_nature="N4"),)}, ["SX04"]),
        ({"items": (Item(ExpenseType.SP, Decimal("50.00"), flag="1", vat_nature="N4"),)}, ["SX03"]),
    ],
)
def test_insert_is_judged_by_the_written_rules(world: World, changes: dict, expected: list[str]) -> None:  # type: ignore[type-arg]
    desk = world.desk()
    assert codes(desk.send(desk.sealing.insert(replace(desk.document(), **changes)))) == expected


@pytest.mark.parametrize("amount", ["0", "-5", "INF", "-INF", "NaN", "123456.789", "1e9", "50.001", "0.001"])
def test_insert_with_an_amount_only_the_schema_likes_is_refused(world: World, amount: str) -> None:
    desk = world.desk()
    good = desk.sealing.insert(desk.document())
    items = (replace(good.document.items[0], amount=amount),)
    reply = desk.send(replace(good, document=replace(good.document, items=items)))
    assert codes(reply) == ["SX01"]


@pytest.mark.parametrize("amount", ["25", "25.3", "25.30", "1e3", " 25.30 "])
def test_insert_takes_amounts_in_every_spelling_of_a_double(world: World, amount: str) -> None:
    desk = world.desk()
    good = desk.sealing.insert(desk.document())
    items = (replace(good.document.items[0], amount=amount),)
    assert codes(desk.send(replace(good, document=replace(good.document, items=items)))) == ["0"]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-12-31", ["0"]),
        ("2027-02-01", ["0"]),
        ("2027-02-02", ["W008", "0"]),
        ("2027-12-31", ["W008", "0"]),
        ("2028-01-01", ["S035"]),
    ],
)
def test_insert_is_late_and_then_closed_by_the_clock(world: World, day: str, expected: list[str]) -> None:
    desk = world.desk()
    world.admin.post("/clock", {"now": day})
    assert codes(desk.send(desk.sealing.insert(desk.document()))) == expected


def test_veterinarian_has_until_the_middle_of_march(world: World) -> None:
    vet = world.desk("PNIMRA70A01H501P")
    world.admin.post("/clock", {"now": "2027-03-16"})
    assert codes(vet.send(vet.sealing.insert(vet.document("FT1")))) == ["0"]
    world.admin.post("/clock", {"now": "2027-03-17"})
    assert codes(vet.send(vet.sealing.change(vet.document("FT1")))) == ["0"]
    other = replace(vet.document("FT2"), citizen_code=OTHER_CITIZEN)
    assert codes(vet.send(vet.sealing.insert(other))) == ["W008", "0"]


def test_rules_of_later_decrees_do_not_touch_older_payments(world: World) -> None:
    desk = world.desk()
    world.admin.post("/clock", {"now": "2019-06-01"})
    old = replace(
        desk.document(),
        id=replace(desk.document().id, issued_on=date(2019, 5, 1)),
        paid_on=date(2019, 5, 1),
        items=(Item(ExpenseType.SP, Decimal("25.30")),),
        traceable=None,
        document_type=None,
        opposed=None,
    )
    assert codes(desk.send(desk.sealing.insert(old))) == ["0"]


def test_empty_citizen_passes_the_schema_and_not_the_rules(world: World) -> None:
    desk = world.desk()
    good = desk.sealing.insert(desk.document())
    reply = desk.send(replace(good, document=replace(good.document, citizen="")))
    assert codes(reply) == ["SX06"]


def test_books_keep_owners_apart(world: World) -> None:
    psychologist, nurse = world.desk(), world.desk("PPRPLT00A01H501I")
    document = psychologist.document()
    psychologist.send(psychologist.sealing.insert(document))
    assert codes(nurse.send(nurse.sealing.query(document.id))) == ["WS96"]
    assert codes(nurse.send(nurse.sealing.insert(document))) == ["0"]
    assert len(world.admin.documents()) == 2


def test_vat_number_is_matched_for_users_that_ask_for_it(world: World) -> None:
    world.admin.post("/users", {"user": "MTOMRA66A41G224M", "vat_checked": True})
    desk = world.desk()
    stranger = replace(desk.document(), id=replace(desk.document().id, vat_number="00000000000"))
    assert codes(desk.send(desk.sealing.insert(stranger))) == ["S001"]
    assert codes(desk.send(desk.sealing.insert(desk.document()))) == ["0"]


def test_today_is_the_clocks_day(world: World) -> None:
    assert world.admin.get("/clock")["today"] == TODAY.isoformat()
