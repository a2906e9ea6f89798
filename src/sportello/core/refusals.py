"""Every reason at once: what is wrong with a form's values, gathered so that a person repairs them in one go.

>>> found = Gathering()
>>> found.refuse("name_missing", field="name")
>>> found.stop()
Traceback (most recent call last):
...
sportello.core.refusals.Refused: name_missing [name]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self, TypeVar

from sportello.core.violations import Figure, Notice, RuleViolation

_T = TypeVar("_T")


class Refused(RuleViolation):
    """Values cannot be kept. Code, field and figures are those of the first reason; `refusals` holds them all."""

    refusals: tuple[RuleViolation, ...] = ()

    @classmethod
    def because(cls, *refusals: RuleViolation) -> Self:
        """Return the refusal that carries these."""
        first = refusals[0]
        whole = cls(first.code, field=first.field, **first.figures)
        whole.refusals = refusals
        return whole


@dataclass(slots=True)
class Gathering:
    """Collects refusals and notices while values are looked at one by one."""

    refusals: list[RuleViolation] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def refuse(self, code: str, /, *, field: str = "", **figures: Figure) -> None:
        """Add one refusal."""
        self.refusals.append(RuleViolation(code, field=field, **figures))

    def warn(self, code: str, /, *, field: str = "", **figures: Figure) -> None:
        """Add one notice."""
        self.notices.append(Notice(code, field, figures))

    def attempt(self, check: Callable[[], _T], otherwise: _T) -> _T:
        """Return what a check gives; its refusal is kept and `otherwise` returned in its place."""
        try:
            return check()
        except RuleViolation as refusal:
            self.refusals.append(refusal)
            return otherwise

    def text(self, value: str, *, field: str, longest: int, needed: bool = False) -> str:
        """Return a text without doubled and outer spaces; refuse one that is too long, or missing though needed."""
        clean = " ".join(value.split())
        if needed and not clean:
            self.refuse("text_missing", field=field)
        elif len(clean) > longest:
            self.refuse("text_too_long", field=field, longest=longest, length=len(clean))
        return clean

    def choice(self, value: str, known: frozenset[str], *, field: str, empty: bool = True) -> str:
        """Return a stored code; refuse one that is not known."""
        if value not in known and not (empty and value == ""):
            self.refuse("choice_unknown", field=field)
        return value

    def stop(self) -> None:
        """
        Go on only if nothing was refused.

        :raises Refused: with everything that was
        """
        if self.refusals:
            raise Refused.because(*self.refusals)
