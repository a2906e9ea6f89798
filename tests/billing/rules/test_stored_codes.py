"""Codes that stand in databases, translations and files: they never change under anybody's feet."""

from enum import StrEnum

import pytest

from sportello.billing.rules.channel import Channel
from sportello.billing.rules.expenses import Standing
from sportello.billing.rules.stamp import StampMode
from sportello.billing.rules.totals import CustomerKind, StampOutcome, StampPolicy, WithholdingOutcome
from sportello.billing.rules.treatments import Natura, Regime, ServiceNature, Treatment
from sportello.patients.rules import Sex


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (Regime, {"RF01", "RF19"}),
        (Natura, {"N1", "N2.1", "N2.2", "N4"}),
        (Treatment, {"EXEMPT_HEALTH", "FLAT_RATE", "TAXABLE_22", "EXCLUDED_15", "OUTSIDE_TERRITORY"}),
        (ServiceNature, {"HEALTH", "TAXED_HEALTH", "OTHER"}),
        (CustomerKind, {"PRIVATE", "COMPANY", "PROFESSIONAL", "BODY", "PA"}),
        (StampPolicy, {"charge", "absorb"}),
        (StampOutcome, {"stamp_not_due", "stamp_charged", "stamp_absorbed", "stamp_public_body"}),
        (
            WithholdingOutcome,
            {"withholding", "withholding_not_flat_rate", "withholding_not_private", "withholding_not_agent"},
        ),
        (StampMode, {"paper", "virtual_authorisation", "virtual_einvoice"}),
        (Channel, {"analogue", "sdi", "sdi_pa_signed", "pdf"}),
        (Standing, {"send", "send_without_code", "not_a_person", "not_health", "not_paid", "no_code"}),
        (Sex, {"M", "F"}),
    ],
)
def test_codes_of_a_kind_are_these(kind: type[StrEnum], codes: set[str]) -> None:
    assert {str(each) for each in kind} == codes
