"""Payments, refunds and credit notes: recorded once, derived each time, never above what is due."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sportello.billing.models import Invoice, InvoiceLine, Payment, StampRecord
from sportello.billing.operations.credit import NoteValues, copy_to_draft, correct_and_reissue, issue_credit_note
from sportello.billing.operations.payments import record_payment, record_refund, void_payment
from sportello.billing.paper.content import Content, Kind
from sportello.billing.rules.payments import Method
from sportello.billing.states import ForbiddenMove
from sportello.billing.verification import verify_papers
from sportello.core.actors import MayNot, Switch, System, acting
from sportello.core.violations import RuleViolation
from tests.billing.desk import draft, issued, line, paid, stored
from tests.world import DAY, World, only

EURO = Decimal


def pay(world: World, invoice: Invoice, amount: str, method: Method = Method.CARD, on: date = DAY) -> Payment:
    return record_payment(
        actor=world.ada,
        invoice_id=invoice.pk,
        on=on,
        amount=EURO(amount),
        method=method,
        today=DAY + timedelta(days=30),
    )


def note(world: World, invoice: Invoice, **asked: Any) -> Invoice:
    return issue_credit_note(
        actor=world.ada,
        invoice_id=invoice.pk,
        values=NoteValues(**asked),
        on=DAY,
        today=DAY,
    )


def lines_of(invoice: Invoice) -> list[InvoiceLine]:
    with acting(System("tests")):
        return list(InvoiceLine.objects.filter(invoice=invoice).order_by("position"))


def test_record_payment_in_parts_closes_the_invoice(world: World) -> None:
    invoice = issued(world)
    pay(world, invoice, "50.00")
    assert (stored(invoice).payment_state, stored(invoice).open) == ("PARTIALLY_PAID", EURO("21.40"))
    pay(world, invoice, "21.40", on=DAY + timedelta(days=3))
    after = stored(invoice)
    assert (after.payment_state, after.open, after.paid_on) == ("PAID", EURO("0.00"), DAY + timedelta(days=3))


def test_record_payment_above_what_is_open_is_refused(world: World) -> None:
    invoice = issued(world)
    with pytest.raises(RuleViolation, match="overpayment"):
        pay(world, invoice, "71.41")
    assert stored(invoice).paid == EURO("0.00")


@pytest.mark.parametrize(
    ("amount", "code"), [("0.00", "amount_must_be_positive"), ("-1.00", "amount_must_be_positive")]
)
def test_record_payment_of_nothing_is_refused(world: World, amount: str, code: str) -> None:
    with pytest.raises(RuleViolation, match=code):
        pay(world, issued(world), amount)


def test_record_payment_of_too_much_cash_is_refused(world: World) -> None:
    invoice = issued(world, line("6000.00"))
    with pytest.raises(RuleViolation, match="cash_limit"):
        pay(world, invoice, "5000.00", Method.CASH)


def test_record_payment_in_cash_makes_the_paper_untraceable(world: World) -> None:
    invoice = issued(world)
    pay(world, invoice, "50.00")
    pay(world, invoice, "21.40", Method.CASH)
    assert stored(invoice).traceable is False


def test_record_payment_on_a_draft_is_forbidden(world: World) -> None:
    with pytest.raises(ForbiddenMove):
        pay(world, world.draft, "1.00")


def test_record_payment_of_another_practice_is_not_found(world: World) -> None:
    invoice = issued(world)
    with pytest.raises(Invoice.DoesNotExist):
        record_payment(
            actor=world.olga, invoice_id=invoice.pk, on=DAY, amount=EURO("1.00"), method=Method.CARD, today=DAY
        )


def test_record_payment_without_the_switch_is_forbidden(world: World) -> None:
    invoice = issued(world)
    with pytest.raises(MayNot):
        record_payment(
            actor=only(world.ada, Switch.INVOICES),
            invoice_id=invoice.pk,
            on=DAY,
            amount=EURO("1.00"),
            method=Method.CARD,
            today=DAY,
        )


def test_void_payment_keeps_the_row_and_its_reason(world: World) -> None:
    invoice = paid(world)
    with acting(System("tests")):
        payment = Payment.objects.get(invoice=invoice)
    void_payment(actor=world.ada, payment_id=payment.pk, reason="Registrato per errore")
    after = stored(invoice)
    assert (after.payment_state, after.open, after.traceable) == ("UNPAID", EURO("71.40"), None)
    with acting(System("tests")):
        assert Payment.objects.get(pk=payment.pk).void_reason == "Registrato per errore"
    with pytest.raises(RuleViolation, match="already_voided"):
        void_payment(actor=world.ada, payment_id=payment.pk, reason="ancora")


def test_void_payment_wants_a_reason_and_an_owner(world: World) -> None:
    payment = pay(world, issued(world), "10.00")
    with pytest.raises(RuleViolation, match="reason_missing"):
        void_payment(actor=world.ada, payment_id=payment.pk, reason="  ")
    with pytest.raises(MayNot):
        void_payment(actor=only(world.ada, Switch.INVOICES, Switch.PAYMENTS), payment_id=payment.pk, reason="x")
    with pytest.raises(Payment.DoesNotExist):
        void_payment(actor=world.olga, payment_id=payment.pk, reason="x")


def test_credit_note_in_full_takes_everything_back(world: World) -> None:
    invoice = paid(world, line("90.00"))
    credited = note(world, invoice, give_back_stamp=True, reason="Errore nel nome")
    after = stored(invoice)
    assert (credited.printed_number, credited.total, credited.stamp_due) == ("1/NC/2026", EURO("93.80"), True)
    assert (after.state, after.payment_state, after.refund_due) == ("CREDITED", "REFUND_DUE", EURO("93.80"))
    content = Content.from_json(stored(credited).snapshot)
    assert content.kind is Kind.CREDIT_NOTE
    assert content.correction is not None
    assert content.correction.number == invoice.printed_number
    with acting(System("tests")):
        assert not StampRecord.objects.get(invoice=credited).charged


def test_credit_note_may_keep_the_stamp(world: World) -> None:
    invoice = issued(world, line("90.00"))
    assert note(world, invoice, give_back_stamp=False).total == EURO("91.80")
    assert (stored(invoice).state, stored(invoice).open) == ("CREDITED", EURO("2.00"))


def test_credit_notes_line_by_line_end_on_the_invoice_s_own_figures(world: World) -> None:
    invoice = issued(world, line("33.33"), line("33.33"), line("33.33"))
    funds = []
    for row in lines_of(invoice):
        credited = note(world, invoice, parts={row.pk: Decimal(1)}, give_back_stamp=False)
        funds.append(credited.fund)
    assert funds == [EURO("0.67"), EURO("0.66"), EURO("0.67")]
    after = stored(invoice)
    assert (after.state, after.credited) == ("CREDITED", EURO("101.99"))


def test_credit_note_above_what_is_left_is_refused(world: World) -> None:
    invoice = issued(world)
    (row,) = lines_of(invoice)
    with pytest.raises(RuleViolation, match="credit_above_quantity"):
        note(world, invoice, parts={row.pk: Decimal(2)})
    assert stored(invoice).state == "ISSUED"


def test_credit_note_before_its_invoice_is_refused(world: World) -> None:
    invoice = issued(world)
    with pytest.raises(RuleViolation, match="credit_note_before_invoice"):
        issue_credit_note(
            actor=world.ada, invoice_id=invoice.pk, values=NoteValues(), on=DAY - timedelta(days=1), today=DAY
        )


def test_credit_note_of_a_credited_invoice_is_refused(world: World) -> None:
    invoice = issued(world)
    credited = note(world, invoice)
    with pytest.raises(RuleViolation, match="nothing_left_to_credit"):
        note(world, invoice)
    with pytest.raises(ForbiddenMove):
        note(world, credited)


def test_credit_note_of_another_practice_is_not_found(world: World) -> None:
    invoice = issued(world)
    with pytest.raises(Invoice.DoesNotExist):
        issue_credit_note(actor=world.olga, invoice_id=invoice.pk, values=NoteValues(), on=DAY, today=DAY)


def test_credit_note_without_the_switch_is_forbidden(world: World) -> None:
    invoice = issued(world)
    with pytest.raises(MayNot):
        issue_credit_note(
            actor=only(world.ada, Switch.INVOICES), invoice_id=invoice.pk, values=NoteValues(), on=DAY, today=DAY
        )


def test_credit_note_takes_the_withholding_back_in_proportion(world: World) -> None:
    invoice = issued(world, line("300.00", text="Consulenza"), line("200.00", text="Consulenza"), customer=world.clinic)
    first, _second = lines_of(invoice)
    credited = note(world, invoice, parts={first.pk: Decimal(1)}, give_back_stamp=False)
    assert credited.withheld == EURO("60.00")


def test_record_refund_closes_what_is_due_back(world: World) -> None:
    invoice = paid(world)
    note(world, invoice)
    with pytest.raises(RuleViolation, match="refund_above_due"):
        record_refund(
            actor=world.ada, invoice_id=invoice.pk, on=DAY, amount=EURO("71.41"), method=Method.TRANSFER, today=DAY
        )
    refund = record_refund(
        actor=world.ada, invoice_id=invoice.pk, on=DAY, amount=EURO("71.40"), method=Method.TRANSFER, today=DAY
    )
    assert stored(invoice).payment_state == "REFUNDED"
    with acting(System("tests")):
        payment = Payment.objects.get(invoice=invoice, direction="in")
    with pytest.raises(RuleViolation, match="refunds_must_be_voided_first"):
        void_payment(actor=world.ada, payment_id=payment.pk, reason="x")
    void_payment(actor=world.ada, payment_id=refund.pk, reason="x")
    assert stored(invoice).payment_state == "REFUND_DUE"


def test_correct_and_reissue_links_all_three(world: World) -> None:
    invoice = issued(world)
    credited, again = correct_and_reissue(
        actor=world.ada, invoice_id=invoice.pk, values=NoteValues(reason="Indirizzo errato"), on=DAY, today=DAY
    )
    assert (credited.corrects_id, again.reissues_id, again.state) == (invoice.pk, invoice.pk, "DRAFT")
    assert [row.description for row in lines_of(again)] == [row.description for row in lines_of(invoice)]


def test_copy_to_draft_makes_a_paper_of_its_own(world: World) -> None:
    invoice = issued(world, payment_method="MP08", paid_on=DAY)
    copy = copy_to_draft(actor=world.ada, invoice_id=invoice.pk)
    assert (copy.state, copy.paid_at_issue_on, copy.reissues_id) == ("DRAFT", None, None)
    with pytest.raises(ForbiddenMove):
        copy_to_draft(actor=world.ada, invoice_id=draft(world).pk)


def test_verify_papers_agrees_with_every_operation(world: World) -> None:
    invoice = paid(world, line("90.00"), line("33.33"))
    first, _ = lines_of(invoice)
    note(world, invoice, parts={first.pk: Decimal(1)})
    record_refund(actor=world.ada, invoice_id=invoice.pk, on=DAY, amount=EURO("1.00"), method=Method.CASH, today=DAY)
    issued(world, line("500.00", text="Consulenza"), customer=world.clinic)
    with acting(System("tests")):
        assert {fault.code for fault in verify_papers()} == {"pdf_missing"}
