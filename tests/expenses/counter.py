"""The State's counter in tests: a simulator, Ada's account there, and short ways to work with both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from sistemats import Client
from sistemats.codes import SenderCategory
from sistemats.documents import Owner
from sistemats.simulator import Fault, Options, Rule, Settings, Simulator
from sistemats.simulator.books import HeldDocument
from sistemats.simulator.users import Role, User
from sportello.billing.models import Invoice
from sportello.core.actors import System, acting
from sportello.expenses import ministry, patience, taking_in
from sportello.expenses.exchange.run import Ran, run
from sportello.expenses.models import Environment, Expense, ExpenseMapping, StsSettings
from sportello.expenses.rules.content import Content
from tests.support import keys
from tests.world import DAY, World

PIN, PASSWORD = "1234567890", "Prova2026x"
NOON = datetime(2026, 3, 12, 11, tzinfo=UTC)
QUICK = Settings(queue_seconds=0.0, processing_seconds=0.0, reinsert_after_cancel=True, same_day_warning=False)
CITIZENS = ("VRDBRN80E12A944U", "VRDMIA18P45A944X")


@dataclass
class Counter:
    """The State's counter and Ada's account at it."""

    world: World
    simulator: Simulator
    account: StsSettings

    @property
    def entity(self) -> int:
        return self.account.entity_id

    def take_in(self) -> int:
        """Derive what changed."""
        return taking_in.take_in(self.account.practice_id)

    def run(self, **more: Any) -> Ran:
        """Derive what changed, then let the sender work once."""
        self.take_in()
        with acting(System("tests", self.account.practice_id)):
            return run(self.entity, **more)

    @contextmanager
    def on_line(self) -> Iterator[Client]:
        """Open a line to the State, as the software does."""
        acts = acting(System("tests", self.account.practice_id))
        with acts, ministry.speaking(self.account, now=patience.now) as client:
            yield client

    def settle(self, rounds: int = 60) -> None:
        """Let time pass and the sender work until nothing more happens."""
        for _ in range(rounds):
            self.forward(hours=3)
            self.wait_for_files()
            if not self.run(automatic=True).calls:
                return
        raise AssertionError("the sender never comes to rest")

    def wait_for_files(self) -> None:
        """Have the State finish the files it took in charge."""
        self.simulator.ministry.processor.poke(60)

    def forward(self, **span: float) -> None:
        """Let time pass, for the State and for the practice: both live by the simulator's clock."""
        self.simulator.clock.advance(timedelta(**span))

    def faults(self, *rules: Rule) -> None:
        """Have the State fail as told, from its next call on."""
        self.simulator.ministry.faults.replace(rules)

    def expense(self, invoice: Invoice) -> Expense:
        """Return the books of a paper as they are now."""
        with acting(System("tests")):
            return Expense.objects.select_related("carrier").get(invoice_id=invoice.pk)

    def state(self, invoice: Invoice) -> str:
        """Return where a paper stands."""
        return self.expense(invoice).state

    def held(self) -> dict[str, HeldDocument]:
        """Return what the State holds, not cancelled, by number."""
        return {one.id.number: one for one in self.simulator.ministry.books.page(10**6) if not one.cancelled}

    def journal(self, operation: str = "") -> list[dict[str, Any]]:
        """Return the calls that the State remembers, oldest first."""
        lines = self.simulator.ministry.journal.read(limit=10**6)
        return [line for line in lines if not operation or line["operation"] == operation]

    def assert_books_agree(self) -> None:
        """Hold the State's books against what they should hold: every amount, day and code."""
        with acting(System("tests")):
            every = list(Expense.objects.order_by("pk"))
        wanted = {row.number: Content.read(row.should) for row in every if row.due and not row.problem}
        found = self.held()
        odd = [row for row in every if (row.number in found) != (row.number in wanted)]
        assert not odd, [(row.number, row.state, row.held, row.due, row.why_not, row.messages) for row in odd]
        assert set(found) == set(wanted)
        for number, content in wanted.items():
            assert_same(content, found[number])


def assert_same(content: Content, held: HeldDocument) -> None:
    """Hold one document of the State against what it should be."""
    assert held.paid_on == content.paid_on
    assert (held.citizen or "") == content.code
    assert held.opposed == ("1" if content.opposed else "0")
    assert held.prepaid == content.prepaid
    mine = sorted((one.expense_type, one.amount, one.nature, one.rate) for one in content.pieces)
    theirs = sorted((one.expense_type.value, one.amount, one.vat_nature or "", one.vat_rate) for one in held.items)
    assert mine == theirs


def open_account(world: World, **more: Any) -> StsSettings:
    """Give Ada's studio an account at the simulator, with therapy mapped."""
    with acting(System("tests")):
        account = StsSettings(
            practice=world.rossi.party,
            entity=world.studio,
            environment=Environment.SIMULATOR,
            username="RSSDAA79H51A944U",
            owner_code="RSSDAA79H51A944U",
            password=PASSWORD,
            pin=PIN,
            active_since=date(2024, 1, 1),
            activated_at=NOON,
            notice_accepted_at=NOON,
            notice_accepted_by=world.people["ada"],
            **more,
        )
        account.save()
        for service, kind in (("therapy", "SP"), ("flat", "SP"), ("consulting", ""), ("advance", "")):
            ExpenseMapping.objects.create(
                entity=world.studio,
                service=world.rossi.services[service],
                valid_from=date(2020, 1, 1),
                expense_type=kind,
            )
    return account


def ada_there() -> User:
    """Return Ada as the State knows her."""
    code = "RSSDAA79H51A944U"
    return User(
        code,
        Role.PROFESSIONAL,
        PASSWORD,
        PIN,
        category=SenderCategory.HEALTH_PROFESSIONAL,
        owner=Owner(code),
        vat_numbers=("01234560371",),
    )


@contextmanager
def counter_at(world: World, folder: Path, **more: Any) -> Iterator[Counter]:
    """Open a counter; the clock of both sides stands at noon of the tests' day."""
    options = Options(folder=folder, clock=more.pop("at", NOON), settings=more.pop("rules", QUICK))
    old = settings.SPORTELLO_STS_SIMULATOR
    with keys.kept(), Simulator(options, users=[ada_there()]) as simulator:
        settings.SPORTELLO_STS_SIMULATOR = folder
        try:
            simulator.clock.freeze(True)
            with patience.arranged(clock=simulator.clock.now, read=more.pop("read", 30.0), upload=30.0):
                yield Counter(world, simulator, open_account(world, **more))
        finally:
            settings.SPORTELLO_STS_SIMULATOR = old


__all__ = ["DAY", "Counter", "Decimal", "Fault", "Rule", "counter_at"]
