"""The life of an invoice as a document, and of its money: tables, and nothing else.

Source: practice specification 2.10, 2.11 and 5. A document moves by what people do; its money moves by itself, as a
consequence of payments, refunds and credit notes, and every such change must be one of the listed moves.

>>> document_after(DocumentState.DRAFT, DocumentAction.ISSUE)
<DocumentState.ISSUED: 'ISSUED'>
>>> document_after(DocumentState.CREDITED, DocumentAction.CREDIT_PART)
Traceback (most recent call last):
...
sportello.billing.states.ForbiddenMove: move_not_allowed [state] state=CREDITED, action=credit_part
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from sportello.core.violations import RuleViolation


class DocumentState(StrEnum):
    """Where an invoice or a credit note stands as a paper."""

    DRAFT = "DRAFT"
    ISSUED = "ISSUED"
    PARTIALLY_CREDITED = "PARTIALLY_CREDITED"
    CREDITED = "CREDITED"


class DocumentAction(StrEnum):
    """What people do with a paper."""

    ISSUE = "issue"
    DISCARD = "discard"
    CREDIT_PART = "credit_part"
    CREDIT_ALL = "credit_all"


class PaymentStatus(StrEnum):
    """Where the money of an invoice stands."""

    UNPAID = "UNPAID"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    PAID = "PAID"
    REFUND_DUE = "REFUND_DUE"
    REFUNDED = "REFUNDED"


class PaymentEvent(StrEnum):
    """What happened to the money."""

    PAY = "pay"
    VOID_PAYMENT = "void_payment"
    CREDIT = "credit"
    REFUND = "refund"
    VOID_REFUND = "void_refund"


class PaymentMove(StrEnum):
    """The moves of the money, by the name each has in the diagram."""

    PAY_PART = "pay_part"
    PAY_ALL = "pay_all"
    PAY_REST = "pay_rest"
    VOID_PAYMENT = "void_payment"
    VOID_ONE_OF_SEVERAL = "void_one_of_several"
    VOID_ONLY_PAYMENT = "void_only_payment"
    VOID_PAYMENT_ABOVE_DUE = "void_payment_above_due"
    VOID_PAYMENT_TO_DUE = "void_payment_to_due"
    VOID_PAYMENT_BELOW_DUE = "void_payment_below_due"
    CREDIT = "credit"
    CREDIT_BELOW_OPEN = "credit_below_open"
    CREDIT_EQUAL_TO_OPEN = "credit_equal_to_open"
    CREDIT_ABOVE_OPEN = "credit_above_open"
    REFUND_PART = "refund_part"
    REFUND = "refund"
    VOID_REFUND = "void_refund"


class Turn(StrEnum):
    """Who is to act next."""

    PRACTICE = "practice"
    CUSTOMER = "customer"
    NOBODY = "nobody"


class ForbiddenMove(RuleViolation):
    """The state does not allow what was asked."""


DOCUMENT_MOVES: Mapping[DocumentState, Mapping[DocumentAction, DocumentState | None]] = MappingProxyType(
    {
        DocumentState.DRAFT: {DocumentAction.ISSUE: DocumentState.ISSUED, DocumentAction.DISCARD: None},
        DocumentState.ISSUED: {
            DocumentAction.CREDIT_PART: DocumentState.PARTIALLY_CREDITED,
            DocumentAction.CREDIT_ALL: DocumentState.CREDITED,
        },
        DocumentState.PARTIALLY_CREDITED: {
            DocumentAction.CREDIT_PART: DocumentState.PARTIALLY_CREDITED,
            DocumentAction.CREDIT_ALL: DocumentState.CREDITED,
        },
        DocumentState.CREDITED: {},
    }
)
"""From each state, what each action leads to; None is gone, which only a draft may be."""

DOCUMENT_TURN: Mapping[DocumentState, Turn] = MappingProxyType(
    {
        DocumentState.DRAFT: Turn.PRACTICE,
        DocumentState.ISSUED: Turn.NOBODY,
        DocumentState.PARTIALLY_CREDITED: Turn.NOBODY,
        DocumentState.CREDITED: Turn.NOBODY,
    }
)

DOCUMENT_AUDIT: Mapping[DocumentAction, str] = MappingProxyType(
    {
        DocumentAction.ISSUE: "invoice.issue",
        DocumentAction.DISCARD: "invoice.discard",
        DocumentAction.CREDIT_PART: "invoice.credit_part",
        DocumentAction.CREDIT_ALL: "invoice.credit_all",
    }
)

_S, _M = PaymentStatus, PaymentMove

PAYMENT_MOVES: Mapping[PaymentEvent, Mapping[tuple[PaymentStatus, PaymentStatus], PaymentMove]] = MappingProxyType(
    {
        PaymentEvent.PAY: {
            (_S.UNPAID, _S.PARTIALLY_PAID): _M.PAY_PART,
            (_S.UNPAID, _S.PAID): _M.PAY_ALL,
            (_S.PARTIALLY_PAID, _S.PARTIALLY_PAID): _M.PAY_PART,
            (_S.PARTIALLY_PAID, _S.PAID): _M.PAY_REST,
        },
        PaymentEvent.VOID_PAYMENT: {
            (_S.PARTIALLY_PAID, _S.UNPAID): _M.VOID_PAYMENT,
            (_S.PARTIALLY_PAID, _S.PARTIALLY_PAID): _M.VOID_ONE_OF_SEVERAL,
            (_S.PAID, _S.PARTIALLY_PAID): _M.VOID_PAYMENT,
            (_S.PAID, _S.UNPAID): _M.VOID_ONLY_PAYMENT,
            (_S.REFUND_DUE, _S.REFUND_DUE): _M.VOID_PAYMENT_ABOVE_DUE,
            (_S.REFUND_DUE, _S.PAID): _M.VOID_PAYMENT_TO_DUE,
            (_S.REFUND_DUE, _S.PARTIALLY_PAID): _M.VOID_PAYMENT_BELOW_DUE,
            (_S.REFUND_DUE, _S.UNPAID): _M.VOID_ONLY_PAYMENT,
        },
        PaymentEvent.CREDIT: {
            (_S.UNPAID, _S.UNPAID): _M.CREDIT,
            (_S.PARTIALLY_PAID, _S.PARTIALLY_PAID): _M.CREDIT_BELOW_OPEN,
            (_S.PARTIALLY_PAID, _S.PAID): _M.CREDIT_EQUAL_TO_OPEN,
            (_S.PARTIALLY_PAID, _S.REFUND_DUE): _M.CREDIT_ABOVE_OPEN,
            (_S.PAID, _S.REFUND_DUE): _M.CREDIT,
            (_S.REFUND_DUE, _S.REFUND_DUE): _M.CREDIT,
            (_S.REFUNDED, _S.REFUND_DUE): _M.CREDIT,
        },
        PaymentEvent.REFUND: {
            (_S.REFUND_DUE, _S.REFUND_DUE): _M.REFUND_PART,
            (_S.REFUND_DUE, _S.REFUNDED): _M.REFUND,
        },
        PaymentEvent.VOID_REFUND: {
            (_S.REFUND_DUE, _S.REFUND_DUE): _M.VOID_REFUND,
            (_S.REFUNDED, _S.REFUND_DUE): _M.VOID_REFUND,
        },
    }
)
"""For each event, the name of the move from one derived status to another; what is not here must never happen."""

PAYMENT_TURN: Mapping[PaymentStatus, Turn] = MappingProxyType(
    {
        PaymentStatus.UNPAID: Turn.CUSTOMER,
        PaymentStatus.PARTIALLY_PAID: Turn.CUSTOMER,
        PaymentStatus.PAID: Turn.NOBODY,
        PaymentStatus.REFUND_DUE: Turn.PRACTICE,
        PaymentStatus.REFUNDED: Turn.NOBODY,
    }
)

PAYMENT_AUDIT: Mapping[PaymentEvent, str] = MappingProxyType(
    {
        PaymentEvent.PAY: "payment.record",
        PaymentEvent.VOID_PAYMENT: "payment.void",
        PaymentEvent.CREDIT: "credit_note.issue",
        PaymentEvent.REFUND: "refund.record",
        PaymentEvent.VOID_REFUND: "refund.void",
    }
)


def document_after(state: DocumentState, action: DocumentAction) -> DocumentState | None:
    """Return the state a document is in after an action, None when it is gone.

    :raises ForbiddenMove: ``move_not_allowed``, with the state and the action
    """
    moves = DOCUMENT_MOVES[state]
    if action not in moves:
        raise ForbiddenMove("move_not_allowed", field="state", state=state, action=action)
    return moves[action]


def allowed_actions(state: DocumentState) -> frozenset[DocumentAction]:
    """Return what may be done with a document in this state."""
    return frozenset(DOCUMENT_MOVES[state])


def check_move(now: DocumentState, to: DocumentState) -> None:
    """Refuse a change of state that no action brings about.

    :raises ForbiddenMove: ``move_not_allowed``, with both states
    """
    if to not in DOCUMENT_MOVES[now].values():
        raise ForbiddenMove("move_not_allowed", field="state", state=now, to=to)


def payment_move(event: PaymentEvent, now: PaymentStatus, to: PaymentStatus) -> PaymentMove:
    """Return the name of a derived change of the money.

    :raises ForbiddenMove: ``move_not_allowed``, with the event and both states
    """
    move = PAYMENT_MOVES[event].get((now, to))
    if move is None:
        raise ForbiddenMove("move_not_allowed", field="status", event=event, state=now, to=to)
    return move
