"""What the State expects."""

import pytest

from sportello.billing.rules.expenses import Standing, standing
from sportello.billing.rules.totals import CustomerKind
from sportello.billing.rules.treatments import ServiceNature

HEALTH, TAXED, OTHER = ServiceNature.HEALTH, ServiceNature.TAXED_HEALTH, ServiceNature.OTHER


@pytest.mark.parametrize(
    ("natures", "customer", "paid", "has_code", "opposed", "expected"),
    [
        ({HEALTH}, CustomerKind.PRIVATE, True, True, False, Standing.SEND),
        ({TAXED}, CustomerKind.PRIVATE, True, True, False, Standing.SEND),
        ({HEALTH, OTHER}, CustomerKind.PRIVATE, True, True, False, Standing.SEND),
        ({OTHER}, CustomerKind.PRIVATE, True, True, False, Standing.NOT_HEALTH),
        ({HEALTH}, CustomerKind.PRIVATE, False, True, False, Standing.NOT_PAID),
        ({HEALTH}, CustomerKind.PRIVATE, True, False, False, Standing.NO_CODE),
        ({HEALTH}, CustomerKind.PRIVATE, True, True, True, Standing.SEND_WITHOUT_CODE),
        ({HEALTH}, CustomerKind.PRIVATE, True, False, True, Standing.SEND_WITHOUT_CODE),
        ({HEALTH}, CustomerKind.PRIVATE, False, True, True, Standing.NOT_PAID),
        ({HEALTH}, CustomerKind.COMPANY, True, True, False, Standing.NOT_A_PERSON),
        ({HEALTH}, CustomerKind.PA, True, True, False, Standing.NOT_A_PERSON),
    ],
)
def test_standing_of_a_document(
    natures: set[ServiceNature], customer: CustomerKind, paid: bool, has_code: bool, opposed: bool, expected: Standing
) -> None:
    assert standing(natures, customer, paid=paid, has_code=has_code, opposed=opposed) is expected


def test_standing_is_eligible_when_something_is_sent() -> None:
    assert {each for each in Standing if each.is_eligible} == {Standing.SEND, Standing.SEND_WITHOUT_CODE}
