"""What the PDF says is what the rules said."""

import re

import pytest

from sportello.billing.paper.spelling import money
from tests.billing.paper.random_papers import random_paper

AMOUNT = r"((?:− )?€ [\d.]+,\d\d)"


def _amount_after(label, text):
    found = re.findall(rf"^{label}[^\n]*?\s{AMOUNT}$", text, re.MULTILINE)
    assert len(found) == 1, f"{label}: {len(found)} times"
    return found[0]


def _spelt(amount):
    return money(amount).replace("\N{NO-BREAK SPACE}", " ")


def _expected(figures):
    rows = {
        "Totale prestazioni": _spelt(figures.services_total),
        "Totale documento": _spelt(figures.total),
        "Netto a pagare": _spelt(figures.payable),
    }
    if figures.fund_total:
        rows["Contributo"] = _spelt(figures.fund_total)
    if figures.vat_total:
        rows["IVA 22%"] = _spelt(figures.vat_total)
    if figures.stamp:
        rows["Imposta di bollo"] = _spelt(figures.stamp)
    if figures.withheld:
        rows["Ritenuta d'acconto"] = f"− {_spelt(figures.withheld)}"
    return rows


@pytest.mark.parametrize("hundred", range(3))
def test_render_prints_the_figures_of_the_rules_on_300_random_documents(read, hundred):
    for seed in range(hundred * 100, hundred * 100 + 100):
        content, figures = random_paper(seed)
        text = read(content).replace("\N{NO-BREAK SPACE}", " ")
        foot = text.split("Riepilogo IVA")[0]
        for label, amount in _expected(figures).items():
            assert _amount_after(label, foot) == amount, (seed, label)
        for line in content.lines:
            assert re.search(rf"^{line.description} .*{re.escape(_spelt(line.net))}$", text, re.MULTILINE), seed
        for group in content.groups:
            ending = re.escape(f"{_spelt(group.taxable)} {_spelt(group.vat)}")
            row = rf"^{re.escape(group.treatment)} [^€]*{ending}$"  # a translation may stand between
            assert re.search(row, text, re.MULTILINE), (seed, group.treatment)
