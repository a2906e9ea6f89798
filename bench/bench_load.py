"""Two hundred patients at once for a minute, on the embedded default: SQLite on both sites, two web processes each.

Each signs in, then looks, takes papers along, reads who looked, goes to the first page and begins anew, with a second
between one answer and the next click: more eager than people are. Every page is written down in the practice's audit
trail, every sign-in in the portal's database, so both are written to all the time. What is not answered as it should
be is an error; what either log says of a locked database is a lock failure.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from statistics import quantiles
from typing import Any

from bench.portal_place import PASSWORD, Browser, Place, _invited

SMOKE = bool(os.environ.get("SPORTELLO_BENCH_SMOKE"))
PATIENTS, SECONDS = (8, 2.0) if SMOKE else (200, 60.0)
PAPERS, READY = 12, 6
PAUSE = 1.0
SIGNING_IN = 4
"""Browsers that sign in at the same time before the minute begins."""
_LOCKED = re.compile(rb"locked|OperationalError|no database", re.IGNORECASE)
_PAPER = re.compile(rb'href="(/c/[0-9a-f-]{36}/invoices/[0-9a-f-]{36}/)"')


class Crowd(Place):
    """Both sites as they come, and many patients, whose accounts are opened by one command."""

    workers = 2

    def __init__(self, **asked: int) -> None:
        self._waiting: list[tuple[str, str]] = []
        super().__init__(**asked)
        self._run(
            "portal.commands", "demo-accounts", given="".join(f"{link} {PASSWORD}\n" for _, link in self._waiting)
        )
        with ThreadPoolExecutor(SIGNING_IN) as people:
            list(people.map(lambda each, browser: browser.sign_in(each[0]), self._waiting, self.browsers))

    def lock_failures(self) -> int:
        """Return how often the logs speak of a locked database."""
        return sum(len(_LOCKED.findall(path.read_bytes())) for path in self.data.glob("*.log"))

    def _browser(self, patient: Any) -> Browser:
        self._waiting.append((patient.email, _invited(self.world.owner, patient)))
        return Browser(self.portal_port)


@dataclass
class Patient:
    """One of them: what was asked, how long it took, and what went wrong."""

    address: str
    browser: Browser
    seconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def stay(self, until: float, begin: float) -> None:
        """Click from the beginning of the minute to its end."""
        time.sleep(max(0.0, begin - time.monotonic()))
        for deed in cycle([self._list, self._paper, self._table, self._accesses, self._home, self._again]):
            if time.monotonic() >= until:
                return
            begun = time.perf_counter()
            try:
                wrong = deed()
            except OSError as trouble:
                wrong = type(trouble).__name__
            self.seconds.append(time.perf_counter() - begun)
            if wrong:
                self.errors[f"{deed.__name__.lstrip('_')}: {wrong}"] += 1
            time.sleep(PAUSE)

    def _list(self) -> str:
        status, body = self.browser.get(f"{self.browser.place}invoices/?period=dates")
        return _unless(status == 200 and body.count(b'name="paper"') == PAPERS, status)

    def _paper(self) -> str:
        status, body = self.browser.get(f"{self.browser.place}invoices/?period=dates")
        found = _PAPER.search(body)
        if found is None:
            return f"status {status}, no paper"
        status, body = self.browser.get(found[1].decode())
        return _unless(status == 200 and body.startswith(b"%PDF"), status)

    def _table(self) -> str:
        form = [("do", "csv"), ("period", "dates"), ("all", "1")]
        status, body = self.browser.post(f"{self.browser.place}invoices/chosen/", form)
        return _unless(status == 200 and body.count(b"\n") > PAPERS, status)

    def _accesses(self) -> str:
        status, _ = self.browser.get(f"{self.browser.place}accesses/")
        return _unless(status == 200, status)

    def _home(self) -> str:
        status, _ = self.browser.get("/")
        return _unless(status == 302, status)

    def _again(self) -> str:
        """Sign out and in again: the portal forgets a session and writes another."""
        status, _ = self.browser.post("/sign-out/", [])
        if status != 302:
            return str(status)
        try:
            self.browser.sign_in(self.address)
        except RuntimeError:
            return "could not sign in"
        return ""


def results() -> list[dict[str, Any]]:
    """Return how many requests were answered, how many badly, and how long they took."""
    place = Crowd(papers=PAPERS, ready=READY, patients=PATIENTS)
    with place:
        addresses = [patient.email for patient in place.world.patients]
        people = [Patient(address, browser) for address, browser in zip(addresses, place.browsers, strict=True)]
        _minute(people)
        locks = place.lock_failures()
    return _told(people, locks)


def _minute(people: list[Patient]) -> None:
    start = time.monotonic() + 0.5
    step = PAUSE / len(people)
    threads = [
        threading.Thread(target=each.stay, args=(start + SECONDS, start + number * step))
        for number, each in enumerate(people)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _told(people: list[Patient], locks: int) -> list[dict[str, Any]]:
    seconds = [each for patient in people for each in patient.seconds]
    errors = sum((patient.errors for patient in people), Counter[str]())
    cuts = quantiles(seconds, n=20)
    what = ", ".join(f"{name} ({count})" for name, count in sorted(errors.items()))
    return [
        _line(f"{len(people)} patients at once for {SECONDS:g} s: answers", len(seconds), "answers"),
        _line(f"errors{f': {what}' if what else ''}", errors.total(), "errors", none=True),
        _line("lock failures in either log", locks, "lines", none=True),
        _line("an answer, p50", round(cuts[9] * 1000, 1), "ms"),
        _line("an answer, p95", round(cuts[18] * 1000, 1), "ms"),
    ]


def _line(name: str, value: float, unit: str, *, none: bool = False) -> dict[str, Any]:
    judged = {"aim": "none", "holds": value == 0} if none else {"aim": "", "holds": None}
    return {"name": name, "value": value, "unit": unit, "baseline": None, "ratio": None} | judged


def _unless(good: bool, status: int) -> str:
    return "" if good else f"status {status}"
