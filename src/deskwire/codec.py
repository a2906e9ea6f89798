"""Frozen dataclasses as strict JSON: what is not exactly of the written type is refused.

Units: money is a Decimal of two places, written as text; a day is `YYYY-MM-DD`; an instant is UTC with microseconds.

>>> from dataclasses import dataclass
>>> @dataclass(frozen=True)
... class Sum:
...     total: Decimal
>>> dump(Sum(Decimal("71.40"))), load(Sum, {"total": "71.40"}).total
({'total': '71.40'}, Decimal('71.40'))
"""

from __future__ import annotations

import json
import re
import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any, NoReturn, TypeVar, Union, cast, get_args, get_origin, get_type_hints

_T = TypeVar("_T")

LONGEST_TEXT = 4_000
MOST_ITEMS = 2_000
_LARGEST = 2**53
_MONEY = re.compile(r"(?!-0\.00)-?(0|[1-9][0-9]{0,12})\.[0-9]{2}", re.ASCII)
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a sign beyond the first plane: no text, and nothing that UTF-8 can write."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z", re.ASCII)


class Malformed(ValueError):
    """A message is not what its kind says. `place` names the field, never its value."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place or 'the message'}: {why}")
        self.place, self.why = place, why


def to_bytes(value: object) -> bytes:
    """Return a plain JSON value as the bytes that are signed."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode()


def from_bytes(data: bytes) -> Any:
    """
    Return the JSON value of some bytes.

    :raises Malformed: no UTF-8, no JSON, a name given twice, or a number with a fraction
    """
    try:
        return json.loads(
            data.decode("utf-8"), object_pairs_hook=_once_each, parse_float=_no_fraction, parse_constant=_no_fraction
        )
    except Malformed:
        raise
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise Malformed("", "no JSON text") from None


def dump(value: Any) -> Any:
    """
    Return a message, or a part of it, as a plain JSON value.

    :raises Malformed: a value that `load` would not take back
    """
    made = _plain(value)
    if is_dataclass(value) and not isinstance(value, type):
        load(type(value), made)  # what we would refuse ourselves never leaves
    return made


def load(kind: type[_T], value: object, place: str = "") -> _T:
    """
    Return the message of this kind that a JSON value holds.

    :raises Malformed: a field is missing, unknown, or not of its type
    """
    return cast(_T, _reader(cast(Hashable, kind))(value, place))


Reader = Callable[[object, str], Any]


def _fields(kind: type) -> tuple[str, ...]:
    return _names(cast(Hashable, kind))


@lru_cache(maxsize=256)
def _names(kind: Hashable) -> tuple[str, ...]:
    return tuple(each.name for each in fields(cast(Any, kind)))


@lru_cache(maxsize=1024)
def _reader(hint: Any) -> Reader:
    """Return what reads values of this type; made once for each type, since lists hold many."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        inner = _reader(next(each for each in get_args(hint) if each is not type(None)))
        return lambda value, place: None if value is None else inner(value, place)
    if origin is tuple:
        return partial(_items, _reader(get_args(hint)[0]))
    if is_dataclass(hint):
        return _object_reader(cast(type, hint))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return partial(_code, {each.value: each for each in hint})
    return _SCALARS[hint]


def _object_reader(kind: type) -> Reader:
    hints = get_type_hints(kind)
    readers = {name: _reader(hints[name]) for name in _fields(kind)}

    def read(value: object, place: str) -> Any:
        if not isinstance(value, dict):
            raise Malformed(place, "must be an object")
        if value.keys() != readers.keys():
            _refuse_fields(value, readers, place)
        within = f"{place}." if place else ""
        return kind(**{name: reader(value[name], within + name) for name, reader in readers.items()})

    return read


def _refuse_fields(value: Mapping[str, object], known: Mapping[str, Reader], place: str) -> NoReturn:
    if any(name not in known for name in value):
        raise Malformed(place, "holds a field that it does not know")
    missing = next(name for name in known if name not in value)
    raise Malformed(f"{place}.{missing}" if place else missing, "is missing")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("", "a name is given twice")
    return found


def _no_fraction(text: str) -> NoReturn:
    raise Malformed("", "numbers are whole")


def _plain(value: Any) -> Any:
    return _writer(cast(Hashable, type(value)))(value)


@lru_cache(maxsize=256)
def _writer(kind: Any) -> Callable[[Any], Any]:
    """Return what makes values of this type plain; found once for each type, since lists hold many."""
    if is_dataclass(kind):
        names = _names(cast(Hashable, kind))
        return lambda value: {name: _plain(getattr(value, name)) for name in names}
    for known, write in _WRITERS.items():
        if issubclass(kind, known):
            return write
    raise TypeError(f"{kind.__name__} is no part of a message")


def _as_it_is(value: Any) -> Any:
    return value


def _instant_text(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _list(value: tuple[Any, ...]) -> list[Any]:
    return [_plain(each) for each in value]


# In this order: an instant is a day too.
_WRITERS: dict[type, Callable[[Any], Any]] = {
    type(None): _as_it_is,
    int: _as_it_is,
    str: str,
    Decimal: "{:f}".format,
    datetime: _instant_text,
    date: date.isoformat,
    tuple: _list,
}


def _items(inner: Reader, value: object, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise Malformed(place, "must be a list")
    if len(value) > MOST_ITEMS:
        raise Malformed(place, f"holds more than {MOST_ITEMS}")
    return tuple([inner(each, place) for each in value])


def _code(known: Mapping[str, StrEnum], value: object, place: str) -> StrEnum:
    found = known.get(value) if isinstance(value, str) else None
    if found is None:
        raise Malformed(place, "is none of the known codes")
    return found


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise Malformed(place, "must be text")
    if len(value) > LONGEST_TEXT:
        raise Malformed(place, f"is longer than {LONGEST_TEXT}")
    if not value.isascii() and _HALF.search(value):
        raise Malformed(place, "must be text")
    return value


def _whole(value: object, place: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LARGEST:
        raise Malformed(place, "must be a whole number")
    return value


def _switch(value: object, place: str) -> bool:
    if not isinstance(value, bool):
        raise Malformed(place, "must be true or false")
    return value


def _money(value: object, place: str) -> Decimal:
    if not isinstance(value, str) or not _MONEY.fullmatch(value):
        raise Malformed(place, "must be an amount with two places")
    return Decimal(value)


def _day(value: object, place: str) -> date:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise Malformed(place, "must be a day")


def _instant(value: object, place: str) -> datetime:
    try:
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise Malformed(place, "must be an instant")


_SCALARS: dict[Any, Reader] = {
    str: _text,
    int: _whole,
    bool: _switch,
    Decimal: _money,
    date: _day,
    datetime: _instant,
}
