"""The outcomes of a call, one type each, so that a caller cannot mistake "unknown" for "failed".

| type | was it carried out | send again? |
|---|---|---|
| Accepted, AcceptedWithWarnings | yes | no |
| Refused | no, and the State says why | after correcting (or later, when `passing`) |
| AuthenticationFailed | no | never by a program: eight wrong tries disable the user |
| Unavailable | no | yes when `retry` |
| Uncertain | nobody knows | never before `resolve_uncertain()` |
| NotDone (a resolution) | no | yes |
| Conflict (a resolution) | the State holds something else | a person decides |
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sistemats.codes import Call
from sistemats.documents import DocumentId, ExpenseDocument
from sistemats.replies import Fault, Message, QueriedDocument

PASSING_CODES = frozenset({"WS99"})


@dataclass(frozen=True, slots=True)
class Accepted:
    """Carried out. `by_query` is True when a query, not the reply itself, says so."""

    protocol: str | None
    messages: tuple[Message, ...] = ()
    by_query: bool = False


@dataclass(frozen=True, slots=True)
class AcceptedWithWarnings:
    """Carried out, with something to look at."""

    protocol: str | None
    messages: tuple[Message, ...]
    by_query: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Not carried out. Messages hold the State's reasons; a schema or application fault comes in `fault`."""

    messages: tuple[Message, ...] = ()
    fault: Fault | None = None

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all messages."""
        return frozenset(message.code for message in self.messages)

    @property
    def passing(self) -> bool:
        """True when the State's own trouble is the reason and the same request may pass later."""
        return bool(self.codes & PASSING_CODES)


@dataclass(frozen=True, slots=True)
class AuthenticationFailed:
    """User or password wrong, expired or disabled; they cannot be told apart. `sent` is False when a client that
    failed before did not try again."""

    status: int
    sent: bool = True


@dataclass(frozen=True, slots=True)
class Unavailable:
    """Certainly not carried out. `retry` tells whether waiting helps; `status` is 0 without an HTTP answer.

    `untrusted` is True when the server could not prove who it is: nothing was sent, and a CA may be missing.
    """

    reason: str
    retry: bool = True
    status: int = 0
    untrusted: bool = False


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The request may or may not have been carried out. Keep it, and give it to `Client.resolve_uncertain`.

    `attempted_at` is aware. `known_protocol` is the protocol the document had before a change. For an upload
    `file_name`, `count` and `probe` (one document of the file) help to find it again. `messages` is what the State said
    when it was asked and did not tell: a wrong PIN, for one.
    """

    call: Call
    reason: str
    attempted_at: datetime
    document_id: DocumentId | None = None
    document: ExpenseDocument | None = field(default=None, repr=False)
    original: DocumentId | None = None
    known_protocol: str | None = None
    file_name: str | None = None
    count: int | None = None
    probe: DocumentId | None = None
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class NotDone:
    """The uncertain request was not carried out, or repeating it is harmless: send it again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """The State holds something else under this identifier (`held`), or nothing where something should be."""

    reason: str
    held: QueriedDocument | None = None
