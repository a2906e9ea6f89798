"""Invoices a second on one core, from the stored snapshot to the bytes of PDF/A-3a and PDF/UA-1.

Three ways over invoices of one kind, in one process: ours; the bare engine with our template and the inputs
prepared beforehand; WeasyPrint with the same strings in HTML, the same fonts and PDF/A-3a. Processor time counts, the
median of several rounds, ours and the bare engine paper by paper: a busy machine slows all alike.
"""

import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import typst
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from bench.paper_html import STYLE, page
from sportello.billing.paper import glyphs, sheet
from sportello.billing.paper.content import Content, Fund, Group, Line, Totals, Words
from sportello.billing.paper.render import TEMPLATE, Renderer
from tests.billing.paper.papers import SIMPLE

SMOKE = bool(os.environ.get("SPORTELLO_BENCH_SMOKE"))
COUNT, ROUNDS, FEW, LASTING = (4, 1, 1, 20) if SMOKE else (60, 7, 4, 800)
AIM_WEASYPRINT, AIM_BARE, AIM_GROWTH = 8.0, 0.75, 60
FUND_LABEL = Words("Contributo integrativo ENPAP 2%")
NAMES = ("Bruno", "Carla", "Dario", "Elena", "Fabio", "Gina", "Ivo", "Lia", "Mario", "Nina")


def invoices(count: int, start: int = 1) -> Iterator[Content]:
    """Yield daily invoices of one practice: other people, prices and numbers each time."""
    draw = Random(start)  # noqa: S311 - nothing here is a secret
    for number in range(start, start + count):
        price = Decimal(draw.randrange(8_000, 20_000)) / 100
        fund = (price * 2 / 100).quantize(Decimal("0.01"))
        name = f"{draw.choice(NAMES)} Prova {number}"
        total = price + fund + 2
        yield replace(
            SIMPLE,
            number=f"{number}/2026",
            addressee=replace(SIMPLE.addressee, name=name, address=(f"Via Inventata {number}", "40121 Bologna BO")),
            lines=(Line("Prestazione sanitaria psicologica", Decimal(1), price, "N4", price),),
            groups=(Group("N4", price, fund, price + fund, Decimal(0), SIMPLE.groups[0].wording),),
            fund=Fund(FUND_LABEL, fund),
            totals=Totals(price, fund, Decimal(0), Decimal(2), total, Decimal(0), total),
            payments=(replace(SIMPLE.payments[0], amount=total),),
        )


def results() -> list[dict[str, Any]]:
    """Return papers a second of ours beside both yardsticks, and what memory a long run takes."""
    renderer = Renderer()
    growth = _growth(renderer)
    ours, bare, weasy = _seconds_each(renderer)
    return [
        _result("invoices against WeasyPrint", ours, weasy, AIM_WEASYPRINT, "times WeasyPrint"),
        _result("invoices against the bare engine", ours, bare, AIM_BARE, "of the bare engine"),
        {
            "name": f"memory growth over {LASTING} invoices",
            "value": round(growth, 1),
            "unit": "MiB",
            "baseline": None,
            "ratio": None,
            "aim": f"<= {AIM_GROWTH} MiB",
            "holds": growth <= AIM_GROWTH,
        },
    ]


def _result(name: str, ours: float, other: float, aim: float, what: str) -> dict[str, Any]:
    ratio = other / ours
    return {
        "name": name,
        "value": round(1 / ours, 1),
        "unit": "PDF/s a core",
        "baseline": round(1 / other, 1),
        "ratio": round(ratio, 2),
        "aim": f">= {aim:g} {what}",
        "holds": ratio >= aim,
    }


def _seconds_each(renderer: Renderer) -> tuple[float, float, float]:
    """Return processor seconds for one paper: ours, the bare engine, WeasyPrint; each the median of its rounds."""
    ours, bare = _by_turns(renderer, _bare_engine())
    weasyprint, weasy = _weasyprint(), []
    for start in range(min(ROUNDS, 3)):
        pages = [page(sheet.build(content, None)) for content in invoices(FEW, 90_000 + start * FEW)]
        weasy.append(sum(_seconds(weasyprint, text) for text in pages) / FEW)
    return ours, bare, median(weasy)


def _by_turns(renderer: Renderer, engine: Callable[[str], object]) -> tuple[float, float]:
    """Time ours and the bare engine paper by paper, other invoices each: the engine remembers what it has just set."""
    ours, bare = [], []
    for round_ in range(ROUNDS):
        sample = list(invoices(2 * COUNT, 10_000 * (round_ + 1)))
        spent_ours = spent_bare = 0.0
        for first, second in zip(sample[::2], sample[1::2], strict=True):
            text, prepared = first.to_json(), sheet.to_json(sheet.build(second, None))
            spent_ours += _seconds(lambda given: renderer.render(Content.from_json(given)), text)
            spent_bare += _seconds(engine, prepared)
        ours.append(spent_ours / COUNT)
        bare.append(spent_bare / COUNT)
    return median(ours), median(bare)


def _bare_engine() -> Callable[[str], object]:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(glyphs.FOLDER)])
    engine = typst.Compiler(input=str(TEMPLATE), root=str(Path(TEMPLATE).parent), font_paths=fonts)
    return lambda data: engine.compile(
        sys_inputs={"data": data, "single": "yes"}, pdf_standards=["a-3a", "ua-1"], timestamp=0
    )


def _weasyprint() -> Callable[[str], object]:
    fonts = FontConfiguration()
    styles = [CSS(string=STYLE, font_config=fonts)]
    return lambda text: HTML(string=text).write_pdf(
        stylesheets=styles, font_config=fonts, pdf_variant="pdf/a-3a", pdf_tags=True
    )


def _seconds(work: Callable[[Any], object], item: object) -> float:
    """Return processor seconds of this process for one piece of work, threads of the engine included."""
    start = time.process_time()
    work(item)
    return time.process_time() - start


def _growth(renderer: Renderer) -> float:
    """Return by how many MiB the peak of memory rises once caches are warm."""
    for content in invoices(max(LASTING // 5, 1)):
        renderer.render(content)
    before = _peak()
    for content in invoices(LASTING, 50_000):
        renderer.render(content)
    return _peak() - before


def _peak() -> float:
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
