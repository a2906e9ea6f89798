"""Pages by key for lists that are sorted by a day or an instant and the id, or by the id alone."""

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

    :param order: the column, with a minus before it for the newest first; ``pk`` for the id alone
    """
    column, newest_first = order.removeprefix("-"), order.startswith("-")
    mark = _parsed(after or before, column)
    backwards = bool(before) and not after and mark is not None
    down = newest_first is not backwards
    if mark is not None:
        rows = rows.filter(_beyond(column, mark, "lt" if down else "gt"))
    sign = "-" if down else ""
    found = list(rows.order_by(*dict.fromkeys((f"{sign}{column}", f"{sign}pk")))[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
        return _slice(found, column, later=True, earlier=more)
    return _slice(found, column, later=more, earlier=mark is not None)


def _beyond(column: str, mark: tuple[Any, int], side: str) -> Q:
    """Return the condition for what lies on one side of a key."""
    value, pk = mark
    same = Q(**{f"pk__{side}": pk})
    return same if column == "pk" else Q(**{f"{column}__{side}": value}) | Q(**{column: value}) & same


def _slice(found: list[_M], column: str, *, later: bool, earlier: bool) -> Slice[_M]:
    after = _key(found[-1], column) if found and later else ""
    return Slice(tuple(found), after, _key(found[0], column) if found and earlier else "")


def _key(row: Model, column: str) -> str:
    if column == "pk":
        return str(row.pk)
    value: date | datetime = getattr(row, column)
    return f"{value.isoformat()}_{row.pk}"


def _parsed(key: str, column: str) -> tuple[Any, int] | None:
    value, _, pk = key.rpartition("_")
    read: Callable[[str], date] = datetime.fromisoformat if "T" in value else date.fromisoformat
    try:
        return (None, int(key)) if column == "pk" else (read(value), int(pk))
    except ValueError:
        return None
