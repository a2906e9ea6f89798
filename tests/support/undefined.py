"""A variable that a template of ours names and nobody gave fails the test; other people's templates are left alone."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import SupportsIndex

OURS = Path(__file__).resolve().parents[2] / "src"


class UndefinedVariable(AssertionError):
    """A template names a variable that its view did not give."""


class Undefined(str):
    """Django's `string_if_invalid`: empty for templates of other packages, a failure in ours."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return _template_of_ours() is not None

    def __contains__(self, part: object) -> bool:
        return part == "%s" and _template_of_ours() is not None

    def __mod__(self, variable: object) -> str:
        raise UndefinedVariable(f"{_template_of_ours()}: the variable {str(variable)!r} is not defined")

    def __getitem__(self, key: SupportsIndex | slice) -> str:
        return ""


def _template_of_ours() -> str | None:
    """Return the path of the template being rendered, None when it is not one of ours."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_name.startswith("render"):
            origin = getattr(frame.f_locals.get("self"), "origin", None)
            if origin is not None:
                return str(origin) if OURS in Path(str(origin)).parents else None
        frame = frame.f_back
    return None
