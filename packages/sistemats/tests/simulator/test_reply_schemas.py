"""Every reply of the simulator, whatever it says, is one that the official schemas allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import islice

import pytest
from lxml import etree

from sistemats.codes import CALLS, Call, ExpenseType, Service
from sistemats.documents import Item
from sistemats.envelopes import WireRequest
from sistemats.envelopes.soap import read_body
from sistemats.replies import UploadReply

from .cast import PSYCHOLOGIST, TODAY, Desk, World


def requests(world: World, desk: Desk) -> Iterator[WireRequest]:
    """Requests that are done, done with warnings, refused, and that find nothing, of every operation."""
    sealing, document = desk.sealing, desk.document("A1")
    second, never = desk.document("A2"), desk.document("A9")
    item = Item(ExpenseType.SP, Decimal("3.00"), vat_nature="N4")
    refund = replace(desk.document("R1"), items=(item,))
    yield sealing.query(document.id)
    yield sealing.report(2025, 1, "I")
    yield sealing.outcomes(TODAY, TODAY)
    yield sealing.flag_detail(document.id)
    yield sealing.flag_report(TODAY, TODAY)
    yield from (sealing.insert(document), sealing.insert(document), sealing.insert(second))
    yield from (sealing.change(document), sealing.change(never))
    yield from (sealing.refund(document.id, refund), sealing.refund(never.id, replace(refund, id=never.id)))
    yield from (sealing.cancel(second.id), sealing.cancel(second.id), sealing.cancel(document.id))
    values = {"owner": PSYCHOLOGIST, "vat_number": document.id.vat_number, "issued_on": TODAY.isoformat()}
    items = [{"expense_type": "SP", "amount_remark": "troppo", "type_remark": "altro"}]
    world.admin.post("/remarks", {**values, "number": "A1", "document": ["non mia"], "items": items})
    yield from (sealing.query(document.id), sealing.query(second.id), sealing.report(TODAY.year, TODAY.month, "I"))
    yield from (sealing.flag_detail(document.id), sealing.flag_report(TODAY - timedelta(days=9), TODAY))


def receipts(desk: Desk) -> Iterator[WireRequest]:
    """Uploads that are taken and refused, and everything that can be asked of one."""
    sealing = desk.sealing
    file = desk.batch(desk.document("B1"), desk.document("B1"), desk.document("B2"))
    taken = desk.send(sealing.upload("prova.zip", file.archive))
    assert isinstance(taken, UploadReply)
    yield from (sealing.upload("altro.zip", file.archive), sealing.upload("prova.zip", b"no zip"))
    yield from (sealing.upload("prova.txt", file.archive), sealing.upload("prova.zip", b""))
    for protocol in (taken.protocol, "99999999999999999"):
        yield from (sealing.outcome(protocol), sealing.errors(protocol), sealing.receipt(protocol))
    yield sealing.outcomes(TODAY, TODAY)


def check(desk: Desk, request: WireRequest, official_schemas: dict[Service, etree.XMLSchema]) -> Call:
    """Send a request and hold the reply against the schema of its service."""
    answer = desk.raw(request)
    assert answer.status == 200, answer.body
    body = read_body(answer.content_type, answer.body)
    schema = official_schemas[CALLS[request.call].service]
    assert schema.validate(body), f"{request.call}: {schema.error_log}\n{etree.tostring(body, encoding='unicode')}"
    return request.call


def test_replies_about_documents_obey_the_official_schemas(
    world: World, official_schemas: dict[Service, etree.XMLSchema]
) -> None:
    desk = world.desk()
    asked = {check(desk, request, official_schemas) for request in requests(world, desk)}
    assert asked == set(Call) - {Call.UPLOAD, Call.ERRORS, Call.RECEIPT}


def test_replies_about_files_obey_the_official_schemas(
    world: World, official_schemas: dict[Service, etree.XMLSchema]
) -> None:
    desk = world.desk()
    asked = {check(desk, request, official_schemas) for request in receipts(desk)}
    assert asked == {Call.UPLOAD, Call.OUTCOME, Call.ERRORS, Call.RECEIPT}


@pytest.mark.parametrize("kind", ["ws99", "wrong_certificate", "unknown_code", "duplicate_warning", "non_zip_csv"])
def test_replies_on_demand_obey_the_official_schemas(
    world: World, official_schemas: dict[Service, etree.XMLSchema], kind: str
) -> None:
    desk = world.desk()
    world.admin.fail(kind)
    for request in islice(requests(world, desk), 8):
        check(desk, request, official_schemas)
    assert world.admin.get("/faults")["faults"][0]["struck"] == 8
