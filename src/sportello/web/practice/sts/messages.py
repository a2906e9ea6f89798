"""What the ministry's codes mean in plain words, and how each is mended.

Most codes are published nowhere (PROTOCOL 11.2): an unknown one is shown in the ministry's words alone, with the advice
that always holds. What a message says is never parsed; only its code is looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Mend(StrEnum):
    """Where a thing is mended."""

    PATIENT = "patient"
    ACCOUNT = "account"
    RESYNC = "resync"
    NOTHING = "nothing"
    SEND = "send"
    LOOK = "look"


@dataclass(frozen=True, slots=True)
class Meaning:
    """A code in our words: what is wrong, what to do, and where."""

    title: Promise
    remedy: Promise
    mend: Mend


_CODE = _("The citizen's codice fiscale is wrong")
_MENDED = _(
    "This expense is not registered. Put the code right in the patient's record: it then returns to the list of what "
    "is to be sent."
)
_FILE = _("The file was refused as a whole")
_AGAIN = _("The receipt says why. Its documents can be sent again together: choose the rejected ones in the list.")
_NOT_ACCEPTED = _("The file was not accepted as it is")
_HOW_AGAIN = _(
    "Nothing of it is registered. Choose its documents in the list and send them again; if it happens again, send one "
    "alone and tell support the code."
)
_THERE = _("The Sistema TS has a document with this number and day already")

MEANINGS: dict[str, Meaning] = {
    "S011": Meaning(
        _CODE,
        _MENDED,
        Mend.PATIENT,
    ),
    "S050": Meaning(
        _CODE,
        _MENDED,
        Mend.PATIENT,
    ),
    "S003": Meaning(
        _("The codice fiscale is not in the registry"),
        _("Compare it with the patient's tessera sanitaria and put it right in the record."),
        Mend.PATIENT,
    ),
    "S017": Meaning(
        _THERE,
        _("Perhaps another program sent it. Resynchronise: the Sistema TS is asked what it holds."),
        Mend.RESYNC,
    ),
    "S010": Meaning(
        _("The Sistema TS does not have this document"),
        _("Resynchronise: what is missing there is then sent again."),
        Mend.RESYNC,
    ),
    "S022": Meaning(
        _("The document was cancelled at the Sistema TS before"),
        _("Nothing is left to cancel there. Resynchronise to see what it holds."),
        Mend.RESYNC,
    ),
    "S035": Meaning(
        _("The year of payment is closed"),
        _("The Sistema TS takes nothing more for that year. Ask your accountant how to report it."),
        Mend.LOOK,
    ),
    "S036": Meaning(
        _("The payment lies in the future"),
        _("Look at the day of payment: only paid documents are sent."),
        Mend.LOOK,
    ),
    "S016": Meaning(
        _("VAT rate or its reason does not fit"),
        _("Look at the VAT of the service in the price list; the paper itself stays as it is."),
        Mend.LOOK,
    ),
    "S001": Meaning(
        _("Partita IVA and owner do not belong together"),
        _("Compare both with your registration on the portal, then test the credentials."),
        Mend.ACCOUNT,
    ),
    "S004": Meaning(
        _("The sender is not authorised"),
        _("Look at category and owner of the account, then test the credentials."),
        Mend.ACCOUNT,
    ),
    "W003": Meaning(
        _("The codice fiscale is not in the archive"),
        _("The expense is accepted. Compare the code with the patient's tessera sanitaria."),
        Mend.PATIENT,
    ),
    "W001": Meaning(
        _("A remark on the codice fiscale"),
        _("The expense is accepted. Compare the code with the patient's tessera sanitaria."),
        Mend.PATIENT,
    ),
    "W008": Meaning(
        _("Sent after the deadline"),
        _("The expense is accepted. Whether a sanction follows depends on how late it is: ask your accountant."),
        Mend.NOTHING,
    ),
    "W010": Meaning(
        _("The document was cancelled at the Sistema TS before"),
        _("It counts for nobody there. If it should, send it again."),
        Mend.LOOK,
    ),
    "W014": Meaning(
        _("Two documents on the same day"),
        _("The expense is accepted. Two sessions on one day are possible: if it is so, nothing is to be done."),
        Mend.NOTHING,
    ),
    "WS37": Meaning(_FILE, _AGAIN, Mend.SEND),
    "WS96": Meaning(
        _("The search found nothing"),
        _("The Sistema TS holds no such document."),
        Mend.NOTHING,
    ),
    "WS99": Meaning(
        _("A passing failure of the Sistema TS"),
        _("It is tried again by itself."),
        Mend.NOTHING,
    ),
    "107": Meaning(
        _("The user is not recognised for this operation"),
        _(
            "Look at user and owner of the account. The credentials of a category association are of no use here: from "
            "it the Sistema TS takes files alone."
        ),
        Mend.ACCOUNT,
    ),
    "104": Meaning(_("The PIN is wrong"), _("Write the PIN anew and test the credentials."), Mend.ACCOUNT),
    "105": Meaning(
        _("No active delegation"),
        _("Who sends for others needs a delegation on the portal (Gestione deleghe)."),
        Mend.ACCOUNT,
    ),
    "106": Meaning(
        _("Somebody else has the delegation"),
        _("While a delegation is active the owner does not send directly: revoke it on the portal, or let them send."),
        Mend.ACCOUNT,
    ),
    "101": Meaning(_NOT_ACCEPTED, _HOW_AGAIN, Mend.SEND),
    "102": Meaning(_NOT_ACCEPTED, _HOW_AGAIN, Mend.SEND),
    "103": Meaning(_NOT_ACCEPTED, _HOW_AGAIN, Mend.SEND),
    "FILE": Meaning(_FILE, _AGAIN, Mend.SEND),
    "UNNAMED": Meaning(
        _("Refused without a reason that could be read"),
        _(
            "The Sistema TS counts a refusal in its file, names no document that we know, and does not hold this one. "
            "Send it again alone: the answer then says why."
        ),
        Mend.SEND,
    ),
    "108": Meaning(_("The file is too large"), _("It goes out again in smaller files by itself."), Mend.NOTHING),
}

OF_ERROR = Meaning(
    _("Refused for a reason that is published nowhere"),
    _("The words of the Sistema TS say what is known. If they do not help, its help desk knows the code."),
    Mend.LOOK,
)
OF_WARNING = Meaning(
    _("A remark of the Sistema TS"), _("The expense is accepted. Look whether the words concern you."), Mend.NOTHING
)
OF_SUCCESS = Meaning(_("Carried out"), _("Nothing is to be done."), Mend.NOTHING)


def meaning_of(code: str, severity: str) -> Meaning:
    """Return what a message means; `severity` (E, W, S or "") decides for codes that nobody knows."""
    known = MEANINGS.get(code)
    if known is not None:
        return known
    if code in {"0", "000"}:
        return OF_SUCCESS
    return OF_ERROR if severity == "E" or code.startswith("S") else OF_WARNING
