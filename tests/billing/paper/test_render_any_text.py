"""Whatever people type, a paper comes out, and its figures are on it."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sportello.billing.paper.content import Words
from tests.billing.paper.papers import ARABIC

TYPED = st.text(st.characters(codec=None, exclude_categories=()), min_size=1, max_size=60)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=TYPED, street=TYPED, code=TYPED, description=TYPED, second=TYPED, remark=TYPED)
def test_render_of_any_text_keeps_the_figures(read, name, street, code, description, second, remark):
    content = replace(
        ARABIC,
        addressee=replace(ARABIC.addressee, name=name, address=(street,), fiscal_code=code),
        lines=(replace(ARABIC.lines[0], description=description, second_description=second),),
        remarks=(Words(remark, second),),
    )
    text = read(content).replace("\N{NO-BREAK SPACE}", " ")
    assert "Totale documento € 93,80" in text
    assert "Netto a pagare € 93,80" in text
