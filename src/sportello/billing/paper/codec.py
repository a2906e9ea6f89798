"""Frozen dataclasses to canonical JSON and back, by their annotations.

Money is written with two decimals, other Decimals in their shortest plain form, dates as ISO 8601, keys sorted, no
spaces: equal values give equal text. Reading is strict: an unknown or missing field is an error that names it, never
its value.
"""

from __future__ import annotations

import json
import types
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
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
    return cast(_T, _decode(plain, cls, "content"))


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


def _encode(value: Any, hint: Any, where: str) -> Any:
    hint, _ = _unwrap(hint)
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Decimal):
        return _number(value, money=hint is Money, where=where)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        inner = get_args(hint)[0]
        return [_encode(item, inner, where) for item in value]
    if is_dataclass(value):
        hints = _hints(cast(type, type(value)))
        return {f.name: _encode(getattr(value, f.name), hints[f.name], f"{where}.{f.name}") for f in fields(value)}
    raise ValueError(f"{where}: a {type(value).__name__} has no place in a snapshot")


def _number(value: Decimal, *, money: bool, where: str) -> str:
    if not value.is_finite() or value.adjusted() > _ROOM // 2:
        raise ValueError(f"{where}: not a number of ordinary size")
    if not money:
        return format(value.normalize() + 0, "f")
    if value != value.quantize(_CENT):
        raise ValueError(f"{where}: money has two decimals")
    return format(value.quantize(_CENT) + 0, "f")


def _decode(plain: Any, hint: Any, where: str) -> Any:
    hint, optional = _unwrap(hint)
    if plain is None:
        if optional:
            return None
        raise ContentUnreadable(f"{where}: missing")
    if get_origin(hint) is tuple:
        if not isinstance(plain, list):
            raise ContentUnreadable(f"{where}: not a list")
        inner = get_args(hint)[0]
        return tuple(_decode(item, inner, f"{where}[{index}]") for index, item in enumerate(plain))
    if is_dataclass(hint):
        return _decode_fields(plain, cast(type, hint), where)
    return _decode_leaf(plain, hint, where)


def _decode_fields(plain: Any, cls: type, where: str) -> Any:
    if not isinstance(plain, dict):
        raise ContentUnreadable(f"{where}: not an object")
    hints = _hints(cls)
    if unknown := sorted(set(plain) - set(hints)):
        raise ContentUnreadable(f"{where}.{unknown[0]}: unknown")
    values = {}
    for f in fields(cls):
        if f.name in plain:
            values[f.name] = _decode(plain[f.name], hints[f.name], f"{where}.{f.name}")
        elif f.default is MISSING:
            raise ContentUnreadable(f"{where}.{f.name}: missing")
    return cls(**values)


def _decode_leaf(plain: Any, hint: Any, where: str) -> Any:
    if hint is bool:
        if isinstance(plain, bool):
            return plain
        raise ContentUnreadable(f"{where}: neither true nor false")
    if not isinstance(plain, str):
        raise ContentUnreadable(f"{where}: not a text")
    if hint is str:
        return plain
    try:
        if hint is date:
            return date.fromisoformat(plain)
        if isinstance(hint, type) and issubclass(hint, StrEnum):
            return hint(plain)
        return _decode_number(plain)
    except (ValueError, InvalidOperation) as error:
        raise ContentUnreadable(f"{where}: not a readable value") from error


def _decode_number(plain: str) -> Decimal:
    value = Decimal(plain)
    if len(plain) > _ROOM or not value.is_finite() or not -_ROOM < value.adjusted() <= _ROOM // 2:
        raise ValueError("number out of range")
    return value
