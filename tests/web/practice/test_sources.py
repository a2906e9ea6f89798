"""The sources of reference data, read in each language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

import sportello.billing
from sportello.web.practice.settings.sources import SOURCES, source_words

DATA = Path(sportello.billing.__file__).parent / "data"
CITATION = re.compile(r"(D\.L\.|D\.Lgs\.|D\.M\.|D\.P\.R\.|L\.) [\d/-]+( artt?\. [\w-]+)?( c\. [\d-]+)?( n\. \d+)?")


def sources(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("source"), str):
            yield value["source"]
        for each in value.values():
            yield from sources(each)
    elif isinstance(value, list):
        for each in value:
            yield from sources(each)


def shipped() -> set[str]:
    return {source for file in DATA.glob("*.json") for source in sources(json.loads(file.read_text(encoding="utf-8")))}


def test_source_words_know_every_shipped_source_that_is_more_than_a_citation():
    assert {source for source in shipped() if not CITATION.fullmatch(source)} == SOURCES


@pytest.mark.parametrize("language", ["it", "fr"])
def test_source_words_hold_no_english_in_italian_and_french(language):
    with translation.override(language):
        left = [source for source in SOURCES if source_words(source) == source]
    assert left == []


def test_source_words_leave_a_citation_as_it_is():
    with translation.override("it"):
        assert source_words("D.P.R. 633/1972 art. 10 c. 1 n. 18") == "D.P.R. 633/1972 art. 10 c. 1 n. 18"
