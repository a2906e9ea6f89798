"""Ten languages: complete, with equal placeholders and all plural forms, in the right direction of writing."""

import re

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext, ngettext
from script.lib import catalogues

from portal.accounts.models import Account
from portal.accounts.signing_in import note_entry
from portal.post.models import Mail
from portal.post.outbox import opened
from portal.web import formats
from tests.portal.conftest import account
from tests.portal.desk import overview

ROOT = next(root for root in catalogues.ROOTS if root.source.name == "portal")
CODES = [code for code, _name in settings.LANGUAGES]
TABLE = [
    ("ar", {0: None, 1: None, 2: None, 3: "3", 11: "11", 100: "100"}),
    ("uk", {1: "1", 2: "2", 5: "5", 21: "21"}),
    ("ro", {1: None, 2: "2", 20: "20"}),
    ("zh-hans", {1: "1", 2: "2"}),
]


def test_every_language_has_its_catalogue():
    assert {code.replace("zh-hans", "zh_Hans") for code in CODES} - {"en"} == set(ROOT.languages)
    assert len(CODES) == 10


def test_catalogues_are_complete_with_equal_placeholders():
    assert list(catalogues.problems(ROOT)) == []


@pytest.mark.django_db
@pytest.mark.parametrize("code", CODES)
def test_page_speaks_the_language_and_writes_in_its_direction(client, code):
    client.post("/language/", {"language": code, "next": "/sign-in/"})
    page = client.get("/sign-in/").content.decode()
    direction = "rtl" if code == "ar" else "ltr"
    assert f'<html lang="{code}" dir="{direction}"' in page
    assert ("tabler.rtl" in page) is (direction == "rtl")
    assert ("Sign in" in page) is (code == "en")
    with translation.override(code):
        assert gettext("Sign in") in page


@pytest.mark.parametrize(("code", "numbers"), TABLE)
def test_plural_forms_differ_where_the_language_wants_it(code, numbers):
    with translation.override(code):
        said = {
            number: ngettext("%(papers)s invoice", "%(papers)s invoices", number) % {"papers": number}
            for number in numbers
        }
    assert all(figure is None or figure in said[number] for number, figure in numbers.items()), said
    words = {re.sub(r"\d+", "#", text) for text in said.values()}
    assert len(words) >= (1 if code == "zh-hans" else 2), said


def test_plural_forms_of_arabic_are_six():
    with translation.override("ar"):
        said = [ngettext("%(papers)s invoice", "%(papers)s invoices", number) for number in (0, 1, 2, 3, 11, 100)]
    assert len(set(said)) >= 4, said


@pytest.mark.django_db
@pytest.mark.parametrize("code", CODES)
def test_mail_speaks_the_language_of_the_account(code, client):
    from django.utils import timezone

    from portal.accounts.devices import Browser

    who: Account = account(language=code)
    note_entry(who, Browser("192.0.2.1", "firefox android"), timezone.now(), link="https://x.example/forgot/")
    letter = opened(Mail.objects.get())
    assert ("Sign-in with a new device" in letter.subject) is (code == "en")
    assert "Firefox, Android" in letter.text
    assert "https://x.example/forgot/" in letter.text
    assert letter.language == code


@pytest.mark.parametrize(
    ("code", "money", "day"),
    [
        ("it", "€ 1.234,50", "18/11/2026"),
        ("en", "€1,234.50", "18 Nov 2026"),
        ("de", "1.234,50 €", "18.11.2026"),
        ("fr", "1 234,50 €", "18/11/2026"),
        ("ar", "€ 1.234,50", "18/11/2026"),
        ("zh-hans", "€1,234.50", "2026/11/18"),
    ],
)
def test_money_and_days_are_written_as_in_the_language(code, money, day):
    from datetime import date
    from decimal import Decimal

    with translation.override(code):
        text = formats.money(Decimal("1234.50"))
        assert re.sub(r"\s", " ", text) == money
        assert formats.day(date(2026, 11, 18)) == day
        assert formats.money(Decimal("-1.00")).startswith(formats.MINUS)
        assert formats.money(None) == formats.DASH


def test_home_counts_papers_in_the_language(signed_in, bruno, his, desk, other_desk):
    from tests.portal.conftest import connected

    connected(bruno, other_desk, "c-2")
    other_desk.answers["overview"] = lambda asked: overview(opened=1)
    page = signed_in.get("/").content.decode()
    assert "1 invoice<" in re.sub(r"\s+", " ", page) or "1 invoice " in page
    assert "3 invoices" in page
