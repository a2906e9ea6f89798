import pytest

from sportello.patients.folding import LONGEST, fold, folded_name


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("ROSSI", "rossi"),
        ("Nicolò", "nicolo"),
        ("D’Angelo", "dangelo"),
        ("Anna-Maria  Zoë", "anna maria zoe"),
        ("Müller", "muller"),
        ("Strauß", "strauss"),
        ("Łukasz Đorđe Øster", "lukasz dorde oster"),
        ("İbrahim", "ibrahim"),
        ("王小明", "王小明"),
        ("  ", ""),
    ],
)
def test_fold_takes_case_accents_and_apostrophes_off(typed, folded):
    assert fold(typed) == folded


def test_folded_name_begins_as_lists_are_sorted():
    assert folded_name("Verdi", "Bruno") == "verdi bruno"


@pytest.mark.parametrize("typed", ["dangelo", "angelo", "anna", "maria", "annamaria"])
def test_folded_name_holds_each_way_to_type_it(typed):
    assert typed in folded_name("D'Angelo", "Anna-Maria").split()


def test_folded_name_fits_its_column():
    assert len(folded_name("ab " * 40, "cd " * 40)) <= LONGEST
