"""The page for people: what the State holds, what was called, what is to go wrong, what time it is.

Plain HTML with forms: no script, nothing fetched from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from sistemats.codes import Call
from sistemats.simulator.clock import ROME
from sistemats.simulator.faults import EXPLAINED
from sistemats.simulator.sendings import STATE_TEXTS

if TYPE_CHECKING:
    from sistemats.simulator.simulator import Simulator

ROWS = 50
SHORT = 40  # letters; longer texts may take several lines
SECURITY_HEADERS = (
    "Cache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: same-origin\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'\r\n"
)
_STYLE = """
:root { color-scheme: light dark; --line: #8886; --mark: #0b57d0; }
@media (prefers-color-scheme: dark) { :root { --mark: #a8c7fa; } }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 80rem; padding: 1rem; }
a { color: var(--mark); } h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; }
.wide { overflow-x: auto; } .wide:focus-visible, :focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; } caption { text-align: start; padding: .3rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: start; vertical-align: top; }
td.n { text-align: end; font-variant-numeric: tabular-nums; }
th, td.s { white-space: nowrap; }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; padding: 0; }
form { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin: .5rem 0; }
label { display: grid; grid-template-columns: minmax(0, 1fr); font-size: .9rem; max-width: 100%; }
select { max-width: 100%; }
input, select, button { font: inherit; padding: .35rem .5rem; min-height: 2.2rem; }
"""


def _table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[object]], numbers: frozenset[int]) -> str:
    """Return a table that scrolls sideways when it must; only long texts are broken into lines."""
    heads = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    lines = []
    for row in rows:
        texts = ["" if value is None else str(value) for value in row]
        cells = "".join(f"<td{_looks(text, place in numbers)}>{escape(text)}</td>" for place, text in enumerate(texts))
        lines.append(f"<tr>{cells}</tr>")
    if not lines:
        lines.append(f'<tr><td colspan="{len(columns)}">Nothing yet.</td></tr>')
    body = "".join(lines)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _looks(text: str, number: bool) -> str:
    if number:
        return " class=n"
    return " class=s" if len(text) <= SHORT else ""


def _options(values: Iterable[tuple[str, str]]) -> str:
    return "".join(f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in values)


def _field(label: str, name: str, kind: str = "text", extra: str = "") -> str:
    return f'<label>{escape(label)}<input name="{name}" type="{kind}" autocomplete="off" {extra}></label>'


def _clock_part(simulator: Simulator) -> str:
    clock = simulator.clock
    now = clock.now()
    state = "stopped" if clock.frozen else "running"
    turn, word = ("false", "Let it run") if clock.frozen else ("true", "Stop it")
    return (
        '<h2 id="clock">Clock</h2>'
        f'<p><time datetime="{now.isoformat()}">{now:%d/%m/%Y %H:%M:%S}</time> in Italy, {state}.</p>'
        f'<form method="post" action="/clock">{_field("Set to (day or date and time)", "now")}'
        "<button>Set</button></form>"
        f'<form method="post" action="/clock">{_field("Advance by seconds", "advance_seconds", "number")}'
        "<button>Advance</button></form>"
        f'<form method="post" action="/clock"><input type="hidden" name="frozen" value="{turn}">'
        f"<button>{word}</button></form>"
    )


def _faults_part(simulator: Simulator) -> str:
    rows = [
        (
            rule["kind"],
            _when(rule),
            ", ".join(rule["operations"]) or "all",
            rule["user"] or "all",
            rule["seen"],
            rule["struck"],
        )
        for rule in simulator.ministry.faults.as_json()
    ]
    kinds = _options((kind.value, f"{kind.value}: {text}") for kind, text in EXPLAINED.items())
    calls = _options([("", "all"), *((call.value, call.value) for call in Call)])
    return (
        '<h2 id="faults">Failures on demand</h2>'
        + _table(
            "Failures in force", ("Kind", "When", "Operations", "User", "Calls", "Struck"), rows, frozenset({4, 5})
        )
        + f'<form method="post" action="/faults"><label>Kind<select name="kind">{kinds}</select></label>'
        f'<label>Operation<select name="operation">{calls}</select></label>'
        f"{_field('Call numbers, as 1,4', 'calls')}{_field('Rate, 0 to 1', 'rate')}{_field('Seed', 'seed', 'number')}"
        f"{_field('Times', 'times', 'number')}{_field('Seconds', 'seconds')}<button>Add</button></form>"
        '<form method="post" action="/faults"><input type="hidden" name="clear" value="1">'
        "<button>Remove all failures</button></form>"
    )


def _when(rule: dict[str, Any]) -> str:
    if rule["rate"] is not None:
        text = f"at rate {rule['rate']}, seed {rule['seed']}"
    elif rule["calls"]:
        text = "calls " + ", ".join(str(number) for number in rule["calls"])
    else:
        text = f"every {rule['every']} calls" if rule["every"] else "always"
    return text if rule["times"] is None else f"{text}, {rule['times']} times"


def _books_part(simulator: Simulator) -> str:
    ministry = simulator.ministry
    held, cancelled = ministry.books.count()
    documents = [
        (
            one.owner,
            one.id.vat_number,
            one.id.issued_on,
            one.id.device,
            one.id.number,
            one.paid_on,
            one.citizen,
            f"{sum(item.amount for item in one.items):.2f}",
            one.last_operation,
            one.protocol,
            "cancelled" if one.cancelled else "refund" if one.refund_of else "in force",
        )
        for one in ministry.books.page(ROWS)
    ]
    columns = (
        "Owner",
        "VAT number",
        "Issued",
        "Device",
        "Number",
        "Paid",
        "Citizen",
        "Euro",
        "Operation",
        "Protocol",
        "State",
    )
    return (
        f'<h2 id="books">Books</h2><p>{held} documents, {cancelled} of them cancelled. The newest {ROWS} are shown;'
        ' all are in <a href="/books">the JSON</a>.</p>'
        + _table("Documents the State holds", columns, documents, frozenset({3, 7}))
    )


def _sendings_part(simulator: Simulator) -> str:
    sendings = [
        (
            one.protocol,
            one.sender,
            one.file_name,
            one.accepted_at.astimezone(ROME).strftime("%d/%m/%Y %H:%M:%S"),
            f"{one.state} {STATE_TEXTS[one.state_at(simulator.clock.now())]}",
            one.counters.sent,
            one.counters.accepted,
            one.counters.warned,
            one.counters.refused,
        )
        for one in simulator.ministry.sendings.page(ROWS)
    ]
    columns = ("Protocol", "User", "File", "Accepted", "State", "Sent", "Taken", "Warnings", "Errors")
    numbers = frozenset({5, 6, 7, 8})
    return '<h2 id="sendings">Sendings</h2>' + _table("Sendings by protocol", columns, sendings, numbers)


def _journal_part(simulator: Simulator) -> str:
    rows = [
        (
            entry["number"],
            entry["at"][:19].replace("T", " "),
            entry["user"],
            entry["channel"],
            entry["operation"] or entry["service"],
            entry["outcome"],
            " ".join(entry["codes"]),
            entry["protocol"],
            entry["fault"],
            entry["note"],
        )
        for entry in reversed(simulator.ministry.journal.read(limit=ROWS, newest=True))
    ]
    columns = ("No.", "Time", "User", "Channel", "Operation", "Outcome", "Codes", "Protocol", "Failure", "Note")
    return (
        '<h2 id="journal">Journal</h2><p>The latest calls first;'
        ' decrypted values are in <a href="/journal">the JSON</a>.</p>'
        + _table("Latest calls", columns, rows, frozenset({0}))
    )


def _users_part(simulator: Simulator) -> str:
    users = simulator.ministry.gate.users()
    rows = [
        (
            user.name,
            user.label,
            user.role.value,
            user.role.channel.value,
            "enabled" if user.enabled else "disabled",
            user.failed_attempts,
            user.source,
        )
        for user in users
    ]
    names = _options((user.name, user.name) for user in users)
    return (
        '<h2 id="users">Users</h2>'
        + _table(
            "Who may call",
            ("User", "Who", "Role", "Channel", "State", "Wrong passwords", "Source"),
            rows,
            frozenset({5}),
        )
        + f'<form method="post" action="/users"><label>User<select name="user">{names}</select></label>'
        '<label>State<select name="enabled"><option value="true">enabled</option>'
        '<option value="false">disabled</option>'
        "</select></label><button>Change</button></form>"
    )


def render_page(simulator: Simulator) -> bytes:
    """Return the page as UTF-8, after waiting a little for work on files whose time has come, as the JSON does."""
    simulator.ministry.processor.poke_if_ripe()
    parts = (_books_part, _sendings_part, _journal_part, _faults_part, _clock_part, _users_part)
    links = "".join(
        f'<li><a href="#{name}">{text}</a></li>'
        for name, text in (
            ("books", "Books"),
            ("sendings", "Sendings"),
            ("journal", "Journal"),
            ("faults", "Failures"),
            ("clock", "Clock"),
            ("users", "Users"),
        )
    )
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sistema TS simulator</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<style>{_STYLE}</style></head><body>"
        '<a class="skip" href="#main">Skip to the books</a><header><h1>Sistema TS simulator</h1>'
        f"<p>Services at <code>{escape(simulator.base)}</code>. Test data only: nothing here reaches the State.</p>"
        f'<nav aria-label="Parts of this page"><ul>{links}</ul></nav></header><main id="main">'
        + "".join(part(simulator) for part in parts)
        + '</main><footer><p>Also as JSON: <a href="/codes">codes</a>, <a href="/settings">settings</a>,'
        ' <a href="/endpoints">endpoints</a>.</p></footer></body></html>'
    )
    return page.encode("utf-8")
