"""The same invoice for WeasyPrint: the strings of our sheet in HTML, set in the same fonts, as PDF/A-3a."""

import html
from typing import Any

from sportello.billing.paper.glyphs import FOLDER

_FACES = "".join(
    f"@font-face {{ font-family: Noto; font-weight: {weight}; src: url({(FOLDER / name).as_uri()}); }}\n"
    for weight, name in ((400, "NotoSans_400Regular.ttf"), (600, "NotoSans_600SemiBold.ttf"))
)
STYLE = f"""{_FACES}
@page {{ size: A4; margin: 18mm 20mm 22mm;
  @bottom-left {{ content: string(running); font: 7.5pt Noto; color: #515b67 }}
  @bottom-right {{ content: "Pagina " counter(page) "/" counter(pages); font: 7.5pt Noto; color: #515b67 }} }}
body {{ font: 9pt/1.45 Noto; color: #171c22; margin: 0 }}
h1 {{ font-size: 17pt; margin: 0 0 9pt; string-set: running attr(data-running) }}
h2 {{ font-size: 9pt; color: #0b5f70; margin: 0 0 6pt }}
small {{ font-size: 7.5pt; color: #515b67 }}
.head {{ display: flex; gap: 10mm }} .head > div {{ width: 84mm; font-size: 8pt }} .head > div + div {{ width: 76mm }}
.name {{ font-size: 13pt; color: #0b5f70; font-weight: 600 }} .to {{ font-size: 11pt; font-weight: 600 }}
.facts {{ display: flex; gap: 5mm; margin: 4mm 0 5mm }} .facts > div {{ flex: 1 }}
table {{ width: 100%; border-collapse: collapse }} th {{ color: #0b5f70; background: #e6f1f3; font-weight: 600 }}
th, td {{ padding: 5.5pt 5pt; border-bottom: .5pt solid #d5dade; text-align: right; white-space: nowrap }}
th:first-child, td:first-child {{ text-align: left; white-space: normal }}
.sums {{ margin: 5mm 0 0 78mm; break-inside: avoid }}
.sums p {{ display: flex; justify-content: space-between; margin: 2pt 5pt }}
.sums .total {{ font-weight: 600; border-top: .75pt solid #171c22; padding-top: 6pt }}
.payable {{ background: #0b5f70; color: #fff; border-radius: 5pt; padding: 8pt 7pt; font-weight: 600 }}
.box {{ background: #e6f1f3; border-radius: 5pt; padding: 9pt; margin: 5mm 0 6mm; break-inside: avoid }}
.box .facts {{ margin: 0 }}
"""


def page(sheet: dict[str, Any]) -> str:
    """Return the HTML of a sheet in Italian alone, with everything our template prints."""
    head, issuer, addressee = sheet["head"], sheet["issuer"], sheet["addressee"]
    parts = [
        f"<!doctype html><html lang=it><title>{_text(sheet['title'])}</title><body><div class=head><div>",
        f"<span class=name>{_text(issuer['name'])}</span><br>{_text(issuer['profession'] or '')}<br>",
        "<br>".join(map(_text, issuer["address"])),
        "<p>" + "".join(f"<small>{_text(label)}</small> {_text(values[0])}<br>" for label, values in issuer["facts"]),
        f"</div><div><h1 data-running='{_text(sheet['author'])} · {_text(sheet['running'])}'>",
        f"{_text(head['kind'][0])} {_text(head['number'])}</h1><small>{_text(head['date'][0][0])}</small> ",
        f"<b>{head['date'][1]}</b><p><small>{_text(addressee['label'][0])}</small><br>",
        f"<span class=to>{_text(addressee['name'])}</span><br>",
        f"{'<br>'.join(map(_text, addressee['address']))}</div></div>",
        _facts([(label, values) for label, values in sheet["facts"]]),
        _table([label[0] for _, label in sheet["columns"]], [[row[0][0], *row[1:]] for row in sheet["lines"]]),
        _sums(sheet),
        _payment(sheet["payment"]) if sheet["payment"] else "",
        f"<h2>{_text(sheet['summary']['labels'][0][0])}</h2>",
        _table(
            [label[0] for label in sheet["summary"]["labels"][2:]],
            [[f"{mark} {wording[0]}", taxable, tax] for mark, wording, taxable, tax in sheet["summary"]["rows"]],
        ),
        "".join(f"<p>{_text(note[0])}" for note in sheet["notes"]),
    ]
    return "".join(parts)


def _text(text: str) -> str:
    return html.escape(text)


def _facts(facts: list[tuple[list[str], list[str]]]) -> str:
    cells = (
        f"<div><small>{_text(label[0])}</small><br>{'<br>'.join(map(_text, values))}</div>" for label, values in facts
    )
    return f"<div class=facts>{''.join(cells)}</div>"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    top = "".join(f"<th>{_text(head)}" for head in heads)
    body = "".join("<tr>" + "".join(f"<td>{_text(cell)}" for cell in row) for row in rows)
    return f"<table><thead><tr>{top}</thead><tbody>{body}</tbody></table>"


def _sums(sheet: dict[str, Any]) -> str:
    sums, rows = sheet["sums"], []
    for label, amount in sums["before"]:
        rows.append(f"<p><span>{_text(label[0])}</span><span>{amount}</span>")
    rows.append(f"<p class=total><span>{_text(sums['total'][0][0])}</span><span>{sums['total'][1]}</span>")
    for label, amount in sums["after"]:
        rows.append(f"<p><span>{_text(label[0])}</span><span>{amount}</span>")
    label, amount = sheet["payable"]
    return f"<div class=sums>{''.join(rows)}<p class=payable><span>{_text(label[0])}</span><span>{amount}</span></div>"


def _payment(payment: dict[str, Any]) -> str:
    facts = _facts([(label, [value, *asides]) for label, value, asides in payment["rows"]])
    return f"<div class=box><h2>{_text(payment['heading'][0])}</h2>{facts}</div>"
