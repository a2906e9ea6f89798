"""Each rule has a document that breaks it, and a correct document breaks none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sistemats.codes import (
    ALLOWED_TYPES,
    CATEGORIES,
    Channel,
    DocumentType,
    ExpenseType,
    Operation,
    SenderCategory,
    Severity,
)
from sistemats.dated import Calendar
from sistemats.documents import BatchEntry, DocumentId, ExpenseDocument, Item, Owner, Sender
from sistemats.rules import FINDINGS, blocking, check, check_all, check_sender

TODAY = date(2026, 3, 10)
Change = Callable[[ExpenseDocument], ExpenseDocument]


def codes(document: ExpenseDocument, sender: Sender, **more: Any) -> set[str]:
    return {finding.code for finding in check(document, sender, more.pop("today", TODAY), **more)}


def item(**changes: Any) -> Change:
    return lambda document: replace(document, items=(replace(document.items[0], **changes),))


def with_id(**changes: Any) -> Change:
    return lambda document: replace(document, id=replace(document.id, **changes))


def whole(**changes: Any) -> Change:
    return lambda document: replace(document, **changes)


def test_check_finds_nothing_in_a_correct_document(document: ExpenseDocument, sender: Sender) -> None:
    assert check(document, sender, TODAY) == []
    assert check_sender(sender) == []


BROKEN: list[tuple[str, Change]] = [
    ("vat-format", with_id(vat_number="0026591066")),
    ("vat-check-digit", with_id(vat_number="00265910662")),
    ("issued-too-early", with_id(issued_on=date(2013, 12, 31))),
    ("issued-future", with_id(issued_on=TODAY + timedelta(days=1))),
    ("device-range", with_id(device=0)),
    ("number-format", with_id(number="FT 12/2026")),
    ("paid-too-early", whole(paid_on=date(2014, 12, 31))),
    ("paid-future", whole(paid_on=TODAY + timedelta(days=1))),
    ("prepaid-missing", whole(paid_on=date(2026, 3, 1))),
    ("prepaid-useless", whole(prepaid=True, paid_on=date(2026, 3, 3))),
    ("items-missing", whole(items=())),
    ("amount-positive", item(amount=Decimal("-90"))),
    ("amount-positive", item(amount=Decimal("NaN"))),
    ("amount-decimals", item(amount=Decimal("90.001"))),
    ("amount-too-large", item(amount=Decimal("100000.00"))),
    ("type-not-allowed", item(expense_type=ExpenseType.SR)),
    ("flag-pair", item(flag="1")),
    ("vat-both", item(vat_rate=Decimal("22.00"))),
    ("vat-missing", item(vat_nature=None)),
    ("rate-range", item(vat_nature=None, vat_rate=Decimal("100.01"))),
    ("rate-range", item(vat_nature=None, vat_rate=Decimal("4.005"))),
    ("nature-unknown", item(vat_nature="N8")),
    ("citizen-missing", whole(citizen_code=None)),
    ("citizen-despite-opposition", whole(opposed=True)),
    ("citizen-format", whole(citizen_code="BNCBRN75C15F205B")),
    ("citizen-format", whole(citizen_code="bncbrn75c15f205a")),
    ("opposition-unsaid", whole(opposed=None)),
    ("traceable-missing", whole(traceable=None)),
    ("document-type-missing", whole(document_type=None)),
]


@pytest.mark.parametrize(("code", "change"), BROKEN, ids=[code for code, _ in BROKEN])
def test_check_finds_the_one_rule_that_is_broken(
    code: str, change: Change, document: ExpenseDocument, sender: Sender
) -> None:
    found = codes(change(document), sender)
    allowed_company = {"paid-too-early": {"prepaid-missing", "year-closed"}, "issued-future": {"prepaid-missing"}}
    assert code in found
    assert found - {code} <= allowed_company.get(code, set())


def test_check_wants_nothing_of_who_opposes(document: ExpenseDocument, sender: Sender) -> None:
    assert codes(replace(document, opposed=True, citizen_code=None), sender) == set()
    early = replace(document, opposed=True, citizen_code=None, paid_on=date(2020, 5, 1))
    early = replace(early, id=replace(early.id, issued_on=date(2020, 5, 1)))
    assert "opposition-too-early" in codes(early, sender)


@pytest.mark.parametrize("code", ["12345678903", "STP1234567890123", "ENI1234567890123"])
def test_check_takes_codes_of_those_without_a_fiscal_code(code: str, document: ExpenseDocument, sender: Sender) -> None:
    assert codes(replace(document, citizen_code=code), sender) == set()


def test_check_is_lenient_with_check_digits_in_test_mode(document: ExpenseDocument, sender: Sender) -> None:
    kit = replace(document, id=replace(document.id, vat_number="65498732105"), citizen_code="PROVAX00X00X000Y")
    assert blocking(check(kit, sender, TODAY))
    assert not blocking(check(kit, sender, TODAY, test_mode=True))
    assert blocking(check(replace(kit, citizen_code="PROVA"), sender, TODAY, test_mode=True))


def test_check_takes_amounts_up_to_the_cent(document: ExpenseDocument, sender: Sender) -> None:
    for amount in ("0.01", "99999.99", "90", "90.0", "9E+1"):
        assert codes(item(amount=Decimal(amount))(document), sender) == set()


def test_check_knows_the_natures_of_each_document_type(document: ExpenseDocument, sender: Sender) -> None:
    for nature in ("N1", "N2.2", "N4", "N7"):
        assert codes(item(vat_nature=nature)(document), sender) == set()
    till = replace(document, document_type=DocumentType.TILL)
    assert codes(item(vat_nature="N6")(till), sender) == set()
    assert codes(item(vat_nature="N2.2")(till), sender) == {"nature-unknown"}
    assert codes(item(vat_nature="N7")(till), sender) == {"nature-unknown"}


@pytest.mark.parametrize("category", list(SenderCategory))
def test_check_allows_each_category_its_types_and_no_other(category: SenderCategory, document: ExpenseDocument) -> None:
    owner = Owner("RSSMRA80A01H501U", "130", "204", "78909") if CATEGORIES[category].structure else Owner("X")
    sender = Sender(category, owner, "1234567890")
    for kind in ExpenseType:
        found = codes(item(expense_type=kind)(document), sender)
        assert ("type-not-allowed" in found) == (kind not in ALLOWED_TYPES[category])


def test_allowed_types_number_what_the_official_table_crosses() -> None:
    """The table of the specification has 41 crosses over its rows; here rows with equal crosses are one."""
    sizes = {category: len(types) for category, types in ALLOWED_TYPES.items()}
    assert sizes == {
        SenderCategory.DOCTOR: 3,
        SenderCategory.VETERINARIAN: 3,
        SenderCategory.HEALTH_PROFESSIONAL: 1,
        SenderCategory.PHARMACY: 7,
        SenderCategory.ANMIG_PHARMACY: 6,
        SenderCategory.ACCREDITED_STRUCTURE: 6,
        SenderCategory.AUTHORISED_STRUCTURE: 5,
        SenderCategory.PARAPHARMACY: 6,
        SenderCategory.OPTICIAN: 2,
        SenderCategory.VETERINARY_RETAIL: 2,
    }


def test_check_wants_traceability_only_where_it_is_due(document: ExpenseDocument, pharmacy: Sender) -> None:
    till = replace(document, traceable=None, document_type=DocumentType.TILL)
    assert "traceable-missing" not in codes(item(expense_type=ExpenseType.FC)(till), pharmacy)
    assert "traceable-missing" in codes(item(expense_type=ExpenseType.AS)(till), pharmacy)
    hospital = replace(pharmacy, category=SenderCategory.ACCREDITED_STRUCTURE)
    assert "traceable-missing" not in codes(item(expense_type=ExpenseType.SR)(till), hospital)


def test_check_knows_flags_that_belong(document: ExpenseDocument, sender: Sender, pharmacy: Sender) -> None:
    doctor = replace(sender, category=SenderCategory.DOCTOR)
    assert codes(item(expense_type=ExpenseType.SR, flag="2")(document), doctor) == set()
    assert codes(item(expense_type=ExpenseType.TK, flag="1")(document), pharmacy) == set()
    assert codes(item(expense_type=ExpenseType.SR, flag="1")(document), doctor) == {"flag-pair"}


def test_check_of_a_refund(document: ExpenseDocument, sender: Sender) -> None:
    refund = replace(document, id=replace(document.id, number="NC1"))

    def found(doc: ExpenseDocument, original: DocumentId | None) -> set[str]:
        return codes(doc, sender, operation=Operation.REFUND, original=original)

    assert found(refund, document.id) == set()
    assert found(refund, None) == {"refund-original-missing"}
    assert found(document, document.id) == {"refund-same-id"}
    assert found(replace(refund, paid_on=date(2026, 3, 3)), document.id) == {"refund-date"}
    later = replace(document.id, issued_on=date(2026, 3, 5))
    assert found(refund, later) == {"refund-before-original"}
    assert found(item(vat_nature=None)(refund), document.id) == {"vat-missing-refund"}
    assert codes(document, sender, original=document.id) == {"refund-original-useless"}


def test_check_of_a_cancellation_looks_at_the_identifier_alone(document: ExpenseDocument, sender: Sender) -> None:
    empty = replace(document, items=(), citizen_code=None)
    assert codes(empty, sender, operation=Operation.CANCEL) == set()
    assert codes(with_id(device=0)(empty), sender, operation=Operation.CANCEL) == {"device-range"}


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2027, 2, 1), set()),
        (date(2027, 2, 2), {"late"}),
        (date(2027, 2, 8), {"late"}),
        (date(2027, 2, 9), {"year-closed"}),
    ],
)
def test_check_follows_the_table_of_deadlines(
    today: date, expected: set[str], document: ExpenseDocument, sender: Sender
) -> None:
    assert codes(document, sender, today=today) == expected


def test_check_gives_veterinarians_their_own_deadline(document: ExpenseDocument, sender: Sender) -> None:
    vet = replace(sender, category=SenderCategory.VETERINARIAN)
    paid = item(expense_type=ExpenseType.SV)(document)
    assert codes(paid, vet, today=date(2027, 3, 16)) == set()
    assert codes(paid, vet, today=date(2027, 3, 17)) == {"late"}


def test_check_without_a_row_wants_the_current_year_or_january(document: ExpenseDocument, sender: Sender) -> None:
    empty = Calendar(())
    assert codes(document, sender, today=date(2027, 1, 31), calendar=empty) == set()
    assert codes(document, sender, today=date(2027, 2, 1), calendar=empty) == {"year-closed"}
    assert codes(document, sender, today=date(2028, 1, 1), calendar=empty) == {"year-closed"}


def test_check_all_finds_duplicates_and_says_where(document: ExpenseDocument, sender: Sender) -> None:
    entries = [
        BatchEntry(document),
        BatchEntry(replace(document, traceable=None)),
        BatchEntry(document, Operation.CANCEL),
    ]
    found = [(finding.index, finding.code) for finding in check_all(entries, sender, TODAY)]
    assert sorted(found) == [(1, "duplicate"), (1, "traceable-missing")]


OWNERS: list[tuple[str, dict[str, Any]]] = [
    ("owner-code-missing", {"owner": Owner()}),
    ("owner-code-format", {"owner": Owner("RSSMRA80A01H501A")}),
    ("owner-structure-useless", {"owner": Owner("RSSMRA80A01H501U", "130")}),
    ("owner-structure-missing", {"category": SenderCategory.PHARMACY}),
    (
        "owner-codes-format",
        {"category": SenderCategory.PHARMACY, "owner": Owner("RSSMRA80A01H501U", "13a", "204", "78909")},
    ),
    (
        "owner-region-unusual",
        {"category": SenderCategory.OPTICIAN, "owner": Owner("RSSMRA80A01H501U", "130", "204", "789090")},
    ),
    (
        "owner-ssa-length",
        {"category": SenderCategory.OPTICIAN, "owner": Owner("RSSMRA80A01H501U", "604", "204", "78909")},
    ),
    ("pin-format", {"pin": "12345"}),
    ("pin-format", {"pin": "1234567890", "channel": Channel.ENTRATE, "intermediary": "07874631000-000"}),
    ("intermediary-missing", {"channel": Channel.ENTI}),
    ("intermediary-format", {"channel": Channel.ENTRATE, "pin": "4B64AA1D", "intermediary": "07874631000"}),
    ("intermediary-useless", {"intermediary": "07874631000-000"}),
]


@pytest.mark.parametrize(("code", "changes"), OWNERS, ids=[code for code, _ in OWNERS])
def test_check_sender_finds_the_one_rule_that_is_broken(code: str, changes: dict[str, Any], sender: Sender) -> None:
    assert {finding.code for finding in check_sender(replace(sender, **changes))} == {code}


def test_check_sender_takes_every_channel(sender: Sender) -> None:
    accountant = replace(sender, channel=Channel.ENTRATE, pin="4B64AA1D", intermediary="07874631000-000")
    assert check_sender(accountant) == []
    region = replace(sender, channel=Channel.ENTI, intermediary="R130", owner=Owner())
    assert {finding.code for finding in check_sender(region)} == set()


def test_every_finding_can_be_found_and_speaks_two_languages(document: ExpenseDocument, sender: Sender) -> None:
    tried = {code for code, _ in BROKEN} | {code for code, _ in OWNERS}
    tried |= {"late", "year-closed", "opposition-too-early", "duplicate", "vat-missing-refund"}
    tried |= {code for code in FINDINGS if code.startswith(("refund-", "certificate-"))}
    assert tried == set(FINDINGS)
    for facts in FINDINGS.values():
        assert facts.italian
        assert facts.english
        assert facts.italian != facts.english
        assert facts.severity in set(Severity)


def test_findings_never_quote_a_persons_code(document: ExpenseDocument, sender: Sender) -> None:
    broken = replace(document, citizen_code="BNCBRN75C15F205B", items=(Item(ExpenseType.AA, Decimal(0)),))
    text = repr(check(broken, sender, TODAY)) + repr(check_sender(replace(sender, owner=Owner("RSSMRA80A01H501A"))))
    assert "BNCBRN" not in text
    assert "RSSMRA" not in text


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amount=st.decimals(),
    rate=st.none() | st.decimals(),
    flag=st.none() | st.text(max_size=3),
    nature=st.none() | st.text(max_size=5),
    citizen=st.none() | st.text(max_size=20),
    vat=st.text(max_size=12),
    days=st.tuples(st.dates(), st.dates(), st.dates()),
    kind=st.sampled_from(ExpenseType),
    operation=st.sampled_from(Operation),
)
def test_check_says_something_about_anything(
    amount: Decimal,
    rate: Decimal | None,
    flag: str | None,
    nature: str | None,
    citizen: str | None,
    vat: str,
    days: tuple[date, date, date],
    kind: ExpenseType,
    operation: Operation,
    sender: Sender,
) -> None:
    issued, paid, today = days
    items = (Item(kind, amount, flag, rate, nature),)
    document = ExpenseDocument(DocumentId(vat, issued, "N"), paid, items, citizen)
    found = check(document, sender, today, operation)
    assert all(finding.code in FINDINGS for finding in found)
    if operation is not Operation.CANCEL and not blocking(found):
        assert amount > 0
        assert kind is ExpenseType.SP
