"""What a person may ask for a document: the words of each deed, and the confirmation that it deserves."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sportello.expenses.rules.deeds import Deed


@dataclass(frozen=True, slots=True)
class DeedWords:
    """
    A deed in words: what the menu says, the line below, the question, what cannot be undone.

    `asks` tells whether a page asks first; `grave` draws it in red.
    """

    word: Promise
    icon: str
    note: Promise | str = ""
    question: Promise | str = ""
    consequence: Promise | str = ""
    done: Promise | str = ""
    grave: bool = False

    @property
    def asks(self) -> bool:
        """Whether a page asks first."""
        return bool(self.question)


WORDS: dict[Deed, DeedWords] = {
    Deed.SEND: DeedWords(_("Send to the Sistema TS"), "send"),
    Deed.SEND_AGAIN: DeedWords(
        _("Send again to the Sistema TS…"),
        "cloud-upload",
        _("The same content, although it was refused"),
        _("Send the same content again?"),
        _(
            "The Sistema TS refused exactly this content. Sending it again makes sense when something changed on its "
            "side: else mend the document first."
        ),
    ),
    Deed.UPDATE: DeedWords(
        _("Update on the Sistema TS"), "refresh", _("What it holds is replaced by what the paper says")
    ),
    Deed.RESYNC: DeedWords(_("Resynchronise"), "rotate-clockwise", _("Ask the Sistema TS what it holds")),
    Deed.REFUND: DeedWords(
        _("Refund on the Sistema TS…"),
        "receipt-refund",
        _("The credit notes of this invoice are sent as refunds"),
        _("Send the credit notes as refunds?"),
        _(
            "The Sistema TS takes their amounts off this expense. A refund is not cancelled there alone: it goes with "
            "its expense, when that is cancelled."
        ),
    ),
    Deed.CANCEL: DeedWords(
        _("Cancel on the Sistema TS…"),
        "trash",
        _("Only on the Sistema TS: the invoice stays"),
        _("Cancel this expense on the Sistema TS?"),
        _(
            "It disappears from the patient's tax return; refunds of it are cancelled there first. The invoice stays "
            "as it is, and the expense is left out until you take it in again; whether the Sistema TS takes the same "
            "number a second time is not certain."
        ),
        grave=True,
    ),
    Deed.RENEW: DeedWords(
        _("Send under a new device number…"),
        "copy",
        _("The Sistema TS does not take the cancelled one again"),
        _("Send it under the next device number?"),
        _(
            "The cancelled expense stays cancelled there. The same document is sent as a new one that differs in the "
            "device number alone."
        ),
    ),
    Deed.EXCLUDE: DeedWords(
        _("Leave out…"),
        "ban",
        _("It is not sent; the reason is kept"),
        _("Leave this document out?"),
        _("It is not sent to the State until somebody takes it in again. You answer for what is missing there."),
    ),
    Deed.INCLUDE: DeedWords(_("Take in again"), "plus", _("It is sent like any other")),
    Deed.OPPOSE: DeedWords(
        _("Objection…"),
        "user-x",
        _("It goes without the patient's codice fiscale"),
        _("Does the patient object for this document?"),
        _(
            "The expense is sent without the codice fiscale and stands in nobody's tax return. What was sent with the "
            "code is corrected there at once."
        ),
    ),
    Deed.UNOPPOSE: DeedWords(
        _("Take the objection back…"),
        "user-check",
        _("It goes with the patient's codice fiscale"),
        _("Take the objection for this document back?"),
        _("The expense is sent with the patient's codice fiscale. Only the patient may decide that."),
    ),
}
ORDER = tuple(WORDS)


@dataclass(frozen=True, slots=True)
class Act:
    """A deed of one document as a menu or page shows it; `post` without a page that asks first."""

    deed: str
    words: DeedWords
    url: str

    @property
    def post(self) -> bool:
        """Whether the button does it at once."""
        return not self.words.asks


def acts(invoice_id: int, deeds: frozenset[Deed]) -> list[Act]:
    """Return what is possible now, the usual first and the grave last."""
    ordered = sorted(deeds, key=lambda each: (WORDS[each].grave, ORDER.index(each)))
    return [
        Act(each.value, WORDS[each], reverse("practice:sts_deed", args=[invoice_id, each.value])) for each in ordered
    ]
