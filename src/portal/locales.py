"""The CLDR locale of each language of ours."""

from __future__ import annotations

from functools import cache

from babel.core import Locale
from django.utils.translation import get_language

_NAMES = {"zh-hans": "zh_Hans", "en": "en_GB"}


def language() -> str:
    """Return the code of the active language, `it` when none is."""
    return get_language() or "it"


@cache
def locale(code: str) -> Locale:
    """Return the locale of a language of ours."""
    return Locale.parse(_NAMES.get(code, code))
