"""Dated law, and an entity's own wordings in its place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from sportello.billing.models import EntityWording
from sportello.billing.operations.wordings import set_wording, withdraw_wording
from sportello.billing.queries.settings import LawRecord, law_records, wording_keys, wordings_of
from sportello.billing.reference import Kind
from sportello.core.languages import FIRST
from sportello.parties.operations import Refused
from sportello.parties.permissions import (
    check_may_edit_fiscal_settings,
    may_edit_fiscal_settings,
)
from sportello.parties.queries import entity_choices, entity_detail
from sportello.web import formats
from sportello.web.forms import PageForm
from sportello.web.http import PartyRequest
from sportello.web.inputs import DayField
from sportello.web.parts import StateLink
from sportello.web.practice.http import practice_view
from sportello.web.practice.refusing import put_errors
from sportello.web.practice.settings.entities import entity_tabs
from sportello.web.practice.settings.sources import source_words
from sportello.web.practice.settings.tabs import sections
from sportello.web.practice.settings.words import KINDS_OF_LAW, WORDINGS
from sportello.web.sentences import sentence

HERE = "practice:settings_law"
COURTESY = tuple(each for each in FIRST if each.code in {"en", "fr", "de"})


class WordingForm(PageForm):
    """An own text in the place of a legal one."""

    key = forms.ChoiceField(label=gettext_lazy("In the place of"))
    valid_from = DayField(label=gettext_lazy("From"), required=True)
    text_it = forms.CharField(
        label=gettext_lazy("Text in Italian"),
        required=False,
        help_text=gettext_lazy("The one that counts. Fields in braces are filled in on each paper."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, keys: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["key"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(key, WORDINGS.get(key, key)) for key in keys]
        for language in COURTESY:
            self.fields[f"text_{language.code}"] = forms.CharField(
                label=language.native, required=False, widget=forms.Textarea(attrs={"rows": 2, "lang": language.code})
            )

    @property
    def translations(self) -> list[forms.BoundField]:
        """The courtesy texts."""
        return [self[f"text_{language.code}"] for language in COURTESY]


@require_GET
@practice_view
def law(request: PartyRequest) -> HttpResponse:
    """Show what the product takes for law: from when, to when, by which source, and whether confirmed."""
    asked = request.GET.get("kind", "")
    kind = Kind(asked) if asked in set(Kind) else Kind.WORDING
    today = timezone.localdate()
    records = law_records(kind, today=today)
    url = reverse(HERE)
    context = {
        "rows": [(each, _name(each), _says(each), source_words(each.source)) for each in records],
        "states": [
            StateLink(word, f"{url}?kind={code}", None, code == kind.value) for code, word in KINDS_OF_LAW.items()
        ],
        "open": sum(not each.is_confirmed for each in records),
        "kind": kind.value,
        "kind_word": KINDS_OF_LAW[kind.value],
        "entities": entity_choices(request.actor),
        "tabs": sections(request.actor, HERE),
        "may_edit": may_edit_fiscal_settings(request.actor),
    }
    return render(request, "practice/settings/law.html", context)


@require_GET
@practice_view
def wordings(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Show an entity's own wordings, and what the law prints without them."""
    today = timezone.localdate()
    shown = entity_detail(request.actor, entity_id, today=today)
    context = {
        "entity": shown,
        "rows": [
            (each, WORDINGS.get(each.key, each.key)) for each in wordings_of(request.actor, entity_id, today=today)
        ],
        "printed": _printed(request, entity_id, today),
        "tabs": entity_tabs(entity_id, "wordings"),
        "may_edit": may_edit_fiscal_settings(request.actor),
    }
    return render(request, "practice/settings/wordings.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_fiscal_settings)
def wording_new(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Set an own wording from a day on, with the legal text beside it."""
    today = timezone.localdate()
    shown = entity_detail(request.actor, entity_id, today=today)
    keys = wording_keys(today)
    asked = request.GET.get("key", "")
    key = asked if asked in keys else keys[0]
    begins = _start(request.GET.get("from", ""), today)
    form = WordingForm(
        request.POST if request.method == "POST" else None,
        initial={"key": key, "valid_from": begins} | _legal(key, begins, today),
        keys=keys,
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            set_wording(
                actor=request.actor,
                entity_id=entity_id,
                key=data["key"],
                valid_from=data["valid_from"],
                text=data["text_it"],
                texts={each.code: data[f"text_{each.code}"] for each in COURTESY},
            )
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The wording was saved."))
            return redirect("practice:settings_wordings", entity_id)
    back = reverse("practice:settings_wordings", args=[entity_id])
    return render(request, "practice/settings/wording_form.html", {"form": form, "entity": shown, "back_url": back})


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_fiscal_settings)
def wording_withdraw(request: PartyRequest, wording_id: int) -> HttpResponse:
    """Ask, then print the legal wording again."""
    row = EntityWording.objects.get(pk=wording_id)
    back = reverse("practice:settings_wordings", args=[row.entity_id])
    if request.method == "POST":
        try:
            withdraw_wording(actor=request.actor, wording_id=wording_id)
        except Refused as refusal:
            messages.error(request, sentence(refusal))
        else:
            messages.success(request, _("The wording was withdrawn."))
        return redirect(back)
    context = {
        "question": _("Withdraw the wording from %(day)s?") % {"day": formats.day(row.valid_from)},
        "consequence": _("The text before it, or that of the law, is printed again. Papers already issued stay."),
        "act_word": _("Withdraw"),
        "grave": True,
        "back_url": back,
    }
    return render(request, "practice/confirm.html", context)


def _printed(request: PartyRequest, entity_id: int, today: date) -> list[tuple[str, str, str, bool]]:
    """Return key, word and text of what papers of today bear, and whether the text is the entity's own."""
    own = {
        each.key: each.text_it for each in wordings_of(request.actor, entity_id, today=today) if each.state == "CURRENT"
    }
    current = [each for each in law_records(Kind.WORDING, today=today) if each.state == "CURRENT"]
    return [
        (each.key, str(WORDINGS.get(each.key, each.key)), own.get(each.key, each.values["it"]), each.key in own)
        for each in current
    ]


def _legal(key: str, begins: date, today: date) -> dict[str, str]:
    records = [each for each in law_records(Kind.WORDING, today=today) if each.key == key]
    record = next((each for each in records if each.valid_from <= begins), records[-1] if records else None)
    if record is None:
        return {}
    texts = {f"text_{each.code}": record.values.get(each.code) or "" for each in COURTESY}
    return {"text_it": record.values["it"]} | texts


def _start(text: str, today: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return today


def _name(record: LawRecord) -> str:
    name = record.values.get("name")
    if isinstance(name, Mapping):
        return str(name.get(formats.language()) or name["it"])
    return str(WORDINGS.get(record.key, name or record.key))


def _says(record: LawRecord) -> str:
    values = record.values
    if record.kind == Kind.WORDING.value:
        return str(values["it"])
    said = {
        "rate": _("rate %(value)s%%"),
        "natura": _("natura %(value)s"),
        "xml_code": _("code %(value)s"),
        "threshold": _("above EUR %(value)s"),
        "amount": _("EUR %(value)s"),
        "xml_reason": _("reason %(value)s"),
    }
    parts = [said[name] % {"value": values[name]} for name in said if values.get(name)]
    if "traceable" in values:
        parts.append(_("traceable") if values["traceable"] else _("not traceable"))
    return ", ".join(parts) or record.key
