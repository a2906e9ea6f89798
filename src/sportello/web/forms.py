"""What our forms add to Django's: warnings that never block, and repairs of one click.

An error blocks and is red; a warning is amber and does not. A repair is offered where the right value is known: with
script it fills the field, without script the button sends the form, which comes back with the value in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from sportello.web.parts import Text

REPAIR = "_repair"


@dataclass(frozen=True, slots=True)
class Repair:
    """The value to put into a field, and what the button says."""

    value: str
    label: Text


class PageForm(forms.Form):
    """A form of our pages; `{% field %}` and `{% errors %}` show it."""

    use_required_attribute = False

    def __init__(self, data: Mapping[str, Any] | None = None, *args: Any, **kwargs: Any) -> None:
        self.repaired = ""
        super().__init__(self._repair(data, kwargs.get("prefix") or ""), *args, **kwargs)
        self.warnings: dict[str, list[Text]] = {}
        self.repairs: dict[str, Repair] = {}

    def _repair(self, data: Mapping[str, Any] | None, prefix: str) -> Mapping[str, Any] | None:
        if not data or REPAIR not in data:
            return data
        name, _, value = str(data[REPAIR]).partition(":")
        if prefix and not name.startswith(f"{prefix}-"):
            return data
        copy = data.copy() if hasattr(data, "copy") else dict(data)
        copy[name] = value
        self.repaired = name
        return copy

    def is_valid(self) -> bool:
        """Tell whether the form may be saved: never on the way back from a repair, which only fills a field."""
        return super().is_valid() and not self.repaired

    def warn(self, name: str, text: Text, repair: Repair | None = None) -> None:
        """Say something about a field that does not block."""
        self.warnings.setdefault(name, []).append(text)
        if repair:
            self.repairs[name] = repair

    def offer(self, name: str, repair: Repair) -> None:
        """Offer the right value beside a field's error."""
        self.repairs[name] = repair
