"""Take the pictures of docs/tour.md: start a demo server of its own, walk through it, photograph, write the page.

The pictures stand in `PICTURES`; a page whose address holds an id is named by where a link to it is found.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from script.lib import assets, chromium, environment, steps

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = environment.ROOT / "docs" / "tour"
PAGE = environment.ROOT / "docs" / "tour.md"
PHONE, DESKTOP = (390, 844), (1440, 900)
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
SIGN_IN = re.compile(r"^\s+(?P<role>.+?)\s+(?P<email>\S+@\S+)\s+(?P<password>\S.*)$")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: where it is taken, how wide, in which light, and what the reader is told."""

    name: str
    path: str
    caption: str
    section: str
    link: str = ""  # the first link on `path` whose address ends like this is followed
    size: tuple[int, int] = DESKTOP
    dark: bool = False
    signed_in: bool = True
    full: bool = False
    patient: str = ""  # who signs in to the portal, as the demo names them; else the practice's owner
    deeds: tuple[tuple[str, str], ...] = ()  # before it is taken: a box to mark, or a select and what is chosen there


PAPER = r"/practice/invoices/\d+/"
OPEN = "/practice/invoices/?view=open"
PLACE = r"/c/[0-9a-f-]+/invoices/"
ITALIAN, ARABIC, CHINESE = "patient, two practices", "patient, Arabic", "patient, Chinese"
EDITOR = "/practice/invoices/new/?patient=2"
THERAPY = (("select[name=lines-0-service]", "Valutazione psicodiagnostica"),)
MARKED = tuple((f"li:nth-child({each}) input[name=paper]", "") for each in (1, 3, 4))
PICTURES: tuple[Picture, ...] = (
    Picture("sign-in", "/accounts/login/", "Sign in, with a password or a passkey.", "Coming in", signed_in=False),
    Picture("home", "/practice/", "What waits today, and the year by chart and table.", "Home"),
    Picture("home-dark", "/practice/", "The same in the dark.", "Home", dark=True),
    Picture("home-phone", "/practice/", "The same on a phone.", "Home", size=PHONE),
    Picture("patients", "/practice/patients/", "The register: search as you type.", "Patients"),
    Picture("patients-phone", "/practice/patients/", "Rows become cards on a phone.", "Patients", size=PHONE),
    Picture(
        "patient-new", "/practice/patients/new/", "The codice fiscale is compared with the rest.", "Patients", full=True
    ),
    Picture(
        "patient",
        "/practice/patients/",
        "A patient, with papers and people.",
        "Patients",
        link=r"/practice/patients/\d+/",
    ),
    Picture("invoices", "/practice/invoices/", "Papers with their state, and what they add up to.", "Invoices"),
    Picture("invoice-new", EDITOR, "Totals while typing, each with its reason.", "Invoices", full=True, deeds=THERAPY),
    Picture("invoice", OPEN, "A paper: next step, contents, timeline.", "Invoices", link=PAPER, full=True),
    Picture("invoice-dark", OPEN, "The same in the dark.", "Invoices", link=PAPER, dark=True),
    Picture("invoice-phone", OPEN, "The same on a phone.", "Invoices", link=PAPER, size=PHONE),
    Picture("sts", "/practice/sts/", "Every paid document with its state at the State.", "Sistema TS"),
    Picture("sts-phone", "/practice/sts/", "The same on a phone.", "Sistema TS", size=PHONE),
    Picture("sts-sendings", "/practice/sts/sendings/", "Every sending with its answer.", "Sistema TS"),
    Picture("sts-year", "/practice/sts/year/", "What is missing, and until when.", "Sistema TS"),
    Picture(
        "portal",
        "/",
        "A patient's invoices: one PDF, a ZIP, the year.",
        "Portal",
        link=PLACE,
        patient=ITALIAN,
        deeds=MARKED,
    ),
    Picture(
        "portal-phone", "/", "The same on a phone.", "Portal", link=PLACE, size=PHONE, patient=ITALIAN, deeds=MARKED
    ),
    Picture("portal-arabic", "/", "From right to left.", "Portal", link=PLACE, patient=ARABIC, deeds=MARKED),
    Picture("portal-chinese", "/", "In Chinese, in the dark.", "Portal", link=PLACE, dark=True, patient=CHINESE),
    Picture("settings", "/practice/settings/", "Practice, billing entities, members, mail.", "Settings"),
)


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that runs: both sites, and who signs in there, by what the demo calls them."""

    address: str
    portal: str
    people: dict[str, tuple[str, str]]


@contextmanager
def demo_server() -> Iterator[Demo]:
    """
    Run a demo on a fresh data folder.

    :raises RuntimeError: it did not start, or named nobody to sign in
    """
    with closing(socket.create_server(("127.0.0.1", 0))) as one, closing(socket.create_server(("127.0.0.1", 0))) as two:
        port, portal = one.getsockname()[1], two.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="sportello-tour-") as data:
        log = Path(data) / "server.log"
        command = [
            environment.program("sportello"),
            "serve",
            "--demo",
            "--port",
            str(port),
            "--portal-port",
            str(portal),
        ]
        variables = os.environ | {"SPORTELLO_DATA": data, "PYTHONUNBUFFERED": "1"}
        with log.open("wb") as said:
            process = subprocess.Popen(command, env=variables, stdout=said, stderr=subprocess.STDOUT)  # noqa: S603
        try:
            yield _wait(process, log, f"http://127.0.0.1:{port}", f"http://127.0.0.1:{portal}")
        finally:
            process.terminate()
            process.wait(timeout=120)


def _wait(process: subprocess.Popen[bytes], log: Path, address: str, portal: str) -> Demo:
    for _ in range(3_000):
        text = log.read_text(encoding="utf-8")
        found = [match for line in text.splitlines() if (match := SIGN_IN.match(line))]
        if found:
            time.sleep(30.0)  # the worker sets the papers and hears from the ministry meanwhile
            people = {one["role"].strip(): (one["email"], one["password"].strip()) for one in found}
            return Demo(address, portal, {"": next(iter(people.values())), **people})
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"the demo did not start, or names nobody to sign in:\n{text}")


def take(browser: Browser, demo: Demo, pictures: Sequence[Picture]) -> None:
    """Photograph pages into docs/tour; one sign-in serves all of a size and light."""
    sessions: dict[tuple[Any, ...], Page] = {}
    for picture in pictures:
        key = (picture.size, picture.dark, picture.signed_in, picture.patient)
        if key not in sessions:
            sessions[key] = _session(browser, demo, picture)
        _photograph(sessions[key], picture)
        print(f"  {picture.name}", flush=True)


def _session(browser: Browser, demo: Demo, picture: Picture) -> Page:
    page = browser.new_page(
        base_url=demo.portal if picture.patient else demo.address,
        viewport={"width": picture.size[0], "height": picture.size[1]},
        color_scheme="dark" if picture.dark else "light",
        locale="it-IT",
        timezone_id="Europe/Rome",
        reduced_motion="reduce",
    )
    if picture.signed_in:
        email, password = demo.people[picture.patient]
        page.goto("/sign-in/" if picture.patient else "/accounts/login/")
        page.fill("input[name=address]" if picture.patient else "input[name=login]", email)
        page.fill("input[name=password]", password)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(f"{demo.portal}/**" if picture.patient else "**/practice/**")
        page.wait_for_load_state("networkidle")
    return page


def _photograph(page: Page, picture: Picture) -> None:
    answer = page.goto(picture.path)
    if picture.link and not re.fullmatch(picture.link, urlsplit(page.url).path):  # one practice alone opens by itself
        answer = page.goto(_link(page, picture.link))
    if answer is None or not answer.ok:
        raise RuntimeError(f"{picture.name}: {page.url} answers {answer and answer.status}")
    for place, wish in picture.deeds:
        page.select_option(place, label=wish) if wish else page.check(place)
    page.wait_for_load_state("networkidle")
    _save(page.screenshot(full_page=picture.full), FOLDER / f"{picture.name}.png")


def _link(page: Page, pattern: str) -> str:
    links = page.eval_on_selector_all("main a[href]", "all => all.map(one => one.getAttribute('href'))")
    fitting = [link for link in links if re.fullmatch(pattern, link)]
    if not fitting:
        raise RuntimeError(f"{page.url} has no link like {pattern}")
    return str(fitting[0])


def _save(picture: bytes, path: Path) -> None:
    """Keep a picture with 256 colours: a third of the size, and nobody sees it."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(256).save(path, optimize=True)


def text() -> str:
    """Return docs/tour.md."""
    lines = ["# A tour in pictures", "", "Taken by `script/tour` from the demo data; every person is invented.", ""]
    for section in dict.fromkeys(picture.section for picture in PICTURES):
        lines += [f"## {section}", ""]
        for picture in (each for each in PICTURES if each.section == section):
            lines += [picture.caption, "", f"![{picture.caption}](tour/{picture.name}.png)", ""]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="script/tour", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", action="append", choices=[p.name for p in PICTURES], help="take this one alone")
    only = parser.parse_args().only
    environment.ensure("tests")
    assets.ensure()
    steps.command([str(environment.python()), "-m", "script.lib.catalogues", "--compile"])
    from playwright.sync_api import sync_playwright

    chosen = [picture for picture in PICTURES if not only or picture.name in only]
    with demo_server() as demo, sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=chromium.ensure(), args=list(FLAGS))
        take(browser, demo, chosen)
        browser.close()
    PAGE.write_text(text(), encoding="utf-8")
    print(f"{len(chosen)} pictures in docs/tour, and docs/tour.md.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
