"""What a portal learns of a link, takes with it, and reports about a dead one."""

from __future__ import annotations

from deskwire.messages import (
    NOBODY,
    AcceptInvitation,
    Contact,
    Done,
    InvitationAccepted,
    InvitationShown,
    InvitationState,
    ProofKind,
    RefusalCode,
    RenewInvitation,
    ShowInvitation,
)
from sportello.desk.answering import Caller, Refuse, answers_anybody
from sportello.patients.contact import PracticeContact
from sportello.patients.operations.portal import answering as portal


@answers_anybody(ShowInvitation)
def show(caller: Caller, request: ShowInvitation) -> InvitationShown:
    """Say what a link is about; nothing is consumed."""
    shown = portal.show_invitation(token=request.token, now=caller.now)
    return InvitationShown(
        state=InvitationState(shown.state),
        practice=contact(shown.contact),
        language=shown.language,
        email=shown.email,
        proof=ProofKind(shown.proof),
        second_factor_required=shown.second_factor_required,
        locked=shown.locked,
    )


@answers_anybody(AcceptInvitation)
def accept(caller: Caller, request: AcceptInvitation) -> InvitationAccepted:
    """
    Connect an account of the portal that asks.

    :raises Refuse: ``dead``, ``wrong_proof`` with the tries left, ``locked``, ``not_found`` without an account
    """
    if not request.account:
        raise Refuse(RefusalCode.NOT_FOUND)
    try:
        accepted = portal.accept_invitation(
            token=request.token, account=request.account, proof=request.proof, portal=caller.portal, now=caller.now
        )
    except portal.DeadLink:
        raise Refuse(RefusalCode.DEAD) from None
    except portal.WrongProof as wrong:
        raise Refuse(RefusalCode.WRONG_PROOF, left=int(str(wrong.figures["left"]))) from None
    except portal.ProofLocked:
        raise Refuse(RefusalCode.LOCKED) from None
    return InvitationAccepted(connection=accepted.uid, language=accepted.language)


@answers_anybody(RenewInvitation)
def renew(caller: Caller, request: RenewInvitation) -> Done:
    """Tell the practice, if there is one; the answer is the same for every token."""
    portal.ask_for_link(token=request.token, now=caller.now)
    return Done()


def contact(found: PracticeContact | None) -> Contact:
    """Return how a practice is reached, as the wire has it."""
    if found is None:
        return NOBODY
    return Contact(name=found.name, lines=found.lines, phone=found.phone, email=found.email, note=found.note)
