"""Recording money: payments, refunds, and voiding either with a reason."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import transaction

from sportello.billing import terms
from sportello.billing.models import Invoice, InvoiceKind, Payment, PaymentDirection
from sportello.billing.models.payments import Payer
from sportello.billing.operations import standing
from sportello.billing.permissions import check_may_record_payment, check_may_void_payment
from sportello.billing.rules.payments import TRACEABLE, Method, check_payment, check_refund, check_void_payment
from sportello.billing.states import DocumentState, ForbiddenMove, PaymentEvent
from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.violations import RuleViolation


def record_payment(
    *,
    actor: Actor,
    invoice_id: int,
    on: date,
    amount: Decimal,
    method: Method,
    today: date,
    reference: str = "",
    payer: Payer = Payer.PATIENT,
) -> Payment:
    """
    Record money received for an issued invoice (EUR) and derive where it stands.

    :raises Invoice.DoesNotExist: no such invoice for this actor
    :raises MayNot: the switch `payments` is off
    :raises ForbiddenMove: a draft, or a credit note, takes no payment
    :raises RuleViolation: ``amount_must_be_positive``, ``amount_not_in_cents``, ``amount_too_large``,
        ``payment_in_the_future``, ``cash_limit``, ``overpayment``
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_record_payment(actor)
        invoice = locked_invoice(invoice_id)
        return add_payment(
            actor, invoice, on=on, amount=amount, method=method, today=today, reference=reference, payer=payer
        )


def add_payment(
    actor: Actor,
    invoice: Invoice,
    *,
    on: date,
    amount: Decimal,
    method: Method,
    today: date,
    reference: str = "",
    payer: Payer = Payer.PATIENT,
) -> Payment:
    """Record a payment on a locked invoice inside the caller's transaction; refuses as `record_payment` does."""
    balance = standing.balance_of(invoice)
    check_payment(balance, amount, method, on=on, today=today, cash_limit=terms.law_on(on).cash_limit)
    payment = Payment.objects.create(
        invoice=invoice,
        paid_on=on,
        amount=amount,
        method=method.value,
        traceable=TRACEABLE[method],
        payer=payer,
        reference=reference.strip(),
        recorded_by_id=actor.person_id,
    )
    move = standing.settle(invoice, PaymentEvent.PAY)
    audit.record(
        actor,
        "payment.record",
        invoice,
        payment_id=payment.pk,
        amount=amount,
        method=method.value,
        on=on,
        move=move.value,
    )
    return payment


def record_refund(
    *, actor: Actor, invoice_id: int, on: date, amount: Decimal, method: Method, today: date, reference: str = ""
) -> Payment:
    """
    Record money given back on an invoice (EUR), at most what is due back.

    :raises Invoice.DoesNotExist: no such invoice for this actor
    :raises MayNot: the switch `payments` is off
    :raises RuleViolation: ``amount_must_be_positive``, ``amount_not_in_cents``, ``refund_in_the_future``,
        ``refund_above_due``
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_record_payment(actor)
        invoice = locked_invoice(invoice_id)
        check_refund(standing.balance_of(invoice), amount, on=on, today=today)
        refund = Payment.objects.create(
            invoice=invoice,
            direction=PaymentDirection.REFUND,
            paid_on=on,
            amount=amount,
            method=method.value,
            traceable=TRACEABLE[method],
            reference=reference.strip(),
            recorded_by_id=actor.person_id,
        )
        move = standing.settle(invoice, PaymentEvent.REFUND)
        audit.record(actor, "refund.record", invoice, payment_id=refund.pk, amount=amount, on=on, move=move.value)
    return refund


def void_payment(*, actor: Actor, payment_id: int, reason: str) -> Payment:
    """
    Void a payment or refund that was recorded by mistake; the row stays, with the reason.

    :raises Payment.DoesNotExist: no such payment for this actor
    :raises MayNot: only the owner voids
    :raises RuleViolation: ``reason_missing``, ``already_voided``, ``refunds_must_be_voided_first``
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_void_payment(actor)
        invoice = locked_invoice(Payment.objects.values_list("invoice_id", flat=True).get(pk=payment_id))
        payment = Payment.objects.get(pk=payment_id)
        if not reason.strip():
            raise RuleViolation("reason_missing", field="reason")
        if payment.voided_at is not None:
            raise RuleViolation("already_voided", field="payment")
        is_refund = payment.direction == PaymentDirection.REFUND
        if not is_refund:
            check_void_payment(standing.balance_of(invoice))
        payment.voided_at, payment.voided_by_id = datetime.now(UTC), actor.person_id
        payment.void_reason = reason.strip()[:200]
        payment.save(update_fields=["voided_at", "voided_by", "void_reason"])
        event = PaymentEvent.VOID_REFUND if is_refund else PaymentEvent.VOID_PAYMENT
        move = standing.settle(invoice, event)
        action = "refund.void" if is_refund else "payment.void"
        audit.record(actor, action, invoice, payment_id=payment.pk, amount=payment.amount, move=move.value)
    return payment


def locked_invoice(invoice_id: int) -> Invoice:
    """
    Return an issued invoice, locked.

    :raises Invoice.DoesNotExist: no such invoice for this actor
    :raises ForbiddenMove: it is a draft or a credit note
    """
    invoice = Invoice.objects.select_for_update(of=("self",)).get(pk=invoice_id)
    if invoice.state == DocumentState.DRAFT or invoice.kind == InvoiceKind.CREDIT_NOTE:
        raise ForbiddenMove("move_not_allowed", field="state", state=invoice.state, action="pay")
    return invoice
