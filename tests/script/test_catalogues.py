"""Catalogues: gathered from Python and templates, incomplete ones named, compiled ones read by gettext."""

import gettext

import pytest
from script.lib import catalogues

PAGE = """{% load i18n %}{% translate "A 'quoted' word" %}{% translate "May" context "month" %}
{% blocktranslate trimmed count n=n with name=x %}
  One paper of {{ name }}
{% plural %}
  {{ n }} papers of {{ name }}
{% endblocktranslate %}{{ _("shown")|upper }}{# translate("not this") #}"""
CODE = 'print(_("Hello %(name)s"), ngettext("%(n)d row", "%(n)d rows", 2), pgettext("verb", "Issue"))\n'
HEAD = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Give a small project with one page and one module."""
    source = tmp_path / "src" / "sportello"
    (source / "web" / "templates").mkdir(parents=True)
    monkeypatch.setattr(catalogues, "ROOT", tmp_path)
    monkeypatch.setattr(catalogues, "SOURCE", source)
    monkeypatch.setattr(catalogues, "LANGUAGES", ("it",))
    (source / "web" / "templates" / "page.html").write_text(PAGE, encoding="utf-8")
    (source / "code.py").write_text(CODE, encoding="utf-8")
    return tmp_path


def _write(entry):
    path = catalogues.path("it")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + entry, encoding="utf-8")


def test_gather_reads_python_and_templates(project):
    found = {(message.id, message.context) for message in catalogues.gather() if message.id}
    assert found == {
        ("A 'quoted' word", None),
        ("May", "month"),
        (("One paper of %(name)s", "%(n)s papers of %(name)s"), None),
        ("shown", None),
        ("Hello %(name)s", None),
        (("%(n)d row", "%(n)d rows"), None),
        ("Issue", "verb"),
    }


def test_update_brings_new_messages_in_and_keeps_what_was_translated(project):
    _write('msgid "shown"\nmsgstr "mostrato"\n\nmsgid "gone"\nmsgstr "sparito"\n')
    catalogues.update()
    text = catalogues.path("it").read_text(encoding="utf-8")
    assert 'msgid "shown"\nmsgstr "mostrato"' in text
    assert "Hello %(name)s" in text
    assert "gone" not in text
    catalogues.update()
    assert catalogues.path("it").read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ('msgid "shown"\nmsgstr ""\n', "it: not translated: 'shown'"),
        ('#, fuzzy\nmsgid "shown"\nmsgstr "mostrato"\n', "it: fuzzy: 'shown'"),
        ('msgid "odd"\nmsgstr "strano"\n', "it: no longer in the sources: 'odd'"),
        ('msgid "Hello %(name)s"\nmsgstr "Ciao"\n', "it: other placeholders (%(name)s): 'Hello %(name)s'"),
        (
            'msgid "Hello %(name)s"\nmsgstr "Ciao %(nome)s"\n',
            "it: other placeholders (%(name)s %(nome)s): 'Hello %(name)s'",
        ),
    ],
)
def test_problems_names_what_is_wrong_with_a_message(project, entry, fault):
    _write(entry)
    assert any(line.startswith(fault) for line in catalogues.problems())


def test_problems_names_what_is_missing(project):
    _write("")
    assert "it: not in the catalogue: 'shown'" in list(catalogues.problems())


def test_problems_lets_a_singular_leave_its_number_out(project):
    _write('msgid "%(n)d row"\nmsgid_plural "%(n)d rows"\nmsgstr[0] "una riga"\nmsgstr[1] "%(n)d righe"\n')
    assert not [line for line in catalogues.problems() if "placeholders" in line or "not translated" in line]


def test_compile_all_writes_what_gettext_reads(project):
    _write('msgid "shown"\nmsgstr "mostrato"\n')
    catalogues.compile_all()
    with catalogues.path("it").with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("shown") == "mostrato"
