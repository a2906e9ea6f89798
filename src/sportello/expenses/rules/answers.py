"""What an answer of the State means for a document, for its account and for the next try.

Source: protocol 3, 6.3, 11 and 12. Decided on outcome and kind of message alone; codes matter only where they speak of
the account (11.1), of passing trouble (WS99), or say that the State knows the document already or no more. Messages are
kept in the State's words, without anything that looks like a person's code.

>>> from sistemats import Accepted, AuthenticationFailed
>>> read(Accepted("99260926001866680")).said, read(AuthenticationFailed(500)).reason
(<Said.DONE: 'done'>, 'authentication')
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sistemats import (
    Accepted,
    AcceptedWithWarnings,
    AuthenticationFailed,
    Conflict,
    NotDone,
    Refused,
    Unavailable,
    Uncertain,
)
from sistemats.replies import (
    ErrorDetailReply,
    FlagReportReply,
    Message,
    MonthlyReportReply,
    OutcomeReply,
    PointQueryReply,
    ReceiptReply,
)
from sportello.expenses.rules.credentials import Verdict, of_codes

ALREADY_THERE, ALREADY_CANCELLED, NOT_FOUND = "S017", "S022", "S010"
OUT_OF_STEP = frozenset({ALREADY_THERE, ALREADY_CANCELLED, NOT_FOUND})
"""Refusals that say that the State's books are not as we know them: it is asked what it holds."""
FAULT = "fault"
"""The trouble of a refusal that came as a SOAP fault: it speaks of the request, or of the service itself."""
FAULT_TRIES = 3
LONGEST = 500
_PERSON = re.compile(
    r"\b[A-Z]{6}[0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]\b"
    r"|\b(?:STP|ENI) ?[0-9]{13}\b"
    r"|(?<![0-9])[0-9]{11}(?![0-9])",
    re.I,
)
"""A codice fiscale, the code of a foreigner without one, and a provisional one of eleven digits (protocol 10.3)."""
_SEALED = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_SHORTEST, _SHORTEST_OF_DIGITS = 16, 11
"""How long a word must be to be a person's code, all of letters or with digits; a sealed value is longer."""
_ACCOUNT = {Verdict.PIN: "pin", Verdict.OWNER: "owner", Verdict.DELEGATION: "delegation"}
_UNDECIPHERABLE = "002"

Outcome = (
    Accepted | AcceptedWithWarnings | Refused | AuthenticationFailed | Unavailable | Uncertain | NotDone | Conflict
)
Refusal = Refused | AuthenticationFailed | Unavailable
Reply = OutcomeReply | ErrorDetailReply | ReceiptReply | PointQueryReply | MonthlyReportReply | FlagReportReply
"""What the services that only tell something answer."""
_TOLD = frozenset({"0", "2"})
"""Outcomes of a question that was answered, with or without warnings."""


class Said(StrEnum):
    """What an answer comes to."""

    DONE = "done"
    WARNED = "warned"
    REFUSED = "refused"
    ACCOUNT = "account"
    """Refused for the sake of the account: nothing else would fare better until a person has seen to it."""
    LATER = "later"
    """Certainly not done, through nobody's fault: it may be tried again."""
    DOUBT = "doubt"
    CONFLICT = "conflict"
    """The State's books are not as we know them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """
    An answer in our words: `reason` is why an account is stopped, `trouble` a word for what went wrong.

    :ivar counts: user and password were tried and refused: one of the tries after which the State disables the user
    """

    said: Said
    protocol: str = ""
    messages: tuple[dict[str, str], ...] = ()
    trouble: str = ""
    reason: str = ""
    counts: bool = False

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all messages."""
        return frozenset(message["code"] for message in self.messages)


def read(outcome: Outcome) -> Answer:
    """Return what an outcome of the client comes to."""
    match outcome:
        case Accepted():
            return Answer(Said.DONE, outcome.protocol or "", plain(outcome.messages))
        case AcceptedWithWarnings():
            return Answer(Said.WARNED, outcome.protocol or "", plain(outcome.messages))
        case Refused():
            return _refused(outcome)
        case AuthenticationFailed():
            return Answer(Said.ACCOUNT, trouble="authentication", reason="authentication", counts=outcome.sent)
        case Unavailable():
            return Answer(Said.LATER, trouble=_trouble(outcome))
        case NotDone():
            return Answer(Said.LATER, trouble="not_done")
        case Conflict():
            return Answer(Said.CONFLICT, trouble="conflict")
    return _of_messages(outcome.messages) or Answer(Said.DOUBT, trouble="no_answer")


def of_account(reply: Refusal | Reply) -> Answer | None:
    """
    Return the answer to a question if it refuses the account, None for any other: nothing else would fare better.

    The services that only tell something name a wrong PIN, owner or delegation in a reply like any other.

    >>> from sistemats.replies import Refusal as Told
    >>> of_account(OutcomeReply("1", "", refusals=(Told("104", "PINCODE ERRATO"),))).reason
    'pin'
    >>> of_account(OutcomeReply("1", "", refusals=(Told("WS96", "NESSUN RISULTATO"),))) is None
    True
    """
    if isinstance(reply, Refused | AuthenticationFailed | Unavailable):
        answer = read(reply)
        return answer if answer.said is Said.ACCOUNT else None
    return None if reply.outcome in _TOLD else _of_messages(_messages(reply))


def _messages(reply: Reply) -> tuple[Message, ...]:
    if isinstance(reply, OutcomeReply | ErrorDetailReply | ReceiptReply):
        return tuple(Message(one.code, one.text, "E") for one in reply.refusals)
    return reply.messages


def _of_messages(said: tuple[Message, ...]) -> Answer | None:
    """Return the answer where the messages speak of the account."""
    codes = frozenset(one.code for one in said)
    if _UNDECIPHERABLE in codes:
        return Answer(Said.ACCOUNT, messages=plain(said), trouble="certificate", reason="certificate")
    word = _ACCOUNT.get(of_codes(codes, certificate_doubtful=True))
    return Answer(Said.ACCOUNT, messages=plain(said), trouble=word, reason=word) if word else None


def patiently(answer: Answer, before: int) -> Answer:
    """
    Return an answer as it counts after so many faults: a fault may pass by itself, and is a refusal from the third on.

    >>> patiently(Answer(Said.REFUSED, trouble=FAULT), 0).said, patiently(Answer(Said.REFUSED, trouble=FAULT), 2).said
    (<Said.LATER: 'later'>, <Said.REFUSED: 'refused'>)
    """
    if answer.said is Said.REFUSED and answer.trouble == FAULT and before + 1 < FAULT_TRIES:
        return Answer(Said.LATER, messages=answer.messages, trouble=FAULT)
    return answer


def plain(messages: Iterable[Message]) -> tuple[dict[str, str], ...]:
    """Return messages as plain values to keep: code, the State's words, kind."""
    return tuple(
        {"code": scrubbed(one.code)[:20], "text": scrubbed(one.text), "kind": one.kind.strip()[:5]} for one in messages
    )


def scrubbed(text: str) -> str:
    """
    Return words of the State without what looks like a person's code or a sealed value, in one line.

    >>> scrubbed("CODICE FISCALE RSSMRA80A01H501U ERRATO")
    'CODICE FISCALE … ERRATO'
    >>> scrubbed("STP1234567890123 O 12345678901 NON VALIDO, PROTOCOLLO 16102014152383313")
    '… O … NON VALIDO, PROTOCOLLO 16102014152383313'
    """
    words = text.split()
    line = " ".join(words)
    longest = max(map(len, words), default=0)
    if longest >= _SHORTEST or (longest >= _SHORTEST_OF_DIGITS and any(map(str.isdigit, line))):
        line = _SEALED.sub("…", _PERSON.sub("…", line))
    return line[:LONGEST]


def _refused(outcome: Refused) -> Answer:
    messages = plain(outcome.messages)
    if outcome.fault is not None:
        messages = ({"code": "", "text": scrubbed(outcome.fault.text), "kind": "E"},)
        return Answer(Said.REFUSED, messages=messages, trouble=FAULT)
    if outcome.passing:
        return Answer(Said.LATER, messages=messages, trouble="busy")
    return _of_messages(outcome.messages) or Answer(Said.REFUSED, messages=messages)


def _trouble(outcome: Unavailable) -> str:
    if outcome.status in {429, 503}:
        return "busy"
    return "unavailable" if outcome.status else "no_connection"
