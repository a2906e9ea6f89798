"""The PDF of a paper: set once by the worker, kept byte for byte, never set again; what can go wrong on the way."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from sportello.billing import handlers
from sportello.billing.models import Invoice
from sportello.billing.operations.visibility import note_stamp, set_portal_visible
from sportello.billing.paper.render import RenderFailed
from sportello.billing.verification import verify_papers
from sportello.core import guards
from sportello.core.actors import System, acting
from sportello.core.files import keeping
from sportello.core.models import StoredFile
from sportello.core.outbox import GiveUp, Work
from sportello.core.storage import StorageFull
from sportello.core.violations import RuleViolation
from tests.billing.desk import draft, issued, line, stored
from tests.world import DAY, World


def render(invoice: Invoice) -> None:
    with acting(System("tests")):
        handlers.render_paper(Work(1, "billing.render_paper", invoice.pk, invoice.practice_id, "", 1, False))


def paper_of(invoice: Invoice) -> StoredFile:
    with acting(System("tests")):
        return StoredFile.objects.get(pk=stored(invoice).paper_id or 0)


def test_render_paper_keeps_bytes_and_hash(world: World) -> None:
    invoice = issued(world, line("90.00"))
    render(invoice)
    kept = paper_of(invoice)
    with acting(System("tests")):
        pdf = keeping.read(kept)
    assert pdf.startswith(b"%PDF-")
    assert hashlib.sha256(pdf).hexdigest() == kept.sha256
    assert stored(invoice).paper_state == "ready"
    with acting(System("tests")):
        assert list(verify_papers()) == []


def test_render_paper_twice_keeps_the_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    invoice = issued(world)
    render(invoice)
    first = paper_of(invoice).pk
    monkeypatch.setattr(handlers, "shared_renderer", lambda: pytest.fail("it was set again"))
    render(invoice)
    assert paper_of(invoice).pk == first


def test_render_paper_of_a_draft_gives_up(world: World) -> None:
    with pytest.raises(GiveUp):
        render(draft(world))


@pytest.mark.parametrize("trouble", [StorageFull("no room"), RenderFailed("fonts are gone")])
def test_render_paper_in_trouble_says_so_and_can_be_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    invoice = issued(world)

    def fail(*_: Any, **__: Any) -> None:
        raise trouble

    with monkeypatch.context() as patch:
        patch.setattr(keeping, "write", fail)
        with pytest.raises(type(trouble)):
            render(invoice)
    assert stored(invoice).paper_state == "failed"
    render(invoice)
    assert stored(invoice).paper_state == "ready"


def test_verify_papers_finds_an_altered_file(world: World) -> None:
    invoice = issued(world)
    render(invoice)
    from django.core.files.storage import default_storage

    place = default_storage.path(paper_of(invoice).place)
    with open(place, "r+b") as file:  # noqa: PTH123 - the storage gives a path as text
        file.seek(200)
        byte = file.read(1)
        file.seek(200)
        file.write(bytes([byte[0] ^ 1]))
    with acting(System("tests")):
        assert [fault.code for fault in verify_papers()] == ["pdf_altered"]


def test_verify_papers_finds_altered_figures_and_snapshots(world: World) -> None:
    one, other = issued(world), issued(world)
    guards.remove()
    try:
        with acting(System("tests")):
            Invoice.objects.filter(pk=one.pk).update(services="80.00", total="81.40", payable="81.40")
            Invoice.objects.filter(pk=other.pk).update(snapshot_sha256="0" * 64)
    finally:
        guards.install()
    with acting(System("tests")):
        found = {(fault.invoice_id, fault.code) for fault in verify_papers()}
    assert {(one.pk, "figures_differ"), (one.pk, "snapshot_differs"), (other.pk, "snapshot_altered")} <= found


def test_set_portal_visible_is_not_for_another_practice(world: World) -> None:
    invoice = issued(world)
    set_portal_visible(actor=world.ada, invoice_id=invoice.pk, visible=False)
    assert not stored(invoice).portal_visible
    with pytest.raises(Invoice.DoesNotExist):
        set_portal_visible(actor=world.olga, invoice_id=invoice.pk, visible=True)


def test_note_stamp_takes_the_number_later(world: World) -> None:
    invoice = issued(world, line("90.00"))
    record = note_stamp(actor=world.ada, invoice_id=invoice.pk, identifier="0123 4567 8901 23", stamped_on=DAY)
    assert record.identifier == "01234567890123"
    with pytest.raises(RuleViolation, match="stamp_after_document"):
        note_stamp(
            actor=world.ada, invoice_id=invoice.pk, identifier="01234567890123", stamped_on=DAY.replace(day=DAY.day + 1)
        )
    with pytest.raises(RuleViolation, match="stamp_id_missing"):
        note_stamp(actor=world.ada, invoice_id=invoice.pk, identifier=" ", stamped_on=None)
