import pytest

from sportello.core.actors import System, acting
from sportello.parties.queries import actor_for
from sportello.patients.models import Patient


def test_world_actors_are_those_of_their_memberships(world):
    assert (world.ada.party_id, world.olga.party_id) == (world.rossi.party.pk, world.bianchi.party.pk)
    assert actor_for(world.people["zeno"].pk, None) is None
    assert world.carla.entities == {world.studio.pk}


@pytest.mark.parametrize("name", ["bruno", "twin"])
def test_world_twins_share_every_datum_and_no_hash(world, name):
    with acting(System("test")):
        other = Patient.objects.get(pk=getattr(world, name).pk)
    assert other.codice_fiscale == "VRDBRN80E12A944U"
    assert world.bruno.codice_fiscale_hash != world.twin.codice_fiscale_hash


def test_world_patients_of_one_practice_are_hidden_from_the_other(world):
    with acting(world.olga):
        assert list(Patient.objects.all()) == [world.twin]
