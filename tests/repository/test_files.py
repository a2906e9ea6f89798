"""Habits of the whole tree: sizes, words, addresses, links. Each is easy to keep and hard to win back."""

import json
import re

import pytest

from tests.repository import tree

LINES = {"Python": 500, "test": 1000, "template": 150}
HOSTS = ("pypi" + ".org", "registry." + "npmjs", "files." + "pythonhosted", "npmjs" + ".org", "deb." + "debian")
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
MACHINE = re.compile(r"(?<![\w./-])/(?:" + "|".join(("work", "root", "home", "Users", "tm" + "p")) + r")/[A-Za-z0-9_.]")
NAMELESS = {"utils.py", "helpers.py", "misc.py", "common.py", "services.py"}
GENERATED = {"package-lock.json"}
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def _lines(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def _too_long(paths, most):
    return [f"{tree.name(path)}: {_lines(path)} lines" for path in paths if _lines(path) > most]


def _is_test(path):
    return "tests" in path.parts


def _templates():
    return [path for path in tree.ending(".html", ".txt") if "templates" in path.parts]


def test_python_files_are_split_before_they_grow_too_long():
    files = [path for path in tree.ending(".py") if not _is_test(path) and "migrations" not in path.parts]
    assert not _too_long(files, LINES["Python"])


def test_test_files_are_split_before_they_grow_too_long():
    assert not _too_long([path for path in tree.ending(".py") if _is_test(path)], LINES["test"])


def test_templates_are_split_before_they_grow_too_long():
    assert not _too_long(_templates(), LINES["template"])


def test_files_are_named_for_what_they_hold():
    assert not [
        tree.name(path) for path in tree.ending(".py") if path.name in NAMELESS and "packages" not in path.parts
    ]


def test_nothing_is_left_for_later_in_a_comment():
    assert not [f"{name}: {found[0]}" for name, text in tree.texts() if (found := UNFINISHED.search(text))]


def test_no_path_of_one_machine_is_written_down():
    assert not [f"{name}: {found[0]}" for name, text in tree.texts() if (found := MACHINE.search(text))]


def test_no_package_server_is_named():
    assert not [f"{name}: {host}" for name, text in tree.texts() for host in HOSTS if host in text]


@pytest.mark.parametrize(
    "folder",
    ["src/sportello/web/static/vendor/", "src/portal/web/static/vendor/", "src/sportello/billing/paper/fonts/"],
)
def test_assets_of_others_are_not_committed(folder):
    assert not [name for path in tree.tracked() if (name := tree.name(path)).startswith(folder)]


def test_fonts_are_not_committed():
    assert not [tree.name(path) for path in tree.ending(".ttf", ".otf", ".woff", ".woff2")]


def test_committed_files_are_small():
    assert not [tree.name(path) for path in tree.tracked() if path.stat().st_size > 1_500_000]


def test_links_between_pages_lead_somewhere():
    dead = []
    for path in tree.ending(".md"):
        for target in LINK.findall(path.read_text(encoding="utf-8")):
            if not (path.parent / target).exists():
                dead.append(f"{tree.name(path)}: {target}")
    assert not dead


def test_texts_end_with_one_line_end_and_hold_no_carriage_return():
    wrong = [
        name
        for name, text in tree.texts()
        if text
        and not name.startswith(("tests/oracles/data", "packages/sistemats/"))
        and (not text.endswith("\n") or "\r" in text)
    ]
    assert not wrong


def test_every_npm_package_is_used():
    package = json.loads((tree.ROOT / "package.json").read_text(encoding="utf-8"))
    folders = json.loads((tree.ROOT / "script" / "assets.json").read_text(encoding="utf-8"))["folders"]
    sources = [source for files in folders.values() for source in files.values()]
    used = {source if isinstance(source, str) else source["font"] for source in sources}
    assert not [name for name in package["dependencies"] if not any(source.startswith(f"{name}/") for source in used)]
