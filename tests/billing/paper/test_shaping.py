"""Scripts as they look: these tests read the picture, for wrong shaping does not show in extracted text."""

from dataclasses import replace

import pytest
from PIL import ImageChops

from tests.billing.paper.conftest import PIXELS_PER_INCH
from tests.billing.paper.papers import ARABIC, SIMPLE

NON_JOINER = "\N{ZERO WIDTH NON-JOINER}"


def _pixels(millimetres):
    return round(millimetres / 25.4 * PIXELS_PER_INCH)


def _name(look, name):
    """Return the strip of the page where the addressee's name stands, cut to its ink, white on black."""
    page = look(replace(SIMPLE, addressee=replace(SIMPLE.addressee, name=name, address=())))
    strip = ImageChops.invert(page.crop((_pixels(110), _pixels(51.5), _pixels(200), _pixels(62))))
    box = strip.getbbox()
    assert box is not None, "nothing is printed where the name belongs"
    return strip.crop(box)


def _tallest_column(picture):
    heights = []
    for x in range(picture.width):
        box = picture.crop((x, 0, x + 1, picture.height)).getbbox()
        heights.append(box[3] - box[1] if box else 0)
    return heights.index(max(heights))


def test_arabic_letters_join(look):
    word = "سعيد"
    joined, apart = _name(look, word), _name(look, NON_JOINER.join(word))
    assert joined.width < apart.width * 0.85


def test_arabic_lam_and_alef_become_one_letter(look):
    assert _name(look, "لا").width < _name(look, f"ل{NON_JOINER}ا").width


def test_arabic_runs_from_right_to_left(look):
    picture = _name(look, "ا ـــــــ")  # a tall letter first, then a low line
    assert _tallest_column(picture) > picture.width * 0.8


def test_latin_runs_from_left_to_right(look):
    picture = _name(look, "l ______")
    assert _tallest_column(picture) < picture.width * 0.2


def test_urdu_and_persian_letters_join(look):
    for word in ("پاکستانی", "گچپژ"):
        assert _name(look, word).width < _name(look, NON_JOINER.join(word)).width


def test_devanagari_consonants_join_and_the_short_i_goes_before(look):
    assert _name(look, "क्ष").width < _name(look, f"क्{NON_JOINER}ष").width
    after, before = _name(look, "का"), _name(look, "कि")
    assert before.tobytes() != after.tobytes()


@pytest.mark.parametrize("name", ["王小明", "Олександра", "Ștefănescu", "Çelësi", "محمد", "রহমান", "ਸਿੰਘ", "පෙරේරා"])
def test_a_name_is_drawn_in_its_own_letters(look, name):
    blank = _name(look, "\ufffd" * len(name))
    drawn = _name(look, name)
    assert drawn.size != blank.size or drawn.tobytes() != blank.tobytes()
    assert drawn.width > 10


def test_an_arabic_name_does_not_move_the_code_beside_it(read):
    content = replace(ARABIC, patient=None, number="12/E/2026")
    text = read(content).replace("\N{NO-BREAK SPACE}", " ")
    for whole in ("Fattura 12/E/2026", "HSHMMD85C10Z330K", "01234567890123", "10/11/2026"):
        assert whole in text


@pytest.mark.parametrize("language", ["ar", "zh-hans", "uk", "en"])
def test_amounts_stand_behind_their_italian_label_in_every_language(read, language):
    text = read(replace(ARABIC, language=language)).replace("\N{NO-BREAK SPACE}", " ")
    for row in (
        "Totale prestazioni € 90,00",
        "Imposta di bollo € 2,00",
        "Totale documento € 93,80",
        "Netto a pagare € 93,80",
    ):
        assert f"\n{row}\n" in text


def test_digits_keep_their_order_inside_arabic(look):
    """The groups of an isolated code stay in order behind an Arabic word; bare ones would change places."""
    code = "11 77"
    alone = _name(look, f"ب {code[:2]}")  # Arabic first: the paragraph piece runs from right to left
    isolated, bare = _name(look, f"ب \u2068{code}\u2069"), _name(look, f"ب {code}")
    assert alone.width < isolated.width
    assert isolated.width == bare.width
    left_of_isolated = isolated.crop((0, 0, isolated.width // 3, isolated.height))
    left_of_bare = bare.crop((0, 0, bare.width // 3, bare.height))
    assert left_of_isolated.tobytes() != left_of_bare.tobytes()
