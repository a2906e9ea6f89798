"""Client and ministry together, at random: after every doubt is settled they agree, and nothing is there twice.

Hypothesis draws operations and failures; a model keeps what the client believes, from the client's answers alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from sistemats.codes import ExpenseType
from sistemats.documents import DocumentId, ExpenseDocument, Item
from sistemats.exchange import (
    Accepted,
    AcceptedWithWarnings,
    AuthenticationFailed,
    Client,
    NotDone,
    Refused,
    Unavailable,
    Uncertain,
)
from sistemats.http import Timeouts
from sistemats.replies import OutcomeReply
from sistemats.simulator import read_rules

from .cast import CITIZEN, OTHER_CITIZEN, TODAY, Desk, World
from .conftest import Start

FAULTS = [
    {"kind": "lost_answer"},
    {"kind": "truncated_answer"},
    {"kind": "connection_reset"},
    {"kind": "empty_answer"},
    {"kind": "hang", "seconds": 0.01},
    {"kind": "ws99"},
    {"kind": "http_503"},
    {"kind": "internal_error"},
    {"kind": "non_mime_fault"},
    {"kind": "wrong_certificate"},
    {"kind": "unknown_code"},
    {"kind": "unknown_code", "tipo": "E"},
    {"kind": "duplicate_warning"},
    {"kind": "expired_password"},
]
TAKEN = (Accepted, AcceptedWithWarnings)
NOT_TAKEN = (Refused, Unavailable, AuthenticationFailed, NotDone)


@dataclass
class Belief:
    """What the client believes the State holds of one document."""

    document: ExpenseDocument
    protocol: str | None
    cancelled: bool = False
    refund_of: DocumentId | None = None
    changes: int = 0


class Conversation(RuleBasedStateMachine):
    """A client that works, is interrupted, asks, and goes on."""

    known: Bundle[DocumentId] = Bundle("known")
    world: World
    desk: Desk

    def __init__(self) -> None:
        super().__init__()
        self.world.admin.post("/reset", {})
        self.world.simulator.ministry.faults.replace([])
        self.client: Client = self.desk.client(Timeouts(60, 60, 60))
        self.beliefs: dict[DocumentId, Belief] = {}
        self.uploads: set[str] = set()
        self.serial = 0

    def teardown(self) -> None:
        self.client._transport.close()  # type: ignore[attr-defined]

    # ---- drawing ---------------------------------------------------------------------------------------------

    def new_document(self, cents: int, other: bool) -> ExpenseDocument:
        self.serial += 1
        base = self.desk.document(f"H{self.serial}")
        return replace(
            base,
            id=replace(base.id, issued_on=TODAY - timedelta(days=self.serial % 3)),
            paid_on=TODAY - timedelta(days=self.serial % 3),
            items=(Item(ExpenseType.SP, Decimal(cents) / 100, vat_nature="N4"),),
            citizen_code=OTHER_CITIZEN if other else CITIZEN,
        )

    @contextmanager
    def interrupted(self, fault: dict[str, Any] | None) -> Iterator[None]:
        """Strike the first call inside, and no other."""
        rules = [] if fault is None else read_rules({**fault, "calls": [1]})
        self.world.simulator.ministry.faults.replace(rules)
        yield
        self.world.simulator.ministry.faults.replace([])
        self.client.resume()

    # ---- what a careful program does ---------------------------------------------------------------------------

    def settled(self, outcome: object, again: Any) -> Any:
        """Settle an outcome: ask what is uncertain, repeat what was not done, and return the final one."""
        for _ in range(4):
            if isinstance(outcome, Uncertain):
                self.client.resume()
                doubt = outcome
                outcome = self.client.resolve_uncertain(outcome, frozenset(self.uploads))
                if isinstance(outcome, NotDone):
                    outcome = again(doubt)
            else:
                return outcome
        raise AssertionError(f"still not settled: {outcome}")

    @rule(
        target=known,
        cents=st.integers(1, 9_999_999),
        other=st.booleans(),
        fault=st.none() | st.sampled_from(FAULTS),
    )
    def insert(self, cents: int, other: bool, fault: dict[str, Any] | None) -> Any:
        document = self.new_document(cents, other)
        with self.interrupted(fault):
            first = self.client.insert(document)
            outcome = self.settled(first, lambda doubt: self.client.insert(document, retry_of=doubt))
        if not isinstance(outcome, TAKEN):
            assert isinstance(outcome, NOT_TAKEN), outcome
            return multiple()
        self.beliefs[document.id] = Belief(document, outcome.protocol)
        return document.id

    @rule(which=known, cents=st.integers(1, 9_999_999), fault=st.none() | st.sampled_from(FAULTS))
    def change(self, which: DocumentId, cents: int, fault: dict[str, Any] | None) -> None:
        belief = self.beliefs[which]
        dearer = replace(belief.document, items=(Item(ExpenseType.SP, Decimal(cents) / 100, vat_nature="N4"),))
        with self.interrupted(fault):
            first = self.client.change(dearer, belief.protocol)
            outcome = self.settled(first, lambda doubt: self.client.change(dearer, belief.protocol))
        if isinstance(outcome, TAKEN):
            assert not belief.cancelled
            belief.document, belief.protocol = dearer, outcome.protocol
        elif belief.cancelled:
            assert not isinstance(outcome, NotDone)

    @rule(which=known, fault=st.none() | st.sampled_from(FAULTS))
    def cancel(self, which: DocumentId, fault: dict[str, Any] | None) -> None:
        with self.interrupted(fault):
            first = self.client.cancel(which)
            outcome = self.settled(first, lambda doubt: self.client.cancel(which, retry_of=doubt))
        if isinstance(outcome, TAKEN):
            self.beliefs[which].cancelled = True

    @rule(target=known, which=known, cents=st.integers(1, 5_000), fault=st.none() | st.sampled_from(FAULTS))
    def refund(self, which: DocumentId, cents: int, fault: dict[str, Any] | None) -> Any:
        note = self.new_document(cents, False)
        with self.interrupted(fault):
            first = self.client.refund(which, note)
            outcome = self.settled(first, lambda doubt: self.client.refund(which, note, retry_of=doubt))
        if not isinstance(outcome, TAKEN):
            return multiple()
        self.beliefs[note.id] = Belief(note, outcome.protocol, refund_of=which)
        return note.id

    @rule(which=consumes(known), fault=st.none() | st.sampled_from(FAULTS))
    def insert_again(self, which: DocumentId, fault: dict[str, Any] | None) -> None:
        belief = self.beliefs[which]
        with self.interrupted(fault):
            outcome: object = self.client.insert(belief.document)
            if isinstance(outcome, Uncertain):
                self.client.resume()
                outcome = self.client.resolve_uncertain(outcome)
        assert not isinstance(outcome, NotDone)

    @rule(count=st.integers(1, 3), fault=st.none() | st.sampled_from(FAULTS))
    def upload(self, count: int, fault: dict[str, Any] | None) -> None:
        documents = [self.new_document(100 * n + 1, bool(n % 2)) for n in range(count)]
        file = self.desk.batch(*documents, stem=f"file{self.serial}")
        probe = documents[0].id
        with self.interrupted(fault):
            first = self.client.upload(file, probe=probe)
            outcome = self.settled(first, lambda doubt: self.client.upload(file, probe=probe))
            if isinstance(outcome, Accepted):
                self.uploads.add(outcome.protocol or "")
                listing = self.client.outcome(outcome.protocol or "")
                assert isinstance(listing, OutcomeReply)
                assert listing.sendings[0].accepted == count
        if isinstance(outcome, Accepted):
            for document in documents:
                self.beliefs[document.id] = Belief(document, outcome.protocol)

    # ---- what must hold ----------------------------------------------------------------------------------------

    @invariant()
    def belief_is_what_the_state_holds(self) -> None:
        books = {held.id: held for held in self.world.simulator.ministry.books.page(10_000)}
        assert set(books) == set(self.beliefs)
        for document_id, belief in self.beliefs.items():
            held = books[document_id]
            assert held.cancelled == belief.cancelled
            assert held.refund_of == belief.refund_of
            assert held.items == belief.document.items
            assert held.citizen == belief.document.citizen_code
            assert belief.protocol in {None, held.protocol}

    @invariant()
    def nothing_is_there_twice(self) -> None:
        rows = self.world.simulator.ministry.sendings.page(10_000)
        files = [row.file_name for row in rows if not row.synchronous and row.state in {2, 3}]
        assert len(files) == len(set(files))


@pytest.mark.parametrize("examples", [25])
def test_client_and_ministry_agree_after_any_interruption(start: Start, examples: int) -> None:
    world = start()
    machine = type("Run", (Conversation,), {"world": world, "desk": world.desk()})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
