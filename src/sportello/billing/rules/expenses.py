"""Which documents the Sistema Tessera Sanitaria expects: only what invoicing must know.

Source: practice specification 2.11 and 2.14 (health expense of a natural person, paid; DM 31-7-2015; without the
codice fiscale when the patient objected, since 2021).

>>> standing({ServiceNature.HEALTH}, CustomerKind.PRIVATE, paid=True, has_code=True, opposed=False)
<Standing.SEND: 'send'>
"""

from collections.abc import Collection
from enum import StrEnum

from sportello.billing.rules.totals import CustomerKind
from sportello.billing.rules.treatments import ServiceNature


class Standing(StrEnum):
    """Whether a document goes to the State, and why not."""

    SEND = "send"
    SEND_WITHOUT_CODE = "send_without_code"
    """The patient objected: sent with the flag and without the codice fiscale, not skipped."""
    NOT_A_PERSON = "not_a_person"
    NOT_HEALTH = "not_health"
    NOT_PAID = "not_paid"
    NO_CODE = "no_code"
    """No codice fiscale: listed apart, a person decides."""

    @property
    def is_eligible(self) -> bool:
        """Whether the State expects it."""
        return self in (Standing.SEND, Standing.SEND_WITHOUT_CODE)


def standing(
    natures: Collection[ServiceNature], customer: CustomerKind, *, paid: bool, has_code: bool, opposed: bool
) -> Standing:
    """Return whether the State expects a document.

    :param natures: what its lines are, by the catalogue and never by the VAT rate; one health line is enough
    :param paid: paid in full; a part-paid document waits
    :param has_code: the patient has an Italian codice fiscale
    :param opposed: the patient objected to the use of the data
    """
    if customer is not CustomerKind.PRIVATE:
        return Standing.NOT_A_PERSON
    if all(nature is ServiceNature.OTHER for nature in natures):
        return Standing.NOT_HEALTH
    if not paid:
        return Standing.NOT_PAID
    if opposed:
        return Standing.SEND_WITHOUT_CODE
    return Standing.SEND if has_code else Standing.NO_CODE
