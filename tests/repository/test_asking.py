"""Which tests the run on the second database takes: none that could end differently there is left out."""

import types

from tests.support import asking, installation


def _collected(*fixtures, **module):
    """Return what is known of a test when it is collected."""
    known = types.SimpleNamespace(get_closest_marker=lambda name: None, fixturenames=list(fixtures))
    known.module = types.SimpleNamespace(**module)
    return known


def test_asks_tells_by_fixtures():
    assert asking.asks(_collected("world", "db"))
    assert asking.asks(_collected("transactional_db"))
    assert not asking.asks(_collected("tmp_path", "django_db_blocker"))


def test_asks_tells_by_installations_that_a_module_makes():
    assert asking.asks(_collected(made=installation.made))
    assert asking.asks(_collected(installation=installation))
    assert not asking.asks(_collected(free_port=installation.free_port))
