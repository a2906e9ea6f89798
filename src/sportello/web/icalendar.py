"""Whole days as an iCalendar file, which every calendar program reads.

Source: RFC 5545 (lines end in CR LF and are folded at 75 octets; commas, semicolons and backslashes are escaped; the
end of an all-day event is the day after; an alarm counts from the beginning of the day). Units: days.

>>> entry = Entry("a@b", date(2027, 2, 1), date(2027, 2, 1), "Send, at last")
>>> text = calendar([entry], name="Deadlines", stamp=datetime(2026, 11, 22, tzinfo=UTC)).decode()
>>> [line for line in text.split("\\r\\n") if line.startswith(("DTSTART", "DTEND", "SUMMARY"))]
['DTSTART;VALUE=DATE:20270201', 'DTEND;VALUE=DATE:20270202', 'SUMMARY:Send\\\\, at last']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

LONGEST = 75
"""Octets in a line, its end not counted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An event of whole days from `day` to `last`; `alarms` are the days before on which a program reminds of it."""

    uid: str
    day: date
    last: date
    summary: str
    description: str = ""
    alarms: tuple[int, ...] = ()


def calendar(entries: Iterable[Entry], *, name: str, stamp: datetime) -> bytes:
    """
    Return the file with some events.

    :param name: what programs call the calendar
    :param stamp: the aware instant at which it was made
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Sportello//Sistema TS//EN", "CALSCALE:GREGORIAN"]
    lines += ["METHOD:PUBLISH", f"X-WR-CALNAME:{_escaped(name)}"]
    for entry in entries:
        lines += _event(entry, stamp)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line)).encode()


def _event(entry: Entry, stamp: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{entry.uid}"
    yield f"DTSTAMP:{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{entry.last + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_escaped(entry.summary)}"
    if entry.description:
        yield f"DESCRIPTION:{_escaped(entry.description)}"
    yield "TRANSP:TRANSPARENT"
    for days in entry.alarms:
        yield "BEGIN:VALARM"
        yield "ACTION:DISPLAY"
        yield f"DESCRIPTION:{_escaped(entry.summary)}"
        yield f"TRIGGER:-P{days}D"
        yield "END:VALARM"
    yield "END:VEVENT"


def _escaped(text: str) -> str:
    for char in ("\\", ";", ","):
        text = text.replace(char, f"\\{char}")
    return "\\n".join(text.splitlines())


def _folded(line: str) -> Iterator[str]:
    """Yield a line in parts of at most 75 octets, cut between characters; every further part begins with a space."""
    part = ""
    for char in line:
        if len((part + char).encode()) > LONGEST:
            yield part
            part = " "
        part += char
    yield part
