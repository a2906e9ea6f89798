"""PIN, owner and delegation: what every service checks between the schema and its own work.

Source of the order: PIN decrypted (002), PIN right (104), owner (109, 010, 110), delegation (105, 106). The codes are
the acceptance codes of the asynchronous specification; which of them the other services use is not published.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sistemats.codes import CATEGORIES, Call, Channel, SenderCategory
from sistemats.documents import Owner
from sistemats.envelopes import WireOwner, WireRequest
from sistemats.replies import Message
from sistemats.simulator.checks import OwnerFacts
from sistemats.simulator.gate import Gate
from sistemats.simulator.messages import say
from sistemats.simulator.users import Role, User, owner_key
from sistemats.simulator.vault import Vault

_PIN = re.compile(r"[0-9]{10}")
_PERSON = re.compile(r"[A-Z0-9]{16}|[0-9]{11}")
SENDING_CALLS = frozenset({Call.INSERT, Call.CHANGE, Call.REFUND, Call.CANCEL, Call.UPLOAD})
OWNERLESS_CALLS = frozenset({Call.OUTCOME, Call.ERRORS, Call.RECEIPT})


class Refused(Exception):
    """The service says no, with one message."""

    def __init__(self, message: Message) -> None:
        """Keep the message."""
        super().__init__(message.code)
        self.message = message


def refuse(code: str) -> Refused:
    """Return the refusal with a code of the table."""
    return Refused(say(code))


@dataclass(frozen=True, slots=True)
class Party:
    """Who is calling and, where the service has one, for which owner."""

    user: User
    owner: Owner = field(default_factory=Owner)
    facts: OwnerFacts = field(default_factory=lambda: OwnerFacts(None))
    key: str = field(init=False)

    def __post_init__(self) -> None:
        """Work out the owner's key in the books."""
        object.__setattr__(self, "key", owner_key(self.owner))

    def visible_owners(self) -> list[str]:
        """Return the keys of the owners whose receipts the user may read."""
        own = (
            [] if self.user.role in {Role.ENTITY, Role.ASSOCIATION, Role.INTERMEDIARY} else [owner_key(self.user.owner)]
        )
        return own + [owner_key(d.owner) for d in self.user.delegations if d.active]


class Identity:
    """Checks PIN, owner and delegation of an authenticated call."""

    def __init__(self, gate: Gate, vault: Vault) -> None:
        """Use these users and this key."""
        self._gate, self._vault = gate, vault

    def check(self, user: User, request: WireRequest, *, undecipherable: bool = False) -> Party:
        """Return who is acting for whom. `undecipherable` pretends that nothing sealed can be opened.

        :raises Refused: with the code of the first thing that is wrong
        """
        self._check_pin(user, request.pin, undecipherable)
        if user.intermediary and (request.options[0] or "").strip() != user.intermediary:
            raise refuse("114" if user.role is Role.INTERMEDIARY else "107")
        if request.call in OWNERLESS_CALLS:
            return Party(user)
        owner = self._owner(getattr(request, "owner", None), request.call, undecipherable)
        return self._party(user, owner, request.call)

    def _check_pin(self, user: User, pin: str, undecipherable: bool) -> None:
        if user.role.channel is Channel.ENTRATE:
            if pin.strip() != user.pin:
                raise refuse("113")
            return
        opened = None if undecipherable else self._vault.open(pin.strip())
        if opened is None or not _PIN.fullmatch(opened):
            raise refuse("002")
        if opened != user.pin:
            raise refuse("104")

    def _owner(self, wire: WireOwner | None, call: Call, undecipherable: bool) -> Owner:
        """Return the owner block in clear; the upload sends the code in clear, all others sealed."""
        if wire is None:
            raise refuse("109")
        code = (wire.code or "").strip() or None
        if code is not None and call is not Call.UPLOAD:
            code = None if undecipherable else self._vault.open(code)
            if code is None:
                raise refuse("109")
        if code is not None and not _PERSON.fullmatch(code):
            raise refuse("109")
        return Owner(code, wire.region, wire.asl, wire.ssa)

    def batch_owner(self, wire: WireOwner) -> Owner | None:
        """Return the owner of a batch file, whose code is sealed; None when it cannot be opened."""
        code = None if not wire.code else self._vault.open(wire.code.strip())
        if wire.code and code is None:
            return None
        return Owner(code, wire.region, wire.asl, wire.ssa)

    def _party(self, user: User, owner: Owner, call: Call) -> Party:
        if owner.is_structure and not (owner.region and owner.asl and owner.ssa):
            raise refuse("109")
        facts = _CHECKS[user.role](user, owner)
        if user.role is Role.ASSOCIATION and call.operation is not None:
            raise refuse("107")  # the synchronous service is not offered to associations
        if call is Call.UPLOAD and not user.role.delegate and self._gate.has_active_delegate(user):
            raise refuse("106")
        known = self._gate.known_codes()
        return Party(user, owner, OwnerFacts(facts.category, facts.vat_numbers, facts.vat_checked, known))


def _professional(user: User, owner: Owner) -> OwnerFacts:
    if owner.is_structure or owner.fiscal_code is None:
        raise refuse("109")
    if owner.fiscal_code != user.owner.fiscal_code:
        raise refuse("004" if user.category is SenderCategory.DOCTOR else "010")
    return OwnerFacts(user.category, user.vat_numbers, user.vat_checked)


def _structure(user: User, owner: Owner) -> OwnerFacts:
    if not owner.is_structure or owner.fiscal_code is None:
        raise refuse("109")
    wanted = user.category and CATEGORIES[user.category].ssa_length
    if wanted and len(owner.ssa or "") != wanted:
        raise refuse("109")
    if owner.fiscal_code != user.owner.fiscal_code:
        raise refuse("110")
    if owner_key(owner) != owner_key(user.owner):
        raise refuse("109")
    return OwnerFacts(user.category, user.vat_numbers, user.vat_checked)


def _delegate(user: User, owner: Owner) -> OwnerFacts:
    if owner.fiscal_code is None:
        raise refuse("109")
    delegation = user.delegation_for(owner)
    if delegation is None or delegation.owner.fiscal_code != owner.fiscal_code:
        raise refuse("105")
    return OwnerFacts(delegation.category, delegation.vat_numbers)


def _entity(_user: User, owner: Owner) -> OwnerFacts:
    """A region names the structure; the code of its holder may be left out. Its category shows in its codes."""
    if not owner.is_structure:
        raise refuse("109")
    by_region = {facts.region: category for category, facts in CATEGORIES.items() if facts.region}
    by_length = {5: SenderCategory.PHARMACY, 6: SenderCategory.ACCREDITED_STRUCTURE}
    return OwnerFacts(by_region.get(owner.region or "") or by_length.get(len(owner.ssa or "")))


_CHECKS = {
    Role.PROFESSIONAL: _professional,
    Role.STRUCTURE: _structure,
    Role.ASSOCIATION: _delegate,
    Role.INTERMEDIARY: _delegate,
    Role.ENTITY: _entity,
}
