"""What changed in a row of settings, as the audit keeps it: old and new value, secrets and codes masked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model

MASKED = "…"
SECRET = frozenset({"codice_fiscale", "iban"})


def snapshot(row: Model, names: Iterable[str]) -> dict[str, Any]:
    """Return the named columns of a row as they are now."""
    return {name: getattr(row, name) for name in names}


def changes(before: Mapping[str, Any], row: Model) -> dict[str, list[Any]]:
    """Return `{field: [old, new]}` for what differs from a snapshot; a secret shows only that it changed."""
    found: dict[str, list[Any]] = {}
    for name, old in before.items():
        new = getattr(row, name)
        if new != old:
            found[name] = [MASKED, MASKED] if name in SECRET else [old, new]
    return found
