"""The sender of an entity: doubts first, then outcomes, then what must be mended, then what is new.

It may be started any number of times and by any number of workers: each document and each call is taken by one alone.
It goes on where a killed one left off.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from sistemats import Client
from sistemats.crypto import Sealer
from sistemats.envelopes import Sealing
from sportello.expenses import ministry, patience, running
from sportello.expenses.exchange.asking import ask
from sportello.expenses.exchange.claiming import (
    TAKES_BACK_WHAT_RESTS,
    ClaimedFile,
    claim_file,
    may_leave,
    sendable,
)
from sportello.expenses.exchange.doubts import in_doubt, settle_doubt
from sportello.expenses.exchange.files import give_back, left_over, most_in_a_file, send_file
from sportello.expenses.exchange.outcomes import due_for_a_look, look
from sportello.expenses.exchange.rounds import Pace, send_round
from sportello.expenses.exchange.singles import carry_out
from sportello.expenses.models import Expense, ExpenseKind, Held, StsSettings
from sportello.expenses.rules.answers import Answer, Said
from sportello.expenses.rules.next_step import Step
from sportello.expenses.standing import UNDER_WAY
from sportello.expenses.states import Visible

MANY = 25
"""From so many documents on a file is sent instead of one call each: the size of the groups that people know."""
AT_ONE_GO = 200
"""Documents sent one by one in one run; then another run goes on, so that no run takes long."""
MENDING = (Step.CHANGE, Step.CANCEL, Step.REFUND)


@dataclass(slots=True)
class Ran:
    """What a run did: calls made, whether the account was stopped, whether something is left for another run."""

    calls: int = 0
    stopped: bool = False
    more: bool = False


def run(entity_id: int, *, automatic: bool | None = None, many: int = MANY) -> Ran:
    """
    Do everything that is to be done for an entity now. Act as `System`; outside of any transaction.

    :param automatic: also send what nobody asked for; None: as the account says
    :param many: from so many documents on a file is sent
    """
    account = StsSettings.objects.get(entity_id=entity_id)
    if not account.may_leave:
        return Ran(stopped=True)
    for call in left_over(entity_id):
        give_back(call, now=patience.now())
    go = account.automatic if automatic is None else automatic
    if not _has_work(entity_id, automatic=go):
        return Ran()
    with ministry.speaking(account, now=patience.now) as client:
        runner = _Runner(entity_id, account, client, go, many)
        runner.run()
    if runner.ran.more and not runner.ran.stopped:
        with transaction.atomic():
            running.wake(entity_id, account.practice_id)
    return runner.ran


def _has_work(entity_id: int, *, automatic: bool) -> bool:
    return bool(
        in_doubt(entity_id)
        or due_for_a_look(entity_id)
        or to_mend(entity_id, limit=1)
        or sendable(entity_id, now=patience.now(), automatic=automatic).exists()
    )


def to_mend(entity_id: int, *, limit: int) -> list[int]:
    """
    Return documents to ask about, to change, to cancel or to refund: what was sent and is no longer right.

    One question for each state, so that the index leads to them and not through all the documents there are.
    """
    now = patience.now()
    rows = Expense.objects.filter(entity_id=entity_id, carrier=None)
    rows = rows.filter(Q(next_try_at=None) | Q(next_try_at__lte=now)).order_by("pk")
    found: list[int] = []
    for state, which in _mendable().items():
        found += rows.filter(which, state=state).values_list("pk", flat=True)[:limit]
    return sorted(found)[:limit]


def _mendable() -> dict[Visible, Q]:
    """Return the states of what was sent and is no longer right, and which documents in them can be mended now."""
    in_the_way = Expense.objects.filter(Q(held=Held.HELD) | UNDER_WAY, original=OuterRef("pk"))
    return {
        Visible.TO_UPDATE: Q(problem=""),
        Visible.TO_DELETE: ~Q(Exists(in_the_way)),
        Visible.UNCERTAIN: Q(ask=True),
        Visible.READY: Q(kind=ExpenseKind.REFUND, problem="") & TAKES_BACK_WHAT_RESTS,
    }


class _Runner:
    """One run with one open line."""

    def __init__(self, entity_id: int, account: StsSettings, client: Client, automatic: bool, many: int) -> None:
        self.entity_id, self.account, self.client = entity_id, account, client
        self.automatic, self.many = automatic, many
        self.ran = Ran()

    def run(self) -> None:
        for each in (self._doubts, self._outcomes, self._mend, self._send):
            if not self.ran.stopped:
                each()

    def _doubts(self) -> None:
        self._each(in_doubt(self.entity_id), lambda pk: settle_doubt(self.client, pk))

    def _outcomes(self) -> None:
        for pk in due_for_a_look(self.entity_id):
            look(self.client, pk)
            self.ran.calls += 1
            if self._locked() or not may_leave(self.entity_id, self.account.environment):
                self.ran.stopped = True
                return

    def _mend(self) -> None:
        ids = to_mend(self.entity_id, limit=AT_ONE_GO)
        self._each(ids, self._one_to_mend)
        self.ran.more |= len(ids) == AT_ONE_GO

    def _one_to_mend(self, pk: int) -> Answer | None:
        carried = carry_out(self.client, pk, self.account.environment, only=MENDING)
        return ask(self.client, pk) if carried.step is Step.ASK else carried.answer

    def _send(self) -> None:
        ids = self._waiting()
        while len(ids) >= self.many and (claimed := self._claim()) is not None:
            if not self._went(claimed):
                return
            ids = self._waiting()
        self._rounds(ids)  # what is not enough for a file, also where it is what files have left over
        self.ran.more |= len(ids) >= AT_ONE_GO

    def _waiting(self) -> list[int]:
        rows = sendable(self.entity_id, now=patience.now(), automatic=self.automatic)
        return list(rows.order_by("pk").values_list("pk", flat=True)[: max(self.many, AT_ONE_GO)])

    def _rounds(self, ids: list[int]) -> None:
        pace, waiting = Pace(), deque(ids)
        while waiting and not self._locked():
            some = [waiting.popleft() for _ in range(min(pace.begin(), len(waiting)))]
            answers = send_round(self.client, self.account, some, automatic=self.automatic)
            pace.end(len(answers))
            self.ran.calls += len(answers)
            self.ran.stopped |= any(one.said is Said.ACCOUNT for one in answers)

    def _claim(self) -> ClaimedFile | None:
        """Take a file of documents; None where so few may go in one, or are free, that they go one by one."""
        now = patience.now()
        most = most_in_a_file(self.entity_id, now=now)
        if most < self.many:
            return None
        sizes = range(self.many, most + 1)
        return claim_file(self.entity_id, self.account.environment, now=now, automatic=self.automatic, sizes=sizes)

    def _went(self, claimed: ClaimedFile) -> bool:
        """Send a file; tell whether another may follow it."""
        answer = send_file(self.client, self._sealing(), claimed)
        self.ran.calls += 1
        if answer.said in {Said.DONE, Said.WARNED} or answer.trouble == "schema":
            return True
        self.ran.stopped = self._locked() or answer.said is Said.ACCOUNT
        return False

    def _sealing(self) -> Sealing:
        certificate = ministry.sealing_certificate(self.account, patience.now())
        return Sealing(ministry.sender_of(self.account), Sealer(certificate))

    def _each(self, ids: list[int], act: Callable[[int], Answer | None]) -> None:
        for pk in ids:
            answer = act(pk)
            if answer is None:
                continue
            self.ran.calls += 1
            if answer.said is Said.ACCOUNT or self._locked():
                self.ran.stopped = True
                return

    def _locked(self) -> bool:
        """Tell whether the account was refused: the line says nothing more, and neither does anybody else."""
        self.ran.stopped |= self.client.locked
        return self.ran.stopped
