"""Frozen dataclasses to canonical JSON and back, by their annotations.

Money is written with two decimals, other Decimals in their shortest plain form, dates as ISO 8601, keys sorted, no
spaces: equal values give equal text. Reading is strict: an unknown or missing field is an error that names it, never
its value.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

Money = Annotated[Decimal, "money"]
"""Euro with two decimals."""

_T = TypeVar("_T")
_CENT = Decimal("0.01")
_ROOM = 28
"""Digits a number may have; more is an attack or a mistake."""


class ContentUnreadable(ValueError):
    """A stored snapshot cannot be read; the message names the field, never what is in it."""


def to_text(value: object, *, schema: int) -> str:
    """
    Return canonical JSON of a dataclass, with its schema version.

    :raises ValueError: money with more than two decimals, or a number that is not finite or absurdly large
    """
    plain = _encode(value, type(value), "content")
    return json.dumps({"schema": schema, **plain}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_text(cls: type[_T], text: str, *, schema: int) -> _T:
    """
    Read what `to_text` wrote.

    :raises ContentUnreadable: not JSON, another schema, a field missing, unknown or of the wrong type
    """
    try:
        plain = json.loads(text, parse_float=_refuse_number, parse_constant=_refuse_number)
    except (ValueError, RecursionError) as error:
        raise ContentUnreadable("the snapshot is not JSON") from error
    if not isinstance(plain, dict) or plain.pop("schema", None) != schema:
        raise ContentUnreadable(f"the snapshot is not of schema {schema}")
    return cast(_T, _decode(plain, cls))


def _refuse_number(_: str) -> None:
    raise ValueError("numbers are written as strings")


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls, include_extras=True)


def _unwrap(hint: Any) -> tuple[Any, bool]:
    """Return the hint without `None`, and whether None was allowed."""
    if get_origin(hint) in (Union, types.UnionType):
        inner = [part for part in get_args(hint) if part is not type(None)]
        return inner[0], True
    return hint, False


@cache
def _parts(cls: type) -> tuple[tuple[str, Any], ...]:
    """Return the fields of a dataclass and what each is when it is not None."""
    hints = _hints(cls)
    return tuple((each.name, _unwrap(hints[each.name])[0]) for each in fields(cls))


def _encode(value: Any, hint: Any, where: str) -> Any:
    """Return a value as JSON takes it; `hint` is its annotation without None."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Decimal):
        return _number(value, money=hint is Money, where=where)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        inner, _ = _unwrap(get_args(hint)[0])
        return [_encode(item, inner, where) for item in value]
    if is_dataclass(value):
        found = {}
        for name, inner in _parts(cast(type, type(value))):
            item = getattr(value, name)
            found[name] = item if item is None or item.__class__ is str else _encode(item, inner, f"{where}.{name}")
        return found
    raise ValueError(f"{where}: a {type(value).__name__} has no place in a snapshot")


def _number(value: Decimal, *, money: bool, where: str) -> str:
    if not value.is_finite() or value.adjusted() > _ROOM // 2:
        raise ValueError(f"{where}: not a number of ordinary size")
    if not money:
        return format(value.normalize() + 0, "f")
    if value != value.quantize(_CENT):
        raise ValueError(f"{where}: money has two decimals")
    return format(value.quantize(_CENT) + 0, "f")


class _Bad(Exception):
    """What is wrong, and the way to it, gathered while it is passed up."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.way: list[str] = []


def _decode(plain: Any, cls: type) -> Any:
    try:
        return _reader(cls)(plain)
    except _Bad as bad:
        raise ContentUnreadable(f"content{''.join(reversed(bad.way))}: {bad}") from None


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """Return the function that reads values of one annotation; None never reaches it."""
    if get_origin(hint) is tuple:
        return _list_reader(_reader(get_args(hint)[0]))
    if is_dataclass(hint):
        return _object_reader(cast(type, hint))
    if hint is bool:
        return _read_bool
    if hint is str:
        return _read_text
    convert = _CONVERT.get(hint, hint)
    return lambda plain: _converted(convert, plain)


def _list_reader(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read_list(plain: Any) -> Any:
        if not isinstance(plain, list):
            raise _Bad("not a list")
        found = []
        for index, item in enumerate(plain):
            try:
                found.append(read(item))
            except _Bad as bad:
                bad.way.append(f"[{index}]")
                raise
        return tuple(found)

    return read_list


def _object_reader(cls: type) -> Callable[[Any], Any]:
    hints = _hints(cls)
    parts = [(f.name, *_unwrap(hints[f.name]), f.default is MISSING) for f in fields(cls)]
    readers = [(name, _reader(hint), optional, required) for name, hint, optional, required in parts]

    def read_object(plain: Any) -> Any:
        if not isinstance(plain, dict):
            raise _Bad("not an object")
        if unknown := sorted(set(plain) - set(hints)):
            raise _missing_way("unknown", unknown[0])
        values = {}
        for name, read, optional, required in readers:
            value = plain.get(name)
            if value is not None:
                values[name] = _read_field(read, value, name)
            elif required or (name in plain and not optional):
                raise _missing_way("missing", name)
        return cls(**values)

    return read_object


def _read_field(read: Callable[[Any], Any], value: Any, name: str) -> Any:
    try:
        return read(value)
    except _Bad as bad:
        bad.way.append(f".{name}")
        raise


def _missing_way(what: str, name: str) -> _Bad:
    bad = _Bad(what)
    bad.way.append(f".{name}")
    return bad


def _read_bool(plain: Any) -> bool:
    if isinstance(plain, bool):
        return plain
    raise _Bad("neither true nor false")


def _read_text(plain: Any) -> str:
    if isinstance(plain, str):
        return plain
    raise _Bad("not a text")


def _converted(convert: Callable[[str], Any], plain: Any) -> Any:
    try:
        return convert(_read_text(plain))
    except (ValueError, InvalidOperation) as error:
        raise _Bad("not a readable value") from error


def _number_of(plain: str) -> Decimal:
    value = Decimal(plain)
    if len(plain) > _ROOM or not value.is_finite() or not -_ROOM < value.adjusted() <= _ROOM // 2:
        raise ValueError("number out of range")
    return value


_CONVERT: dict[Any, Callable[[str], Any]] = {Decimal: _number_of, Money: _number_of, date: date.fromisoformat}
