"""Places of birth by code and by name."""

from datetime import date

from sportello.patients.places import find_places, known_codes, place_of


def test_known_codes_hold_comuni_and_states_and_no_invention() -> None:
    assert {"H501", "F205", "F839", "L219", "Z129", "Z243"} <= known_codes()
    assert "Z999" not in known_codes()
    assert len(known_codes()) > 10_000


def test_place_of_takes_the_name_of_the_day() -> None:
    now, then = place_of("a001"), place_of("A001", date(1900, 1, 1))
    assert now is not None
    assert then is not None
    assert (now.name, then.name) == ("Abano Terme", "Abano")
    assert place_of("A001", date(1800, 1, 1)) == now
    assert place_of("Z999") is None


def test_place_existed_on_its_first_and_last_day() -> None:
    old = place_of("A001", date(1924, 11, 13))
    assert old is not None
    assert old.existed_on(date(1866, 11, 19))
    assert not old.existed_on(date(1866, 11, 18))
    assert not old.existed_on(date(1924, 11, 14))
    romania = place_of("Z129")
    assert romania is not None
    assert romania.existed_on(date(1850, 1, 1))


def test_place_is_abroad_by_its_letter() -> None:
    assert [place.is_abroad for code in ("Z129", "H501") if (place := place_of(code))] == [True, False]


def test_find_places_is_deaf_to_accents_and_puts_the_whole_name_first() -> None:
    assert [place.code for place in find_places("roma", limit=1)] == ["H501"]
    assert find_places("FORLÌ")[0].name == "Forlì"
    assert find_places("forli") == find_places("Forlì")
    assert find_places("") == []
    assert len(find_places("san", limit=7)) == 7


def test_find_places_puts_what_exists_first() -> None:
    found = find_places("abano")
    assert found[0].name == "Abano"
    assert [place.until is None for place in find_places("caste", limit=50)] == [True] * 50
