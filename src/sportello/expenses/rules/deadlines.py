"""Until when what was paid on a day is sent, and changed.

Source: PROTOCOL 13; the dated table of `sistemats`, which moves by decree nearly every year. A year that the table does
not know yet is taken to end on 31 January after it, as the rule has been, and is marked as not confirmed. Units: days.

>>> due = due_for(date(2026, 5, 4), SenderCategory.HEALTH_PROFESSIONAL)
>>> due.send_by, due.is_confirmed
(datetime.date(2027, 2, 1), True)
>>> due_for(date(2031, 5, 4), SenderCategory.HEALTH_PROFESSIONAL)
Due(send_by=datetime.date(2032, 1, 31), change_by=None, is_confirmed=False, source='', object_from=None, object_to=None)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache

from sistemats.codes import SenderCategory
from sistemats.dated import Calendar

REMIND_BEFORE = (30, 10, 2)
"""Days before a deadline from which mails remind of what still waits."""


@dataclass(frozen=True, slots=True)
class Due:
    """
    A deadline: until when to send, until when to change, and where it stands.

    Between `object_from` and `object_to` citizens say on the portal that they object; None where nobody knows.
    """

    send_by: date
    change_by: date | None
    is_confirmed: bool
    source: str = ""
    object_from: date | None = None
    object_to: date | None = None

    def days_left(self, today: date) -> int:
        """Return the days until it, negative once it has passed."""
        return (self.send_by - today).days


@cache
def _calendar() -> Calendar:
    return Calendar.load()


def due_for(paid_on: date, category: SenderCategory) -> Due:
    """Return the deadline for a day of payment."""
    found = _calendar().deadline(paid_on, category)
    if found is None:
        return Due(date(paid_on.year + 1, 1, 31), None, is_confirmed=False)
    return Due(
        found.send_by,
        found.change_by,
        is_confirmed=True,
        source=found.source,
        object_from=found.opposition_from,
        object_to=found.opposition_to,
    )


def periods_of(year: int, category: SenderCategory) -> list[tuple[date, date, Due]]:
    """Return the stretches of a year's payments with the deadline of each, in order."""
    starts = [date(year, month, 1) for month in range(1, 13)]
    found: list[tuple[date, date, Due]] = []
    for place, start in enumerate(starts):
        end = date(year, 12, 31) if place == 11 else date.fromordinal(starts[place + 1].toordinal() - 1)
        due = due_for(start, category)
        if found and found[-1][2] == due:
            found[-1] = (found[-1][0], end, due)
        else:
            found.append((start, end, due))
    return found


def reminder(due: Due, today: date) -> bool:
    """Tell whether a deadline is near enough for a mail: within thirty days, and not past."""
    return 0 <= due.days_left(today) <= max(REMIND_BEFORE)
