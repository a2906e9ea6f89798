"""Everything that stops a document from being issued, and everything that should only be seen before it is.

Source: practice specification 2.3, 2.4, 2.6, 2.7, 2.12 and 4. All refusals are found at once, so that a person repairs
them in one go; nothing is numbered while one is left.
Units: EUR, percent, days without a zone.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import chain

from sportello.billing.rules.addressee import (
    Addressee,
    PatientMarks,
    addressee_notices,
    addressee_refusals,
    named_patients,
)
from sportello.billing.rules.dates import check_issue_date, lateness
from sportello.billing.rules.stamp import StampProof, check_stamp_proof
from sportello.billing.rules.totals import (
    CustomerKind,
    LineInput,
    Regime,
    Totals,
    check_total_positive,
)
from sportello.billing.rules.treatments import ServiceNature, Treatment, check_treatment_allowed
from sportello.core.violations import Notice, RuleViolation


@dataclass(frozen=True, slots=True, repr=False)
class LineFacts:
    """What is known of a line beside its figures.

    :ivar own_treatment: of the catalogue's service; None when the line comes from no service
    :ivar reason: why the line's treatment is another
    """

    description: str
    nature: ServiceNature
    own_treatment: Treatment | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class IssueFacts:
    """All that the checks look at.

    :ivar latest_in_series: date of the last document of the series and year, None when it is empty
    :ivar stamp: None while nothing is known of the stamp
    :ivar paid_on: day of the payment the document follows, None when it comes first
    :ivar notes: other printed text by field name
    :ivar patients: of the practice; looked at for business documents only
    """

    on: date
    today: date
    latest_in_series: date | None
    totals: Totals
    lines: tuple[LineFacts, ...]
    addressee: Addressee
    stamp: StampProof | None = None
    paid_on: date | None = None
    monthly_summary: bool = False
    notes: tuple[tuple[str, str], ...] = ()
    patients: tuple[PatientMarks, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """What stands against issuing, and what should be seen before."""

    refusals: tuple[RuleViolation, ...]
    notices: tuple[Notice, ...]


class IssueRefused(RuleViolation):
    """A document cannot be issued; code, field and figures are those of the first refusal."""

    refusals: tuple[RuleViolation, ...] = ()

    @classmethod
    def because(cls, refusals: tuple[RuleViolation, ...]) -> "IssueRefused":
        """Return the refusal that carries all of them."""
        first = refusals[0]
        whole = cls(first.code, field=first.field, **first.figures)
        whole.refusals = refusals
        return whole


def issue_findings(facts: IssueFacts) -> Findings:
    """Return every refusal and every notice about issuing a document."""
    stamp_notices: tuple[Notice, ...] = ()
    refusals: list[RuleViolation] = []
    if facts.stamp is not None and facts.totals.stamp_due:
        try:
            stamp_notices = check_stamp_proof(facts.stamp, issued_on=facts.on)
        except RuleViolation as refusal:
            refusals.append(refusal.at("stamp"))
    late = lateness(facts.on, facts.paid_on, monthly_summary=facts.monthly_summary)
    notices = chain(() if late is None else (late,), stamp_notices, addressee_notices(facts.addressee))
    return Findings((*_refusals(facts), *refusals), tuple(notices))


def check_issue(facts: IssueFacts) -> tuple[Notice, ...]:
    """Return the notices about a document that may be issued.

    :raises IssueRefused: with every refusal
    """
    findings = issue_findings(facts)
    if findings.refusals:
        raise IssueRefused.because(findings.refusals)
    return findings.notices


def _refusals(facts: IssueFacts) -> Iterator[RuleViolation]:
    yield from _caught(lambda: check_issue_date(facts.on, today=facts.today, latest_in_series=facts.latest_in_series))
    yield from _of_lines(facts)
    yield from figure_refusals(facts.totals)
    yield from (refusal.at("addressee") for refusal in addressee_refusals(facts.addressee))
    if facts.addressee.kind is not CustomerKind.PRIVATE:
        texts = {f"lines.{place}.description": line.description for place, line in enumerate(facts.lines)}
        yield from named_patients(texts | dict(facts.notes), facts.patients)


def figure_refusals(totals: Totals) -> Iterator[RuleViolation]:
    """Yield what the figures alone refuse: treatments of another regime, a withheld private person, nothing to pay.

    ``treatment_not_allowed_in_regime``, ``withholding_from_private_person``, ``total_must_be_positive``
    """
    document = totals.document
    for place, line in enumerate(document.lines):
        for refusal in _caught(partial(check_treatment_allowed, document.regime, line.vat.treatment)):
            yield refusal.at(f"lines.{place}")
    if document.withholding_agent and document.customer is CustomerKind.PRIVATE:
        yield RuleViolation("withholding_from_private_person", field="withholding_agent")
    yield from _caught(lambda: check_total_positive(totals))


def _of_lines(facts: IssueFacts) -> Iterator[RuleViolation]:
    document = facts.totals.document
    for place, (line, facts_of_line) in enumerate(zip(document.lines, facts.lines, strict=True)):
        if not facts_of_line.description.strip():
            yield RuleViolation("description_missing", field=f"lines.{place}.description")
        if (
            document.regime is Regime.ORDINARY
            and _needs_reason(line, facts_of_line)
            and not facts_of_line.reason.strip()
        ):
            yield RuleViolation(
                "treatment_reason_missing", field=f"lines.{place}.treatment_reason", treatment=line.vat.treatment
            )


def _needs_reason(line: LineInput, facts: LineFacts) -> bool:
    """VAT on care wants a reason, and so does any treatment that is not the service's own."""
    if facts.nature is ServiceNature.HEALTH and line.vat.natura is None:
        return True
    return facts.own_treatment is not None and line.vat.treatment is not facts.own_treatment


def _caught(check: Callable[[], None]) -> Iterable[RuleViolation]:
    try:
        check()
    except RuleViolation as refusal:
        return (refusal,)
    return ()
