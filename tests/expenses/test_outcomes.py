"""What the State says of a file: its counts and its list of errors, where they agree and where they do not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sistemats import Client
from sistemats.codes import Call
from sistemats.replies import OutcomeReply, files
from sistemats.replies.files import ErrorRow
from sportello.billing.models import Invoice
from sportello.core.actors import System, acting
from sportello.expenses import ministry, patience
from sportello.expenses.documents import id_of, reference_of
from sportello.expenses.exchange import outcomes
from sportello.expenses.models import Transmission
from sportello.expenses.operations import manual
from tests.billing.desk import paid
from tests.expenses.counter import Counter, Fault, Rule
from tests.expenses.test_edges import effective, recode, someone_else_inserted
from tests.world import World

ERRORS, OUTCOME = frozenset({Call.ERRORS}), frozenset({Call.OUTCOME})


def a_file(counter: Counter, world: World) -> tuple[list[Invoice], Invoice]:
    """Send a file of three good documents and one with a wrong code; return them."""
    good = [paid(world) for _ in range(3)]
    bad = paid(world, patient=world.mia)
    recode(world.mia, "VRDMIA18P45A944Y")
    counter.run(automatic=True, many=3)
    return good, bad


def the_file() -> Transmission:
    with acting(System("tests")):
        return Transmission.objects.get(kind="batch")


def written_otherwise(monkeypatch: pytest.MonkeyPatch, change: Callable[[ErrorRow], ErrorRow | None]) -> None:
    """Have the rows of the list of errors come in another way, or not at all."""
    real = files.read_error_archive
    rows = lambda archive: [row for each in real(archive) if (row := change(each)) is not None]  # noqa: E731  a stand-in
    monkeypatch.setattr(outcomes, "read_error_archive", rows)


def counted_otherwise(monkeypatch: pytest.MonkeyPatch, **counts: Any) -> None:
    """Have the State count otherwise."""
    real = Client.outcome

    def outcome(self: Client, protocol: str) -> Any:
        reply = real(self, protocol)
        assert isinstance(reply, OutcomeReply)
        return replace(reply, sendings=tuple(replace(one, **counts) for one in reply.sendings))

    monkeypatch.setattr(Client, "outcome", outcome)


@pytest.mark.parametrize(
    "change",
    [
        lambda row: replace(row, issued_on=None),
        lambda row: replace(row, number="ALTRO/9"),
        lambda row: replace(row, device=""),
        lambda row: None,
    ],
    ids=["no day", "another number", "no device", "no row"],
)
def test_file_whose_refusal_names_no_document_of_ours_holds_nobody_unasked(
    counter: Counter, world: World, monkeypatch: pytest.MonkeyPatch, change: Callable[[ErrorRow], ErrorRow | None]
):
    good, bad = a_file(counter, world)
    written_otherwise(monkeypatch, change)
    counter.settle()
    assert {counter.state(one) for one in good} == {"ACCEPTED"}
    assert counter.state(bad) == "REJECTED"
    assert [one["code"] for one in counter.expense(bad).messages] == ["UNNAMED"]
    assert {one["code"] for each in good for one in counter.expense(each).messages} == set()
    assert (the_file().trouble, the_file().refused) == ("not_named", 1)
    assert len(counter.journal("query")) == 4
    assert counter.journal("insert") == [], "what was refused goes no second time by itself"
    again = manual.send_again(actor=world.ada, expense_id=counter.expense(bad).pk)
    assert [one["code"] for one in again.messages] == ["S011"]


@pytest.mark.parametrize(
    "change",
    [
        lambda row: replace(row, number=f" {row.number.lower()} "),
        lambda row: replace(row, number=f"00{row.number}", device="001"),
        lambda row: replace(row, vat_number=row.vat_number.lstrip("0")),
        lambda row: replace(row, vat_number=f"IT{row.vat_number}"),
    ],
    ids=["blanks and case", "zeros before", "zeros gone", "with its country"],
)
def test_file_whose_list_writes_references_in_another_way_is_understood(
    counter: Counter, world: World, monkeypatch: pytest.MonkeyPatch, change: Callable[[ErrorRow], ErrorRow]
):
    good, bad = a_file(counter, world)
    written_otherwise(monkeypatch, change)
    counter.settle()
    assert {counter.state(one) for one in good} == {"ACCEPTED"}
    assert [one["code"] for one in counter.expense(bad).messages] == ["S011"]
    assert (the_file().trouble, counter.journal("query")) == ("", [])


def test_file_of_which_the_state_refused_fewer_than_its_list_names_asks_about_these(
    counter: Counter, world: World, monkeypatch: pytest.MonkeyPatch
):
    counter.simulator.change_settings({"same_day_warning": True})
    documents = [paid(world) for _ in range(3)]
    counter.run(automatic=True, many=3)
    written_otherwise(monkeypatch, lambda row: replace(row, code="X1"))  # a code in no table, that does not block
    counter.settle()
    assert {counter.state(one) for one in documents} == {"ACCEPTED"}
    assert (the_file().trouble, the_file().refused) == ("not_named", 0)
    assert {one["code"] for each in documents for one in counter.expense(each).messages} == set()


def test_file_done_in_which_the_state_counts_a_refusal_is_not_believed(
    counter: Counter, world: World, monkeypatch: pytest.MonkeyPatch
):
    good, bad = a_file(counter, world)
    counted_otherwise(monkeypatch, state=2)
    counter.settle()
    assert ({counter.state(one) for one in good}, counter.state(bad)) == ({"ACCEPTED"}, "REJECTED")


def test_file_of_which_the_state_counts_fewer_documents_than_went_is_not_believed(
    counter: Counter, world: World, monkeypatch: pytest.MonkeyPatch
):
    there, lost = [paid(world) for _ in range(2)], paid(world)
    counter.run(automatic=True, many=3)
    counter.wait_for_files()
    with acting(System("tests")), ministry.speaking(counter.account, now=patience.now) as client:
        client.cancel(id_of(reference_of(counter.expense(lost))))
    counted_otherwise(monkeypatch, sent=2, accepted=2)
    counter.settle()
    assert the_file().trouble == "not_named"
    assert len(counter.journal("query")) == 3
    assert {counter.state(one) for one in [*there, lost]} == {"ACCEPTED"}
    counter.assert_books_agree()
    assert effective(counter, "insert") == 1, "what is not there was sent again"


@pytest.mark.parametrize(("lost", "trouble"), [(False, ""), (True, "not_named")])
def test_file_without_counts_is_believed_as_far_as_its_list_can_be_read(
    counter: Counter, world: World, monkeypatch: pytest.MonkeyPatch, lost: bool, trouble: str
):
    good, bad = a_file(counter, world)
    counted_otherwise(monkeypatch, errors=None)
    if lost:
        written_otherwise(monkeypatch, lambda row: replace(row, number="ALTRO/9"))
    counter.settle()
    assert ({counter.state(one) for one in good}, counter.state(bad)) == ({"ACCEPTED"}, "REJECTED")
    assert the_file().trouble == trouble


def test_document_warned_of_in_a_file_in_doubt_keeps_its_warning(
    counter: Counter, world: World, monkeypatch: pytest.MonkeyPatch
):
    counter.simulator.change_settings({"same_day_warning": True})
    documents = [paid(world) for _ in range(3)]
    counter.run(automatic=True, many=3)
    counted_otherwise(monkeypatch, errors=1)
    counter.settle()
    assert the_file().trouble == "not_named"
    warned = [one for one in documents if counter.state(one) == "ACCEPTED_WITH_WARNINGS"]
    assert len(warned) == the_file().warned
    assert warned
    assert {one["code"] for each in warned for one in counter.expense(each).messages} == {"W014"}


def test_file_whose_list_of_errors_cannot_be_had_is_given_up_for_its_documents(counter: Counter, world: World):
    counter.faults(Rule(Fault.WS99, operations=ERRORS))
    good, bad = a_file(counter, world)
    counter.wait_for_files()
    look_often(counter, outcomes.LOOKS)
    assert {counter.state(one) for one in [*good, bad]} == {"TAKEN_IN_CHARGE"}, "a list may be late"
    look_often(counter, 3)
    assert {counter.state(one) for one in good} == {"ACCEPTED"}
    assert counter.state(bad) == "REJECTED"
    assert [one["code"] for one in counter.expense(bad).messages] == ["UNNAMED"]
    assert (the_file().state, the_file().trouble, the_file().refused) == ("done", "no_error_file", 1)


def test_file_that_the_state_knows_no_more_is_given_up_for_its_documents(
    counter: Counter, world: World, monkeypatch: pytest.MonkeyPatch
):
    good, bad = a_file(counter, world)
    monkeypatch.setattr(Client, "outcome", lambda self, protocol: OutcomeReply("1", "NON TROVATO"))
    look_often(counter, outcomes.LOOKS)
    assert {counter.state(one) for one in good} == {"TAKEN_IN_CHARGE"}
    counter.wait_for_files()
    look_often(counter, 3)
    assert {counter.state(one) for one in good} == {"ACCEPTED"}, "the State held them all the time"
    assert counter.state(bad) == "REJECTED"
    assert [one["code"] for one in counter.expense(bad).messages] == ["S011"], "it went again, alone, and was refused"
    with acting(System("tests")):
        call = Transmission.objects.get(kind="batch")
    assert (call.state, call.trouble, call.next_poll_at) == ("done", "no_outcome", None)


@pytest.mark.parametrize("trouble", ["busy", "nobody"])
def test_file_of_which_nothing_is_ever_heard_is_given_up_much_later(
    counter: Counter, world: World, monkeypatch: pytest.MonkeyPatch, trouble: str
):
    good, _ = a_file(counter, world)
    counter.faults(Rule(Fault.WS99 if trouble == "busy" else Fault.HTTP_503, operations=OUTCOME))
    monkeypatch.setattr(outcomes, "MOST_LOOKS", outcomes.LOOKS + 5)
    counter.wait_for_files()
    look_often(counter, outcomes.LOOKS + 4)
    assert {counter.state(one) for one in good} == {"TAKEN_IN_CHARGE"}, (
        "longer than where it said that it knows no more"
    )
    look_often(counter, 4)
    assert {counter.state(one) for one in good} == {"ACCEPTED"}


def test_document_recognised_after_a_refusal_says_no_more_that_it_was_there_before(counter: Counter, world: World):
    invoice = paid(world)
    counter.take_in()
    someone_else_inserted(counter, invoice, counter.expense(invoice).amount)
    counter.settle()
    assert counter.state(invoice) == "ACCEPTED"
    assert counter.expense(invoice).messages == []


def test_document_that_is_anothers_still_says_why(counter: Counter, world: World):
    invoice = paid(world)
    counter.take_in()
    someone_else_inserted(counter, invoice, counter.expense(invoice).amount + 1)
    counter.settle()
    assert counter.state(invoice) == "REJECTED"
    assert "S017" in [one["code"] for one in counter.expense(invoice).messages]


def test_warning_of_a_document_outlives_a_question(counter: Counter, world: World):
    counter.faults(Rule(Fault.UNKNOWN_CITIZEN, operations=frozenset({Call.INSERT})))
    invoice = paid(world)
    counter.run(automatic=True)
    manual.resync(actor=world.ada, expense_id=counter.expense(invoice).pk)
    assert counter.state(invoice) == "ACCEPTED_WITH_WARNINGS"
    assert "W003" in [one["code"] for one in counter.expense(invoice).messages]


def look_often(counter: Counter, times: int) -> None:
    """Let the sender look so many times, each as late as it waits at most."""
    for _ in range(times):
        counter.forward(minutes=31)
        counter.run(automatic=True)
