"""The law as it is on a day, and an entity's own fiscal terms: what the pure rules take as arguments.

Source: the dated rows of `ReferenceRecord` (shared) and `FiscalTerms` (the entity's). One query each.
Units: EUR, rates in percent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from time import monotonic

from sportello.billing.models import EntityWording, ReferenceRecord
from sportello.billing.reference import Kind, Record, Reference, load
from sportello.billing.rules.totals import FundTerms, StampPolicy, StampTerms
from sportello.billing.rules.treatments import Natura, Regime, Treatment, VatTerms
from sportello.core.ready import Ready
from sportello.core.violations import RuleViolation
from sportello.parties.models import FiscalTerms, StampMode

FRESH = 30.0
"""Seconds for which a process trusts the records it has read."""

_TERMS = Ready(
    FiscalTerms,
    lambda entity, on: FiscalTerms.objects.filter(entity_id=entity, valid_from__lte=on).order_by("-valid_from")[:1],
)
_WORDINGS = Ready(
    EntityWording,
    lambda entity, on: EntityWording.objects.filter(entity_id=entity, valid_from__lte=on).order_by("valid_from"),
)


@dataclass(frozen=True, slots=True)
class Law:
    """The dated records that hold on a day."""

    on: date
    reference: Reference

    def vat(self, treatment: Treatment) -> VatTerms:
        """
        Return rate or natura of a treatment.

        :raises RuleViolation: ``reference_missing``
        """
        return self.reference.vat(treatment, self.on)

    @property
    def stamp(self) -> StampTerms:
        """Threshold and amount of the revenue stamp (EUR)."""
        return self.reference.stamp(self.on)

    @property
    def cash_limit(self) -> Decimal | None:
        """Cash of this much or more is refused (EUR); None when no limit holds."""
        return self.reference.cash_limit(self.on)


@dataclass(frozen=True, slots=True)
class EntityTerms:
    """An entity's fiscal terms on a day, as the rules take them."""

    regime: Regime
    fund: FundTerms | None
    stamp: StampTerms
    withholding_rate: Decimal
    stamp_policy: StampPolicy
    stamp_nature: Natura
    stamp_mode: StampMode
    stamp_authorisation: str
    stamp_authorised_on: date | None
    stamp_inside_round_price: bool


_read: tuple[float, Reference] | None = None


def law_on(on: date) -> Law:
    """Return the law as it is on a day. The records are read again after `FRESH` seconds, not for each paper."""
    global _read  # noqa: PLW0603 - one copy a process, replaced whole
    now = monotonic()
    if _read is None or now - _read[0] > FRESH:
        _read = now, Reference([_record(row) for row in ReferenceRecord.objects.order_by("pk").iterator()])
    return Law(on, _read[1])


def forget_law() -> None:
    """Read the records again the next time: they were changed here."""
    global _read  # noqa: PLW0603
    _read = None


def entity_terms(entity_id: int, law: Law) -> EntityTerms:
    """
    Return an entity's terms on the law's day.

    :raises RuleViolation: ``no_fiscal_terms``: the entity's first terms begin later; ``reference_missing``
    """
    row = _TERMS.first(entity_id, law.on)
    if row is None:
        raise RuleViolation("no_fiscal_terms", field="entity", on=law.on)
    return EntityTerms(
        regime=Regime(row.regime),
        fund=law.reference.fund(row.fund, law.on, rate=row.fund_rate) if row.fund else None,
        stamp=law.stamp,
        withholding_rate=row.withholding_rate,
        stamp_policy=StampPolicy(row.stamp_policy),
        stamp_nature=Natura(row.stamp_nature),
        stamp_mode=StampMode(row.stamp_mode),
        stamp_authorisation=row.stamp_authorisation,
        stamp_authorised_on=row.stamp_authorised_on,
        stamp_inside_round_price=row.stamp_inside_round_price,
    )


def own_wordings(entity_id: int, on: date) -> dict[str, Mapping[str, str]]:
    """Return the entity's own texts that hold on a day, by the key of the wording that each replaces."""
    return {row.key: {**row.texts, "it": row.text_it} for row in _WORDINGS.rows(entity_id, on)}


def seed() -> int:
    """
    Write the shipped records into the database and return how many are new or changed.

    A shipped record replaces the stored one of the same kind, key and first day; others stay as they are.
    """
    stored = {(row.kind, row.key, row.valid_from): row for row in ReferenceRecord.objects.all()}
    changed: list[ReferenceRecord] = []
    for record in load():
        row = stored.get((record.kind.value, record.key, record.valid_from))
        if row is None or _record(row) != _plain(record):
            changed.append(_row(record))
    ReferenceRecord.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["kind", "key", "valid_from"],
        update_fields=["valid_to", "values", "source", "is_confirmed"],
    )
    forget_law()
    return len(changed)


def _record(row: ReferenceRecord) -> Record:
    return Record(Kind(row.kind), row.key, row.valid_from, row.valid_to, dict(row.values), row.source, row.is_confirmed)


def _plain(record: Record) -> Record:
    return Record(
        record.kind,
        record.key,
        record.valid_from,
        record.valid_to,
        dict(record.values),
        record.source,
        record.is_confirmed,
    )


def _row(record: Record) -> ReferenceRecord:
    return ReferenceRecord(
        kind=record.kind.value,
        key=record.key,
        valid_from=record.valid_from,
        valid_to=record.valid_to,
        values=dict(record.values),
        source=record.source,
        is_confirmed=record.is_confirmed,
    )
