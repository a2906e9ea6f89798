"""Credit notes of `invoice-examples.json`, on the invoices of the same file.

A note may name the notes before it; if it names none, the file may still mean the partial notes above it on the same
invoice as earlier ones, or each note alone. Where the figures of these readings differ, one of them must be expected.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from sportello.billing.rules.credit import CreditTotals, NoteInput, check_credit_date, credit
from sportello.billing.rules.totals import Totals, compute
from sportello.core.money import total_of
from sportello.core.violations import RuleViolation
from tests.oracles.comparing import check_figures, group_figures
from tests.oracles.folder import by_id, cases, check_refused
from tests.oracles.reading import document_of, note_of, stamp_terms

FILE = "invoice-examples.json"
INVOICES = by_id(FILE, "invoices")
NOTES = by_id(FILE, "credit_notes")
Case = dict[str, Any]


def invoice_case(case: Case) -> Case:
    """Return the invoice a note corrects."""
    return INVOICES[case["corrects"]]


def named_before(case: Case) -> list[str]:
    """Return the ids of other notes that a note names anywhere."""
    found: list[str] = []
    for key, value in case.items():
        if key not in ("id", "corrects", "lines", "expected"):
            names = value if isinstance(value, list) else [value]
            found.extend(name for name in names if isinstance(name, str) and name in NOTES and name != case["id"])
    return found


def above_in_file(case: Case) -> list[str]:
    """Return the ids of the notes on the same invoice that stand before this one and expect figures."""
    ids = list(NOTES)
    return [
        name
        for name in ids[: ids.index(case["id"])]
        if NOTES[name]["corrects"] == case["corrects"] and not NOTES[name].get("error")
    ]


def inputs(ids: list[str]) -> list[NoteInput]:
    """Return notes as our rules take them, each after those before it."""
    found: list[NoteInput] = []
    for name in ids:
        found.append(note_of(NOTES[name], invoice_case(NOTES[name]), found)[0])
    return found


def readings(case: Case) -> Iterator[list[NoteInput]]:
    """Yield what may come before a note."""
    named = named_before(case)
    if named:
        yield inputs(named)
        return
    yield []
    above = above_in_file(case)
    if above:
        yield inputs(above)


def figures(case: Case, note: CreditTotals, sizes: list[int]) -> dict[str, object]:
    """Return a note under the names of the oracles; parts of one line of the note are added up."""
    nets = list(note.lines_net)
    lines = [total_of(nets[sum(sizes[:place]) : sum(sizes[: place + 1])]) for place in range(len(sizes))]
    return {
        "lines_net": lines,
        "groups": [group_figures(group) for group in note.groups],
        "fund_total": note.fund_total,
        "vat_total": note.vat_total,
        "bollo_base": note.stamp_base,
        "bollo_due": note.own_stamp_due,
        "own_bollo_due": note.own_stamp_due,
        "bollo_reversed": note.stamp_given_back,
        "bollo_nature": note.stamp_nature,
        "document_total": note.total,
        "withholding_base": note.withholding_base,
        "withholding": note.withheld,
        "refund_due": note.payable,
        "net_payable": note.payable,
        "document_status": "CREDITED" if note.completes else "PARTIALLY_CREDITED",
    }


def credited(case: Case, earlier: list[NoteInput]) -> dict[str, object]:
    """Return the figures of a note after these others."""
    invoice: Totals = compute(document_of(invoice_case(case)))
    _check_dates(case)
    note, sizes = note_of(case, invoice_case(case), earlier)
    return figures(case, credit(invoice, earlier, note, own_stamp=stamp_terms()), sizes)


def _check_dates(case: Case) -> None:
    day = case.get("date") or case.get("issue_date")
    invoice_day = case.get("invoice_date") or invoice_case(case).get("date") or invoice_case(case).get("issue_date")
    if day and invoice_day:
        check_credit_date(on=date.fromisoformat(day), invoice_on=date.fromisoformat(invoice_day))


@pytest.mark.parametrize("case", cases(FILE, "credit_notes"))
def test_credit_note_gives_the_oracles_figures(case: Case) -> None:
    if case["corrects"] not in INVOICES:
        pytest.skip("its invoice is not in the file")
    wrong: list[Exception] = []
    for earlier in readings(case):
        try:
            ours = credited(case, earlier)
            if not case.get("error"):
                top = {key: case[key] for key in ("own_bollo_due", "document_status") if key in case}
                check_figures(case["expected"] | top, ours)
                return
        except (AssertionError, RuleViolation) as problem:
            wrong.append(problem)
    if case.get("error"):
        check_refused(case["error"], [problem for problem in wrong if isinstance(problem, RuleViolation)])
        return
    raise wrong[0]
