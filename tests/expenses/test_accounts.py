"""An account at Sistema TS: saved without ever being shown, activated, tested, stopped and let go on; who may."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sistemats.simulator import Fault, Rule
from sportello.billing.models import Service
from sportello.core.actors import MayNot, System, acting
from sportello.core.models import AuditEntry, OutgoingMail
from sportello.core.refusals import Refused
from sportello.expenses.models import Environment, ExpenseMapping, StsCertificate, StsSettings
from sportello.expenses.models.settings import TestResult
from sportello.expenses.operations import settings as operations
from sportello.expenses.operations.certificates import load_certificate
from sportello.expenses.operations.credentials import try_credentials
from sportello.expenses.operations.environment import move_environment
from sportello.expenses.operations.manual import send_now
from sportello.expenses.operations.mapping import map_services
from sportello.expenses.queries.settings import account
from sportello.expenses.rules.credentials import Verdict
from sportello.expenses.values import IdentityValues, MappingValues
from sportello.expenses.watching import watch
from sportello.parties.models import BillingEntity
from tests.billing.desk import line, paid
from tests.expenses.counter import NOON, PASSWORD, PIN
from tests.world import DAY

CODE = "RSSDAA79H51A944U"
VALUES = IdentityValues(
    category="health_professional", username=CODE, owner_code=CODE, password="segreta.1", pin="0123456789"
)


def save(world, values=VALUES, actor=None):
    """Save Ada's account and return it with the notices."""
    return operations.save_identity(actor=actor or world.ada, entity_id=world.studio.pk, values=values, today=DAY)


def stored() -> StsSettings:
    """Return Ada's account as the database has it."""
    with acting(System("tests")):
        return StsSettings.objects.get()


def test_save_identity_keeps_secrets_that_are_not_typed_again(world):
    save(world)
    kept = IdentityValues(
        category="health_professional", username=CODE, owner_code=CODE, password_changed_on=stored().password_changed_on
    )
    save(world, kept)
    row = stored()
    with acting(System("tests")):
        assert (row.password, row.pin) == ("segreta.1", "0123456789")
    assert row.password_changed_on == DAY


def test_save_identity_writes_no_secret_into_the_audit(world):
    save(world)
    with acting(System("tests")):
        entries = [str(each.details) for each in AuditEntry.objects.filter(action="sts.configure")]
    assert len(entries) == 1
    assert "password" in entries[0]
    assert not any(secret in entries[0] for secret in ("segreta.1", "0123456789", CODE))


def test_save_identity_names_every_field_that_is_wrong(world):
    wrong = IdentityValues(category="authorised_structure", username="", owner_code="X", pin="12")
    with pytest.raises(Refused) as refusal:
        save(world, wrong)
    fields = {each.field for each in refusal.value.refusals}
    assert {"username", "owner_code", "pin", "region", "password"} <= fields


def test_save_identity_is_the_owners(world):
    with pytest.raises(MayNot):
        save(world, actor=world.elena)


def test_save_identity_of_another_practice_is_not_found(world):
    with pytest.raises(BillingEntity.DoesNotExist):
        save(world, actor=world.olga)


def test_account_hands_out_no_secret(world):
    save(world)
    view = account(world.ada, world.studio.pk, today=DAY)
    assert view.has_password
    assert "segreta.1" not in f"{view.values.password}{view.values.pin}{view!r}"


def test_account_of_a_simple_subject_is_prefilled(world):
    view = account(world.ada, world.studio.pk, today=DAY)
    assert (view.suggested, view.values.username, view.values.owner_code) == (True, CODE, CODE)


def test_activate_needs_the_notice(world):
    save(world)
    with pytest.raises(Refused, match="sts_notice_not_accepted"):
        operations.activate(actor=world.ada, entity_id=world.studio.pk, since=DAY, accepted=False, now=NOON)
    operations.activate(actor=world.ada, entity_id=world.studio.pk, since=DAY, accepted=True, now=NOON)
    row = stored()
    assert (row.notice_accepted_by_id, row.notice_accepted_at, row.active_since) == (world.ada.person_id, NOON, DAY)


def test_set_automatic_needs_a_good_test(counter, world):
    with pytest.raises(Refused, match="sts_not_tested"):
        operations.set_automatic(actor=world.ada, entity_id=world.studio.pk, on=True)
    try_credentials(actor=world.ada, entity_id=world.studio.pk, now=NOON)
    assert operations.set_automatic(actor=world.ada, entity_id=world.studio.pk, on=True).automatic


def test_try_credentials_finds_a_good_account(counter, world):
    assert try_credentials(actor=world.ada, entity_id=world.studio.pk, now=NOON).result == "good"


def change(**more) -> None:
    """Put something else into Ada's account."""
    row = stored()
    with acting(System("tests")):
        for name, value in more.items():
            setattr(row, name, value)
        row.save()


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"password": "sbagliata"}, "authentication"),
        ({"password": "vecchia", "password_changed_on": DAY - timedelta(days=120)}, "expired"),
        ({"pin": "0000000000"}, "pin"),
        ({"owner_code": "VRDBRN80E12A944U"}, "owner"),
    ],
)
def test_try_credentials_tells_troubles_apart(counter, world, changed, found):
    change(**changed)
    assert try_credentials(actor=world.ada, entity_id=world.studio.pk, now=NOON).result == found


def test_try_credentials_tells_the_network_from_the_account(counter, world):
    counter.faults(Rule(Fault.HTTP_503))
    assert try_credentials(actor=world.ada, entity_id=world.studio.pk, now=NOON).result == "busy"
    change(environment=Environment.PRODUCTION)
    assert try_credentials(actor=world.ada, entity_id=world.studio.pk, now=NOON).result == "certificate"


def test_refused_password_stops_everything_and_a_good_test_lets_it_go_on(counter, world):
    change(password="sbagliata")
    try_credentials(actor=world.ada, entity_id=world.studio.pk, now=NOON)
    assert stored().stop_reason == "authentication"
    with acting(System("tests")):
        mails = [each.recipient for each in OutgoingMail.objects.filter(purpose="sts_notice")]
    assert mails == ["ada@posta.example"]
    with pytest.raises(Refused, match="sts_test_first"):
        operations.resume_sending(actor=world.ada, entity_id=world.studio.pk)
    change(password=PASSWORD)
    assert try_credentials(actor=world.ada, entity_id=world.studio.pk, now=NOON).resumed
    row = stored()
    assert (row.stopped_at, row.wrong_tries) == (None, 0)


def test_try_credentials_asks_for_consent_before_the_user_is_disabled(counter, world):
    change(wrong_tries=5)
    with pytest.raises(Refused, match="sts_tries_left"):
        try_credentials(actor=world.ada, entity_id=world.studio.pk, now=NOON)
    assert try_credentials(actor=world.ada, entity_id=world.studio.pk, now=NOON, knowing=True).result == "good"


def test_move_environment_forgets_what_the_other_host_was_told(counter, world):
    invoice = paid(world, line(service_id=world.therapy.pk))
    counter.take_in()
    send_now(actor=world.ada, expense_id=counter.expense(invoice).pk)
    move_environment(actor=world.ada, entity_id=world.studio.pk, environment="production")
    row = counter.expense(invoice)
    assert (row.state, row.held, row.protocol, stored().test_result) == ("READY", "none", "", "")


def test_map_services_refuses_a_type_of_another_sender(counter, world):
    values = [MappingValues(world.therapy.pk, "SR")]
    with pytest.raises(Refused, match="sts_type_not_allowed"):
        map_services(actor=world.ada, entity_id=world.studio.pk, values=values, since=None)


def test_map_services_from_a_day_keeps_what_was_before(counter, world):
    values = [MappingValues(world.therapy.pk, "")]
    map_services(actor=world.ada, entity_id=world.studio.pk, values=values, since=DAY)
    with acting(System("tests")):
        rows = ExpenseMapping.objects.filter(service=world.therapy).order_by("valid_from")
        assert [(row.valid_from, row.expense_type) for row in rows] == [(date(2020, 1, 1), "SP"), (DAY, "")]


def starts(world) -> list[tuple[date, str]]:
    with acting(System("tests")):
        rows = ExpenseMapping.objects.filter(service=world.therapy).order_by("valid_from")
        return list(rows.values_list("valid_from", "expense_type"))


@pytest.mark.parametrize("day", [date(2026, 2, 1), date(2026, 5, 1)])
def test_map_services_with_the_type_it_has_moves_the_day_from_which_it_has_it(counter, world, day):
    values = [MappingValues(world.therapy.pk, "")]
    how = {"actor": world.ada, "entity_id": world.studio.pk}
    map_services(**how, values=values, since=DAY)
    assert map_services(**how, values=values, since=day) == 1
    assert starts(world) == [(date(2020, 1, 1), "SP"), (day, "")]
    assert map_services(**how, values=values, since=day) == 0
    assert map_services(**how, values=values, since=None) == 0


def test_map_services_leaves_the_beginning_of_the_first_mapping(counter, world):
    values = [MappingValues(world.therapy.pk, "SP")]
    assert map_services(actor=world.ada, entity_id=world.studio.pk, values=values, since=DAY) == 0
    assert starts(world) == [(date(2020, 1, 1), "SP")]


def test_map_services_takes_a_services_own_day_before_that_of_all(counter, world):
    values = [MappingValues(world.therapy.pk, "", since=date(2026, 2, 1))]
    map_services(actor=world.ada, entity_id=world.studio.pk, values=values, since=DAY)
    assert starts(world) == [(date(2020, 1, 1), "SP"), (date(2026, 2, 1), "")]


def test_map_services_of_another_practice_is_not_found(counter, world):
    values = [MappingValues(world.bianchi.services["therapy"].pk, "SP")]
    with pytest.raises(Service.DoesNotExist):
        map_services(actor=world.ada, entity_id=world.studio.pk, values=values, since=None)


def test_load_certificate_refuses_what_is_none(world):
    with pytest.raises(Refused, match="certificate_unreadable"):
        load_certificate(actor=world.ada, purpose="sanitelcf", data=b"no certificate", now=NOON)


def test_load_certificate_keeps_the_simulators_and_says_that_its_key_is_new(counter, world):
    data = (counter.simulator.directory.folder / "SanitelCF.pem").read_bytes()
    loaded = load_certificate(actor=world.ada, purpose="sanitelcf", data=data, now=NOON)
    assert not loaded.known_key
    with acting(System("tests")):
        assert StsCertificate.objects.get().purpose == "sanitelcf"


def test_watch_warns_once_of_a_password_that_runs_out(counter, world):
    change(password_changed_on=DAY - timedelta(days=80))
    with acting(System("tests")):
        watch(NOON)
        watch(NOON)
        assert OutgoingMail.objects.filter(key__startswith="sts-password").count() == 1


def test_watch_reminds_of_a_deadline_with_documents_missing(counter, world):
    paid(world, line(service_id=world.therapy.pk))
    counter.take_in()
    with acting(System("tests")):
        watch(NOON)
        assert not OutgoingMail.objects.filter(key__startswith="sts-deadline").exists()
        watch(NOON.replace(year=2027, month=1, day=20))
        assert OutgoingMail.objects.filter(key__startswith="sts-deadline").count() == 1


def test_verdicts_and_stored_results_are_the_same_words():
    assert {each.value for each in Verdict} == set(TestResult.values) - {""}


def test_pin_of_the_counter_is_what_the_tests_say(counter):
    with acting(System("tests")):
        assert stored().pin == PIN
