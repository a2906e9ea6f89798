"""How the stamp of a paper is paid, and what is still missing to prove it.

Source: practice specification 2.6 (5); DPR 642/1972 artt. 3 and 15 (paper, virtual by authorisation); DM 17-6-2014
(electronic invoices). Fourteen digits of a sticker: general knowledge, so another length is a notice and no refusal.

>>> mode_for(Channel.SDI, StampMode.PAPER), mode_for(Channel.ANALOGUE, StampMode.VIRTUAL_EINVOICE)
(<StampMode.VIRTUAL_EINVOICE: 'virtual_einvoice'>, <StampMode.PAPER: 'paper'>)
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sportello.billing.rules.channel import Channel
from sportello.billing.rules.dates import check_stamp_date
from sportello.core.violations import Notice, RuleViolation

_STICKER = re.compile(r"[0-9]{14}")


class StampMode(StrEnum):
    """How a stamp is paid."""

    PAPER = "paper"
    VIRTUAL_AUTHORISATION = "virtual_authorisation"
    VIRTUAL_EINVOICE = "virtual_einvoice"


@dataclass(frozen=True, slots=True)
class StampProof:
    """What is known of the stamp of a document.

    :ivar sticker: identifier of a paper stamp
    :ivar bought_on: day printed on it
    :ivar authorisation: number of the authorisation to pay virtually
    :ivar authorised_on: its day
    """

    mode: StampMode
    sticker: str = ""
    bought_on: date | None = None
    authorisation: str = ""
    authorised_on: date | None = None


def mode_for(channel: Channel, entity_mode: StampMode) -> StampMode:
    """Return how the stamp of a document is paid: the exchange knows one way, which exists nowhere else."""
    if channel.is_electronic:
        return StampMode.VIRTUAL_EINVOICE
    return StampMode.PAPER if entity_mode is StampMode.VIRTUAL_EINVOICE else entity_mode


def check_stamp_proof(proof: StampProof, *, issued_on: date) -> tuple[Notice, ...]:
    """Return what a person should still do about a stamp that is due.

    ``stamp_id_missing`` and ``stamp_id_unusual`` (not fourteen digits) stop nothing: the register takes the id later.

    :raises RuleViolation: ``stamp_after_document``, ``stamp_authorisation_missing``, ``stamp_authorised_later``
    """
    if proof.mode is StampMode.VIRTUAL_AUTHORISATION:
        _check_authorisation(proof, issued_on)
    if proof.mode is not StampMode.PAPER:
        return ()
    if proof.bought_on is not None:
        check_stamp_date(proof.bought_on, issued_on=issued_on)
    if not proof.sticker:
        return (Notice("stamp_id_missing", "sticker"),)
    return () if _STICKER.fullmatch(proof.sticker) else (Notice("stamp_id_unusual", "sticker"),)


def _check_authorisation(proof: StampProof, issued_on: date) -> None:
    if not proof.authorisation or proof.authorised_on is None:
        raise RuleViolation("stamp_authorisation_missing", field="authorisation")
    if proof.authorised_on > issued_on:
        raise RuleViolation(
            "stamp_authorised_later", field="authorised_on", on=proof.authorised_on, issued_on=issued_on
        )
