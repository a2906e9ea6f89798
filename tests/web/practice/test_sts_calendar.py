"""The calendar of the year view: what falls on which day, the file, and how many questions it costs."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from sportello.core.actors import System, acting
from sportello.expenses.models import Expense, StsCertificate, StsSettings
from sportello.expenses.queries.agenda import Kind, agenda
from sportello.expenses.queries.outlook import stretches
from sportello.parties.models import BillingEntity
from tests.billing.desk import line, paid
from tests.expenses.counter import counter_at
from tests.web.practice.conftest import text_of
from tests.world import DAY

PAGE, FILE = "practice:sts_year", "practice:sts_year_file"
NOW = datetime(2026, 3, 12, 11, tzinfo=UTC)
YEAR = (date(2026, 4, 1), date(2027, 3, 31))


@pytest.fixture
def counter(world, on_the_day, tmp_path):
    """Give the State's counter with Ada's account at it, on the day of the cast."""
    with counter_at(world, tmp_path / "ministry") as opened:
        yield opened


def due(counter, number: int = 1):
    """Return paid invoices that wait to be sent."""
    papers = [paid(counter.world, line(service_id=counter.world.therapy.pk)) for _ in range(number)]
    counter.take_in()
    return papers


def found(actor, kind: Kind, window=YEAR):
    return [each for each in agenda(actor, *window, entity_id=None, now=NOW) if each.kind is kind]


def account(**values):
    with acting(System("tests")):
        StsSettings.objects.update(**values)


def test_agenda_counts_what_is_missing_for_each_deadline(counter, world):
    first, _second, _third = due(counter, 3)
    with acting(System("tests")):
        Expense.objects.filter(invoice_id=first.pk).update(held="held")
    [deadline] = found(world.ada, Kind.SEND)
    assert (deadline.day, deadline.year, deadline.missing) == (date(2027, 2, 1), 2026, 2)
    assert [each.day for each in found(world.ada, Kind.CHANGE)] == [date(2027, 2, 8)]
    [span] = found(world.ada, Kind.OBJECT)
    assert (span.day, span.last) == (date(2027, 2, 9), date(2027, 3, 8))


def test_agenda_of_a_window_inside_a_span_shows_the_span(counter, world):
    window = (date(2027, 3, 1), date(2027, 3, 31))
    assert [each.kind for each in agenda(world.ada, *window, entity_id=None, now=NOW)] == [Kind.OBJECT]


def test_agenda_knows_senders_with_deadlines_of_their_own(counter, world):
    account(category="veterinarian")
    [deadline] = found(world.ada, Kind.SEND)
    assert deadline.day == date(2027, 3, 16)


def test_agenda_tells_when_password_and_certificates_end(counter, world):
    account(password_changed_on=date(2026, 3, 2), password_lasts=90, environment="test")
    with acting(System("tests")):
        StsCertificate.objects.bulk_create(
            StsCertificate(
                practice=world.rossi.party,
                purpose=purpose,
                pem="-",
                serial=f"{day:%m%d}{purpose}",
                valid_from=NOW,
                valid_to=datetime(day.year, day.month, day.day, tzinfo=UTC),
                loaded_at=NOW,
            )
            for purpose, day in (
                ("sanitelcf", date(2026, 6, 1)),
                ("sanitelcf", date(2027, 1, 23)),
                ("ca", date(2026, 9, 9)),
            )
        )
    days = {
        kind: [each.day for each in found(world.ada, kind)] for kind in (Kind.PASSWORD, Kind.SEALING, Kind.AUTHORITY)
    }
    assert days == {
        Kind.PASSWORD: [date(2026, 5, 31)],
        Kind.SEALING: [date(2027, 1, 23)],
        Kind.AUTHORITY: [date(2026, 9, 9)],
    }


def test_agenda_of_another_practice_says_nothing_of_this_one(counter, world):
    due(counter, 2)
    assert agenda(world.olga, *YEAR, entity_id=None, now=NOW) == []
    assert agenda(world.olga, *YEAR, entity_id=world.studio.pk, now=NOW) == []


def test_uid_stays_when_the_day_moves(counter, world):
    account(password_changed_on=date(2026, 3, 2))
    before = found(world.ada, Kind.PASSWORD)
    account(password_changed_on=date(2026, 3, 3))
    after = found(world.ada, Kind.PASSWORD)
    assert before[0].day != after[0].day
    assert before[0].uid == after[0].uid


def test_year_page_shows_the_day_and_leads_to_what_is_missing(proved, counter):
    due(counter, 2)
    page = text_of(proved("ada").get(reverse(PAGE)))
    assert 'aria-current="date"' in page
    assert f'datetime="{date(2027, 2, 1).isoformat()}"' in page
    assert f"{reverse('practice:sts')}?year=2026&amp;view=to_send" in page.replace("&view", "&amp;view")


def test_year_page_takes_the_same_queries_for_one_and_for_many(proved, counter, counted, world):
    due(counter)
    client = proved("ada")
    few = counted(client, reverse(PAGE))
    due(counter, 9)
    with acting(System("tests")):
        StsCertificate.objects.create(
            practice=world.rossi.party,
            purpose="sanitelcf",
            pem="-",
            serial="1",
            valid_from=NOW,
            valid_to=NOW,
            loaded_at=NOW,
        )
    assert counted(client, reverse(PAGE)) == few


@pytest.mark.parametrize("wrong", ["0000-00", "2026-13", "x", "9999-01", "2026-1"])
def test_year_page_with_a_month_that_cannot_be_shows_what_lies_ahead(proved, counter, wrong):
    page = text_of(proved("ada").get(reverse(PAGE), {"from": wrong}))
    assert 'aria-current="date"' in page


def test_year_file_holds_every_deadline_and_no_name(proved, counter, world):
    due(counter, 2)
    response = proved("ada").get(reverse(FILE), {"year": DAY.year})
    text = response.content.decode()
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="sistema-ts-2026-03.ics"'
    assert "DTSTART;VALUE=DATE:20270201" in text
    for word in (
        world.studio.name,
        world.bruno.family_name,
        world.people["ada"].get_full_name(),
        world.studio.partita_iva,
    ):
        assert word not in text


def test_year_file_is_for_who_may_send(proved, counter):
    assert proved("elena").get(reverse(FILE)).status_code == 403
    assert "BEGIN:VEVENT" not in proved("olga").get(reverse(FILE)).content.decode()


def test_stretches_name_whose_deadline_each_is(counter, world):
    due(counter, 2)
    with acting(System("tests")):
        other = BillingEntity.objects.get(pk=world.studio.pk)
        other.pk, other.name, other.partita_iva = None, "Ambulatorio", "12345670017"
        other.save()
        mine = StsSettings.objects.get()
        mine.pk, mine.uid, mine.entity, mine.category = None, uuid.uuid4(), other, "veterinarian"
        mine.save()
    with acting(world.ada):
        found = stretches(world.ada, 2026, entity_id=None, today=DAY)
    assert [(each.due.send_by, each.entities, each.missing) for each in found] == [
        (date(2027, 2, 1), (world.studio.name,), 2),
        (date(2027, 3, 16), ("Ambulatorio",), 0),
    ]
