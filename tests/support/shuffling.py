"""Rows nobody put in order come back in any order, so that no test and no page leans on luck."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from django.db.models import QuerySet


def install(patch: pytest.MonkeyPatch, seed: int) -> None:
    """Shuffle what unordered querysets fetch, the same way for the same seed."""
    chance = Random(seed)
    fetch_all = QuerySet._fetch_all

    def fetch_and_shuffle(self: QuerySet[Any]) -> None:
        fresh = self._result_cache is None
        fetch_all(self)
        if fresh and not self.ordered and isinstance(self._result_cache, list):
            chance.shuffle(self._result_cache)

    patch.setattr(QuerySet, "_fetch_all", fetch_and_shuffle)
