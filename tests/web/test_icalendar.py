"""The file that calendar programs read, taken apart as RFC 5545 says."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sportello.web.icalendar import LONGEST, Entry, calendar

STAMP = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


def lines_of(body: bytes) -> list[str]:
    """Return the unfolded lines, after looking at how they end and how long they are."""
    raw = body.split(b"\r\n")
    assert raw.pop() == b""
    assert not any(b"\n" in line or b"\r" in line or len(line) > LONGEST for line in raw)
    found: list[str] = []
    for line in raw:
        if line.startswith(b" "):
            found[-1] += line[1:].decode()
        else:
            found.append(line.decode())
    return found


def test_calendar_holds_whole_days_with_the_day_after_as_end():
    entry = Entry("one@sportello", date(2026, 12, 30), date(2026, 12, 31), "Ultimi giorni", alarms=(30, 2))
    lines = lines_of(calendar([entry], name="Scadenze", stamp=STAMP))
    assert (lines[0], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR")
    assert "DTSTART;VALUE=DATE:20261230" in lines
    assert "DTEND;VALUE=DATE:20270101" in lines
    assert "DTSTAMP:20261122T123000Z" in lines
    assert [line for line in lines if line.startswith("TRIGGER")] == ["TRIGGER:-P30D", "TRIGGER:-P2D"]
    assert lines.count("BEGIN:VALARM") == lines.count("END:VALARM") == 2


def test_calendar_escapes_what_parts_values_and_keeps_lines_apart():
    entry = Entry("one@sportello", date(2027, 2, 1), date(2027, 2, 1), "a,b;c\\d", "prima\nseconda")
    lines = lines_of(calendar([entry], name="x", stamp=STAMP))
    assert "SUMMARY:a\\,b\\;c\\\\d" in lines
    assert "DESCRIPTION:prima\\nseconda" in lines


def test_calendar_folds_long_lines_between_letters():
    text = "è " * 100 + "fine"
    lines = lines_of(calendar([Entry("u", date(2027, 2, 1), date(2027, 2, 1), text)], name="x", stamp=STAMP))
    assert f"SUMMARY:{text}" in lines


def test_calendar_of_nothing_is_a_calendar():
    lines = lines_of(calendar([], name="x", stamp=STAMP))
    assert "BEGIN:VEVENT" not in lines
    assert lines[-1] == "END:VCALENDAR"
