"""VAT treatments and the regimes that may use them."""

from decimal import Decimal

import pytest

from sportello.billing.rules.treatments import (
    Natura,
    Regime,
    Treatment,
    VatTerms,
    allowed_treatments,
    check_treatment_allowed,
)
from sportello.core.violations import RuleViolation
from tests.billing.rules.values import ADVANCED, EXEMPT, TAXED


@pytest.mark.parametrize("treatment", [Treatment.FLAT_RATE, Treatment.EXCLUDED_15, Treatment.OUTSIDE_TERRITORY])
def test_check_treatment_allowed_lets_a_flat_rate_issuer_use_three(treatment: Treatment) -> None:
    check_treatment_allowed(Regime.FLAT_RATE, treatment)
    assert len(allowed_treatments(Regime.FLAT_RATE)) == 3


@pytest.mark.parametrize("treatment", [Treatment.TAXABLE_22, Treatment.EXEMPT_HEALTH])
def test_check_treatment_allowed_refuses_vat_and_exemption_to_a_flat_rate_issuer(treatment: Treatment) -> None:
    with pytest.raises(RuleViolation) as caught:
        check_treatment_allowed(Regime.FLAT_RATE, treatment)
    assert caught.value.code == "treatment_not_allowed_in_regime"
    assert dict(caught.value.figures) == {"regime": Regime.FLAT_RATE, "treatment": treatment}


def test_check_treatment_allowed_keeps_flat_rate_from_an_ordinary_issuer() -> None:
    assert allowed_treatments(Regime.ORDINARY) == set(Treatment) - {Treatment.FLAT_RATE}
    with pytest.raises(RuleViolation, match=r"^treatment_not_allowed_in_regime"):
        check_treatment_allowed(Regime.ORDINARY, Treatment.FLAT_RATE)


def test_vat_terms_have_a_natura_exactly_when_there_is_no_vat() -> None:
    for rate, natura in ((Decimal(0), None), (Decimal(22), Natura.EXEMPT)):
        with pytest.raises(RuleViolation, match=r"^natura_iff_no_vat"):
            VatTerms(Treatment.TAXABLE_22, rate, natura)


def test_label_is_the_natura_or_the_rate() -> None:
    assert (EXEMPT.label, ADVANCED.label, TAXED.label) == ("N4", "N1", "22")
    assert VatTerms(Treatment.TAXABLE_22, Decimal("10.00"), None).label == "10"
    assert VatTerms(Treatment.TAXABLE_22, Decimal("5.50"), None).label == "5.5"
