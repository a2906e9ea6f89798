"""The parts as they come out: text escaped, roles restated, no inline style or script, right in every language."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django import forms
from django.http import QueryDict
from django.template import RequestContext, Template
from django.test import Client, RequestFactory
from django.utils import translation
from lxml import html

from sportello.web.forms import PageForm, Repair
from sportello.web.gallery.views import PAGES
from sportello.web.parts import Event, Page, Slice, StateLink, Step, Todo


def rendered(source: str, **values) -> str:
    request = RequestFactory().get(values.pop("path", "/list/?state=unpaid&after=7"))
    return Template(source).render(RequestContext(request, {"csrf_token": "TOKEN", **values}))


def tree(source: str, **values):
    return html.fragment_fromstring(rendered(source, **values), create_parent="div")


class Sheet(PageForm):
    name = forms.CharField(label="Name", help_text="As on the card.")
    code = forms.CharField(label="Code")
    day = forms.CharField(label="Day", required=False)
    way = forms.ChoiceField(label="Way", choices=[("a", "By hand"), ("b", "By mail")], widget=forms.RadioSelect)
    sure = forms.BooleanField(label="Sure", required=False)

    def clean(self):
        self.add_error("code", "The last character is wrong.")
        self.offer("code", Repair("RIGHT", "Use RIGHT"))
        self.warn("day", "This is a Sunday.")


def test_chip_says_state_with_icon_and_word():
    with translation.override("en"):
        chip = tree('{% chip "invoice_payment" "UNPAID" %}')[0]
        named = tree('{% chip "invoice_payment" "PAID" prefix="Sistema TS" %}')[0]
    assert chip.get("class") == "chip wait"
    assert [drawing.get("aria-hidden") for drawing in chip.iter("svg")] == ["true"]
    assert chip.text_content() == "Unpaid"
    assert named.text_content() == "Sistema TS: paid"


@pytest.mark.parametrize(
    "source", ['{% mark "ok" "check" evil %}', "{% crumbs evil '#' %}", "{% note %}{{ evil }}{% endnote %}"]
)
def test_parts_escape_what_people_wrote(source):
    assert "<script>" not in rendered(source, evil="<script>alert(1)</script>")


def test_actions_escape_their_acts_once():
    out = rendered(
        '{% actions label=name %}{% act "/x/" "trash" name note=name %}{% endactions %}', name="O'Neil & <Co>"
    )
    assert "<Co>" not in out
    assert "&amp;lt;" not in out
    assert [each.get("aria-label") for each in html.fromstring(out).iter("summary")] == ["O'Neil & <Co>"]


def test_act_that_changes_something_is_a_form_with_its_token():
    item = tree('{% act "/x/" "trash" "Delete" post=True grave=True %}')[0]
    assert item.get("class").split() == ["grave"]
    assert item.find("form").get("method") == "post"
    assert item.find(".//input[@name='csrfmiddlewaretoken']").get("value")


def test_searchbox_posts_so_that_names_stay_out_of_addresses():
    form = tree("{% searchbox words 'Search' 'Name' %}", words='Ver"di')[0]
    assert form.get("method") == "post"
    assert form.find(".//input[@name='words']").get("value") == 'Ver"di'
    assert form.find(".//input[@name='to']").get("value") == "/list/?state=unpaid&after=7"


def test_sort_turns_round_and_starts_at_the_first_page():
    column = tree("<table><tr>{% sort 'day' 'Day' default='day' %}</tr></table>").find(".//th")
    assert column.get("aria-sort") == "ascending"
    assert column.find("a").get("href") == "?state=unpaid&sort=-day"
    other = tree("<table><tr>{% sort 'name' 'Name' default='day' %}</tr></table>").find(".//th")
    assert other.get("aria-sort") is None
    assert other.find("a").get("href") == "?state=unpaid&sort=name"


def test_listfoot_leads_on_and_back_and_sums():
    with translation.override("it"):
        foot = tree("{% listfoot page csv='/list.csv' %}", page=Page([1, 2], 231, "9", "3", Decimal("21846.2")))
    assert [link.get("href") for link in foot.iter("a")] == [
        "/list.csv",
        "?state=unpaid&before=3",
        "?state=unpaid&after=9",
    ]
    assert "€\N{NO-BREAK SPACE}21.846,20" in foot.text_content()


def test_listfoot_of_the_last_page_leads_nowhere():
    foot = tree("{% listfoot page %}", page=Page([1]))
    assert not list(foot.iter("a"))


def test_states_mark_the_one_shown():
    links = tree("{% states links 'Filter' %}", links=[StateLink("All", "?", 1234, True), StateLink("Paid", "?s=p")])[0]
    assert [link.get("aria-current") for link in links] == ["true", None]
    assert links[0].find("span").text in {"1.234", "1,234"}
    assert links[1].find("span") is None


def test_timeline_fills_turning_points_alone():
    events = [
        Event(datetime(2026, 1, 1, tzinfo=UTC), " by card", "Paid", "ok"),
        Event(datetime(2026, 1, 1, tzinfo=UTC), "Read"),
    ]
    items = tree("{% timeline events %}", events=events)[0]
    assert [item.get("class") for item in items] == ["ok", None]
    assert items[0].find("b").text == "Paid"


def test_split_shows_even_a_sliver_and_fills_the_bar():
    slices = [Slice("paid", 9990, "ok", "check", "#"), Slice("bad", 1, "bad", "x", "#"), Slice("none", 0, "off", "x")]
    drawn = tree("{% split slices %}", slices=slices)
    box = drawn.find(".//svg[@class='split']")
    total = int(box.get("viewbox", box.get("viewBox")).split()[2])
    rects = [(int(rect.get("x")), int(rect.get("width"))) for rect in box.iter("rect")]
    assert len(rects) == 2
    assert rects[1][1] >= total / 110
    assert rects[1][0] + rects[1][1] == total


def test_gauge_puts_level_and_threshold_in_proportion():
    drawn = tree("{% gauge value limit 'x' %}", value=Decimal("142.80"), limit=Decimal("77.47"))
    level = int(drawn.find(".//rect[@class='level']").get("width").rstrip("%"))
    limit = int(drawn.find(".//rect[@class='limit']").get("x").rstrip("%"))
    assert limit / level == pytest.approx(77.47 / 142.80, rel=0.02)


def test_gauge_of_nothing_is_empty():
    assert 'width="0%"' in rendered("{% gauge value limit 'x' %}", value=Decimal(0), limit=Decimal("77.47"))


def test_empty_makes_the_first_missing_step_primary():
    steps = [Step("A", "", "DONE", "#", "See"), Step("B", "", "NEXT", "#", "Add"), Step("C", "", "LATER", "#", "Add")]
    buttons = tree("{% empty 'None yet' 'Three things' steps %}", steps=steps).findall(".//a")
    assert ["btn-primary" in button.get("class") for button in buttons] == [False, True, False]


def test_todos_are_links_with_their_number():
    link = tree("{% todos items %}", items=[Todo(4, "Unpaid", "old", "/x/", Decimal("359.6"))]).find(".//a")
    assert link.get("href") == "/x/"
    assert "4" in link.text_content()


def test_errors_are_numbered_links_to_their_fields():
    form = Sheet({"name": "", "code": "x", "way": "a"})
    summary = tree("{% errors form %}", form=form).find(".//section")
    assert (summary.get("role"), summary.get("tabindex")) == ("alert", "-1")
    assert [link.get("href") for link in summary.iter("a")] == ["#id_name", "#id_code"]


def test_errors_of_a_sound_or_untouched_form_say_nothing():
    assert rendered("{% errors form %}", form=Sheet()).strip() == ""


def test_errors_of_formsets_lead_to_their_rows():
    rows = forms.formset_factory(Sheet)({"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-name": "A"})
    rows.is_valid()
    assert "#id_form-0-code" in rendered("{% errors rows %}", rows=rows)


def test_field_with_an_error_describes_itself_and_offers_the_repair():
    form = Sheet({"name": "A", "code": "x", "way": "a"})
    field = tree("{% field form.code %}", form=form)[0]
    box = field.find(".//input")
    assert field.get("class") == "field bad"
    assert (box.get("aria-invalid"), box.get("aria-describedby")) == ("true", "id_code-error")
    assert field.find(".//label").get("for") == box.get("id") == "id_code"
    assert field.find(".//button").get("value") == "code:RIGHT"


def test_field_with_a_warning_is_amber_and_valid():
    form = Sheet({"name": "A", "code": "x", "way": "a", "day": "Sunday"})
    form.is_valid()
    field = tree("{% field form.day optional='if known' %}", form=form)[0]
    assert field.get("class") == "field warn"
    assert field.find(".//input").get("aria-invalid") is None
    assert field.find(".//span[@class='opt']").text == "(if known)"


def test_field_of_radios_is_a_group_with_a_legend():
    group = tree("{% field form.way %}", form=Sheet())[0]
    assert group.tag == "fieldset"
    assert [box.get("class") for box in group.iter("input")] == ["form-check-input", "form-check-input"]
    assert {label.get("for") for label in group.iter("label")} == {box.get("id") for box in group.iter("input")}


def test_field_of_a_checkbox_has_its_label_around_it():
    field = tree("{% field form.sure %}", form=Sheet())[0]
    assert field.find(".//label/input").get("class") == "form-check-input"


def test_repair_without_script_fills_the_field_and_saves_nothing():
    class Plain(PageForm):
        code = forms.CharField()

    form = Plain(QueryDict("code=WRONG&_repair=code:RIGHT"))
    assert not form.is_valid()
    assert form["code"].value() == "RIGHT"
    assert Plain(QueryDict("code=RIGHT")).is_valid()


@pytest.mark.urls("tests.web.doors")
@pytest.mark.parametrize("page", PAGES)
def test_gallery_pages_carry_no_inline_style_or_script(page, db):
    response = Client().get(f"/_parts/{page}/")
    text = response.content.decode()
    assert response.status_code == 200
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=", text)
    scripts = html.fromstring(text).iter("script")
    assert all(script.get("src") or script.get("type") == "application/json" for script in scripts)


@pytest.mark.urls("tests.web.doors")
@pytest.mark.parametrize("page", PAGES)
def test_gallery_pages_name_every_id_once(page, db):
    ids = [
        each.get("id") for each in html.fromstring(Client().get(f"/_parts/{page}/").content).iter() if each.get("id")
    ]
    assert len(ids) == len(set(ids))
