"""The tags and filters that every template of the portal may use without loading them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.web import formats, icons

register = template.Library()
Text = str | Promise

register.filter("day", formats.day)
register.filter("long_day", formats.long_day)
register.filter("moment", formats.moment)
NOTE_ICONS = {"ok": "circle-check", "wait": "alert-triangle", "move": "info-circle", "bad": "alert-circle"}


@register.simple_tag
def icon(name: str, label: Text = "", classes: str = "") -> SafeString:
    """Draw an icon; give `label` only where no word stands beside it."""
    return icons.icon(name, label=str(label), classes=classes)


@register.simple_tag
def chip(family: str, icon_name: str, word: Text) -> SafeString:
    """Show a state as icon and word; families are ok, wait, move, bad, off."""
    return format_html('<span class="chip {}">{}{}</span>', family, icons.icon(icon_name), word)


@register.simple_tag
def money(value: Decimal | None, currency: str = "EUR") -> SafeString:
    """Show an amount, kept apart from the direction of the text around it."""
    return format_html('<bdi dir="ltr" class="num">{}</bdi>', formats.money(value, currency))


@register.simple_tag
def when(value: date | datetime | None) -> SafeString | str:
    """Show a day or an instant as a `<time>` element."""
    if value is None:
        return formats.DASH
    if isinstance(value, datetime):
        local = timezone.localtime(value)
        return format_html('<time datetime="{}"><bdi>{}</bdi></time>', local.isoformat(), formats.moment(value))
    return format_html('<time datetime="{}"><bdi>{}</bdi></time>', value.isoformat(), formats.day(value))


@register.simple_block_tag
def note(content: SafeString, tone: str = "move") -> SafeString:
    """Show a short notice in one of the families of states."""
    drawing = icons.icon(NOTE_ICONS.get(tone, "info-circle"))
    return format_html('<div class="note {}">{}<div class="grow">{}</div></div>', tone, drawing, content)


@register.inclusion_tag("parts/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """Show a field with its label, help and errors; what describes it is tied to it for screen readers."""
    help_id, error_id = f"{bound.id_for_label}_help", f"{bound.id_for_label}_error"
    described = [each for each, there in ((error_id, bound.errors), (help_id, bound.help_text)) if there]
    attributes: dict[str, str | bool] = (
        {"class": "form-control"} if bound.widget_type != "checkbox" else {"class": "form-check-input"}
    )
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if bound.errors:
        attributes["aria-invalid"] = "true"
    return {
        "bound": bound,
        "widget": bound.as_widget(attrs=attributes),
        "help_id": help_id,
        "error_id": error_id,
    }


@register.inclusion_tag("parts/errors.html")
def errors(form: Any) -> dict[str, Any]:
    """Sum up on top what has to be put right, with links to the fields."""
    entries = [
        {"text": text, "id": form[name].id_for_label if name in form.fields else ""}
        for name, texts in form.errors.items()
        for text in texts
    ]
    return {"entries": entries, "title": _("Something has to be put right")}
