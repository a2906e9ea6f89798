"""The habits every test relies on: they would be missed by nobody if they stopped working."""

import socket
import warnings
from pathlib import Path

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.template import Engine, Origin
from pytest_socket import SocketConnectBlockedError

from sportello.billing.models import ReferenceRecord
from tests.support import undefined


def _render(source, origin, **values):
    engine = Engine(string_if_invalid=undefined.Undefined())
    from django.template import Context, Template

    return Template(source, origin=Origin(str(origin)), engine=engine).render(Context(values))


OURS = undefined.OURS / "sportello" / "page.html"
THEIRS = Path("site-packages") / "theirs.html"


@pytest.mark.parametrize(
    "source",
    ["{{ missing }}", "{{ missing|default:'x' }}", "{{ known.missing }}", "{% if True %}{{ missing.part }}{% endif %}"],
)
def test_undefined_variable_in_a_template_of_ours_fails(source):
    with pytest.raises(undefined.UndefinedVariable, match="missing"):
        _render(source, OURS, known="value")


def test_undefined_variable_in_a_template_of_others_is_empty():
    assert _render("[{{ missing }}{{ missing|default:'x' }}]", THEIRS) == "[x]"


def test_defined_variable_is_rendered():
    assert _render("{{ known }}{% if missing %}x{% endif %}", OURS, known="value") == "value"


def test_network_beyond_this_machine_is_blocked():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(SocketConnectBlockedError):
            socket.create_connection(("192.0.2.1", 9), timeout=1)


def test_warning_is_an_error():
    with pytest.raises(UserWarning):
        warnings.warn("a warning", stacklevel=1)


@pytest.mark.django_db
def test_unordered_rows_come_back_in_any_order():
    ContentType.objects.all().delete()
    ContentType.objects.bulk_create(ContentType(app_label="test", model=f"m{number:02}") for number in range(60))
    names = list(ContentType.objects.values_list("model", flat=True))
    assert names != sorted(names)
    assert list(ContentType.objects.order_by("model").values_list("model", flat=True)) == sorted(names)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_database_is_put_back_after_real_transactions(turn):
    assert ContentType.objects.count() > 0
    assert not ContentType.objects.filter(app_label="left-behind").exists()
    ContentType.objects.create(app_label="left-behind", model=str(turn))


@pytest.mark.django_db
def test_database_is_the_one_asked_for(settings):
    assert connection.vendor in {"sqlite", "postgresql"}
    assert (connection.vendor == "postgresql") == settings.PLACE.database.startswith("postgresql")


@pytest.mark.django_db
def test_reference_records_are_there():
    assert ReferenceRecord.objects.count() > 0


def test_test_that_asks_for_no_database_has_no_mark_and_sees_none(request):
    assert request.node.get_closest_marker("database") is None
    with pytest.raises(RuntimeError, match="Database access not allowed"):
        connection.cursor()


@pytest.mark.django_db
def test_mark_of_a_test_that_asks_is_set(request):
    assert request.node.get_closest_marker("database")
