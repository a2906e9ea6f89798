"""Raw bytes searched for what must not be there, however it may have been written down."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote


def everything(*folders: Path, but: Iterable[str] = ()) -> dict[str, bytes]:
    """Return each file below the folders with its bytes; files and folders with one of the names are left out."""
    left_out = set(but)
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            name = path.relative_to(folder.parent)
            if path.is_file() and not left_out & set(name.parts):
                found[str(name)] = path.read_bytes()
    return found


def traces(needles: Iterable[str], places: Mapping[str, bytes]) -> list[str]:
    """Return a line for each text that is in one of the places: in any case of letters, and in any usual encoding."""
    folded = {name: content.lower() for name, content in places.items()}
    found = []
    for needle in sorted(set(needles)):
        exact, loose = _exact(needle), _loose(needle)
        found += [
            f"{needle!r} is in {name}"
            for name, content in places.items()
            if any(each in content for each in exact) or any(each in folded[name] for each in loose)
        ]
    return found


def _loose(needle: str) -> set[bytes]:
    """Return the ways to write a text in which capitals do not matter."""
    ways = {needle, json.dumps(needle)[1:-1], quote(needle), needle.encode().hex()}
    return {way.encode().lower() for way in ways} | {needle.lower().encode("utf-16-le").lower()}


def _exact(needle: str) -> set[bytes]:
    """Return the text in base64, wherever in a longer text it begins."""
    raw = needle.encode()
    if len(raw) < 9:
        return set()
    return {base64.b64encode(raw[skip : skip + (len(raw) - skip) // 3 * 3]) for skip in range(3)}
