"""How a document reaches its addressee: decided by who it is and what was done, never by a checkbox.

Source: practice specification 2.13. Health services to a natural person never pass the exchange (D.L. 119/2018
art. 10-bis, permanent by D.Lgs. 81/2025), nor does a document that also holds one.

>>> channel({ServiceNature.HEALTH}, CustomerKind.PRIVATE), channel({ServiceNature.HEALTH}, CustomerKind.PA)
(<Channel.ANALOGUE: 'analogue'>, <Channel.SDI_PA_SIGNED: 'sdi_pa_signed'>)
"""

from collections.abc import Collection
from enum import StrEnum

from sportello.billing.rules.totals import CustomerKind
from sportello.billing.rules.treatments import ServiceNature

HOME = "IT"


class Channel(StrEnum):
    """The ways a document travels."""

    ANALOGUE = "analogue"
    """Paper or PDF handed to the patient; the exchange is forbidden."""
    SDI = "sdi"
    """The exchange, format FPR12."""
    SDI_PA_SIGNED = "sdi_pa_signed"
    """The exchange, format FPA12 with a qualified signature."""
    PDF = "pdf"
    """PDF to an addressee abroad; the exchange is possible with code XXXXXXX and not required."""

    @property
    def is_electronic(self) -> bool:
        """Whether the document of record is the XML on the exchange."""
        return self in (Channel.SDI, Channel.SDI_PA_SIGNED)


def channel(natures: Collection[ServiceNature], customer: CustomerKind, country: str = HOME) -> Channel:
    """Return the channel of a document.

    :param natures: what its lines are, by the catalogue and never by the VAT rate
    :param country: of the addressee, two letters
    """
    if customer is CustomerKind.PRIVATE and any(nature is not ServiceNature.OTHER for nature in natures):
        return Channel.ANALOGUE
    if country != HOME:
        return Channel.PDF
    return Channel.SDI_PA_SIGNED if customer is CustomerKind.PA else Channel.SDI
