"""The documentation says what the code does: codes, exit codes, links, and the README's example as printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sistemats.cli.exits import MEANING
from sistemats.cli.program import COMMANDS
from sistemats.codes import CALLS, SERVICES
from sistemats.codes.page import codes_page
from sistemats.inputs.csvform import COLUMNS
from sistemats.simulator import Fault, Options, Settings, Simulator

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.fixture
def simulator(tmp_path: Path, socket_enabled: None) -> Iterator[Simulator]:
    with Simulator(Options(folder=tmp_path / "ministry")) as running:
        yield running


def block(marker: str, page: str) -> str:
    text = (ROOT / page).read_text("utf-8")
    found = re.search(rf"<!-- {marker} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize("page", ["README.md", "docs/services/upload.md"])
def test_examples_print_what_their_pages_say(simulator: Simulator, tmp_path: Path, page: str) -> None:
    (tmp_path / "example.py").write_text(block("example", page))
    assert len(block("example", "README.md").strip().splitlines()) <= 12
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "example.py"],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert re.sub(r"protocol='\d+'", "protocol='99…'", done.stdout) == block("output", page)


def test_page_of_codes_is_made_from_the_tables() -> None:
    assert (ROOT / "docs" / "codes.md").read_text("utf-8") == codes_page()


def test_every_service_has_its_page() -> None:
    for service, facts in SERVICES.items():
        text = (ROOT / "docs" / "services" / f"{service.value}.md").read_text("utf-8")
        assert facts.path in text
        assert facts.namespace in text
    assert all(call.service in SERVICES for call in CALLS.values())


def test_command_line_page_names_every_command_and_exit_code() -> None:
    text = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    assert all(f"`{command}" in text for command in [*COMMANDS, "simulate"])
    assert all(f"| {code.value} | {meaning} |" in text for code, meaning in MEANING.items())


def test_simulator_page_names_every_failure_and_setting() -> None:
    text = (ROOT / "docs" / "simulator.md").read_text("utf-8")
    assert all(f"| `{fault.value}` |" in text for fault in Fault)
    assert all(f"| `{name}` |" in text for name in Settings().as_json())


def test_documents_page_names_every_column() -> None:
    text = (ROOT / "docs" / "documents.md").read_text("utf-8")
    assert all(column in text for column in COLUMNS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target
