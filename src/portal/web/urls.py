"""The pages of the portal that are not about one connection's papers."""

from __future__ import annotations

from django.urls import path, register_converter

from deskwire.cards import CARD_PATH, PAIR_PATH
from portal.web import account, first, home, probes, second_step, sign_in, wireside
from portal.web.converters import SideConverter, TokenConverter

register_converter(SideConverter, "side")
register_converter(TokenConverter, "token")

urlpatterns = [
    path("", home.home, name="home"),
    path("whom-to-ask/", home.whom_to_ask, name="whom-to-ask"),
    path("language/", home.language, name="language"),
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-in/code/", sign_in.code, name="sign-in-code"),
    path("sign-in/passkey/", second_step.sign, name="sign-in-passkey"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("signed-out/", sign_in.signed_out, name="signed-out"),
    path("forgot/", sign_in.forgot, name="forgot"),
    path("forgot/sent/", sign_in.forgot_sent, name="forgot-sent"),
    path("reset/<uuid:uid>/<token:token>/", sign_in.reset, name="reset"),
    path("i/<side:side>/<token:token>", first.invitation, name="invitation"),
    path("i/<side:side>/<token:token>/new", first.renew, name="invitation-renew"),
    path("new-link/asked/", first.asked, name="link-asked"),
    path("account/", account.account, name="account"),
    path("account/history/", account.history, name="history"),
    path("account/password/", account.password, name="password"),
    path("account/confirm/", account.confirm, name="confirm"),
    path("account/sessions/others/end/", account.end_others, name="end-others"),
    path("account/sessions/<uuid:uid>/end/", account.end_session, name="end-session"),
    path("account/second-step/", second_step.choose, name="second-step"),
    path("account/second-step/app/", second_step.app, name="second-step-app"),
    path("account/second-step/passkey/", second_step.passkey, name="second-step-passkey"),
    path("account/second-step/recovery/", second_step.recovery, name="second-step-recovery"),
    path("account/second-step/<uuid:uid>/remove/", second_step.remove, name="second-step-remove"),
    path("healthz", probes.healthz, name="healthz"),
    path("readyz", probes.readyz, name="readyz"),
    path("robots.txt", probes.robots, name="robots"),
    path("mailbox/", probes.mailbox, name="mailbox"),
    path(CARD_PATH, wireside.card, name="wire-card"),
    path(PAIR_PATH, wireside.pair, name="wire-pair"),
]
