"""Every state has one look, of icons that exist; nothing is drawn that nobody uses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sportello.web import icons, looks

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "src" / "sportello" / "web"
STATES = ROOT.parent / "shared" / "practice" / "data" / "state-machines.json"
NAMES_IN_TEMPLATES = re.compile(r"{% (?:icon|act \S+|mark \S+) \"([a-z0-9-]+)\"")


def every_look() -> list[looks.Look]:
    return [look for table in looks.LOOKS.values() for look in table.values()]


def test_looks_use_icons_of_the_table():
    assert {look.icon for look in every_look()} <= set(icons.drawings())


def test_templates_name_icons_of_the_table():
    used = {
        name
        for template in WEB.rglob("*.html")
        for name in NAMES_IN_TEMPLATES.findall(template.read_text(encoding="utf-8"))
    }
    assert used
    assert used <= set(icons.drawings())


def test_every_icon_is_drawn_somewhere():
    folder = icons.TABLE.parents[1]
    sources = [
        path for path in folder.rglob("*") if path.suffix in {".py", ".html", ".js"} and "vendor" not in path.parts
    ]
    written = " ".join(path.read_text(encoding="utf-8") for path in sources)
    words = set(re.findall(r"[a-z0-9][a-z0-9-]*", written))
    assert not set(icons.drawings()) - words


def test_icons_are_paths_alone():
    table = json.loads(icons.TABLE.read_text(encoding="utf-8"))
    assert all(re.fullmatch(r'(<path d="[-0-9a-zA-Z .,]+"/>)+', drawing) for drawing in table.values())


def test_icon_is_decoration_unless_it_has_a_label():
    assert 'aria-hidden="true"' in icons.icon("home")
    assert 'role="img" aria-label="A &lt;b&gt;"' in icons.icon("home", label="A <b>")


def test_look_of_an_unknown_state_is_an_error():
    with pytest.raises(KeyError):
        looks.look("invoice_payment", "SOLD")


MACHINES = [("invoice_payment", "invoice_payment"), ("invoice_paper", "invoice_document")]


@pytest.mark.skipif(not STATES.exists(), reason="the state tables of the specification are not on this machine")
@pytest.mark.parametrize(("kind", "machine"), MACHINES)
def test_looks_cover_the_states_of_the_specification(kind, machine):
    machines = json.loads(STATES.read_text(encoding="utf-8"))
    assert set(_states(machines, machine)) <= set(looks.LOOKS[kind])


def _states(machines, name):
    found = machines[name] if isinstance(machines, dict) and name in machines else None
    if found is None:
        pytest.skip(f"no machine {name!r} in the file")
    states = found["states"] if isinstance(found, dict) else found
    return [state["code"] if isinstance(state, dict) else state for state in states]


def test_missing_right_has_a_sentence_for_every_switch():
    from sportello.core.actors import Switch

    assert {switch.value for switch in Switch} <= set(looks.RIGHTS)
    assert looks.missing_right("unheard of") == looks.RIGHT_UNKNOWN
