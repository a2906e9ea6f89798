"""The page of codes in the documentation, made from the tables; `python -m sistemats.codes.page` prints it."""

from __future__ import annotations

from collections.abc import Iterable

from sistemats.codes.messages import ACCEPTANCE_CODES, DOCUMENT_CODES, MessageCode

_HEAD = """# Codes and how sure anyone is of each

Made from `sistemats.codes` by `python -m sistemats.codes.page`; a test keeps the two equal.

| evidence | means |
|---|---|
| official | printed in a specification of the State |
| observed | seen on the live service, mostly its test environment, and published by whoever saw it |
| claimed | said by one or more implementers or vendors; nobody has shown a reply |
| unknown | the name exists, its meaning does not |

A program should decide on the outcome (`esitoChiamata`) and on `tipo` alone: `E` blocks, `W` warns, `S` informs, empty
is success. The tables below are for people. The State may add codes at any time: an unknown one is normal, its text is
kept word for word, and nothing here breaks on it.
"""


def _table(title: str, codes: Iterable[MessageCode]) -> str:
    lines = [
        f"## {title}",
        "",
        "| code | tipo | meaning | wording of the State | evidence | note |",
        "|---|---|---|---|---|---|",
    ]
    for code in codes:
        cells = (code.code, code.severity.value or "(empty)", code.english, code.italian or "–", code.evidence.value)
        lines.append(f"| {' | '.join(cells)} | {code.note} |")
    return "\n".join(lines)


def codes_page() -> str:
    """Return the page as Markdown."""
    tables = (
        _table("Acceptance of an upload", ACCEPTANCE_CODES.values()),
        _table("Documents, queries, reports", DOCUMENT_CODES.values()),
    )
    return "\n".join((_HEAD, *(f"{table}\n" for table in tables)))


if __name__ == "__main__":
    print(codes_page(), end="")
