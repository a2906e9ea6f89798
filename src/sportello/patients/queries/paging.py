"""Pages fetched by key. The key is the id of a row, never its name: it stands in the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet

_M = TypeVar("_M", bound=Model)

PAGE = 25


@dataclass(frozen=True, slots=True)
class Cut(Generic[_M]):
    """The rows of a page in order, and the ids that its neighbours are asked for by, 0 for none."""

    rows: Sequence[_M]
    after: int
    before: int


def cut(rows: QuerySet[_M], order: tuple[str, str], *, after: int, before: int, size: int = PAGE) -> Cut[_M]:
    """
    Return the page that follows the row `after`, or precedes the row `before`, or the first.

    :param order: a column and the primary key, both up or both down (`-`); a row that is gone gives the first page
    """
    key, column = after or before, order[0].removeprefix("-")
    at = rows.filter(pk=key).values_list(column, flat=True).first() if key else None
    if at is None:
        found = list(rows.order_by(*order)[: size + 1])
        return _page(found[:size], more=len(found) > size, less=False)
    forward = bool(after)
    beyond = _beyond(rows, column, at, key, up=forward != order[0].startswith("-"))
    found = list(beyond.order_by(*(order if forward else _turned(order)))[: size + 1])
    page, more = found[:size], len(found) > size
    return _page(page, more=more, less=True) if forward else _page(page[::-1], more=True, less=more)


def _page(found: list[_M], *, more: bool, less: bool) -> Cut[_M]:
    return Cut(found, after=found[-1].pk if found and more else 0, before=found[0].pk if found and less else 0)


def _beyond(rows: QuerySet[_M], column: str, value: object, key: int, *, up: bool) -> QuerySet[_M]:
    way = "gt" if up else "lt"
    further = Q(**{f"{column}__{way}": value}) | Q(**{column: value, f"pk__{way}": key})
    return rows.filter(further, **{f"{column}__{way}e": value})


def _turned(order: tuple[str, str]) -> list[str]:
    return [name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in order]
