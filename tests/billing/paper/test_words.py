"""Labels and courtesy texts: whole in every language, with the same fields everywhere."""

import json
import string
from datetime import date
from importlib import resources

import pytest

from sportello.billing.compose import Speaker
from sportello.billing.paper import courtesy, sheet
from sportello.billing.paper.content import Words
from sportello.billing.reference import Kind, Reference, load
from sportello.billing.terms import Law

LANGUAGES = {"en", "ro", "sq", "ar", "zh-hans", "uk", "es", "fr", "de"}
COURTESY = json.loads(resources.files("sportello.billing.paper").joinpath("courtesy.json").read_text("utf-8"))


def _fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_languages_are_the_ten_of_the_first_release():
    assert sheet.languages() == LANGUAGES


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_labels_are_whole_in_every_language(language):
    italian, other = sheet.labels()["it"], sheet.labels()[language]
    assert list(other) == list(italian)
    assert all(text.strip() == text and text for text in other.values())
    assert {key: _fields(text) for key, text in other.items()} == {key: _fields(text) for key, text in italian.items()}


def _shipped():
    """Return key and Italian text of everything a paper may print from the dated records."""
    for record in load():
        if record.kind is Kind.WORDING and record.key not in ("proforma", "copy_mark"):
            yield record.key, record.values
        elif record.kind in (Kind.REGIME, Kind.PAYMENT_METHOD):
            yield f"{record.kind.value}.{record.key}", record.values["name"]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_courtesy_has_every_text_the_records_lack(language):
    missing = [key for key, texts in _shipped() if not texts.get(language) and not COURTESY.get(language, {}).get(key)]
    assert missing == []


@pytest.mark.parametrize("language", sorted(COURTESY))
def test_courtesy_uses_the_fields_of_the_italian_text(language):
    for key, texts in _shipped():
        if key in COURTESY[language]:
            assert _fields(COURTESY[language][key]) == _fields(texts["it"]), key


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_courtesy_names_the_vat_of_a_taxed_group(language):
    assert "22" in courtesy.text("vat.TAXABLE_22", language, rate="22")


@pytest.mark.parametrize("language", sorted(COURTESY))
def test_courtesy_names_no_article_of_a_law(language):
    for text in COURTESY[language].values():
        assert "633" not in text
        assert "190/2014" not in text


def test_text_fills_the_fields_and_keeps_codes_together_beside_arabic():
    assert courtesy.text("fund.ENPAP", "de", rate="2") == "Zusatzbeitrag ENPAP 2 %"
    assert "\u2068" + "79/2026" + "\u2069" in courtesy.text("credit_note.full", "ar", number="79/2026", date="x")


def test_text_of_an_unknown_key_or_language_is_empty():
    assert courtesy.text("vat.EXEMPT_HEALTH", "it") == ""
    assert courtesy.text("nothing", "de") == ""


def test_speaker_falls_back_to_the_courtesy_text_where_the_records_have_none():
    says = Speaker(Law(date(2026, 3, 2), Reference(load())), {}, "de")
    assert says.say("fund.ENPAP", rate="2") == Words("Contributo integrativo ENPAP 2%", "Zusatzbeitrag ENPAP 2 %")
    assert says.name(Kind.PAYMENT_METHOD, "MP08").second == "Zahlungskarte"


def test_speaker_keeps_to_the_records_where_they_have_the_language():
    says = Speaker(Law(date(2026, 3, 2), Reference(load())), {}, "fr")
    assert says.name(Kind.REGIME, "RF19").second == "Régime forfaitaire"


def test_speaker_adds_no_translation_of_ours_to_a_wording_of_the_entity():
    says = Speaker(Law(date(2026, 3, 2), Reference(load())), {"fund.ENPAP": {"it": "Cassa {rate}%"}}, "de")
    assert says.say("fund.ENPAP", rate="2") == Words("Cassa 2%", "")
