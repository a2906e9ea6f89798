"""Accounts at Sistema TS: the list when there is more than one, the page of each, and what an owner does there."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sportello.core.refusals import Refused
from sportello.expenses.operations import settings as operations
from sportello.expenses.operations.credentials import try_credentials
from sportello.expenses.permissions import check_may_configure
from sportello.expenses.queries.checklist import checklist
from sportello.expenses.queries.settings import AccountView, account, accounts, certificates
from sportello.parties.timeline import Deed, deeds_of_entity
from sportello.web.http import PartyRequest
from sportello.web.parts import Event
from sportello.web.practice.http import practice_view
from sportello.web.practice.refusing import put_errors
from sportello.web.practice.sts.forms import CertificateForm, IdentityForm, SinceForm
from sportello.web.practice.sts.steps import next_step, steps
from sportello.web.practice.sts.tabs import sections
from sportello.web.practice.sts.words import (
    ACCOUNT_STATES,
    CATEGORIES,
    CHANNELS,
    DEEDS,
    ENVIRONMENTS,
    PORTAL,
    SIMULATOR_AWAY,
    SPENT,
    STAMPS,
    STOPS,
    STRUCTURES,
    TESTED,
    TESTS,
)
from sportello.web.practice.timelines import events
from sportello.web.sentences import sentence

HERE = "practice:sts_accounts"
EVENTS = 20
"""Deeds on the page; every one stands under the activity of the practice."""


@require_GET
@practice_view(check=check_may_configure)
def account_list(request: PartyRequest) -> HttpResponse:
    """Show every entity with how far its account is; a practice with one entity goes straight to it."""
    rows = accounts(request.actor, today=timezone.localdate())
    if len(rows) == 1:
        return redirect("practice:sts_account", rows[0].entity_id)
    context = {
        "rows": [(row, ACCOUNT_STATES[row.state]) for row in rows],
        "tabs": sections(request.actor, HERE),
    }
    return render(request, "practice/sts/accounts.html", context)


@require_GET
@practice_view(check=check_may_configure)
def account_page(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Show an entity's account, without its secrets."""
    today = timezone.localdate()
    view = account(request.actor, entity_id, today=today)
    found = checklist(request.actor, entity_id, now=timezone.now())
    context = {
        "view": view,
        "step": next_step(view, found),
        "category": CATEGORIES[view.values.category],
        "channel": CHANNELS[view.values.channel],
        "stamp": STAMPS[view.values.stamp_expense],
        "spent": SPENT["again" if view.values.reinsert_cancelled else "person"],
        "environment": ENVIRONMENTS[view.environment],
        "is_structure": view.values.category in STRUCTURES,
        "test": _said(view.test_result, view.environment),
        "stop": STOPS.get(view.stop_reason),
        "state": ACCOUNT_STATES[_state(view)],
        "steps": steps(found, entity_id),
        "certificates": certificates(request.actor, now=timezone.now()),
        "certificate_form": CertificateForm(),
        "portal": PORTAL,
        "events": _events(entity_id),
        "several": len(accounts(request.actor, today=today)) > 1,
        "tabs": sections(request.actor, HERE),
    }
    return render(request, "practice/sts/account.html", context)


@sensitive_post_parameters("password", "pin", "client_certificate")
@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_configure, fresh=True)
def identity(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Change the account; what it kept secret stays secret."""
    view = account(request.actor, entity_id, today=timezone.localdate())
    data = (request.POST, request.FILES) if request.method == "POST" else ()
    form = IdentityForm(*data, view=view)
    if request.method == "POST" and form.is_valid():
        try:
            _row, notices = operations.save_identity(
                actor=request.actor, entity_id=entity_id, values=form.values(), today=timezone.localdate()
            )
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The account was saved. Test the credentials now."))
            for notice in notices:
                messages.warning(request, sentence(notice))
            return redirect("practice:sts_account", entity_id)
    context = {"form": form, "view": view, "tabs": sections(request.actor, HERE), "portal": PORTAL}
    return render(request, "practice/sts/identity.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_configure, fresh=True)
def activation(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Show the notice of what will be read, and take its acceptance."""
    view = account(request.actor, entity_id, today=timezone.localdate())
    today = timezone.localdate()
    form = SinceForm(
        request.POST if request.method == "POST" else None,
        initial={"since": view.active_since or today.replace(month=1, day=1)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            operations.activate(
                actor=request.actor,
                entity_id=entity_id,
                since=form.cleaned_data["since"] or today,
                accepted=form.cleaned_data["accepted"],
                now=timezone.now(),
            )
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The Sistema TS is active. Paid documents appear in the list by themselves."))
            return redirect("practice:sts_account", entity_id)
    return render(request, "practice/sts/activation.html", {"form": form, "view": view})


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_configure, fresh=True)
def deactivation(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Ask, then read and send nothing more."""
    view = account(request.actor, entity_id, today=timezone.localdate())
    if request.method == "POST":
        operations.deactivate(actor=request.actor, entity_id=entity_id)
        messages.success(request, _("The Sistema TS is no longer active for this entity."))
        return redirect("practice:sts_account", entity_id)
    context = {
        "question": _("Deactivate the Sistema TS for %(name)s?") % {"name": view.name},
        "consequence": _(
            "Nothing more is read or sent. What the State holds stays there: sending your expenses in time is then "
            "up to you, with other means."
        ),
        "act_word": _("Deactivate"),
        "back_url": reverse("practice:sts_account", args=[entity_id]),
        "grave": True,
    }
    return render(request, "practice/confirm.html", context)


@require_POST
@practice_view(check=check_may_configure)
def automatic(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Switch automatic sending."""
    on = request.POST.get("on") == "1"
    try:
        operations.set_automatic(actor=request.actor, entity_id=entity_id, on=on)
    except Refused as refusal:
        messages.error(request, sentence(refusal))
    else:
        text = (
            _("Automatic sending is on: every ten minutes, what is to be sent leaves by itself.")
            if on
            else _("Automatic sending is off: new documents wait until somebody sends them.")
        )
        messages.success(request, text)
    return redirect(_back(request, entity_id))


@require_POST
@practice_view(check=check_may_configure)
def sending(request: PartyRequest, entity_id: int, way: str) -> HttpResponse:
    """Stop everything by hand, or let it go on."""
    try:
        if way == "stop":
            operations.stop_sending(actor=request.actor, entity_id=entity_id, now=timezone.now())
            messages.success(request, _("Nothing leaves any more until you let it go on."))
        else:
            operations.resume_sending(actor=request.actor, entity_id=entity_id)
            messages.success(request, _("Sending goes on."))
    except Refused as refusal:
        messages.error(request, sentence(refusal))
    return redirect("practice:sts_account", entity_id)


@require_POST
@practice_view(check=check_may_configure, fresh=True)
def test(request: PartyRequest, entity_id: int) -> HttpResponse:
    """Ask the ministry whether the account works, and say what it answered."""
    try:
        found = try_credentials(
            actor=request.actor, entity_id=entity_id, now=timezone.now(), knowing=request.POST.get("knowing") == "1"
        )
    except Refused as refusal:
        messages.error(request, sentence(refusal))
        return redirect("practice:sts_account", entity_id)
    environment = account(request.actor, entity_id, today=timezone.localdate()).environment
    tone, title, _remedy = _said(found.result, environment) or TESTS["unclear"]
    say = {"ok": messages.success, "bad": messages.error}.get(tone, messages.warning)
    say(request, _("%(title)s.") % {"title": title})
    if found.resumed:
        messages.success(request, _("Sending goes on."))
    return redirect("practice:sts_account", entity_id)


def _said(result: str, environment: str) -> tuple[str, Promise, Promise] | None:
    """Return tone, title and remedy of what a test found, None before any."""
    return SIMULATOR_AWAY if (result, environment) == ("network", "simulator") else TESTS.get(result)


def _events(entity_id: int) -> list[Event]:
    """Return the last deeds about the account; a test says what it found."""
    deeds = [each for each in deeds_of_entity(entity_id) if each.action in DEEDS][:EVENTS]
    drawn = events(deeds, DEEDS, {"sts.activate": "ok", "sts.stop": "bad"})
    return [_told(deed, event) for deed, event in zip(deeds, drawn, strict=True)]


def _told(deed: Deed, event: Event) -> Event:
    found = TESTED.get(deed.details.get("outcome", "")) if deed.action == "sts.test" else None
    return event if found is None else replace(event, text=f": {found}{event.text}")


def _state(view: AccountView) -> str:
    if view.suggested:
        return "MISSING"
    if view.stopped_at:
        return "STOPPED"
    if view.activated_at:
        return "ACTIVE"
    return "READY" if view.test_result == "good" else "READY_TO_TEST"


def _back(request: PartyRequest, entity_id: int) -> str:
    """Return the page the switch stood on: the list of documents has it too."""
    if request.POST.get("back") == "list":
        return reverse("practice:sts")
    return reverse("practice:sts_account", args=[entity_id])
