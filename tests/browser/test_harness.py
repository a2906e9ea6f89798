"""The browser's own guards: a page that complains, or that axe finds fault with, is caught."""

import pytest


def test_console_error_of_a_page_is_a_surprise(page, console):
    page.set_content("<html lang=en><title>x</title><script>console.error('planted')</script>")
    page.wait_for_function("() => document.readyState === 'complete'")
    assert len(console.surprises()) == 1
    console.expect("planted")
    assert console.surprises() == []


def test_uncaught_exception_of_a_page_is_a_surprise(page, console):
    page.set_content("<html lang=en><title>x</title><script>missing()</script>")
    page.wait_for_function("() => document.readyState === 'complete'")
    assert any("missing is not defined" in line for line in console.surprises())
    console.expect("missing is not defined")


def test_axe_names_the_rule_and_the_place(page, axe):
    page.set_content("<html lang=en><title>x</title><main><h1>A</h1><img id=odd src='data:,'></main></html>")
    with pytest.raises(AssertionError, match=r"image-alt .*#odd"):
        axe(page)


def test_axe_lets_a_sound_page_pass(page, axe):
    page.set_content("<html lang=en><title>x</title><main><h1>A</h1><p>Text</p></main></html>")
    axe(page)
