"""From what a person typed to what the rules compute: each line with what its service says of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from sportello.billing.models import Invoice, InvoiceLine, Service
from sportello.billing.models.invoices import AddresseeKind
from sportello.billing.rules.treatments import Regime, ServiceNature, Treatment, allowed_treatments
from sportello.billing.values import DraftValues, LineValues
from sportello.parties.models import FiscalTerms


@dataclass(frozen=True, slots=True)
class ResolvedLine:
    """One line with what its service says where the person said nothing (`own_treatment` None: it has no service)."""

    values: LineValues
    own_treatment: Treatment | None
    treatment: Treatment
    nature: ServiceNature
    bears_fund: bool


def regime_on(entity_id: int, on: date | None) -> Regime:
    """Return the entity's regime on a day (None: the newest terms); ordinary where no terms exist yet."""
    rows = FiscalTerms.objects.filter(entity_id=entity_id)
    if on is not None:
        rows = rows.filter(valid_from__lte=on)
    found = rows.order_by("-valid_from").values_list("regime", flat=True).first()
    return Regime(found) if found else Regime.ORDINARY


def usual_treatment(treatment: Treatment, nature: ServiceNature, regime: Regime) -> Treatment:
    """
    Return a service's treatment under a regime: a flat-rate issuer has one for nearly all, and an ordinary one has none
    of the flat-rate kind, so that one price list serves entities of both (SPEC practice 2.4).

    >>> usual_treatment(Treatment.EXEMPT_HEALTH, ServiceNature.HEALTH, Regime.FLAT_RATE)
    <Treatment.FLAT_RATE: 'FLAT_RATE'>
    >>> usual_treatment(Treatment.FLAT_RATE, ServiceNature.HEALTH, Regime.ORDINARY)
    <Treatment.EXEMPT_HEALTH: 'EXEMPT_HEALTH'>
    """
    if treatment in allowed_treatments(regime):
        return treatment
    if regime is Regime.FLAT_RATE:
        return Treatment.FLAT_RATE
    return Treatment.EXEMPT_HEALTH if nature is ServiceNature.HEALTH else Treatment.TAXABLE_22


def resolve_lines(lines: Iterable[LineValues], services: Mapping[int, Service], regime: Regime) -> list[ResolvedLine]:
    """
    Return the lines with what their services say.

    A line without a service is care unless its treatment says otherwise: nothing silently escapes the State's sight.

    :raises Service.DoesNotExist: a line names a service that the actor does not see
    """
    found: list[ResolvedLine] = []
    for line in lines:
        if line.service_id is not None and line.service_id not in services:
            raise Service.DoesNotExist
        service = services.get(line.service_id) if line.service_id is not None else None
        nature = ServiceNature(service.nature) if service else _nature_without_service(line)
        own = usual_treatment(Treatment(service.treatment), nature, regime) if service else None
        found.append(
            ResolvedLine(
                values=line,
                own_treatment=own,
                treatment=line.treatment or own or usual_treatment(Treatment.EXEMPT_HEALTH, nature, regime),
                nature=nature,
                bears_fund=service.bears_fund if service else True,
            )
        )
    return found


def _nature_without_service(line: LineValues) -> ServiceNature:
    other = {Treatment.TAXABLE_22, Treatment.EXCLUDED_15, Treatment.OUTSIDE_TERRITORY}
    return ServiceNature.OTHER if line.treatment in other else ServiceNature.HEALTH


def values_of(invoice: Invoice) -> DraftValues:
    """Return the values of a stored draft, as they were typed, with the session that each line settles."""
    rows = InvoiceLine.objects.filter(invoice=invoice).order_by("position").prefetch_related("performed_services")
    sessions = {row.pk: next((each.pk for each in row.performed_services.all()), None) for row in rows}
    return values_from(invoice, list(rows), sessions)


def values_from(
    invoice: Invoice, rows: Sequence[InvoiceLine], sessions: Mapping[int, int | None] = MappingProxyType({})
) -> DraftValues:
    """Return the values of a draft whose lines are at hand, in order; `sessions` by id of the line, where asked."""
    return DraftValues(
        entity_id=invoice.entity_id,
        patient_id=invoice.patient_id,
        lines=tuple(_line_values(row, sessions.get(row.pk)) for row in rows),
        on=invoice.planned_on,
        series_id=invoice.series_id,
        addressee_kind=AddresseeKind(invoice.addressee_kind),
        representative_id=invoice.representative_id,
        customer_id=invoice.customer_id,
        payer_name=invoice.payer_name,
        second_language=invoice.second_language,
        stamp_policy=invoice.stamp_policy,
        stamp_identifier=invoice.stamp_identifier,
        stamp_bought_on=invoice.stamp_bought_on,
        monthly_summary=invoice.monthly_summary,
        opposed=invoice.opposed,
        portal_visible=invoice.portal_visible,
        remarks=invoice.remarks,
        payment_method=invoice.payment_method,
        paid_on=invoice.paid_at_issue_on,
        account_id=invoice.account_id,
        bonus_code=invoice.bonus_code,
        bonus_share=invoice.bonus_share,
    )


def _line_values(row: InvoiceLine, session_id: int | None) -> LineValues:
    return LineValues(
        service_id=row.service_id,
        description=row.description,
        quantity=row.quantity,
        unit_price=row.unit_price,
        gross_price=row.gross_price,
        discount=row.discount,
        second_description=row.second_description,
        performed_on=row.performed_on,
        treatment=Treatment(row.treatment) if row.overrides_treatment else None,
        treatment_reason=row.treatment_reason,
        performed_id=session_id,
    )
