"""Two practices with twin data: whatever one opens, searches, exports or mails, not a byte of the other is in it.

Every text of the other practice carries a marker, also where it is encrypted at rest. The pages of one are then walked
as a person would: from the home page along every link, every filter and export, with searches for the marker itself.
"""

from __future__ import annotations

import io
import re
from collections import Counter, deque
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from django.apps import apps
from django.db import connection, models
from django.urls import reverse
from pypdf import PdfReader

from sportello.billing.models import Invoice, Service
from sportello.core import runner
from sportello.core.actors import System, acting
from sportello.core.fields import EncryptedTextField
from sportello.core.models import Job, OutgoingMail
from sportello.core.states import JobState
from sportello.parties.models import BankAccount, BillingEntity, Party, Site
from sportello.patients.folding import folded_name
from sportello.patients.models import Customer, Patient, Representative
from tests.web.belongings import belongings

MARKS = {"rossi": "Gemellus", "bianchi": "Zwilling"}
PEOPLE = {"rossi": "ada", "bianchi": "olga"}
MOST = 400
"""Pages walked at most, so that a loop ends."""
VARIANTS = 8
"""Addresses of one page with other filters that are walked: filters multiply."""
LEAVE = re.compile(r"/(logout|sessions/\d+/delete|accounts|account|choose|preferences)\b|\.(css|js|svg|png)$")


def mark(world, name: str) -> None:
    """Write the practice's marker into everything that a person typed there."""
    house, word = getattr(world, name), MARKS[name]
    with acting(System("tests")):
        Party.objects.filter(pk=house.party.pk).update(name=f"Studio {word}", email=f"{word}@posta.example")
        Site.objects.filter(practice=house.party).update(name=f"Sede {word}", street=f"Via {word} 1")
        BillingEntity.objects.filter(practice=house.party).update(name=f"Dott {word}", street=f"Via {word} 1")
        Service.objects.filter(practice=house.party).update(name=f"Colloquio {word}")
        BankAccount.objects.filter(practice=house.party).update(label=f"Conto {word}")
        for row in Patient.objects.filter(practice=house.party):
            row.family_name, row.street, row.city = f"{word} {row.family_name}", f"Via {word} 7", f"Borgo {word}"
            row.folded_name = folded_name(row.family_name, row.given_name)
            row.email = f"{word}.{row.pk}@posta.example"
            row.save()
        for person in Representative.objects.filter(practice=house.party):
            person.family_name = f"{word} Verdi"
            person.save()
        for customer in Customer.objects.filter(practice=house.party):
            customer.name = f"{word} S.p.A."
            customer.folded_name = folded_name(customer.name)
            customer.save()


@pytest.fixture
def twins(world):
    """Give both practices, marked first and filled afterwards, with their PDFs made."""
    for name in MARKS:
        mark(world, name)
        person = world.people[PEOPLE[name]]
        person.family_name = MARKS[name]
        person.save()
    for patient in (world.bruno, world.twin, world.company, world.twin_company):
        patient.refresh_from_db()
    things = {
        "rossi": belongings(world, world.rossi, world.ada, world.bruno, world.company),
        "bianchi": belongings(world, world.bianchi, world.olga, world.twin, world.twin_company),
    }
    with acting(System("tests")):
        for name, own in things.items():
            mail = OutgoingMail.objects.get(pk=own.ids["mail_id"])
            mail.recipient = f"{MARKS[name]}@posta.example"
            mail.save()
        waiting = Job.objects.filter(state=JobState.WAITING.value, handler="billing.render_paper")
        ids = list(waiting.values_list("pk", flat=True))
    for pk in ids:
        runner.run(pk)
    return things


def walk(client, start: str) -> dict[str, str]:
    """Return the text of every page that links lead to, by address."""
    seen: dict[str, str] = {}
    variants: Counter[str] = Counter()
    ahead = deque([start])
    while ahead and len(seen) < MOST:
        address = ahead.popleft()
        path = urlsplit(address).path
        if address in seen or variants[path] == VARIANTS:
            continue
        variants[path] += 1
        response = client.get(address)
        seen[address] = readable(response)
        if response.status_code in {301, 302}:
            ahead.append(urljoin(address, response["Location"]))
        if "html" in response.get("Content-Type", ""):
            found = re.findall(r'(?:href|hx-get)="([^"#]+)"', response.content.decode())
            links = (urljoin(address, unescape(link)) for link in found)
            ahead.extend(
                link for link in links if link.startswith("/practice/") and not LEAVE.search(urlsplit(link).path)
            )
    return seen


def readable(response) -> str:
    """Return what an answer says, also inside a PDF, with its headers."""
    body = response.getvalue()
    heads = " ".join(f"{name}: {value}" for name, value in response.items())
    if body.startswith(b"%PDF"):
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
        return heads + text + body.decode("latin-1")
    return heads + body.decode("utf-8", errors="replace")


@pytest.mark.parametrize(("own", "other"), [("rossi", "bianchi"), ("bianchi", "rossi")])
def test_no_byte_of_the_other_practice_on_any_page_export_or_file(twins, proved, own, other):
    client = proved(PEOPLE[own])
    pages = walk(client, reverse("practice:home"))
    assert [address for address, text in pages.items() if MARKS[other].lower() in text.lower()] == []
    kinds = {
        "/practice/invoices/csv/",
        "/practice/patients/csv/",
        "/practice/registers/issued/csv/",
        reverse("practice:mails"),
        reverse("practice:jobs"),
        reverse("practice:sessions"),
        reverse("practice:invoice_pdf", args=[twins[own].issued.pk]),
        reverse("practice:patient", args=[twins[own].ids["patient_id"]]),
        reverse("practice:mail", args=[twins[own].ids["mail_id"]]),
    }
    walked = {urlsplit(address).path for address in pages}
    assert kinds <= walked, kinds - walked
    marked = [address for address, text in pages.items() if MARKS[own].lower() in text.lower()]
    assert len(marked) > 30, "the marker is not where people would see it"


@pytest.mark.parametrize(
    "page", ["practice:patients", "practice:customers", "practice:invoices", "practice:invoice_for"]
)
def test_search_for_the_other_practice_finds_nothing(twins, signed_in, page):
    client = signed_in("ada")
    typed = {"words": MARKS["bianchi"], "to": reverse(page)}
    response = client.post(reverse("practice:search"), typed, follow=True)
    body = response.content.decode()
    assert MARKS["bianchi"] not in re.sub(r'value="[^"]*"', "", body)
    response = client.post(reverse("practice:search"), {"words": MARKS["rossi"], "to": reverse(page)}, follow=True)
    assert MARKS["rossi"] in re.sub(r'value="[^"]*"', "", response.content.decode())


def test_sealed_search_of_the_other_practice_is_no_search(twins, signed_in):
    typed = {"words": MARKS["bianchi"], "to": reverse("practice:patients")}
    sealed = signed_in("olga").post(reverse("practice:search"), typed)["Location"]
    body = signed_in("ada").get(sealed).content.decode()
    assert MARKS["bianchi"] not in body


def test_rows_that_an_actor_sees_are_of_one_practice(world, twins):
    for actor, house in ((world.ada, world.rossi), (world.olga, world.bianchi)):
        for model in apps.get_models():
            fields = {field.name for field in model._meta.get_fields()}
            if not fields & {"practice", "party", "party_id"} or not model.__module__.startswith("sportello."):
                continue
            column = "practice_id" if "practice" in fields else "party_id"
            with acting(actor):
                found = set(model._default_manager.values_list(column, flat=True))
            assert found <= {house.party.pk}, model


def test_encrypted_texts_lie_in_the_database_without_the_marker(twins):
    with acting(System("tests")), connection.cursor() as cursor:
        for model in apps.get_models():
            columns = [field for field in model._meta.local_fields if isinstance(field, EncryptedTextField)]
            for column in columns:
                cursor.execute(f'SELECT "{column.column}" FROM "{model._meta.db_table}"')
                stored = [str(row[0]) for row in cursor.fetchall() if row[0]]
                assert not any(word in text for word in MARKS.values() for text in stored), (model, column)
        assert Invoice.objects.exclude(snapshot="").exists()
    assert issubclass(EncryptedTextField, models.Field)
