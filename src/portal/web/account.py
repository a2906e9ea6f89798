"""The account of who is signed in: password, second step, where it is signed in, what happened. It cannot be deleted
here, and nothing here reaches a practice."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts import events, factors, operations, queries, signing_in
from portal.accounts.sessions import stored_key
from portal.accounts.words import device_words
from portal.web import entering, words
from portal.web.forms import ChangePasswordForm, ConfirmPasswordForm
from portal.web.http import AccountRequest, account_view, site_address
from portal.web.next import next_of, to_next
from portal.web.sign_in import too_many


def fresh_view(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Open a page to whoever is signed in and showed who it is within a quarter of an hour; else ask again."""

    @wraps(view)
    def door(request: AccountRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not entering.is_fresh(request, timezone.now()):
            return to_next(reverse("confirm"), request.path)
        return view(request, *args, **kwargs)

    return account_view(door)


@account_view
@require_safe
def account(request: AccountRequest) -> HttpResponse:
    """Show the account."""
    now = timezone.now()
    values = {
        "address": request.account.address,
        "factors": [(each, words.FACTORS[each.kind]) for each in factors.of(request.account)],
        "recovery_left": factors.recovery_left(request.account),
        "sessions": [
            (each, device_words(each.device)) for each in queries.sessions(request.account, _this(request), now)
        ],
        "password_set_at": request.account.password_set_at,
    }
    return render(request, "account/account.html", values)


@account_view
@require_safe
def history(request: AccountRequest) -> HttpResponse:
    """Show what happened to the account."""
    rows = [(each, words.DEEDS[each.deed], device_words(each.device)) for each in events.of(request.account)]
    return render(request, "account/history.html", {"rows": rows})


@account_view
@sensitive_post_parameters("present", "password")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: AccountRequest) -> HttpResponse:
    """Change the password; every other device is signed out."""
    form = ChangePasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now, browser = timezone.now(), entering.browser_of(request)
        try:
            if signing_in.prove(request.account, form.cleaned_data["present"], browser, now):
                link = site_address(request) + reverse("forgot")
                operations.set_password(request.account, form.cleaned_data["password"], browser, now, link=link)
                response = redirect("account")
                entering.enter(request, response, request.account, now, notice=False)
                messages.success(request, _("Your new password is set. Other devices were signed out."))
                return response
            form.add_error("present", _("This is not your present password."))
        except signing_in.TooManyTries as many:
            return too_many(request, many)
        except ValidationError as error:
            form.add_error("password", error)
    return render(request, "account/password.html", {"form": form}, status=422 if form.errors else 200)


@account_view
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: AccountRequest) -> HttpResponse:
    """Ask for the password again before something that must not be done by whoever finds the device open."""
    form = ConfirmPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            if signing_in.prove(request.account, form.cleaned_data["password"], entering.browser_of(request), now):
                entering.refresh(request, now)
                return redirect(next_of(request) or "account")
        except signing_in.TooManyTries as many:
            return too_many(request, many)
        form.add_error("password", _("This is not your password."))
    values = {"form": form, "next": next_of(request)}
    return render(request, "account/confirm.html", values, status=422 if form.errors else 200)


@account_view
@require_POST
def end_session(request: AccountRequest, uid: UUID) -> HttpResponse:
    """Sign one device out."""
    operations.end_session(request.account, uid, timezone.now())
    messages.success(request, _("The device was signed out."))
    return redirect("account")


@account_view
@require_POST
def end_others(request: AccountRequest) -> HttpResponse:
    """Sign every device out but this one."""
    ended = operations.end_other_sessions(request.account, _this(request), timezone.now())
    messages.success(
        request,
        ngettext("%(ended)d other device was signed out.", "%(ended)d other devices were signed out.", ended)
        % {"ended": ended},
    )
    return redirect("account")


def _this(request: AccountRequest) -> str:
    return stored_key(cast(str, request.session.session_key))
