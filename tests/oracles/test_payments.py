"""`payment-examples.json`: what is paid, what goes to the State, how documents travel, what the portal shows."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sportello.billing.rules.channel import Channel, channel
from sportello.billing.rules.credit import NoteInput, credit, is_fully_credited
from sportello.billing.rules.expenses import standing
from sportello.billing.rules.payments import (
    Balance,
    Method,
    PaymentEntry,
    RefundEntry,
    check_payment,
    check_refund,
    derive,
)
from sportello.billing.rules.portal import By, PortalDocument, shown
from sportello.billing.rules.totals import CustomerKind, Totals, compute
from sportello.billing.rules.treatments import ServiceNature
from sportello.billing.states import DocumentState
from sportello.core.money import ZERO
from sportello.core.violations import RuleViolation
from tests.oracles.comparing import check_figures
from tests.oracles.folder import by_id, cases, check_refused, read_json
from tests.oracles.reading import DAY, LAW, customer_of, document_of, money, natures_of, note_of, stamp_terms

FILE = "payment-examples.json"
INVOICES = by_id("invoice-examples.json", "invoices")
NOTES = by_id("invoice-examples.json", "credit_notes")
LAST_DAY = date(9999, 12, 31)
Case = dict[str, Any]


def notes_of(case: Case) -> list[str]:
    """Return the ids of the credit notes a payment case names."""
    named = case.get("credit_notes", case.get("credit_note", []))
    return [named] if isinstance(named, str) else list(named or [])


def payable_of(case: Case) -> Decimal:
    """Return what the case says is payable, or what its invoice comes to."""
    return money(case["payable"]) if "payable" in case else compute(document_of(INVOICES[case["invoice"]])).payable


def moves(case: Case, key: str) -> list[tuple[date, Decimal, str, str]]:
    """Return payments or refunds of a case: day, amount, method and who paid."""
    found: list[tuple[date, Decimal, str, str]] = []
    for row in case.get(key, []):
        values = [row["date"], row["amount"], row["method"]] if isinstance(row, dict) else list(row)
        day, amount, method, payer = (*values, "MP05", "")[:4] if len(values) < 3 else (*values, "")[:4]
        found.append((date.fromisoformat(day), money(amount), str(method), str(payer)))
    return found


def recorded(case: Case, payable: Decimal) -> list[PaymentEntry]:
    """Record the payments of a case one after the other, each checked against what is open then."""
    entries: list[PaymentEntry] = []
    for day, amount, method, payer in moves(case, "payments"):
        balance = derive(payable, entries)
        check_payment(balance, amount, Method(method), on=day, today=LAST_DAY, cash_limit=LAW.cash_limit(DAY))
        entries.append(PaymentEntry(day, amount, Method(method), payer))
    return entries


def given_back(case: Case, payable: Decimal, paid: list[PaymentEntry], reversed_by: list[Decimal]) -> list[RefundEntry]:
    """Record the refunds of a case one after the other, each checked against what is due then."""
    entries: list[RefundEntry] = []
    for day, amount, method, _ in moves(case, "refunds"):
        check_refund(derive(payable, paid, reversed_by, entries), amount, on=day, today=LAST_DAY)
        entries.append(RefundEntry(day, amount, Method(method)))
    return entries


def credited(case: Case, invoice: Totals) -> tuple[list[NoteInput], list[Decimal]]:
    """Return the notes of a case and the payable each reverses, one after the other."""
    notes: list[NoteInput] = []
    reversed_by: list[Decimal] = []
    for name in notes_of(case):
        note, _ = note_of(NOTES[name], INVOICES[case["invoice"]], notes)
        reversed_by.append(credit(invoice, notes, note, own_stamp=stamp_terms()).payable)
        notes.append(note)
    return notes, reversed_by


def figures(balance: Balance, state: DocumentState) -> dict[str, object]:
    """Return a balance under the names of the oracles."""
    return {
        "status": balance.status,
        "paid_date": None if balance.paid_on is None else balance.paid_on.isoformat(),
        "open": balance.open,
        "due": balance.due,
        "paid": balance.paid,
        "refunded": balance.refunded,
        "refund_due": balance.refund_due,
        "traceable": balance.traceable,
        "document_status": state,
    }


def settled(case: Case, payable: Decimal) -> dict[str, object]:
    """Return where the money of a case stands at its end."""
    paid = recorded(case, payable)
    if not notes_of(case):
        return figures(derive(payable, paid, (), given_back(case, payable, paid, [])), DocumentState.ISSUED)
    invoice = compute(document_of(INVOICES[case["invoice"]]))
    notes, reversed_by = credited(case, invoice)
    balance = derive(payable, paid, reversed_by, given_back(case, payable, paid, reversed_by))
    whole = is_fully_credited(invoice, notes)
    return figures(balance, DocumentState.CREDITED if whole else DocumentState.PARTIALLY_CREDITED)


@pytest.mark.parametrize("case", cases(FILE, "payments"))
def test_payments_give_the_oracles_standing(case: Case) -> None:
    names = notes_of(case)
    if names and (case["invoice"] not in INVOICES or any(name not in NOTES for name in names)):
        pytest.skip("the invoice or a credit note is not in the folder")
    payable = payable_of(case)
    if case.get("error"):
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - a method nobody knows is no RuleViolation
            settled(case, payable)
        refusal = caught.value if isinstance(caught.value, RuleViolation) else RuleViolation("method_unknown")
        check_refused(case["error"], [refusal])
        return
    keys = ("status", "paid_date", "open", "due", "paid", "refunded", "refund_due", "traceable", "document_status")
    check_figures({key: case[key] for key in keys if key in case}, settled(case, payable))


@pytest.mark.parametrize("case", cases(FILE, "payments"))
def test_payable_of_the_oracle_is_ours(case: Case) -> None:
    if case.get("invoice") not in INVOICES or "payable" not in case:
        pytest.skip("the invoice is not in the folder")
    assert compute(document_of(INVOICES[case["invoice"]])).payable == money(case["payable"])


@pytest.mark.parametrize("case", cases(FILE, "sts_eligibility"))
def test_document_stands_with_the_state_as_the_oracle_says(case: Case) -> None:
    if case["invoice"] not in INVOICES:
        pytest.skip("the invoice is not in the folder")
    invoice = INVOICES[case["invoice"]]
    abroad = invoice.get("customer_country", "IT") != "IT"
    has_code = bool(case.get("has_code", invoice.get("codice_fiscale", not abroad)))
    ours = standing(
        natures_of(invoice),
        customer_of(invoice),
        paid=bool(case.get("paid", True)),
        has_code=has_code,
        opposed=bool(case.get("opposed", False)),
    )
    assert ours.is_eligible is case["eligible"]


def _natures(service: str) -> set[ServiceNature]:
    return {
        "health": {ServiceNature.HEALTH},
        "taxed_health": {ServiceNature.TAXED_HEALTH},
        "mixed": {ServiceNature.HEALTH, ServiceNature.OTHER},
        "other": {ServiceNature.OTHER},
    }[service]


def _customer(addressee: str) -> CustomerKind:
    if addressee.startswith("natural_person"):
        return CustomerKind.PRIVATE
    if addressee.startswith(("public", "pa")):
        return CustomerKind.PA
    return CustomerKind.PROFESSIONAL if addressee.startswith("professional") else CustomerKind.COMPANY


@pytest.mark.parametrize("case", cases(FILE, "channel"))
def test_channel_is_the_oracles(case: Case) -> None:
    country = "FR" if case["addressee"].endswith("foreign") else "IT"
    ours = channel(_natures(case["service"]), _customer(case["addressee"]), country)
    assert case["channel"] == ours or (ours is Channel.PDF and case["channel"].startswith("pdf"))


def _documents() -> list[PortalDocument]:
    rows = read_json(FILE).get("portal_filter", {}).get("documents", [])
    return [
        PortalDocument(
            row["n"] or "",
            date.fromisoformat(row["issued"]) if row["issued"] else None,
            date.fromisoformat(row["paid"]) if row["paid"] else None,
            DocumentState(row.get("status", "ISSUED")),
            row.get("visible", True),
        )
        for row in rows
    ]


@pytest.mark.parametrize("case", read_json(FILE).get("portal_filter", {}).get("cases", []))
def test_portal_shows_the_oracles_documents(case: Case) -> None:
    since, until = (date.fromisoformat(case[key]) if case.get(key) else None for key in ("from", "to"))
    found = [document.number for document in shown(_documents(), By(case["by"]), since=since, until=until)]
    assert sorted(found) == sorted(case["expect"])


def test_standing_of_nothing_is_unpaid() -> None:
    """The folder may hold no payments at all; the reader's own words still mean something."""
    assert figures(derive(Decimal("1.00"), []), DocumentState.ISSUED)["open"] == Decimal("1.00")
    assert derive(ZERO, []).open == ZERO
