"""What stands against issuing a draft and what should be seen before: the rules fed with the rows of its context."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from django.db.models import Q

from sportello.billing.assess import Assessment, Context
from sportello.billing.models import Invoice
from sportello.billing.operations.numbering import counter_year
from sportello.billing.rules.addressee import Addressee, PatientMarks
from sportello.billing.rules.issue_checks import Findings, IssueFacts, LineFacts, issue_findings
from sportello.billing.rules.stamp import StampMode, StampProof, mode_for
from sportello.billing.rules.totals import CustomerKind
from sportello.billing.values import DraftValues
from sportello.core.actors import System, acting
from sportello.core.ready import Ready
from sportello.core.violations import Notice, RuleViolation
from sportello.parties.models import Counter, Series, SeriesPurpose
from sportello.patients.folding import fold
from sportello.patients.models import Patient

_SERIES = Ready(Series, lambda entity: Series.objects.filter(entity_id=entity, is_active=True))


def findings_of(values: DraftValues, assessment: Assessment, *, today: date, latest_in_series: date | None) -> Findings:
    """Return every refusal and notice about issuing these values on the assessment's day."""
    facts = _facts(values, assessment, today, latest_in_series)
    found = issue_findings(facts)
    refusals = (*assessment.problems, *_missing(values, assessment.context), *found.refusals)
    return replace(found, refusals=refusals, notices=(*found.notices, *_split_notice(assessment)))


def series_for(values: DraftValues, assessment: Assessment) -> Series:
    """
    Return the series a draft is numbered in: its own choice, else the electronic one for a paper of the exchange where
    the entity has it, else the main one.

    :raises RuleViolation: ``series_missing``: the entity has no series for it
    """
    rows = _SERIES.rows(assessment.context.entity.pk)
    if values.series_id:
        chosen = next((row for row in rows if row.pk == values.series_id), None)
    else:
        usual = {row.purpose: row for row in rows}
        main = usual.get(SeriesPurpose.MAIN)
        chosen = usual.get(SeriesPurpose.ELECTRONIC, main) if assessment.channel.is_electronic else main
    if chosen is None:
        raise RuleViolation("series_missing", field="series")
    return chosen


def latest_date(series: Series, on: date) -> date | None:
    """Return the day of the last paper in the counter that a paper of this day would count in."""
    rows = Counter.objects.filter(series=series, year=counter_year(series, on))
    return rows.values_list("last_date", flat=True).first()


def stamp_mode(assessment: Assessment) -> StampMode:
    """Return how the stamp of this paper is paid."""
    return mode_for(assessment.channel, StampMode(assessment.context.terms.stamp_mode.value))


def addressee_of(context: Context) -> Addressee:
    """Return the addressee as the rules look at one; without anybody chosen, one with nothing filled in."""
    customer, person = context.customer, context.representative or context.patient
    if customer is not None:
        return Addressee(
            kind=context.customer_kind,
            name=customer.name,
            street=customer.street,
            postcode=customer.postal_code,
            city=customer.city,
            country=customer.country,
            codice_fiscale=customer.codice_fiscale,
            no_code_reason="" if customer.codice_fiscale or customer.country == "IT" else "foreign",
            foreign_id=customer.partita_iva if customer.country != "IT" else "",
            partita_iva=customer.partita_iva,
            sdi_code=customer.sdi_code,
            pec=customer.pec,
            is_patient=False,
        )
    if person is None:
        return Addressee(kind=CustomerKind.PRIVATE, name="")
    patient = person if isinstance(person, Patient) else None
    return Addressee(
        kind=CustomerKind.PRIVATE,
        name=f"{person.given_name} {person.family_name}".strip(),
        street=person.street,
        postcode=person.postal_code,
        city=person.city,
        country=person.country,
        codice_fiscale=person.codice_fiscale,
        no_code_reason=patient.no_code_reason if patient else "",
        foreign_id=patient.foreign_id if patient else "",
        is_patient=patient is not None,
    )


def _facts(values: DraftValues, assessment: Assessment, today: date, latest: date | None) -> IssueFacts:
    context = assessment.context
    notes = (("remarks", values.remarks), ("payer_name", values.payer_name))
    texts = [line.values.description for line in context.lines] + [text for _, text in notes]
    business = context.customer_kind is not CustomerKind.PRIVATE
    return IssueFacts(
        on=context.on,
        today=today,
        latest_in_series=latest,
        totals=assessment.totals,
        lines=_line_facts(assessment),
        addressee=addressee_of(context),
        stamp=_stamp_proof(values, assessment),
        paid_on=values.paid_on,
        monthly_summary=values.monthly_summary,
        notes=notes,
        patients=_marks(context, texts) if business else (),
    )


def _line_facts(assessment: Assessment) -> tuple[LineFacts, ...]:
    """Return the facts of the lines that have figures: those with a problem of their own are refused by it already."""
    context = assessment.context
    broken = {int(problem.field.split(".")[1]) for problem in assessment.problems if problem.field.startswith("lines.")}
    lines = [line for place, line in enumerate(context.lines) if place not in broken]
    if len(lines) != len(assessment.totals.document.lines):
        lines = list(context.lines)
    return tuple(
        LineFacts(
            description=line.values.description,
            nature=line.nature,
            own_treatment=line.own_treatment,
            reason=line.values.treatment_reason,
        )
        for line in lines
    )


def _stamp_proof(values: DraftValues, assessment: Assessment) -> StampProof:
    found = assessment.context.terms
    return StampProof(
        mode=stamp_mode(assessment),
        sticker=values.stamp_identifier.strip(),
        bought_on=values.stamp_bought_on,
        authorisation=found.stamp_authorisation,
        authorised_on=found.stamp_authorised_on,
    )


def _marks(context: Context, texts: Iterable[str]) -> tuple[PatientMarks, ...]:
    """Return the practice's patients whose family name begins with a word of these texts, whoever follows them."""
    words = {word for text in texts for word in fold(text).split()}
    if not words:
        return ()
    beginnings = Q()
    for word in words:
        beginnings |= Q(folded_name__startswith=f"{word} ")
    with acting(System("a business paper names no patient", context.entity.practice_id)):
        rows = Patient.objects.filter(beginnings, practice_id=context.entity.practice_id)
        found = rows.values_list("given_name", "family_name")
        return tuple(PatientMarks(given, family) for given, family in found)


def _missing(values: DraftValues, context: Context) -> Iterable[RuleViolation]:
    if not values.lines:
        yield RuleViolation("lines_missing", field="lines")
    if context.patient is None and context.customer is None:
        yield RuleViolation("patient_missing", field="patient")
    if values.paid_on is not None and not values.payment_method:
        yield RuleViolation("payment_method_missing", field="payment_method")


def _split_notice(assessment: Assessment) -> Iterable[Notice]:
    split = assessment.split
    if split is not None and split.missing:
        yield Notice("round_price_not_reached", "lines", {"wanted": split.wanted, "reached": split.reached})


def credit_series(invoice: Invoice) -> Series:
    """
    Return the series of an entity's credit notes; an entity without one numbers them among the invoices.

    :raises RuleViolation: ``series_missing``
    """
    rows = Series.objects.filter(entity_id=invoice.entity_id, is_active=True)
    own = rows.filter(purpose=SeriesPurpose.CREDIT).first() or rows.filter(purpose=SeriesPurpose.MAIN).first()
    if own is None:
        raise RuleViolation("series_missing", field="series")
    return own
