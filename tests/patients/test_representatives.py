from dataclasses import replace
from datetime import date

import pytest

from sportello.core.actors import MayNot, System, acting
from sportello.core.models import AuditEntry
from sportello.patients.models import Patient, Representative
from sportello.patients.operations import Refused, add_representative, end_representative
from sportello.patients.queries import patient_detail
from sportello.patients.values import RepresentativeValues
from tests.world import DAY, only

DAD = RepresentativeValues(
    role="parent", family_name="Verdi", given_name="Dino", since_on=date(2020, 1, 1), may_see_invoices=False
)


def _add(world, actor=None, values=DAD):
    return add_representative(actor=actor or world.ada, patient_id=world.mia.pk, values=values)


def test_add_representative_shows_on_the_patients_page(world):
    row = _add(world)
    names = [each.name for each in patient_detail(world.ada, world.mia.pk, today=DAY).representatives]
    assert names == ["Gina Verdi", "Dino Verdi"]
    with acting(System("test")):
        entry = AuditEntry.objects.get(action="representative.add")
    assert (entry.patient_id, entry.object_id) == (world.mia.pk, row.pk)
    assert entry.details["powers"] == ["may_consent", "may_see_documents"]


def test_add_representative_of_another_practice_is_not_found(world):
    with pytest.raises(Patient.DoesNotExist):
        _add(world, world.olga)


def test_add_representative_without_the_switch_may_not(world):
    with pytest.raises(MayNot):
        _add(world, only(world.elena))


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"family_name": ""}, "family_name", "text_missing"),
        ({"role": "friend"}, "role", "choice_unknown"),
        ({"until_on": date(2019, 1, 1)}, "until_on", "period_backwards"),
        ({"may_consent": False, "may_see_documents": False}, "powers", "no_power_given"),
        ({"codice_fiscale": "VRDGNI84R50A944A"}, "codice_fiscale", "codice_fiscale_check_character"),
        ({"email": "dino"}, "email", "email_at_missing"),
    ],
)
def test_add_representative_with_a_wrong_value_is_refused(world, change, field, code):
    with pytest.raises(Refused) as refused:
        _add(world, values=replace(DAD, **change))
    assert [(each.field, each.code) for each in refused.value.refusals] == [(field, code)]


def test_end_representative_keeps_the_row(world):
    end_representative(actor=world.ada, representative_id=world.gina.pk, on=date(2026, 3, 1))
    (gina,) = patient_detail(world.ada, world.mia.pk, today=DAY).representatives
    assert (gina.until_on, gina.is_current) == (date(2026, 3, 1), False)


def test_end_representative_before_it_began_is_refused(world):
    with pytest.raises(Refused, match="period_backwards"):
        end_representative(actor=world.ada, representative_id=world.gina.pk, on=date(2018, 1, 1))


def test_end_representative_of_another_practice_is_not_found(world):
    with pytest.raises(Representative.DoesNotExist):
        end_representative(actor=world.olga, representative_id=world.gina.pk, on=DAY)


def test_end_representative_without_the_switch_may_not(world):
    with pytest.raises(MayNot):
        end_representative(actor=only(world.elena), representative_id=world.gina.pk, on=DAY)
