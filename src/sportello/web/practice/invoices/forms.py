"""The forms of the editor, and what they mean as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sportello.billing.models.invoices import AddresseeKind
from sportello.billing.queries.editor import EditorChoices, ServiceChoice, addressee_value
from sportello.billing.rules.treatments import Regime, Treatment, allowed_treatments
from sportello.billing.values import DraftValues, LineValues
from sportello.core.languages import FIRST
from sportello.web import formats
from sportello.web.forms import PageForm
from sportello.web.inputs import AmountField, DayField, QuantityField
from sportello.web.practice.invoices.words import METHODS, TREATMENTS

MOST_LINES = 200
_SHORT = {"class": "n"}


class LineForm(PageForm):
    """One service. An empty description or price is that of the price list."""

    service = forms.TypedChoiceField(label=gettext_lazy("Service"), coerce=int, empty_value=None, required=False)
    quantity = QuantityField(label=gettext_lazy("Quantity"))
    price = AmountField(label=gettext_lazy("Price €"))
    description = forms.CharField(label=gettext_lazy("Text on the paper"), max_length=500, required=False)
    second_description = forms.CharField(
        label=gettext_lazy("Text in the second language"), max_length=500, required=False
    )
    performed_on = DayField(label=gettext_lazy("Day of the service"), past=True)
    discount = QuantityField(label=gettext_lazy("Discount %"))
    treatment = forms.ChoiceField(label=gettext_lazy("VAT"), required=False)
    treatment_reason = forms.CharField(label=gettext_lazy("Reason for another VAT"), max_length=200, required=False)
    performed = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, choices: EditorChoices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = choices
        services = [(each.id, each.name) for each in choices.services]
        _choose(self, "service", [("", _("Another service")), *services])
        regime = Regime(choices.regime) if choices.regime else Regime.ORDINARY
        allowed = [each for each in Treatment if each in allowed_treatments(regime)]
        _choose(
            self, "treatment", [("", _("As the service")), *((each.value, TREATMENTS[each.value]) for each in allowed)]
        )

    def clean_discount(self) -> Decimal:
        """Refuse a discount that is no percentage."""
        discount = self.cleaned_data["discount"]
        if discount is not None and not 0 <= discount <= 100:
            raise forms.ValidationError(_("A discount lies between 0 and 100."))
        return discount or Decimal(0)

    @property
    def chosen(self) -> ServiceChoice | None:
        """The service chosen, also while other fields are wrong."""
        try:
            return self.offered.service(int(self["service"].value() or 0))
        except (TypeError, ValueError):
            return None

    def is_blank(self) -> bool:
        """Tell whether nothing was put into the line."""
        return not any(self.cleaned_data.get(name) for name in ("service", "price", "description"))

    def values(self) -> LineValues:
        """Return the line as plain values, the price list's where nothing was typed."""
        data = self.cleaned_data
        service = self.offered.service(data["service"])
        price: Decimal | None = data["price"]
        if price is None:
            price = service.price if service else Decimal("0.00")
        is_round = bool(service and service.is_round)
        return LineValues(
            service_id=data["service"],
            description=data["description"] or (service.name if service else ""),
            quantity=Decimal(1) if data["quantity"] is None else data["quantity"],
            unit_price=Decimal(0) if is_round else price,
            gross_price=price if is_round else None,
            discount=data["discount"],
            second_description=data["second_description"],
            performed_on=data["performed_on"],
            treatment=Treatment(data["treatment"]) if data["treatment"] else None,
            treatment_reason=data["treatment_reason"],
            performed_id=data["performed"],
        )


class LineSet(forms.BaseFormSet[LineForm]):
    """The services of a draft, with at least one line to fill."""

    def line_values(self) -> tuple[LineValues, ...]:
        """Return the lines that are not blank."""
        return tuple(form.values() for form in self.filled)

    @property
    def filled(self) -> list[LineForm]:
        """The lines that something was put into, in the order of `line_values`."""
        return [form for form in self.forms if not form.is_blank()]


Lines = forms.formset_factory(
    LineForm, formset=LineSet, extra=0, max_num=MOST_LINES, absolute_max=MOST_LINES, validate_max=True
)


def line_set(
    choices: EditorChoices, *, data: Mapping[str, Any] | None = None, initial: Sequence[Mapping[str, Any]] = ()
) -> LineSet:
    """Return the lines of the editor, as stored or as sent."""
    found = Lines(data, prefix="lines", initial=None if data else list(initial), form_kwargs={"choices": choices})
    assert isinstance(found, LineSet)
    return found


class EditorForm(PageForm):
    """Everything of a draft but its lines."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    monthly_summary = forms.BooleanField(widget=forms.HiddenInput, required=False)
    entity = forms.TypedChoiceField(label=gettext_lazy("Issued by"), coerce=int)
    addressee = forms.ChoiceField(label=gettext_lazy("Made out to"))
    on = DayField(label=gettext_lazy("Date of the invoice"), help_text=gettext_lazy("Empty: the day of issue."))
    series = forms.TypedChoiceField(
        label=gettext_lazy("Numbering series"), coerce=int, empty_value=None, required=False
    )
    stamp_policy = forms.ChoiceField(label=gettext_lazy("Stamp duty"), required=False)
    stamp_identifier = forms.CharField(
        label=gettext_lazy("Number on the stamp"),
        max_length=14,
        required=False,
        widget=forms.TextInput({"class": "num"}),
    )
    stamp_bought_on = DayField(label=gettext_lazy("Date on the stamp"), past=True)
    payment_method = forms.ChoiceField(label=gettext_lazy("Payment"), required=False)
    paid_on = DayField(
        label=gettext_lazy("Paid on"),
        past=True,
        help_text=gettext_lazy("With a day here the payment is recorded when you issue."),
    )
    account = forms.TypedChoiceField(
        label=gettext_lazy("Bank account to be paid on"), coerce=int, empty_value=None, required=False
    )
    second_language = forms.ChoiceField(label=gettext_lazy("Second language beside the Italian"), required=False)
    opposed = forms.BooleanField(
        label=gettext_lazy("The patient objects to the Sistema TS"),
        help_text=gettext_lazy("The expense is sent all the same, without the codice fiscale."),
        required=False,
    )
    portal_visible = forms.BooleanField(label=gettext_lazy("Visible in the patient's portal"), required=False)
    remarks = forms.CharField(
        label=gettext_lazy("Note on the paper"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )
    bonus_code = forms.CharField(label=gettext_lazy("Code of the bonus psicologo"), max_length=40, required=False)
    bonus_share = AmountField(label=gettext_lazy("Share paid by INPS €"))

    def __init__(self, *args: Any, choices: EditorChoices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = choices
        _choose(self, "entity", [(each.id, each.name) for each in choices.entities])
        _choose(self, "addressee", _addressees(choices))
        _choose(self, "series", [("", _("The usual one")), *((each.id, each.code) for each in choices.series)])
        _choose(self, "stamp_policy", _policies())
        _choose(self, "payment_method", [("", _("Not said")), *METHODS.items()])
        _choose(self, "account", [("", _("The usual one")), *((each.id, each.name) for each in choices.accounts)])
        languages = [(each.code, each.native) for each in FIRST if each.code != "it"]
        _choose(self, "second_language", [("", _("None, Italian alone")), *languages])

    def say_earliest(self, latest: date | None) -> None:
        """Say which day the series takes at the earliest: that of its last paper."""
        if latest is not None:
            figures = {"day": formats.day(latest)}
            self.fields["on"].help_text = _("Empty: the day of issue. Not before %(day)s, the series' last.") % figures

    def values(self, lines: Sequence[LineValues]) -> DraftValues:
        """Return the whole draft as plain values."""
        data = self.cleaned_data
        kind, _colon, chosen = str(data["addressee"]).partition(":")
        patient = self.offered.patient
        return DraftValues(
            entity_id=data["entity"],
            patient_id=patient.id if patient else None,
            lines=tuple(self._in_second_language(line) for line in lines),
            on=data["on"],
            series_id=data["series"],
            addressee_kind=AddresseeKind(kind),
            representative_id=int(chosen) if kind == AddresseeKind.REPRESENTATIVE else None,
            customer_id=int(chosen) if kind == AddresseeKind.CUSTOMER else None,
            second_language=data["second_language"],
            stamp_policy=data["stamp_policy"],
            stamp_identifier="".join(data["stamp_identifier"].split()),
            stamp_bought_on=data["stamp_bought_on"],
            monthly_summary=data["monthly_summary"],
            opposed=data["opposed"],
            portal_visible=data["portal_visible"],
            remarks=data["remarks"],
            payment_method=data["payment_method"],
            paid_on=data["paid_on"],
            account_id=data["account"],
            bonus_code=data["bonus_code"],
            bonus_share=data["bonus_share"] or Decimal("0.00"),
        )

    def _in_second_language(self, line: LineValues) -> LineValues:
        """Return a line with the price list's text in the paper's second language, where nothing was typed."""
        service = self.offered.service(line.service_id)
        known = service.names.get(self.cleaned_data["second_language"], "") if service else ""
        if line.second_description or not known or (service and line.description != service.name):
            return line
        return replace(line, second_description=known)


def editor_initial(values: DraftValues, version: int | None) -> dict[str, Any]:
    """Return what the editor shows of a draft."""
    return {
        "version": version,
        "monthly_summary": values.monthly_summary,
        "entity": values.entity_id,
        "addressee": addressee_value(values.addressee_kind, values.representative_id, values.customer_id),
        "on": values.on,
        "series": values.series_id,
        "stamp_policy": values.stamp_policy,
        "stamp_identifier": values.stamp_identifier,
        "stamp_bought_on": values.stamp_bought_on,
        "payment_method": values.payment_method,
        "paid_on": values.paid_on,
        "account": values.account_id,
        "second_language": values.second_language,
        "opposed": values.opposed,
        "portal_visible": values.portal_visible,
        "remarks": values.remarks,
        "bonus_code": values.bonus_code,
        "bonus_share": values.bonus_share or None,
    }


def lines_initial(lines: Sequence[LineValues]) -> list[dict[str, Any]]:
    """Return what the editor shows of the lines; none gives one empty line."""
    return [line_initial(line) for line in lines] or [{"quantity": Decimal(1)}]


def line_initial(line: LineValues) -> dict[str, Any]:
    """Return what the editor shows of one line."""
    price = line.unit_price if line.gross_price is None else line.gross_price
    return {
        "service": line.service_id,
        "quantity": line.quantity,
        "price": price,
        "description": line.description,
        "second_description": line.second_description,
        "performed_on": line.performed_on,
        "discount": line.discount or None,
        "treatment": line.treatment.value if line.treatment else "",
        "treatment_reason": line.treatment_reason,
        "performed": line.performed_id,
    }


def _addressees(choices: EditorChoices) -> list[tuple[Any, Any]]:
    """Return whom the paper may be made out to: the patient and who acts for them, then businesses."""
    found: list[tuple[Any, Any]] = []
    if choices.patient:
        found.append((AddresseeKind.PATIENT.value, _("The patient")))
        found += [(f"representative:{each.id}", each.name) for each in choices.patient.representatives]
    customers = [(f"customer:{each.id}", each.name) for each in choices.customers]
    if customers and choices.patient:
        found.append((_("Companies and bodies"), customers))
    return found if choices.patient else customers


def _policies() -> list[tuple[str, str]]:
    return [("", _("As usual")), ("charge", _("Paid by the customer")), ("absorb", _("Borne by the practice"))]


def _choose(form: PageForm, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(choices)


def with_line(data: Mapping[str, Any], *, added: int = 0, removed: int | None = None) -> dict[str, Any]:
    """Return posted data with lines added at the end, or with one taken out and the following moved up."""
    plain = {key: data[key] for key in data}
    typed = str(plain.get("lines-TOTAL_FORMS", ""))
    total = min(int(typed), MOST_LINES) if typed.isdecimal() and len(typed) < 5 else 0
    if removed is not None and 0 <= removed < total:
        names = {key.split("-", 2)[2] for key in plain if key.startswith("lines-") and key.count("-") >= 2}
        for place in range(removed, total - 1):
            for name in names:
                plain[f"lines-{place}-{name}"] = plain.get(f"lines-{place + 1}-{name}", "")
        for name in names:
            plain.pop(f"lines-{total - 1}-{name}", None)
        total -= 1
    for place in range(total, min(total + added, MOST_LINES)):
        plain[f"lines-{place}-quantity"] = formats.number(Decimal(1))
        total += 1
    plain["lines-TOTAL_FORMS"] = str(total)
    return plain
