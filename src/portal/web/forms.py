"""Forms of the portal. A form checks shape alone; what is right is decided by operations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from deskwire.messages import ProofKind
from portal.accounts.passwords import LONGEST


def _password(label: Any, *, new: bool, help_text: Any = "") -> forms.CharField:
    autocomplete = "new-password" if new else "current-password"
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete, "dir": "ltr"}),
        error_messages={"required": _("Type the password.")},
    )


def _address() -> forms.EmailField:
    return forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "dir": "ltr", "inputmode": "email"}),
        error_messages={
            "required": _("Type your e-mail address."),
            "invalid": _("This is no e-mail address: it looks like name@example.org."),
        },
    )


NEW_PASSWORD_HELP = _("At least 12 letters or figures. Three or four words that only you would put together are good.")


class SignInForm(forms.Form):
    """Address and password."""

    address = _address()
    password = _password(_("Password"), new=False)


class ForgotForm(forms.Form):
    """The address that a link to a new password goes to."""

    address = _address()


class CodeForm(forms.Form):
    """The second step: the code of an app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "dir": "ltr", "autocapitalize": "none"}),
        error_messages={"required": _("Type the code.")},
    )


class NewPasswordForm(forms.Form):
    """A new password, once: what is typed can be looked at."""

    password = _password(_("New password"), new=True, help_text=NEW_PASSWORD_HELP)


class FirstPasswordForm(forms.Form):
    """The one field of the first access, and the proof where the practice wants one."""

    password = _password(_("Choose a password"), new=True, help_text=NEW_PASSWORD_HELP)

    def __init__(self, proof: ProofKind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        add_proof(self, proof)


class ConfirmPasswordForm(forms.Form):
    """The password of an account that exists, and the proof where the practice wants one."""

    password = _password(_("Your password"), new=False)


class ProofForm(forms.Form):
    """The proof alone, for who is signed in."""

    def __init__(self, proof: ProofKind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        add_proof(self, proof)


class ChangePasswordForm(forms.Form):
    """The present password and the new one."""

    present = _password(_("Present password"), new=False)
    password = _password(_("New password"), new=True, help_text=NEW_PASSWORD_HELP)


def add_proof(form: forms.Form, proof: ProofKind) -> None:
    """Add the field of a proof in front of the others; its value is text, a birth date as YYYY-MM-DD."""
    if proof == ProofKind.NONE:
        return
    if proof == ProofKind.BIRTH_DATE:
        form.fields["proof"] = _birth_date()
    else:
        form.fields["proof"] = forms.CharField(
            label=_("Code"),
            help_text=_("The practice told it to you by voice."),
            max_length=40,
            widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "ltr"}),
            error_messages={"required": _("Type the code that the practice told you.")},
        )
    form.order_fields(["proof"])


def _birth_date() -> forms.DateField:
    return forms.DateField(
        label=_("Date of birth of the patient"),
        help_text=_("Day, month and year, such as 31/12/1980."),
        input_formats=["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %m %Y", "%d%m%Y"],
        widget=forms.DateInput(attrs={"autocomplete": "bday", "dir": "ltr", "inputmode": "text"}),
        error_messages={
            "required": _("Type the date of birth."),
            "invalid": _("This is no date: type day, month and year, such as 31/12/1980."),
        },
    )
