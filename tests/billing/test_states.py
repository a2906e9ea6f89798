"""Tables cover every state, nothing unlisted is possible, and the money walks only along the listed moves."""

from datetime import date
from decimal import Decimal
from random import Random

import pytest

from sportello.billing.rules.payments import (
    Balance,
    Method,
    PaymentEntry,
    RefundEntry,
    check_payment,
    check_refund,
    check_void_payment,
    derive,
)
from sportello.billing.states import (
    DOCUMENT_AUDIT,
    DOCUMENT_MOVES,
    DOCUMENT_TURN,
    PAYMENT_AUDIT,
    PAYMENT_MOVES,
    PAYMENT_TURN,
    DocumentAction,
    DocumentState,
    ForbiddenMove,
    PaymentEvent,
    PaymentMove,
    PaymentStatus,
    Turn,
    allowed_actions,
    check_move,
    document_after,
    payment_move,
)
from sportello.core.violations import RuleViolation

DAY = date(2026, 3, 2)
CENT = Decimal("0.01")


def test_tables_cover_every_state_action_and_event() -> None:
    assert set(DOCUMENT_MOVES) == set(DOCUMENT_TURN) == set(DocumentState)
    assert (
        set(DOCUMENT_AUDIT) == set(DocumentAction) == {action for moves in DOCUMENT_MOVES.values() for action in moves}
    )
    assert set(PAYMENT_TURN) == set(PaymentStatus)
    assert set(PAYMENT_MOVES) == set(PAYMENT_AUDIT) == set(PaymentEvent)
    assert {move for moves in PAYMENT_MOVES.values() for move in moves.values()} == set(PaymentMove)
    assert len(set(DOCUMENT_AUDIT.values())) == len(DocumentAction)
    assert len(set(PAYMENT_AUDIT.values())) == len(PaymentEvent)


def test_turn_says_who_acts_next() -> None:
    assert DOCUMENT_TURN[DocumentState.DRAFT] is Turn.PRACTICE
    assert PAYMENT_TURN[PaymentStatus.UNPAID] is PAYMENT_TURN[PaymentStatus.PARTIALLY_PAID] is Turn.CUSTOMER
    assert PAYMENT_TURN[PaymentStatus.REFUND_DUE] is Turn.PRACTICE
    assert PAYMENT_TURN[PaymentStatus.PAID] is PAYMENT_TURN[PaymentStatus.REFUNDED] is Turn.NOBODY


def test_document_after_refuses_what_the_table_does_not_list() -> None:
    assert document_after(DocumentState.DRAFT, DocumentAction.DISCARD) is None
    with pytest.raises(ForbiddenMove) as caught:
        document_after(DocumentState.ISSUED, DocumentAction.DISCARD)
    assert (caught.value.code, caught.value.figures["action"]) == ("move_not_allowed", "discard")


def test_allowed_actions_are_those_of_the_table() -> None:
    assert allowed_actions(DocumentState.DRAFT) == {DocumentAction.ISSUE, DocumentAction.DISCARD}
    assert allowed_actions(DocumentState.CREDITED) == frozenset()


def test_check_move_refuses_a_state_no_action_leads_to() -> None:
    check_move(DocumentState.DRAFT, DocumentState.ISSUED)
    check_move(DocumentState.PARTIALLY_CREDITED, DocumentState.PARTIALLY_CREDITED)
    with pytest.raises(ForbiddenMove) as caught:
        check_move(DocumentState.ISSUED, DocumentState.DRAFT)
    assert dict(caught.value.figures) == {"state": "ISSUED", "to": "DRAFT"}


def test_payment_move_refuses_what_the_table_does_not_list() -> None:
    assert payment_move(PaymentEvent.PAY, PaymentStatus.UNPAID, PaymentStatus.PAID) is PaymentMove.PAY_ALL
    with pytest.raises(ForbiddenMove) as caught:
        payment_move(PaymentEvent.REFUND, PaymentStatus.PAID, PaymentStatus.REFUNDED)
    assert dict(caught.value.figures) == {"event": "refund", "state": "PAID", "to": "REFUNDED"}


class Till:
    """An invoice of 100.00 and whatever happens to its money."""

    def __init__(self) -> None:
        self.payments: list[PaymentEntry] = []
        self.notes: list[Decimal] = []
        self.refunds: list[RefundEntry] = []

    @property
    def balance(self) -> Balance:
        return derive(Decimal("100.00"), self.payments, self.notes, self.refunds)

    def happen(self, draw: Random, event: PaymentEvent) -> None:
        """
        Let something happen that the guards allow.

        :raises RuleViolation: they do not
        """
        amount = draw.choice((self.balance.open, self.balance.refund_due, Decimal(draw.randrange(1, 5)) * 25, CENT))
        if event is PaymentEvent.PAY:
            check_payment(self.balance, amount, Method.CARD, on=DAY, today=DAY, cash_limit=None)
            self.payments.append(PaymentEntry(DAY, amount, Method.CARD))
        elif event is PaymentEvent.REFUND:
            check_refund(self.balance, amount, on=DAY, today=DAY)
            self.refunds.append(RefundEntry(DAY, amount, Method.TRANSFER))
        elif event is PaymentEvent.CREDIT:
            self.notes.append(self._note(amount))
        else:
            self._void(draw, event)

    def _note(self, amount: Decimal) -> Decimal:
        if not 0 < amount <= self.balance.due:
            raise RuleViolation("nothing_left_to_credit")
        return amount

    def _void(self, draw: Random, event: PaymentEvent) -> None:
        rows: list[PaymentEntry] | list[RefundEntry] = self.refunds
        if event is PaymentEvent.VOID_PAYMENT:
            check_void_payment(self.balance)
            rows = self.payments
        if not rows:
            raise RuleViolation("nothing_to_void")
        del rows[draw.randrange(len(rows))]


def test_payment_moves_are_all_reached_and_none_else_by_random_walks() -> None:
    draw, reached = Random(7), set[tuple[str, str, str]]()
    for _ in range(1500):
        till = Till()
        for _ in range(12):
            event, before = draw.choice(tuple(PaymentEvent)), till.balance.status
            try:
                till.happen(draw, event)
            except RuleViolation:
                assert till.balance.status is before
                continue
            move = payment_move(event, before, till.balance.status)
            reached.add((before, move, till.balance.status))
    listed = {(now, move, to) for moves in PAYMENT_MOVES.values() for (now, to), move in moves.items()}
    assert reached == listed


def test_document_moves_walk_to_the_end_and_stop() -> None:
    draw = Random(7)
    ends = set()
    for _ in range(200):
        state: DocumentState | None = DocumentState.DRAFT
        for _ in range(30):
            if state is None or not allowed_actions(state):
                break
            state = document_after(state, draw.choice(sorted(allowed_actions(state))))
        ends.add(state)
    assert ends == {None, DocumentState.CREDITED}
