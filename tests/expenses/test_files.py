"""Files that the State does not accept, that are lost among others, or that are too small to be one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from sistemats import Client, Refused
from sistemats.codes import Call
from sistemats.replies import Message
from sistemats.replies.values import Fault as SoapFault
from sportello.core.actors import System, acting
from sportello.expenses import patience
from sportello.expenses.exchange import files
from sportello.expenses.models import Attempt, Outcome, Transmission
from sportello.expenses.rules.answers import Answer, Said
from tests.billing.desk import paid
from tests.expenses.counter import Counter, Fault, Rule
from tests.expenses.test_edges import recode
from tests.world import World

TOO_LARGE = Refused((Message("108", "LA DIMENSIONE DEL FILE ALLEGATO SUPERA LA SOGLIA CONSENTITA", "E"),))
NO_ZIP = Refused((Message("102", "L'ALLEGATO NON E' UN FILE DI TIPO ZIP VALIDO", "E"),))
STATES_OWN = Refused((Message("200", "ERRORE NELL'APPLICAZIONE: CONTATTARE L'ASSISTENZA", "E"),))
SCHEMA = Refused(fault=SoapFault("env:Client", "Schema"))


@contextmanager
def answering(*answers: Refused) -> Iterator[list[int]]:
    """Have the State refuse uploads like this, then answer as ever; give the number of documents of each."""
    sizes: list[int] = []
    real, waiting = Client.upload, list(answers)

    def upload(self: Client, file, *args, **kwargs):
        sizes.append(file.count)
        return waiting.pop(0) if waiting else real(self, file, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Client, "upload", upload)
        yield sizes


def files_sent() -> list[Transmission]:
    with acting(System("tests")):
        return list(Transmission.objects.filter(kind="batch").order_by("pk"))


def test_file_that_is_too_large_goes_again_in_smaller_files(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(8)]
    with answering(TOO_LARGE, TOO_LARGE) as sizes:
        for _ in range(4):
            counter.run(automatic=True, many=2)
            counter.forward(hours=3)
            counter.wait_for_files()
    assert sizes == [8, 4, 2, 2, 2, 2]
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}
    assert [one.trouble for one in files_sent()[:3]] == ["too_large", "too_large", ""]


def test_file_that_is_too_large_at_any_size_goes_document_by_document(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(3)]
    with answering(*[TOO_LARGE] * 5) as sizes:
        for _ in range(3):
            counter.run(automatic=True, many=2)
            counter.forward(hours=3)
    assert sizes == [3]
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}
    assert len(counter.journal("insert")) == 3


def test_most_in_a_file_grows_again_after_a_while(counter: Counter, world: World):
    [paid(world) for _ in range(3)]
    with answering(TOO_LARGE):
        counter.run(automatic=True, many=2)
    now = patience.now()
    with acting(System("tests")):
        assert files.most_in_a_file(counter.entity, now=now) == 1
        assert files.most_in_a_file(counter.entity, now=now + files.SMALLER_FOR + timedelta(days=1)) == 2000


def test_file_that_is_not_accepted_rejects_its_documents_with_its_words(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(3)]
    with answering(*[NO_ZIP] * 9) as sizes:
        for _ in range(3):
            counter.run(automatic=True, many=3)
            counter.forward(hours=3)
    assert sizes == [3], "the same file goes no second time by itself"
    assert {counter.state(one) for one in invoices} == {"REJECTED"}
    assert {one["code"] for each in invoices for one in counter.expense(each).messages} == {"102"}
    assert files_sent()[0].trouble == "refused_at_acceptance"
    with acting(System("tests")):
        assert set(Attempt.objects.values_list("outcome", flat=True)) == {Outcome.REFUSED}


def test_file_that_meets_the_states_own_error_goes_again(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(3)]
    with answering(*[STATES_OWN] * 4) as sizes:
        for _ in range(6):
            counter.run(automatic=True, many=3)
            counter.forward(hours=3)
            counter.wait_for_files()
    assert sizes == [3] * 5
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}


@pytest.mark.parametrize(("times", "state", "sent"), [(2, "ACCEPTED", 3), (9, "REJECTED", 3)])
def test_file_that_meets_a_fault_goes_again_twice(counter: Counter, world: World, times: int, state: str, sent: int):
    invoices = [paid(world) for _ in range(3)]
    with answering(*[SCHEMA] * times) as sizes:
        for _ in range(6):
            counter.run(automatic=True, many=3)
            counter.forward(hours=3)
            counter.wait_for_files()
    assert len(sizes) == sent
    assert {counter.state(one) for one in invoices} == {state}


def test_file_that_was_refused_is_given_back_as_refused_by_whoever_comes_after_a_killed_one(
    counter: Counter, world: World, monkeypatch: pytest.MonkeyPatch
):
    invoices = [paid(world) for _ in range(3)]
    with pytest.MonkeyPatch.context() as killed, answering(NO_ZIP):
        killed.setattr(files, "release", lambda *args, **kwargs: None)
        counter.run(automatic=True, many=3)
    assert {counter.state(one) for one in invoices} == {"QUEUED"}
    counter.run(automatic=True, many=3)
    assert {counter.state(one) for one in invoices} == {"REJECTED"}
    assert {one["code"] for each in invoices for one in counter.expense(each).messages} == {"102"}


def test_what_files_leave_over_goes_document_by_document(
    counter: Counter, world: World, monkeypatch: pytest.MonkeyPatch
):
    invoices = [paid(world) for _ in range(5)]
    monkeypatch.setattr("sportello.expenses.exchange.files.FILE_LIMIT", 2)
    counter.run(automatic=True, many=2)
    counter.settle()
    assert [one.count for one in files_sent()] == [2, 2]
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}
    assert len(counter.journal("insert")) == 1


@pytest.mark.parametrize("refused", [1, 2])
def test_lost_file_that_cannot_be_told_from_others_is_given_up_for_its_documents(
    counter: Counter, world: World, refused: int
):
    """A single refused document, or a sending of another program that was as large: neither names the file."""
    bad = [paid(world, patient=world.mia) for _ in range(refused)]
    recode(world.mia, "VRDMIA18P45A944Y")
    counter.faults(Rule(Fault.LOST_ANSWER, operations=frozenset({Call.UPLOAD}), calls=frozenset({1})))
    counter.run(automatic=True, many=refused)
    counter.wait_for_files()
    with pytest.MonkeyPatch.context() as unclear:
        unclear.setattr(Client, "resolve_uncertain", lambda self, uncertain, known=frozenset(): uncertain)
        for _ in range(19):
            counter.forward(hours=12)
            counter.run(automatic=True)
        assert {counter.state(one) for one in bad} == {"UNCERTAIN"}
        counter.forward(hours=12)
        counter.run(automatic=True)
    counter.settle()
    assert {counter.state(one) for one in bad} == {"REJECTED"}
    assert [[one["code"] for one in counter.expense(each).messages] for each in bad] == [["S011"]] * refused
    assert (files_sent()[0].state, files_sent()[0].trouble) == ("done", "no_outcome")


def test_lost_file_of_one_document_that_was_refused_comes_to_an_end(counter: Counter, world: World):
    bad = paid(world, patient=world.mia)
    recode(world.mia, "VRDMIA18P45A944Y")
    counter.faults(Rule(Fault.LOST_ANSWER, operations=frozenset({Call.UPLOAD}), calls=frozenset({1})))
    counter.run(automatic=True, many=1)
    for _ in range(22):
        counter.forward(hours=12)
        counter.wait_for_files()
        counter.run(automatic=True)
    assert counter.state(bad) == "REJECTED"


def test_document_of_a_lost_file_that_somebody_asked_to_send_stays_wanted(counter: Counter, world: World):
    invoices = [paid(world) for _ in range(2)]
    counter.take_in()
    with acting(System("tests")):
        type(counter.expense(invoices[0])).objects.update(wanted=True)
    counter.faults(Rule(Fault.CONNECTION_RESET, operations=frozenset({Call.UPLOAD})))
    counter.run(automatic=False, many=2)
    with pytest.MonkeyPatch.context() as unclear:
        unclear.setattr(Client, "resolve_uncertain", lambda self, uncertain, known=frozenset(): uncertain)
        for _ in range(20):
            counter.forward(hours=12)
            counter.run(automatic=False)
    counter.forward(hours=12)
    counter.run(automatic=False)
    assert {counter.state(one) for one in invoices} == {"ACCEPTED"}


def test_settle_upload_twice_changes_nothing(counter: Counter, world: World):
    [paid(world) for _ in range(2)]
    counter.run(automatic=True, many=2)
    call = files_sent()[0]
    with acting(System("tests", counter.account.practice_id)):
        files.settle_upload(call.pk, Answer(Said.REFUSED), now=patience.now())
    assert files_sent()[0].state == "taken"
