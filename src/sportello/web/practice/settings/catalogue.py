"""The price list: services with price, VAT and nature."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sportello.billing.operations.catalogue import ServiceValues, create_service, edit_service, move_service
from sportello.billing.permissions import check_may_edit_catalogue, may_edit_catalogue
from sportello.billing.queries.settings import ServiceShown, price_list, service_shown, treatments_offered
from sportello.core.languages import FIRST
from sportello.core.refusals import Refused
from sportello.web.forms import PageForm
from sportello.web.http import PartyRequest
from sportello.web.inputs import AmountField
from sportello.web.parts import StateLink, Step
from sportello.web.practice.http import practice_view
from sportello.web.practice.refusing import put_errors
from sportello.web.practice.settings.tabs import sections
from sportello.web.practice.settings.words import NATURES, REGIMES, TREATMENTS

HERE = "practice:settings_services"
OTHERS = tuple(each for each in FIRST if each.code != "it")


class ServiceForm(PageForm):
    """A line of the price list."""

    code = forms.CharField(
        label=gettext_lazy("Code"), required=False, help_text=gettext_lazy("Short, for your own use: COL, VAL-1.")
    )
    name = forms.CharField(
        label=gettext_lazy("Name on papers"),
        required=False,
        help_text=gettext_lazy("In Italian, and as generic as the law allows on health invoices."),
    )
    price = AmountField(label=gettext_lazy("Price €"), required=True)
    is_round_price = forms.BooleanField(
        label=gettext_lazy("Round price"),
        required=False,
        help_text=gettext_lazy("The price is what the patient pays, contribution to the fund included."),
    )
    nature = forms.ChoiceField(
        label=gettext_lazy("Nature"),
        choices=list(NATURES.items()),
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "What the service is decides how it is invoiced and whether the Sistema TS hears of it."
        ),
    )
    treatment = forms.ChoiceField(label=gettext_lazy("VAT"), widget=forms.RadioSelect)
    bears_fund = forms.BooleanField(
        label=gettext_lazy("Bears the contribution to the fund"), required=False, initial=True
    )

    def __init__(self, *args: Any, offered: list[tuple[str, bool]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["treatment"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(code, _treatment_word(code, able)) for code, able in offered]
        for language in OTHERS:
            self.fields[f"name_{language.code}"] = forms.CharField(label=language.native, required=False)

    @property
    def translations(self) -> list[forms.BoundField]:
        """The names in other languages."""
        return [self[f"name_{language.code}"] for language in OTHERS]

    def values(self) -> ServiceValues:
        """Return what was typed; call it on a form without errors."""
        data = self.cleaned_data
        return ServiceValues(
            code=data["code"],
            name=data["name"],
            price=data["price"] or Decimal(0),
            treatment=data["treatment"],
            nature=data["nature"],
            is_round_price=data["is_round_price"],
            bears_fund=data["bears_fund"],
            names={language.code: data[f"name_{language.code}"] for language in OTHERS},
        )


@require_GET
@practice_view
def services(request: PartyRequest) -> HttpResponse:
    """Show the price list, or what was taken off it."""
    today, retired = timezone.localdate(), request.GET.get("view") == "retired"
    rows = price_list(request.actor, today=today, retired=retired)
    url = reverse(HERE)
    context = {
        "rows": [_shown(row) for row in rows],
        "states": [
            StateLink(_("On the list"), url, None, not retired),
            StateLink(_("Taken off"), f"{url}?view=retired", None, retired),
        ],
        "retired": retired,
        "tabs": sections(request.actor, HERE),
        "may_edit": may_edit_catalogue(request.actor),
        "steps": _first_steps(request) if not rows and not retired else (),
    }
    return render(request, "practice/settings/services.html", context)


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_catalogue)
def new(request: PartyRequest) -> HttpResponse:
    """Add a service."""
    today = timezone.localdate()
    offered = _offered(request)
    first = "EXEMPT_HEALTH" if dict(offered)["EXEMPT_HEALTH"] else "FLAT_RATE"
    form = ServiceForm(
        _data(request), initial={"nature": "HEALTH", "treatment": first, "bears_fund": True}, offered=offered
    )
    if request.method == "POST" and form.is_valid():
        try:
            create_service(actor=request.actor, values=form.values(), today=today)
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The service is on the price list."))
            return redirect(HERE)
    return render(request, "practice/settings/service_form.html", {"form": form, "back_url": reverse(HERE)})


@require_http_methods(["GET", "POST"])
@practice_view(check=check_may_edit_catalogue)
def edit(request: PartyRequest, service_id: int) -> HttpResponse:
    """Change a service; papers already issued keep what they bear."""
    today = timezone.localdate()
    shown = service_shown(request.actor, service_id, today=today)
    form = ServiceForm(_data(request), initial=_initial(shown.values), offered=_offered(request))
    if request.method == "POST" and form.is_valid():
        try:
            edit_service(actor=request.actor, service_id=service_id, values=form.values(), today=today)
        except Refused as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("The service was saved. Papers already issued keep what they bear."))
            return redirect(HERE)
    context = {"form": form, "back_url": reverse(HERE), "name": shown.values.name}
    return render(request, "practice/settings/service_form.html", context)


@require_POST
@practice_view(check=check_may_edit_catalogue)
def move(request: PartyRequest, service_id: int, way: str) -> HttpResponse:
    """Take a service off the list, or put it back."""
    move_service(actor=request.actor, service_id=service_id, active=way == "restore")
    done = _("The service is on the price list.") if way == "restore" else _("The service is off the price list.")
    messages.success(request, done)
    return redirect(HERE)


def _shown(row: ServiceShown) -> tuple[ServiceShown, str, str, str]:
    refused = ", ".join(str(REGIMES[regime]) for regime in row.refused_by)
    return row, str(TREATMENTS[row.values.treatment][0]), str(NATURES[row.values.nature]).partition(":")[0], refused


def _treatment_word(code: str, able: bool) -> str:
    word, why = TREATMENTS[code]
    text = _("%(treatment)s: %(explanation)s") % {"treatment": word, "explanation": why}
    return text if able else _("%(text)s No billing entity of yours may use it.") % {"text": text}


def _offered(request: PartyRequest) -> list[tuple[str, bool]]:
    offered = treatments_offered(request.actor, today=timezone.localdate())
    return [(treatment.value, able) for treatment, able in offered]


def _initial(values: ServiceValues) -> dict[str, Any]:
    names = ("code", "name", "price", "is_round_price", "nature", "treatment", "bears_fund")
    return {name: getattr(values, name) for name in names} | {
        f"name_{code}": text for code, text in values.names.items()
    }


def _first_steps(request: PartyRequest) -> tuple[Step, ...]:
    if not may_edit_catalogue(request.actor):
        return ()
    return (
        Step(
            _("Add your first service"),
            _("Name, price and VAT: the invoice fills in the rest."),
            "NEXT",
            reverse("practice:settings_service_new"),
            _("New service"),
        ),
    )


def _data(request: PartyRequest) -> Any:
    return request.POST if request.method == "POST" else None
