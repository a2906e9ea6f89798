"""The catalogues of translations: gathered from the sources, checked, compiled. No GNU gettext is needed.

Python files are read by Babel, templates by Django's own `templatize`. English is the language of the message
ids. The practice's pages are in Italian and French (src/sportello/locale), the patient's in nine languages
more (src/portal/locale), each with the plural forms of CLDR in gettext's order.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
PLAIN: dict[str, Any] = {"gettext": None, "gettext_lazy": None, "_": None, "gettext_noop": None}
PLURAL: dict[str, Any] = {"ngettext": (1, 2), "ngettext_lazy": (1, 2)}
CONTEXT: dict[str, Any] = dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2))
BOTH: dict[str, Any] = dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3))
KEYWORDS = PLAIN | PLURAL | CONTEXT | BOTH
LITERAL = r"u?(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")"
CALL = re.compile(rf"\b(npgettext|ngettext|pgettext|gettext|_)\(((?:{LITERAL}|,|\s|count)*)\)")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+[^>]*>")
EXACT = {"ar": {0, 1, 2}, "uk": set(), "zh_Hans": set()}
"""The plural forms that mean one number alone, and so may say it in a word; the first one unless listed."""
PLURAL_FORMS = {
    "ar": "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5;",
    "ro": "nplurals=3; plural=n==1 ? 0 : n==0 || (n!=1 && n%100>=1 && n%100<=19) ? 1 : 2;",
    "uk": (
        "nplurals=4; plural=n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : "
        "n%10==0 || n%10>=5 || (n%100>=11 && n%100<=14) ? 2 : 3;"
    ),
}
"""Where Babel's own are in another order than Django's, or fewer; the fourth of Ukrainian is for fractions."""

Found = tuple[str, str | tuple[str, str], str | None]  # file, id or (singular, plural), context


@dataclass(frozen=True, slots=True)
class Root:
    """A folder of sources and the languages it is translated into; its catalogues are in its folder `locale`."""

    source: Path
    languages: tuple[str, ...]
    base: Path = ROOT

    def path(self, language: str) -> Path:
        """Return the catalogue of a language."""
        return self.source / "locale" / language / "LC_MESSAGES" / "django.po"


ROOTS = (
    Root(ROOT / "src" / "sportello", ("it", "fr")),
    Root(ROOT / "src" / "portal", ("it", "ro", "sq", "ar", "zh_Hans", "uk", "es", "fr", "de")),
)


def gather(root: Root) -> Catalog:
    """Return every message of the sources, in the order of the files."""
    catalog = Catalog(project="Sportello", charset="utf-8", fuzzy=False)
    for file, message, context in [*_from_python(root), *_from_templates(root)]:
        catalog.add(message, locations=[(file, 1)], context=context)
    return catalog


def _from_python(root: Root) -> Iterator[Found]:
    for file in sorted(root.source.rglob("*.py")):
        with file.open("rb") as source:
            for _, message, _, context in extract("python", source, keywords=KEYWORDS):
                text = tuple(message[:2]) if isinstance(message, tuple) else message
                yield file.relative_to(root.base).as_posix(), text, context  # type: ignore[misc]


def _from_templates(root: Root) -> Iterator[Found]:
    from django.utils.translation.template import templatize

    for file in sorted([*root.source.rglob("*.html"), *root.source.rglob("*.txt")]):
        if "templates" not in file.parts:
            continue
        for name, arguments in CALL.findall(templatize(file.read_text(encoding="utf-8"), origin=file.name)):
            texts = [ast.literal_eval(literal) for literal in re.findall(LITERAL, arguments)]
            context = texts.pop(0) if "p" in name else None
            yield file.relative_to(root.base).as_posix(), (texts[0], texts[1]) if "n" in name[:2] else texts[0], context


def update(root: Root) -> None:
    """Bring the catalogues up to date: new messages come in empty, those no longer used go."""
    template = gather(root)
    for language in root.languages:
        catalog = _read(root, language)
        template.creation_date = catalog.creation_date
        catalog.update(template, no_fuzzy_matching=True)
        written = BytesIO()
        write_po(written, catalog, width=120, ignore_obsolete=True, include_lineno=False, sort_by_file=True)
        root.path(language).parent.mkdir(parents=True, exist_ok=True)
        root.path(language).write_bytes(written.getvalue())


def compile_all(roots: Iterable[Root] = ROOTS) -> None:
    """Write the binary catalogues that are missing or older than their source."""
    for root in roots:
        for language in root.languages:
            source, target = root.path(language), root.path(language).with_suffix(".mo")
            if source.exists() and (not target.exists() or target.stat().st_mtime < source.stat().st_mtime):
                written = BytesIO()
                write_mo(written, _read(root, language))
                target.write_bytes(written.getvalue())


def problems(root: Root) -> Iterator[str]:
    """Say what is missing, superfluous, fuzzy, untranslated, or translated with other placeholders or forms."""
    template = _keys(gather(root))
    for language in root.languages:
        catalog = _read(root, language)
        held = _keys(catalog)
        yield from (f"{language}: not in the catalogue: {key[0]!r}" for key in sorted(template - held, key=str))
        yield from (f"{language}: no longer in the sources: {key[0]!r}" for key in sorted(held - template, key=str))
        for message in catalog:
            if message.id:
                faults = _faults(message, EXACT.get(language, {0}), catalog.num_plurals)
                yield from (f"{language}: {fault}: {message.id!r}" for fault in faults)


def _faults(message: Message, exact: set[int], forms: int) -> Iterator[str]:
    ids, texts = _texts(message.id), _texts(message.string)
    if message.fuzzy:
        yield "fuzzy"
    if not all(texts):
        yield "not translated"
        return
    if len(ids) > 1 and len(texts) != forms:
        yield f"{len(texts)} plural forms instead of {forms}"
    allowed = _placeholders(ids)
    for number, text in enumerate(texts):
        used = _placeholders([text])
        lenient = len(ids) > 1 and number in exact  # one number may be said in a word
        if used - allowed or (allowed - used and not lenient):
            yield f"other placeholders ({' '.join(sorted(used ^ allowed))})"


def _placeholders(texts: Iterable[str]) -> set[str]:
    return {part for text in texts for part in PLACEHOLDER.findall(text.replace("%%", ""))}


def _keys(catalog: Catalog) -> set[tuple[str, str | None]]:
    return {(_texts(message.id)[0], message.context) for message in catalog if message.id}


def _texts(given: Any) -> tuple[str, ...]:
    """Return the one text of a message, or its singular and plural."""
    return tuple(given) if isinstance(given, (tuple, list)) else (given,)


def _read(root: Root, language: str) -> Catalog:
    if root.path(language).exists():
        with root.path(language).open("rb") as source:
            return read_po(source, locale=language)
    catalog = Catalog(locale=language, project="Sportello", charset="utf-8", fuzzy=False)
    if language in PLURAL_FORMS:
        catalog.mime_headers = [("Plural-Forms", PLURAL_FORMS[language])]
    return catalog


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="script/messages", description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only tell whether the catalogues are complete")
    parser.add_argument("--compile", action="store_true", help="only compile them")
    parser.add_argument("--only", choices=[root.source.name for root in ROOTS], help="the catalogues of one site alone")
    arguments = parser.parse_args()
    roots = [root for root in ROOTS if arguments.only in (None, root.source.name)]
    if arguments.compile:
        compile_all(roots)
        return 0
    if not arguments.check:
        for root in roots:
            update(root)
        compile_all(roots)
    found = [f"{root.source.name}: {problem}" for root in roots for problem in problems(root)]
    print("\n".join(found) if found else "The catalogues are complete.")
    return bool(found) and arguments.check


if __name__ == "__main__":
    sys.exit(main())
