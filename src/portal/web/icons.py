"""Icons as inline drawings: those in `icons.json`, made by `script/icons` from Tabler's set (MIT)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe


@cache
def drawings() -> dict[str, str]:
    """Return the drawing of every icon by name."""
    table: dict[str, str] = json.loads(Path(__file__).with_name("icons.json").read_text(encoding="utf-8"))
    return table


def icon(name: str, *, label: str = "", classes: str = "") -> SafeString:
    """
    Return an icon as HTML: decoration, unless `label` says what it means where no word stands beside it.

    :raises KeyError: no such icon in the table
    """
    paths = mark_safe(drawings()[name])  # noqa: S308 - our own file, no text of people
    speaks = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        'stroke-linecap="round" stroke-linejoin="round" {}>{}</svg>',
        f"ic {classes}".strip(),
        speaks,
        paths,
    )
