"""Numbers without gaps: taken from a locked counter inside the transaction that issues (SPEC practice 2.2)."""

from __future__ import annotations

from datetime import date

from sportello.billing.rules.numbering import printed_number
from sportello.core.ready import Ready
from sportello.core.ready_writes import ReadyUpdate
from sportello.parties.models import Counter, Series, SeriesPurpose

_COUNTER = Ready(
    Counter, lambda series, year: Counter.objects.select_for_update(of=("self",)).filter(series_id=series, year=year)
)
_COUNT = ReadyUpdate(Counter, ["last_number", "last_date"])


def counter_year(series: Series, on: date) -> int:
    """Return the year a number of this day counts in, 0 for a series that never restarts."""
    return on.year if series.yearly else 0


def locked_counter(series: Series, year: int) -> Counter:
    """Return the series' counter of a year, made at the first use, locked until the transaction ends."""
    found = _COUNTER.first(series.pk, year)
    if found is None:
        Counter.objects.get_or_create(series=series, year=year)
        return _COUNTER.one(series.pk, year)
    return found


def count_up(counter: Counter, on: date) -> int:
    """Take the next number of a locked counter for a paper of this day."""
    counter.last_number += 1
    counter.last_date = on
    _COUNT.update(counter)
    return counter.last_number


def as_printed(series: Series, number: int, on: date) -> str:
    """Return a number as it stands on the paper: the main series prints no letter, any other prints its code."""
    code = "" if series.purpose == SeriesPurpose.MAIN else series.code
    return printed_number(number, year=on.year if series.yearly else None, series=code)
