"""What a reader of the code relies on, checked without running it: style, types, imports, generated files."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from script.lib import assets, environment, steps

TYPED = (
    "src",
    "packages/sistemats/src",
    "tests",
    "packages/sistemats/tests",
    "bench",
    "packages/sistemats/bench",
    "script/lib",
)
PORTAL = ("src/portal", "src/deskwire", "tests/portal")
OF_PORTAL = r"^(src|tests)/portal/"
PYTHON = str(environment.python())


def _existing(paths: Sequence[str]) -> list[str]:
    return [path for path in paths if (environment.ROOT / path).exists()]


def _locks() -> list[str]:
    done = subprocess.run([PYTHON, "-m", "script.lib.lock", "--check"], check=False, capture_output=True, text=True)  # noqa: S603 - our own arguments
    return done.stdout.splitlines() + done.stderr.splitlines() if done.returncode else []


def _portal_types(data: str) -> list[str]:
    """Return the arguments of mypy for the portal: the same rules, another Django project's settings."""
    rules = (environment.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    config = Path(data) / "mypy-portal.toml"
    config.write_text(rules.replace('"sportello.config.settings"', '"portal.config.settings"'), encoding="utf-8")
    return ["--config-file", str(config), "--cache-dir", ".mypy_cache/portal", *_existing(PORTAL)]


def all_steps(data: str) -> list[steps.Step]:
    """Return the steps; `data` is a throwaway folder for those that read the product's settings."""
    tool = environment.program
    django = {"SPORTELLO_DATA": data, "SPORTELLO_DATABASE": "", "DJANGO_SETTINGS_MODULE": "sportello.config.settings"}
    sources = {"PYTHONPATH": os.pathsep.join(environment.SOURCES)} | django
    portal = {"PORTAL_DATA": data, "PORTAL_DATABASE": "", "DJANGO_SETTINGS_MODULE": "portal.config.settings"}
    return [
        steps.Step("format", "ruff format", [tool("ruff"), "format", "--check", "."]),
        steps.Step("style", "ruff check", [tool("ruff"), "check", "."]),
        steps.Step("types", "mypy, strict", [tool("mypy"), "--exclude", OF_PORTAL, *_existing(TYPED)], django),
        steps.Step("portal-types", "mypy, strict, for the portal", [tool("mypy"), *_portal_types(data)], portal),
        steps.Step("imports", "the import contracts", [tool("lint-imports")], sources),
        steps.Step(
            "migrations",
            "models and migrations agree",
            [PYTHON, "-m", "django", "makemigrations", "--check", "--dry-run"],
            sources,
        ),
        steps.Step(
            "portal-migrations",
            "models and migrations of the portal agree",
            [PYTHON, "-m", "django", "makemigrations", "--check", "--dry-run"],
            sources | portal,
        ),
        steps.Step(
            "translations",
            "every language complete",
            [PYTHON, "-m", "script.lib.catalogues", "--check"],
        ),
        steps.Step("locks", "the lock files fit", _locks),
        steps.Step(
            "reference", "the generated pages are current", [PYTHON, "-m", "script.lib.reference", "--check"], sources
        ),
    ]


def main() -> int:
    """Run the command line."""
    environment.ensure("tests")
    assets.ensure()
    with tempfile.TemporaryDirectory(prefix="sportello-check-") as data:
        return steps.run(all_steps(data), sys.argv[1:], at_once=2)


if __name__ == "__main__":
    sys.exit(main())
