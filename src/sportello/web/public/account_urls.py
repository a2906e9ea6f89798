"""allauth's pages, those we use: signing in and out, passwords, second factors, sessions.

Sign-up, changing the address and the rest of allauth's pages are left out; `account_signup` answers that it is closed.
"""

from __future__ import annotations

from collections.abc import Callable

from allauth.account import views as account_views
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.usersessions import views as sessions
from django.http import HttpResponse
from django.urls import URLPattern, path, re_path

from sportello.web.public.views import account, public


def _open(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
    return path(route, public(view), name=name)


def _own(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
    return path(route, account(view), name=name)


urlpatterns = [
    _open("login/", account_views.login, "account_login"),
    _open("signup/", account_views.signup, "account_signup"),
    _open("inactive/", account_views.account_inactive, "account_inactive"),
    _open("password/reset/", account_views.password_reset, "account_reset_password"),
    _open("password/reset/done/", account_views.password_reset_done, "account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        public(account_views.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    _open(
        "password/reset/key/done/",
        account_views.password_reset_from_key_done,
        "account_reset_password_from_key_done",
    ),
    _open("2fa/authenticate/", mfa.authenticate, "mfa_authenticate"),
    _open("2fa/webauthn/login/", passkeys.login_webauthn, "mfa_login_webauthn"),
    _own("logout/", account_views.logout, "account_logout"),
    _own("password/change/", account_views.password_change, "account_change_password"),
    _own("reauthenticate/", account_views.reauthenticate, "account_reauthenticate"),
    _own("2fa/", mfa.index, "mfa_index"),
    _own("2fa/reauthenticate/", mfa.reauthenticate, "mfa_reauthenticate"),
    _own("2fa/totp/activate/", totp.activate_totp, "mfa_activate_totp"),
    _own("2fa/totp/deactivate/", totp.deactivate_totp, "mfa_deactivate_totp"),
    _own("2fa/recovery-codes/", recovery.view_recovery_codes, "mfa_view_recovery_codes"),
    _own("2fa/recovery-codes/generate/", recovery.generate_recovery_codes, "mfa_generate_recovery_codes"),
    _own("2fa/recovery-codes/download/", recovery.download_recovery_codes, "mfa_download_recovery_codes"),
    _own("2fa/webauthn/", passkeys.list_webauthn, "mfa_list_webauthn"),
    _own("2fa/webauthn/add/", passkeys.add_webauthn, "mfa_add_webauthn"),
    _own("2fa/webauthn/reauthenticate/", passkeys.reauthenticate_webauthn, "mfa_reauthenticate_webauthn"),
    _own("2fa/webauthn/keys/<row:pk>/remove/", passkeys.remove_webauthn, "mfa_remove_webauthn"),
    _own("2fa/webauthn/keys/<row:pk>/edit/", passkeys.edit_webauthn, "mfa_edit_webauthn"),
    _own("sessions/", sessions.list_usersessions, "usersessions_list"),
]
