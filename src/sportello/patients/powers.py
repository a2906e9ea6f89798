"""Until when somebody may act for a patient.

Source: practice specification 6 and 8.3: a representative's access ends with the powers, on the date given, and at the
patient's eighteenth birthday. A support administrator acts for adults and goes on; so does a guardian who was named
for somebody already of age.

>>> last_day("parent", since=date(2018, 9, 5), until=None, born=date(2018, 9, 5))
datetime.date(2036, 9, 4)
>>> last_day("administrator", since=date(2026, 1, 1), until=None, born=date(1950, 3, 1)) is None
True
"""

from __future__ import annotations

from datetime import date, timedelta

from sportello.patients.checks import ADULT, birthday

OF_MINORS = frozenset({"parent", "sole_parent"})
GUARDIAN = "guardian"


def last_day(role: str, *, since: date, until: date | None, born: date | None) -> date | None:
    """
    Return the last day on which a representative may act, that day included; None when nothing ends it.

    :param role: a code of `RepresentativeRole`
    :param since: the first day of the powers
    :param until: the last day that was noted, None for none
    :param born: the patient's birth date, None when it is not known
    """
    adult_on = birthday(born, ADULT) if born else None
    ends_at_18 = role in OF_MINORS or (role == GUARDIAN and adult_on is not None and since < adult_on)
    eve = adult_on - timedelta(days=1) if adult_on and ends_at_18 else None
    return min((day for day in (until, eve) if day is not None), default=None)


def may_act(role: str, *, since: date, until: date | None, born: date | None, on: date) -> bool:
    """Tell whether a representative may act on a day."""
    end = last_day(role, since=since, until=until, born=born)
    return since <= on and (end is None or on <= end)
