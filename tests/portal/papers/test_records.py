"""Who has looked, and what the practice knows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from deskwire.messages import AccessRow, AccessRows, Relation
from deskwire.streams import StreamHead
from portal.web.papers import words
from tests.portal.desk import File, overview

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 3, 12, 9, 30, tzinfo=UTC)


def _accesses(browser, his, query=""):
    return browser.get(reverse("papers:accesses", args=[his.uid]) + query)


def test_accesses_say_who_when_and_what_in_plain_words(signed_in, his, desk):
    desk.answers["accesses.list"] = lambda asked: AccessRows(
        (
            AccessRow(AT, "owner", "Ada Rossi", "invoice.issue", "12/2026"),
            AccessRow(AT, "system", "", "invoice.paper", "12/2026"),
            AccessRow(AT, "wizard", "", "patient.transmogrify", ""),
        ),
        "41",
    )
    text = _accesses(signed_in, his).content.decode()
    for expected in ("Issued a paper", "12/2026", "Ada Rossi", "Owner of the practice", "10:30", "?after=41"):
        assert expected in text
    assert "Worked on the personal data" in text
    assert "Somebody of the practice" in text


def test_accesses_page_by_the_desks_key(signed_in, his, desk):
    desk.answers["accesses.list"] = lambda asked: AccessRows((), "")
    assert "Nothing is noted yet" in _accesses(signed_in, his, "?after=41").content.decode()
    assert desk.asked[-1].message.after == "41"
    _accesses(signed_in, his, "?after=4 1")
    assert desk.asked[-1].message.after == ""


def test_record_says_what_it_holds_and_is_sent_on_demand(signed_in, his, desk):
    page = signed_in.get(reverse("papers:record", args=[his.uid]))
    assert "studio@ginestra.example" in page.content.decode()
    assert desk.kinds() == ["overview"]
    desk.answers["record.export"] = lambda asked: File(StreamHead("application/zip", "dati.zip", 2), [b"PK"])
    file = signed_in.post(reverse("papers:record-file", args=[his.uid]))
    assert b"".join(file.streaming_content) == b"PK"
    assert signed_in.get(reverse("papers:record-file", args=[his.uid])).status_code == 405


def test_accesses_of_the_patient_are_yours_unless_you_act_for_somebody(signed_in, his, desk):
    desk.answers["accesses.list"] = lambda asked: AccessRows((AccessRow(AT, "patient", "Mia", "portal.pdf", ""),), "")
    assert "You, here" in _accesses(signed_in, his).content.decode()
    desk.answers["overview"] = lambda asked: overview(relation=Relation.PARENT)
    assert "The patient, here" in _accesses(signed_in, his).content.decode()


def test_deeds_have_words_for_what_no_page_knows_yet():
    assert words.deed("something.new") == words.ANYTHING
    assert words.deed("sts.whatever") == words.SUBJECTS["sts"]
