"""The form of a customer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from sportello.core.refusals import Gathering
from sportello.patients.checks import checked_customer
from sportello.patients.values import CustomerValues
from sportello.web.practice.address import AddressFields, address_initial, language_choices
from sportello.web.practice.patients.words import KINDS
from sportello.web.practice.refusing import put_errors, put_warnings

_OFF = {"autocomplete": "off"}
_CODE = _OFF | {"spellcheck": "false", "class": "num", "autocapitalize": "characters"}
PLAIN = (
    "kind",
    "name",
    "partita_iva",
    "codice_fiscale",
    "email",
    "pec",
    "phone",
    "sdi_code",
    "withholding_agent",
    "cig",
    "cup",
    "language",
)


class CustomerForm(AddressFields):
    """An addressee that is no patient."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=list(KINDS.items()))
    name = forms.CharField(label=gettext_lazy("Name"), required=False, widget=forms.TextInput(attrs=_OFF))
    partita_iva = forms.CharField(
        label=gettext_lazy("Partita IVA"),
        required=False,
        help_text=gettext_lazy("Abroad: the number as the business writes it."),
        widget=forms.TextInput(attrs=_CODE),
    )
    codice_fiscale = forms.CharField(
        label=gettext_lazy("Codice fiscale"),
        required=False,
        help_text=gettext_lazy("If it is another than the partita IVA."),
        widget=forms.TextInput(attrs=_CODE),
    )
    sdi_code = forms.CharField(
        label=gettext_lazy("SdI code"),
        required=False,
        help_text=gettext_lazy("Seven characters; six (codice univoco ufficio) for a public body."),
        widget=forms.TextInput(attrs=_CODE),
    )
    pec = forms.CharField(
        label=gettext_lazy("PEC"), required=False, widget=forms.TextInput(attrs=_OFF | {"inputmode": "email"})
    )
    withholding_agent = forms.BooleanField(
        label=gettext_lazy("Withholds tax (sostituto d'imposta)"),
        required=False,
        help_text=gettext_lazy("Companies, professionals, bodies and condominiums do; private people never."),
    )
    cig = forms.CharField(
        label=gettext_lazy("CIG"),
        required=False,
        help_text=gettext_lazy("Code of the tender, where a public body gave one."),
        widget=forms.TextInput(attrs=_CODE),
    )
    cup = forms.CharField(
        label=gettext_lazy("CUP"),
        required=False,
        help_text=gettext_lazy("Code of the project, where a public body gave one."),
        widget=forms.TextInput(attrs=_CODE),
    )
    email = forms.CharField(
        label=gettext_lazy("E-mail"), required=False, widget=forms.TextInput(attrs=_OFF | {"inputmode": "email"})
    )
    phone = forms.CharField(
        label=gettext_lazy("Telephone"), required=False, widget=forms.TextInput(attrs=_OFF | {"inputmode": "tel"})
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found = Gathering()
        language = self.fields["language"]
        if isinstance(language, forms.ChoiceField):
            language.choices = language_choices()

    def values(self) -> CustomerValues:
        """Return what was typed, as far as Django's fields could read it."""
        data = self.cleaned_data
        return CustomerValues(**{name: data.get(name, "") for name in PLAIN}, address=self.address())

    def clean(self) -> dict[str, Any]:
        """Say of every field at once what is wrong and what issuing an invoice will ask for."""
        _values, self.found = checked_customer(self.values())
        for refusal in self.found.refusals:
            if refusal.field not in self.errors:
                put_errors(self, refusal)
        put_warnings(self, self.found.notices)
        return self.cleaned_data


def customer_initial(values: CustomerValues) -> dict[str, Any]:
    """Return a stored customer as the form's first values."""
    return {name: getattr(values, name) for name in PLAIN} | address_initial(values.address)
