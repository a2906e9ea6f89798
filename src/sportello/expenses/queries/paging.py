"""Pages by key for lists that are sorted by a day or an instant and the id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

_M = TypeVar("_M", bound=Model)
SIZE = 25


@dataclass(frozen=True, slots=True)
class Slice(Generic[_M]):
    """The rows of a page and the keys that its neighbours are asked for by, empty for none."""

    rows: tuple[_M, ...]
    after: str
    before: str


def page(rows: QuerySet[_M, _M], order: str, *, after: str = "", before: str = "", size: int = SIZE) -> Slice[_M]:
    """
    Return one page; a key that makes no sense gives the first page. One query.

    :param order: the column, with a minus before it for the newest first
    """
    column, newest_first = order.removeprefix("-"), order.startswith("-")
    mark = _parsed(after or before)
    backwards = bool(before) and not after and mark is not None
    down = newest_first is not backwards
    if mark is not None:
        side = "lt" if down else "gt"
        rows = rows.filter(Q(**{f"{column}__{side}": mark[0]}) | Q(**{column: mark[0], f"pk__{side}": mark[1]}))
    sign = "-" if down else ""
    found = list(rows.order_by(f"{sign}{column}", f"{sign}pk")[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
        return _slice(found, column, later=True, earlier=more)
    return _slice(found, column, later=more, earlier=mark is not None)


def _slice(found: list[_M], column: str, *, later: bool, earlier: bool) -> Slice[_M]:
    after = _key(found[-1], column) if found and later else ""
    return Slice(tuple(found), after, _key(found[0], column) if found and earlier else "")


def _key(row: Model, column: str) -> str:
    value: date | datetime = getattr(row, column)
    return f"{value.isoformat()}_{row.pk}"


def _parsed(key: str) -> tuple[Any, int] | None:
    value, _, pk = key.rpartition("_")
    read: Callable[[str], date] = datetime.fromisoformat if "T" in value else date.fromisoformat
    try:
        return read(value), int(pk)
    except ValueError:
        return None
