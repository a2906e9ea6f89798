"""What an answer to a portal is made with: who asks, how a kind is answered, how a file is sent, how it is refused.

    @answers(ListInvoices, power=Power.INVOICES)
    def list_invoices(asked: Asked, request: ListInvoices) -> InvoiceRows: ...

    @sends(InvoicePaper, power=Power.INVOICES)
    def paper(asked: Asked, request: InvoicePaper) -> Paper: ...

Both run while `asked.actor` acts, the patient or who acts for one, and outside of any transaction. Whatever they ask by
`objects` is the patient's alone. An object that is not there and one of somebody else raise the same `DoesNotExist`,
which is answered `not_found` and written down; any other refusal is `Refuse`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import models
from django.utils import timezone

from deskwire.messages import Asks, AsksStream, Message, Refusal, RefusalCode
from sportello.core import audit
from sportello.core.actors import Actor, Power
from sportello.core.audit import Subject
from sportello.core.turns import turn_in_process, write_turn
from sportello.patients.queries.access import Access

_Request = TypeVar("_Request", bound=Asks[Any] | AsksStream)
_Reply = TypeVar("_Reply")


class Refuse(Exception):
    """The answer is no: the refusal goes back signed. A `left`, `limit` or `retry_after` goes with it."""

    def __init__(self, code: RefusalCode, **figures: int) -> None:
        super().__init__(code.value)
        self.refusal = Refusal(code, **figures)


@dataclass(frozen=True, slots=True)
class Caller:
    """A portal that asks without a connection: `portal` is its id, `request_id` that of its request."""

    portal: str
    request_id: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about one connection: who asks (`actor`), and what the connection opens as of now (`access`)."""

    portal: str
    request_id: str
    connection: str
    now: datetime
    actor: Actor
    access: Access = field(repr=False)

    @property
    def today(self) -> date:
        """The day it is at the desk."""
        return timezone.localdate(self.now)

    def record(self, action: str, about: models.Model | Subject | None = None, **details: Any) -> None:
        """
        Write down what was read or taken, in a transaction of its own, as a deed about this patient's data.

        Many patients read at once and each read is written down, so they wait in turn (0074): SQLite by itself lets who
        comes too late sleep up to a tenth of a second at a time, however long that one has waited.

        :param about: a row or subject; the patient alone when there is none. `details` without personal data
        """
        seen = about if isinstance(about, Subject) else audit.subject(about) if about else Subject("", None)
        mine = Subject(seen.kind or "connection", seen.id or self.access.connection_id, self.access.patient_id)
        more = details | {"connection": self.access.connection_id}
        if self.access.representative_id is not None:
            more["representative"] = self.access.representative_id
        with turn_in_process(), write_turn():
            audit.record_alone(self.actor, action, mine, **more)


@dataclass(frozen=True, slots=True)
class Paper:
    """
    A file to be sent: a name without personal data, its bytes as they come, its size in bytes if known.

    `chunks` is asked step by step while the actor acts; between two files of one download it calls `still_open`. It may
    not hold a transaction open, nor leave `acting` entered when it yields.
    """

    file_name: str
    chunks: Iterable[bytes] = field(repr=False)
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """How one kind of request is answered."""

    kind: str
    act: Callable[[Any, Any], Any]
    connected: bool
    power: Power | None
    stream: type[AsksStream] | None


_ANSWERS: dict[str, Answer] = {}

_Act = Callable[[Asked, _Request], _Reply]
_PublicAct = Callable[[Caller, _Request], _Reply]


def answers(
    request: type[Asks[Any]], *, power: Power | None = None
) -> Callable[[Callable[[Asked, Any], Message]], Callable[[Asked, Any], Message]]:
    """
    Register what answers a kind of request about a connection.

    :param power: what the connection must open; without it the answer is `not_found`, and the function is not called
    :raises ValueError: the kind has an answer
    """

    def register(act: Callable[[Asked, Any], Message]) -> Callable[[Asked, Any], Message]:
        _register(Answer(request.kind, act, True, power, None))
        return act

    return register


def answers_anybody(
    request: type[Asks[Any]],
) -> Callable[[Callable[[Caller, Any], Message]], Callable[[Caller, Any], Message]]:
    """Register what answers a kind of request that names no connection; it opens `acting` itself."""

    def register(act: Callable[[Caller, Any], Message]) -> Callable[[Caller, Any], Message]:
        _register(Answer(request.kind, act, False, None, None))
        return act

    return register


def sends(
    request: type[AsksStream], *, power: Power | None = None
) -> Callable[[Callable[[Asked, Any], Paper]], Callable[[Asked, Any], Paper]]:
    """Register what sends the file that a kind of request asks for; see `answers`."""

    def register(act: Callable[[Asked, Any], Paper]) -> Callable[[Asked, Any], Paper]:
        _register(Answer(request.kind, act, True, power, request))
        return act

    return register


def find(kind: str) -> Answer:
    """
    Return how a kind is answered.

    :raises LookupError: nobody answers it
    """
    return _ANSWERS[kind]


def answered() -> frozenset[str]:
    """Return the kinds that are answered."""
    return frozenset(_ANSWERS)


def _register(answer: Answer) -> None:
    if answer.kind in _ANSWERS:
        raise ValueError(f"two functions answer {answer.kind}")
    _ANSWERS[answer.kind] = answer
