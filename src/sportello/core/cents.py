"""A column of money: whole cents in the database, Decimal euro with two places in Python.

Both databases then add and compare exactly (SQLite would keep a decimal as a binary float), and a check constraint
may say `total = net + stamp`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Sum

_HUNDRED = Decimal(100)


if TYPE_CHECKING:  # what the column takes and gives is what a decimal column does
    _Column = models.DecimalField
else:
    _Column = models.BigIntegerField


class EuroField(_Column):  # type: ignore[type-arg]
    """EUR with two places, kept as cents."""

    description = "An amount in euro, stored as cents"

    def from_db_value(self, value: int | Decimal | None, expression: Any, connection: Any) -> Decimal | None:
        """Return cents as euro."""
        return None if value is None else Decimal(int(value)).scaleb(-2)

    def to_python(self, value: Any) -> Decimal | None:
        """Return what a form or a fixture gives as euro."""
        if value is None or value == "":
            return None
        try:
            return Decimal(str(value)).quantize(Decimal("0.01"))
        except ArithmeticError as error:
            raise ValidationError("not an amount of euro") from error

    def get_prep_value(self, value: Any) -> Any:
        """
        Return euro as cents.

        :raises ValueError: a part of a cent would be lost
        """
        if not isinstance(value, Decimal):
            if value is None or hasattr(value, "resolve_expression"):
                return value
            value = Decimal(str(value))
        cents = value * _HUNDRED
        if cents != cents.to_integral_value():
            raise ValueError(f"{self.name} is not in whole cents")
        return int(cents)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Hand cents to the database as an integer."""
        return value if prepared else self.get_prep_value(value)


def euro_sum(column: str, **more: Any) -> Sum:
    """Return the sum of a money column as euro (0.00 for no rows)."""
    return Sum(column, default=Decimal("0.00"), output_field=EuroField(), **more)
