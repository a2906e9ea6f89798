"""Resolve the dependencies and write the lock files; tell, without any network, whether they still fit.

The versions that are locked stay, as long as they fit what pyproject.toml asks for; `--upgrade` looks for newer ones.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

from script.lib import environment

ROOT = environment.ROOT
PRODUCT, LIBRARY = "pyproject.toml", "packages/sistemats/pyproject.toml"
OPTIONS = ["--generate-hashes", "--universal", "--python-version=3.11", "--no-header", "--no-emit-index-url", "--quiet"]


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock file: what it is resolved from and, in the words of its `via` lines, which tables those are."""

    name: str
    arguments: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]  # project file, dependency group or ""


LOCKS = (
    Lock("requirements.txt", (PRODUCT,), ((PRODUCT, ""),)),
    Lock(
        "requirements-dev.txt",
        (PRODUCT, LIBRARY, f"--group={PRODUCT}:dev", "--constraint=requirements.txt"),
        ((PRODUCT, ""), (PRODUCT, "dev"), (LIBRARY, "")),
    ),
    Lock("requirements-node.txt", (f"--group={PRODUCT}:node",), ((PRODUCT, "node"),)),
)


def write(*, upgrade: bool) -> None:
    """Write all lock files, those of npm too."""
    extra = ["--upgrade"] if upgrade else []
    for lock in LOCKS:
        command = [environment.program("uv"), "pip", "compile", *lock.arguments, *OPTIONS, *extra, "-o", lock.name]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own arguments
    npm = ["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(npm, cwd=ROOT, check=True)  # noqa: S603 - our own arguments


def problems() -> Iterator[str]:
    """Say, for each lock file, where it no longer fits the file it was resolved from. Reads files alone."""
    for lock in LOCKS:
        pins = _pins(lock.name)
        yield from (f"{lock.name}: {name} has no hash" for name, (_, hashed, _) in pins.items() if not hashed)
        for project, group in lock.sources:
            yield from _drift(lock.name, pins, project, group)
    yield from _npm_drift()


def _drift(name: str, pins: dict[str, tuple[str, bool, set[str]]], project: str, group: str) -> Iterator[str]:
    from packaging.requirements import Requirement  # ours is an environment that has it

    table = tomllib.loads((ROOT / project).read_text(encoding="utf-8"))
    listed = table["dependency-groups"][group] if group else table["project"]["dependencies"]
    asked = {_normal(Requirement(line).name): Requirement(line) for line in listed}
    mark = _mark(table["project"]["name"], project, group)
    for package, requirement in asked.items():
        if package not in pins:
            yield f"{name}: {package} of {project} is missing"
        elif not requirement.specifier.contains(pins[package][0], prereleases=True):
            yield f"{name}: {package} {pins[package][0]} is not {requirement.specifier}, as {project} asks"
    for package, (_, _, reasons) in pins.items():
        if mark in reasons and package not in asked:
            yield f"{name}: {package} is no longer in {project}"


def _mark(project: str, path: str, group: str) -> str:
    return f"{project} ({path}:{group})" if group else f"{project} ({path})"


def _pins(name: str) -> dict[str, tuple[str, bool, set[str]]]:
    """Return version, whether there is a hash, and the reasons, for each package of a lock file."""
    pins: dict[str, tuple[str, bool, set[str]]] = {}
    text = (ROOT / name).read_text(encoding="utf-8")
    for block in re.split(r"\n(?=[a-z0-9])", text, flags=re.IGNORECASE):
        head = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", block)
        if head:
            reasons = {line.strip(" #").removeprefix("via ").strip() for line in block.splitlines()[1:]}
            pins[_normal(head[1])] = (head[2], "--hash=" in block, reasons)
    return pins


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _npm_drift() -> Iterator[str]:
    asked = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for table in ("dependencies", "devDependencies"):
        if asked.get(table, {}) != locked[""].get(table, {}):
            yield f"package-lock.json: its {table} are not those of package.json"
        for name, version in asked.get(table, {}).items():
            if not re.fullmatch(r"\d+\.\d+\.\d+", version):
                yield f"package.json: {name} {version} is not one exact version"
    for path, entry in locked.items():
        if path and "integrity" not in entry:
            yield f"package-lock.json: {path} has no hash"


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="script/lock", description=__doc__.partition("\n")[0])
    parser.add_argument("--upgrade", action="store_true", help="look for newer versions")
    parser.add_argument("--check", action="store_true", help="only tell whether the lock files fit; no network")
    arguments = parser.parse_args()
    if not arguments.check:
        write(upgrade=arguments.upgrade)
    found = list(problems())
    print("\n".join([*found, "Start script/lock."]) if found else "The lock files fit.")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
