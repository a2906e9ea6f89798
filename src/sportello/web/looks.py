"""How each state looks: its icon, its word and its family, in one table.

Source: ui/README "States". Families are the same everywhere: `ok` done, `wait` somebody must act, `move` under way,
`bad` it failed, `off` at rest. A code is not a text: the words live here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Family(StrEnum):
    """The five families of states; each value is a class of the stylesheet."""

    OK = "ok"
    WAIT = "wait"
    MOVE = "move"
    BAD = "bad"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Look:
    """What a chip shows."""

    icon: str
    word: Promise | str
    family: Family


INVOICE_PAYMENT: Final[dict[str, Look]] = {
    "UNPAID": Look("clock-hour-4", pgettext_lazy("invoice", "Unpaid"), Family.WAIT),
    "PARTIALLY_PAID": Look("circle-half-2", pgettext_lazy("invoice", "Partly paid"), Family.WAIT),
    "PAID": Look("circle-check", pgettext_lazy("invoice", "Paid"), Family.OK),
    "REFUND_DUE": Look("arrow-back-up", pgettext_lazy("invoice", "To refund"), Family.WAIT),
    "REFUNDED": Look("receipt-refund", pgettext_lazy("invoice", "Refunded"), Family.OFF),
}

INVOICE_PAPER: Final[dict[str, Look]] = {
    "DRAFT": Look("pencil", pgettext_lazy("invoice", "Draft"), Family.OFF),
    "ISSUED": Look("file-check", pgettext_lazy("invoice", "Issued"), Family.MOVE),
    "PARTIALLY_CREDITED": Look("file-minus", pgettext_lazy("invoice", "Partly credited"), Family.OFF),
    "CREDITED": Look("file-minus", pgettext_lazy("invoice", "Credited"), Family.OFF),
}

PATIENT: Final[dict[str, Look]] = {
    "ACTIVE": Look("user", pgettext_lazy("patient", "Active"), Family.OK),
    "ARCHIVED": Look("archive", pgettext_lazy("patient", "Archived"), Family.OFF),
}

MEMBER: Final[dict[str, Look]] = {
    "ACTIVE": Look("circle-check", pgettext_lazy("member", "Active"), Family.OK),
    "DISABLED": Look("ban", pgettext_lazy("member", "Disabled"), Family.OFF),
}

CONNECTION: Final[dict[str, Look]] = {
    "NOT_CONNECTED": Look("user", pgettext_lazy("access", "Not connected"), Family.OFF),
    "PENDING": Look("user-plus", pgettext_lazy("access", "Waiting"), Family.WAIT),
    "CONNECTED": Look("link", pgettext_lazy("access", "Connected"), Family.OK),
    "SUSPENDED": Look("unlink", pgettext_lazy("access", "Suspended"), Family.OFF),
    "DISCONNECTED": Look("user", pgettext_lazy("access", "Disconnected"), Family.OFF),
    "EXPIRED": Look("hourglass-off", pgettext_lazy("access", "Invitation expired"), Family.OFF),
    "BOUNCED": Look("mail-x", pgettext_lazy("access", "E-mail refused"), Family.BAD),
}
"""States of a connection; the last two are of its invitation, where they say more."""

PERIOD: Final[dict[str, Look]] = {
    "PAST": Look("history", pgettext_lazy("period", "Past"), Family.OFF),
    "CURRENT": Look("circle-check", pgettext_lazy("period", "In force"), Family.OK),
    "FUTURE": Look("calendar-event", pgettext_lazy("period", "To come"), Family.MOVE),
}

JOB: Final[dict[str, Look]] = {
    "waiting": Look("stack-2", pgettext_lazy("job", "Queued"), Family.MOVE),
    "running": Look("progress", pgettext_lazy("job", "Running"), Family.MOVE),
    "done": Look("circle-check", pgettext_lazy("job", "Done"), Family.OK),
    "failed": Look("circle-x", pgettext_lazy("job", "Failed"), Family.BAD),
}

MAIL: Final[dict[str, Look]] = {
    "waiting": Look("stack-2", pgettext_lazy("mail", "Queued"), Family.MOVE),
    "handing": Look("progress", pgettext_lazy("mail", "Going out"), Family.MOVE),
    "uncertain": Look("help-circle", pgettext_lazy("mail", "Outcome unknown"), Family.WAIT),
    "sent": Look("circle-check", pgettext_lazy("mail", "Sent"), Family.OK),
    "failed": Look("mail-x", pgettext_lazy("mail", "Not sent"), Family.BAD),
    "cancelled": Look("ban", pgettext_lazy("mail", "Cancelled"), Family.OFF),
}

STS: Final[dict[str, Look]] = {
    "NOT_APPLICABLE": Look("minus", pgettext_lazy("expense", "Not to be sent"), Family.OFF),
    "READY": Look("send", pgettext_lazy("expense", "To send"), Family.WAIT),
    "QUEUED": Look("stack-2", pgettext_lazy("expense", "Queued"), Family.MOVE),
    "TAKEN_IN_CHARGE": Look("progress", pgettext_lazy("expense", "Taken in charge"), Family.MOVE),
    "ACCEPTED": Look("circle-check", pgettext_lazy("expense", "Accepted"), Family.OK),
    "ACCEPTED_WITH_WARNINGS": Look("alert-triangle", pgettext_lazy("expense", "Accepted with anomalies"), Family.WAIT),
    "REJECTED": Look("circle-x", pgettext_lazy("expense", "Rejected"), Family.BAD),
    "TO_UPDATE": Look("refresh", pgettext_lazy("expense", "To update"), Family.WAIT),
    "TO_DELETE": Look("trash", pgettext_lazy("expense", "To cancel"), Family.WAIT),
    "DELETED": Look("trash-x", pgettext_lazy("expense", "Cancelled"), Family.OFF),
    "REFUNDED": Look("receipt-refund", pgettext_lazy("expense", "Refunded"), Family.OFF),
    "UNCERTAIN": Look("help-circle", pgettext_lazy("expense", "Outcome unknown"), Family.WAIT),
}

TRANSMISSION: Final[dict[str, Look]] = {
    "LEAVING": Look("send", pgettext_lazy("sending", "Leaving"), Family.MOVE),
    "WAITING": Look("stack-2", pgettext_lazy("sending", "Waiting"), Family.MOVE),
    "AT_WORK": Look("progress", pgettext_lazy("sending", "Being processed"), Family.MOVE),
    "ACCEPTED": Look("circle-check", pgettext_lazy("sending", "Accepted"), Family.OK),
    "WARNED": Look("alert-triangle", pgettext_lazy("sending", "Accepted with anomalies"), Family.WAIT),
    "ERRORS": Look("alert-triangle", pgettext_lazy("sending", "Processed with errors"), Family.WAIT),
    "REFUSED": Look("circle-x", pgettext_lazy("sending", "Refused"), Family.BAD),
    "UNCERTAIN": Look("help-circle", pgettext_lazy("sending", "Outcome unknown"), Family.WAIT),
    "NOT_SENT": Look("wifi-off", pgettext_lazy("sending", "Not sent"), Family.BAD),
}

STEP: Final[dict[str, Look]] = {
    "DONE": Look("circle-check", pgettext_lazy("step", "Done"), Family.OK),
    "NEXT": Look("circle-dashed", pgettext_lazy("step", "Next"), Family.MOVE),
    "LATER": Look("circle-dashed", pgettext_lazy("step", "Later"), Family.OFF),
}

LOOKS: Final[dict[str, dict[str, Look]]] = {
    "invoice_payment": INVOICE_PAYMENT,
    "invoice_paper": INVOICE_PAPER,
    "patient": PATIENT,
    "member": MEMBER,
    "connection": CONNECTION,
    "period": PERIOD,
    "job": JOB,
    "mail": MAIL,
    "sts": STS,
    "transmission": TRANSMISSION,
    "step": STEP,
}

ROLES: Final[dict[str, Promise]] = {
    "owner": pgettext_lazy("role", "Owner"),
    "collaborator": pgettext_lazy("role", "Collaborator"),
    "accountant": pgettext_lazy("role", "Accountant"),
}

TONE_ICONS: Final[dict[str, str]] = {
    "ok": "circle-check",
    "wait": "alert-triangle",
    "move": "info-circle",
    "bad": "alert-circle",
    "off": "info-circle",
}

LANGUAGE_NAMES: Final[dict[str, str]] = {"it": "Italiano", "fr": "Français", "en": "English"}

THEMES: Final[dict[str, tuple[str, Promise]]] = {
    "auto": ("device-desktop", _("As the device")),
    "light": ("sun", _("Light")),
    "dark": ("moon", _("Dark")),
}


def look(kind: str, code: str) -> Look:
    """
    Return how a state looks.

    :raises KeyError: the kind or the code is in no table; a page must not invent a state
    """
    return LOOKS[kind][str(code)]


RIGHTS: Final[dict[str, Promise]] = {
    "owner": _("Only the owner of the practice may do this."),
    "patients": _("Your account may not work with patients here."),
    "clinical": _("Your account may not read clinical data here."),
    "catalogue": _("Your account may not change the price list here."),
    "invoices": _("Your account may not work with invoices here."),
    "issue": _("Your account may prepare invoices here, but not issue them."),
    "payments": _("Your account may not record payments here."),
    "sts": _("Your account may not work with the Sistema TS here."),
    "portal": _("Your account may not invite patients to the portal here."),
    "documents": _("Your account may not send documents here."),
}
RIGHT_UNKNOWN: Final = _("Your account does not have the right to do this.")


def missing_right(code: str) -> Promise:
    """Return the sentence that says which right `MayNot` missed."""
    return RIGHTS.get(code, RIGHT_UNKNOWN)
