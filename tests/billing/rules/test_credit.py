"""Credit notes, one and several, of an invoice."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sportello.billing.rules.credit import (
    CreditedPart,
    CreditTotals,
    NoteInput,
    check_credit_date,
    credit,
    credit_everything,
    is_fully_credited,
    remaining,
)
from sportello.billing.rules.totals import CustomerKind, Natura, StampTerms, Totals, compute
from sportello.core.violations import RuleViolation
from tests.billing.rules.values import ADVANCED, INPS, STAMP, TAXED, euro, line, paper

CLINIC: dict[str, Any] = {"customer": CustomerKind.COMPANY, "withholding_agent": True}
SESSION = compute(paper(line("90.00")))
TEN = compute(paper(line("40.00", quantity="10"), fund=INPS, **CLINIC))


def part(place: int = 0, quantity: str = "1", price: str | None = None) -> CreditedPart:
    return CreditedPart(place, Decimal(quantity), None if price is None else Decimal(price))


def note(*parts: CreditedPart, stamp: bool = False) -> NoteInput:
    return NoteInput(parts, stamp)


def take(invoice: Totals, *notes: NoteInput) -> CreditTotals:
    return credit(invoice, notes[:-1], notes[-1], own_stamp=STAMP)


def refusal(invoice: Totals, *notes: NoteInput) -> RuleViolation:
    with pytest.raises(RuleViolation) as caught:
        take(invoice, *notes)
    return caught.value


@pytest.mark.parametrize(("stamp", "total", "nature"), [(True, "93.80", "N1"), (False, "91.80", None)])
def test_credit_of_everything_with_and_without_the_stamp(stamp: bool, total: str, nature: str | None) -> None:
    paper_ = take(SESSION, note(part(), stamp=stamp))
    assert (str(paper_.total), str(paper_.payable), paper_.stamp_nature) == (total, total, nature)
    assert (str(paper_.stamp_base), paper_.own_stamp_due, paper_.completes) == ("91.80", True, True)
    assert str(paper_.stamp_given_back) == ("2.00" if stamp else "0.00")


def test_credit_by_thirds_ends_on_the_invoice_s_fund() -> None:
    invoice = compute(paper(*[line("33.33")] * 3))
    notes = [note(part(place)) for place in range(3)]
    papers = [credit(invoice, notes[:done], notes[done], own_stamp=STAMP) for done in range(3)]
    assert [str(each.fund_total) for each in papers] == ["0.67", "0.66", "0.67"]
    assert [each.completes for each in papers] == [False, False, True]
    assert [str(each.total) for each in papers] == ["34.00", "33.99", "34.00"]


def test_credit_reverses_withholding_pro_rata() -> None:
    four = take(TEN, note(part(quantity="4")))
    assert (str(four.withholding_base), str(four.withheld), str(four.payable)) == ("166.40", "33.28", "133.12")
    rest = take(TEN, note(part(quantity="4")), note(part(quantity="6"), stamp=True))
    assert four.withheld + rest.withheld == TEN.withheld
    assert four.payable + rest.payable == TEN.payable


def test_credit_counts_a_given_back_stamp_where_the_invoice_did() -> None:
    invoice = compute(paper(line("500.00"), stamp_nature=Natura.EXEMPT, **CLINIC))
    half = take(invoice, note(part(quantity="0.5"), stamp=True))
    assert (str(half.withholding_base), str(half.withheld), half.stamp_nature) == ("252.00", "50.40", "N4")
    rest = take(invoice, note(part(quantity="0.5"), stamp=True), note(part(quantity="0.5")))
    assert (str(rest.withholding_base), str(rest.withheld)) == ("250.00", "50.00")


def test_credit_of_an_invoice_without_withholding_has_none() -> None:
    assert take(SESSION, note(part())).withholding_base == 0


def test_credit_touches_only_the_groups_of_its_parts_in_their_order() -> None:
    invoice = compute(paper(line("60.00"), line("100.00", TAXED), line("16.00", ADVANCED)))
    paper_ = take(invoice, note(part(2), part(1)))
    assert [group.vat.label for group in paper_.groups] == ["N1", "22"]
    assert [str(net) for net in paper_.lines_net] == ["16.00", "100.00"]
    assert (str(paper_.vat_total), str(paper_.fund_total), str(paper_.stamp_base)) == ("22.44", "2.00", "16.00")
    assert not paper_.own_stamp_due


def test_own_stamp_looks_at_this_note_alone_and_at_its_own_day() -> None:
    invoice = compute(paper(line("75.95", quantity="2")))
    first, second = note(part()), note(part())
    assert not credit(invoice, [first], second, own_stamp=STAMP).own_stamp_due
    assert credit(invoice, [first], second, own_stamp=StampTerms(euro("77.46"), euro("2.00"))).own_stamp_due


def test_credit_of_part_of_the_price_leaves_the_quantity() -> None:
    reduction = note(part(quantity="10", price="5.00"))
    paper_ = take(TEN, reduction)
    assert (str(paper_.lines_net[0]), str(paper_.fund_total)) == ("50.00", "2.00")
    (rest,) = remaining(TEN, [reduction])
    assert (rest.quantity, str(rest.net)) == (Decimal(10), "350.00")


def test_credit_of_the_stamp_alone_is_possible() -> None:
    paper_ = take(SESSION, note(stamp=True))
    assert (str(paper_.total), paper_.groups, paper_.completes) == ("2.00", (), False)


def test_credit_of_one_line_in_two_parts_adds_them_up() -> None:
    invoice = compute(paper(line("0.33", quantity="3.5")))
    paper_ = take(invoice, note(part(quantity="1.75"), part(quantity="1.75")))
    assert [str(net) for net in paper_.lines_net] == ["0.58", "0.58"]
    assert sum(paper_.lines_net) == invoice.lines_net[0] == euro("1.16")


def test_credit_above_the_quantity_is_refused_with_what_is_left() -> None:
    found = refusal(TEN, note(part(quantity="4")), note(part(quantity="6.001")))
    assert (found.code, found.field) == ("credit_above_quantity", "lines.0.quantity")
    assert found.figures["remaining"] == Decimal(6)
    assert refusal(TEN, note(part(quantity="11", price="1.00"))).code == "credit_above_quantity"


def test_credit_above_the_amount_is_refused_with_what_is_left() -> None:
    found = refusal(TEN, note(part(quantity="10", price="5.00")), note(part(quantity="9")))
    assert (found.code, found.field) == ("credit_above_amount", "lines.0.unit_price")
    assert (found.figures["remaining"], found.figures["asked"]) == (euro("350.00"), euro("360.00"))
    assert refusal(SESSION, note(part(price="90.01"))).code == "credit_above_amount"
    assert take(SESSION, note(part(price="90.00"))).completes


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        (part(1), "credited_line_unknown", "lines.0.line"),
        (part(-1), "credited_line_unknown", "lines.0.line"),
        (part(quantity="0"), "quantity_must_be_positive", "lines.0.quantity"),
        (part(price="0.00"), "amount_must_be_positive", "lines.0.unit_price"),
    ],
)
def test_credit_of_what_cannot_be_credited_is_refused(wrong: CreditedPart, code: str, field: str) -> None:
    found = refusal(SESSION, note(wrong))
    assert (found.code, found.field) == (code, field)


def test_credit_gives_a_stamp_back_once_and_only_if_it_was_charged() -> None:
    assert refusal(SESSION, note(stamp=True), note(part(), stamp=True)).code == "stamp_already_given_back"
    assert refusal(compute(paper(line("10.00"))), note(part(), stamp=True)).code == "stamp_not_charged"


def test_credit_of_nothing_is_refused() -> None:
    assert refusal(SESSION, note()).code == "total_must_be_positive"


def test_credit_after_everything_is_refused() -> None:
    assert refusal(SESSION, note(part()), note(stamp=True)).code == "nothing_left_to_credit"


def test_remaining_counts_down() -> None:
    (rest,) = remaining(TEN, [note(part(quantity="2.5")), note(part(quantity="0.5"))])
    assert (rest.quantity, str(rest.net)) == (Decimal(7), "280.00")


def test_is_fully_credited_does_not_look_at_the_stamp() -> None:
    assert is_fully_credited(SESSION, [note(part())])
    assert not is_fully_credited(SESSION, [note(stamp=True)])
    assert not is_fully_credited(TEN, [note(part(quantity="9.999"))])
    assert not is_fully_credited(SESSION, [])


def test_credit_everything_takes_whatever_is_left() -> None:
    invoice = compute(paper(line("40.00", quantity="10"), line("30.00", quantity="0.333"), line("0.00")))
    earlier = [note(part(quantity="4")), note(part(1, "0.333", "3.00"))]
    last = credit_everything(invoice, earlier, give_back_stamp=True)
    assert [each.line for each in last.parts] == [0, 1]
    assert last.parts[0] == part(quantity="6")
    assert last.give_back_stamp
    assert is_fully_credited(invoice, [*earlier, last])
    papers = [credit(invoice, [*earlier, last][:done], [*earlier, last][done], own_stamp=STAMP) for done in range(3)]
    assert sum(each.total for each in papers) == invoice.total


def test_check_credit_date_refuses_a_day_before_the_invoice() -> None:
    check_credit_date(on=date(2026, 3, 2), invoice_on=date(2026, 3, 2))
    with pytest.raises(RuleViolation) as caught:
        check_credit_date(on=date(2026, 3, 1), invoice_on=date(2026, 3, 2))
    assert (caught.value.code, caught.value.field) == ("credit_note_before_invoice", "on")
