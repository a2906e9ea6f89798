"""The price list: services that a practice gives, with their price, VAT treatment and nature."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from django.db import transaction

from sportello.billing.models import Service
from sportello.billing.permissions import check_may_edit_catalogue
from sportello.billing.rules.treatments import Regime, ServiceNature, Treatment, allowed_treatments
from sportello.core import audit
from sportello.core.actors import Actor, acting
from sportello.core.languages import CODES
from sportello.core.money import LARGEST, in_cents
from sportello.core.refusals import Gathering
from sportello.parties.changes import changes, snapshot
from sportello.parties.models import FiscalTerms

_CODE = re.compile(r"[A-Z0-9][A-Z0-9._\-]{0,19}")
_COLUMNS = ("code", "name", "names", "price", "is_round_price", "treatment", "nature", "bears_fund")


@dataclass(frozen=True, slots=True)
class ServiceValues:
    """
    A line of the price list. `price` is EUR net, or with `is_round_price` what the patient pays, fund included.

    `names` are its names by language, beside the Italian `name` that every paper bears.
    """

    code: str
    name: str
    price: Decimal
    treatment: str
    nature: str
    is_round_price: bool = False
    bears_fund: bool = True
    names: dict[str, str] = field(default_factory=dict)


def create_service(*, actor: Actor, values: ServiceValues, today: date) -> Service:
    """
    Add a service to the price list and return it.

    :raises MayNot: the switch `catalogue` is off
    :raises Refused: with every reason; ``treatment_of_no_entity``, no entity's regime may use the treatment
    """
    with acting(actor), transaction.atomic(durable=True):
        check_may_edit_catalogue(actor)
        service = Service(practice_id=actor.party_id)
        _write(service, values, today)
        service.save(force_insert=True)
        audit.record(actor, "service.create", service, price=service.price)
    return service


def edit_service(*, actor: Actor, service_id: int, values: ServiceValues, today: date) -> Service:
    """
    Change a service and return it. Papers issued keep what they bear; drafts keep the price they took.

    :raises Service.DoesNotExist: no such service for this actor
    :raises MayNot: the switch `catalogue` is off
    :raises Refused: with every reason
    """
    with acting(actor), transaction.atomic(durable=True):
        service = Service.objects.select_for_update(of=("self",)).get(pk=service_id)
        check_may_edit_catalogue(actor)
        before = snapshot(service, _COLUMNS)
        _write(service, values, today)
        changed = changes(before, service)
        if changed:
            service.save()
            audit.record(actor, "service.edit", service, changes=changed)
    return service


def move_service(*, actor: Actor, service_id: int, active: bool) -> None:
    """
    Take a service off the price list, or put it back; papers that bear it stay.

    :raises Service.DoesNotExist: no such service for this actor
    :raises MayNot: the switch `catalogue` is off
    """
    with acting(actor), transaction.atomic(durable=True):
        service = Service.objects.select_for_update(of=("self",)).get(pk=service_id)
        check_may_edit_catalogue(actor)
        if service.is_active == active:
            return
        service.is_active = active
        service.save(update_fields=["is_active"])
        audit.record(actor, "service.restore" if active else "service.retire", service)


def regimes_today(today: date) -> frozenset[Regime]:
    """Return the regimes of the open entities that the actor sees; the ordinary one while there are no terms."""
    rows = FiscalTerms.objects.filter(valid_from__lte=today, entity__is_active=True).order_by("valid_from")
    current = dict(rows.values_list("entity_id", "regime"))
    return frozenset(Regime(regime) for regime in current.values()) or frozenset({Regime.ORDINARY})


def _write(service: Service, values: ServiceValues, today: date) -> None:
    found = Gathering()
    given = replace(values, code="".join(values.code.split()).upper())
    if not _CODE.fullmatch(given.code):
        found.refuse("service_code_form", field="code")
    elif Service.objects.filter(code=given.code).exclude(pk=service.pk).exists():
        found.refuse("service_code_taken", field="code")
    service.code = given.code
    service.name = found.text(given.name, field="name", longest=160, needed=True)
    service.names = _names(given, found)
    _check_price(given.price, found)
    service.price, service.is_round_price, service.bears_fund = given.price, given.is_round_price, given.bears_fund
    _check_kind(given, found, today)
    service.treatment, service.nature = given.treatment, given.nature
    found.stop()


def _names(values: ServiceValues, found: Gathering) -> dict[str, str]:
    names: dict[str, str] = {}
    for code, text in sorted(values.names.items()):
        found.choice(code, CODES, field="names", empty=False)
        clean = found.text(text, field=f"name_{code}", longest=160)
        if clean and code != "it":
            names[code] = clean
    return names


def _check_price(price: Decimal, found: Gathering) -> None:
    if price < 0:
        found.refuse("price_negative", field="price")
    elif not in_cents(price):
        found.refuse("amount_not_in_cents", field="price")
    elif price > LARGEST:
        found.refuse("amount_too_large", field="price", largest=LARGEST)


def _check_kind(values: ServiceValues, found: Gathering, today: date) -> None:
    found.choice(values.nature, frozenset(ServiceNature), field="nature", empty=False)
    if values.treatment not in set(Treatment):
        found.refuse("choice_unknown", field="treatment")
        return
    treatment = Treatment(values.treatment)
    if not any(treatment in allowed_treatments(regime) for regime in regimes_today(today)):
        found.refuse("treatment_of_no_entity", field="treatment", treatment=treatment)
    if treatment is Treatment.EXEMPT_HEALTH and values.nature != ServiceNature.HEALTH:
        found.refuse("exempt_is_health", field="nature")
    if treatment is Treatment.TAXABLE_22 and values.nature == ServiceNature.HEALTH:
        found.refuse("taxed_is_not_health", field="nature")
    if treatment is Treatment.EXCLUDED_15 and values.bears_fund:
        found.refuse("advance_bears_no_fund", field="bears_fund")
