"""Words, icons and families of the states of a paper; who has looked at what, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from deskwire.messages import PaperKind, PaperState
from portal.web import formats

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown."""

    family: str
    icon: str
    word: Text


STATES: Mapping[PaperState, Look] = {
    PaperState.NOT_PAID: Look("wait", "clock-hour-4", _("Not paid")),
    PaperState.PART_PAID: Look("wait", "circle-half-2", _("Partly paid")),
    PaperState.PAID: Look("ok", "circle-check", _("Paid")),
    PaperState.REFUND_DUE: Look("wait", "arrow-back-up", _("To be refunded")),
    PaperState.REFUNDED: Look("off", "receipt-refund", _("Refunded")),
    PaperState.REVERSED: Look("off", "file-minus", _("Reversed")),
}
NOTE = Look("off", "file-minus", _("Credit note"))

KINDS: Mapping[PaperKind, Text] = {PaperKind.INVOICE: _("Invoice"), PaperKind.CREDIT_NOTE: _("Credit note")}


def look(kind: PaperKind, state: PaperState) -> Look:
    """Return how a paper's state is shown."""
    return NOTE if kind is PaperKind.CREDIT_NOTE else STATES[state]


ROLES: Mapping[str, Text] = {
    "owner": _("Owner of the practice"),
    "collaborator": _("Works in the practice"),
    "accountant": _("Accountant of the practice"),
    "patient": _("The patient, here"),
    "guardian": _("Who acts for the patient, here"),
    "system": _("The practice's program, by itself"),
}
YOU = _("You, here")
SOMEBODY = _("Somebody of the practice")

DEEDS: Mapping[str, Text] = {
    "connection.disconnect": _("Closed the access to these pages"),
    "connection.resume": _("Opened the access to these pages again"),
    "connection.suspend": _("Suspended the access to these pages"),
    "credit_note.issue": _("Issued a credit note"),
    "invitation.accept": _("Took the invitation to these pages"),
    "invitation.send": _("Invited to these pages"),
    "invoice.create": _("Wrote a draft"),
    "invoice.credit_all": _("Reversed an invoice"),
    "invoice.credit_part": _("Reversed a part of an invoice"),
    "invoice.discard": _("Deleted a draft"),
    "invoice.download": _("Downloaded a paper"),
    "invoice.edit": _("Changed a draft"),
    "invoice.issue": _("Issued a paper"),
    "invoice.paper": _("Made the PDF of a paper"),
    "invoice.read": _("Looked at a paper"),
    "invoice.stamp": _("Noted the stamp of a paper"),
    "invoice.visibility": _("Showed a paper here, or hid it"),
    "patient.create": _("Entered the personal data"),
    "patient.edit": _("Changed the personal data"),
    "patient.read": _("Looked at the personal data"),
    "payment.record": _("Noted a payment"),
    "payment.void": _("Took back a payment noted by mistake"),
    "refund.record": _("Noted a refund"),
    "refund.void": _("Took back a refund noted by mistake"),
    "portal.accesses": _("Looked at this page"),
    "portal.csv": _("Downloaded a table of papers here"),
    "portal.cut": _("A download here was cut off"),
    "portal.export": _("Downloaded all data here"),
    "portal.list": _("Looked at the list of papers here"),
    "portal.paper": _("Downloaded a paper here"),
    "portal.pdf": _("Downloaded papers here as one PDF"),
    "portal.statement": _("Downloaded a yearly statement here"),
    "portal.zip": _("Downloaded papers here as a ZIP"),
}
# By the first part of a code, for deeds that a newer practice knows and this page does not.
SUBJECTS: Mapping[str, Text] = {
    "access": _("Worked on the access to these pages"),
    "connection": _("Worked on the access to these pages"),
    "invitation": _("Worked on the invitation to these pages"),
    "invoice": _("Worked on a paper"),
    "mail": _("Worked on a mail"),
    "patient": _("Worked on the personal data"),
    "payment": _("Worked on a payment"),
    "representative": _("Worked on who acts for the patient"),
    "session": _("Worked on a session"),
    "sts": _("Worked on what is sent to the State (Sistema Tessera Sanitaria)"),
}
ANYTHING = _("Worked on the data")


def deed(code: str) -> Text:
    """Return what a deed is called."""
    return DEEDS.get(code) or SUBJECTS.get(code.partition(".")[0], ANYTHING)


def role(code: str, *, on_behalf: bool) -> Text:
    """Return what somebody is called; `on_behalf`: who reads it acts for the patient."""
    if code == "patient" and not on_behalf:
        return YOU
    return ROLES.get(code, SOMEBODY)


def plural_forms(say: Callable[[int], str]) -> dict[str, str]:
    """
    Return a counted sentence for each plural category of the language, `{n}` in the place of its number.

    A script picks the category by `Intl.PluralRules`; the sentences are the catalogue's.
    """
    rule = formats.locale(formats.language()).plural_form
    found: dict[str, str] = {}
    for number in (0, 1, 2, 3, 5, 11, 20, 21, 100, 1_000_000):
        found.setdefault(rule(number), say(number).replace(str(number), "{n}"))
    return found
