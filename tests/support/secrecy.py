"""No codice fiscale, PIN or password where it has no business: looked for in every test, so that it cannot come back.

Searched are each log line of the session, and where documents and people are worked with (`PLACES`) also the rows of
jobs and alarms, the audit entries, what of a mail lies open, and each error page that the test client sees. A find
fails the test it was made in. Papers and the texts of mails may hold codes: nothing of them is searched.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, models
from django.http.response import HttpResponseBase
from django.test import Client

from sportello.core.fields import EncryptedTextField
from sportello.core.violations import RuleViolation
from sportello.patients.rules import check_codice_fiscale

HERE = Path(__file__).parents[1]
PLACES = ("expenses", "web", "jobs", "desk")
"""Folders of tests whose rows and pages are searched: those that touch Sistema TS, invoices and patients."""
CASTS = ("world.py", "expenses/counter.py")
"""Where the people of the tests have their codes and secrets."""
CODE = re.compile(r"(?<![0-9A-Za-z])[A-Z]{6}[0-9L-V]{2}[A-EHLMPRST][0-9L-V]{2}[A-Z][0-9L-V]{3}[A-Z](?![0-9A-Za-z])")
OURS = ("sportello", "sistemats")
"""Loggers that tell the tests as much as they tell a practice's server."""
ERROR = 400
FORM_AGAIN = frozenset({409, 422})
"""Pages that show a form again with what was typed, codes too, to who typed it: no PIN and no password for all that."""

_found: list[str] = []


class Leak(AssertionError):
    """A code or secret lies open. The text says where."""


def secret_in(text: str) -> bool:
    """Tell whether a text holds a secret of the cast or any codice fiscale that can exist."""
    return bool(_secrets().search(text)) or any(_can_exist(found[0]) for found in CODE.finditer(text))


def rows_found() -> list[str]:
    """Return where a job, an alarm, an audit entry or the open part of a mail holds a secret now."""
    try:
        with connection.cursor() as cursor:
            return [place for table, columns in _tables() for place in _rows_found(cursor, table, columns)]
    except DatabaseError:
        return []  # the test left no database that could be asked, nor rows that would stay


def take() -> list[str]:
    """Return what log lines and error pages were found to hold since the last time, and forget it."""
    taken = list(dict.fromkeys(_found))
    _found.clear()
    return taken


@pytest.fixture(scope="session", autouse=True)
def _watched() -> Iterator[None]:
    """Look at each log line and each error page of the session; what comes after the last test fails the last one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging.Logger, "handle", _looking_at_lines(logging.Logger.handle))
        patch.setattr(Client, "request", _looking_at_pages(Client.request))
        for name in OURS:
            patch.setattr(logging.getLogger(name), "level", logging.INFO)
        yield
    _raise(take())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Search while the rows of the test are still there."""
    result = yield
    _raise([*take(), *(rows_found() if _has_rows(item) else [])])
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, object, object]:
    """Look at the lines that were written while the test was put away."""
    result = yield
    _raise(take())
    return result


def _raise(places: list[str]) -> None:
    if places:
        raise Leak("a codice fiscale, PIN or password lies open in:\n" + "\n".join(places))


def _has_rows(item: pytest.Item) -> bool:
    inside = item.path.is_relative_to(HERE) and item.path.relative_to(HERE).parts[0] in PLACES
    names = getattr(item, "fixturenames", ())
    asked = {"db", "transactional_db", "live_server"}.intersection(names)
    return inside and bool(asked or item.get_closest_marker("django_db"))


@cache
def _secrets() -> re.Pattern[str]:
    texts = [(HERE / each).read_text("utf-8") for each in CASTS]
    words = {found[0] for text in texts for found in CODE.finditer(text) if _can_exist(found[0])}
    words |= _keys()
    return re.compile("|".join(rf"(?<![0-9a-z]){re.escape(each)}(?![0-9a-z])" for each in sorted(words)), re.IGNORECASE)


@cache
def _keys() -> frozenset[str]:
    from tests import world
    from tests.expenses import counter

    return frozenset({world.PASSWORD, counter.PASSWORD, counter.PIN})


@cache
def _can_exist(code: str) -> bool:
    try:
        check_codice_fiscale(code)
    except RuleViolation:
        return False
    return True


def _looking_at_lines(handle: Any) -> Any:
    def handle_and_look(self: logging.Logger, record: logging.LogRecord) -> None:
        if secret_in(_text_of(record)):
            _found.append(f"the log line of {record.pathname}:{record.lineno} ({record.name})")
        handle(self, record)

    return handle_and_look


def _text_of(record: logging.LogRecord) -> str:
    try:
        text = record.getMessage()
    except (TypeError, ValueError):
        text = f"{record.msg} {record.args}"
    if record.exc_info and record.exc_info[1] is not None:
        return text + "".join(traceback.format_exception(record.exc_info[1]))
    return text


def _looking_at_pages(request: Any) -> Any:
    def request_and_look(self: Client, **more: Any) -> HttpResponseBase:
        response: HttpResponseBase = request(self, **more)
        if response.status_code >= ERROR and not response.streaming and _shows_too_much(response):
            where = f"{more.get('REQUEST_METHOD', 'GET')} {more.get('PATH_INFO', '')}"
            _found.append(f"the page {response.status_code} of {where}")
        return response

    return request_and_look


def _shows_too_much(response: HttpResponseBase) -> bool:
    page = response.getvalue().decode("utf-8", "replace")
    return any(each in page for each in _keys()) if response.status_code in FORM_AGAIN else secret_in(page)


@cache
def _tables() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the tables searched with every column of theirs that can hold words; a new column joins by itself."""
    from django_tasks_db.models import DBTaskResult

    from sportello.core.models import AuditEntry, Job, OutgoingMail

    every: tuple[type[models.Model], ...] = (Job, DBTaskResult, AuditEntry, OutgoingMail)
    return tuple((each._meta.db_table, _columns(each)) for each in every)


def _columns(model: type[models.Model]) -> tuple[str, ...]:
    kinds = (models.CharField, models.TextField, models.JSONField)
    fields = model._meta.concrete_fields
    open_ones = [one for one in fields if isinstance(one, kinds) and not isinstance(one, EncryptedTextField)]
    return tuple(str(one.column) for one in open_ones)


def _rows_found(cursor: Any, table: str, columns: tuple[str, ...]) -> list[str]:
    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    cursor.execute(f"SELECT {quoted} FROM {connection.ops.quote_name(table)}")
    rows = cursor.fetchall()
    if not secret_in("\n".join(str(row) for row in rows)):
        return []
    pairs = ((column, str(value)) for row in rows for column, value in zip(columns, row, strict=True))
    return sorted({f"the column {table}.{column}" for column, text in pairs if secret_in(text)})
