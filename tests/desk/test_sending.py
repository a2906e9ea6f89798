"""A file on its way: whole, or cut where the practice said so, and noticed by who reads it."""

from __future__ import annotations

from datetime import date

import pytest

from deskwire.messages import ExportRecord, InvoicePaper, InvoicesZip, Selection
from deskwire.streams import CutStream
from sportello.billing.models import Invoice
from sportello.core import pairing
from sportello.core.actors import NoActor, Power, current
from sportello.desk import sending
from sportello.desk.answering import Paper
from sportello.desk.seats import check_still_open
from sportello.desk.sending import still_open
from sportello.patients.operations.portal.standing import disconnect, suspend
from tests.billing.desk import issued
from tests.desk.hands import answered_by, audited, change, connection_row, now

ZIP = InvoicesZip(Selection(ids=("a",)), "it")


def _two_files(asked, request):
    def chunks():
        yield b"first file"
        still_open(asked)
        yield b"second file"

    return Paper("fatture.zip", chunks())


def _slow(asked, request):
    """One long file: it asks nothing of itself between its chunks."""
    return Paper("fatture.zip", iter([b"first", b"second", b"third"]))


@pytest.fixture
def two_files(monkeypatch):
    """Let ZIPs be two files, one after the other."""
    with answered_by(monkeypatch, InvoicesZip, _two_files, power=Power.INVOICES):
        yield


@pytest.fixture
def impatient(monkeypatch):
    """Let every step of a download be more than a second after the last."""
    monkeypatch.setattr(sending, "EVERY", 0.0)


def test_sent_arrives_whole_with_name_and_type(portal, bruno, two_files):
    assert portal.fetch(ZIP, bruno) == b"first filesecond file"
    assert not audited("portal.cut")


@pytest.mark.parametrize("end", [disconnect, suspend])
def test_sent_is_cut_before_the_next_file_when_access_ends(portal, world, bruno, two_files, end):
    row = connection_row(bruno)
    read = portal.begin(ZIP, bruno)
    end(actor=world.ada, connection_id=row.pk, now=now())
    with pytest.raises(CutStream):
        read(None)
    (entry,) = audited("portal.cut")
    assert entry.reason == ("not_connected" if end is disconnect else "suspended")
    assert (entry.patient_id, entry.role, entry.details["kind"]) == (world.bruno.pk, "patient", "invoices.zip")


def test_sent_never_gives_a_byte_of_the_next_file_once_disconnected(portal, world, bruno, two_files):
    row = connection_row(bruno)
    sealed = portal.sealed(ZIP, bruno)
    frames = iter(portal.post(sealed.data).streaming_content)
    came = [next(frames), next(frames)]
    disconnect(actor=world.ada, connection_id=row.pk, now=now())
    came += list(frames)
    assert len(came) == 2
    assert b"second" not in b"".join(came)


def test_sent_is_cut_within_a_long_file_after_a_second(portal, world, bruno, monkeypatch, impatient):
    row = connection_row(bruno)
    with answered_by(monkeypatch, InvoicesZip, _slow):
        sealed = portal.sealed(ZIP, bruno)
        frames = iter(portal.post(sealed.data).streaming_content)
        came = [next(frames), next(frames)]
        disconnect(actor=world.ada, connection_id=row.pk, now=now())
        came += list(frames)
    assert b"second" not in b"".join(came)
    assert len(audited("portal.cut")) == 1


def test_sent_does_not_ask_at_every_chunk_of_a_quick_file(portal, bruno, monkeypatch):
    asked = []

    def counted(*given):
        asked.append(given)
        check_still_open(*given)

    monkeypatch.setattr(sending, "check_still_open", counted)
    monkeypatch.setattr(sending, "EVERY", 3600.0)
    with answered_by(monkeypatch, InvoicesZip, lambda asked, request: Paper("a.zip", [b"x"] * 500)):
        assert portal.fetch(ZIP, bruno) == b"x" * 500
    assert len(asked) == 1  # before the tail


def test_sent_has_no_tail_when_access_ended_during_the_last_chunk(portal, world, bruno, monkeypatch):
    def one_file(asked, request):
        def chunks():
            yield b"all there is"
            disconnect(actor=world.ada, connection_id=asked.access.connection_id, now=now())

        return Paper("a.pdf", chunks())

    with answered_by(monkeypatch, InvoicePaper, one_file), pytest.raises(CutStream):
        portal.fetch(InvoicePaper("a"), bruno)


def test_sent_is_cut_when_a_power_is_taken_away(portal, world, gina, two_files):
    read = portal.begin(ZIP, gina)
    change(world.gina, may_see_documents=False)
    with pytest.raises(CutStream):
        read(None)
    assert audited("portal.cut")[0].reason == "powers_changed"


def test_sent_is_cut_when_the_powers_end(portal, world, gina, two_files):
    read = portal.begin(ZIP, gina)
    change(world.gina, until_on=date(2026, 1, 1))
    with pytest.raises(CutStream):
        read(None)
    assert audited("portal.cut")[0].reason == "expired"


def test_sent_is_cut_when_the_portal_is_unpaired(portal, bruno, two_files):
    read = portal.begin(ZIP, bruno)
    pairing.unpair(portal.card.id, now=now())
    with pytest.raises(CutStream):
        read(None)
    assert audited("portal.cut")[0].reason == "portal_not_paired"


def test_sent_makes_each_chunk_as_the_patient_and_leaves_nobody_acting(portal, world, bruno, monkeypatch):
    paper = issued(world)
    issued(world, patient=world.mia)
    seen = []

    def chunks():
        for _step in range(3):
            seen.append([each.pk for each in Invoice.objects.all()])
            yield b"x"

    with answered_by(monkeypatch, ExportRecord, lambda asked, request: Paper("a.zip", chunks())):
        sealed = portal.sealed(ExportRecord("it"), bruno)
        for _frame in portal.post(sealed.data).streaming_content:
            with pytest.raises(NoActor):
                current()
    assert seen == [[paper.pk]] * 3


def test_sent_closes_its_source_when_the_reader_goes_away(portal, bruno, monkeypatch):
    closed = []

    def chunks():
        try:
            while True:
                yield b"x"
        finally:
            closed.append(current().role)

    with answered_by(monkeypatch, InvoicesZip, lambda asked, request: Paper("a.zip", chunks())):
        response = portal.post(portal.sealed(ZIP, bruno).data)
        frames = iter(response.streaming_content)
        next(frames), next(frames)
        response.close()
    assert closed == ["patient"]
