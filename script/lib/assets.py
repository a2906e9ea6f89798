"""Bring the styles, scripts and fonts that the pages and papers carry.

`script/assets.json` lists them: for each folder of ours, the name there and the file of an npm package it is
copied from. A font with many letters is cut down to those of some files of ours, such as a catalogue of translations:
`{"font": …, "letters": […]}`. The packages are the ones of package-lock.json, checked against their hashes by npm;
nothing they hold is run. Nothing copied is committed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

from script.lib import environment

ROOT = environment.ROOT
MODULES = ROOT / "node_modules"
LIST = ROOT / "script" / "assets.json"
LOCK = ROOT / "package-lock.json"
STAMP = ".stamp"


class Cut(TypedDict):
    """A font, and the files whose letters are kept of it."""

    font: str
    letters: list[str]


Source = str | Cut
Files = dict[str, Source]
MAP_COMMENT = re.compile(rb"\n?(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)\s*$")


def ensure() -> bool:
    """
    Bring what is missing or out of date; tell whether anything had to be done.

    A second run only compares stamps, so that starting a server stays quick.
    """
    folders = _folders()
    if all(_is_current(ROOT / folder, files) for folder, files in folders.items()):
        return False
    install()
    for folder, files in folders.items():
        _fill(ROOT / folder, files)
    return True


def install() -> None:
    """Install the npm packages as package-lock.json says, unless that was done."""
    stamp = MODULES / ".sportello-stamp"
    wanted = _hash(LOCK.read_bytes())
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    print("Fetching styles, scripts and fonts (once) …", flush=True)
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL)  # noqa: S603 - our own arguments
    if done.returncode:
        environment.stop("npm could not fetch the packages of package-lock.json: see above. Is the network reachable?")
    stamp.write_text(wanted, encoding="ascii")


def _folders() -> dict[str, Files]:
    folders: dict[str, Files] = json.loads(LIST.read_text(encoding="utf-8"))["folders"]
    return folders


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _wanted(files: Files) -> str:
    letters = [_letters(source) for source in files.values() if not isinstance(source, str)]
    return _hash(LOCK.read_bytes() + json.dumps([files, letters] if letters else files, sort_keys=True).encode())


def _letters(source: Cut) -> str:
    """Return the letters of the files, each once: a font cut down to them is a hundredth of the whole one."""
    texts = ((ROOT / name).read_text(encoding="utf-8") for name in source["letters"])
    return "".join(sorted(set().union(*texts) - {"\n"}))


def _is_current(folder: Path, files: Files) -> bool:
    stamp = folder / STAMP
    current = stamp.exists() and stamp.read_text(encoding="ascii") == _wanted(files)
    return current and all((folder / name).is_file() for name in files)


def _fill(folder: Path, files: Files) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        half = target.with_name(f"{target.name}.new")
        if isinstance(source, str):
            half.write_bytes(_content(_find(source)))
        else:
            _cut(_find(source["font"]), _letters(source), half)
        half.replace(target)  # a page that is being served sees the old file or the new one
    kept = {folder / name for name in files}
    for path in folder.rglob("*"):
        if path.is_file() and path not in kept and path.name != STAMP:
            path.unlink()
    (folder / STAMP).write_text(_wanted(files), encoding="ascii")


def _find(source: str) -> Path:
    path = ROOT / source.removeprefix("./") if source.startswith("./") else MODULES / source
    if not path.is_file():
        environment.stop(f"{LIST.name} names {source}, and no package of package-lock.json has it.")
    return path


def _content(path: Path) -> bytes:
    """Return a file's bytes; a style or script loses its pointer to a source map that is not carried."""
    content = path.read_bytes()
    return MAP_COMMENT.sub(b"\n", content) if path.suffix in {".css", ".js"} else content


def _cut(font: Path, letters: str, target: Path) -> None:
    """Write the part of a font that holds these letters, with the tools of the environment where we have none."""
    python = sys.executable if find_spec("fontTools") else str(environment.python())
    words = [str(font), f"--text={letters}", "--flavor=woff", "--layout-features=*", f"--output-file={target}"]
    done = subprocess.run([python, "-m", "fontTools.subset", *words], check=False)  # noqa: S603 - our own arguments
    if done.returncode:
        environment.stop(f"{font.name} could not be cut down to the letters of the pages: see above.")


def _npm() -> list[str]:
    """Return the command that runs npm: the machine's own, else the one of a Python package."""
    if shutil.which("node") and (own := shutil.which("npm")):
        return [own]
    environment.ensure("node")
    return [environment.program("npm")]


def main() -> int:
    """Run the command line."""
    argparse.ArgumentParser(prog="script/assets", description=__doc__.partition("\n")[0]).parse_args()
    print("Styles, scripts and fonts are in place." if ensure() else "Styles, scripts and fonts were in place already.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
