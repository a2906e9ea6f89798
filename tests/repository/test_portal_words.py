"""What the practice writes down about a patient can be read by that patient: the portal has words for it."""

from __future__ import annotations

from portal.web.papers import words
from sportello.web.practice.settings.deeds import WORDS

OF_THE_PRACTICE = {  # deeds that are about no patient
    "account",
    "audit",
    "bulk_invitation",
    "customer",
    "entity",
    "installation",
    "job",
    "keys",
    "mail_server",
    "member",
    "portal_settings",
    "practice",
    "register",
    "series",
    "service",
    "site",
    "terms",
    "wording",
}
UNSEEN = {"portal.pair", "portal.refused", "portal.unpair"}  # of the server, or refused: not listed to patients


def test_every_deed_about_a_patient_has_words_in_the_portal() -> None:
    wordless = {code for code in WORDS if words.deed(code) is words.ANYTHING} - UNSEEN
    assert {code for code in wordless if code.partition(".")[0] not in OF_THE_PRACTICE} == set()
