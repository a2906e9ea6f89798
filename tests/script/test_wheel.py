"""The wheel: built, installed into an environment of its own, it answers without the sources beside it."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from contextlib import contextmanager

import pytest
from script.lib import environment

from tests.support.installation import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
CARRIED = (
    "sportello/web/static/vendor/tabler/tabler.min.css",
    "sportello/web/static/vendor/tabler/tabler.rtl.min.css",
    "sportello/web/static/vendor/tabler/LICENSE",
    "sportello/web/static/vendor/htmx/htmx.min.js",
    "sportello/billing/paper/fonts/NotoSans_400Regular.ttf",
    "sportello/billing/paper/fonts/NotoSans.LICENSE",
    "sportello/billing/paper/invoice.typ",
    "sportello/billing/migrations/0001_initial.py",
    "sistemats/data/deadlines.json",
    "sistemats/exchange/client.py",
    "sportello/web/templates/base.html",
    "sportello/locale/it/LC_MESSAGES/django.mo",
    "sportello/locale/fr/LC_MESSAGES/django.mo",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel the way a release does."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), "."]
    subprocess.run(command, cwd=environment.ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """Install it into a fresh environment, its dependencies by hash; give the folder of its programs."""
    folder = tmp_path_factory.mktemp("installed")
    uv = environment.program("uv")
    python = folder / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    locked = ["--require-hashes", "-r", str(environment.ROOT / "requirements.txt")]
    subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *locked], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--no-deps", "--python", str(python), str(wheel)], check=True)
    return python.parent


@pytest.fixture
def variables(tmp_path):
    """Give the environment of an install: a data folder, nothing of the tests."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("SPORTELLO_", "DJANGO_", "PYTHON"))
    }
    return kept | {"SPORTELLO_DATA": str(tmp_path / "data"), "SPORTELLO_HTTPS": "0"}


def test_wheel_carries_pages_papers_fonts_and_translations(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert not [name for name in CARRIED if name not in names]
    assert not [name for name in names if name.endswith((".map", ".po.new")) or "/tests/" in name]


def test_installed_command_explains_itself(installed, variables, tmp_path):
    done = subprocess.run(
        [str(installed / "sportello"), "--help"],
        cwd=tmp_path,
        env=variables,
        check=True,
        capture_output=True,
        text=True,
    )
    for word in ("serve", "migrate", "create-practice", "backup", "restore", "check-deploy"):
        assert word in done.stdout


def test_installed_server_answers(installed, variables, tmp_path):
    program = str(installed / "sportello")
    subprocess.run([program, "migrate"], cwd=tmp_path, env=variables, check=True, capture_output=True)
    with _serving(program, variables, tmp_path) as address:
        assert json.loads(_get(f"{address}/readyz"))
        page = _get(f"{address}/accounts/login/").decode()
        styles = [part.partition('"')[0] for part in page.split('href="') if ".css" in part.partition('"')[0]]
        assert styles
        assert all(len(_get(f"{address}{style}")) > 100 for style in styles)


@contextmanager
def _serving(program, variables, folder):
    port = free_port()
    log = (folder / "server.log").open("wb")
    process = subprocess.Popen(
        [program, "serve", "--port", str(port)], cwd=folder, env=variables, stdout=log, stderr=log
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, process, folder)
        yield address
    finally:
        process.terminate()
        assert process.wait(timeout=120) in {0, -15}
        log.close()


def _wait(address, process, folder):
    for _ in range(2_400):
        assert process.poll() is None, (folder / "server.log").read_text(encoding="utf-8")
        try:
            _get(f"{address}/healthz")
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    pytest.fail((folder / "server.log").read_text(encoding="utf-8"))


def _get(address):
    with urllib.request.urlopen(address, timeout=60) as answer:
        return answer.read()
