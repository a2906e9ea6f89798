"""Find the browser that the tests drive, or install one where the machine lets us."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from script.lib import environment

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"), Path("/snap/bin/chromium"))
INSTALLERS = (
    ("apt-get", (("apt-get", "update", "-qq"), ("apt-get", "install", "-y", "-qq", "chromium"))),
    ("dnf", (("dnf", "install", "-y", "chromium"),)),
    ("brew", (("brew", "install", "--cask", "chromium"),)),
)


def find() -> str | None:
    """Return the path of a Chromium: SPORTELLO_CHROMIUM, the machine's own, or the one playwright keeps."""
    chosen = os.environ.get("SPORTELLO_CHROMIUM")
    if chosen:
        return chosen
    found = [path for name in NAMES if (path := shutil.which(name))]
    found += [str(path) for path in PLACES if path.exists()]
    return found[0] if found else _playwrights_own()


def ensure() -> str:
    """Return the path of a Chromium, installed if need be; end with plain words where that cannot be done."""
    path = find()
    if path is None:
        print("There is no Chromium here: installing one for the browser tests …", flush=True)
        _install()
        path = find()
    if path is None:
        environment.stop(
            "The browser tests need Chromium, and it could not be installed here. Install it by hand "
            "(Debian and Ubuntu: apt install chromium) or set SPORTELLO_CHROMIUM to its path, then start this again."
        )
    return path


def _playwrights_own() -> str | None:
    ask = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as tool: print(tool.chromium.executable_path)"
    )
    answer = subprocess.run(  # noqa: S603 - our own arguments
        [str(environment.python()), "-c", ask], check=False, capture_output=True, text=True
    )
    path = answer.stdout.strip()
    return path if path and Path(path).exists() else None


def _install() -> None:
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    for tool, commands in INSTALLERS:
        if shutil.which(tool):
            before = [] if tool == "brew" else sudo
            quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
            if all(_ran([*before, *command], quiet) for command in commands) and find():
                return
    _ran([str(environment.python()), "-m", "playwright", "install", "chromium"], dict(os.environ))


def _ran(command: list[str], variables: dict[str, str]) -> bool:
    try:
        return subprocess.run(command, env=variables, check=False).returncode == 0  # noqa: S603 - our own arguments
    except FileNotFoundError:
        return False
