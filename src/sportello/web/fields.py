"""What a template needs to show one form field or the summary of errors, worked out from Django's bound fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.html import strip_tags

GROUPS = (forms.RadioSelect, forms.CheckboxSelectMultiple)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the error summary: what, and the id of the field it leads to."""

    text: str
    label: str = ""
    id: str = ""


def shown(bound: BoundField, *, check_url: str, optional: str, classes: str) -> dict[str, Any]:
    """Return the values of `parts/field.html`: the widget with its classes, and what is said of the field."""
    widget, form = bound.field.widget, bound.form
    errors = list(bound.errors)
    warnings = list(getattr(form, "warnings", {}).get(bound.name, ())) if form.is_bound or bound.initial else []
    ids = {
        "error_id": f"{bound.auto_id}-error",
        "warning_id": f"{bound.auto_id}-warning",
        "help_id": f"{bound.auto_id}-help",
    }
    described = " ".join(
        place
        for place, there in (
            (ids["error_id"], errors),
            (ids["warning_id"], warnings),
            (ids["help_id"], bound.help_text),
        )
        if there
    )
    group = isinstance(widget, GROUPS)
    attrs = _attrs(widget, classes, described)
    return ids | {
        "name": bound.html_name,
        "id": bound.id_for_label or bound.auto_id,
        "wrap_id": f"{bound.auto_id}-field",
        "label": bound.label,
        "help": bound.help_text,
        "hidden": bound.is_hidden,
        "check": isinstance(widget, forms.CheckboxInput),
        "group": group,
        "choices": list(_choices(bound, attrs)) if group else [],
        "widget": "" if group else bound.as_widget(attrs=attrs),
        "described": described,
        "errors": errors,
        "warnings": warnings,
        "repair": getattr(form, "repairs", {}).get(bound.name),
        "optional": optional,
        "check_url": check_url,
    }


def summary(sources: Iterable[Any]) -> list[Entry]:
    """Return what is wrong with forms and formsets, in the order of their fields."""
    return [entry for source in sources for entry in _entries(source)]


def _entries(source: Any) -> Iterator[Entry]:
    if isinstance(source, forms.BaseFormSet):
        for error in source.non_form_errors() if source.is_bound else ():
            yield Entry(strip_tags(str(error)))
        for form in source.forms:
            yield from _entries(form)
        return
    if not source.is_bound:
        return
    for error in source.non_field_errors():
        yield Entry(strip_tags(str(error)))
    for bound in source:
        for error in bound.errors:
            yield Entry(strip_tags(str(error)), label=str(bound.label or ""), id=bound.id_for_label or bound.auto_id)


def _attrs(widget: forms.Widget, classes: str, described: str) -> dict[str, Any]:
    own = str(widget.attrs.get("class", ""))
    attrs: dict[str, Any] = {"class": " ".join(part for part in (_base(widget), own, classes) if part)}
    if described and not isinstance(widget, GROUPS):
        attrs["aria-describedby"] = described
    return attrs


def _base(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "form-check-input"
    if isinstance(widget, forms.Select):
        return "form-select"
    if isinstance(widget, forms.NumberInput | forms.DateInput | forms.TimeInput | forms.DateTimeInput):
        return "form-control num"
    return "form-control"


def _choices(bound: BoundField, attrs: dict[str, Any]) -> Iterator[Any]:
    for choice in bound.subwidgets:
        choice.data["attrs"] = {**choice.data["attrs"], **attrs}
        yield choice
