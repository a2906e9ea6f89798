"""What we build on: a reason for each package, a licence we may ship, locks that fit."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata

import pytest
from script.lib import lock

from tests.repository import tree

PROJECTS = ("pyproject.toml", "packages/sistemats/pyproject.toml")
COPYLEFT = re.compile(r"(?<!L)A?GPL|GNU (Affero )?General Public", re.IGNORECASE)
CHOICE = re.compile(r"LGPL|Lesser|MPL|Mozilla|MIT|BSD|Apache", re.IGNORECASE)  # of several licences one may choose


def _listed(project):
    """Return each dependency of a project file with the comment on its line."""
    text = (tree.ROOT / project).read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    names = [
        *tables["project"]["dependencies"],
        *(one for group in tables.get("dependency-groups", {}).values() for one in group),
    ]
    lines = text.splitlines()
    for requirement in names:
        line = next(line for line in lines if f'"{requirement}"' in line)
        yield requirement, line.partition("#")[2].strip()


@pytest.mark.parametrize("project", PROJECTS)
def test_every_dependency_says_why_it_is_there(project):
    assert not [requirement for requirement, reason in _listed(project) if len(reason) < 5]


def test_locks_fit_what_they_were_resolved_from():
    assert list(lock.problems()) == []


def test_locks_notice_a_package_nobody_asked_for(monkeypatch, tmp_path):
    for name in (*PROJECTS, *(one.name for one in lock.LOCKS), "package.json", "package-lock.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((tree.ROOT / name).read_bytes())
    project = tmp_path / "pyproject.toml"
    project.write_text(
        project.read_text(encoding="utf-8").replace('"structlog>=25"', '"structurelog>=25"'), encoding="utf-8"
    )
    monkeypatch.setattr(lock, "ROOT", tmp_path)
    found = list(lock.problems())
    assert "requirements.txt: structurelog of pyproject.toml is missing" in found
    assert "requirements.txt: structlog is no longer in pyproject.toml" in found


def _licences(package):
    """Return what a package's own metadata say about its licence."""
    about = metadata(package)
    classifiers = [line for line in about.get_all("Classifier", []) if line.startswith("License")]
    named = " ".join([*about.get_all("License-Expression", []), *classifiers])
    return named or " ".join(about.get_all("License", []))[:200]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_no_package_is_under_gpl_or_agpl(name):
    wrong = []
    for package in re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", (tree.ROOT / name).read_text(encoding="utf-8"), re.MULTILINE
    ):
        try:
            licence = _licences(package)
        except PackageNotFoundError:
            continue  # for another platform
        if COPYLEFT.search(licence) and not CHOICE.search(licence):
            wrong.append(f"{package}: {licence}")
    assert not wrong
