"""`permissions.csv`: each cell of the matrix that concerns what is built, asked of the function that guards it."""

from collections.abc import Callable
from typing import Any

import pytest

from sportello.billing.permissions import (
    may_change_visibility,
    may_download,
    may_draft,
    may_edit_catalogue,
    may_issue,
    may_record_payment,
    may_void_payment,
)
from sportello.core.actors import Actor, Power, Role, Switch
from sportello.expenses.permissions import may_configure, may_send
from sportello.parties.permissions import may_edit_fiscal_settings, may_edit_numbering, may_manage_members
from sportello.patients.permissions import (
    may_archive_patients,
    may_connect,
    may_edit_patients,
    may_see_contact,
    may_see_patients,
    may_set_opposition,
)
from tests.oracles.folder import read_rows

GUARDS: dict[tuple[str, str], Callable[[Actor], bool]] = {
    ("billing_entity", "edit_fiscal_settings"): may_edit_fiscal_settings,
    ("billing_entity", "edit_numbering"): may_edit_numbering,
    ("patient", "list_search"): may_see_patients,
    ("patient", "view_contact"): may_see_contact,
    ("patient", "edit"): may_edit_patients,
    ("patient", "archive"): may_archive_patients,
    ("catalog_service", "edit"): may_edit_catalogue,
    ("invoice", "create_draft"): may_draft,
    ("invoice", "issue"): may_issue,
    ("invoice", "view"): may_download,
    ("invoice", "download_pdf"): may_download,
    ("invoice", "export_zip_or_single_pdf"): may_download,
    ("invoice", "change_visibility_in_portal"): may_change_visibility,
    ("credit_note", "issue"): may_issue,
    ("payment", "record"): may_record_payment,
    ("payment", "delete"): may_void_payment,
    ("sts", "configure_credentials"): may_configure,
    ("sts", "send_and_see_outcomes"): may_send,
    ("sts", "opposition_set"): may_set_opposition,
    ("invitation", "send_resend_cancel"): may_connect,
    ("connection", "disconnect"): may_connect,
    ("member", "invite_and_set_flags"): may_manage_members,
}
BY_ROWS = {("billing_entity", "view")}
"""Decided by the rows an actor sees (`EntityQuerySet.visible_to`), tested with the pages of the settings."""

ROWS = {(row["resource"], row["action"]): row for row in read_rows("permissions.csv")}
CELLS = [pytest.param(guard, ROWS[key], id="-".join(key)) for key, guard in GUARDS.items() if key in ROWS]


def _actor(role: Role, *switches: Switch) -> Actor:
    return Actor(person_id=1, party_id=1, role=role, switches=frozenset(switches))


@pytest.mark.parametrize(("guard", "row"), CELLS)
def test_owner_cell(guard: Callable[[Actor], bool], row: dict[str, Any]) -> None:
    assert guard(_actor(Role.OWNER)) is row["owner"].startswith("Y")


@pytest.mark.parametrize(("guard", "row"), CELLS)
def test_collaborator_cell(guard: Callable[[Actor], bool], row: dict[str, Any]) -> None:
    cell = row["collaborator"]
    assert guard(_actor(Role.COLLABORATOR, *Switch)) is cell.startswith("Y")
    assert guard(_actor(Role.COLLABORATOR)) is (cell == "Y")


@pytest.mark.parametrize(("guard", "row"), CELLS)
def test_accountant_cell(guard: Callable[[Actor], bool], row: dict[str, Any]) -> None:
    assert guard(_actor(Role.ACCOUNTANT, *Switch)) is row["accountant"].startswith("Y")


OWN = {"own", "ward", "Y"}
"""Cells of the patient's side that give something; `request` asks the practice, which does it."""


def _patient(role: Role, *powers: Power) -> Actor:
    represents = 2 if role is Role.GUARDIAN else None
    return Actor(0, 1, role, patient_id=1, representative_id=represents, powers=frozenset(powers))


@pytest.mark.parametrize(("guard", "row"), CELLS)
def test_patient_cell(guard: Callable[[Actor], bool], row: dict[str, Any]) -> None:
    assert guard(_patient(Role.PATIENT, *Power)) is (row["patient"] in OWN)


@pytest.mark.parametrize(("guard", "row"), CELLS)
def test_guardian_cell(guard: Callable[[Actor], bool], row: dict[str, Any]) -> None:
    assert guard(_patient(Role.GUARDIAN, *Power)) is (row["guardian"] in OWN)
    if row["resource"] == "invoice":
        assert not guard(_patient(Role.GUARDIAN, Power.DOCUMENTS))


def test_every_guard_is_in_the_matrix() -> None:
    if not ROWS:
        pytest.skip("the folder has no permissions.csv")
    assert GUARDS.keys() | BY_ROWS <= ROWS.keys()
