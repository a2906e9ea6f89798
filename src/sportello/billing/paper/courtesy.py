"""Courtesy translations of the legal sentences, for second languages in which the dated records have none.

They say what is meant and leave the statutory reference to the Italian text above them: so they stay right when the
articles get new numbers, and the paper says that the Italian text prevails.

>>> text("regime.RF19", "de"), text("fund.ENPAP", "es", rate="2"), text("regime.RF19", "xx")
('Pauschalregelung', 'Contribución complementaria ENPAP 2%', '')
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from .spelling import isolate

_RTL_LANGUAGES = frozenset({"ar"})


@cache
def _table() -> dict[str, dict[str, str]]:
    stored = resources.files(__package__).joinpath("courtesy.json").read_text(encoding="utf-8")
    table: dict[str, dict[str, str]] = json.loads(stored)
    return table


def text(key: str, language: str, **fields: str) -> str:
    """
    Return the courtesy text of a wording, regime or payment method, "" when there is none in this language.

    :param key: key of the dated record (`vat.EXEMPT_HEALTH`), or `regime.` and `payment_method.` with the code
    :param fields: values of the placeholders as printed; beside right-to-left words they are kept in their order
    :raises KeyError: the text has a placeholder that is not given
    """
    pattern = _table().get(language, {}).get(key, "")
    if language in _RTL_LANGUAGES:
        fields = {name: isolate(value) for name, value in fields.items()}
    return pattern.format(**fields)
