"""What a draft comes to on a day: figures with their reasons, channel, refusals and warnings.

The editor shows it while a person types and `issue_invoice` decides by it, so the two can never disagree. Reads, never
writes; every row is looked up as the current actor sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sportello.billing import terms
from sportello.billing.models import Service
from sportello.billing.models.invoices import AddresseeKind
from sportello.billing.resolve import ResolvedLine, resolve_lines
from sportello.billing.rules import channel as channels
from sportello.billing.rules.gross_split import PricedLine, RoundSplit, split_round_prices, unit_price_for
from sportello.billing.rules.totals import (
    CustomerKind,
    DocumentInput,
    LineInput,
    StampOutcome,
    StampPolicy,
    StampTerms,
    Totals,
    compute,
)
from sportello.billing.rules.treatments import ServiceNature
from sportello.billing.values import DraftValues
from sportello.core.money import ZERO, round_cents
from sportello.core.ready import Ready
from sportello.core.violations import RuleViolation
from sportello.parties.models import BillingEntity
from sportello.patients.models import Customer, Patient, Representative
from sportello.patients.models import CustomerKind as StoredCustomerKind

_KINDS: Mapping[str, CustomerKind] = {
    StoredCustomerKind.COMPANY: CustomerKind.COMPANY,
    StoredCustomerKind.PROFESSIONAL: CustomerKind.PROFESSIONAL,
    StoredCustomerKind.PUBLIC_BODY: CustomerKind.PA,
    StoredCustomerKind.CONDOMINIUM: CustomerKind.BODY,
    StoredCustomerKind.PERSON: CustomerKind.PRIVATE,
}

_ENTITY = Ready(BillingEntity, lambda key: BillingEntity.objects.filter(pk=key))
_PATIENT = Ready(Patient, lambda key: Patient.objects.filter(pk=key))
_CUSTOMER = Ready(Customer, lambda key: Customer.objects.filter(pk=key))


@dataclass(frozen=True, slots=True)
class Context:
    """The rows a draft speaks of, as they are on its day."""

    on: date
    law: terms.Law
    entity: BillingEntity
    terms: terms.EntityTerms
    patient: Patient | None
    representative: Representative | None
    customer: Customer | None
    lines: tuple[ResolvedLine, ...]

    @property
    def customer_kind(self) -> CustomerKind:
        """What the addressee is to the rules."""
        return CustomerKind.PRIVATE if self.customer is None else _KINDS[self.customer.kind]

    @property
    def country(self) -> str:
        """The addressee's country, two letters."""
        addressee = self.customer or self.representative or self.patient
        return addressee.country if addressee else channels.HOME


@dataclass(frozen=True, slots=True)
class Assessment:
    """
    What a draft comes to.

    `problems` are refusals of single lines, found before the figures: the figures then leave those lines out.
    `split` is set where round prices are used; `saving` is the stamp (EUR) that one paper a line would not owe.
    """

    context: Context
    totals: Totals
    prices: tuple[Decimal, ...]
    channel: channels.Channel
    split: RoundSplit | None
    saving: Decimal
    problems: tuple[RuleViolation, ...]


def context_of(values: DraftValues, on: date, services: Mapping[int, Service] | None = None) -> Context:
    """
    Look up what a draft speaks of; `services` are those of its lines where they are at hand, by id.

    :raises DoesNotExist: something is not there for the current actor
    :raises RuleViolation: ``no_fiscal_terms``: the entity has none on this day
    """
    entity = _ENTITY.one(values.entity_id)
    law = terms.law_on(on)
    found = terms.entity_terms(entity.pk, law)
    if services is None:
        services = Service.objects.in_bulk({line.service_id for line in values.lines if line.service_id})
    return Context(
        on=on,
        law=law,
        entity=entity,
        terms=found,
        patient=_PATIENT.one(values.patient_id) if values.patient_id else None,
        representative=_representative(values),
        customer=_CUSTOMER.one(values.customer_id) if values.customer_id else None,
        lines=tuple(resolve_lines(values.lines, services, found.regime)),
    )


def assess(values: DraftValues, on: date, services: Mapping[int, Service] | None = None) -> Assessment:
    """
    Return what a draft comes to on a day; `services` are those of its lines where they are at hand, by id.

    :raises DoesNotExist: something is not there for the current actor
    :raises RuleViolation: ``no_fiscal_terms``
    """
    context = context_of(values, on, services)
    inputs, problems = _line_inputs(context)
    document = DocumentInput(
        regime=context.terms.regime,
        lines=tuple(inputs),
        stamp_terms=context.terms.stamp,
        fund=context.terms.fund,
        customer=context.customer_kind,
        withholding_agent=bool(context.customer and context.customer.withholding_agent),
        withholding_rate=context.terms.withholding_rate,
        stamp_policy=stamp_policy(values, context),
        stamp_nature=context.terms.stamp_nature,
    )
    document, split, more = _with_round_prices(document, context)
    natures = [line.nature for line in context.lines] or [ServiceNature.HEALTH]
    totals = compute(document)
    return Assessment(
        context=context,
        totals=totals,
        prices=tuple(line.unit_price for line in document.lines),
        channel=channels.channel(natures, context.customer_kind, context.country),
        split=split,
        saving=_saving(document, totals),
        problems=(*problems, *more),
    )


def stamp_policy(values: DraftValues, context: Context) -> StampPolicy:
    """Return who bears the stamp: the paper's own word, else the patient's, else the entity's."""
    patient = context.patient.stamp_policy if context.patient and context.customer is None else ""
    return StampPolicy(values.stamp_policy or patient or context.terms.stamp_policy.value)


def _representative(values: DraftValues) -> Representative | None:
    if values.addressee_kind != AddresseeKind.REPRESENTATIVE or not values.representative_id:
        return None
    return Representative.objects.get(pk=values.representative_id, patient__pk=values.patient_id or 0)


def _line_inputs(context: Context) -> tuple[list[LineInput], list[RuleViolation]]:
    """Return the lines as the rules take them; a round price stands in as it was typed, until it is split."""
    inputs: list[LineInput] = []
    problems: list[RuleViolation] = []
    for place, line in enumerate(context.lines):
        typed = line.values
        price = typed.unit_price if typed.gross_price is None else typed.gross_price
        try:
            vat = context.law.vat(line.treatment)
            inputs.append(LineInput(typed.quantity, price, vat, typed.discount, line.bears_fund))
        except RuleViolation as refusal:
            problems.append(refusal.at(f"lines.{place}"))
    return inputs, problems


def _with_round_prices(
    document: DocumentInput, context: Context
) -> tuple[DocumentInput, RoundSplit | None, list[RuleViolation]]:
    """Return the document with the net prices behind the round ones."""
    lines = context.lines
    if len(lines) != len(document.lines) or all(line.values.gross_price is None for line in lines):
        return document, None, []
    priced = [
        PricedLine(round_cents(given.exact), given.vat, given.bears_fund, line.values.gross_price is not None)
        for line, given in zip(lines, document.lines, strict=True)
    ]
    split = split_round_prices(priced, document.fund, stamp_inside=_stamp_inside(document, context))
    found: list[LineInput] = []
    problems: list[RuleViolation] = []
    for place, (line, given, net) in enumerate(zip(lines, document.lines, split.nets, strict=True)):
        if line.values.gross_price is None:
            found.append(given)
            continue
        try:
            price = unit_price_for(net, given.quantity)
            found.append(replace(given, unit_price=price, discount=ZERO))
        except RuleViolation as refusal:
            problems.append(refusal.at(f"lines.{place}"))
    if problems:
        return document, split, problems
    return replace(document, lines=tuple(found)), split, []


def _stamp_inside(document: DocumentInput, context: Context) -> StampTerms | None:
    charged = document.stamp_policy is StampPolicy.CHARGE and document.customer is not CustomerKind.PA
    return document.stamp_terms if context.terms.stamp_inside_round_price and charged else None


def _saving(document: DocumentInput, totals: Totals) -> Decimal:
    """Return the stamp that the customer would not pay if each line stood on a paper of its own (EUR)."""
    if totals.stamp_outcome is not StampOutcome.CHARGED or len(document.lines) < 2:
        return ZERO
    apart = sum((compute(replace(document, lines=(line,))).stamp for line in document.lines), ZERO)
    return max(ZERO, totals.stamp - apart)
