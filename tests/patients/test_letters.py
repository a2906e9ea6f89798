"""The letters to patients: ten languages complete, Italian below, nothing about health, nothing that names anybody."""

from __future__ import annotations

import re
from email import message_from_bytes, policy

import pytest

from sportello.core.actors import System, acting
from sportello.core.languages import FIRST
from sportello.core.mail.delivery import compose
from sportello.core.mail.transport import Server
from sportello.patients.connecting.letters import languages, spoken, texts
from sportello.patients.operations.portal.inviting import resend
from sportello.patients.operations.portal.standing import disconnect
from tests.patients import portal
from tests.patients.portal import NOW, connected, mails, send, token

PLACEHOLDER = re.compile(r"%\(\w+\)s")
CODES = [each.code for each in FIRST]
SCRIPTS = {"ar": r"[\u0600-\u06ff]", "zh-hans": r"[\u4e00-\u9fff]", "uk": r"[\u0400-\u04ff]"}


@pytest.fixture(autouse=True)
def _paired(monkeypatch):
    portal.pair(monkeypatch)


def _speak(patient, language):
    with acting(System("test")):
        type(patient).objects.filter(pk=patient.pk).update(language=language)


def test_letters_are_written_in_the_ten_first_languages():
    assert languages() == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_letters_of_a_language_are_complete_with_the_same_placeholders(code):
    wanted, held = texts("en"), texts(code)
    assert set(held) == set(wanted)
    for name, text in held.items():
        assert text.strip(), name
        assert sorted(set(PLACEHOLDER.findall(text))) == sorted(set(PLACEHOLDER.findall(wanted[name]))), name
        assert "%" not in PLACEHOLDER.sub("", text), name


@pytest.mark.parametrize("code", [each for each in CODES if each != "en"])
def test_letters_of_a_language_are_translated_in_its_script(code):
    wanted, held = texts("en"), texts(code)
    same = [name for name in held if held[name] == wanted[name] and PLACEHOLDER.sub("", held[name]).strip(" :·.")]
    assert same in ([], ["questions"])
    if code in SCRIPTS:
        for name, text in held.items():
            assert re.search(SCRIPTS[code], text) or name == "questions", name


@pytest.mark.parametrize("code", CODES)
def test_invitation_is_in_the_patients_language_with_italian_below(world, code):
    _speak(world.bruno, code)
    send(world.ada, world.bruno)
    (mail,) = mails()
    first, _, below = mail.text.partition("----------")
    assert texts(code)["choose"] in first
    assert (texts("it")["choose"] in below) == (code != "it")
    assert mail.subject == texts(code)["subject_invitation"] % {"practice": "Studio Rossi"}
    assert mail.language == code
    assert f'lang="{code}" dir="{"rtl" if code == "ar" else "ltr"}"' in mail.html
    assert mail.html.count("<div") == (1 if code == "it" else 2)


@pytest.mark.parametrize("preferred", ["ur", "tr", "bn"])
def test_letters_of_a_language_without_texts_are_english_and_italian(preferred):
    assert spoken(preferred) == ("en", "it")


def test_invitation_names_the_practice_and_nothing_else(world):
    _speak(world.bruno, "ar")
    send(world.ada, world.bruno, proof="birth_date")
    (mail,) = mails()
    for secret in ("Bruno", "Verdi", "VRDBRN", "1980", "psic", "Psic", "therapy"):
        assert secret not in mail.text + mail.html + mail.subject
    assert mail.subject.replace("Studio Rossi", "").strip()
    assert (mail.from_name, mail.reply_to) == ("Studio Rossi", "studio@posta.example")


def test_invitation_is_emptied_once_it_has_gone(world):
    send(world.ada, world.bruno)
    assert mails()[0].drop_body


def test_invitation_has_one_link_in_text_and_page(world):
    _speak(world.bruno, "de")
    send(world.ada, world.bruno)
    (mail,) = mails()
    address = f"{portal.ADDRESS}/i/desk-1/{token()}"
    assert mail.text.count(address) == 2  # once in each language
    assert set(re.findall(r"https?://[^\s\"<]+", mail.text + mail.html)) == {address}


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("fr", "26 mars 2026"),
        ("en", "26 March 2026"),
        ("ar", "26 مارس 2026"),
        ("zh-hans", "2026年3月26日"),
        ("uk", "26 березня 2026"),
    ],
)
def test_invitation_says_the_day_in_each_language(world, language, day):
    _speak(world.bruno, language)
    send(world.ada, world.bruno)
    text = mails()[0].text
    assert day in text
    assert "26 marzo 2026" in text


def test_invitation_of_a_representative_speaks_of_the_person_they_act_for(world):
    send(world.ada, world.mia, world.gina)
    (mail,) = mails()
    assert "della persona che rappresenta" in mail.text
    assert "Mia" not in mail.text


def test_invitation_says_that_a_proof_will_be_asked(world):
    sent = send(world.ada, world.bruno, proof="spoken_code")
    assert "a voce" in mails()[-1].text
    assert sent.code not in mails()[-1].text


def test_resent_invitation_says_that_earlier_links_are_dead(world):
    sent = send(world.ada, world.bruno)
    resend(actor=world.ada, connection_id=sent.connection_id, now=NOW)
    assert "non funzionano più" in mails()[-1].text


def test_practice_with_markup_in_its_name_writes_it_as_text(world):
    with acting(System("test")):
        type(world.rossi.party).objects.filter(pk=world.rossi.party.pk).update(name="<b>Studio</b> & Co")
    send(world.ada, world.bruno)
    assert "&lt;b&gt;Studio&lt;/b&gt; &amp; Co" in mails()[0].html
    assert "<b>" not in mails()[0].html


def test_letters_travel_as_mail_with_both_forms(world):
    _speak(world.bruno, "zh-hans")
    row = connected(world.ada, world.bruno)
    disconnect(actor=world.ada, connection_id=row.pk, now=NOW)
    for mail in (*mails(), *mails("patient_disconnected")):
        with acting(System("test")):
            message = compose(mail, Server("localhost", 25, "none", from_address="noreply@posta.example"), NOW)
        read = message_from_bytes(message.as_bytes(), policy=policy.default)
        assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]
        assert read["Content-Language"] == "zh-hans"
