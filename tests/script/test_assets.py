"""Copying assets: only what is listed, again only when something changed."""

import json

import pytest
from fontTools.ttLib import TTFont
from script.lib import assets, environment


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Give a small project whose npm packages are installed already."""
    (tmp_path / "script").mkdir()
    package = tmp_path / "node_modules" / "thing"
    package.mkdir(parents=True)
    (package / "thing.css").write_bytes(b"a{color:red}\n/*# sourceMappingURL=thing.css.map */\n")
    (package / "LICENSE").write_text("MIT", encoding="utf-8")
    (tmp_path / "package-lock.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(assets, "ROOT", tmp_path)
    monkeypatch.setattr(assets, "MODULES", tmp_path / "node_modules")
    monkeypatch.setattr(assets, "LIST", tmp_path / "script" / "assets.json")
    monkeypatch.setattr(assets, "LOCK", tmp_path / "package-lock.json")
    monkeypatch.setattr(assets, "install", lambda: None)
    _list(tmp_path, {"thing.css": "thing/thing.css", "deep/LICENSE": "thing/LICENSE"})
    return tmp_path


def _list(project, files):
    (project / "script" / "assets.json").write_text(json.dumps({"folders": {"vendor": files}}), encoding="utf-8")


def test_ensure_copies_what_is_listed_without_pointers_to_source_maps(project):
    assert assets.ensure()
    assert (project / "vendor" / "thing.css").read_bytes() == b"a{color:red}\n"
    assert (project / "vendor" / "deep" / "LICENSE").read_text(encoding="utf-8") == "MIT"


def test_ensure_does_nothing_the_second_time(project):
    assets.ensure()
    assert not assets.ensure()


def test_ensure_brings_back_a_file_that_was_deleted(project):
    assets.ensure()
    (project / "vendor" / "thing.css").unlink()
    assert assets.ensure()
    assert (project / "vendor" / "thing.css").exists()


def test_ensure_copies_again_when_the_lock_file_changes(project):
    assets.ensure()
    (project / "package-lock.json").write_text('{"other": 1}', encoding="utf-8")
    assert assets.ensure()


def test_ensure_removes_what_is_no_longer_listed(project):
    assets.ensure()
    _list(project, {"thing.css": "thing/thing.css"})
    assert assets.ensure()
    assert not (project / "vendor" / "deep" / "LICENSE").exists()


def test_ensure_names_a_file_that_no_package_has(project, capsys):
    _list(project, {"thing.css": "thing/missing.css"})
    with pytest.raises(SystemExit):
        assets.ensure()
    assert "thing/missing.css" in capsys.readouterr().err


def test_ensure_cuts_a_font_down_to_the_letters_of_our_files(project):
    font = environment.ROOT / "src/sportello/billing/paper/fonts/NotoSans_400Regular.ttf"
    (project / "node_modules" / "thing" / "font.ttf").write_bytes(font.read_bytes())
    catalogue = project / "some.po"
    catalogue.write_text("abba\n", encoding="utf-8")
    (project / "names.py").write_text("xy", encoding="utf-8")
    _list(project, {"font.woff": {"font": "thing/font.ttf", "letters": ["some.po", "names.py"]}})
    assert assets.ensure()
    assert _letters_of(project / "vendor" / "font.woff") == {"a", "b", "x", "y"}
    assert not assets.ensure()
    catalogue.write_text("abbacà\n", encoding="utf-8")
    assert assets.ensure()
    assert _letters_of(project / "vendor" / "font.woff") == {"a", "b", "c", "x", "y", "à"}


def _letters_of(path):
    with TTFont(path) as font:
        return {chr(code) for code in font.getBestCmap()}
