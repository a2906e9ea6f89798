"""How a stamp is paid and proved."""

from dataclasses import replace
from datetime import date

import pytest

from sportello.billing.rules.channel import Channel
from sportello.billing.rules.stamp import StampMode, StampProof, check_stamp_proof, mode_for
from sportello.core.violations import RuleViolation
from tests.billing.rules.values import DAY

PAPER = StampProof(StampMode.PAPER, sticker="01234567890123", bought_on=DAY)
VIRTUAL = StampProof(StampMode.VIRTUAL_AUTHORISATION, authorisation="12/2020", authorised_on=DAY)


@pytest.mark.parametrize("own", list(StampMode))
def test_mode_for_the_exchange_is_always_the_electronic_one(own: StampMode) -> None:
    assert mode_for(Channel.SDI, own) is StampMode.VIRTUAL_EINVOICE
    assert mode_for(Channel.SDI_PA_SIGNED, own) is StampMode.VIRTUAL_EINVOICE
    assert mode_for(Channel.ANALOGUE, own) is not StampMode.VIRTUAL_EINVOICE
    assert mode_for(Channel.PDF, own) is not StampMode.VIRTUAL_EINVOICE


def test_mode_for_paper_is_the_entity_s() -> None:
    assert mode_for(Channel.ANALOGUE, StampMode.VIRTUAL_AUTHORISATION) is StampMode.VIRTUAL_AUTHORISATION
    assert mode_for(Channel.ANALOGUE, StampMode.PAPER) is StampMode.PAPER


def test_check_stamp_proof_of_paper() -> None:
    assert check_stamp_proof(PAPER, issued_on=DAY) == ()
    assert [each.code for each in check_stamp_proof(StampProof(StampMode.PAPER), issued_on=DAY)] == ["stamp_id_missing"]
    short = check_stamp_proof(replace(PAPER, sticker="123"), issued_on=DAY)
    assert [each.code for each in short] == ["stamp_id_unusual"]
    with pytest.raises(RuleViolation, match=r"^stamp_after_document"):
        check_stamp_proof(PAPER, issued_on=date(2026, 3, 1))


def test_check_stamp_proof_of_an_authorisation() -> None:
    assert check_stamp_proof(VIRTUAL, issued_on=DAY) == ()
    for wrong in (replace(VIRTUAL, authorisation=""), replace(VIRTUAL, authorised_on=None)):
        with pytest.raises(RuleViolation, match=r"^stamp_authorisation_missing"):
            check_stamp_proof(wrong, issued_on=DAY)
    with pytest.raises(RuleViolation, match=r"^stamp_authorised_later"):
        check_stamp_proof(VIRTUAL, issued_on=date(2026, 3, 1))


def test_check_stamp_proof_of_an_electronic_invoice_needs_nothing() -> None:
    assert check_stamp_proof(StampProof(StampMode.VIRTUAL_EINVOICE), issued_on=DAY) == ()
