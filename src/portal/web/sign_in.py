"""Signing in and out: one page, one password; a second step for who has one; the way to a new password."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal import joining
from portal.accounts import events, factors, operations, signing_in
from portal.accounts.codes import Deed, FactorKind
from portal.accounts.models import Account
from portal.web import entering, errors
from portal.web.forms import CodeForm, ForgotForm, NewPasswordForm, SignInForm
from portal.web.http import public, site_address
from portal.web.next import next_of, to_next
from portal.web.notices import NoticeCookie

# Cookies are taken away by name: "cookies" would clear those of every site under our domain, the practice's too.
CLEARED = '"cache", "storage"'


@public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Let people in who know address and password; whatever is wrong, the answer is the same."""
    if isinstance(request.user, Account):
        return redirect("home")
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        given = form.cleaned_data
        try:
            account = signing_in.check(given["address"], given["password"], entering.browser_of(request), now)
        except signing_in.TooManyTries as many:
            return too_many(request, many)
        except signing_in.WrongCredentials:
            form.add_error(None, _("E-mail and password do not fit together. Try again, or ask for a new password."))
        else:
            return let_in(request, account)
    status = 200 if request.method != "POST" else 422
    return render(request, "sign_in/sign_in.html", {"form": form, "next": next_of(request)}, status=status)


def let_in(request: HttpRequest, account: Account, wanted: str = "") -> HttpResponse:
    """Go on after a right password: to the second step where one is owed, else to where the person wanted to go."""
    now = timezone.now()
    wanted = wanted or next_of(request)
    if entering.owes_factor(request, account, now):
        return to_next(reverse("sign-in-code"), wanted)
    return welcome(request, account, wanted)


@public
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the second step: the code of an app, a recovery code, or a passkey."""
    now = timezone.now()
    account = entering.waiting(request, now)
    if account is None:
        return redirect("sign-in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            factors.check_code(account, form.cleaned_data["code"], entering.browser_of(request), now)
        except signing_in.TooManyTries as many:
            return too_many(request, many)
        except factors.BadCode:
            form.add_error("code", _("This code is not right, or was used before. Type the one that is shown now."))
        else:
            return welcome(request, account, next_of(request))
    return render(request, "sign_in/code.html", code_values(request, account, form), status=422 if form.errors else 200)


def code_values(request: HttpRequest, account: Account, form: CodeForm) -> dict[str, object]:
    """Return what the page of the second step shows: which factors there are to choose from."""
    kinds = {each.kind for each in factors.of(account)}
    return {
        "form": form,
        "next": next_of(request),
        "has_app": FactorKind.TOTP in kinds,
        "has_passkey": FactorKind.PASSKEY in kinds,
    }


def welcome(request: HttpRequest, account: Account, wanted: str) -> HttpResponse:
    """Open the session after the last step, and ask again for connections of which no answer came at the time."""
    now = timezone.now()
    response = redirect(wanted or "home")
    entering.enter(request, response, account, now)
    joining.resume(account, now)
    return response


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session, and let the browser forget what it holds of this site."""
    if isinstance(request.user, Account):
        events.record(request.user, Deed.SIGNED_OUT, timezone.now(), device=entering.browser_of(request).kind)
    logout(request)
    response = redirect("signed-out")
    response["Clear-Site-Data"] = CLEARED
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, NoticeCookie.cookie_name):
        response.delete_cookie(name)
    return response


@public
@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """Say that the session is over."""
    if isinstance(request.user, Account):
        return redirect("home")
    return render(request, "sign_in/signed_out.html")


@public
@require_http_methods(["GET", "HEAD", "POST"])
def forgot(request: HttpRequest) -> HttpResponse:
    """Take the address that a link to a new password goes to; the answer is the same for every address."""
    form = ForgotForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        link = site_address(request) + "/reset/{uid}/{token}/"
        browser = entering.browser_of(request)
        operations.ask_for_reset(form.cleaned_data["address"], browser, timezone.now(), link=link)
        return redirect("forgot-sent")
    return render(request, "sign_in/forgot.html", {"form": form}, status=422 if form.errors else 200)


@public
@require_safe
def forgot_sent(request: HttpRequest) -> HttpResponse:
    """Say what happens now, to everybody alike."""
    return render(request, "sign_in/forgot_sent.html")


@public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest, uid: UUID, token: str) -> HttpResponse:
    """Let whoever has the mailbox choose a new password, and sign in with it; a second factor is still owed."""
    now = timezone.now()
    try:
        account = operations.account_of_link(uid, token)
    except operations.BadLink:
        return render(request, "sign_in/reset_dead.html", status=404)
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        link = site_address(request) + reverse("forgot")
        browser = entering.browser_of(request)
        try:
            operations.set_password(account, form.cleaned_data["password"], browser, now, link=link)
        except ValidationError as error:
            form.add_error("password", error)
        else:
            messages.success(request, _("Your new password is set."))
            return let_in(request, account)
    return render(request, "sign_in/reset.html", {"form": form}, status=422 if form.errors else 200)


def too_many(request: HttpRequest, many: signing_in.TooManyTries) -> HttpResponse:
    """Answer to too many tries: wait so long, or, where waiting does not help, ask for a new password."""
    if many.locked:
        return render(request, "sign_in/locked.html", status=429)
    return errors.too_many_tries(request, many.wait)
