"""What may be done with a patient's access to the portal, as entries of a menu, and how a list says where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from sportello.patients.queries import PatientRow
from sportello.patients.queries.marks import AccessMark
from sportello.web import formats, looks

LIST = "?to=list"
PLAIN = frozenset({"CONNECTED", "NOT_CONNECTED", "DISCONNECTED"})
"""States that a list says in plain words: chips are for what differs."""
_UNKNOWN = AccessMark("NOT_CONNECTED", None, None)


@dataclass(frozen=True, slots=True)
class Act:
    """One entry of a menu, as `{% act %}` takes it."""

    url: str
    icon: str
    word: str
    note: str = ""
    post: bool = False
    grave: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class MarkShown:
    """
    A patient's access in a list: `icon` beside the name ("" for none), the word or chip, what stands behind it.

    `alert` is what somebody waits for, "" for nothing.
    """

    state: str
    icon: str
    tone: str
    word: str
    is_chip: bool
    more: str
    alert: str
    acts: tuple[Act, ...] = field(repr=False)


def mark_shown(row: PatientRow, mark: AccessMark | None, *, may_connect: bool) -> MarkShown:
    """Return how a list shows the access to one patient's papers, with what this person may do about it."""
    mark = mark or _UNKNOWN
    look = looks.look("connection", mark.state)
    beside = mark.state in {"CONNECTED", "PENDING"}
    return MarkShown(
        state=mark.state,
        icon=look.icon if beside else "",
        tone=look.family.value,
        word=str(look.word),
        is_chip=mark.state not in PLAIN,
        more=_more(row, mark),
        alert=_alert(mark),
        acts=tuple(_acts(row, mark)) if may_connect and not row.is_archived else (),
    )


def _alert(mark: AccessMark) -> str:
    if mark.asks:
        return _("Asks for a new link")
    return _("Second proof locked") if mark.locked else ""


def _more(row: PatientRow, mark: AccessMark) -> str:
    day = formats.day(mark.day) if mark.day else ""
    match mark.state:
        case "CONNECTED":
            said = pgettext("access", "since %(day)s") % {"day": day}
        case "PENDING":
            said = pgettext("access", "until %(day)s") % {"day": day}
        case "SUSPENDED" | "DISCONNECTED":
            said = pgettext("access", "since %(day)s") % {"day": day}
        case "EXPIRED" | "BOUNCED":
            said = pgettext("access", "on %(day)s") % {"day": day}
        case _:
            return _never(row, mark)
    return f"{said}, {_and(mark.people)}" if mark.people else said


def _never(row: PatientRow, mark: AccessMark) -> str:
    if not row.portal_allowed:
        return _("prefers paper")
    return pgettext("access", "never invited") if mark is _UNKNOWN else ""


def _and(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return names[0]
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}


def _acts(row: PatientRow, mark: AccessMark) -> Iterator[Act]:
    if mark is not _UNKNOWN and mark.connection_id is None:
        yield Act(
            f"{reverse('practice:patient', args=[row.id])}#access",
            "link",
            _("Access to the portal…"),
            ngettext("%(people)s person has it", "%(people)s people have it", len(mark.people) or 2)
            % {"people": len(mark.people) or 2},
            cut=True,
        )
        return
    match mark.state:
        case "PENDING":
            yield _post(mark, "resend", "refresh", _("Send again"), _("The earlier link no longer works"), cut=True)
            yield _post(mark, "cancel", "ban", _("Cancel the invitation"), _("The link is dead at once"))
        case "EXPIRED":
            yield _post(mark, "resend", "refresh", _("Send again"), _("With a new link"), cut=True)
        case "BOUNCED":
            url = f"{reverse('practice:connection_correct', args=[mark.connection_id])}{LIST}"
            yield Act(url, "mail-x", _("Correct the e-mail…"), _("Then invites again"), cut=True)
        case "CONNECTED":
            note = _("Resume whenever you like, without a new invitation")
            yield _post(mark, "suspend", "player-pause", _("Suspend the access"), note, cut=True)
            url = f"{reverse('practice:connection_disconnect', args=[mark.connection_id])}{LIST}"
            yield Act(url, "unlink", _("Disconnect…"), _("The patient leaves the portal at once"), grave=True)
        case "SUSPENDED":
            yield _post(
                mark, "resume", "player-play", _("Resume the access"), _("At once, nothing is mailed"), cut=True
            )
        case _:
            yield _connect(row)


def _connect(row: PatientRow) -> Act:
    if row.is_minor:
        url = f"{reverse('practice:patient', args=[row.id])}#access"
        return Act(url, "link", _("Connect…"), _("A minor: invite who acts for them"), cut=True)
    note = _("Sends the invitation to %(email)s") % {"email": row.email} if row.email else _("The e-mail is missing")
    return Act(f"{reverse('practice:patient_connect', args=[row.id])}{LIST}", "link", _("Connect…"), note, cut=True)


def _post(mark: AccessMark, way: str, icon: str, word: str, note: str, *, cut: bool = False) -> Act:
    return Act(
        f"{reverse(f'practice:connection_{way}', args=[mark.connection_id])}{LIST}", icon, word, note, True, cut=cut
    )
