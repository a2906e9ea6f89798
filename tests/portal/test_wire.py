"""Asking a desk over a real socket: what is signed and verified, what is refused, what happens when it is away."""

import hashlib

import pytest

from deskwire import messages as say
from deskwire.signing import RefusedByDesk
from deskwire.streams import BrokenStream, StreamHead
from portal import wire
from tests.portal.conftest import connected
from tests.portal.desk import PRACTICE, File

PDF = StreamHead("application/pdf", "2026-03-05_A-12.pdf", None)


def test_ask_names_the_connection_and_nobody_else(his, desk):
    assert wire.ask(his, say.AskOverview()).practice == PRACTICE
    [asked] = desk.asked
    assert asked.envelope.connection == "c-1"
    assert asked.envelope.audience == desk.signer.id


def test_ask_keeps_the_line_open(his, desk):
    for _ in range(5):
        wire.ask(his, say.AskOverview())
    assert len(desk.asked) == 5
    assert desk.connections == 1


def test_ask_opens_a_line_anew_that_the_desk_closed(his, desk):
    wire.ask(his, say.AskOverview())
    desk.away = True
    with pytest.raises(wire.Unreachable):
        wire.ask(his, say.AskOverview())
    desk.away = False
    assert wire.ask(his, say.AskOverview()).person == "Bruno Neri"


def test_ask_hands_a_refusal_on(his, desk):
    desk.refuse("overview", say.RefusalCode.SUSPENDED)
    with pytest.raises(RefusedByDesk) as no:
        wire.ask(his, say.AskOverview())
    assert no.value.refusal.code == say.RefusalCode.SUSPENDED


@pytest.mark.parametrize("spoil", [lambda data: data[:-1] + b"!", lambda data: b"", lambda data: data[:40]])
def test_ask_takes_no_altered_answer(his, desk, spoil):
    desk.spoil = spoil
    with pytest.raises(wire.Unreachable):
        wire.ask(his, say.AskOverview())


def test_ask_takes_no_answer_of_another_desk(his, desk, other_desk):
    his.desk.address = other_desk.address
    with pytest.raises(wire.Unreachable):
        wire.ask(his, say.AskOverview())
    assert other_desk.asked == []


def test_ask_of_a_desk_that_is_gone_is_unreachable(his, desk):
    desk.stop()
    with pytest.raises(wire.Unreachable):
        wire.ask(his, say.AskOverview())
    desk.thread.join()


def test_ask_of_an_unpaired_desk_sends_nothing(his, desk):
    his.desk.is_paired = False
    with pytest.raises(wire.Unreachable):
        wire.ask(his, say.AskOverview())
    assert desk.asked == []


def test_stream_brings_the_bytes_and_the_name(his, desk):
    pieces = [bytes([number]) * 100_000 for number in range(9)]
    desk.answers["invoices.paper"] = lambda asked: File(PDF, pieces)
    download = wire.stream(his, say.InvoicePaper("p-1"))
    assert download.head.file_name == "2026-03-05_A-12.pdf"
    assert hashlib.sha256(b"".join(download)).digest() == hashlib.sha256(b"".join(pieces)).digest()


def test_stream_that_is_cut_is_noticed(his, desk):
    def cut():
        yield b"x" * 100_000
        raise ConnectionAbortedError

    desk.answers["invoices.paper"] = lambda asked: File(PDF, cut())
    desk.server.handle_error = lambda *ignored: None
    with pytest.raises(BrokenStream):
        b"".join(wire.stream(his, say.InvoicePaper("p-1")))


def test_stream_that_is_refused_says_why(his, desk):
    desk.refuse("invoices.paper", say.RefusalCode.NOT_FOUND)
    with pytest.raises(RefusedByDesk):
        wire.stream(his, say.InvoicePaper("p-1"))


def test_two_desks_know_an_account_by_different_names(bruno, desk, other_desk):
    from portal.connections.models import reference_for

    first, second = connected(bruno, desk), connected(bruno, other_desk)
    assert reference_for(bruno, first.desk) != reference_for(bruno, second.desk)
    assert reference_for(bruno, first.desk) == reference_for(bruno, first.desk)
