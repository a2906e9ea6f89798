"""Every kind of request, walked: a connection gives what it opens and no more; absent and foreign are alike."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from deskwire.messages import (
    REQUESTS,
    AskOverview,
    By,
    ExportRecord,
    InvoicePaper,
    InvoicesCsv,
    InvoicesPdf,
    InvoicesZip,
    ListAccesses,
    ListInvoices,
    RefusalCode,
    Selection,
    SumInvoices,
    YearStatement,
)
from deskwire.signing import MEDIA_TYPE, RefusedByDesk, open_refusal, open_reply
from sportello.billing.operations.visibility import set_portal_visible
from sportello.core import pairing
from sportello.desk import answering
from sportello.patients.operations.portal.standing import disconnect, suspend
from tests.billing.desk import issued
from tests.desk.hands import Portal, audited, change, connection_row, now

Request = Any
BY_ID: dict[str, Callable[[str], Request]] = {
    SumInvoices.kind: lambda paper: SumInvoices((paper,)),
    InvoicePaper.kind: InvoicePaper,
    InvoicesPdf.kind: lambda paper: InvoicesPdf(Selection(ids=(paper,)), "it"),
    InvoicesZip.kind: lambda paper: InvoicesZip(Selection(ids=(paper,)), "it"),
    InvoicesCsv.kind: lambda paper: InvoicesCsv(Selection(ids=(paper,)), "it"),
}
"""What names a paper."""
OF_ALL: dict[str, Request] = {
    AskOverview.kind: AskOverview(),
    ListInvoices.kind: ListInvoices(By.ISSUE, None, None, "", 20),
    YearStatement.kind: YearStatement(2026, "it"),
    ListAccesses.kind: ListAccesses("", 20),
    ExportRecord.kind: ExportRecord("it"),
}
"""What is about all that a connection opens."""
PUBLIC = {"invitation.show", "invitation.accept", "invitation.renew"}
OF_INVOICES = BY_ID.keys() | {ListInvoices.kind, YearStatement.kind}


def _samples() -> dict[str, Request]:
    return OF_ALL | {kind: make(str(uuid.uuid4())) for kind, make in BY_ID.items()}


def _refused(portal: Portal, request: Request, connection: str) -> RefusalCode | None:
    """Return why a request is refused, None for one that is answered."""
    sealed = portal.sealed(request, connection)
    response = portal.post(sealed.data)
    assert response.status_code == 200
    if response["Content-Type"] != MEDIA_TYPE:
        list(response.streaming_content)
        return None
    key = pairing.signer().public
    if not hasattr(request, "answer"):
        return open_refusal(response.content, to=sealed, key=key, now=now()).code
    try:
        open_reply(response.content, to=sealed, key=key, now=now())
    except RefusedByDesk as refused:
        return refused.refusal.code
    return None


def _readable(portal: Portal, request: Request, connection: str) -> str:
    """Return the text of an answer: of a reply, of the pages of a PDF, of all that a ZIP holds."""
    if hasattr(request, "answer"):
        reply: bytes = portal.post(portal.sealed(request, connection).data).content
        return reply.decode(errors="replace")
    content = portal.fetch(request, connection)
    if content.startswith(b"%PDF"):
        return " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    with ZipFile(BytesIO(content)) as whole:
        return " ".join(whole.read(name).decode(errors="replace") for name in whole.namelist())


def test_every_kind_of_the_wire_is_answered_and_walked_here():
    assert answering.answered() == REQUESTS.keys()
    assert BY_ID.keys() | OF_ALL.keys() | PUBLIC == REQUESTS.keys()
    assert {kind for kind in REQUESTS if not answering.find(kind).connected} == PUBLIC


def test_every_kind_refuses_a_connection_that_opens_nothing(portal, world, bruno):
    other = Portal("https://altro.example/").pair()
    for kind, request in _samples().items():
        assert _refused(other, request, bruno) is RefusalCode.NOT_CONNECTED, kind
        assert _refused(portal, request, str(uuid.uuid4())) is RefusalCode.NOT_CONNECTED, kind
    suspend(actor=world.ada, connection_id=connection_row(bruno).pk, now=now())
    for kind, request in _samples().items():
        assert _refused(portal, request, bruno) is RefusalCode.SUSPENDED, kind


def test_every_kind_is_closed_by_a_disconnection_at_once(portal, world, bruno):
    for request in OF_ALL.values():
        assert _refused(portal, request, bruno) is not RefusalCode.NOT_CONNECTED
    disconnect(actor=world.ada, connection_id=connection_row(bruno).pk, now=now())
    for kind, request in _samples().items():
        assert _refused(portal, request, bruno) is RefusalCode.NOT_CONNECTED, kind


def test_every_kind_is_closed_when_a_representatives_powers_end(portal, world, gina):
    change(world.gina, until_on=date(2026, 1, 1))
    for kind, request in _samples().items():
        assert _refused(portal, request, gina) is RefusalCode.EXPIRED, kind


def test_every_kind_about_invoices_asks_for_that_power(portal, world, gina):
    change(world.gina, may_see_invoices=False)
    for kind in OF_INVOICES:
        assert _refused(portal, _samples()[kind], gina) is RefusalCode.NOT_FOUND, kind
    assert {entry.role for entry in audited("access.denied")} == {"guardian"}


def test_every_kind_that_names_a_paper_answers_foreign_and_absent_alike(portal, world, bruno):
    hidden, ward = issued(world), issued(world, patient=world.mia)
    set_portal_visible(actor=world.ada, invoice_id=hidden.pk, visible=False)
    others = {
        "absent": str(uuid.uuid4()),
        "hidden": str(hidden.uid),
        "draft": str(world.draft.uid),
        "of another patient": str(ward.uid),
        "of another practice": str(world.twin_draft.uid),
    }
    for kind, make in BY_ID.items():
        spent = {}
        for whose, paper in others.items():
            before = len(audited("access.denied"))
            with CaptureQueriesContext(
                database,
            ) as queries:
                assert _refused(portal, make(paper), bruno) is RefusalCode.NOT_FOUND, (kind, whose)
            spent[whose] = len(queries)
            assert len(audited("access.denied")) == before + 1, (kind, whose)
        assert len(set(spent.values())) == 1, (kind, spent)
        assert _refused(portal, make("7"), bruno) is RefusalCode.NOT_FOUND, kind


def test_every_kind_that_names_papers_gives_none_when_one_is_foreign(portal, world, bruno):
    own, ward = issued(world), issued(world, patient=world.mia)
    ids = (str(own.uid), str(ward.uid))
    chosen = Selection(ids=ids)
    for request in (SumInvoices(ids), InvoicesPdf(chosen, "it"), InvoicesZip(chosen, "it"), InvoicesCsv(chosen, "it")):
        assert _refused(portal, request, bruno) is RefusalCode.NOT_FOUND, request.kind
    assert _refused(portal, SumInvoices(ids[:1]), bruno) is None


@pytest.mark.parametrize("kind", sorted(OF_ALL))
def test_every_kind_of_a_twin_gives_nothing_of_the_other_practice(portal, world, bruno, kind):
    paper = issued(world)
    twin = portal.connect(world.olga, world.twin, account="twin")
    said = _readable(portal, OF_ALL[kind], twin)
    assert "Bianchi" in said or kind in {ListInvoices.kind, ListAccesses.kind}
    assert not any(word in said for word in (str(paper.uid), "Rossi", "Ada"))
