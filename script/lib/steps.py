"""Run steps one after the other, say how each went, and fail when one failed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from script.lib.environment import ROOT


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to run: a command, or a function that returns what it found wrong."""

    name: str
    about: str
    run: Sequence[str] | Callable[[], list[str]]
    environment: Mapping[str, str] = field(default_factory=dict)


def command(arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> bool:
    """Run a command in the project's folder; tell whether it went well."""
    variables = os.environ | dict(environment or {})
    return subprocess.run(list(arguments), cwd=ROOT, env=variables, check=False).returncode == 0  # noqa: S603 - our own arguments


def run(steps: Sequence[Step], chosen: Sequence[str]) -> int:
    """
    Run the steps with these names, all when none is given; return the exit code.

    A step that fails does not keep the next from running: one run tells everything.
    """
    unknown = set(chosen) - {step.name for step in steps}
    if unknown:
        print(
            f"There is no step {', '.join(sorted(unknown))}. Steps: {', '.join(s.name for s in steps)}.",
            file=sys.stderr,
        )
        return 2
    outcomes = [(step, *_one(step)) for step in steps if not chosen or step.name in chosen]
    print("\n" + "\n".join(_line(step, ok, seconds) for step, ok, seconds in outcomes), flush=True)
    return 0 if all(ok for _, ok, _ in outcomes) else 1


def _one(step: Step) -> tuple[bool, float]:
    print(f"\n── {step.name}: {step.about}", flush=True)
    begun = time.monotonic()
    if callable(step.run):
        found = step.run()
        print("\n".join(found) if found else "ok", flush=True)
        return not found, time.monotonic() - begun
    ok = command(step.run, step.environment)
    return ok, time.monotonic() - begun


def _line(step: Step, ok: bool, seconds: float) -> str:
    return f"{'ok    ' if ok else 'FAILED'} {step.name:<14} {seconds:6.1f} s"
