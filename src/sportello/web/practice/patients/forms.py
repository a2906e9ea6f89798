"""The forms of a patient and of who acts for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from sportello.patients.checks import CheckedPatient, checked_patient
from sportello.patients.places import find_places, place_of
from sportello.patients.values import PatientValues, RepresentativeValues
from sportello.web import formats
from sportello.web.forms import Repair
from sportello.web.inputs import DayField
from sportello.web.practice.address import AddressFields, address_initial, language_choices
from sportello.web.practice.patients.words import NO_CODE, SEXES, STAMP_POLICIES, TITLES
from sportello.web.practice.refusing import put_errors, put_warnings

_OFF = {"autocomplete": "off"}


class PatientForm(AddressFields):
    """A patient. A name and a codice fiscale are enough to begin."""

    given_name = forms.CharField(label=gettext_lazy("Given name"), required=False, widget=forms.TextInput(attrs=_OFF))
    family_name = forms.CharField(label=gettext_lazy("Family name"), required=False, widget=forms.TextInput(attrs=_OFF))
    codice_fiscale = forms.CharField(
        label=gettext_lazy("Codice fiscale"),
        required=False,
        help_text=gettext_lazy("Spaces and small letters are fine."),
        widget=forms.TextInput(attrs=_OFF | {"spellcheck": "false", "class": "num"}),
    )
    no_code_reason = forms.ChoiceField(
        label=gettext_lazy("No Italian code"),
        required=False,
        help_text=gettext_lazy("A patient without a code is a real case: say why, never type zeros."),
    )
    foreign_id = forms.CharField(
        label=gettext_lazy("Foreign document"),
        required=False,
        help_text=gettext_lazy("Number of a passport or identity card; only without an Italian code."),
        widget=forms.TextInput(attrs=_OFF),
    )
    born_on = DayField(label=gettext_lazy("Birth date"), past=True)
    birth_place = forms.CharField(
        label=gettext_lazy("Place of birth"),
        required=False,
        help_text=gettext_lazy("Comune, or State for who was born abroad."),
        widget=forms.TextInput(attrs=_OFF | {"list": "places"}),
    )
    sex = forms.ChoiceField(label=gettext_lazy("Sex"), required=False)
    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        required=False,
        widget=forms.TextInput(attrs=_OFF | {"inputmode": "email", "spellcheck": "false"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("Telephone"), required=False, widget=forms.TextInput(attrs=_OFF | {"inputmode": "tel"})
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the patient"),
        help_text=gettext_lazy("Invitation, portal and messages will be in this language."),
    )
    stamp_policy = forms.ChoiceField(
        label=gettext_lazy("Stamp of EUR 2.00"),
        required=False,
        help_text=gettext_lazy("Whom the stamp falls on when an invoice owes one."),
    )
    default_customer = forms.TypedChoiceField(
        label=gettext_lazy("Usually invoiced to"), required=False, coerce=int, empty_value=None
    )
    followed_by = forms.TypedChoiceField(
        label=gettext_lazy("Followed by"), required=False, coerce=int, empty_value=None
    )
    portal_allowed = forms.BooleanField(
        label=gettext_lazy("May be invited to the portal"), required=False, initial=True
    )
    opposes_sts = forms.BooleanField(
        label=gettext_lazy("Objects to the use of the expenses in the pre-filled tax return"),
        required=False,
        help_text=gettext_lazy("The expenses are then sent to the Sistema TS without the codice fiscale."),
    )

    def __init__(
        self,
        *args: Any,
        people: Sequence[tuple[int, str]] = (),
        customers: Sequence[tuple[int, str]] = (),
        may_oppose: bool = True,
        may_assign: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.checked: CheckedPatient | None = None
        self.fields["birth_place"].widget.attrs |= {
            "hx-post": reverse("practice:patient_places"),
            "hx-trigger": "input changed delay:200ms",
            "hx-target": "#places",
            "hx-swap": "outerHTML",
        }
        self._offer("sex", [("", _("Not given")), *SEXES.items()])
        self._offer("no_code_reason", [("", _("Has a code, or it is not known yet")), *NO_CODE.items()])
        self._offer("stamp_policy", list(STAMP_POLICIES.items()))
        self._offer("language", language_choices())
        self._offer("followed_by", [("", _("Nobody in particular")), *people])
        self._offer("default_customer", [("", _("The patient")), *customers])
        if not may_oppose:
            self.fields["opposes_sts"].disabled = True
        if not may_assign:
            del self.fields["followed_by"]

    def _offer(self, name: str, choices: Sequence[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def values(self) -> PatientValues:
        """Return what was typed, as far as Django's fields could read it."""
        data = self.cleaned_data
        return PatientValues(
            family_name=data.get("family_name", ""),
            given_name=data.get("given_name", ""),
            sex=data.get("sex", ""),
            born_on=data.get("born_on"),
            birth_place=data.get("birth_place", "").rpartition(" (")[0] or data.get("birth_place", ""),
            birth_place_code=_picked_code(data.get("birth_place", "")),
            codice_fiscale=data.get("codice_fiscale", ""),
            no_code_reason=data.get("no_code_reason", ""),
            foreign_id=data.get("foreign_id", ""),
            address=self.address(),
            email=data.get("email", ""),
            phone=data.get("phone", ""),
            language=data.get("language", "it"),
            stamp_policy=data.get("stamp_policy", ""),
            portal_allowed=data.get("portal_allowed", True),
            opposes_sts=data.get("opposes_sts", False),
            followed_by_id=data.get("followed_by"),
            default_customer_id=data.get("default_customer"),
        )

    def clean(self) -> dict[str, Any]:
        """Say of every field at once what is wrong and what is doubtful, with the repair where it is known."""
        self.checked = checked_patient(self.values(), today=timezone.localdate())
        for refusal in self.checked.found.refusals:
            if refusal.code == "codice_fiscale_check_character":
                letter = self.checked.code.repair[-1]
                self.add_error(
                    "codice_fiscale",
                    _("The last character does not fit: it should be %(letter)s.") % {"letter": letter},
                )
            elif refusal.field not in self.errors:
                put_errors(self, refusal)
        put_warnings(self, [each for each in self.checked.found.notices if each.code != "code_says_otherwise"])
        self._say_what_the_code_says()
        return self.cleaned_data

    def _say_what_the_code_says(self) -> None:
        code = self.checked.code if self.checked else None
        if code is None:
            return
        if code.repair:
            self.offer("codice_fiscale", Repair(code.repair, _("Use %(code)s") % {"code": code.repair}))
        said = {
            "family_name": _("The codice fiscale is of another family name. You can save all the same."),
            "given_name": _("The codice fiscale is of another given name. You can save all the same."),
            "sex": _("The codice fiscale says the other sex. You can save all the same."),
        }
        if code.says_born_on:
            said["born_on"] = _("The codice fiscale says %(day)s. You can save all the same.") % {
                "day": formats.day(code.says_born_on)
            }
        if code.says_place:
            said["birth_place"] = _("The codice fiscale says %(place)s. You can save all the same.") % {
                "place": code.says_place.name
            }
        for name in code.differs:
            if name in said and name not in self.errors:
                self.warn(name, said[name])
        if code.differs and "codice_fiscale" not in self.errors:
            self.warn("codice_fiscale", _("These data would give another code. You can save all the same."))


def _picked_code(typed: str) -> str:
    """Return the Belfiore code of a place picked from the list, `Bologna (BO, A944)`, or nothing."""
    inside = typed.rpartition(" (")[2].removesuffix(")") if typed.endswith(")") else ""
    return inside.rpartition(", ")[2] if inside else ""


def shown_place(name: str, code: str, province: str = "") -> str:
    """Return a place as the list offers it and the field keeps it: a name alone may be several places."""
    if not code:
        return name
    return f"{name} ({province}, {code})" if province else f"{name} ({code})"


def kept_place(values: PatientValues) -> str:
    """Return a stored place of birth: its name, with the code where several places bear it."""
    same = {each.code for each in find_places(values.birth_place, limit=40) if each.name == values.birth_place}
    place = place_of(values.birth_place_code, values.born_on) if values.birth_place_code else None
    if place is None or len(same) < 2:
        return values.birth_place
    return shown_place(place.name, place.code, place.province)


def patient_initial(values: PatientValues) -> dict[str, Any]:
    """Return a stored patient as the form's first values."""
    names = (
        "family_name",
        "given_name",
        "sex",
        "born_on",
        "codice_fiscale",
        "no_code_reason",
        "foreign_id",
        "email",
        "phone",
        "language",
        "stamp_policy",
        "portal_allowed",
        "opposes_sts",
    )
    return (
        {name: getattr(values, name) for name in names}
        | address_initial(values.address)
        | {
            "birth_place": kept_place(values),
            "followed_by": values.followed_by_id,
            "default_customer": values.default_customer_id,
        }
    )


class RepresentativeForm(AddressFields):
    """Who acts for a patient."""

    role = forms.ChoiceField(label=gettext_lazy("Title"), choices=list(TITLES.items()))
    given_name = forms.CharField(label=gettext_lazy("Given name"), required=False, widget=forms.TextInput(attrs=_OFF))
    family_name = forms.CharField(label=gettext_lazy("Family name"), required=False, widget=forms.TextInput(attrs=_OFF))
    codice_fiscale = forms.CharField(
        label=gettext_lazy("Codice fiscale"),
        required=False,
        widget=forms.TextInput(attrs=_OFF | {"spellcheck": "false", "class": "num"}),
    )
    email = forms.CharField(
        label=gettext_lazy("E-mail"), required=False, widget=forms.TextInput(attrs=_OFF | {"inputmode": "email"})
    )
    phone = forms.CharField(
        label=gettext_lazy("Telephone"), required=False, widget=forms.TextInput(attrs=_OFF | {"inputmode": "tel"})
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"))
    powers = forms.MultipleChoiceField(
        label=pgettext_lazy("rights", "May"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("may_consent", gettext_lazy("give consent")),
            ("may_see_documents", gettext_lazy("see documents")),
            ("may_see_invoices", gettext_lazy("see invoices and be invoiced")),
        ],
    )
    since_on = DayField(label=gettext_lazy("From"), required=True)
    until_on = DayField(label=gettext_lazy("Until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = self.fields["language"]
        if isinstance(language, forms.ChoiceField):
            language.choices = language_choices()

    def values(self) -> RepresentativeValues:
        """Return what was typed; call it on a form without errors."""
        data = self.cleaned_data
        plain = ("role", "given_name", "family_name", "codice_fiscale", "email", "phone", "language")
        return RepresentativeValues(
            **{name: data[name] for name in plain},
            address=self.address(),
            since_on=data["since_on"],
            until_on=data["until_on"],
            may_consent="may_consent" in data["powers"],
            may_see_documents="may_see_documents" in data["powers"],
            may_see_invoices="may_see_invoices" in data["powers"],
        )
