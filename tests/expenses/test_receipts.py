"""Receipts of documents sent alone: fetched when somebody asks, as the State serves their protocols too."""

from __future__ import annotations

import pytest

from sistemats.codes import Call
from sportello.billing.models import Invoice
from sportello.core.actors import System, acting
from sportello.core.violations import RuleViolation
from sportello.expenses.exchange import outcomes
from sportello.expenses.models import Transmission, TransmissionKind
from sportello.expenses.operations.transmissions import look_again
from sportello.expenses.queries.transmissions import receipt_files
from tests.billing.desk import paid
from tests.expenses.counter import Counter, Fault, Rule
from tests.expenses.test_edges import recode, sent
from tests.world import World


def call_of(counter: Counter, invoice: Invoice) -> Transmission:
    with acting(System("tests")):
        return Transmission.objects.get(attempts__expense__invoice=invoice)


def test_receipt_of_a_document_sent_alone_is_fetched_once_somebody_asks(counter: Counter, world: World):
    call = call_of(counter, sent(counter, world))
    counter.settle()
    assert not counter.journal("receipt")
    look_again(actor=world.ada, transmission_id=call.pk)
    counter.run()
    with acting(world.ada):
        [(name, data)] = receipt_files(call.pk)
    assert name == f"ricevuta-{call.protocol}.pdf"
    assert data.startswith(b"%PDF")
    with pytest.raises(RuleViolation, match="sts_nothing_to_ask"):
        look_again(actor=world.ada, transmission_id=call.pk)


def test_receipt_that_is_not_to_be_had_is_given_up_and_can_be_asked_for_again(counter: Counter, world: World):
    call = call_of(counter, sent(counter, world))
    counter.faults(Rule(Fault.WS99, operations=frozenset({Call.RECEIPT})))
    look_again(actor=world.ada, transmission_id=call.pk)
    counter.settle()
    most = outcomes.RECEIPT_TRIES[TransmissionKind.SINGLE.value]
    assert len(counter.journal("receipt")) == most
    call.refresh_from_db()
    assert call.next_poll_at is None
    counter.faults()
    look_again(actor=world.ada, transmission_id=call.pk)
    counter.run()
    call.refresh_from_db()
    assert call.receipt_id is not None


def test_document_that_the_state_refused_has_no_receipt_to_ask_for(counter: Counter, world: World):
    bad = paid(world, patient=world.mia)
    recode(world.mia, "VRDMIA18P45A944Y")
    counter.run(automatic=True)
    assert counter.state(bad) == "REJECTED"
    with pytest.raises(RuleViolation, match="sts_nothing_to_ask"):
        look_again(actor=world.ada, transmission_id=call_of(counter, bad).pk)
