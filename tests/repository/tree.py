"""The files of the project as git knows them."""

from __future__ import annotations

import subprocess
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURES = {".png", ".ico", ".jpg", ".woff2", ".ttf", ".pdf", ".zip", ".gz", ".p12", ".der"}


@lru_cache(maxsize=1)
def tracked() -> tuple[Path, ...]:
    """Return every tracked file that is there."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def ending(*suffixes: str) -> list[Path]:
    """Return the tracked files with these endings."""
    return [path for path in tracked() if path.suffix in suffixes]


def texts() -> list[tuple[str, str]]:
    """Return name and text of every tracked text file."""
    return [(name(path), path.read_text(encoding="utf-8")) for path in tracked() if path.suffix not in PICTURES]


def name(path: Path) -> str:
    """Return the name of a file as git writes it."""
    return path.relative_to(ROOT).as_posix()
