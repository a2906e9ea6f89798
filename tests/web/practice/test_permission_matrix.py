"""The matrix of permissions, cell by cell, for papers and money: what each role can do through the pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import reverse

from sportello.billing.models import Invoice, Payment
from sportello.core import runner
from sportello.core.actors import Switch, System, acting
from sportello.core.models import Job
from sportello.parties.models import Membership
from tests.billing.desk import draft, issued, paid, stored
from tests.oracles.folder import read_rows

pytestmark = pytest.mark.usefixtures("on_the_day")

RESOURCES = {"invoice", "credit_note", "payment"}
WHO = {"owner": "ada", "collaborator": "elena", "accountant": "carla"}
LATER = {"export_zip_or_single_pdf"}
"""Rows whose way of many papers at once is not built yet; a single PDF is `download_pdf`."""


@dataclass
class Try:
    """One attempt: the client, and how it shows that the deed was done."""

    world: Any
    client: Any

    def post(self, route: str, row: Any, **typed: Any) -> None:
        self.client.post(reverse(f"practice:{route}", args=[row.pk]), typed)

    def opens(self, route: str, *args: Any) -> bool:
        return bool(self.client.get(reverse(f"practice:{route}", args=args)).status_code == 200)


def _create_draft(on: Try) -> bool:
    before = _count()
    typed = {"entity": on.world.studio.pk, "patient": on.world.bruno.pk, "addressee": "patient"}
    lines = {"lines-TOTAL_FORMS": 1, "lines-INITIAL_FORMS": 0, "lines-0-service": on.world.therapy.pk}
    on.client.post(reverse("practice:invoice_new", query={"patient": on.world.bruno.pk}), typed | lines)
    return _count() > before


def _issue(on: Try) -> bool:
    row = draft(on.world)
    on.post("invoice_issue", row, version=row.version)
    return bool(stored(row).state == "ISSUED")


def _view(on: Try) -> bool:
    return on.opens("invoice", issued(on.world).pk)


def _download(on: Try) -> bool:
    row = issued(on.world)
    with acting(System("tests")):
        job = Job.objects.get(handler="billing.render_paper", object_id=row.pk)
    runner.run(job.pk)
    return on.opens("invoice_pdf", row.pk)


def _register(on: Try) -> bool:
    return on.opens("register_csv", "issued") and on.opens("invoices_csv")


def _edit_issued(on: Try) -> bool:
    row = issued(on.world)
    before = stored(row).snapshot_sha256, stored(row).total
    typed = {"entity": on.world.studio.pk, "addressee": "patient", "lines-TOTAL_FORMS": 1, "lines-INITIAL_FORMS": 0}
    on.post("invoice_edit", row, **typed, **{"lines-0-price": "1,00", "lines-0-description": "Altro"})
    on.post("invoice_split", row)
    return (stored(row).snapshot_sha256, stored(row).total) != before


def _delete(on: Try) -> bool:
    row = issued(on.world)
    on.post("invoice_discard", row)
    with acting(System("tests")):
        return not Invoice.objects.filter(pk=row.pk).exists()


def _visibility(on: Try) -> bool:
    row = issued(on.world)
    on.post("invoice_visibility", row, visible="0")
    return not stored(row).portal_visible


def _credit(on: Try) -> bool:
    row = issued(on.world)
    on.post("invoice_credit", row, extent="all", on="12/03/2026", _issue="1")
    return bool(stored(row).state == "CREDITED")


def _pay(on: Try) -> bool:
    row = issued(on.world)
    on.post("invoice_payment", row, paid_on="12/03/2026", amount="71,40", method="MP08", payer="patient")
    return bool(stored(row).payment_state == "PAID")


def _void(on: Try) -> bool:
    row = paid(on.world)
    with acting(System("tests")):
        entry = Payment.objects.get(invoice=row)
    on.post("payment_void", entry, reason="Doppia")
    return bool(stored(row).payment_state == "UNPAID")


DEEDS: dict[tuple[str, str], tuple[Callable[[Try], bool], frozenset[Switch]]] = {
    ("invoice", "create_draft"): (_create_draft, frozenset({Switch.INVOICES})),
    ("invoice", "issue"): (_issue, frozenset({Switch.INVOICES, Switch.ISSUE})),
    ("invoice", "view"): (_view, frozenset({Switch.INVOICES})),
    ("invoice", "download_pdf"): (_download, frozenset({Switch.INVOICES})),
    ("invoice", "register_csv_export"): (_register, frozenset({Switch.INVOICES})),
    ("invoice", "edit_issued"): (_edit_issued, frozenset(Switch)),
    ("invoice", "delete"): (_delete, frozenset(Switch)),
    ("invoice", "change_visibility_in_portal"): (_visibility, frozenset({Switch.INVOICES})),
    ("credit_note", "issue"): (_credit, frozenset({Switch.INVOICES, Switch.ISSUE})),
    ("payment", "record"): (_pay, frozenset({Switch.INVOICES, Switch.PAYMENTS})),
    ("payment", "delete"): (_void, frozenset(Switch)),
}
"""The deed behind each row, and the switches that its asterisk stands for."""
ROWS = [row for row in read_rows("permissions.csv") if row["resource"] in RESOURCES]
BUILT = [row for row in ROWS if row["action"] not in LATER]
CELLS = [pytest.param(row, role, id=f"{row['resource']}-{row['action']}-{role}") for row in BUILT for role in WHO]
STARRED = [
    pytest.param(row, switch, id=f"{row['resource']}-{row['action']}-without-{switch}")
    for row in BUILT
    if row["collaborator"] == "Y*"
    for switch in DEEDS[row["resource"], row["action"]][1]
]


def _count() -> int:
    with acting(System("tests")):
        return Invoice.objects.filter(state="DRAFT").count()


def attempt(world, client, row) -> bool:
    return DEEDS[row["resource"], row["action"]][0](Try(world, client))


def give(world, switches) -> None:
    with acting(System("tests")):
        rows = Membership.objects.filter(person=world.people["elena"])
        rows.update(switches=sorted(each.value for each in switches))


def test_every_row_of_papers_and_money_has_its_deed():
    assert {(row["resource"], row["action"]) for row in BUILT} <= set(DEEDS)


@pytest.mark.parametrize(("row", "role"), CELLS)
def test_cell(world, signed_in, row, role):
    give(world, DEEDS[row["resource"], row["action"]][1])
    assert attempt(world, signed_in(WHO[role]), row) is row[role].startswith("Y")


@pytest.mark.parametrize(("row", "switch"), STARRED)
def test_asterisk_needs_its_switch(world, signed_in, row, switch):
    give(world, set(Switch) - {switch})
    assert attempt(world, signed_in("elena"), row) is False
