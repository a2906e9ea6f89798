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
def project(tmp_path):
    """Give a small project with one page and one module."""
    source = tmp_path / "src" / "sportello"
    (source / "web" / "templates").mkdir(parents=True)
    (source / "web" / "templates" / "page.html").write_text(PAGE, encoding="utf-8")
    (source / "code.py").write_text(CODE, encoding="utf-8")
    return catalogues.Root(source, ("it",), base=tmp_path)


def _write(project, entry):
    path = project.path("it")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEAD + entry, encoding="utf-8")


def test_gather_reads_python_and_templates(project):
    found = {(message.id, message.context) for message in catalogues.gather(project) if message.id}
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
    _write(project, 'msgid "shown"\nmsgstr "mostrato"\n\nmsgid "gone"\nmsgstr "sparito"\n')
    catalogues.update(project)
    text = project.path("it").read_text(encoding="utf-8")
    assert 'msgid "shown"\nmsgstr "mostrato"' in text
    assert "Hello %(name)s" in text
    assert "gone" not in text
    catalogues.update(project)
    assert project.path("it").read_text(encoding="utf-8") == text


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
    _write(project, entry)
    assert any(line.startswith(fault) for line in catalogues.problems(project))


def test_problems_names_what_is_missing(project):
    _write(project, "")
    assert "it: not in the catalogue: 'shown'" in list(catalogues.problems(project))


def test_problems_lets_a_singular_leave_its_number_out(project):
    _write(project, 'msgid "%(n)d row"\nmsgid_plural "%(n)d rows"\nmsgstr[0] "una riga"\nmsgstr[1] "%(n)d righe"\n')
    assert not [line for line in catalogues.problems(project) if "placeholders" in line or "not translated" in line]


def test_compile_all_writes_what_gettext_reads(project):
    _write(project, 'msgid "shown"\nmsgstr "mostrato"\n')
    catalogues.compile_all([project])
    with project.path("it").with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("shown") == "mostrato"


@pytest.mark.parametrize(
    ("language", "numbers"),
    [
        ("ar", {0: 0, 1: 1, 2: 2, 3: 3, 10: 3, 11: 4, 99: 4, 100: 5, 102: 5, 103: 3, 111: 4}),
        ("uk", {1: 0, 21: 0, 2: 1, 4: 1, 22: 1, 0: 2, 5: 2, 11: 2, 12: 2, 14: 2, 20: 2, 111: 2}),
        ("ro", {1: 0, 0: 1, 2: 1, 19: 1, 101: 1, 119: 1, 20: 2, 100: 2, 120: 2}),
    ],
)
def test_plural_forms_are_those_of_cldr(language, numbers):
    rule = catalogues.PLURAL_FORMS[language].partition("plural=")[2].rstrip(";")
    form = gettext.c2py(rule)
    assert {number: form(number) for number in numbers} == numbers


def test_update_gives_a_new_catalogue_its_plural_forms(project):
    arabic = catalogues.Root(project.source, ("ar",), base=project.base)
    catalogues.update(arabic)
    assert "nplurals=6" in arabic.path("ar").read_text(encoding="utf-8")


def test_problems_names_a_missing_plural_form(project):
    _write(project, 'msgid "%(n)d row"\nmsgid_plural "%(n)d rows"\nmsgstr[0] "una riga"\n')
    found = list(catalogues.problems(project))
    assert any("plural forms" in line or "not translated: ('%(n)d row'" in line for line in found)


def test_problems_wants_the_number_where_a_form_means_many(project):
    ukrainian = catalogues.Root(project.source, ("uk",), base=project.base)
    catalogues.update(ukrainian)
    path = ukrainian.path("uk")
    empty = 'msgstr[0] ""\nmsgstr[1] ""\nmsgstr[2] ""\nmsgstr[3] ""'
    filled = 'msgstr[0] "рядок"\nmsgstr[1] "%(n)d"\nmsgstr[2] "%(n)d"\nmsgstr[3] "%(n)d"'
    text = path.read_text(encoding="utf-8")
    start = text.index('msgid_plural "%(n)d rows"')
    path.write_text(text[:start] + text[start:].replace(empty, filled, 1), encoding="utf-8")
    assert any(line.startswith("uk: other placeholders (%(n)d)") for line in catalogues.problems(ukrainian))
