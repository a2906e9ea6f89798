"""Rules about the owner block, the PIN and the channel."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sistemats.codes import CATEGORIES, Channel
from sistemats.crypto import looks_sealed
from sistemats.documents import Sender
from sistemats.rules.findings import Finding, make
from sistemats.rules.identifiers import has_fiscal_code_form, is_fiscal_code, is_pin

_CODE3 = re.compile(r"[A-Z0-9]{3}")
_SSA = re.compile(r"[A-Z0-9]{5,6}")
_INTERMEDIARY = re.compile(r"(?:[A-Z0-9]{16}|[0-9]{11})-[0-9]{3}")


def check_sender(sender: Sender, test_mode: bool = False) -> list[Finding]:
    """Return what is wrong with the sender: owner block, PIN, intermediary."""
    return [*_owner_code(sender, test_mode), *_structure(sender), *_channel(sender)]


def _owner_code(sender: Sender, test_mode: bool) -> Iterator[Finding]:
    code = sender.owner.fiscal_code
    if not code:
        if sender.channel is not Channel.ENTI:
            yield make("owner.fiscal_code", "owner-code-missing")
    elif not is_fiscal_code(code) and not looks_sealed(code):
        relaxed = test_mode and has_fiscal_code_form(code)
        yield make("owner.fiscal_code", "owner-code-format", relaxed=relaxed)


def _structure(sender: Sender) -> Iterator[Finding]:
    owner, facts = sender.owner, CATEGORIES[sender.category]
    if not facts.structure:
        if owner.is_structure:
            yield make("owner.region", "owner-structure-useless")
        return
    if not (owner.region and owner.asl and owner.ssa):
        yield make("owner.region", "owner-structure-missing")
        return
    if not (_CODE3.fullmatch(owner.region) and _CODE3.fullmatch(owner.asl) and _SSA.fullmatch(owner.ssa)):
        yield make("owner.ssa", "owner-codes-format")
    if facts.region and owner.region != facts.region:
        yield make("owner.region", "owner-region-unusual", region=facts.region)
    if facts.ssa_length and len(owner.ssa) != facts.ssa_length:
        yield make("owner.ssa", "owner-ssa-length", length=str(facts.ssa_length))


def _channel(sender: Sender) -> Iterator[Finding]:
    entratel = sender.channel is Channel.ENTRATE
    if not is_pin(sender.pin, entratel):
        yield make("pin", "pin-format")
    given = sender.intermediary
    if sender.channel is Channel.DIRECT:
        if given:
            yield make("intermediary", "intermediary-useless")
    elif not given:
        yield make("intermediary", "intermediary-missing")
    elif entratel and not _INTERMEDIARY.fullmatch(given):
        yield make("intermediary", "intermediary-format")
