"""Hands of the tests about Sistema TS: papers that wait, Ada signed in, and the worker that does what waits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from playwright.sync_api import Page, expect

from sportello.billing.models import Invoice
from sportello.core import outbox, runner
from sportello.core.actors import System, acting
from sportello.core.models import Job
from sportello.core.states import JobState
from tests.billing.desk import line, paid
from tests.expenses.counter import Counter
from tests.world import PASSWORD

STS = "/practice/sts"
PATIENCE = 60_000
ROUNDS = 20


def due(counter: Counter, number: int = 1, **more: Any) -> list[Invoice]:
    """Return paid invoices that wait to be sent."""
    world = counter.world
    papers = [paid(world, line(f"{60 + each}.00", service_id=world.therapy.pk), **more) for each in range(number)]
    counter.take_in()
    return papers


def signed_in(open_page, **look: Any) -> Page:
    """Return a page where Ada signed in with her password just now, as the settings of money ask."""
    page = open_page(**look)
    page.set_default_timeout(PATIENCE)
    page.goto("/accounts/login/")
    page.locator("input[name=login]").fill("ada@posta.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#menu")).to_be_attached(timeout=PATIENCE)
    return page


def state_is(page: Page, paper: Invoice, icon_word: str) -> None:
    """See on the document's page that it stands in a family of states."""
    page.goto(f"{STS}/documents/{paper.pk}/")
    expect(page.locator(f"h1 .chip.{icon_word}")).to_be_visible(timeout=PATIENCE)


def work(*periodic: str) -> None:
    """Do what waits for the worker, and what follows from it; first what its clock strikes for."""
    with acting(System("tests")), transaction.atomic():
        for name in periodic:
            outbox.enqueue(name, 0, key="periodic")
    for _ in range(ROUNDS):
        with acting(System("tests")):
            jobs = Job.objects.filter(state=JobState.WAITING.value, next_run_at__lte=datetime.now(UTC))
            ids = list(jobs.filter(handler__startswith="expenses.").order_by("pk").values_list("pk", flat=True))
        if not ids:
            return
        for job_id in ids:
            runner.run(job_id)
    raise AssertionError("the worker never comes to rest")
