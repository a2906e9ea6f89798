"""The period that a list is about, as the address says it: a year, or from one day to another; by which day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from deskwire.messages import By, Period

OLDEST = 1990
DATES = "dates"


class DatesForm(forms.Form):
    """Two days; one left empty is open."""

    since = forms.DateField(
        label=_("From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("This is no day: write it like 31/12/2026.")},
    )
    until = forms.DateField(
        label=_("To"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("This is no day: write it like 31/12/2026.")},
    )

    def clean(self) -> dict[str, date | None]:
        """Refuse an end before the beginning."""
        found = self.cleaned_data
        since, until = found.get("since"), found.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first one."))
        return found


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked to see. `year` None: the days `since` and `until`, where None is open."""

    by: By
    year: int | None
    since: date | None
    until: date | None

    @property
    def period(self) -> Period:
        """As the desk is asked."""
        return Period(self.by, self.since, self.until)

    @property
    def query(self) -> str:
        """As it stands in an address."""
        return urlencode(self.values)

    @property
    def values(self) -> dict[str, str]:
        """As a form carries it along."""
        more = {"by": self.by.value} if self.by is By.PAYMENT else {}
        if self.year is not None:
            return {"year": str(self.year)} | more
        days = {"since": self.since, "until": self.until}
        return {"period": DATES} | {name: day.isoformat() for name, day in days.items() if day} | more

    def by_other_day(self) -> Asked:
        """Return the same period by the other of the two days."""
        return replace(self, by=By.ISSUE if self.by is By.PAYMENT else By.PAYMENT)

    def of_year(self, year: int) -> Asked:
        """Return a whole year by the same day."""
        return of_year(year, self.by)


def of_year(year: int, by: By = By.ISSUE) -> Asked:
    """Return a whole year."""
    return Asked(by, year, date(year, 1, 1), date(year, 12, 31))


def read(given: Mapping[str, str], today: date) -> tuple[Asked, DatesForm]:
    """Return what an address or a form asks for, this year if nothing sensible, and the form of two days."""
    by = By.PAYMENT if given.get("by") == By.PAYMENT else By.ISSUE
    if given.get("period") == DATES:
        form = DatesForm({name: given.get(name, "") for name in ("since", "until")})
        if form.is_valid():
            return Asked(by, None, form.cleaned_data["since"], form.cleaned_data["until"]), form
        return Asked(by, None, None, None), form
    year = given.get("year", "")
    known = year.isascii() and year.isdecimal() and OLDEST <= int(year[:5]) <= today.year
    asked = of_year(int(year) if known else today.year, by)
    return asked, DatesForm(initial={"since": asked.since, "until": asked.until})
