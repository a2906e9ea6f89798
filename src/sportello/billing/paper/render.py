"""A frozen content becomes a PDF: PDF/A-3a for the archive and PDF/UA-1 for screen readers, in one file.

Source: practice specification 2.15 and 2.16. The bytes depend on content and logo alone: the same input gives the same
file, dated by its issue date. Nothing is read from the network, from system fonts or from the database.

One `Renderer` holds one engine with its fonts and caches; making one costs a tenth of a second, setting a paper a few
milliseconds. `shared_renderer` returns the one of this process.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from . import glyphs, sheet
from .content import Content, Logo
from .logo import LogoUnreadable, prepare

log = logging.getLogger(__name__)

TEMPLATE = Path(__file__).with_name("invoice.typ")
_STANDARDS: list[Any] = ["a-3a", "ua-1"]
_ONE_PAGE = b"/Type/Pages/Count 1/"
_FITS = 18
"""Lines up to which a single page is tried first."""
_LOGOS_KEPT = 200


class RenderFailed(RuntimeError):
    """No PDF could be made; the message says why and never what the document says."""


class Renderer:
    """Sets papers one after the other; several threads may call it."""

    def __init__(self) -> None:
        """
        Load fonts and template.

        :raises RenderFailed: fonts are not installed, or there is no room for temporary files
        """
        try:
            fonts = shared_fonts()
            self._root = Path(tempfile.mkdtemp(prefix="sportello-paper-"))
            weakref.finalize(self, _remove, self._root, os.getpid())
            self._template = self._root / TEMPLATE.name
            self._template.write_bytes(TEMPLATE.read_bytes())
        except (glyphs.FontsMissing, OSError) as error:
            raise RenderFailed(f"the renderer cannot start: {error}") from error
        self._lock = threading.Lock()
        self._logos: dict[Logo, sheet.Picture | None] = {}
        self._engine = typst.Compiler(
            input=str(self._template),
            root=str(self._root),
            font_paths=fonts,
        )

    def render(self, content: Content, logo: bytes | None = None) -> bytes:
        """
        Return the PDF of one document.

        A letter that no font has is replaced and noted in the log by its number alone; a logo that cannot be read is
        left out and noted.

        :param logo: the file named by `content.logo`, None when the content names none
        :raises RenderFailed: the logo is missing or another one, or the engine gave up
        """
        with self._lock:
            self._restore()
            plain = sheet.build(content, self._picture(content, logo))
            moment = datetime(content.issued_on.year, content.issued_on.month, content.issued_on.day, 12, tzinfo=UTC)
            return self._set(plain, moment)

    def _restore(self) -> None:
        """Write the temporary files anew when somebody tidied them away under a worker that runs for weeks."""
        if self._template.is_file():
            return
        self._logos.clear()
        try:
            self._root.mkdir(mode=0o700, exist_ok=True)
            self._template.write_bytes(TEMPLATE.read_bytes())
        except OSError as error:
            self._template.unlink(missing_ok=True)
            raise RenderFailed(f"no room for the template: {os.strerror(error.errno or 0)}") from error

    def _set(self, plain: dict[str, Any], moment: datetime) -> bytes:
        reason = ""
        for attempt in _attempts(plain):
            try:
                return self._compile(attempt, moment)
            except typst.TypstError as error:
                reason = without_texts(error.message)
        raise RenderFailed(f"the engine cannot set this document: {reason}")

    def _compile(self, plain: dict[str, Any], moment: datetime) -> bytes:
        data = sheet.to_json(plain)
        if len(plain["lines"]) <= _FITS:
            pdf = self._call(data, "yes", moment)
            if _ONE_PAGE in pdf:
                return pdf
        return self._call(data, "no", moment)

    def _call(self, data: str, single: str, moment: datetime) -> bytes:
        pdf = self._engine.compile(
            sys_inputs={"data": data, "single": single}, pdf_standards=_STANDARDS, timestamp=moment
        )
        if not isinstance(pdf, bytes):
            raise RenderFailed("the engine returned no single file")
        return pdf

    def _picture(self, content: Content, logo: bytes | None) -> sheet.Picture | None:
        """Return where the template finds the picture, written there on first sight."""
        wanted = content.logo
        if wanted is None:
            return None
        if logo is None or hashlib.sha256(logo).hexdigest() != wanted.sha256:
            raise RenderFailed("the logo handed over is not the one the document was issued with")
        known = self._logos.get(wanted)
        if wanted not in self._logos or (known and not (self._root / known.path[1:]).is_file()):
            if len(self._logos) >= _LOGOS_KEPT:
                self._forget_logos()
            self._logos[wanted] = self._store_logo(wanted, logo)
        return self._logos[wanted]

    def _store_logo(self, wanted: Logo, logo: bytes) -> sheet.Picture | None:
        try:
            prepared = prepare(logo, wanted.media_type)
        except LogoUnreadable as error:
            log.warning("paper: logo left out: %s", error)
            return None
        path = self._root / f"{wanted.sha256}.png"
        try:
            path.write_bytes(prepared.data)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise RenderFailed(f"no room for the logo: {os.strerror(error.errno or 0)}") from error
        return sheet.Picture(f"/{path.name}", prepared.width)

    def _forget_logos(self) -> None:
        for picture in self._root.glob("*.png"):
            picture.unlink(missing_ok=True)
        self._logos.clear()


def _load_fonts() -> typst.Fonts:
    """
    Return the fonts beside this file and no others.

    :raises FontsMissing: a file is not there or holds no font; the engine itself would print blank papers then
    """
    files = glyphs.font_files()
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(glyphs.FOLDER)])
    loaded = {Path(font.path).name for font in fonts.fonts() if font.path}
    if unread := [path.name for path in files if path.name not in loaded]:
        raise glyphs.FontsMissing(f"fonts of the paper cannot be read ({', '.join(unread)}): run script/assets")
    return fonts


def _remove(folder: Path, owner: int) -> None:
    """Remove the temporary files, unless a forked child is the one that ends."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _attempts(plain: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the sheet as it is, then with missing letters replaced, then in plain Latin: an invoice is never lost."""
    yield plain
    repaired, count = glyphs.repair(plain)
    log.warning("paper: %d letters without a glyph were replaced", count)
    yield repaired
    log.warning("paper: set in plain Latin, the fonts did not suffice")
    yield glyphs.only_plain(plain)


def without_texts(message: str) -> str:
    """Return the engine's message up to the first quoted piece, which may be a name."""
    return message.split("`", 1)[0].split('"', 1)[0].strip()[:200]


@cache
def _fonts_of(_process: int) -> typst.Fonts:
    return _load_fonts()


def shared_fonts() -> typst.Fonts:
    """
    Return the fonts of the paper, loaded once a process.

    :raises FontsMissing: they are not installed
    """
    return _fonts_of(os.getpid())


@cache
def _renderer_of(_process: int) -> Renderer:
    return Renderer()


def shared_renderer() -> Renderer:
    """
    Return the renderer of this process, made on first use; a forked child makes its own.

    :raises RenderFailed: fonts are not installed, or there is no room for temporary files
    """
    return _renderer_of(os.getpid())
