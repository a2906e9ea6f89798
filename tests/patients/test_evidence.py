"""The paper that proves a representative's title: kept closed, handed out to who may see the patient."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from sportello.core.actors import MayNot, Switch, System, acting
from sportello.core.files.content import FileRefused
from sportello.core.models import AuditEntry
from sportello.patients.models import Representative
from sportello.patients.operations import attach_evidence
from tests.world import World, only

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def test_attach_evidence_keeps_the_file_and_an_entry(world: World) -> None:
    row = attach_evidence(actor=world.ada, representative_id=world.gina.pk, content=PDF, name="decreto.pdf")
    with acting(System("tests")):
        assert Representative.objects.get(pk=row.pk).evidence_id is not None
        assert AuditEntry.objects.filter(action="representative.evidence", object_id=row.pk).count() == 1


def test_attach_evidence_that_is_an_archive_is_refused(world: World) -> None:
    with pytest.raises(FileRefused):
        attach_evidence(
            actor=world.ada, representative_id=world.gina.pk, content=b"PK\x03\x04" + bytes(90), name="x.pdf"
        )


def test_attach_evidence_of_another_practice_is_not_found(world: World) -> None:
    with pytest.raises(Representative.DoesNotExist):
        attach_evidence(actor=world.olga, representative_id=world.gina.pk, content=PDF, name="x.pdf")


def test_attach_evidence_without_the_switch_is_forbidden(world: World) -> None:
    with pytest.raises(MayNot):
        attach_evidence(
            actor=only(world.ada, Switch.INVOICES), representative_id=world.gina.pk, content=PDF, name="x.pdf"
        )


def test_proof_goes_up_and_comes_back(client: Client, world: World) -> None:
    client.force_login(world.people["ada"])
    address = reverse("practice:representative_proof", args=[world.gina.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"proof": SimpleUploadedFile("x.pdf", b"no such thing")}).status_code == 422
    assert client.post(address).status_code == 422
    assert client.post(address, {"proof": SimpleUploadedFile("x.pdf", PDF)}).status_code == 302
    answer = client.get(reverse("practice:representative_file", args=[world.gina.pk]))
    assert answer.content == PDF
    assert "Verdi" not in answer["Content-Disposition"]
    assert (
        reverse("practice:representative_file", args=[world.gina.pk])
        in client.get(reverse("practice:patient", args=[world.mia.pk])).content.decode()
    )
    client.force_login(world.people["olga"])
    assert client.get(reverse("practice:representative_file", args=[world.gina.pk])).status_code == 404
