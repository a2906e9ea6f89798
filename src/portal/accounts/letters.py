"""What the portal writes to people: in their language, without anything about care, money or practices."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from portal.accounts.models import Account
from portal.post.outbox import Letter


def reset(account: Account, link: str) -> Letter:
    """Return the mail with the link to a new password; it works for two hours, once."""
    with translation.override(account.language):
        return _letter(
            account,
            _("Your new password"),
            _("Somebody, probably you, asked for a new password for your access."),
            _("To choose it, open this address within two hours:"),
            link,
            _("If it was not you, do nothing: your password stays as it is."),
        )


def password_changed(account: Account, link: str) -> Letter:
    """Return the notice that the password was changed; the link leads to where a new one is asked for."""
    with translation.override(account.language):
        return _letter(
            account,
            _("Your password was changed"),
            _("The password of your access was changed just now."),
            _("If it was not you, ask for a new password at once:"),
            link,
        )


def new_device(account: Account, device: str, at: str, link: str) -> Letter:
    """Return the notice that somebody signed in with a device not seen before."""
    with translation.override(account.language):
        return _letter(
            account,
            _("Sign-in with a new device"),
            _("Somebody signed in to your access with a device that was not used before."),
            _("Device: %(device)s") % {"device": device},
            _("When: %(moment)s") % {"moment": at},
            _("If it was you, there is nothing to do. If not, ask for a new password at once:"),
            link,
        )


def factors_changed(account: Account, link: str) -> Letter:
    """Return the notice that the second step of signing in was changed."""
    with translation.override(account.language):
        return _letter(
            account,
            _("Your second step was changed"),
            _("The second step of signing in to your access was changed just now."),
            _("If it was not you, ask for a new password at once, then tell your practice:"),
            link,
        )


def _letter(account: Account, subject: str, *parts: str) -> Letter:
    closing = _("Nobody will ever ask you for your password, neither by mail nor by phone.")
    return Letter(account.address, subject, "\n\n".join([*parts, closing]) + "\n", account.language)
