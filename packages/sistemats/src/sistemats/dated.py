"""Tables that change with decrees and renewals: deadlines by day of payment, certificates by validity.

They are data in the package, replaceable by a file of the same form; nothing in the code knows a year.

>>> Calendar.load().deadline(date(2025, 6, 1), SenderCategory.DOCTOR).send_by
datetime.date(2026, 2, 2)
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from sistemats.codes import Evidence, SenderCategory
from sistemats.crypto import Certificate
from sistemats.errors import InputError


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when expenses paid between two days are sent; `categories` empty means everybody not named elsewhere."""

    paid_from: date
    paid_to: date
    send_by: date
    change_by: date | None
    opposition_from: date | None
    opposition_to: date | None
    categories: frozenset[SenderCategory]
    evidence: Evidence
    source: str

    def covers(self, paid_on: date, category: SenderCategory) -> bool:
        """Tell whether the row speaks of this payment and sender."""
        return self.paid_from <= paid_on <= self.paid_to and (not self.categories or category in self.categories)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The table of deadlines."""

    rows: tuple[Deadline, ...]

    @classmethod
    def load(cls, path: Path | None = None) -> Calendar:
        """Read the table of the package, or a file of the same form.

        :raises InputError: the file is not such a table
        """
        return cls(tuple(_rows("deadlines.json", path, _deadline)))

    def deadline(self, paid_on: date, category: SenderCategory) -> Deadline | None:
        """Return the row for a payment: one naming the category before one for everybody, None when there is none."""
        found = [row for row in self.rows if row.covers(paid_on, category)]
        return max(found, key=lambda row: bool(row.categories), default=None)


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What is known of one certificate SanitelCF."""

    serial: str
    valid_from: datetime
    valid_to: datetime
    key_sha256: str


def known_certificates(path: Path | None = None) -> tuple[CertificateFacts, ...]:
    """Return the certificates known to this version, or those of a file of the same form.

    :raises InputError: the file is not such a table
    """
    return tuple(_rows("certificates.json", path, _certificate))


def key_is_known(certificate: Certificate, known: Iterable[CertificateFacts] | None = None) -> bool:
    """Tell whether a certificate wraps the key that the State has used so far."""
    table = known_certificates() if known is None else known
    return any(row.key_sha256 == certificate.key_sha256 for row in table)


def _rows(name: str, path: Path | None, read: Any) -> Iterable[Any]:
    text = path.read_text("utf-8") if path else files("sistemats").joinpath("data", name).read_text("utf-8")
    try:
        return [read(row) for row in json.loads(text)["rows"]]
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path or name} is not a table of the form of {name}.") from None


def _deadline(row: dict[str, Any]) -> Deadline:
    def day(name: str) -> date | None:
        return date.fromisoformat(row[name]) if row.get(name) else None

    return Deadline(
        paid_from=date.fromisoformat(row["paid_from"]),
        paid_to=date.fromisoformat(row["paid_to"]),
        send_by=date.fromisoformat(row["send_by"]),
        change_by=day("change_by"),
        opposition_from=day("opposition_from"),
        opposition_to=day("opposition_to"),
        categories=frozenset(SenderCategory(name) for name in row["categories"]),
        evidence=Evidence(row["evidence"]),
        source=str(row["source"]),
    )


def _certificate(row: dict[str, Any]) -> CertificateFacts:
    return CertificateFacts(
        serial=row["serial"],
        valid_from=datetime.fromisoformat(row["valid_from"]),
        valid_to=datetime.fromisoformat(row["valid_to"]),
        key_sha256=row["key_sha256"],
    )
