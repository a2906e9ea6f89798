"""How often the database is asked: a fixed number of statements for a file, and few for each document sent alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sportello.core.actors import System, acting
from sportello.expenses.exchange.run import to_mend
from tests.billing.desk import paid
from tests.expenses.counter import Counter
from tests.world import World

MOST_FOR_ONE = 11
"""Claim: read, two rows, one change; settle: read, three changes, three for the audit."""
_VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")


def statements(act: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as seen:
        act()
    return [each["sql"] for each in seen.captured_queries if any(verb in each["sql"][:40] for verb in _VERBS)]


def sent(counter: Counter, world: World, number: int, many: int) -> list[str]:
    for _ in range(number):
        paid(world)
    counter.take_in()
    return statements(lambda: counter.run(automatic=True, many=many))


def test_document_sent_alone_takes_a_handful_of_statements(counter: Counter, world: World):
    sent(counter, world, 1, many=100)
    one, four = sent(counter, world, 1, many=100), sent(counter, world, 4, many=100)
    assert 0 < len(four) - len(one) <= 3 * MOST_FOR_ONE


def test_file_takes_as_many_statements_for_many_documents_as_for_two(counter: Counter, world: World):
    sent(counter, world, 2, many=2)
    two, seven = sent(counter, world, 2, many=2), sent(counter, world, 7, many=2)
    assert len(seven) == len(two)


def test_outcome_of_a_file_takes_as_many_statements_for_many_documents_as_for_two(counter: Counter, world: World):
    found = []
    for number in (2, 2, 7):
        sent(counter, world, number, many=2)
        counter.forward(hours=1)
        counter.wait_for_files()
        found.append(len(statements(counter.run)))
    assert found[1] == found[2]


def test_to_mend_looks_at_the_documents_that_wait_and_not_at_all(counter: Counter, world: World):
    if connection.vendor != "sqlite":
        pytest.skip("the plan of a nearly empty table says nothing on PostgreSQL")
    with acting(System("tests")):
        asked = statements(lambda: to_mend(counter.entity, limit=1))
        assert asked
        for each in asked:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {each}")
                first = cursor.fetchone()[3]
            assert "expense_to_do (entity_id=? AND state=?)" in first
