"""Documents that are new to the books keep their own states, whatever stands beside them in a slice."""

from __future__ import annotations

from datetime import timedelta

from sportello.core.actors import System, acting
from sportello.expenses.models import StsSettings
from tests.billing.desk import line, paid
from tests.world import DAY


def test_take_in_gives_each_new_document_its_own_state(counter, world):
    with acting(System("tests")):
        StsSettings.objects.update(active_since=DAY)
    therapy = line(service_id=world.therapy.pk)
    before = paid(world, therapy, on=DAY - timedelta(days=1))
    due = paid(world, therapy)
    nameless = paid(world, therapy, patient=world.youssef)
    counter.take_in()
    assert [counter.state(each) for each in (before, due, nameless)] == ["NOT_APPLICABLE", "READY", "NOT_APPLICABLE"]
