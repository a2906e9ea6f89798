"""Law as dated data: the records the product ships, and how any day's rates, terms and wordings are read from them.

One JSON file a kind lies in ``billing/data``: ``{"kind": ..., "records": [...]}``. A record is

==============  ====================================================================================================
``key``         what it is about: ``ENPAP``, ``EXEMPT_HEALTH``, ``MP01``, ``stamp.paper``
``valid_from``  first day, ISO
``valid_to``    last day, None while it is open; records of one key never overlap
``values``      what it says, see below; amounts and rates are decimal strings (EUR, percent)
``source``      the law, list or body it comes from
``is_confirmed``  False: nobody could confirm it yet, the interface says so
==============  ====================================================================================================

Values by kind: ``fund`` rate, xml_code (TipoCassa), in_vat_base, in_withholding_base, name, profession;
``vat_treatment`` rate, natura; ``stamp`` threshold, amount; ``withholding`` rate, xml_reason; ``limit`` amount;
``payment_method`` traceable, name by language; ``regime`` name by language; ``wording`` a text by language, with fields
in braces.

The database keeps the same shape (``ReferenceRecord``): :func:`load` is its seed, and a :class:`Reference` is built
from either.

>>> shipped = Reference(load())
>>> shipped.fund("ENPAP", date(2026, 3, 2)).rate, shipped.stamp(date(2026, 3, 2)).threshold
(Decimal('2'), Decimal('77.47'))
>>> shipped.record(Kind.WORDING, "vat.EXEMPT_HEALTH", date(2027, 1, 1)).is_confirmed
False
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from sportello.billing.rules.payments import Method
from sportello.billing.rules.totals import FundTerms, StampTerms
from sportello.billing.rules.treatments import Natura, Treatment, VatTerms
from sportello.core.violations import RuleViolation


class Kind(StrEnum):
    """What a record is about."""

    FUND = "fund"
    VAT_TREATMENT = "vat_treatment"
    STAMP = "stamp"
    WITHHOLDING = "withholding"
    LIMIT = "limit"
    PAYMENT_METHOD = "payment_method"
    REGIME = "regime"
    WORDING = "wording"


@dataclass(frozen=True, slots=True)
class Record:
    """One dated fact: fields as in the table above."""

    kind: Kind
    key: str
    valid_from: date
    valid_to: date | None
    values: Mapping[str, Any]
    source: str
    is_confirmed: bool = True

    def holds_on(self, day: date) -> bool:
        """Tell whether the record is in force on a day, first and last day included."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@cache
def load() -> tuple[Record, ...]:
    """Return every record the product ships, by kind, key and first day."""
    files = (entry for entry in resources.files("sportello.billing").joinpath("data").iterdir())
    found = [record for entry in files if entry.name.endswith(".json") for record in _read(entry.read_text("utf-8"))]
    return tuple(sorted(found, key=lambda record: (record.kind, record.key, record.valid_from)))


def _read(text: str) -> list[Record]:
    content = json.loads(text)
    kind = Kind(content["kind"])
    return [
        Record(
            kind=kind,
            key=row["key"],
            valid_from=date.fromisoformat(row["valid_from"]),
            valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            values=MappingProxyType(row["values"]),
            source=row["source"],
            is_confirmed=row["is_confirmed"],
        )
        for row in content["records"]
    ]


class Reference:
    """The records of one installation, read by day."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._by_key: dict[tuple[Kind, str], list[Record]] = {}
        for record in records:
            self._by_key.setdefault((record.kind, record.key), []).append(record)

    def record(self, kind: Kind, key: str, on: date) -> Record:
        """Return the record in force on a day.

        :raises RuleViolation: ``reference_missing`` when none is
        """
        for record in self._by_key.get((kind, key), ()):
            if record.holds_on(on):
                return record
        raise RuleViolation("reference_missing", field=key, kind=kind, key=key, on=on)

    def keys(self, kind: Kind, on: date) -> tuple[str, ...]:
        """Return the keys of a kind with a record in force on a day, sorted."""
        return tuple(
            sorted(
                key
                for (found, key), records in self._by_key.items()
                if found is kind and any(record.holds_on(on) for record in records)
            )
        )

    def vat(self, treatment: Treatment, on: date) -> VatTerms:
        """Return rate and natura of a treatment."""
        values = self.record(Kind.VAT_TREATMENT, treatment, on).values
        natura = values["natura"]
        return VatTerms(treatment, Decimal(values["rate"]), Natura(natura) if natura else None)

    def fund(self, key: str, on: date, *, rate: Decimal | None = None) -> FundTerms | None:
        """Return a fund's terms, None for a fund that asks nothing on invoices.

        :param rate: the entity's own, percent, where it differs from the fund's usual one
        """
        values = self.record(Kind.FUND, key, on).values
        percent = Decimal(values["rate"]) if rate is None else rate
        if percent == 0:
            return None
        return FundTerms(key, percent, values["in_vat_base"], values["in_withholding_base"])

    def stamp(self, on: date) -> StampTerms:
        """Return threshold and amount of the stamp."""
        values = self.record(Kind.STAMP, "invoice", on).values
        return StampTerms(Decimal(values["threshold"]), Decimal(values["amount"]))

    def withholding_rate(self, on: date) -> Decimal:
        """Return the percentage withheld on professional fees."""
        return Decimal(self.record(Kind.WITHHOLDING, "professional", on).values["rate"])

    def cash_limit(self, on: date) -> Decimal | None:
        """Return the amount (EUR) from which cash is refused, None for a day without a limit."""
        if "cash" not in self.keys(Kind.LIMIT, on):
            return None
        return Decimal(self.record(Kind.LIMIT, "cash", on).values["amount"])

    def is_traceable(self, method: Method, on: date) -> bool:
        """Tell whether a payment by this method leaves a trace."""
        return bool(self.record(Kind.PAYMENT_METHOD, method, on).values["traceable"])

    def wording(self, key: str, on: date, language: str = "it", **fields: str) -> str:
        """Return a legal text with its fields filled in, "" when the language has none; Italian always has.

        :raises RuleViolation: ``reference_missing``
        """
        text = self.record(Kind.WORDING, key, on).values.get(language) or ""
        return text.format(**fields)
