"""Everything that CI runs, in the order that tells soonest what is wrong."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from script.lib import assets, chromium, environment, steps

PYTHON = str(environment.python())
PYTEST = (PYTHON, "-m", "pytest", "-q")
BOTH_CORES = ("-n", "2", "--dist", "worksteal")
BY_FILE = ("-n", "2", "--dist", "loadfile")
QUICK = "not browser and not slow"
ASKING = f"{QUICK} and database"
"""What can end differently on another database: a test that asks for none sees none (tests/support/asking.py)."""
LIBRARY = "packages/sistemats/tests"
PORTAL = ("--confcutdir", "tests/portal", "--ds", "tests.portal.settings")


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (PYTHON, "-m", module, *arguments)


def all_steps(browser: str) -> list[steps.Step]:
    """Return the steps; `browser` is the path of the Chromium that the browser tests drive."""
    return [
        steps.Step("check", "script/check", _python("script.lib.check")),
        steps.Step("sqlite", "the tests on SQLite", [*PYTEST, *BOTH_CORES, "-m", QUICK, "tests"]),
        steps.Step(
            "postgresql",
            "the tests that ask for a database, on PostgreSQL",
            [*PYTEST, *BOTH_CORES, "-m", ASKING, "tests"],
            {"SPORTELLO_TEST_DATABASE": "postgresql"},
        ),
        steps.Step(
            "portal",
            "the portal, a site of its own, on SQLite",
            [*PYTEST, *BOTH_CORES, *PORTAL, "-m", QUICK, "tests/portal"],
        ),
        steps.Step(
            "portal-postgresql",
            "the portal on PostgreSQL",
            [*PYTEST, *BOTH_CORES, *PORTAL, "-m", ASKING, "tests/portal"],
            {"SPORTELLO_TEST_DATABASE": "postgresql"},
        ),
        steps.Step(
            "browser",
            "what people do, in a real browser",
            [*PYTEST, *BOTH_CORES, "-m", "browser and not slow", "tests/browser"],
            {"SPORTELLO_CHROMIUM": browser},
        ),
        steps.Step(
            "portal-browser",
            "what patients do, in a real browser",
            [*PYTEST, *BOTH_CORES, *PORTAL, "-m", "browser", "tests/portal"],
            {"SPORTELLO_CHROMIUM": browser},
        ),
        steps.Step("sistemats", "the protocol library by itself", [*PYTEST, *BOTH_CORES, LIBRARY]),
        steps.Step("slow", "the built wheel, many documents", [*PYTEST, *BY_FILE, "-m", "slow", "tests"]),
        steps.Step("bench", "each bench, a taste of it", _python("script.lib.bench", "--smoke")),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="script/test", description=__doc__)
    parser.add_argument("step", nargs="*", help="only these steps")
    parser.add_argument("--list", action="store_true", help="list the steps")
    given = parser.parse_args(arguments)
    if given.list:
        print("\n".join(f"{step.name:<12} {step.about}" for step in all_steps("")))
        return 0
    environment.ensure("tests")
    assets.ensure()
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # hundreds of processes: each would compile everything anew
    steps.command(_python("script.lib.catalogues", "--compile"))
    browser = chromium.ensure() if not given.step or {"browser", "portal-browser"} & set(given.step) else ""
    return steps.run(all_steps(browser), given.step, at_once=2)  # each waits half of its time: see decision 0117


if __name__ == "__main__":
    sys.exit(main())
