"""The check of the numbers: what is missing, double, or dated backwards (SPEC practice 2.2)."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest
from ninja import Router, Schema

from sportello.billing.permissions import check_may_download
from sportello.billing.verification import series_report
from sportello.core.actors import Actor, acting
from sportello.parties.models import BillingEntity, Counter

router = Router(tags=["numbering"])


class Range(Schema):
    """Numbers that nobody bears, the first and the last included."""

    first: int
    last: int


class Inversion(Schema):
    """A paper dated before the one with the number below it."""

    number: int
    on: date
    before_number: int
    before_on: date


class SeriesNumbers(Schema):
    """The numbers of one series and year; year 0 is a series that never restarts."""

    entity: int
    series: str
    year: int
    clean: bool
    missing: list[Range]
    duplicates: list[int]
    inversions: list[Inversion]


@router.get("", response=list[SeriesNumbers], summary="Check the numbers of an entity")
def numbering(request: HttpRequest, entity: int, year: int | None = None) -> list[SeriesNumbers]:
    """Return the report of every series of an entity that gave a number, of one year or of all."""
    actor: Actor = request.auth  # type: ignore[attr-defined]  # set by SeatAuth
    with acting(actor):
        check_may_download(actor)
        owned = BillingEntity.objects.get(pk=entity)
        counters = Counter.objects.filter(series__entity=owned, last_number__gt=0).select_related("series")
        if year is not None:
            counters = counters.filter(year__in=[year, 0])
        return [_shown(owned.pk, counter) for counter in counters.order_by("series__code", "year")]


def _shown(entity_id: int, counter: Counter) -> SeriesNumbers:
    found = series_report(counter)
    report = found.report
    return SeriesNumbers(
        entity=entity_id,
        series=found.series,
        year=found.year,
        clean=report.is_clean,
        missing=[Range(first=first, last=last) for first, last in report.missing],
        duplicates=list(report.duplicates),
        inversions=[
            Inversion(number=turn.number, on=turn.on, before_number=turn.before_number, before_on=turn.before_on)
            for turn in report.inversions
        ],
    )
