"""Run steps one after the other, say how each went, and fail when one failed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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


def run(steps: Sequence[Step], chosen: Sequence[str], at_once: int = 1) -> int:
    """
    Run the steps with these names, all when none is given; return the exit code.

    A step that fails does not keep the next from running: one run tells everything.

    :param at_once: how many run beside each other, where none needs what another makes; what each says stays together
    """
    unknown = set(chosen) - {step.name for step in steps}
    if unknown:
        print(
            f"There is no step {', '.join(sorted(unknown))}. Steps: {', '.join(s.name for s in steps)}.",
            file=sys.stderr,
        )
        return 2
    taken = [step for step in steps if not chosen or step.name in chosen]
    outcomes = _beside(taken, at_once) if at_once > 1 else [(step, *_one(step)) for step in taken]
    print("\n" + "\n".join(_line(step, ok, seconds) for step, ok, seconds in outcomes), flush=True)
    return 0 if all(ok for _, ok, _ in outcomes) else 1


def _one(step: Step) -> tuple[bool, float]:
    _head(step)
    begun = time.monotonic()
    ok = command(step.run, step.environment) if not callable(step.run) else _told(step.run())
    return ok, time.monotonic() - begun


def _beside(steps: Sequence[Step], at_once: int) -> list[tuple[Step, bool, float]]:
    """Run steps beside each other; print what each said as a whole, in their order, as soon as it is known."""
    outcomes = []
    with ThreadPoolExecutor(at_once) as pool:
        for step, (said, ok, seconds) in zip(steps, pool.map(_quietly, steps), strict=True):
            _head(step)
            print(said, end="", flush=True)
            outcomes.append((step, ok, seconds))
    return outcomes


def _quietly(step: Step) -> tuple[str, bool, float]:
    begun = time.monotonic()
    if callable(step.run):
        found = step.run()
        return "\n".join(found or ["ok"]) + "\n", not found, time.monotonic() - begun
    done = subprocess.run(  # noqa: S603 - our own arguments
        list(step.run),
        cwd=ROOT,
        env=os.environ | dict(step.environment),
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.stdout, done.returncode == 0, time.monotonic() - begun


def _head(step: Step) -> None:
    print(f"\n── {step.name}: {step.about}", flush=True)


def _told(found: list[str]) -> bool:
    print("\n".join(found) if found else "ok", flush=True)
    return not found


def _line(step: Step, ok: bool, seconds: float) -> str:
    return f"{'ok    ' if ok else 'FAILED'} {step.name:<17} {seconds:6.1f} s"
