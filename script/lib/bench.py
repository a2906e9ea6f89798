"""Measure one thing: find bench/bench_NAME.py, run it, print a table or one JSON object.

A bench is a module with `results() -> list[dict]`: name, value, unit, baseline, ratio, aim, holds. Ratios are of
figures measured in the same run; the environment variable SPORTELLO_BENCH_SMOKE asks it for a taste.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

from script.lib import environment

FOLDERS = (environment.ROOT / "bench", environment.ROOT / "packages" / "sistemats" / "bench")
KEYS = ("name", "value", "unit", "baseline", "ratio", "aim", "holds")
PACKAGES = ("django", "typst", "weasyprint", "granian", "psycopg", "cryptography", "lxml")
SMOKE = "SPORTELLO_BENCH_SMOKE"


def found() -> dict[str, Path]:
    """Return the benches by name."""
    paths = [path for folder in FOLDERS for path in sorted(folder.glob("bench_*.py"))]
    return {path.stem.removeprefix("bench_"): path for path in paths}


def measure(name: str) -> dict[str, Any]:
    """
    Return what one bench measured, with the machine and the versions it ran on.

    :raises KeyError: a result lacks one of the keys
    """
    results = runpy.run_path(str(found()[name]))["results"]()
    return {
        "machine": _machine(),
        "versions": _versions(),
        "results": [{key: result[key] for key in KEYS} for result in results],
    }


def _machine() -> dict[str, Any]:
    import platform

    cpu = next((line for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")), "")
    memory = next((line.split()[1] for line in _lines(Path("/proc/meminfo")) if line.startswith("MemTotal")), "0")
    return {
        "system": platform.system(),
        "processor": cpu.partition(":")[2].strip() or platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "memory_mib": int(memory) // 1024,
    }


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _versions() -> dict[str, str]:
    import platform
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def _table(name: str, outcome: dict[str, Any]) -> str:
    rows = [["what", "value", "", "baseline", "ratio", "aim", "holds"]]
    rows += [[_cell(result[key]) for key in KEYS] for result in outcome["results"]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(KEYS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    machine = outcome["machine"]
    return "\n".join([f"{name} on {machine['cores']} cores, {machine['processor']}", *lines])


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "NO"
        case float():
            return f"{value:,.2f}"
    return str(value)


def _measure_quietly(name: str) -> dict[str, Any]:
    """Measure while whatever the bench prints goes to the error stream: standard output is ours alone."""
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        return measure(name)
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def _smoke() -> int:
    """Run every bench for a taste: the figures mean nothing, but each must run and say what it should."""
    failed = []
    for name in found():
        command = [str(environment.python()), "-m", "script.lib.bench", name, "--json"]
        done = subprocess.run(command, env=os.environ | {SMOKE: "1"}, check=False, capture_output=True, text=True)  # noqa: S603 - our own arguments
        ok = done.returncode == 0 and bool(json.loads(done.stdout)["results"])
        print(f"{name}: {'ok' if ok else 'FAILED'}", flush=True)
        if not ok:
            print(done.stderr, flush=True)
            failed.append(name)
    return bool(failed)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__.partition("\n")[0])
    parser.add_argument("name", nargs="?", choices=sorted(found()), help="which bench")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--smoke", action="store_true", help="run every bench for a moment")
    given = parser.parse_args()
    if given.smoke:
        return _smoke()
    if given.name is None:
        print("\n".join(["Benches:", *(f"  script/bench {name}" for name in sorted(found()))]))
        return 0
    outcome = _measure_quietly(given.name)
    print(json.dumps(outcome, indent=2, ensure_ascii=False) if given.json else _table(given.name, outcome))
    return 0


if __name__ == "__main__":
    sys.exit(main())
