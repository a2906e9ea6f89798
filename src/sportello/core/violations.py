"""How a rule says no, and how it says careful.

A rule never speaks a language: it gives a code, the field the code is about and the figures behind it. The web layer
turns these into a sentence in Italian, English or French, and puts it beside the field.

>>> refusal = RuleViolation("overpayment", field="amount", amount=Decimal("71.41"), open=Decimal("71.40"))
>>> refusal.code, refusal.field, refusal.figures["open"]
('overpayment', 'amount', Decimal('71.40'))
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as slot
from datetime import date
from decimal import Decimal
from types import MappingProxyType

Figure = Decimal | int | str | date | bool | None
"""What may stand behind a refusal: amounts (EUR), counts, codes, days. Never a name, a codice fiscale or free text."""

_NO_FIGURES: Mapping[str, Figure] = MappingProxyType({})


class RuleViolation(ValueError):
    """A rule refuses what was asked.

    :ivar code: stable, lower-case with underscores; what a translation and a test hang on
    :ivar field: the input the refusal is about (``lines.0.quantity``), empty when it is about the whole
    :ivar figures: the numbers, days and codes a person needs to understand and to repair it
    """

    def __init__(self, code: str, /, *, field: str = "", **figures: Figure) -> None:
        self.code = code
        self.field = field
        self.figures: Mapping[str, Figure] = MappingProxyType(figures)
        super().__init__(code)

    def __str__(self) -> str:
        """Give code, field and figures in one line for a log: none of them is personal data."""
        shown = ", ".join(f"{name}={value}" for name, value in self.figures.items())
        return " ".join(part for part in (self.code, f"[{self.field}]" if self.field else "", shown) if part)

    def at(self, prefix: str) -> "RuleViolation":
        """Return the same refusal seen from further out: ``quantity`` at ``lines.0`` becomes ``lines.0.quantity``."""
        inner = f".{self.field}" if self.field else ""
        return type(self)(self.code, field=f"{prefix}{inner}", **self.figures)

    def __eq__(self, other: object) -> bool:
        """Two refusals are the same when they say the same about the same field."""
        if not isinstance(other, RuleViolation):
            return NotImplemented
        return (self.code, self.field, dict(self.figures)) == (other.code, other.field, dict(other.figures))

    __hash__ = ValueError.__hash__


@dataclass(frozen=True, slots=True)
class Notice:
    """A rule lets it pass but a person should look: same shape as a refusal, nothing is stopped."""

    code: str
    field: str = ""
    figures: Mapping[str, Figure] = slot(default_factory=lambda: _NO_FIGURES)
