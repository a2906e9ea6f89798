"""Sessions that took place: noting them, and the monthly invoice of those that were paid (SPEC practice 2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from sportello.billing.models import Invoice, PerformedService, Service
from sportello.billing.operations.drafts import write_draft
from sportello.billing.permissions import check_may_draft
from sportello.billing.rules.dates import check_summary_month
from sportello.billing.rules.totals import line_amount
from sportello.billing.states import ForbiddenMove
from sportello.billing.values import DraftValues, LineValues
from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.violations import RuleViolation
from sportello.parties.models import BillingEntity
from sportello.patients.models import Patient


@dataclass(frozen=True, slots=True)
class SessionValues:
    """A session as typed: `unit_price` EUR for one unit; `payment_method` is asked for where it was paid."""

    entity_id: int
    patient_id: int
    service_id: int
    performed_on: date
    quantity: Decimal
    unit_price: Decimal
    paid_on: date | None = None
    payment_method: str = ""


def save_session(*, actor: Actor, values: SessionValues, session_id: int | None = None) -> PerformedService:
    """
    Note a session that took place, or correct one that is on no paper yet.

    :raises DoesNotExist: session, entity, patient or service do not exist for this actor
    :raises MayNot: the switch `invoices` is off
    :raises ForbiddenMove: it is on a draft or on an issued paper
    :raises RuleViolation: ``payment_method_missing``, ``price_must_not_be_negative``, ``quantity_must_be_positive``
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_draft(actor)
        session = _open_session(session_id) if session_id else PerformedService(practice_id=actor.party_id)
        _check(values)
        session.entity = BillingEntity.objects.get(pk=values.entity_id)
        session.patient = Patient.objects.get(pk=values.patient_id)
        session.service = Service.objects.get(pk=values.service_id)
        session.performed_on, session.quantity = values.performed_on, values.quantity
        session.unit_price = values.unit_price
        session.amount = line_amount(values.quantity, values.unit_price)
        session.paid_on, session.payment_method = values.paid_on, values.payment_method if values.paid_on else ""
        session.save()
        audit.record(actor, "session.change" if session_id else "session.note", session)
    return session


def delete_session(*, actor: Actor, session_id: int) -> None:
    """
    Take back a session noted by mistake.

    :raises PerformedService.DoesNotExist: no such session for this actor
    :raises MayNot: the switch `invoices` is off
    :raises ForbiddenMove: it is on a draft or on an issued paper
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_draft(actor)
        session = _open_session(session_id)
        about = audit.subject(session)
        session.delete()
        audit.record(actor, "session.delete", about)


def draft_monthly_summary(*, actor: Actor, entity_id: int, patient_id: int, session_ids: Sequence[int]) -> Invoice:
    """
    Make one draft of a patient's paid sessions of one calendar month.

    :raises DoesNotExist: a session is not there, is another patient's or entity's, or was not paid
    :raises MayNot: the switch `invoices` is off
    :raises RuleViolation: ``summary_empty``, ``summary_over_several_months``, ``session_already_invoiced``
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_draft(actor)
        rows = PerformedService.objects.filter(entity_id=entity_id, patient_id=patient_id, paid_on__isnull=False)
        sessions = list(rows.filter(pk__in=session_ids).select_related("service").order_by("performed_on", "pk"))
        if len(sessions) != len(set(session_ids)):
            raise PerformedService.DoesNotExist
        check_summary_month(session.paid_on for session in sessions if session.paid_on)
        draft = Invoice(practice_id=actor.party_id, created_by_id=actor.person_id)
        write_draft(draft, _summary_values(entity_id, patient_id, sessions))
        audit.record(actor, "invoice.draft", draft, sessions=len(sessions), monthly=True)
    return draft


def _summary_values(entity_id: int, patient_id: int, sessions: Sequence[PerformedService]) -> DraftValues:
    """Return the draft of a month: paid on its last payment day, by the method if it was always the same."""
    methods = {session.payment_method for session in sessions}
    single = len(methods) == 1
    return DraftValues(
        entity_id=entity_id,
        patient_id=patient_id,
        lines=tuple(line_of(session) for session in sessions),
        monthly_summary=True,
        payment_method=methods.pop() if single else "",
        paid_on=max(session.paid_on for session in sessions if session.paid_on) if single else None,
    )


def line_of(session: PerformedService) -> LineValues:
    """Return the line that settles a session; a round price stays round."""
    service = session.service
    return LineValues(
        service_id=service.pk,
        description=service.name,
        quantity=session.quantity,
        unit_price=Decimal(0) if service.is_round_price else session.unit_price,
        gross_price=session.unit_price if service.is_round_price else None,
        performed_on=session.performed_on,
        performed_id=session.pk,
    )


def _open_session(session_id: int) -> PerformedService:
    session = PerformedService.objects.select_for_update(of=("self",)).get(pk=session_id)
    if session.line_id is not None:
        raise ForbiddenMove("move_not_allowed", field="state", state="INVOICED", action="change")
    return session


def _check(values: SessionValues) -> None:
    if not values.quantity > 0:
        raise RuleViolation("quantity_must_be_positive", field="quantity", quantity=values.quantity)
    if not values.unit_price >= 0:
        raise RuleViolation("price_must_not_be_negative", field="unit_price", unit_price=values.unit_price)
    if values.paid_on is not None and not values.payment_method:
        raise RuleViolation("payment_method_missing", field="payment_method")
