from dataclasses import replace
from datetime import date

import pytest

from sportello.core.actors import MayNot, Switch, System, acting
from sportello.parties.timeline import deeds_of_patient
from sportello.patients.checks import birthday, is_minor
from sportello.patients.codes import code_hash
from sportello.patients.folding import folded_name
from sportello.patients.models import Patient
from sportello.patients.operations import open_patient
from sportello.patients.queries import (
    PatientFilter,
    PatientSort,
    patient_choices,
    patient_counts,
    patient_detail,
    patient_names,
    patient_page,
    patient_rows,
)
from tests.world import BRUNO_CODE, DAY, only


def _page(actor, **more):
    return patient_page(actor, today=DAY, **more)


def _names(page):
    return [row.name for row in page.rows]


@pytest.fixture
def crowd(world):
    """Sixty more patients of Rossi's, two by two of the same name."""
    with acting(System("test")):
        Patient.objects.bulk_create(
            Patient(
                practice=world.rossi.party,
                family_name=f"Folla{number // 2:02}",
                given_name="Ugo",
                folded_name=folded_name(f"Folla{number // 2:02}", "Ugo"),
            )
            for number in range(60)
        )
    return world


def test_patient_page_shows_the_active_by_name(world):
    assert _names(_page(world.ada)) == ["Amrani Youssef", "Verdi Bruno", "Verdi Mia"]


def test_patient_page_of_a_practice_holds_no_row_of_another(world):
    assert [row.id for row in _page(world.olga).rows] == [world.twin.pk]


@pytest.mark.parametrize("who", ["nothing", "accountant"])
def test_patient_page_without_the_switch_may_not(world, who):
    with pytest.raises(MayNot):
        _page(only(world.elena, Switch.INVOICES) if who == "nothing" else world.carla)


def test_patient_page_of_a_member_with_own_patients_only(world):
    own = replace(world.elena, own_patients_only=True)
    assert _names(_page(own)) == []
    with acting(System("test")):
        Patient.objects.filter(pk=world.mia.pk).update(followed_by=world.elena.person_id)
    assert _names(_page(own)) == ["Verdi Mia"]
    assert patient_counts(own, today=DAY).all == 1


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (PatientFilter.MINORS, ["Verdi Mia"]),
        (PatientFilter.WITHOUT_CODE, ["Amrani Youssef"]),
        (PatientFilter.NOT_CONNECTED, ["Amrani Youssef", "Verdi Bruno", "Verdi Mia"]),
        (PatientFilter.CONNECTED, []),
        (PatientFilter.ARCHIVED, ["Zanetti Lino"]),
    ],
)
def test_patient_page_filters(world, which, found):
    assert _names(_page(world.ada, which=which)) == found


def test_patient_counts_agree_with_the_lists(world, django_assert_num_queries):
    with django_assert_num_queries(6):
        counts = patient_counts(world.ada, today=DAY)
    for which in PatientFilter:
        assert counts.of(which) == _page(world.ada, which=which).total


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ver", ["Verdi Bruno", "Verdi Mia"]),
        ("BRU ver", ["Verdi Bruno"]),
        ("Mìa", ["Verdi Mia"]),
        ("runo", []),
        ("vrdbrn 80e12a944u", ["Verdi Bruno"]),
        ("VRDBRN80E12A944", []),
        ("333 000", ["Verdi Bruno"]),
        ("+39 333", ["Verdi Bruno"]),
        ("BRUNO.verdi@", ["Verdi Bruno"]),
        ("%", []),
        ("ver_i", []),
        ("'", []),
    ],
)
def test_patient_page_finds_by_name_code_phone_and_mail(world, words, found):
    assert _names(_page(world.ada, words=words)) == found


def test_patient_page_does_not_find_the_twin_by_code(world):
    assert [row.id for row in _page(world.ada, words=BRUNO_CODE).rows] == [world.bruno.pk]
    assert code_hash(world.ada.party_id, BRUNO_CODE) != code_hash(world.olga.party_id, BRUNO_CODE)


@pytest.mark.parametrize("sort", list(PatientSort))
def test_patient_page_pages_forth_and_back(crowd, sort):
    seen, page = [], _page(crowd.ada, sort=sort)
    pages = [page]
    while page.after:
        page = _page(crowd.ada, sort=sort, after=page.after)
        pages.append(page)
    seen = [row.id for each in pages for row in each.rows]
    assert (len(seen), len(set(seen)), [len(each.rows) for each in pages]) == (63, 63, [25, 25, 13])
    assert _page(crowd.ada, sort=sort, before=pages[2].before) == pages[1]
    assert _page(crowd.ada, sort=sort, before=pages[1].before).rows == pages[0].rows


def test_patient_page_after_a_row_of_another_practice_is_the_first(crowd):
    assert _page(crowd.ada, after=crowd.twin.pk) == _page(crowd.ada)


def test_patient_page_queries_do_not_grow(crowd, django_assert_num_queries):
    with django_assert_num_queries(2):
        first = _page(crowd.ada)
    with django_assert_num_queries(3):
        _page(crowd.ada, after=first.after)


def test_patient_rows_are_those_of_the_list(world):
    rows = patient_rows(world.ada, today=DAY, which=PatientFilter.ALL, words="verdi", sort=PatientSort.NAME_DOWN)
    assert [row.name for row in rows] == ["Verdi Mia", "Verdi Bruno"]


def test_patient_choices_tell_namesakes_apart(world):
    (bruno,) = patient_choices(world.ada, "bruno", today=DAY)
    assert (bruno.id, bruno.name, bruno.hint) == (world.bruno.pk, "Verdi Bruno", BRUNO_CODE)


def test_patient_names_leaves_out_whom_the_actor_does_not_meet(world):
    assert patient_names(world.ada, [world.bruno.pk, world.twin.pk]) == {world.bruno.pk: "Verdi Bruno"}


def test_patient_detail_shows_minor_and_representatives(world, django_assert_num_queries):
    with django_assert_num_queries(2):
        mia = patient_detail(world.elena, world.mia.pk, today=DAY)
    assert (mia.is_minor, mia.adult_on) == (True, date(2036, 9, 5))
    assert [(each.name, each.codice_fiscale) for each in mia.representatives] == [("Gina Verdi", "VRDGNI84R50A944J")]


def test_patient_detail_of_another_practice_is_not_found(world):
    with pytest.raises(Patient.DoesNotExist):
        patient_detail(world.olga, world.bruno.pk, today=DAY)


def test_patient_detail_without_the_switch_may_not(world):
    with pytest.raises(MayNot):
        patient_detail(world.carla, world.bruno.pk, today=DAY)


def test_deeds_of_patient_say_who_looked(world):
    open_patient(actor=world.elena, patient_id=world.bruno.pk)
    with acting(world.ada):
        (deed,) = deeds_of_patient(world.bruno.pk)
    assert (deed.who, deed.action) == ("Elena Neri", "patient.read")


def test_deeds_of_patient_are_hidden_from_another_practice(world):
    open_patient(actor=world.elena, patient_id=world.bruno.pk)
    with acting(world.olga):
        assert deeds_of_patient(world.bruno.pk) == []


@pytest.mark.parametrize(
    ("born_on", "on", "minor"),
    [
        (date(2008, 3, 12), date(2026, 3, 12), False),
        (date(2008, 3, 13), date(2026, 3, 12), True),
        (date(2008, 2, 29), date(2026, 2, 28), True),
        (date(2008, 2, 29), date(2026, 3, 1), False),
        (None, date(2026, 3, 1), False),
    ],
)
def test_is_minor_until_the_eighteenth_birthday(born_on, on, minor):
    assert is_minor(born_on, on) is minor


@pytest.mark.parametrize("today", [date(2026, 2, 28), date(2026, 3, 1), date(2028, 2, 29)])
def test_patient_page_of_minors_agrees_with_each_row(world, today):
    with acting(System("test")):
        for day in (date(2008, 2, 28), date(2008, 2, 29), date(2008, 3, 1), date(2010, 2, 28), date(2010, 3, 1)):
            Patient.objects.create(
                practice=world.rossi.party, family_name="Eta", given_name="X", folded_name="eta x", born_on=day
            )
    shown = patient_page(world.ada, today=today, which=PatientFilter.MINORS)
    everybody = patient_page(world.ada, today=today)
    assert {row.id for row in shown.rows} == {row.id for row in everybody.rows if row.is_minor}


def test_birthday_of_a_leap_day():
    assert birthday(date(2008, 2, 29), 18) == date(2026, 3, 1)
