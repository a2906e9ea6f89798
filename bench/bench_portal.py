"""What a patient waits for: a list of 1,000 invoices through both sites, a ZIP and one PDF of 500.

The same questions are asked of the practice's server alone, signed as the portal signs them; what is above is the
second hop. Both are asked in turns, so that what else the machine does falls on both alike, and of several downloads
the one in the middle counts. Memory is what the processes of a site hold of their own, looked at while files are on
their way, after a first one of the same kind: fonts and code are loaded by then. Everything runs on this machine, one
process a site.
"""

from __future__ import annotations

import http.client
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from bench.portal_place import Browser, Place

SMOKE = bool(os.environ.get("SPORTELLO_BENCH_SMOKE"))
PAPERS, CHOSEN, TURNS, PATIENTS = (12, 10, 2, 2) if SMOKE else (1000, 500, 10, 8)
ROUNDS, FILES = (1, 1) if SMOKE else (3, 5)
AIM_LIST, AIM_GROWTH, AIM_FIRST = 2.0, 30.0, 0.2
PIECE = 16 * 1024


def results() -> list[dict[str, Any]]:
    """Return times of the list through one site and two, and of each file its first byte and the memory it took."""
    with Place(papers=PAPERS, ready=CHOSEN, patients=PATIENTS) as place:
        found = _list(place)
        for what in ("zip", "pdf"):
            found += _file(place, what)
    return found


def _list(place: Place) -> list[dict[str, Any]]:
    desks = [_Desk(place, browser) for browser in place.browsers]
    alone: list[float] = []
    both: list[float] = []
    for _ in range(ROUNDS):
        alone += _at_once([desk.page for desk in desks])
        both += _at_once([_page_of(browser) for browser in place.browsers])
    behind, whole = _p95(alone), _p95(both)
    return [
        {
            "name": f"list of {PAPERS} invoices through both sites, {PATIENTS} patients at once, p95",
            "value": round(whole * 1000, 1),
            "unit": "ms",
            "baseline": round(behind * 1000, 1),
            "ratio": round(whole / behind, 2),
            "aim": f"<= {AIM_LIST:g} times the practice alone",
            "holds": whole / behind <= AIM_LIST,
        },
        _plain("the second hop and the page, p50", round((median(both) - median(alone)) * 1000, 1), "ms"),
    ]


def _file(place: Place, what: str) -> list[dict[str, Any]]:
    """Measure a file through both sites, the one in the middle of several: a first one warms up."""
    browser, form = place.browsers[0], [("do", what), *_chosen(place.world.patients[0])]
    _download(browser, form)
    watch = _Watch(place)
    with watch:
        turns = [_download(browser, form) for _ in range(FILES)]
    first, whole, size = sorted(turns, key=_share)[len(turns) // 2]
    share = first / whole
    name = {"zip": "ZIP", "pdf": "one PDF"}[what]
    of = f"{name} of {CHOSEN} invoices"
    return [
        {
            "name": f"{of}: first byte",
            "value": round(first * 1000, 1),
            "unit": "ms",
            "baseline": round(whole * 1000, 1),
            "ratio": round(share, 3),
            "aim": f"<= {AIM_FIRST:g} of the whole" if what == "zip" else "",
            "holds": share <= AIM_FIRST if what == "zip" else None,
        },
        _plain(f"{of}: size", round(size / 1024 / 1024, 1), "MiB"),
        _growth(f"{of}: memory growth of the practice", watch.practice),
        _growth(f"{of}: memory growth of the portal", watch.portal),
    ]


def _share(turn: tuple[float, float, int]) -> float:
    """Return which part of a download went by before its first byte."""
    return turn[0] / turn[1]


def _growth(name: str, growth: float) -> dict[str, Any]:
    aim = {"aim": f"<= {AIM_GROWTH:g} MiB", "holds": growth <= AIM_GROWTH}
    return _plain(name, round(growth, 1), "MiB") | aim


def _plain(name: str, value: float, unit: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "baseline": None,
        "ratio": None,
        "aim": "",
        "holds": None,
    }


def _chosen(patient: Any) -> list[tuple[str, str]]:
    """Return what a patient fills in to mark all of a period: the one whose papers have their PDF."""
    from sportello.billing.models import Invoice
    from sportello.core.actors import System, acting

    with acting(System("bench")):
        ready = Invoice.objects.filter(patient_id=patient.pk, paper__isnull=False)
        last, found = ready.order_by("-issued_on")[0].issued_on, ready.count()
    if last is None or found != CHOSEN:
        raise RuntimeError(f"{found} papers have their PDF, not {CHOSEN}")
    return [("all", "1"), ("period", "dates"), ("until", last.isoformat())]


def _download(browser: Browser, form: list[tuple[str, str]]) -> tuple[float, float, int]:
    """Return seconds to the first byte of the file and to the last, and its size in bytes."""
    begun = time.perf_counter()
    with browser.opened("POST", f"{browser.place}invoices/chosen/", form) as answer:
        head = answer.read(1)
        first = time.perf_counter() - begun
        size = len(head)
        while piece := answer.read(PIECE):
            size += len(piece)
        if answer.status != 200 or answer.getheader("Content-Disposition") is None:
            raise RuntimeError(f"the portal answered {answer.status} and sent no file")
    return first, time.perf_counter() - begun, size


def _page_of(browser: Browser) -> Callable[[], None]:
    def page() -> None:
        status, body = browser.get(f"{browser.place}invoices/?period=dates")
        if status != 200 or body.count(b'name="paper"') != min(PAPERS, 100):
            raise RuntimeError(f"the list was not shown: {status}")

    return page


def _at_once(asks: list[Callable[[], None]]) -> list[float]:
    """Let everybody ask so many times in turn, all at once, and return the seconds each answer took."""

    def of_one(ask: Callable[[], None]) -> list[float]:
        ask()
        return [_seconds(ask) for _ in range(TURNS)]

    with ThreadPoolExecutor(len(asks)) as people:
        return [seconds for each in people.map(of_one, asks) for seconds in each]


def _seconds(ask: Callable[[], None]) -> float:
    begun = time.perf_counter()
    ask()
    return time.perf_counter() - begun


def _p95(seconds: list[float]) -> float:
    return quantiles(seconds, n=20)[-1]


class _Desk:
    """Asks the practice's server what a page of the list needs, over one line, signed by the portal's own key."""

    def __init__(self, place: Place, browser: Browser) -> None:
        from pathlib import Path

        from deskwire.signing import Signer
        from sportello.core import pairing

        identity = Path(place.portal_environment["PORTAL_DATA"]) / "identity.pem"
        self.signer, self.desk = Signer.read(identity.read_bytes()), pairing.desk_id()
        self.key = pairing.signer().public
        self.connection = _reference(place, browser)
        self.line = http.client.HTTPConnection("127.0.0.1", place.practice_port, timeout=60)

    def page(self) -> None:
        """Ask for overview and list, as the portal does for each page."""
        from deskwire.messages import AskOverview, By, ListInvoices

        self.ask(AskOverview())
        found = self.ask(ListInvoices(By.ISSUE, None, None, "", 100))
        if found.count != PAPERS:
            raise RuntimeError("the practice showed another list")

    def ask(self, request: Any) -> Any:
        """Ask one thing."""
        from datetime import UTC, datetime

        from deskwire.signing import DESK_PATH, MEDIA_TYPE, open_reply, seal_request

        now = datetime.now(UTC)
        sealed = seal_request(self.signer, request, audience=self.desk, now=now, connection=self.connection)
        self.line.request("POST", f"/{DESK_PATH.lstrip('/')}", sealed.data, {"Content-Type": MEDIA_TYPE})
        return open_reply(self.line.getresponse().read(), to=sealed, key=self.key, now=datetime.now(UTC))


def _reference(place: Place, browser: Browser) -> str:
    """Return the connection of a patient as the desk names it."""
    from sportello.core.actors import System, acting
    from sportello.patients.models import Connection

    patient = place.world.patients[place.browsers.index(browser)]
    with acting(System("bench")):
        return str(Connection.objects.get(patient_id=patient.pk).uid)


@dataclass
class _Watch:
    """Looks at the memory of both sites while something happens; `practice` and `portal` are by how much it rose."""

    place: Place
    practice: float = 0.0
    portal: float = 0.0

    def __enter__(self) -> None:
        self._before = self.place.memory(self.place.practice), self.place.memory(self.place.portal)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def __exit__(self, *about: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        more = True
        while more:
            more = not self._done.wait(0.02)
            self.practice = max(self.practice, self.place.memory(self.place.practice) - self._before[0])
            self.portal = max(self.portal, self.place.memory(self.place.portal) - self._before[1])
