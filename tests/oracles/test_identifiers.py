"""`codici-fiscali.csv` and `partite-iva.csv`."""

from datetime import date

import pytest

from sportello.core.violations import RuleViolation
from sportello.parties.rules import check_partita_iva
from sportello.patients.places import known_codes
from sportello.patients.rules import Person, check_codice_fiscale, expected_code, mismatch
from tests.oracles.folder import read_rows

Row = dict[str, str]


def _person(row: Row) -> Person:
    return Person(
        surname=row.get("surname", ""),
        name=row.get("name", ""),
        birth_date=date.fromisoformat(row["birth_date"]) if row.get("birth_date") else None,
        sex=row.get("sex") or None,
        place=row.get("belfiore", ""),
    )


def _verdict_on_code(row: Row) -> str:
    try:
        found = check_codice_fiscale(row["code"], places=known_codes())
    except RuleViolation:
        return "invalid"
    if mismatch(found.code, _person(row)) is not None:
        return "mismatch"
    if found.notices:
        return "warning"
    return "valid" if found.code == row["code"] else "valid_after_normalising"


@pytest.mark.parametrize("row", read_rows("codici-fiscali.csv"), ids=lambda row: row["case"] or row["note"])
def test_codice_fiscale_is_what_the_oracle_says(row: Row) -> None:
    assert _verdict_on_code(row) == row["expected"]


@pytest.mark.parametrize(
    "row",
    [row for row in read_rows("codici-fiscali.csv") if row["expected"] == "valid" and not row["case"] and row["name"]],
    ids=lambda row: row["note"],
)
def test_codice_fiscale_is_made_from_the_oracles_person(row: Row) -> None:
    assert expected_code(_person(row)) == row["code"]


def _verdict_on_number(row: Row) -> str:
    try:
        found = check_partita_iva(row["code"])
    except RuleViolation:
        return "invalid"
    if found.notices:
        return "warning"
    return "valid" if found.number == row["code"] else "valid_after_normalising"


@pytest.mark.parametrize("row", read_rows("partite-iva.csv"), ids=lambda row: row["case"] or row["note"] or "plain")
def test_partita_iva_is_what_the_oracle_says(row: Row) -> None:
    assert _verdict_on_number(row) == row["expected"]
