"""Codice fiscale: form, meaning, comparison."""

from datetime import date

import pytest

from sportello.core.violations import RuleViolation
from sportello.patients.rules import (
    Mismatch,
    Person,
    Sex,
    check_codice_fiscale,
    decode,
    expected_code,
    mismatch,
    name_block,
    normalise,
    surname_block,
)

CODE = "FNTMRA80A01H501W"
MARIO = Person("Fintini", "Mario", date(1980, 1, 1), "M", "H501")


def code_of(text: str) -> str:
    with pytest.raises(RuleViolation) as caught:
        check_codice_fiscale(text)
    assert caught.value.field == "codice_fiscale"
    return caught.value.code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "codice_fiscale_missing"),
        ("  ", "codice_fiscale_missing"),
        ("0000", "codice_fiscale_length"),
        ("FNTMRA80A01H501", "codice_fiscale_length"),
        ("FNTMRA80A01H501X", "codice_fiscale_check_character"),
        ("FNTMRA80A32H501E", "codice_fiscale_date"),
        ("FNTMRA80A00H501W", "codice_fiscale_date"),
        ("FNTMRA80A40H501W", "codice_fiscale_date"),
        ("FNTMRA80A41H501B", "codice_fiscale_check_character"),
        ("FNTMRA80B30H501W", "codice_fiscale_date"),
        ("FNTMRA80F01H501W", "codice_fiscale_form"),
        ("FNTMRA8OA01H501W", "codice_fiscale_form"),
        ("fntmraſ0a01h501w", "codice_fiscale_form"),
        ("FNTMRA80A01H50١W", "codice_fiscale_form"),
        ("00000000000", "codice_fiscale_placeholder"),
        ("99999910376", "codice_fiscale_check_digit"),
        ("9999991037A", "codice_fiscale_form"),
    ],
)
def test_check_codice_fiscale_refuses(text: str, code: str) -> None:
    assert code_of(text) == code


def test_check_codice_fiscale_knows_a_leap_day_of_either_century() -> None:
    assert check_codice_fiscale("TSTLCU00B29D969B").decoded is not None
    assert code_of("PRVGLI81B29F205K") == "codice_fiscale_date"


def test_check_codice_fiscale_of_eleven_digits_says_nothing_of_a_person() -> None:
    found = check_codice_fiscale("000 0019 0017")
    assert (found.code, found.decoded, found.notices) == ("00000190017", None, ())


def test_check_codice_fiscale_doubts_a_place_nobody_knows() -> None:
    found = check_codice_fiscale(CODE, places={"F205"})
    assert [(notice.code, notice.figures["place"]) for notice in found.notices] == [("place_unknown", "H501")]
    assert check_codice_fiscale(CODE, places={"H501"}).notices == ()
    assert check_codice_fiscale(CODE).notices == ()


def test_decode_undoes_an_omocodia_and_infers_no_century() -> None:
    plain, changed = decode(CODE), decode("FNTMRA80A01HRLMU")
    for said in (plain, changed):
        assert (said.surname, said.name, said.year, said.month, said.day) == ("FNT", "MRA", 80, 1, 1)
        assert (said.sex, said.place) == (Sex.MALE, "H501")
    woman = decode("PRVGLI75T71F205K")
    assert (woman.sex, woman.day, woman.month) == (Sex.FEMALE, 31, 12)
    assert decode("FNTMRA80A41H501A").day == 1


@pytest.mark.parametrize(
    ("surname", "block"),
    [
        ("Rossi", "RSS"),
        ("Fo", "FOX"),
        ("Re", "REX"),
        ("Aiello", "LLA"),
        ("De Prova", "DPR"),
        ("D'Àncona", "DNC"),
        ("Müllerprova", "MLL"),
        ("Strauß", "STR"),
        ("Ø", "OXX"),
        ("Łoś", "LSO"),
        ("", None),
        ("王", None),
    ],
)
def test_surname_block_takes_consonants_then_vowels_then_x(surname: str, block: str | None) -> None:
    assert surname_block(surname) == block


@pytest.mark.parametrize(
    ("name", "block"),
    [("Gianfranco", "GFR"), ("Marta", "MRT"), ("Mario", "MRA"), ("Zoe", "ZOE"), ("Anna Maria", "NMR"), ("Io", "IOX")],
)
def test_name_block_skips_the_second_of_four_consonants(name: str, block: str) -> None:
    assert name_block(name) == block


def test_expected_code_needs_everything() -> None:
    assert expected_code(MARIO) == CODE
    for missing in (
        Person("", "Mario", date(1980, 1, 1), "M", "H501"),
        Person("Fintini", "", date(1980, 1, 1), "M", "H501"),
        Person("Fintini", "Mario", None, "M", "H501"),
        Person("Fintini", "Mario", date(1980, 1, 1), None, "H501"),
        Person("Fintini", "Mario", date(1980, 1, 1), "M", ""),
    ):
        assert expected_code(missing) is None


def _found(person: Person) -> Mismatch:
    found = mismatch(CODE, person)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("person", "fields"),
    [
        (Person("Altri", "Mario", date(1980, 1, 1), "M", "H501"), ("surname",)),
        (Person("Fintini", "Luca", date(1980, 1, 1), "M", "H501"), ("name",)),
        (Person("Fintini", "Mario", date(1981, 1, 1), "M", "H501"), ("birth_date",)),
        (Person("Fintini", "Mario", date(1980, 2, 1), "M", "H501"), ("birth_date",)),
        (Person("Fintini", "Mario", date(1980, 1, 2), "M", "H501"), ("birth_date",)),
        (Person("Fintini", "Mario", date(1980, 1, 1), "F", "H501"), ("sex",)),
        (Person("Fintini", "Mario", date(1980, 1, 1), "M", "F205"), ("place",)),
        (Person("Altri", "Luca", date(1999, 9, 9), "F", "f205"), ("surname", "name", "birth_date", "sex", "place")),
    ],
)
def test_mismatch_names_what_disagrees_and_the_expected_code(person: Person, fields: tuple[str, ...]) -> None:
    found = _found(person)
    assert found.fields == fields
    assert found.expected == expected_code(person)


def test_mismatch_takes_what_is_not_known_from_the_code() -> None:
    found = _found(Person(surname="Altri"))
    assert found.expected[:15] == "LTRMRA80A01H501"
    assert mismatch(CODE, Person()) is None
    assert mismatch(CODE, Person(surname="王", name="Mario")) is None


def test_mismatch_of_a_woman_keeps_her_days() -> None:
    found = mismatch("PRVGLI75T71F205K", Person(surname="Altri"))
    assert found is not None
    assert found.expected[:15] == "LTRGLI75T71F205"


def test_mismatch_does_not_know_the_century_and_forgives_an_omocodia() -> None:
    assert mismatch(CODE, Person(birth_date=date(2080, 1, 1))) is None
    assert mismatch("FNTMRA80A01HRLMU", MARIO) is None
    assert mismatch("fntmra 80a01 hrlmu", MARIO) is None


def test_mismatch_has_nothing_to_say_of_eleven_digits() -> None:
    assert mismatch("00000190017", MARIO) is None


def test_normalise_leaves_foreign_letters_to_be_refused() -> None:
    assert normalise(" fnt\tmra\u00a080a01 ") == "FNTMRA80A01"
    assert normalise("ſ") == "ſ"


def test_nothing_here_shows_a_person() -> None:
    for value in (MARIO, check_codice_fiscale(CODE), decode(CODE), _found(Person(surname="Altri"))):
        assert "FNT" not in repr(value)
        assert "Fintini" not in repr(value)
