"""What people search for stays out of addresses."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

pytestmark = pytest.mark.urls("tests.web.doors")


def searched(client, words: str, to: str = "/door/words/?state=unpaid&after=12") -> str:
    response = client.post(reverse("practice:search"), {"words": words, "to": to})
    assert response.status_code == 303
    return str(response["Location"])


def test_search_words_come_back_and_are_not_in_the_address(signed_in):
    client = signed_in("ada")
    address = searched(client, "Verdi VRDBRN80E12A944U")
    assert "erdi" not in address
    assert "VRDBRN" not in address
    assert client.get(address).content.decode() == "Verdi VRDBRN80E12A944U"


def test_search_words_keep_the_filter_and_begin_at_the_first_page(signed_in):
    query = parse_qs(urlsplit(searched(signed_in("ada"), "Verdi")).query)
    assert query["state"] == ["unpaid"]
    assert "after" not in query


def test_search_words_empty_leave_the_plain_list(signed_in):
    client = signed_in("ada")
    assert searched(client, "  ", searched(client, "Verdi")) == "/door/words/?state=unpaid"


def test_search_words_of_another_practice_do_not_open(signed_in):
    address = searched(signed_in("ada"), "Verdi")
    assert signed_in("olga").get(address).content == b""


@pytest.mark.parametrize("seal", ["x", "k1.AAAA", "k1.%%%", "zz.AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "."])
def test_search_words_altered_are_no_search(signed_in, seal):
    response = signed_in("ada").get("/door/words/", {"search": seal})
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example/", "evil", ""])
def test_search_leads_to_no_other_site(signed_in, page):
    assert urlsplit(searched(signed_in("ada"), "x", page)).path == reverse("practice:home")
    assert not urlsplit(searched(signed_in("ada"), "x", page)).netloc
