"""Form fields for what people type: amounts, quantities, percentages and days, forgiven on spaces, marks and case.

Units: amounts are EUR, `Decimal` with two places; days have no zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sportello.core.money import parse_amount, parse_quantity
from sportello.core.violations import RuleViolation
from sportello.web.sentences import sentence

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_FIGURES = re.compile(r"(\d{1,2})[./\-\s]?(\d{1,2})[./\-\s]?(\d{4}|\d{2})")


class AmountField(forms.Field):
    """Euro as people type them: `1.234,50`, `70`, `€ 70.00`. Empty gives None."""

    read: Callable[[str], Decimal] = staticmethod(parse_amount)
    places: int | None = 2

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off", "class": "n"}
        kwargs.setdefault("widget", forms.TextInput(attrs=attrs))
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Decimal | None:
        """
        Return what was typed as a number.

        :raises ValidationError: it is none, in a sentence that says what to type
        """
        if value in self.empty_values:
            return None
        if isinstance(value, Decimal):
            return value
        try:
            return type(self).read(str(value))
        except RuleViolation as refusal:
            raise ValidationError(sentence(refusal), code=refusal.code) from None

    def prepare_value(self, value: Any) -> Any:
        """Return a number as people of the language write it; what was typed stays as it was."""
        if not isinstance(value, Decimal):
            return value
        if self.places is not None:
            return number_format(value, decimal_pos=self.places, use_l10n=True)
        plain = value.normalize()
        exponent = plain.as_tuple().exponent
        return number_format(plain, decimal_pos=max(0, -exponent) if isinstance(exponent, int) else 0, use_l10n=True)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare numbers, not their spelling."""
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


class QuantityField(AmountField):
    """A quantity or a percentage, up to three places: `1`, `1,5`."""

    read = staticmethod(parse_quantity)
    places = None


class DayField(forms.Field):
    """A day: `23/11/2026`, `23.11.26`, `2026-11-23`. Years of two digits are the nearest ones to today."""

    def __init__(self, *, past: bool = False, **kwargs: Any) -> None:
        attrs = {"autocomplete": "off", "class": "num", "placeholder": _placeholder}
        kwargs.setdefault("widget", DayInput(attrs=attrs))
        kwargs.setdefault("required", False)
        self.past = past
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        """
        Return what was typed as a day.

        :raises ValidationError: no such day
        """
        if value in self.empty_values:
            return None
        if isinstance(value, date):
            return value
        text = str(value).strip()
        found = _read(text, past=self.past)
        if found is None:
            raise ValidationError(_("This is not a day. Write it like %(example)s.") % {"example": _example()})
        return found

    def prepare_value(self, value: Any) -> Any:
        """Return a day in figures; what was typed stays as it was."""
        return date_format(value, "d/m/Y") if isinstance(value, date) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare days, not their spelling."""
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


class DayInput(forms.TextInput):
    """A text field for a day, with an example of the language as placeholder."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Work the placeholder out when the page is drawn, in its language."""
        context = super().get_context(name, value, attrs)
        shown = context["widget"]["attrs"]
        if callable(shown.get("placeholder")):
            shown["placeholder"] = shown["placeholder"]()
        return context


def _placeholder() -> str:
    return {"it": "gg/mm/aaaa", "fr": "jj/mm/aaaa"}.get((get_language() or "it")[:2], "dd/mm/yyyy")


def _example() -> str:
    return date_format(timezone.localdate(), "d/m/Y")


def _read(text: str, *, past: bool) -> date | None:
    iso, figures = _ISO.fullmatch(text), _FIGURES.fullmatch(text)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if figures:
            return _of_year(int(figures[3]), int(figures[2]), int(figures[1]), len(figures[3]) == 2, past=past)
    except ValueError:
        return None
    return None


def _of_year(year: int, month: int, day: int, short: bool, *, past: bool) -> date:
    if not short:
        return date(year, month, day)
    today = timezone.localdate()
    latest = today if past else today + timedelta(days=365 * 20)
    century = today.year - today.year % 100
    found = date(century + year, month, day)
    return found if found <= latest else date(century - 100 + year, month, day)
