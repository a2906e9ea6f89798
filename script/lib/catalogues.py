"""The catalogues of translations: gathered from the sources, checked, compiled. No GNU gettext is needed.

Python files are read by Babel, templates by Django's own `templatize`. English is the language of the
message ids; Italian and French have a catalogue each in src/sportello/locale.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "sportello"
LANGUAGES = ("it", "fr")
PLAIN: dict[str, Any] = {"gettext": None, "gettext_lazy": None, "_": None, "gettext_noop": None}
PLURAL: dict[str, Any] = {"ngettext": (1, 2), "ngettext_lazy": (1, 2)}
CONTEXT: dict[str, Any] = dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2))
BOTH: dict[str, Any] = dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3))
KEYWORDS = PLAIN | PLURAL | CONTEXT | BOTH
LITERAL = r"u?(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")"
CALL = re.compile(rf"\b(npgettext|ngettext|pgettext|gettext|_)\(((?:{LITERAL}|,|\s|count)*)\)")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")

Found = tuple[str, str | tuple[str, str], str | None]  # file, id or (singular, plural), context


def path(language: str) -> Path:
    """Return the catalogue of a language."""
    return SOURCE / "locale" / language / "LC_MESSAGES" / "django.po"


def gather() -> Catalog:
    """Return every message of the sources, in the order of the files."""
    catalog = Catalog(project="Sportello", charset="utf-8", fuzzy=False)
    for file, message, context in [*_from_python(), *_from_templates()]:
        catalog.add(message, locations=[(file, 1)], context=context)
    return catalog


def _from_python() -> Iterator[Found]:
    for file in sorted(SOURCE.rglob("*.py")):
        with file.open("rb") as source:
            for _, message, _, context in extract("python", source, keywords=KEYWORDS):
                text = tuple(message[:2]) if isinstance(message, tuple) else message
                yield file.relative_to(ROOT).as_posix(), text, context  # type: ignore[misc]


def _from_templates() -> Iterator[Found]:
    from django.utils.translation.template import templatize

    for file in sorted([*SOURCE.rglob("*.html"), *SOURCE.rglob("*.txt")]):
        if "templates" not in file.parts:
            continue
        for name, arguments in CALL.findall(templatize(file.read_text(encoding="utf-8"), origin=file.name)):
            texts = [ast.literal_eval(literal) for literal in re.findall(LITERAL, arguments)]
            context = texts.pop(0) if "p" in name else None
            yield file.relative_to(ROOT).as_posix(), (texts[0], texts[1]) if "n" in name[:2] else texts[0], context


def update() -> None:
    """Bring the catalogues up to date: new messages come in empty, those no longer used go."""
    template = gather()
    for language in LANGUAGES:
        catalog = _read(language)
        template.creation_date = catalog.creation_date
        catalog.update(template, no_fuzzy_matching=True)
        written = BytesIO()
        write_po(written, catalog, width=120, ignore_obsolete=True, include_lineno=False, sort_by_file=True)
        path(language).parent.mkdir(parents=True, exist_ok=True)
        path(language).write_bytes(written.getvalue())


def compile_all() -> None:
    """Write the binary catalogues that are missing or older than their source."""
    for language in LANGUAGES:
        source, target = path(language), path(language).with_suffix(".mo")
        if source.exists() and (not target.exists() or target.stat().st_mtime < source.stat().st_mtime):
            written = BytesIO()
            write_mo(written, _read(language))
            target.write_bytes(written.getvalue())


def problems() -> Iterator[str]:
    """Say what is missing, superfluous, fuzzy, untranslated, or translated with other placeholders."""
    template = _keys(gather())
    for language in LANGUAGES:
        catalog = _read(language)
        held = _keys(catalog)
        yield from (f"{language}: not in the catalogue: {key[0]!r}" for key in sorted(template - held, key=str))
        yield from (f"{language}: no longer in the sources: {key[0]!r}" for key in sorted(held - template, key=str))
        for message in catalog:
            if message.id:
                yield from (f"{language}: {fault}: {message.id!r}" for fault in _faults(message))


def _faults(message: Message) -> Iterator[str]:
    ids, texts = _texts(message.id), _texts(message.string)
    if message.fuzzy:
        yield "fuzzy"
    if not all(texts):
        yield "not translated"
        return
    allowed = _placeholders(ids)
    for number, text in enumerate(texts):
        used = _placeholders([text])
        lenient = len(ids) > 1 and number == 0  # one thing may be said without its number
        if used - allowed or (allowed - used and not lenient):
            yield f"other placeholders ({' '.join(sorted(used ^ allowed))})"


def _placeholders(texts: Iterable[str]) -> set[str]:
    return {part for text in texts for part in PLACEHOLDER.findall(text.replace("%%", ""))}


def _keys(catalog: Catalog) -> set[tuple[str, str | None]]:
    return {(_texts(message.id)[0], message.context) for message in catalog if message.id}


def _texts(given: Any) -> tuple[str, ...]:
    """Return the one text of a message, or its singular and plural."""
    return tuple(given) if isinstance(given, (tuple, list)) else (given,)


def _read(language: str) -> Catalog:
    if not path(language).exists():
        return Catalog(locale=language, project="Sportello", charset="utf-8", fuzzy=False)
    with path(language).open("rb") as source:
        return read_po(source, locale=language)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="script/messages", description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only tell whether the catalogues are complete")
    parser.add_argument("--compile", action="store_true", help="only compile them")
    arguments = parser.parse_args()
    if arguments.compile:
        compile_all()
        return 0
    if not arguments.check:
        update()
        compile_all()
    found = list(problems())
    print("\n".join(found) if found else "The catalogues are complete.")
    return bool(found) and arguments.check


if __name__ == "__main__":
    sys.exit(main())
