"""The fields of a postal address and of contacts, shared by the forms of people, customers, sites and entities."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from sportello.core.languages import FIRST, MORE
from sportello.parties.contacts import Address
from sportello.web.forms import PageForm


def language_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return every language by its own name: first those that papers and mail speak."""
    return [
        (str(_("Papers and mail in this language")), [(each.code, each.native) for each in FIRST]),
        (str(_("Noted; papers in Italian with English")), [(each.code, each.native) for each in MORE]),
    ]


def country_choices() -> list[tuple[str, str]]:
    """Return every country by its name in the page's language, Italy first."""
    named = list(countries)
    return [pair for pair in named if pair[0] == "IT"] + [pair for pair in named if pair[0] != "IT"]


class AddressFields(PageForm):
    """Street, CAP, city, province and country."""

    street = forms.CharField(
        label=_("Street and number"), required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    postal_code = forms.CharField(
        label=_("CAP"), required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "class": "num"})
    )
    city = forms.CharField(label=_("City"), required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    province = forms.CharField(
        label=_("Province"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": "2", "autocapitalize": "characters"}),
    )
    country = forms.ChoiceField(label=_("Country"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country = self.fields.get("country")
        if isinstance(country, forms.ChoiceField):
            country.choices = country_choices()

    def address(self) -> Address:
        """Return the address as typed."""
        data = self.cleaned_data
        return Address(
            street=data["street"],
            postal_code=data["postal_code"],
            city=data["city"],
            province=data["province"],
            country=data.get("country") or "IT",
        )


def address_initial(address: Address) -> dict[str, str]:
    """Return an address as the form's first values."""
    return {
        "street": address.street,
        "postal_code": address.postal_code,
        "city": address.city,
        "province": address.province,
        "country": address.country,
    }
