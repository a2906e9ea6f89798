"""The tags and filters that every template may use without loading them (`TEMPLATES` builtins).

Parts are includes; one that needs a body is a block tag. `docs/engineering/pages.md` shows them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField
from django.template import Context
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from sportello.web import fields, formats, icons, looks
from sportello.web.doers import doer
from sportello.web.parts import BarChart, Event, Page, Slice, StateLink, Step, Tab, Text, Todo

register = template.Library()

SLIVER = 10
"""The least width of a slice, in thousandths of the bar: one row of many must still be seen."""

register.filter("money", formats.money)
register.filter("amount", formats.amount)
register.filter("whole", formats.whole)
register.filter("percent", formats.percent)
register.filter("quantity", formats.number)
register.filter("day", formats.day)
register.filter("short_day", formats.short_day)
register.filter("long_day", formats.long_day)
register.filter("moment", formats.moment)
register.filter("file_size", formats.file_size)
register.filter("browser", formats.browser)
register.filter("doer", doer)


@register.filter
def difference(value: Decimal | None) -> str:
    """Return an amount in euro with its sign, for a column of differences."""
    return formats.amount(value, sign=True)


@register.simple_tag
def icon(name: str, label: Text = "", classes: str = "") -> SafeString:
    """Draw an icon; give `label` only where no word stands beside it."""
    return icons.icon(name, label=str(label), classes=classes)


@register.simple_tag
def chip(kind: str, code: str, prefix: Text = "") -> SafeString:
    """Show a state with icon and word: `{% chip "invoice_payment" row.payment %}`; `prefix` names what it is about."""
    seen = looks.look(kind, code)
    word = _("%(name)s: %(text)s") % {"name": prefix, "text": str(seen.word).lower()} if prefix else seen.word
    return mark(seen.family, seen.icon, word)


@register.simple_tag
def mark(family: str, icon_name: str, word: Text) -> SafeString:
    """Show a chip that is no stored state: family, icon and word."""
    return format_html('<span class="chip {}">{}{}</span>', family, icons.icon(icon_name), word)


@register.simple_tag
def state_word(kind: str, code: str) -> Text:
    """Return only the word of a state, for the commonest healthy one in a list."""
    return looks.look(kind, code).word


@register.simple_tag
def when(value: date | datetime | None, zone: bool = False) -> SafeString | str:
    """Show a day or an instant as a `<time>` element."""
    if value is None:
        return formats.DASH
    if isinstance(value, datetime):
        return format_html(
            '<time datetime="{}">{}</time>', timezone.localtime(value).isoformat(), formats.moment(value, zone=zone)
        )
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), formats.day(value))


@register.simple_tag
def crumbs(*pairs: Text) -> SafeString:
    """Show where a page stands: word, address, word, address…"""
    items = list(zip(pairs[::2], pairs[1::2], strict=True))
    links = format_html_join("", '<li><a href="{1}">{0}</a></li>', items)
    return format_html('<nav aria-label="{}"><ol class="crumb">{}</ol></nav>', _("You are here"), links)


@register.inclusion_tag("parts/legend.html")
def legend(chart: BarChart) -> dict[str, Any]:
    """Say which colour of a chart is which."""
    return {"chart": chart}


@register.inclusion_tag("parts/tabs.html")
def tabs(items: Sequence[Tab], label: Text) -> dict[str, Any]:
    """Show the sections of a paper as links."""
    return {"items": items, "label": label}


@register.inclusion_tag("parts/states.html")
def states(items: Sequence[StateLink], label: Text) -> dict[str, Any]:
    """Show the filters of a list as links with their counts."""
    return {"items": items, "label": label}


@register.inclusion_tag("parts/search.html", takes_context=True)
def searchbox(context: Context, words: str, label: Text, hint: Text, target: str = "#list") -> dict[str, Any]:
    """Show the search field of a list. What is typed is posted and sealed, so no name enters an address."""
    return {
        "words": words,
        "label": label,
        "hint": hint,
        "target": target,
        "request": context["request"],
        "csrf_token": context.get("csrf_token", ""),
    }


@register.inclusion_tag("parts/field.html")
def field(bound: BoundField, check: str = "", optional: Text = "", classes: str = "") -> dict[str, Any]:
    """
    Show a form field with its label, help, error, warning and repair.

    `check` is the address that checks it while typing (it answers with `parts/field.html` of the field), `optional` the
    word in brackets behind the label.
    """
    return fields.shown(bound, check_url=check, optional=str(optional), classes=classes)


@register.simple_tag
def bare(bound: BoundField, classes: str = "") -> SafeString:
    """Show a field without its label, where a table's heads say what it is; its error stands below it."""
    shown = fields.shown(bound, check_url="", optional="", classes=classes)
    attrs: dict[str, str | bool] = {"class": f"form-control {classes}", "aria-label": str(bound.label)}
    if shown["errors"]:
        attrs |= {"aria-invalid": "true", "aria-describedby": shown["error_id"]}
    errors = format_html_join(
        "", '<span class="msg" id="{}">{}</span>', ((shown["error_id"], e) for e in shown["errors"])
    )
    return format_html("{}{}", bound.as_widget(attrs=attrs), errors)


@register.filter
def get(table: Mapping[str, Any], key: str) -> Any:
    """Return what a table says of a code, or the code."""
    return table.get(key, key)


@register.inclusion_tag("parts/errors.html")
def errors(*sources: Any, title: Text = "") -> dict[str, Any]:
    """
    Sum up what is wrong with forms and formsets as numbered links; nothing when all is well.

    `title` replaces "Not saved yet" where nothing is being saved.
    """
    return {"entries": fields.summary(sources), "title": title}


@register.inclusion_tag("parts/timeline.html")
def timeline(events: Sequence[Event]) -> dict[str, Any]:
    """Show who did what when, newest first as given."""
    return {"events": events}


@register.inclusion_tag("parts/listfoot.html", takes_context=True)
def listfoot(context: Context, page: Page[Any], csv: str = "") -> dict[str, Any]:
    """Show under a list how many rows, their total, the CSV of the filter, and the way to the next page."""
    return {"page": page, "csv": csv, "request": context["request"], "shown": len(page.rows)}


@register.simple_tag(takes_context=True)
def sort(context: Context, key: str, word: Text, classes: str = "", default: str = "") -> SafeString:
    """Show the head of a column that sorts: `?sort=key`, then `?sort=-key`. `default` is the list's own order."""
    request = context["request"]
    now = request.GET.get("sort", default)
    query = request.GET.copy()
    for stale in ("after", "before"):
        query.pop(stale, None)
    query["sort"] = f"-{key}" if now == key else key
    order = {key: "ascending", f"-{key}": "descending"}.get(now, "")
    arrow = {"ascending": icons.icon("chevron-up"), "descending": icons.icon("chevron-down")}.get(order, "")
    return format_html(
        '<th scope="col" role="columnheader"{}{}><a href="?{}">{}{}</a></th>',
        format_html(' class="{}"', classes) if classes else "",
        format_html(' aria-sort="{}"', order) if order else "",
        query.urlencode(),
        word,
        arrow,
    )


@register.inclusion_tag("parts/empty.html")
def empty(title: Text, lead: Text, steps: Sequence[Step] = ()) -> dict[str, Any]:
    """Show what will be here and what to do first."""
    return {"title": title, "lead": lead, "steps": steps}


@register.inclusion_tag("parts/todos.html")
def todos(items: Sequence[Todo]) -> dict[str, Any]:
    """Show what waits today as numbers that are links."""
    return {"items": items}


@register.inclusion_tag("parts/split.html")
def split(slices: Sequence[Slice]) -> dict[str, Any]:
    """Show how a whole is divided: a bar and, below it, the same numbers as links."""
    total = sum(each.count for each in slices) or 1
    places, at = [], 0
    for each in slices:
        width = max(round(each.count / total * 1000), SLIVER) if each.count else 0
        places.append((each, at, width))
        at += width
    return {"places": places, "total": max(at, 1)}


@register.inclusion_tag("parts/meter.html")
def meter(value: int, total: int, label: Text) -> dict[str, Any]:
    """Show how far a long work is."""
    return {"value": min(value, total), "total": max(total, 1), "label": label}


@register.inclusion_tag("parts/gauge.html")
def gauge(value: Decimal, threshold: Decimal, label: Text) -> dict[str, Any]:
    """Show an amount (euro) against its threshold, as the base of the stamp; a sentence beside it says the same."""
    top = max(value, threshold) * Decimal("1.25") or Decimal(1)
    return {
        "value": value,
        "threshold": threshold,
        "label": label,
        "filled": round(value / top * 100),
        "mark": round(threshold / top * 100),
    }


@register.inclusion_tag("parts/bars.html")
def bars(chart: BarChart) -> dict[str, Any]:
    """Draw paired bars; the page puts the table with the same numbers below it."""
    data = {
        "labels": [str(label) for label in chart.labels],
        "short": [str(label) for label in (chart.short_labels or chart.labels)],
        "series": [
            {"name": str(row.name), "values": [None if value is None else str(value) for value in row.values]}
            for row in chart.series
        ],
    }
    return {"chart": chart, "data": data, "data_id": f"{chart.id}-data"}


@register.simple_block_tag(takes_context=True)
def actions(context: Context, content: str, label: Text, button: bool = False) -> str:
    """Wrap the acts of a row (three dots) or of a page (`button=True`) in a menu that works without script."""
    return render_to_string("parts/actions.html", {"content": content, "label": label, "button": button})


@register.inclusion_tag("parts/act.html", takes_context=True)
def act(
    context: Context,
    url: str,
    icon_name: str,
    text: Text,
    note: Text = "",
    post: bool = False,
    grave: bool = False,
    cut: bool = False,
    download: bool = False,
) -> dict[str, Any]:
    """Show one act of a menu: a link, or with `post` a button; `grave` in red, `cut` with a line above it."""
    return {
        "url": url,
        "icon_name": icon_name,
        "text": text,
        "note": note,
        "post": post,
        "grave": grave,
        "cut": cut,
        "download": download,
        "csrf_token": context.get("csrf_token", ""),
    }


@register.simple_block_tag(takes_context=True)
def nextstep(context: Context, content: str, title: Text, tone: str = "", url: str = "", action: Text = "") -> str:
    """Show what to do next with a paper; `tone="bad"` when something failed. The body is the explanation."""
    return render_to_string(
        "parts/nextstep.html", {"content": content, "title": title, "tone": tone, "url": url, "action": action}
    )


@register.simple_block_tag(takes_context=True)
def note(context: Context, content: str, tone: str = "off") -> str:
    """Show a note with the icon of its tone: ok, wait, move, bad or off."""
    return render_to_string("parts/note.html", {"content": content, "tone": tone, "icon": looks.TONE_ICONS[tone]})


@register.simple_block_tag(takes_context=True)
def bulk(context: Context, content: str, total: int, every: Text = "") -> str:
    """Wrap the acts on the selected rows; `every` is the sentence that selects all `total` rows of the filter."""
    return render_to_string("parts/bulk.html", {"content": content, "total": total, "every": every})
