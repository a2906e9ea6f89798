"""What a person typed into a draft, as plain frozen values: the language between forms, rules and operations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sportello.billing.models.invoices import AddresseeKind
from sportello.billing.rules.treatments import Treatment


@dataclass(frozen=True, slots=True)
class LineValues:
    """
    One line of a draft.

    `unit_price` is EUR net; `gross_price` EUR as the patient pays it, fund included, for one unit of the quantity, and
    then `unit_price` is not looked at. `treatment` None is the service's own; another one needs `treatment_reason`.
    `performed_id` is the session that the line settles.
    """

    service_id: int | None
    description: str
    quantity: Decimal = Decimal(1)
    unit_price: Decimal = Decimal(0)
    gross_price: Decimal | None = None
    discount: Decimal = Decimal(0)
    second_description: str = ""
    performed_on: date | None = None
    treatment: Treatment | None = None
    treatment_reason: str = ""
    performed_id: int | None = None


@dataclass(frozen=True, slots=True)
class DraftValues:
    """
    A whole draft.

    `on` is the day it is meant to bear (None: the day of issue); `series_id` None takes the entity's usual series;
    `stamp_policy` "" takes the patient's or the entity's; `paid_on` with `payment_method` records the payment of the
    whole when the paper is issued.
    """

    entity_id: int
    patient_id: int | None
    lines: tuple[LineValues, ...] = ()
    on: date | None = None
    series_id: int | None = None
    addressee_kind: AddresseeKind = AddresseeKind.PATIENT
    representative_id: int | None = None
    customer_id: int | None = None
    payer_name: str = field(default="", repr=False)
    second_language: str = ""
    stamp_policy: str = ""
    stamp_identifier: str = ""
    stamp_bought_on: date | None = None
    monthly_summary: bool = False
    opposed: bool = False
    portal_visible: bool = True
    remarks: str = field(default="", repr=False)
    payment_method: str = ""
    paid_on: date | None = None
    account_id: int | None = None
    bonus_code: str = field(default="", repr=False)
    bonus_share: Decimal = Decimal("0.00")
