"""What a rule's refusal or notice says to a person: one sentence a code, with its figures, in the page's language.

Each room brings its own table (`WORDS` in its `words.py`) and adds it here with `add`. A test finds every code that a
rule can raise and asks for its sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sportello.core.violations import Figure, Notice, RuleViolation
from sportello.web import formats

_WORDS: dict[str, Promise] = {}
NUMBERS = frozenset({"rate", "discount", "quantity", "places", "longest", "length"})
"""Figures that are numbers and no money, whatever the code."""
NUMBER_CODES = frozenset({"credit_above_quantity", "quantity_too_large"})
"""Codes whose figures are all quantities."""


def add(words: Mapping[str, Promise]) -> None:
    """
    Add a room's sentences.

    :raises ValueError: a code has another sentence already
    """
    for code, text in words.items():
        if _WORDS.setdefault(code, text) is not text:
            raise ValueError(f"two sentences for {code}")


def known(code: str) -> bool:
    """Tell whether a code has a sentence."""
    return code in _WORDS


def sentence(said: RuleViolation | Notice) -> str:
    """Return what a refusal or notice says; a code without a sentence of its own is named, never hidden."""
    text = _WORDS.get(said.code)
    if text is None:
        return _("This cannot be taken as it is (%(code)s).") % {"code": said.code}
    numbers = said.code in NUMBER_CODES
    shown = {name: _shown(value, plain=numbers or name in NUMBERS) for name, value in said.figures.items()}
    return str(text) % shown


def sentence_alone(code: str) -> str:
    """Return the sentence of a code that stands without its figures, "" where there is none or it needs them."""
    text = str(_WORDS.get(code, ""))
    return "" if "%(" in text else text


def _shown(value: Figure, *, plain: bool) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, Decimal):
        return formats.number(value) if plain else formats.money(value)
    if isinstance(value, date):
        return formats.day(value)
    return formats.whole(value) if isinstance(value, int) else str(value)


add(
    {
        "amount_missing": gettext_lazy("Write an amount."),
        "amount_not_a_number": gettext_lazy("This is not a number. Write it like 70,00."),
        "amount_not_in_cents": gettext_lazy("An amount has at most two decimals."),
        "quantity_too_precise": gettext_lazy("A quantity has at most three decimals."),
        "amount_too_large": gettext_lazy("This amount is too large; at most %(largest)s is possible."),
        "amount_must_be_positive": gettext_lazy("The amount must be more than zero."),
    }
)
