"""Words for stored codes."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.codes import Deed, FactorKind

DEEDS: dict[Deed, Promise] = {
    Deed.OPENED: _("Account opened"),
    Deed.CONNECTED: _("Practice added"),
    Deed.SIGNED_IN: _("Signed in"),
    Deed.REFUSED: _("Sign-in refused: wrong password"),
    Deed.PAUSED: _("Sign-in refused: too many tries, a pause"),
    Deed.LOCKED: _("Sign-in refused: locked after too many tries"),
    Deed.UNLOCKED: _("Unlocked"),
    Deed.SIGNED_OUT: _("Signed out"),
    Deed.SESSIONS_ENDED: _("Other devices signed out"),
    Deed.RESET_ASKED: _("New password asked for"),
    Deed.PASSWORD_CHANGED: _("Password changed"),
    Deed.FACTOR_ADDED: _("Second step added"),
    Deed.FACTOR_REMOVED: _("Second step removed"),
    Deed.FACTOR_REFUSED: _("Sign-in refused: wrong code"),
    Deed.RECOVERY_USED: _("Recovery code used"),
    Deed.RECOVERY_RENEWED: _("New recovery codes made"),
    Deed.NEW_DEVICE: _("New device: notice sent by mail"),
}
FACTORS: dict[FactorKind, Promise] = {
    FactorKind.TOTP: _("Code from an app"),
    FactorKind.PASSKEY: _("Passkey: fingerprint, face or security key"),
}
