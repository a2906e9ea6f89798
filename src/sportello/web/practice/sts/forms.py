"""What an owner types about an account at Sistema TS."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from sportello.expenses.queries.settings import AccountView
from sportello.expenses.values import IdentityValues
from sportello.web.forms import PageForm
from sportello.web.inputs import DayField
from sportello.web.practice.sts.words import CATEGORIES, CHANNELS, SPENT, STAMPS

_OFF = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
_TEXTS = ("username", "owner_code", "region", "asl", "ssa", "intermediary", "delegate_name")
_CERTIFICATE_SIZE = 50_000


def _secret() -> forms.PasswordInput:
    return forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "spellcheck": "false"})


class IdentityForm(PageForm):
    """As whom an entity signs in. Secrets are written and never shown: an empty one keeps what is there."""

    category = forms.ChoiceField(
        label=gettext_lazy("Who issues"),
        choices=list(CATEGORIES.items()),
        help_text=gettext_lazy("It decides which expense types may be used, and whether the codes of a structure go."),
    )
    channel = forms.ChoiceField(label=gettext_lazy("Who sends"), choices=list(CHANNELS.items()))
    username = forms.CharField(
        label=gettext_lazy("User (codice identificativo)"),
        required=False,
        widget=forms.TextInput(attrs=_OFF | {"class": "num"}),
        help_text=gettext_lazy("Your own codice fiscale, or the eight characters that a structure was assigned."),
    )
    owner_code = forms.CharField(
        label=gettext_lazy("Codice fiscale of the owner (titolare)"),
        required=False,
        widget=forms.TextInput(attrs=_OFF | {"class": "num"}),
        help_text=gettext_lazy("Of the professional, or of the structure's person of reference."),
    )
    password = forms.CharField(label=gettext_lazy("Password"), required=False, strip=False, widget=_secret())
    password_changed_on = DayField(
        label=gettext_lazy("Password changed on"),
        help_text=gettext_lazy("Days left are counted from here; a password typed today counts from today."),
    )
    password_lasts = forms.IntegerField(
        label=gettext_lazy("A password lasts (days)"),
        required=False,
        help_text=gettext_lazy("Most say 90; nobody says so officially."),
        widget=forms.NumberInput(attrs={"min": 1, "class": "n"}),
    )
    pin = forms.CharField(label=gettext_lazy("PIN"), required=False, widget=_secret())
    region = forms.CharField(label=gettext_lazy("Region code"), required=False, widget=forms.TextInput(attrs=_OFF))
    asl = forms.CharField(label=gettext_lazy("ASL code"), required=False, widget=forms.TextInput(attrs=_OFF))
    ssa = forms.CharField(label=gettext_lazy("SSA code"), required=False, widget=forms.TextInput(attrs=_OFF))
    intermediary = forms.CharField(
        label=gettext_lazy("Code of who sends"),
        required=False,
        widget=forms.TextInput(attrs=_OFF | {"class": "num"}),
        help_text=gettext_lazy("Entratel: codice fiscale, hyphen, site (07874631000-000). Region: its own code."),
    )
    delegate_name = forms.CharField(
        label=gettext_lazy("Delegate"),
        required=False,
        help_text=gettext_lazy("Who was given the delegation on the portal, for your own memory."),
    )
    client_certificate = forms.FileField(
        label=gettext_lazy("Certificate to sign in with"),
        required=False,
        help_text=gettext_lazy("Only for regions and bodies: a PEM file with certificate and key. Kept encrypted."),
    )
    stamp_expense = forms.ChoiceField(
        label=gettext_lazy("The stamp that the patient paid goes to the State"),
        choices=list(STAMPS.items()),
        help_text=gettext_lazy("No official rule says which: ask your accountant, and keep to one."),
    )
    spent = forms.ChoiceField(
        label=gettext_lazy("A cancelled expense that is to be sent again"),
        choices=list(SPENT.items()),
        required=False,
        help_text=gettext_lazy(
            "Nobody says whether the Sistema TS takes a cancelled number a second time. Where it refuses, the document "
            "says so and offers the next device number."
        ),
    )

    def __init__(self, *args: Any, view: AccountView, **kwargs: Any) -> None:
        super().__init__(*args, initial=_initial(view), **kwargs)
        kept = gettext_lazy("One is kept; leave it empty to keep it. It is never shown.")
        wanted = gettext_lazy("That of the Sistema TS portal. It is kept encrypted and never shown.")
        digits = gettext_lazy("The ten digits of the PDF that the portal gives. Kept encrypted and never shown.")
        self.fields["password"].help_text = kept if view.has_password else wanted
        self.fields["pin"].help_text = kept if view.has_pin else digits

    def values(self) -> IdentityValues:
        """Return what was typed; call it on a form without errors."""
        data = self.cleaned_data
        upload = data.get("client_certificate")
        return IdentityValues(
            category=data["category"],
            channel=data["channel"],
            password=data["password"],
            pin=data["pin"],
            client_certificate=_pem(upload) if upload else "",
            stamp_expense=data["stamp_expense"],
            reinsert_cancelled=data["spent"] != "person",
            password_changed_on=data["password_changed_on"],
            password_lasts=data["password_lasts"] if data["password_lasts"] is not None else 90,
            **{name: data[name] for name in _TEXTS},
        )


class SinceForm(PageForm):
    """From when documents are sent, and whether the notice was accepted."""

    since = DayField(
        label=gettext_lazy("Send what was paid from this day on"),
        help_text=gettext_lazy(
            "Choose the day after the last payment that you sent with another program: nothing is then sent twice."
        ),
    )
    accepted = forms.BooleanField(
        label=gettext_lazy("I have read what is read and sent, and I accept it for this entity."), required=False
    )


class EnvironmentForm(PageForm):
    """Which host an entity speaks to."""

    environment = forms.ChoiceField(label=gettext_lazy("Send to"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, offered: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["environment"]
        if isinstance(field, forms.ChoiceField):
            field.choices = offered


class CertificateForm(PageForm):
    """A certificate's file."""

    purpose = forms.ChoiceField(
        label=gettext_lazy("What it is for"),
        choices=[
            ("sanitelcf", gettext_lazy("SanitelCF: encrypts codes and PINs")),
            ("ca", gettext_lazy("Authority (CA) of the ministry's test host")),
        ],
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("As it comes in the official kit: .cer, .pem or .crt."),
    )


def _initial(view: AccountView) -> dict[str, Any]:
    values = view.values
    names = ("category", "channel", "stamp_expense", "password_changed_on", "password_lasts", *_TEXTS)
    spent = "again" if values.reinsert_cancelled else "person"
    return {name: getattr(values, name) for name in names} | {"spent": spent}


def _pem(upload: Any) -> str:
    return str(upload.read(_CERTIFICATE_SIZE).decode("ascii", errors="replace"))
