"""Templates: each is used, none carries a script or a style inside a page (the security policy would refuse it)."""

import re
from pathlib import Path

import allauth
import django
import pytest

from tests.repository import tree

TEMPLATES = sorted(path for path in tree.ending(".html", ".txt") if "templates" in path.parts)
INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|\sstyle=|\son[a-z]+=[\"']|javascript:", re.IGNORECASE)
COMPOSED = re.compile(r"f\"([\w/]*\{\w+\}[\w/{}]*\.(?:html|txt))\"")
DATA_BLOCK = re.compile(r"<script[^>]*type=\"application/json\"[^>]*>")


def _name(path):
    return path.as_posix().rpartition("/templates/")[2]


def _sources():
    files = [path for path in tree.ending(".py", ".html", ".txt") if "src" in path.parts]
    return {path: path.read_text(encoding="utf-8") for path in files}


def _of_others():
    """Return the names of templates that Django and allauth look for by themselves."""
    folders = [Path(str(package.__file__)).parent for package in (django, allauth)]
    found = {_name(path) for folder in folders for path in folder.rglob("templates/**/*") if path.is_file()}
    return found | {"400.html", "403.html", "404.html", "429.html", "500.html", "403_csrf.html"}


def _composed(sources):
    """Return a pattern for each name that a module composes, such as f"errors/{status}.html"."""
    names = {name for path, text in sources.items() if path.suffix == ".py" for name in COMPOSED.findall(text)}
    return [re.compile(r"\w+".join(re.escape(part) for part in re.split(r"\{\w+\}", name))) for name in names]


def test_every_template_is_used():
    sources, others = _sources(), _of_others()
    composed = _composed(sources)
    unused = [
        tree.name(path)
        for path in TEMPLATES
        if _name(path) not in others
        and not any(pattern.fullmatch(_name(path)) for pattern in composed)
        and not any(_name(path) in text for other, text in sources.items() if other != path)
    ]
    assert not unused


@pytest.mark.parametrize("path", TEMPLATES, ids=_name)
def test_template_has_no_script_or_style_inside(path):
    text = DATA_BLOCK.sub("", path.read_text(encoding="utf-8"))
    assert not INLINE.search(text)
