"""The project's own Python environment: made once, brought up to date when a lock file changes.

Standard library only: this runs on a machine that has nothing but Python and a shell.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
LOCKS = {"product": "requirements.txt", "tests": "requirements-dev.txt", "node": "requirements-node.txt"}
SOURCES = ("src", "packages/sistemats/src")
COMMANDS = {"sportello": "sportello.jobs.command_line", "portal": "portal.commands.command_line"}


def stop(message: str) -> NoReturn:
    """Say what is wrong and what to do, and end."""
    print(message, file=sys.stderr)
    raise SystemExit(1)


def python() -> Path:
    """Return the environment's interpreter."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def program(name: str) -> str:
    """Return the path of a program that a package brought into the environment."""
    return str(python().parent / name)


def ensure(kind: str) -> Path:
    """
    Return the interpreter of an environment that holds what a lock file lists: product, tests or node.

    A second call costs nothing: a stamp keeps the hash of the lock file that was installed.
    """
    lock = ROOT / LOCKS[kind]
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if _stamp(kind).exists() and _stamp(kind).read_text(encoding="ascii") == wanted and python().exists():
        return python()
    if not python().exists():
        _make()
    print(f"Installing the packages of {lock.name} (once; a minute or two) …", flush=True)
    command = [str(python()), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes"]
    done = subprocess.run([*command, "-r", str(lock)], check=False)  # noqa: S603 - our own arguments
    if done.returncode:
        stop(f"The packages of {lock.name} could not be installed: see above. Is the network reachable?")
    _link_sources()
    _stamp(kind).write_text(wanted, encoding="ascii")
    return python()


def _stamp(kind: str) -> Path:
    return VENV / f"sportello-{kind}.stamp"


def _make() -> None:
    print(f"Making the environment in {VENV.name} …", flush=True)
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)  # noqa: S603 - our own arguments
    if done.returncode:
        stop(
            "This Python cannot make environments. Debian and Ubuntu: apt install python3-venv; then start this again."
        )


def _link_sources() -> None:
    """Let the environment import the product from its sources and give it the commands `sportello` and `portal`."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    answer = subprocess.run([str(python()), "-c", ask], check=True, capture_output=True, text=True)  # noqa: S603 - our own arguments
    lines = "".join(f"{ROOT / source}\n" for source in SOURCES)
    (Path(answer.stdout.strip()) / "sportello-source.pth").write_text(lines, encoding="utf-8")
    for name, module in COMMANDS.items():
        command = Path(program(name))
        command.write_text(f"#!{python()}\nfrom {module} import main\n\nraise SystemExit(main())\n", encoding="utf-8")
        command.chmod(0o755)


if __name__ == "__main__":
    ensure(sys.argv[1])
