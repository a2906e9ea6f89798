"""What a page hands to the parts it is built from: plain frozen values, no models.

`docs/engineering/pages.md` shows each with its tag.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

from django.utils.functional import Promise

Text = str | Promise
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class StateLink:
    """One filter of a list: its word, how many rows it holds, where it leads, whether it is the one shown."""

    label: Text
    url: str
    count: int | None = None
    current: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """One section of a paper or of the settings."""

    label: Text
    url: str
    count: int | None = None
    current: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One thing needed before a list can fill: `state` is DONE, NEXT or LATER."""

    title: Text
    note: Text
    state: str
    url: str
    action: Text


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a timeline; `family` (ok, bad) only on turning points, `lead` the words set in bold."""

    at: datetime
    text: Text
    lead: Text = ""
    family: str = ""


@dataclass(frozen=True, slots=True)
class Page(Generic[_Row]):
    """
    A page of a list fetched by key.

    `after` and `before` are the keys of the next and previous page, empty where there is none; `total` counts the
    filter's rows and `amount` (euro) sums them, None when not known or not money.
    """

    rows: Sequence[_Row]
    total: int | None = None
    after: str = ""
    before: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of a split bar: its word, how many, its family, and where the rows are."""

    label: Text
    count: int
    family: str
    icon: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Todo:
    """One line of what waits today: how many, what, why, for how much, and where to act."""

    count: int
    title: Text
    note: Text
    url: str
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One row of bars of a chart, a value for each label (None: nothing to draw). The first is our own data."""

    name: Text
    values: Sequence[Decimal | None]


@dataclass(frozen=True, slots=True)
class BarChart:
    """Paired bars in euro. The table with the same numbers stands beside it, on every page."""

    id: str
    title: Text
    labels: Sequence[Text]
    series: Sequence[Series]
    short_labels: Sequence[Text] = field(default=())
