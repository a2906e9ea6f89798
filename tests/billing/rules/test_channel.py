"""How a document travels."""

import pytest

from sportello.billing.rules.channel import Channel, channel
from sportello.billing.rules.totals import CustomerKind
from sportello.billing.rules.treatments import ServiceNature

HEALTH, TAXED, OTHER = ServiceNature.HEALTH, ServiceNature.TAXED_HEALTH, ServiceNature.OTHER


@pytest.mark.parametrize(
    ("natures", "customer", "country", "expected"),
    [
        ({HEALTH}, CustomerKind.PRIVATE, "IT", Channel.ANALOGUE),
        ({TAXED}, CustomerKind.PRIVATE, "IT", Channel.ANALOGUE),
        ({HEALTH, OTHER}, CustomerKind.PRIVATE, "IT", Channel.ANALOGUE),
        ({HEALTH}, CustomerKind.PRIVATE, "GB", Channel.ANALOGUE),
        ({OTHER}, CustomerKind.PRIVATE, "IT", Channel.SDI),
        ({OTHER}, CustomerKind.PRIVATE, "GB", Channel.PDF),
        ({HEALTH}, CustomerKind.COMPANY, "IT", Channel.SDI),
        ({HEALTH}, CustomerKind.PROFESSIONAL, "IT", Channel.SDI),
        ({OTHER}, CustomerKind.BODY, "IT", Channel.SDI),
        ({HEALTH}, CustomerKind.COMPANY, "DE", Channel.PDF),
        ({HEALTH}, CustomerKind.PA, "IT", Channel.SDI_PA_SIGNED),
        ({OTHER}, CustomerKind.PA, "FR", Channel.PDF),
    ],
)
def test_channel_follows_addressee_and_service(
    natures: set[ServiceNature], customer: CustomerKind, country: str, expected: Channel
) -> None:
    assert channel(natures, customer, country) is expected


def test_channel_is_electronic_through_the_exchange_alone() -> None:
    assert {each for each in Channel if each.is_electronic} == {Channel.SDI, Channel.SDI_PA_SIGNED}
